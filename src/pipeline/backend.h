/*
 * A back end: who holds a run's arrays and computes on them. The steps (features.c to tracks.c) are written
 * once, over this table of operations; src/pipeline/backend_cpu.c and libtrkx_cuda (gpu/, pipeline/cuda.h)
 * implement it.
 *
 * Rules that hold for every operation:
 *  - Errors are those of trkx.h: a status, and in `error` (may be NULL) a line that says what to do. On
 *    failure the outputs are as before, or empty where they are objects; what was allocated on the way is
 *    given back.
 *  - A context is one worker with memory of its own. One thread at a time uses it; contexts are independent
 *    of each other, and any thread may use any of them.
 *  - Order. What an operation does may be queued: it returns when the host has what it is given back
 *    (counts), and later operations, and networks on the same stream, see what earlier ones did. Host memory
 *    that is given to upload may be reused on return; download waits.
 *  - "block" in a comment: the pointer is memory of the back end, from allocate, aligned to 64 bytes at
 *    least. Where memory is `shared`, any array of the host is a block as well.
 *  - Determinism. The same input gives the same bytes with any number of threads and on any device, and, but
 *    for what is said at `features` and `sigmoid`, the same bytes on all back ends.
 */
#ifndef TRKX_SRC_BACKEND_H
#define TRKX_SRC_BACKEND_H

#include <trkx.h>

/* Each back end's own. */
typedef struct trkx_backend_context trkx_backend_context;

/* Edges, ascending by (source, target), with their scores. Zero-initialised: none. */
typedef struct trkx_backend_edges {
    size_t count;     /* m */
    size_t saturated; /* nodes that had more than k neighbours within the radius */
    union {
        uint64_t *pairs; /* block [m] (source << 32 | target) */
        int64_t *index;  /* where memory is shared: block [2,m], as in trkx_edges */
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
    bool pairs;            /* the features of both ends side by side, float32 [b,2F]; else their indices: */
    bool transposed;       /* as [b,2] instead of [2,b] */
    bool narrow;           /* of int32 instead of int64 */
    const float *features; /* block [n,F], for pairs */
    size_t width;          /* F */
} trkx_edge_form;

typedef struct trkx_backend {
    bool shared; /* memory is the host's, and edges are as it has them (`index`): nothing has to be copied */

    /* ---- memory ---- */

    /* `what` names the purpose in the message of a refusal. bytes 0: a block that may be released. Errors:
     * MEMORY, which states how many bytes are needed, and for what. */
    enum trkx_status (*allocate)(trkx_backend_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error);
    void (*release)(trkx_backend_context *context, void *block); /* NULL: nothing */
    /* Restarts the peak at what is held now; returns the most bytes that were held since the last restart. */
    size_t (*restart_peak)(trkx_backend_context *context);
    /* Waits until all that was queued is done; the failure of a kernel shows here at the latest. Errors:
     * DEVICE. */
    enum trkx_status (*synchronise)(trkx_backend_context *context, trkx_error *error);

    /* ---- from and to the host: NULL where memory is shared ---- */

    enum trkx_status (*upload)(trkx_backend_context *context, void *to /* block */, const void *from,
                               size_t bytes, trkx_error *error);
    enum trkx_status (*download)(trkx_backend_context *context, void *to, const void *from /* block */,
                                 size_t bytes, trkx_error *error);
    /* From index [2,m] of the host, in any order, which is kept. Without scores. *edges is overwritten.
     * Errors: MEMORY, ARGUMENT (a negative end, or one >= 2^31). */
    enum trkx_status (*upload_edges)(trkx_backend_context *context, const int64_t *index, size_t m,
                                     trkx_backend_edges *edges, trkx_error *error);
    /* To index [2,m] of the host. */
    enum trkx_status (*download_edges)(trkx_backend_context *context, const trkx_backend_edges *edges,
                                       int64_t *index, trkx_error *error);

    /* ---- features ---- */

    /* True where `features` computes it: at most what follows from the position of a hit. The others come
     * from the host, whole arrays of them. */
    bool (*computes)(enum trkx_feature feature);
    /* NULL where it computes none. Block features [n,specs_count] from block xyz [n,3] mm, as trkx_features:
     * in double, divided by the scale, rounded once. phi, theta and eta come from a device's own functions:
     * their double has an error of an ulp or two, so a rounded value may differ from the host's in the last
     * bit, in about one of 10^8. All of them it computes, the scales are a bundle's, the positions finite.
     * Errors: MEMORY, DEVICE. */
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
    /* Leaves it empty. */
    void (*release_edges)(trkx_backend_context *context, trkx_backend_edges *edges);
    /* The edges first..first + count as a network takes them, to a block with room for them. Errors: ARGUMENT
     * (there are not so many), DEVICE. */
    enum trkx_status (*edge_tensor)(trkx_backend_context *context, const trkx_backend_edges *edges,
                                    size_t first, size_t count, const trkx_edge_form *form, void *to,
                                    trkx_error *error);

    /* Block scores [m] become 1 / (1 + exp(-score)). exp is the back end's own: up to 2 ulp from another's.
     */
    enum trkx_status (*sigmoid)(trkx_backend_context *context, float *scores, size_t m, trkx_error *error);
    /* Keeps the edges with score > cut, in order, and their scores; NaN is not. */
    enum trkx_status (*cut)(trkx_backend_context *context, trkx_backend_edges *edges, float cut,
                            trkx_error *error);
    /* The same as a copy, without scores: *over, overwritten. */
    enum trkx_status (*over)(trkx_backend_context *context, const trkx_backend_edges *edges, float cut,
                             trkx_backend_edges *over, trkx_error *error);

    /* ---- tracks ---- */

    /* NULL: labels are the host's to find. As trkx_components, with the cut and the least number of hits of a
     * bundle: block labels [n], 0 for no track, else 1, 2, ... in the order of the tracks' first hits; where
     * edges have no scores, all of them count. n < 2^31. Errors: ARGUMENT (an end >= n), MEMORY, DEVICE. */
    enum trkx_status (*components)(trkx_backend_context *context, size_t n, const trkx_backend_edges *edges,
                                   const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                   trkx_error *error);
} trkx_backend;

#endif
