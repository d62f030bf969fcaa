/* Writes a new file out of sight until it is complete, and then gives it its name. */
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

/* "." for a bare name, otherwise everything before it. */
static void directory_of(const char *path, char directory[PATH_MAX])
{
    size_t length = (size_t)(name_in(path) - path); /* < PATH_MAX, as all of the path */
    memcpy(directory, path, length);
    strcpy(directory + length, length > 0 ? "" : ".");
}

/* The descriptor of this process that a path like /proc/self/fd/3 names, or -1: if opened again, it would
 * have its own position and overwrite other output. */
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

/* Replaces the name of a link by its target. */
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
        if (length < 0) return true; /* not a link; opening it reports other problems */
        link[length] = '\0';
        if (!replace_name(target, link)) return false;
    }
    errno = ELOOP;
    return false;
}

/* ---- the file without its name ---------------------------------------------------------------------- */

/* A name that no other process has used: process ids repeat in containers. */
static bool name_temporary(struct trkx_destination *to)
{
    enum { LONGEST = 200 }; /* kept part of a name, so that the result stays below NAME_MAX */
    uint64_t number = 0;
    const char *name = name_in(to->target);
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) return false;
    int length = snprintf(to->temporary, PATH_MAX, "%.*s%.*s.%016llx.part", (int)(name - to->target),
                          to->target, LONGEST, name, (unsigned long long)number);
    if (length < PATH_MAX) return true;
    errno = ENAMETOOLONG;
    return false;
}

static void name_descriptor(const struct trkx_destination *to, char name[32])
{
    snprintf(name, 32, "/proc/self/fd/%d", to->descriptor);
}

/* A file without a name vanishes with its process, however that ends. */
static bool open_nameless(struct trkx_destination *to, mode_t mode)
{
    char directory[PATH_MAX], self[32];
    directory_of(to->target, directory);
    to->descriptor = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (to->descriptor < 0) return false;
    name_descriptor(to, self);
    if (access(self, F_OK) == 0) return true; /* it can be named later on */
    close(to->descriptor);
    to->descriptor = -1;
    return false;
}

/* For file systems without unnamed files. */
static bool open_named(struct trkx_destination *to, mode_t mode)
{
    if (!name_temporary(to)) return false;
    to->descriptor = open(to->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return to->descriptor >= 0;
}

static bool open_new(struct trkx_destination *to, mode_t mode)
{
    to->temporary[0] = '\0';
    return open_nameless(to, mode) || open_named(to, mode);
}

/* Takes the owner and mode of the file it replaces, as far as permitted: until then more restrictive. */
static bool open_replacement(struct trkx_destination *to, const struct stat *old)
{
    if (!open_new(to, old->st_mode & 0700)) return false;
    bool owned = fchown(to->descriptor, old->st_uid, old->st_gid) == 0;
    /* if the group cannot be set, the file's group gets no more than others */
    mode_t mode = owned ? old->st_mode & 0777 : (old->st_mode & 0707) | (old->st_mode & 07) << 3;
    fchmod(to->descriptor, mode);
    return true;
}

static bool open_direct(struct trkx_destination *to, const char *path, int descriptor)
{
    to->direct = true;
    to->descriptor =
        descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return to->descriptor >= 0;
}

static bool fail_with(int failure)
{
    errno = failure;
    return false;
}

bool trkx_destination_open(const char *path, struct trkx_destination *to)
{
    struct stat there;
    int descriptor = -1;
    to->direct = false;
    to->descriptor = -1;
    to->target[0] = to->temporary[0] = '\0';
    if (*path == '\0') return fail_with(ENOENT);
    if (!replace_name(to->target, path) || !follow_links(to->target, &descriptor)) return false;
    bool exists = stat(path, &there) == 0;
    if (exists && S_ISDIR(there.st_mode)) return fail_with(EISDIR);
    if (descriptor >= 0 || (exists && !S_ISREG(there.st_mode))) return open_direct(to, path, descriptor);
    return exists ? open_replacement(to, &there) : open_new(to, 0666);
}

/* ---- the end ---------------------------------------------------------------------------------------- */

/* What cannot be synchronised, such as a pipe, need not be. */
static int synchronise(int descriptor)
{
    while (fsync(descriptor) != 0)
        if (errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS || errno == EROFS)
            return 0;
        else if (errno != EINTR)
            return errno;
    return 0;
}

int trkx_destination_finish(const struct trkx_destination *to)
{
    return synchronise(to->descriptor);
}

/* Links the file directly to its name if there is none yet; otherwise under a temporary name. 0 or an errno.
 */
static int name_nameless(struct trkx_destination *to)
{
    char self[32];
    name_descriptor(to, self);
    if (linkat(AT_FDCWD, self, AT_FDCWD, to->target, AT_SYMLINK_FOLLOW) == 0) return 0;
    if (errno != EEXIST || !name_temporary(to)) return errno;
    if (linkat(AT_FDCWD, self, AT_FDCWD, to->temporary, AT_SYMLINK_FOLLOW) == 0) return 0;
    to->temporary[0] = '\0'; /* not ours */
    return errno;
}

int trkx_destination_settle(struct trkx_destination *to)
{
    bool nameless = !to->direct && to->temporary[0] == '\0';
    int failure = nameless ? name_nameless(to) : 0;
    if (failure == 0 && to->temporary[0] != '\0' && rename(to->temporary, to->target) != 0) failure = errno;
    if (failure == 0) to->temporary[0] = '\0';
    trkx_destination_discard(to);
    return failure;
}

int trkx_destination_keep(const struct trkx_destination *to)
{
    char directory[PATH_MAX];
    if (to->direct) return 0;
    directory_of(to->target, directory);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return 0; /* the directory may be writable but not readable */
    int failure = synchronise(descriptor);
    close(descriptor);
    return failure;
}

void trkx_destination_discard(struct trkx_destination *to)
{
    if (to->descriptor >= 0) close(to->descriptor);
    if (to->temporary[0] != '\0') unlink(to->temporary);
    to->descriptor = -1;
    to->temporary[0] = '\0';
}
