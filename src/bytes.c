#include "bytes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "memory.h"

enum trkx_status trkx_bytes_read(const char *path, void **bytes, size_t *count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct stat about;
    char *block = NULL;
    errno = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL || fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) {
        status = trkx_fail(error, TRKX_ERROR_IO, "%s: cannot be read: %s", path,
                           errno == 0 ? "not a file" : strerror(errno));
        goto cleanup;
    }
    TRKX_ALLOCATE(block, NULL, (size_t)about.st_size + 1, path);
    *count = fread(block, 1, (size_t)about.st_size, file);
    if (*count != (size_t)about.st_size) {
        status = trkx_fail(error, TRKX_ERROR_IO, "%s: ends after %zu of %lld bytes", path, *count,
                           (long long)about.st_size);
        goto cleanup;
    }
    *bytes = block;
    block = NULL;
cleanup:
    if (file != NULL) fclose(file);
    trkx_release(block);
    return status;
}
