/* Loads whole files, unpacked, and writes messages that name file and line. */
#include "io/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/gzip.h"

/* ---- messages --------------------------------------------------------------------------------------- */

enum trkx_status trkx_text_fail(const struct trkx_text *text, size_t line, trkx_error *error,
                                const char *format, ...)
{
    char what[TRKX_ERROR_MESSAGE_SIZE], where[32] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (line != 0) snprintf(where, sizeof where, ":%zu", line);
    return trkx_fail(error, TRKX_ERROR_FORMAT, "%s%s: %s: %s", text->name, where, text->stage, what);
}

enum trkx_status trkx_text_fail_field(const struct trkx_text *text, size_t line, const char *what,
                                      const char *field, const char *why, trkx_error *error)
{
    const char *end = text->bytes + text->length;
    char quote[32];
    size_t length = 0;
    while (length + 1 < sizeof quote && field + length < end) {
        char c = field[length];
        if (c == ',' || c == '\r' || c == '\n') break;
        quote[length++] = c >= ' ' && c <= '~' ? c : '?';
    }
    quote[length] = '\0';
    return trkx_text_fail(text, line, error, "%s: \"%s\" %s", what, quote, why);
}

bool trkx_ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && strcmp(text + length - tail, ending) == 0;
}

/* ---- files ------------------------------------------------------------------------------------------ */

/* Limit for input of unknown size, such as pipes. */
#define MOST_UNSIZED ((size_t)1 << 30)

/* Reads to the end; asking for one byte more shows that a regular file ends as expected. */
static enum trkx_status read_all(int descriptor, const char *stage, struct trkx_buffer *buffer,
                                 trkx_error *error)
{
    struct stat about;
    const char *path = buffer->name;
    enum trkx_status status = TRKX_OK;
    size_t expected = fstat(descriptor, &about) == 0 && about.st_size > 0 ? (size_t)about.st_size : 0;
    size_t most = expected > MOST_UNSIZED ? expected : MOST_UNSIZED;
    TRKX_CHECK(trkx_buffer_reserve(buffer, expected + 1, error));
    for (;;) {
        if (buffer->used == buffer->capacity) TRKX_CHECK(trkx_buffer_grow(buffer, error));
        ssize_t got = read(descriptor, buffer->bytes + buffer->used, buffer->capacity - buffer->used);
        if (got == 0) break;
        if (got < 0 && errno != EINTR)
            TRKX_CHECK(
                trkx_fail(error, TRKX_ERROR_IO, "%s: %s: cannot be read: %s", path, stage, strerror(errno)));
        buffer->used += got > 0 ? (size_t)got : 0;
        if (buffer->used > most)
            TRKX_CHECK(trkx_fail(error, TRKX_ERROR_IO,
                                 "%s: %s: is longer than %zu bytes, the limit for a pipe", path, stage,
                                 most));
    }
cleanup:
    return status;
}

/* Opens a file or a pipe for reading. Devices are not even opened: that may have effects, and they have no
 * end. */
static enum trkx_status open_file(const char *path, const char *stage, int *descriptor, trkx_error *error)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode))
        return trkx_fail(error, TRKX_ERROR_IO, "%s: %s: is a %s, not a file or a pipe", path, stage,
                         S_ISDIR(about.st_mode)    ? "directory"
                         : S_ISSOCK(about.st_mode) ? "socket"
                                                   : "device");
    *descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (*descriptor >= 0) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_IO, "%s: %s: cannot be opened: %s", path, stage, strerror(errno));
}

static enum trkx_status unpack(struct trkx_text *text, struct trkx_memory *memory, trkx_error *error)
{
    struct trkx_buffer unpacked = {.memory = memory, .name = text->name};
    trkx_error why;
    enum trkx_status status = trkx_gzip_unpack(text->bytes, text->length, &unpacked, &why);
    if (status != TRKX_OK) {
        trkx_release(unpacked.bytes);
        return status == TRKX_ERROR_FORMAT ? trkx_text_fail(text, 0, error, "%s", why.message)
                                           : trkx_fail(error, status, "%s", why.message);
    }
    trkx_release(text->bytes);
    text->bytes = unpacked.bytes;
    text->length = unpacked.used;
    return TRKX_OK;
}

/* Makes a text of the buffer, which it then owns; on failure the text is empty. */
static enum trkx_status finish(const char *stage, struct trkx_buffer *buffer, struct trkx_text *text,
                               trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const char *name = buffer->name;
    *text = (struct trkx_text){trkx_duplicate(name), stage, buffer->bytes, buffer->used};
    if (text->name == NULL) {
        status = trkx_fail_memory(error, "a file name", strlen(name) + 1);
        goto cleanup;
    }
    if (trkx_is_gzip(text->bytes, text->length))
        TRKX_CHECK(unpack(text, buffer->memory, error));
    else if (text->length > 0 && trkx_ends_with(name, ".gz"))
        TRKX_CHECK(trkx_text_fail(text, 0, error, "is not gzip data"));
    if (text->length == 0) TRKX_CHECK(trkx_text_fail(text, 0, error, "the file is empty"));
    memset(text->bytes + text->length, 0, TRKX_BUFFER_PADDING);
cleanup:
    if (status != TRKX_OK) trkx_text_release(text);
    return status;
}

enum trkx_status trkx_text_load(const char *path, const char *stage, struct trkx_memory *memory,
                                struct trkx_text *text, trkx_error *error)
{
    struct trkx_buffer buffer = {.memory = memory, .name = path};
    int descriptor = -1;
    *text = (struct trkx_text){0};
    enum trkx_status status = open_file(path, stage, &descriptor, error);
    if (status != TRKX_OK) return status;
    status = read_all(descriptor, stage, &buffer, error);
    close(descriptor);
    if (status == TRKX_OK) return finish(stage, &buffer, text, error);
    trkx_release(buffer.bytes);
    return status;
}

enum trkx_status trkx_text_copy(const char *name, const char *stage, const void *bytes, size_t length,
                                struct trkx_text *text, trkx_error *error)
{
    struct trkx_buffer buffer = {.name = name};
    enum trkx_status status = trkx_buffer_reserve(&buffer, length, error);
    *text = (struct trkx_text){0};
    if (status != TRKX_OK) return status;
    if (length > 0) memcpy(buffer.bytes, bytes, length);
    buffer.used = length;
    return finish(stage, &buffer, text, error);
}

void trkx_text_release(struct trkx_text *text)
{
    trkx_release(text->name);
    trkx_release(text->bytes);
    *text = (struct trkx_text){0};
}
