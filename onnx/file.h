/* ONNX files: read through protobuf-c and the schema that comes with ONNX, kept whole (what the schema does
 * not know is written back as it was). */
#ifndef TRKX_ONNX_FILE_H
#define TRKX_ONNX_FILE_H

#include <stddef.h>

#include <onnx.pb-c.h>

#include "io/external_data.h"

/* A model in memory. Its messages and strings are trkx_allocate'd, and may be changed by the same means. */
struct trkx_onnx {
    char *path;   /* for messages */
    size_t bytes; /* of the file */
    char sha256[65];
    Onnx__ModelProto *model; /* its graph is never NULL */
    struct trkx_external
        data;           /* the files beside it that its tensors were taken out of; their bytes are gone */
    char *left_outside; /* why tensors still are in other files; NULL: none is */
};

/* With what it has in files beside it, as far as they can be read. Errors: MEMORY, IO, FORMAT (not an ONNX
 * model, truncated). On failure *file is empty. */
enum trkx_status trkx_onnx_read(const char *path, struct trkx_onnx *file, trkx_error *error);
/* The same of bytes in memory; `name` stands for the path in messages. */
enum trkx_status trkx_onnx_parse(const void *bytes, size_t length, const char *name, struct trkx_onnx *file,
                                 trkx_error *error);
/* Appears whole or not at all. Errors: MEMORY, IO, MODEL (too large for one file). */
enum trkx_status trkx_onnx_write(const struct trkx_onnx *file, const char *path, trkx_error *error);
/* Any file, byte by byte; appears whole or not at all. Errors: MEMORY, IO. */
enum trkx_status trkx_file_copy(const char *from, const char *to, trkx_error *error);
/* Frees the content. */
void trkx_onnx_release(struct trkx_onnx *file);

/* Of ONNX's own operators; 0 where the model names none. */
int64_t trkx_onnx_opset(const Onnx__ModelProto *model);
/* True where the domain is ONNX's own. NULL: it is. */
bool trkx_onnx_own_domain(const char *domain);

/* For what the schema calls optional: "" for NULL. */
static inline const char *trkx_onnx_text(const char *text)
{
    return text == NULL ? "" : text;
}

#endif
