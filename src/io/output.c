/* Buffers output, compresses it if requested, and puts complete files in place. */
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/memory.h"
#include "io/destination.h"

enum { BUFFER_SIZE = 1 << 16 };

struct trkx_output {
    char *path; /* as named by the caller */
    struct trkx_destination destination;
    gzFile gz;   /* NULL for a plain file */
    int failure; /* errno of the first failure */
    size_t used;
    char buffer[BUFFER_SIZE];
};

static void flush(struct trkx_output *output)
{
    size_t done = 0;
    while (output->gz == NULL && done < output->used && output->failure == 0) {
        ssize_t wrote = write(output->destination.descriptor, output->buffer + done, output->used - done);
        if (wrote >= 0)
            done += (size_t)wrote;
        else if (errno != EINTR)
            output->failure = errno;
    }
    errno = 0;
    if (output->gz != NULL && output->used > 0 && output->failure == 0 &&
        gzwrite(output->gz, output->buffer, (unsigned)output->used) != (int)output->used)
        output->failure = errno != 0 ? errno : EIO;
    output->used = 0;
}

static void destroy(struct trkx_output *output)
{
    trkx_destination_discard(&output->destination);
    trkx_release(output->path);
    trkx_release(output);
}

static enum trkx_status fail(const struct trkx_output *output, int failure, trkx_error *error)
{
    return trkx_fail(error, TRKX_ERROR_IO, "%s: cannot be written: %s", output->path, strerror(failure));
}

/* zlib gets its own descriptor, which it closes. Level 1: events are written by the thousand, and level 6
 * takes six times as long to save 15 %. */
static enum trkx_status start_gzip(struct trkx_output *output, trkx_error *error)
{
    int descriptor = fcntl(output->destination.descriptor, F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0) return fail(output, errno, error);
    output->gz = gzdopen(descriptor, "wb1");
    if (output->gz != NULL) return TRKX_OK;
    close(descriptor);
    return trkx_fail_memory(error, "compression", 1 << 18);
}

enum trkx_status trkx_output_open(const char *path, bool gzip, struct trkx_output **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_output *output = NULL;
    *result = NULL;
    if (*path == '\0') return trkx_fail(error, TRKX_ERROR_ARGUMENT, "output: the path is empty");
    output = trkx_allocate_zero(NULL, 1, sizeof *output);
    if (output == NULL) return trkx_fail_memory(error, "a file buffer", sizeof *output);
    output->destination.descriptor = -1;
    output->path = trkx_duplicate(path);
    if (output->path == NULL) TRKX_CHECK(trkx_fail_memory(error, "a file name", strlen(path) + 1));
    if (!trkx_destination_open(path, &output->destination)) TRKX_CHECK(fail(output, errno, error));
    if (gzip) TRKX_CHECK(start_gzip(output, error));
    *result = output;
    return TRKX_OK;
cleanup:
    destroy(output);
    return status;
}

enum trkx_status trkx_output_open_in(const char *directory, const char *name, bool gzip,
                                     struct trkx_output **output, trkx_error *error)
{
    size_t room = strlen(directory) + strlen(name) + 2;
    char *path = NULL;
    if (*directory == '\0') /* which would be the root */
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "output: the path of the directory is empty");
    path = trkx_allocate(NULL, room, 1);
    if (path == NULL) return trkx_fail_memory(error, "a file name", room);
    snprintf(path, room, "%s/%s", directory, name);
    enum trkx_status status = trkx_output_open(path, gzip, output, error);
    trkx_release(path);
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

static void end_gzip(struct trkx_output *output)
{
    if (output->gz == NULL) return;
    errno = 0;
    if (gzclose(output->gz) != Z_OK && output->failure == 0) output->failure = errno != 0 ? errno : EIO;
    output->gz = NULL;
}

/* Flushes everything to disk, still invisible. */
static enum trkx_status finish(struct trkx_output *output, trkx_error *error)
{
    flush(output);
    end_gzip(output);
    if (output->failure == 0) output->failure = trkx_destination_finish(&output->destination);
    return output->failure == 0 ? TRKX_OK : fail(output, output->failure, error);
}

/* Puts complete files in place. Errors: IO; files before the one that fails are removed again. */
static enum trkx_status settle(struct trkx_output *const *outputs, size_t count, trkx_error *error)
{
    int failure = 0;
    size_t settled = 0;
    while (settled < count && failure == 0) {
        failure = trkx_destination_settle(&outputs[settled]->destination);
        settled += failure == 0;
    }
    for (size_t i = 0; i < settled && failure != 0; i++)
        if (!outputs[i]->destination.direct) unlink(outputs[i]->destination.target);
    if (failure != 0) return fail(outputs[settled], failure, error);
    failure = count > 0 ? trkx_destination_keep(&outputs[count - 1]->destination) : 0;
    return failure == 0 ? TRKX_OK : fail(outputs[count - 1], failure, error);
}

enum trkx_status trkx_outputs_commit(struct trkx_output *const *outputs, size_t count, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    for (size_t i = 0; i < count && status == TRKX_OK; i++) status = finish(outputs[i], error);
    if (status == TRKX_OK) status = settle(outputs, count, error);
    for (size_t i = 0; i < count; i++) trkx_output_discard(outputs[i]);
    return status;
}

enum trkx_status trkx_output_commit(struct trkx_output *output, trkx_error *error)
{
    return trkx_outputs_commit(&output, 1, error);
}

void trkx_output_discard(struct trkx_output *output)
{
    if (output == NULL) return;
    output->used = 0;
    end_gzip(output);
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
