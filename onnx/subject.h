/* A model that is being checked, described or repaired, and its contract with a bundle. */
#ifndef TRKX_ONNX_SUBJECT_H
#define TRKX_ONNX_SUBJECT_H

#include "onnx/shapes.h"

/* A bundle's entry for a network. */
struct trkx_contract {
    const char *nodes, *edges; /* names of the inputs; edges NULL: an embedding */
    const char *pairs;         /* instead of both: a filter's features of each edge's ends, side by side */
    const char *output;
    bool transposed; /* edges are [m,2] */
    size_t features; /* of a hit */
    size_t dim;      /* of the embedding */
    bool sigmoid;    /* the network ends in one */
    const char *sha256;
    const struct trkx_data_list *data; /* files beside the model's with its tensors */
};

/* A model that is being checked or repaired. */
struct trkx_subject {
    const struct trkx_onnx *file;
    const struct trkx_contract *contract; /* NULL: no bundle */
    struct trkx_onnx_graph graph;
    struct trkx_shapes shapes;
};

/* Errors: MEMORY. */
enum trkx_status trkx_subject_create(const struct trkx_onnx *file, const struct trkx_contract *contract,
                                     struct trkx_subject *subject, trkx_error *error);
void trkx_subject_release(struct trkx_subject *subject);

#endif
