#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "memory.h"

enum { BUFFER_SIZE = 1 << 16 };

struct trkx_output {
    char *path, *temporary; /* the temporary lies in the same directory, so that rename is atomic */
    int descriptor;
    gzFile gz;   /* NULL for a plain file */
    int failure; /* errno of the first failure */
    size_t used;
    char buffer[BUFFER_SIZE];
};

static atomic_ulong opened; /* makes temporary names unique in this process */

static void flush(struct trkx_output *output)
{
    size_t done = 0;
    while (output->gz == NULL && done < output->used && output->failure == 0) {
        ssize_t wrote = write(output->descriptor, output->buffer + done, output->used - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            output->failure = errno;
    }
    if (output->gz != NULL && output->used > 0 && output->failure == 0 &&
        gzwrite(output->gz, output->buffer, (unsigned)output->used) != (int)output->used)
        output->failure = errno != 0 ? errno : EIO;
    output->used = 0;
}

static void destroy(struct trkx_output *output)
{
    trkx_release(output->path);
    trkx_release(output->temporary);
    trkx_release(output);
}

enum trkx_status trkx_output_open(const char *path, bool gzip, struct trkx_output **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_output *output = trkx_allocate_zero(NULL, 1, sizeof *output);
    size_t length = strlen(path) + 64;
    *result = NULL;
    if (output == NULL) return trkx_fail_memory(error, "a file buffer", sizeof *output);
    output->descriptor = -1;
    output->path = trkx_duplicate(path);
    output->temporary = trkx_allocate(NULL, length, 1);
    if (output->path == NULL || output->temporary == NULL) {
        status = trkx_fail_memory(error, "a file name", length);
        goto cleanup;
    }
    snprintf(output->temporary, length, "%s.%ld-%lu.part", path, (long)getpid(),
             atomic_fetch_add(&opened, 1));
    output->descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->descriptor < 0) {
        status = trkx_fail(error, TRKX_ERROR_IO, "%s: cannot be written: %s", path, strerror(errno));
        goto cleanup;
    }
    /* level 1: events are written by the thousand, and level 6 takes six times as long for 15 % less */
    if (gzip && (output->gz = gzdopen(output->descriptor, "wb1")) == NULL) {
        status = trkx_fail_memory(error, "compression", 1 << 18);
        close(output->descriptor);
        unlink(output->temporary);
        goto cleanup;
    }
    *result = output;
    return TRKX_OK;
cleanup:
    destroy(output);
    return status;
}

void trkx_output_write(struct trkx_output *output, const void *bytes, size_t count)
{
    const char *from = bytes;
    while (count > 0) {
        size_t part = BUFFER_SIZE - output->used < count ? BUFFER_SIZE - output->used : count;
        memcpy(output->buffer + output->used, from, part);
        output->used += part;
        from += part;
        count -= part;
        if (output->used == BUFFER_SIZE) flush(output);
    }
}

void trkx_output_printf(struct trkx_output *output, const char *format, ...)
{
    char line[4096]; /* longer than any line that trkx writes */
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        output->failure = EOVERFLOW;
    else
        trkx_output_write(output, line, (size_t)length);
}

/* Flushes and closes; 0 or the errno of the first failure. */
static int finish(struct trkx_output *output)
{
    flush(output);
    errno = 0;
    int closed = output->gz != NULL ? gzclose(output->gz) : close(output->descriptor);
    if (closed != 0 && output->failure == 0) output->failure = errno != 0 ? errno : EIO;
    return output->failure;
}

enum trkx_status trkx_output_commit(struct trkx_output *output, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int failure = finish(output);
    if (failure == 0 && rename(output->temporary, output->path) != 0) failure = errno;
    if (failure != 0) {
        unlink(output->temporary);
        status =
            trkx_fail(error, TRKX_ERROR_IO, "%s: cannot be written: %s", output->path, strerror(failure));
    }
    destroy(output);
    return status;
}

void trkx_output_discard(struct trkx_output *output)
{
    if (output == NULL) return;
    output->used = 0;
    finish(output);
    unlink(output->temporary);
    destroy(output);
}

enum trkx_status trkx_text_write(const char *path, const char *text, trkx_error *error)
{
    struct trkx_output *output = NULL;
    enum trkx_status status = trkx_output_open(path, false, &output, error);
    if (status != TRKX_OK) return status;
    trkx_output_write(output, text, strlen(text));
    return trkx_output_commit(output, error);
}
