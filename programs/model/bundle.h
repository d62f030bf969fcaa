/* trkx model import: what is known of a bundle before it is written. */
#ifndef TRKX_PROGRAMS_MODEL_BUNDLE_H
#define TRKX_PROGRAMS_MODEL_BUNDLE_H

#include "onnx/adopt.h"
#include "onnx/findings.h"

enum { MOST_FEATURES = 256 };

/* What a network is given of a hit. */
struct feature_list {
    trkx_feature_spec specs[MOST_FEATURES];
    size_t count; /* 0: not known */
};

/* A network to be put into the bundle. */
struct import_network {
    const char *path;
    struct trkx_onnx file;
    char source_sha256[65];
    struct trkx_findings changes; /* that a repair made */
    struct trkx_adoption adoption;
    struct feature_list features;
    double cut;          /* of filter and GNN */
    char out_sha256[65]; /* of the file in the bundle */
};

struct import_bundle {
    const char *out, *name, *detector, *detectors; /* detectors: a file, or NULL */
    trkx_detector *described; /* what the bundle describes its detector with; NULL: the file of modules, or nothing */
    struct import_network networks[TRKX_NETWORKS];
    size_t dim, k, min_hits;
    double radius;
};

extern const char *const network_names[TRKX_NETWORKS]; /* "embedding", "filter", "gnn" */

/* Writes the directory: the networks, the detector's modules, and last bundle.json; then loads it. Returns an
 * exit code; where something fails, nothing of it stays. */
int import_write(struct import_bundle *bundle);

#endif
