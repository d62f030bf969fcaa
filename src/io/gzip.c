/* Unpacks gzip data with libdeflate; zlib is only used to describe damage. */
#include "io/gzip.h"

#include <libdeflate.h>
#include <stdint.h>
#define ZLIB_CONST /* its input */
#include <zlib.h>

bool trkx_is_gzip(const char *bytes, size_t length)
{
    return length >= 2 && (unsigned char)bytes[0] == 0x1f && (unsigned char)bytes[1] == 0x8b;
}

struct packed {
    const char *bytes;
    size_t length;
};

/* The size in the last four bytes of a gzip file, if deflate can reach it (1032 to 1). Only a first guess: it
 * is modulo 2^32 and for the last member. */
static size_t unpacked_size(const struct packed *packed)
{
    const unsigned char *end = (const unsigned char *)packed->bytes + packed->length;
    if (packed->length < 18) return 64;
    size_t stated = (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
    size_t reachable = 1032 * packed->length, most = trkx_gzip_most(packed->length);
    if (reachable > most) reachable = most;
    return stated < reachable ? stated : reachable;
}

static void *zlib_allocate(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return trkx_allocate(NULL, count, size);
}

static void zlib_release(void *unused, void *block)
{
    (void)unused;
    trkx_release(block);
}

/* zlib's status for the remaining packed bytes; the content is discarded. */
static int inflate_in_vain(z_stream *stream, const char *packed, size_t left)
{
    unsigned char unpacked[16384];
    int result;
    stream->next_in = (const unsigned char *)packed;
    do {
        if (stream->avail_in == 0) {
            stream->avail_in = left < UINT32_MAX ? (unsigned)left : UINT32_MAX;
            left -= stream->avail_in;
        }
        stream->next_out = unpacked;
        stream->avail_out = sizeof unpacked;
        result = inflate(stream, Z_NO_FLUSH);
    } while (result == Z_OK || (result == Z_BUF_ERROR && left > 0));
    return result;
}

/* libdeflate only reports that the member at `at` is bad; zlib tells why. */
static enum trkx_status fail_member(const struct packed *packed, size_t at, trkx_error *error)
{
    enum trkx_status status;
    z_stream stream = {.zalloc = zlib_allocate, .zfree = zlib_release};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return trkx_fail_memory(error, "unpacking", 1 << 16);
    int result = inflate_in_vain(&stream, packed->bytes + at, packed->length - at);
    if (result == Z_MEM_ERROR)
        status = trkx_fail_memory(error, "unpacking", 1 << 16);
    else if (result == Z_BUF_ERROR)
        status = trkx_fail(error, TRKX_ERROR_FORMAT, "truncated gzip data");
    else
        status = trkx_fail(error, TRKX_ERROR_FORMAT, "damaged gzip data: %s",
                           stream.msg != NULL ? stream.msg : "not understood");
    inflateEnd(&stream);
    return status;
}

/* Makes more room, up to the maximum. */
static enum trkx_status grow(const struct packed *packed, struct trkx_buffer *unpacked, trkx_error *error)
{
    size_t most = trkx_gzip_most(packed->length);
    if (unpacked->capacity >= most)
        return trkx_fail(error, TRKX_ERROR_FORMAT,
                         "unpacks to more than %zu bytes, 100 times its size plus 64 MiB: unpack it first",
                         most);
    if (unpacked->capacity > most / 2) return trkx_buffer_reserve(unpacked, most, error);
    return trkx_buffer_grow(unpacked, error);
}

/* Unpacks the member at *at and advances *at past it. libdeflate needs room for all of it beforehand. */
static enum trkx_status unpack_member(struct libdeflate_decompressor *decompressor,
                                      const struct packed *packed, size_t *at, struct trkx_buffer *unpacked,
                                      trkx_error *error)
{
    for (;;) {
        size_t taken, made;
        enum libdeflate_result result = libdeflate_gzip_decompress_ex(
            decompressor, packed->bytes + *at, packed->length - *at, unpacked->bytes + unpacked->used,
            unpacked->capacity - unpacked->used, &taken, &made);
        if (result == LIBDEFLATE_SUCCESS) {
            *at += taken;
            unpacked->used += made;
            return TRKX_OK;
        }
        if (result != LIBDEFLATE_INSUFFICIENT_SPACE) return fail_member(packed, *at, error);
        enum trkx_status status = grow(packed, unpacked, error);
        if (status != TRKX_OK) return status;
    }
}

enum trkx_status trkx_gzip_unpack(const char *bytes, size_t length, struct trkx_buffer *unpacked,
                                  trkx_error *error)
{
    enum trkx_status status;
    const struct packed packed = {bytes, length};
    size_t at = 0;
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (decompressor == NULL) return trkx_fail_memory(error, "unpacking", 1 << 14);
    TRKX_CHECK(trkx_buffer_reserve(unpacked, unpacked_size(&packed), error));
    do {
        TRKX_CHECK(unpack_member(decompressor, &packed, &at, unpacked, error));
    } while (trkx_is_gzip(bytes + at, length - at));
    if (at < length) status = trkx_fail(error, TRKX_ERROR_FORMAT, "there is more after the gzip data");
cleanup:
    libdeflate_free_decompressor(decompressor);
    return status;
}
