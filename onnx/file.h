/* ONNX files, read through protobuf-c and ONNX's own schema, and kept whole (fields unknown to the schema are
 * written back unchanged). */
#ifndef TRKX_ONNX_FILE_H
#define TRKX_ONNX_FILE_H

#include <stddef.h>

#include <onnx.pb-c.h>

#include "io/external_data.h"

/* A model in memory. Its messages and strings come from trkx_allocate, and may be replaced with such memory.
 */
struct trkx_onnx {
    char *path;   /* for messages */
    size_t bytes; /* of the file */
    char sha256[65];
    Onnx__ModelProto *model; /* its graph is never NULL */
    struct trkx_external
        data; /* the files beside it that its tensors were read from; their bytes have been released */
    char *left_outside; /* why tensors are still in other files; NULL: none are */
};

/* Reads a model, with data in files beside it if they can be read. Errors: MEMORY, IO, FORMAT (not an ONNX
 * model, truncated). On failure *file is empty. */
enum trkx_status trkx_onnx_read(const char *path, struct trkx_onnx *file, trkx_error *error);
/* The same from bytes in memory; messages use `name` as the path. */
enum trkx_status trkx_onnx_parse(const void *bytes, size_t length, const char *name, struct trkx_onnx *file,
                                 trkx_error *error);
/* Appears whole or not at all. Errors: MEMORY, IO, MODEL (too large for one file). */
enum trkx_status trkx_onnx_write(const struct trkx_onnx *file, const char *path, trkx_error *error);
/* Copies any file byte for byte; appears whole or not at all. Errors: MEMORY, IO. */
enum trkx_status trkx_file_copy(const char *from, const char *to, trkx_error *error);
/* Frees the content. */
void trkx_onnx_release(struct trkx_onnx *file);

/* Operator set of ONNX's own operators; 0 if the model states none. */
int64_t trkx_onnx_opset(const Onnx__ModelProto *model);
/* True if the domain is ONNX's own, also for NULL. */
bool trkx_onnx_own_domain(const char *domain);

/* For optional strings of the schema: "" for NULL. */
static inline const char *trkx_onnx_text(const char *text)
{
    return text == NULL ? "" : text;
}

#endif
