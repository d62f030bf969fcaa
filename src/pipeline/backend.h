/*
 * A back end holds a run's arrays and computes on them. The steps (features.c to tracks.c) are written once,
 * over this table of operations, which src/pipeline/backend_cpu.c and libtrkx_cuda (gpu/, pipeline/cuda.h)
 * implement.
 *
 * Rules for every operation:
 *  - Errors are those of trkx.h: a status, and in `error` (may be NULL) a line that says what to do. On
 *    failure outputs are unchanged, or empty if they are objects, and intermediate memory is released.
 *  - A context is one worker with its own memory. Only one thread at a time uses it; contexts are independent
 *    of each other, and any thread may use any of them.
 *  - Order. Work may be queued: an operation returns when the host has its results (counts), and later
 *    operations, and networks on the same stream, see the effects of earlier ones. Host memory passed to
 *    upload may be reused on return; download waits.
 *  - "block" in a comment: the pointer is memory of the back end, from allocate, aligned to at least 64
 *    bytes. If memory is `shared`, any array of the host is also a block.
 *  - Determinism. The same input gives the same bytes with any number of threads and on any device and,
 *    except as noted at `features` and `sigmoid`, on all back ends.
 */
#ifndef TRKX_PIPELINE_BACKEND_H
#define TRKX_PIPELINE_BACKEND_H

#include <trkx.h>

/* Defined by each back end. */
typedef struct trkx_backend_context trkx_backend_context;

/* Edges, ascending by (source, target), with their scores. Zero-initialised: none. */
typedef struct trkx_backend_edges {
    size_t count;     /* m */
    size_t saturated; /* nodes that had more than k neighbours within the radius */
    union {
        uint64_t *pairs; /* block [m] (source << 32 | target) */
        int64_t *index;  /* if memory is shared: block [2,m], as in trkx_edges */
    };
    float *scores; /* block [m], or NULL */
} trkx_backend_edges;

/* Hits at places in the embedding. */
typedef struct trkx_backend_points {
    const float *values; /* block [n,dim] */
    size_t n, dim;
    const float *xyz; /* block [n,3] mm */
} trkx_backend_points;

/* How a network takes the ends of edges. */
typedef struct trkx_edge_form {
    bool pairs;      /* the features of both ends side by side, float32 [b,2F]; otherwise their indices: */
    bool transposed; /* as [b,2] instead of [2,b] */
    bool narrow;     /* of int32 instead of int64 */
    const float *features; /* block [n,F], for pairs */
    size_t width;          /* F */
} trkx_edge_form;

typedef struct trkx_backend {
    bool shared; /* memory is the host's, and edges have the host's form (`index`): nothing is copied */

    /* ---- memory ---- */

    /* `what` is the purpose, for messages. bytes 0: a block that can be released. Errors: MEMORY; the message
     * states the bytes needed and the purpose. */
    enum trkx_status (*allocate)(trkx_backend_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error);
    void (*release)(trkx_backend_context *context, void *block); /* NULL: nothing */
    /* Resets the peak to what is held now; returns the peak in bytes since the last reset. */
    size_t (*restart_peak)(trkx_backend_context *context);
    /* Waits for all queued work; reports the failure of a kernel at the latest. Errors: DEVICE. */
    enum trkx_status (*synchronise)(trkx_backend_context *context, trkx_error *error);

    /* ---- from and to the host: NULL if memory is shared ---- */

    enum trkx_status (*upload)(trkx_backend_context *context, void *to /* block */, const void *from,
                               size_t bytes, trkx_error *error);
    enum trkx_status (*download)(trkx_backend_context *context, void *to, const void *from /* block */,
                                 size_t bytes, trkx_error *error);
    /* From the host's index [2,m], in any order, which is kept. Without scores. *edges is overwritten.
     * Errors: MEMORY, ARGUMENT (a negative end, or one >= 2^31). */
    enum trkx_status (*upload_edges)(trkx_backend_context *context, const int64_t *index, size_t m,
                                     trkx_backend_edges *edges, trkx_error *error);
    /* To the host's index [2,m]. */
    enum trkx_status (*download_edges)(trkx_backend_context *context, const trkx_backend_edges *edges,
                                       int64_t *index, trkx_error *error);

    /* ---- features ---- */

    /* True if `features` computes it: only features of the position of a hit. The host computes the others,
     * as whole arrays. */
    bool (*computes)(enum trkx_feature feature);
    /* NULL if it computes none. Block features [n,specs_count] from block xyz [n,3] mm, as trkx_features:
     * in double, divided by the scale, rounded once. phi, theta and eta come from a device's own functions:
     * their double has an error of an ulp or two, so a rounded value may differ from the host's in the last
     * bit, in about one of 10^8. It has to compute all of them; scales are valid, positions finite. Errors:
     * MEMORY, DEVICE. */
    enum trkx_status (*features)(trkx_backend_context *context, const float *xyz, size_t n,
                                 const trkx_feature_spec *specs, size_t specs_count, float *features,
                                 trkx_error *error);

    /* ---- edges ---- */

    /* As trkx_radius_graph of the points, with the edges outwards as trkx_edges_orient turns them by xyz;
     * `ks` of the options is the host's. *edges is overwritten. Errors: ARGUMENT (options, dim, n >= 2^31, a
     * NaN or infinity), MEMORY, DEVICE. */
    enum trkx_status (*radius_graph)(trkx_backend_context *context, const trkx_backend_points *points,
                                     const trkx_edges_options *options, trkx_backend_edges *edges,
                                     trkx_error *error);
    /* Leaves *edges empty. */
    void (*release_edges)(trkx_backend_context *context, trkx_backend_edges *edges);
    /* The edges first..first + count in the network's form, into a block with room for them. Errors: ARGUMENT
     * (fewer edges), DEVICE. */
    enum trkx_status (*edge_tensor)(trkx_backend_context *context, const trkx_backend_edges *edges,
                                    size_t first, size_t count, const trkx_edge_form *form, void *to,
                                    trkx_error *error);

    /* Block scores [m] become 1 / (1 + exp(-score)). exp is the back end's own: up to 2 ulp from another
     * one's.
     */
    enum trkx_status (*sigmoid)(trkx_backend_context *context, float *scores, size_t m, trkx_error *error);
    /* Keeps the edges with score > cut, in order, and their scores; NaN is not. */
    enum trkx_status (*cut)(trkx_backend_context *context, trkx_backend_edges *edges, float cut,
                            trkx_error *error);
    /* The same as a copy, without scores: *over, overwritten. */
    enum trkx_status (*over)(trkx_backend_context *context, const trkx_backend_edges *edges, float cut,
                             trkx_backend_edges *over, trkx_error *error);

    /* ---- tracks ---- */

    /* NULL: the host computes labels. Like trkx_components, with the bundle's cut and minimum number of hits:
     * block labels [n], 0 for no track, otherwise 1, 2, ... in the order of the tracks' first hits; edges
     * without scores all connect. n < 2^31. Errors: ARGUMENT (an end >= n), MEMORY, DEVICE. */
    enum trkx_status (*components)(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges,
                                   const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                   trkx_error *error);
} trkx_backend;

#endif
