/* The state of a run between its steps, on its back end. */
#ifndef TRKX_PIPELINE_RUN_H
#define TRKX_PIPELINE_RUN_H

#include "features/features.h"
#include "pipeline/detector.h"
#include "pipeline/workplace.h"
#include "tracks/complete.h"

/* Numbers of tracks and of hits on them. */
struct trkx_labelling {
    size_t method_tracks, method_hits; /* by the method, before completion */
    size_t first_tracks, first_hits;   /* after completion, if any */
    size_t tracks, hits;               /* after the second pass, if any */
};

struct trkx_run {
    const trkx_pipeline *pipeline;
    const struct trkx_pass *pass;
    struct trkx_workplace place;
    struct trkx_memory *memory; /* of the host; NULL: from the system, not counted */
    trkx_step_hook hook;        /* NULL: cannot be cancelled */
    void *user;
    trkx_error *error;
    const trkx_hits *hits;            /* NULL: not needed by a single step */
    size_t n;                         /* how many */
    size_t nodes;                     /* of them in the graph: n, or in the second pass the free ones, */
    uint32_t *rows;                   /* [nodes] ascending; NULL: all */
    bool lent;                        /* a single step: if memory is shared, its arrays are the caller's */
    struct trkx_located_hits located; /* from the step features on, with modules [n] of the hits */
    struct trkx_estimates estimates;  /* of the event, for the features of all networks */
    int32_t *labels;                  /* [n] the result's, on the host */
    struct trkx_run *first; /* of a second pass: the run of the first, which outlives it; the same hits */

    /* blocks of the place */
    float *xyz;                         /* [n,3] mm */
    float *features[TRKX_ALL_NETWORKS]; /* [n,F] of each network; shared if the lists are the same */
    float *embedding;                   /* [nodes,D] */
    trkx_backend_edges edges;      /* [m] with scores [m] from the filter on; ends are rows of all hits */
    trkx_backend_edges candidates; /* for the completion of tracks: more than pass the filter */

    struct trkx_completion *completion; /* from the step tracks on, for a second pass; NULL: there is none */
    struct trkx_labelling labelling;
};

/* Gets a place; the rest of *run is zero-initialised. Host memory comes from `memory`. */
void trkx_run_begin(struct trkx_run *run, const trkx_pipeline *pipeline, struct trkx_memory *memory, size_t n,
                    trkx_error *error);
/* The same on the CPU, whatever the pipeline's place. */
void trkx_run_begin_on_host(struct trkx_run *run, const trkx_pipeline *pipeline, struct trkx_memory *memory,
                            size_t n, trkx_error *error);
/* A second pass over the hits of `first`, on the CPU; fills all of *run. */
void trkx_run_begin_second(struct trkx_run *run, struct trkx_run *first);
/* Releases the run's memory and its place. */
void trkx_run_end(struct trkx_run *run);

/* Finds the modules of the hits; run->hits then has their ids. `needs`, errors: as for trkx_pipeline_locate.
 */
enum trkx_status trkx_run_locate(struct trkx_run *run, unsigned needs);

/* Calls the hook between batches. Errors: CANCELLED. */
enum trkx_status trkx_run_check(const struct trkx_run *run, const char *step);

/* ---- blocks ---- */

/* A block of floats; `what` is the purpose. Errors: MEMORY. */
enum trkx_status trkx_run_allocate(const struct trkx_run *run, size_t count, const char *what, float **block);
void trkx_run_release(const struct trkx_run *run, void *block);

/* An array [count] of the host as a block: itself if memory is shared, otherwise a copy or, for stand_in,
 * room for results. Errors: MEMORY, DEVICE. */
enum trkx_status trkx_run_lend(const struct trkx_run *run, const float *array, size_t count, const char *what,
                               float **block);
enum trkx_status trkx_run_stand_in(const struct trkx_run *run, void *array, size_t bytes, const char *what,
                                   void **block);
/* Fills an array of the host from a block, unless it is the block. Errors: DEVICE. */
enum trkx_status trkx_run_fetch(const struct trkx_run *run, void *array, const void *block, size_t bytes);

/* ---- reading on the host ---- */

/* A block [count] readable by the host: itself, or a copy in the run's memory. Errors: MEMORY, DEVICE. */
enum trkx_status trkx_run_read(const struct trkx_run *run, float *block, size_t count, float **read);
void trkx_run_read_end(const struct trkx_run *run, float *read);

/* The same for edges. */
struct trkx_edges_read {
    trkx_edges edges;
    float *scores; /* NULL: not requested */
};
enum trkx_status trkx_run_read_edges(const struct trkx_run *run, const trkx_backend_edges *from, bool scored,
                                     struct trkx_edges_read *read);
void trkx_run_read_edges_end(const struct trkx_run *run, struct trkx_edges_read *read);

#endif
