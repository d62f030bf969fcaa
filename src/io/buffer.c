/* Grows a buffer for an unknown number of bytes. */
#include "io/buffer.h"

enum trkx_status trkx_buffer_reserve(struct trkx_buffer *buffer, size_t capacity, trkx_error *error)
{
    size_t size = capacity + TRKX_BUFFER_PADDING;
    char *grown = buffer->bytes == NULL ? trkx_allocate(buffer->memory, size, 1)
                                        : trkx_reallocate(buffer->bytes, size, 1);
    if (grown == NULL)
        return trkx_fail(error, TRKX_ERROR_MEMORY, "%s: out of memory: %zu bytes", buffer->name, size);
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return TRKX_OK;
}

enum trkx_status trkx_buffer_grow(struct trkx_buffer *buffer, trkx_error *error)
{
    size_t capacity = buffer->capacity < 4096 ? 8192 : 2 * buffer->capacity;
    return trkx_buffer_reserve(buffer, capacity, error);
}
