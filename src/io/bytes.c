/* Reads a whole file, whatever its content. */
#include "io/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"

/* Opens a regular file; anything else might block forever. */
static enum trkx_status open_file(const char *path, int *file, size_t *size, trkx_error *error)
{
    struct stat about;
    errno = 0;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0 || fstat(*file, &about) != 0 || !S_ISREG(about.st_mode))
        return trkx_fail(error, TRKX_ERROR_IO, "%s: cannot be read: %s", path,
                         errno == 0 ? "not a file" : strerror(errno));
    *size = (size_t)about.st_size;
    return TRKX_OK;
}

/* Reads all of it, or as much as there is. */
static size_t read_all(int file, char *block, size_t size)
{
    size_t count = 0;
    for (ssize_t got = 1; got > 0 && count < size; count += (size_t)(got > 0 ? got : 0))
        got = read(file, block + count, size - count);
    return count;
}

enum trkx_status trkx_bytes_read(const char *path, void **bytes, size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int file = -1;
    size_t size = 0;
    char *block = NULL;
    TRKX_CHECK(open_file(path, &file, &size, error));
    TRKX_ALLOCATE(block, NULL, size + 1, path);
    *count = read_all(file, block, size);
    if (*count != size) {
        status = trkx_fail(error, TRKX_ERROR_IO, "%s: ends after %zu of %zu bytes", path, *count, size);
        goto cleanup;
    }
    *bytes = block;
    block = NULL;
cleanup:
    if (file >= 0) close(file);
    trkx_release(block);
    return status;
}
