/* What a network's file tells of itself, for a bundle to be written: its tensors' names, in which form it
 * takes edges, how many features, whether it ends in a sigmoid. */
#ifndef TRKX_ONNX_ADOPT_H
#define TRKX_ONNX_ADOPT_H

#include "onnx/subject.h"

/* Texts lie in the file's model. */
struct trkx_adoption {
    const char *inputs[2]; /* node features, then edges; or pairs alone */
    size_t inputs_count;
    const char *output;
    bool pairs;      /* a filter that takes the features of both ends side by side, [b,2F] */
    bool transposed; /* edges are [m,2] */
    bool sigmoid;    /* it ends in one */
    size_t features; /* F, of a hit; 0: the file does not say */
    size_t dim;      /* of an embedding; 0: the file does not say */
};

/* Errors: MEMORY, MODEL (its inputs and outputs are not a network's of this kind; the message says what is
 * there and what there should be). */
enum trkx_status trkx_onnx_adopt(const struct trkx_onnx *file, enum trkx_network network,
                                 struct trkx_adoption *adoption, trkx_error *error);

/* The contract that a bundle with these features and dimensions makes of it. */
struct trkx_contract trkx_adoption_contract(const struct trkx_adoption *adoption, enum trkx_network network,
                                            size_t features, size_t dim);

#endif
