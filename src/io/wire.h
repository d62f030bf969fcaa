/* The encoding of protocol buffers (protobuf.dev/programming-guides/encoding), as far as it takes to walk
 * through a message: libtrkx itself needs no protobuf library. */
#ifndef TRKX_IO_WIRE_H
#define TRKX_IO_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trkx_bytes {
    const uint8_t *at;
    size_t left;
};

enum { TRKX_VARINT = 0, TRKX_FIXED64 = 1, TRKX_BYTES = 2, TRKX_FIXED32 = 5 };

struct trkx_field {
    uint64_t number;
    unsigned wire;
    uint64_t value;          /* TRKX_VARINT */
    struct trkx_bytes bytes; /* all others */
};

/* The next field of a message that is not at its end, which moves on; false where it is malformed, or a
 * group, which no ONNX file has. */
bool trkx_take_field(struct trkx_bytes *message, struct trkx_field *field);
bool trkx_take_varint(struct trkx_bytes *from, uint64_t *value);

#endif
