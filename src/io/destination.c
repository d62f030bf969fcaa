/* Where a new file is written until it is complete, and how it then gets its name. */
#include "io/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- paths ------------------------------------------------------------------------------------------ */

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "." for a bare name, else all before it. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
    size_t length = (size_t)(name_in(path) - path); /* < PATH_MAX, as all of the path */
    memcpy(directory, path, length);
    strcpy(directory + length, length > 0 ? "" : ".");
}

/* The descriptor of this process that a path like /proc/self/fd/3 names, or -1: opened again it would have a
 * position of its own, and overwrite what others write there. */
static int own_descriptor(const char *path)
{
    struct stat own, here;
    char directory[PATH_MAX], *end = NULL;
    const char *name = name_in(path);
    directory_of(path, directory);
    if (stat("/proc/self/fd", &own) != 0 || stat(directory, &here) != 0) return -1;
    long number = strtol(name, &end, 10);
    bool named = end != name && *end == '\0' && number >= 0 && number <= INT_MAX;
    return named && own.st_dev == here.st_dev && own.st_ino == here.st_ino ? (int)number : -1;
}

/* Puts what a link says in the place of the link's name. */
static bool replace_name(char target[PATH_MAX], const char *link)
{
    size_t before = *link == '/' ? 0 : (size_t)(name_in(target) - target);
    if (before + strlen(link) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(target + before, link);
    return true;
}

/* Follows links from `target` on, to the end or to a descriptor of this process, which is then not -1. */
static bool follow_links(char target[PATH_MAX], int *descriptor)
{
    enum { MOST_LINKS = 40 }; /* as the kernel */
    char link[PATH_MAX];
    for (int i = 0; i < MOST_LINKS; i++) {
        *descriptor = own_descriptor(target);
        ssize_t length = *descriptor < 0 ? readlink(target, link, sizeof link - 1) : -1;
        if (length < 0) return true; /* no link; what else is wrong with it is seen when it is opened */
        link[length] = '\0';
        if (!replace_name(target, link)) return false;
    }
    errno = ELOOP;
    return false;
}

/* ---- the file without its name ---------------------------------------------------------------------- */

/* A name that no other process, alive or dead, has taken: process numbers would repeat in containers. */
static bool name_temporary(struct trkx_place *place)
{
    enum { LONGEST = 200 }; /* of what is kept of a name, for the whole to stay below NAME_MAX */
    uint64_t number = 0;
    const char *name = name_in(place->target);
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) return false;
    int length = snprintf(place->temporary, PATH_MAX, "%.*s%.*s.%016llx.part", (int)(name - place->target),
                          place->target, LONGEST, name, (unsigned long long)number);
    if (length < PATH_MAX) return true;
    errno = ENAMETOOLONG;
    return false;
}

static void name_descriptor(const struct trkx_place *place, char name[32])
{
    snprintf(name, 32, "/proc/self/fd/%d", place->descriptor);
}

/* A file without a name goes with its process, whatever ends that. */
static bool open_nameless(struct trkx_place *place, mode_t mode)
{
    char directory[PATH_MAX], self[32];
    directory_of(place->target, directory);
    place->descriptor = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (place->descriptor < 0) return false;
    name_descriptor(place, self);
    if (access(self, F_OK) == 0) return true; /* it can be named later on */
    close(place->descriptor);
    place->descriptor = -1;
    return false;
}

/* Where the file system knows no files without a name. */
static bool open_named(struct trkx_place *place, mode_t mode)
{
    if (!name_temporary(place)) return false;
    place->descriptor = open(place->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return place->descriptor >= 0;
}

static bool open_new(struct trkx_place *place, mode_t mode)
{
    place->temporary[0] = '\0';
    return open_nameless(place, mode) || open_named(place, mode);
}

/* Like the file that it replaces, as far as the file system has modes and we may: at first less open than
 * that. */
static bool open_replacement(struct trkx_place *place, const struct stat *old)
{
    if (!open_new(place, old->st_mode & 0700)) return false;
    bool owned = fchown(place->descriptor, old->st_uid, old->st_gid) == 0;
    /* a group that the file cannot be given to gets no more than all others */
    mode_t mode = owned ? old->st_mode & 0777 : (old->st_mode & 0707) | (old->st_mode & 07) << 3;
    fchmod(place->descriptor, mode);
    return true;
}

static bool open_direct(struct trkx_place *place, const char *path, int descriptor)
{
    place->direct = true;
    place->descriptor =
        descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return place->descriptor >= 0;
}

static bool fail_with(int failure)
{
    errno = failure;
    return false;
}

bool trkx_place_open(const char *path, struct trkx_place *place)
{
    struct stat there;
    int descriptor = -1;
    place->direct = false;
    place->descriptor = -1;
    place->target[0] = place->temporary[0] = '\0';
    if (*path == '\0') return fail_with(ENOENT);
    if (!replace_name(place->target, path) || !follow_links(place->target, &descriptor)) return false;
    bool exists = stat(path, &there) == 0;
    if (exists && S_ISDIR(there.st_mode)) return fail_with(EISDIR);
    if (descriptor >= 0 || (exists && !S_ISREG(there.st_mode))) return open_direct(place, path, descriptor);
    return exists ? open_replacement(place, &there) : open_new(place, 0666);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

/* What cannot be synchronised, as a pipe, need not be. */
static int synchronise(int descriptor)
{
    while (fsync(descriptor) != 0)
        if (errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS || errno == EROFS)
            return 0;
        else if (errno != EINTR)
            return errno;
    return 0;
}

int trkx_place_finish(const struct trkx_place *place)
{
    return synchronise(place->descriptor);
}

/* Straight at its place where there is no file yet; else under a temporary name. 0 or an errno. */
static int name_nameless(struct trkx_place *place)
{
    char self[32];
    name_descriptor(place, self);
    if (linkat(AT_FDCWD, self, AT_FDCWD, place->target, AT_SYMLINK_FOLLOW) == 0) return 0;
    if (errno != EEXIST || !name_temporary(place)) return errno;
    if (linkat(AT_FDCWD, self, AT_FDCWD, place->temporary, AT_SYMLINK_FOLLOW) == 0) return 0;
    place->temporary[0] = '\0'; /* not ours */
    return errno;
}

int trkx_place_settle(struct trkx_place *place)
{
    bool nameless = !place->direct && place->temporary[0] == '\0';
    int failure = nameless ? name_nameless(place) : 0;
    if (failure == 0 && place->temporary[0] != '\0' && rename(place->temporary, place->target) != 0)
        failure = errno;
    if (failure == 0) place->temporary[0] = '\0';
    trkx_place_discard(place);
    return failure;
}

int trkx_place_keep(const struct trkx_place *place)
{
    char directory[PATH_MAX];
    if (place->direct) return 0;
    directory_of(place->target, directory);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return 0; /* it may be written, not read */
    int failure = synchronise(descriptor);
    close(descriptor);
    return failure;
}

void trkx_place_discard(struct trkx_place *place)
{
    if (place->descriptor >= 0) close(place->descriptor);
    if (place->temporary[0] != '\0') unlink(place->temporary);
    place->descriptor = -1;
    place->temporary[0] = '\0';
}
