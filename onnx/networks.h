/* The models that a path refers to: a single file, or the networks of a bundle with their contracts. */
#ifndef TRKX_ONNX_NETWORKS_H
#define TRKX_ONNX_NETWORKS_H

#include "onnx/subject.h"

struct trkx_bundle; /* src/pipeline/bundle.h */

struct trkx_networks {
    size_t count;
    const char *paths[TRKX_ALL_NETWORKS];
    struct trkx_contract contracts[TRKX_ALL_NETWORKS];
    bool in_bundle;             /* contracts are set */
    char *path;                 /* if it is a single file */
    struct trkx_bundle *bundle; /* otherwise: what the above point into */
};

/* path: an ONNX file, a bundle's directory or its bundle.json. No model is read.
 * Errors: MEMORY, IO, FORMAT, BUNDLE. */
enum trkx_status trkx_networks_find(const char *path, struct trkx_networks *networks, trkx_error *error);
void trkx_networks_release(struct trkx_networks *networks);

#endif
