/*
 * libtrkx_cuda: the steps of trkx between its networks, on a GPU.
 *
 * The library is loaded at run time. It exports one function, trkx_cuda_interface, which returns a table:
 *
 *   library = dlopen("libtrkx_cuda.so", RTLD_NOW | RTLD_LOCAL);
 *   trkx_cuda_interface_fn *get = (trkx_cuda_interface_fn *)dlsym(library, TRKX_CUDA_INTERFACE);
 *   const trkx_cuda_table *cuda = get(TRKX_CUDA_VERSION);    NULL: it is of another version
 *
 * Rules that hold for every function of the table:
 *  - Errors are those of trkx.h: a status, and in `error` (may be NULL) a line that says what to do. On
 * failure the outputs are as before, or empty where they are objects; what was allocated on the way is given
 * back. TRKX_ERROR_DEVICE: no driver, no such device, or it failed; after a failure of a kernel the context
 * can only be closed. TRKX_ERROR_MEMORY: the budget cannot be kept, or the device is full; the message states
 * how many bytes are needed, for what, and how many are held.
 *  - A context is one device with a stream and a pool of memory. One thread at a time uses it. Contexts are
 *    independent of each other, also on one device; any thread may use any of them.
 *  - Order. What a function does on the device is queued on the context's stream; it returns when the host
 * has what it is given back (counts), not when the device is done. Networks that run on the same stream need
 * no synchronisation. Host memory that is given to upload may be reused on return; download waits.
 *  - `device` in a comment: the pointer is memory of the device, from allocate; it is aligned to 256 bytes.
 *  - Determinism. The same input gives the same bytes on any device, and, but for what is said at `features`
 * and `sigmoid`, those of the functions of trkx.h.
 */
#ifndef TRKX_CUDA_H
#define TRKX_CUDA_H

#include "trkx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Goes up with every change of the table. */
#define TRKX_CUDA_VERSION 1u
#define TRKX_CUDA_INTERFACE "trkx_cuda_interface"

typedef struct trkx_cuda_context trkx_cuda_context;

typedef struct trkx_cuda_device {
    char name[256];
    int major, minor;           /* compute capability */
    int processors;             /* streaming multiprocessors */
    int driver, runtime;        /* versions of CUDA: 13000 is 13.0; the driver's newest, the library's own */
    size_t memory, free_memory; /* bytes, of the device; free now */
    double bytes_per_second;    /* of its memory, by clock and bus width; 0 where the driver does not say */
} trkx_cuda_device;

typedef struct trkx_cuda_usage {
    size_t budget;   /* bytes */
    size_t held;     /* by blocks that are not released yet */
    size_t peak;     /* most that was held since the last restart */
    size_t reserved; /* taken from the device: held, and kept for later. Never more than the budget */
    size_t blocks;   /* that are not released yet */
} trkx_cuda_usage;

/* Edges on the device, ascending by (source, target). Its memory belongs to the context. */
typedef struct trkx_cuda_edges {
    size_t count;     /* m */
    size_t saturated; /* nodes that had more than k neighbours within the radius */
    uint64_t *pairs;  /* device [m] (source << 32 | target); NULL where m is 0 */
    float *scores;    /* device [m] or NULL, see scores_allocate */
} trkx_cuda_edges;

typedef struct trkx_cuda_table {
    unsigned version; /* TRKX_CUDA_VERSION */
    size_t size;      /* of this struct */
    bool host;        /* "device" memory is the host's, and the networks have to run there too: this is the
                       * build for tests, which runs the same source on the processor's threads */
    const char *name; /* "CUDA 13.0, sm_75 sm_80 ...": what the library was built for */

    /* ---- devices ---- */

    /* Errors: DEVICE (no driver, or one that is too old for this library; no device). */
    enum trkx_status (*count_devices)(int *count, trkx_error *error);
    /* Errors: ARGUMENT (no device of that number), DEVICE. */
    enum trkx_status (*describe)(int device, trkx_cuda_device *description, trkx_error *error);

    /* budget: bytes that the pool takes at most; 0: nine tenths of what is free now, so that the networks'
     * runtime has none left: give it a number. Errors: ARGUMENT, MEMORY, DEVICE. */
    enum trkx_status (*open)(int device, size_t budget, trkx_cuda_context **context, trkx_error *error);
    /* Waits for the stream, and gives back everything, also what was not released. NULL: nothing. */
    void (*close)(trkx_cuda_context *context);
    /* The cudaStream_t of the context, for the networks; NULL in the host build. */
    void *(*stream)(const trkx_cuda_context *context);
    /* Waits until all that was queued is done; the failure of a kernel shows here at the latest. */
    enum trkx_status (*synchronise)(trkx_cuda_context *context, trkx_error *error);

    /* ---- memory ---- */

    /* `what` names the purpose in the message of a refusal. bytes 0: a block that may be released. */
    enum trkx_status (*allocate)(trkx_cuda_context *context, size_t bytes, const char *what, void **block,
                                 trkx_error *error);
    void (*release)(trkx_cuda_context *context, void *block); /* NULL: nothing */
    void (*usage)(const trkx_cuda_context *context, trkx_cuda_usage *usage);
    void (*restart_peak)(trkx_cuda_context *context); /* at what is held now */
    /* Gives what is kept for later back to the device: before a network that needs much memory. */
    void (*trim)(trkx_cuda_context *context);
    enum trkx_status (*upload)(trkx_cuda_context *context, void *to /* device */, const void *from,
                               size_t bytes, trkx_error *error);
    enum trkx_status (*download)(trkx_cuda_context *context, void *to, const void *from /* device */,
                                 size_t bytes, trkx_error *error);

    /* ---- features ---- */

    /* True where `features` computes it: what follows from the position of a hit. */
    bool (*computes)(enum trkx_feature feature);
    /* The columns of device features [n,specs_count] that follow from device xyz [n,3] mm, as trkx_features:
     * in double, divided by the scale, rounded once. The other columns are left as they are: upload those of
     * the host first, the whole array. phi, theta and eta come from the device's own functions: their double
     * has an error of an ulp or two, so a rounded value may differ from the host's in the last bit, in about
     * one of 10^8. Errors: ARGUMENT (a scale that is 0 or not finite, a position that is not finite). */
    enum trkx_status (*features)(trkx_cuda_context *context, const float *xyz, size_t n,
                                 const trkx_feature_spec *specs, size_t specs_count, float *features,
                                 trkx_error *error);
    /* device columns [n,F] of raw values: each is divided by its column's scale [F] (host) in double, rounded
     * once. In place. Errors: ARGUMENT, as above. */
    enum trkx_status (*scale)(trkx_cuda_context *context, float *columns, size_t n, size_t count,
                              const double *scales, trkx_error *error);

    /* ---- edges ---- */

    /* As trkx_radius_graph of device points [n,dim], byte by byte; `ks` of the options is the host's,
     * `threads` is not looked at.
     * Where device xyz [n,3] is not NULL, the edges run outwards as trkx_edges_orient turns them; else from
     * the lower index. *edges is overwritten. Errors: ARGUMENT (options, dim, n >= 2^31, a NaN or infinity),
     * MEMORY, DEVICE. */
    enum trkx_status (*radius_graph)(trkx_cuda_context *context, const float *points, size_t n, size_t dim,
                                     const float *xyz, const trkx_edges_options *options,
                                     trkx_cuda_edges *edges, trkx_error *error);
    /* From index [2,m] of the host, in any order, which is kept: for functions that do not ask for sorted
     * edges. scores [m] of the host, or NULL. Errors: ARGUMENT (a negative end, or one >= 2^31). */
    enum trkx_status (*edges_upload)(trkx_cuda_context *context, const int64_t *index, const float *scores,
                                     size_t m, trkx_cuda_edges *edges, trkx_error *error);
    /* To index [2,m] of the host, and scores [m] where both sides have them. */
    enum trkx_status (*edges_download)(trkx_cuda_context *context, const trkx_cuda_edges *edges,
                                       int64_t *index, float *scores, trkx_error *error);
    void (*edges_release)(trkx_cuda_context *context, trkx_cuda_edges *edges); /* leaves it empty */
    /* As trkx_edges_orient, with device xyz [n,3]; not for edges with scores. Errors: ARGUMENT (an end >= n).
     */
    enum trkx_status (*orient)(trkx_cuda_context *context, const float *xyz, size_t n, trkx_cuda_edges *edges,
                               trkx_error *error);

    /* The edges first..first + count as the networks take them, device to [2,count]: int64, or int32. */
    enum trkx_status (*index64)(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                                size_t count, int64_t *to, trkx_error *error);
    enum trkx_status (*index32)(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                                size_t count, int32_t *to, trkx_error *error);
    /* For networks that look at pairs of rows: device rows [count,2F], the features (device [n,F]) of the
     * source, then of the target. */
    enum trkx_status (*rows)(trkx_cuda_context *context, const trkx_cuda_edges *edges, size_t first,
                             size_t count, const float *features, size_t width, float *to, trkx_error *error);

    /* Memory for edges->scores [m], uninitialised; nothing where there is. */
    enum trkx_status (*scores_allocate)(trkx_cuda_context *context, trkx_cuda_edges *edges,
                                        trkx_error *error);
    /* device scores [m] become 1 / (1 + exp(-score)). exp is the device's own: up to 2 ulp from the host's.
     */
    enum trkx_status (*sigmoid)(trkx_cuda_context *context, float *scores, size_t m, trkx_error *error);
    /* Keeps the edges with score > cut, in order, and their scores; NaN is not. Memory: the edges that stay,
     * and those that were there until it returns. */
    enum trkx_status (*cut)(trkx_cuda_context *context, trkx_cuda_edges *edges, float cut, trkx_error *error);
    /* The same as a copy, without scores: *over, overwritten. */
    enum trkx_status (*over)(trkx_cuda_context *context, const trkx_cuda_edges *edges, float cut,
                             trkx_cuda_edges *over, trkx_error *error);

    /* ---- tracks ---- */

    /* device labels [n]: the lowest hit index of each hit's weakly connected component, over the edges with
     * score > cut (edges->scores NULL: over all). Errors: ARGUMENT (an end >= n), MEMORY, DEVICE. */
    enum trkx_status (*components)(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges,
                                   float cut, uint32_t *labels, trkx_error *error);
    /* As trkx_components: device labels [n], 0 for no track, else 1, 2, ... in the order of the tracks' first
     * hits. options NULL: the defaults. Errors: as components; ARGUMENT (options). */
    enum trkx_status (*tracks)(trkx_cuda_context *context, size_t n, const trkx_cuda_edges *edges,
                               const trkx_labelling_options *options, int32_t *labels, size_t *count,
                               trkx_error *error);

    /* ---- tests ---- */

    /* The host build only, else NULL: the next `after` calls that a GPU could fail succeed, and every later
     * one fails; negative: none fails. Returns how many were made since the last call. */
    long (*fail_after)(long after);
    /* The host build only, else NULL: what is allocated and not freed: blocks of memory, streams and
     * contexts. */
    long (*alive)(void);
} trkx_cuda_table;

/* The table for programs built with this version of the header; NULL where the library has another. */
typedef const trkx_cuda_table *trkx_cuda_interface_fn(unsigned version);
TRKX_API trkx_cuda_interface_fn trkx_cuda_interface;

#ifdef __cplusplus
}
#endif
#endif
