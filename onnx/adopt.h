/* What a network's file states, for writing a bundle: tensor names, the form of edges, the number of
 * features, a final sigmoid. */
#ifndef TRKX_ONNX_ADOPT_H
#define TRKX_ONNX_ADOPT_H

#include "onnx/subject.h"

/* Texts point into the file's model. */
struct trkx_adoption {
    const char *inputs[2]; /* node features, then edges; or only pairs */
    size_t inputs_count;
    const char *output;
    bool pairs;      /* a filter that takes the features of both ends side by side, [b,2F] */
    bool transposed; /* edges are [m,2] */
    bool sigmoid;    /* the network ends in one */
    size_t features; /* F, of a hit; 0: the file does not say */
    size_t dim;      /* of an embedding; 0: the file does not say */
};

/* Errors: MEMORY, MODEL (its inputs and outputs are not those of such a network; the message says what they
 * are and should be). */
enum trkx_status trkx_onnx_adopt(const struct trkx_onnx *file, enum trkx_network network,
                                 struct trkx_adoption *adoption, trkx_error *error);

/* The contract of the network in a bundle with these features and dimensions. */
struct trkx_contract trkx_adoption_contract(const struct trkx_adoption *adoption, enum trkx_network network,
                                            size_t features, size_t dim);

#endif
