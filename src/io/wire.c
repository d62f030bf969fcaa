/* Takes the fields of a message apart. */
#include "io/wire.h"

bool trkx_take_varint(struct trkx_bytes *from, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && from->left > 0; shift += 7) {
        uint8_t byte = *from->at++;
        from->left--;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

static bool take_bytes(struct trkx_bytes *from, uint64_t count, struct trkx_bytes *taken)
{
    if (count > from->left) return false;
    *taken = (struct trkx_bytes){from->at, (size_t)count};
    from->at += count;
    from->left -= (size_t)count;
    return true;
}

bool trkx_take_field(struct trkx_bytes *message, struct trkx_field *field)
{
    uint64_t key = 0, count = 0;
    *field = (struct trkx_field){0};
    if (!trkx_take_varint(message, &key)) return false;
    field->number = key >> 3;
    field->wire = key & 7;
    switch (field->wire) {
    case TRKX_VARINT: return trkx_take_varint(message, &field->value);
    case TRKX_FIXED64: return take_bytes(message, 8, &field->bytes);
    case TRKX_FIXED32: return take_bytes(message, 4, &field->bytes);
    case TRKX_BYTES: return trkx_take_varint(message, &count) && take_bytes(message, count, &field->bytes);
    default: return false;
    }
}
