/* For tests that need files: a directory for each, removed at the end. Include after cmocka.h. */
#ifndef TRKX_TESTS_SCRATCH_H
#define TRKX_TESTS_SCRATCH_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char scratch[256]; /* the directory */

static inline int scratch_create(void **state)
{
    (void)state;
    const char *parent = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/trkx-XXXXXX", parent != NULL ? parent : P_tmpdir);
    return mkdtemp(scratch) == NULL ? -1 : 0;
}

/* How many files are in the directory; removes them where asked. */
static inline int scratch_files(bool remove_them)
{
    int count = 0;
    DIR *directory = opendir(scratch);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char path[512];
        if (entry->d_name[0] == '.') continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", scratch, entry->d_name);
        if (remove_them) unlink(path);
    }
    if (directory != NULL) closedir(directory);
    return count;
}

static inline int scratch_destroy(void **state)
{
    (void)state;
    scratch_files(true);
    return rmdir(scratch);
}

/* "<directory>/<name>", in one of a few buffers that take turns. */
static inline const char *scratch_path(const char *name)
{
    static char paths[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", scratch, name);
    return paths[turn];
}

/* Writes a file, gzipped where the name ends in .gz. */
static inline const char *scratch_write(const char *name, const void *bytes, size_t length)
{
    const char *path = scratch_path(name);
    size_t end = strlen(name);
    if (end > 3 && strcmp(name + end - 3, ".gz") == 0) {
        gzFile file = gzopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(gzwrite(file, bytes, (unsigned)length), (int)length);
        assert_int_equal(gzclose(file), Z_OK);
    } else {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, length, file), length);
        assert_int_equal(fclose(file), 0);
    }
    return path;
}

static inline const char *scratch_text(const char *name, const char *text)
{
    return scratch_write(name, text, strlen(text));
}

#endif
