/* A model's data in other files ("external data" in ONNX). ONNX Runtime, given a model in memory, would look
 * for them in the working directory and check nothing; here they are found, checked and read beforehand. */
#ifndef TRKX_IO_EXTERNAL_DATA_H
#define TRKX_IO_EXTERNAL_DATA_H

#include "core/error.h"

#include <stddef.h>

/* A file beside a model, with its checksum. */
struct trkx_data_file {
    char *name;
    char *sha256; /* 64 lower-case hexadecimal digits */
};

struct trkx_data_list {
    struct trkx_data_file *files;
    size_t count;
};

/* The content of a file that a model names. */
struct trkx_external_file {
    char *name;
    void *bytes;
    size_t length;
    char sha256[65];
};

/* The data of a tensor in one of them. */
struct trkx_external_part {
    size_t file, offset, length;
};

struct trkx_external {
    char *directory; /* of the model and of the files */
    struct trkx_external_file *files;
    size_t count;
    struct trkx_external_part *parts; /* [parts_count] in the order of the model's tensors */
    size_t parts_count;
};

/* Walks through a model in memory and reads the files with its tensors' data: they have to be beside the
 * model, whose path is `path`, and match the list (NULL: any content), all of which has to be used. Every
 * offset and length is within its file and fits its tensor, which is an initializer of the model's main
 * graph. Errors: MEMORY, IO (a file cannot be read), MODEL (anything else, named). On failure *external is
 * empty. */
enum trkx_status trkx_external_read(const char *path, const void *model, size_t length,
                                    const struct trkx_data_list *list, struct trkx_external *external,
                                    trkx_error *error);
/* Frees the content. */
void trkx_external_release(struct trkx_external *external);

#endif
