/*
 * trkx: charged-particle track finding with graph neural networks.
 *
 * The pipeline of "Accelerating the Inference of the Exa.TrkX Pipeline" (arXiv:2202.06929) with a C
 * interface. This header is the manual, in the order of the data flow:
 *
 *   hits -> features -> embed -> edges -> filter -> gnn -> tracks -> metrics
 *
 * and, if the bundle has a second pass, features to tracks once more (without gnn) for the hits that are on
 * no track.
 *
 * Rules for every function:
 *  - Errors. A function that can fail returns enum trkx_status and, if `error` is not NULL, stores a message
 *    there that names file, line, stage and cause. On success `error` is unchanged. Nothing is printed,
 *    nothing exits, and on failure every output is as if the call had not been made (outputs that are
 *    objects are NULL or empty).
 *  - Ownership. Objects from *_create, *_read and *_simulate belong to the caller, who passes them to the
 *    matching *_destroy; *_destroy(NULL) does nothing. A `_view` or a pointer inside a struct filled by the
 *    library belongs to that object and lives as long as it does.
 *  - Threads. Any number of threads may read an object at once; in particular one pipeline runs any number
 *    of events concurrently. Functions that fill or destroy an object need exclusive access. There is no
 *    global state to initialise.
 *    `threads`, of a function or of options, is the number of threads to use: 0 means all processors
 *    available to the process, and no more than these (or than 8, if they are fewer) are started.
 *    OMP_NUM_THREADS has no effect.
 *  - Determinism. The same input, bundle and options give the same bytes, for any number of threads.
 *  - Written files appear whole or not at all, once they are on disk. A replaced file keeps its mode and, if
 *    permitted, its owner; symbolic links are followed. Devices, FIFOs and the process's own descriptors
 *    (/dev/stdout) are written to directly.
 *  - Options. A struct of options starts with its own size and is filled by its init function, which also
 *    documents the defaults; set members afterwards. NULL means the defaults. New members are only added at
 *    the end, and a smaller size is accepted: that of a program built with an earlier header, whose missing
 *    members have their defaults. Any other size is an ARGUMENT error.
 *  - Indices of hits in arrays count from 0 and are not hit ids.
 */
#ifndef TRKX_H
#define TRKX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRKX_VERSION_MAJOR 0
#define TRKX_VERSION_MINOR 1
#define TRKX_VERSION_PATCH 0

#if defined(_WIN32)
#define TRKX_API
#else
#define TRKX_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0": the version of the loaded library, not of the header. */
TRKX_API const char *trkx_version(void);
/* "1.32.0": the version of the loaded ONNX Runtime. */
TRKX_API const char *trkx_runtime_version(void);

/* ---- errors ----------------------------------------------------------------------------------------- */

enum trkx_status {
    TRKX_OK = 0,
    TRKX_ERROR_ARGUMENT, /* a value passed by the caller is outside its documented range */
    TRKX_ERROR_MEMORY,   /* an allocation failed, or the memory limit is too small */
    TRKX_ERROR_IO,       /* a file cannot be opened, read, written or renamed */
    TRKX_ERROR_FORMAT,   /* a file's content is invalid; the message has file and line */
    TRKX_ERROR_BUNDLE,  /* bundle.json or detector.json lacks a field, or a field has a wrong type or value */
    TRKX_ERROR_MODEL,   /* a network does not fit its bundle: checksum, tensor name, rank, type, width; or an
                         * edge's score is NaN (noticed on the CPU) */
    TRKX_ERROR_RUNTIME, /* ONNX Runtime failed; the message is its */
    TRKX_ERROR_CANCELLED, /* the step hook stopped the run */
    TRKX_ERROR_DEVICE,    /* no GPU of that number, no driver, or a failure of the GPU */
};

#define TRKX_ERROR_MESSAGE_SIZE 1024

/* Filled by the first failure of a call; the message is one line and always terminated. */
typedef struct trkx_error {
    enum trkx_status status;
    char message[TRKX_ERROR_MESSAGE_SIZE];
} trkx_error;

/* "out of memory", "bad format", ...: a name for a status, never NULL, static storage. */
TRKX_API const char *trkx_status_name(enum trkx_status status);

/* ---- hits ------------------------------------------------------------------------------------------- */

/* A further number per hit, for networks that use it: a time, a charge, a width. */
typedef struct trkx_hits_column {
    const char *name;    /* as in the bundle, or in the spec of a feature; no two of the hits have the same */
    const float *values; /* [n] finite */
} trkx_hits_column;

/* The measured hits of one event, in any order. Cells are optional: cell_begin is NULL if there are
 * none. Coordinates are finite. Not changed by the library; the caller keeps ownership. */
typedef struct trkx_hits {
    size_t count;                    /* n, at most 2^31 - 1 */
    const int64_t *hit_id;           /* [n] unique, not necessarily sorted or contiguous; may be NULL: 1..n */
    const float *xyz;                /* [n,3] mm, global frame, origin at the nominal interaction point */
    const int32_t *volume_id;        /* [n] with the next two the hit's module; NULL: unknown (a pipeline
                                      * then finds the modules from xyz if it needs them) */
    const int32_t *layer_id;         /* [n] the same */
    const int32_t *module_id;        /* [n] the same */
    const size_t *cell_begin;        /* [n+1] cells of hit i: cell_begin[i] <= c < cell_begin[i+1]; or NULL */
    const int32_t *cell_ch0;         /* [cells] channel along u */
    const int32_t *cell_ch1;         /* [cells] channel along v */
    const float *cell_value;         /* [cells] charge */
    size_t columns_count;            /* number of further columns */
    const trkx_hits_column *columns; /* [columns_count] may be NULL if that is 0 */
} trkx_hits;

/* Why valid coordinates are unlikely to be millimetres around the beam: no hit beyond 12 in r (metres), all
 * within 120 and some within 12 (centimetres), none below 100 (micrometres, or no inner detector). One line,
 * static; NULL: they look right. No other function checks this; the caller may print a warning, as the
 * program does. */
TRKX_API const char *trkx_hits_warning(const trkx_hits *hits);

/* The particle of each hit, row for row with trkx_hits. All numbers are finite. */
typedef struct trkx_truth {
    size_t count;               /* n, as in the hits */
    const int64_t *particle_id; /* [n] 0: noise */
    const float *xyz;           /* [n,3] mm, true crossing point; may be NULL if no function needs it */
    const float *pxyz;          /* [n,3] GeV, true momentum there; NULL: unknown */
    const double *weight;       /* [n] of the TrackML score; sums to 1 over the event */
} trkx_truth;

/* The generated particles of the event, in the order of the file. */
typedef struct trkx_particles {
    size_t count;                 /* p */
    const int64_t *particle_id;   /* [p] unique. The id 0 (ACTS' first) cannot be distinguished from noise */
    const int32_t *particle_type; /* [p] PDG code; 0 if the file has no such column */
    const float *vxyz;            /* [p,3] mm, production vertex */
    const float *pxyz;            /* [p,3] GeV, momentum there */
    const int32_t *charge;        /* [p] in units of e */
    const int32_t *nhits;         /* [p] -1: unknown, if the file has no such column */
} trkx_particles;

/* One event in the TrackML format, owned by the library. */
typedef struct trkx_event trkx_event;

enum trkx_event_parts {
    TRKX_EVENT_CELLS = 1,     /* read <prefix>-cells.csv[.gz] */
    TRKX_EVENT_TRUTH = 2,     /* read <prefix>-truth.csv[.gz] */
    TRKX_EVENT_PARTICLES = 4, /* read <prefix>-particles.csv[.gz] */
    TRKX_EVENT_OPTIONAL = 8,  /* requested parts may be missing; without this flag that is an error */
};

/* Reads an event. `prefix` is the path up to "-hits.csv" ("dir/event000001000"), or the path of any of the
 * event's files. <prefix>-hits.csv[.gz] is always read, or if missing <prefix>-hits.npy, a structured array
 * whose fields are the columns; the same for the other files. If the path names a file, its format is tried
 * first. `parts` is a combination of trkx_event_parts. Columns are found by name, unknown ones are ignored;
 * the rows of cells and truth are matched by hit_id. Hits may lack volume_id, layer_id and module_id, all
 * three; truth may lack tpx, tpy and tpz, particles particle_type and nhits. A header without rows is a valid
 * event without hits. `threads` >= 1, or 0: all cores; the event, or the error, is the same for any number.
 * With more than one, the texts of all files are in memory at once.
 * Errors: ARGUMENT, MEMORY, IO (missing, unreadable or not a regular file), FORMAT (not CSV, missing
 * column, bad number, NaN or infinity, duplicate hit_id, truth or cells of unknown hits, truncated gzip). */
TRKX_API enum trkx_status trkx_event_read(const char *prefix, unsigned parts, int threads, trkx_event **event,
                                          trkx_error *error);

/* The same, with further columns of the file of hits (names [count], each once, other than those of
 * trkx_hits), which become trkx_hits.columns in this order. Errors: also ARGUMENT (a name is NULL or
 * requested twice), FORMAT (no such column, a value is not a finite number). */
TRKX_API enum trkx_status trkx_event_read_columns(const char *prefix, unsigned parts, int threads,
                                                  const char *const *names, size_t count, trkx_event **event,
                                                  trkx_error *error);

/* Writes those of <directory>/<name>-hits.csv, -cells.csv, -truth.csv and -particles.csv that the event
 * has, gzipped (".gz") if `gzip`. Every file appears whole or not at all. Errors: ARGUMENT (the
 * directory's path is empty), MEMORY, IO. */
TRKX_API enum trkx_status trkx_event_write(const trkx_event *event, const char *directory, bool gzip,
                                           trkx_error *error);

TRKX_API void trkx_event_destroy(trkx_event *event);

/* The event's name, "event000001000": its file prefix without directory. Never NULL. */
TRKX_API const char *trkx_event_name(const trkx_event *event);
TRKX_API const trkx_hits *trkx_event_hits(const trkx_event *event);
TRKX_API const trkx_truth *trkx_event_truth(const trkx_event *event);         /* NULL if not read */
TRKX_API const trkx_particles *trkx_event_particles(const trkx_event *event); /* NULL if not read */

/* ---- detector --------------------------------------------------------------------------------------- */

/* A detector: its modules and a description of the field, the layers and the limits of tracks
 * (docs/bundle.md). Some features need the modules (see below), completion needs both. */
typedef struct trkx_detector trkx_detector;

/* Reads a detector.json (a path that ends in .json) with the file of modules that it names, beside it; or
 * only the modules, from a TrackML detectors.csv[.gz]. Errors: MEMORY, IO, FORMAT (as for events; a module
 * listed twice; not JSON), BUNDLE (a field of detector.json is missing or wrong). */
TRKX_API enum trkx_status trkx_detector_read(const char *path, trkx_detector **detector, trkx_error *error);
/* Writes <directory>/detector.json and, beside it, detectors.csv.gz, which give the same detector again, bit
 * for bit. Errors: ARGUMENT (it has modules only, or the directory's path is empty), MEMORY, IO. */
TRKX_API enum trkx_status trkx_detector_write(const trkx_detector *detector, const char *directory,
                                              trkx_error *error);
TRKX_API void trkx_detector_destroy(trkx_detector *detector);

/* ---- features --------------------------------------------------------------------------------------- */

/* The features of a hit. x y z r in mm, angles in rad.
 * theta: polar angle; eta: pseudorapidity; dir_*: position divided by its distance from the origin.
 * Cell features (exatrkx-service, "cell features" of the TrackML training):
 * cell_count, cell_val: number of cells and sum of their values; lx, ly, lz: extent of the cluster in u, v
 * and through the sensor (mm); leta, lphi: pseudorapidity and azimuth of the direction (lx, ly, lz) in the
 * module's frame; geta, gphi: the same direction rotated into the global frame.
 * Features of the hit's module (trkx): tilt: sine of the angle between its u axis (turned so that it points
 * along increasing phi) and the azimuthal direction at the hit, in the transverse plane; normal_z: |z| of its
 * normal, 0 in a barrel, 1 on a disk.
 * Of the event (trkx), the same for all of its hits: beam_sigma_z: the width of the luminous region along the
 * beam (mm, 1 to 200), half the range about z = 0 that holds 68.3 % of the vertices, estimated from triplets
 * of hits on the three innermost layers of the detector's barrel; 50 if there are too few triplets or
 * layers. It uses the positions of the hits only, not their ids.
 * Of the cluster beside the others of the event (trkx): slope_u, slope_v: slope |du/dw|, |dv/dw| of the
 * particle against the module's normal (0 to 20), the same however long the clusters of a data set are:
 * (lx - pitch_u) / (lz * depth), (ly - pitch_v) / (lz * depth). The depth, the part of the sensor whose path
 * makes the cluster, is estimated for each volume (0.1 to 10) from the hits where a particle from the origin
 * makes a long cluster; where there are few (strips, disks, a few particles) it is close to 1/2 on modules
 * whose normal is perpendicular to the beam, and to 1 on others. */
/* clang-format off */
enum trkx_feature {
    TRKX_FEATURE_R, TRKX_FEATURE_PHI, TRKX_FEATURE_Z, TRKX_FEATURE_X, TRKX_FEATURE_Y,
    TRKX_FEATURE_COS_PHI, TRKX_FEATURE_SIN_PHI, TRKX_FEATURE_ETA, TRKX_FEATURE_THETA,
    TRKX_FEATURE_DIR_X, TRKX_FEATURE_DIR_Y, TRKX_FEATURE_DIR_Z,
    TRKX_FEATURE_VOLUME, TRKX_FEATURE_LAYER,
    TRKX_FEATURE_CELL_COUNT, TRKX_FEATURE_CELL_VAL,
    TRKX_FEATURE_LETA, TRKX_FEATURE_LPHI, TRKX_FEATURE_LX, TRKX_FEATURE_LY, TRKX_FEATURE_LZ,
    TRKX_FEATURE_GETA, TRKX_FEATURE_GPHI,
    TRKX_FEATURE_TILT, TRKX_FEATURE_NORMAL_Z,
    TRKX_FEATURE_BEAM_SIGMA_Z,
    TRKX_FEATURE_SLOPE_U, TRKX_FEATURE_SLOPE_V,
    TRKX_FEATURE_KINDS,
    TRKX_FEATURE_COLUMN = -1 /* none of these: a column of the hits, by its name */
};
/* clang-format on */

typedef struct trkx_feature_spec {
    enum trkx_feature feature;
    double scale;       /* finite, not 0: the feature is divided by it */
    const char *column; /* name of the column for TRKX_FEATURE_COLUMN; otherwise NULL */
} trkx_feature_spec;

/* The name used in bundles ("cos_phi"), static; NULL for a value out of range. */
TRKX_API const char *trkx_feature_name(enum trkx_feature feature);
/* The same for a spec: for a column its name. */
TRKX_API const char *trkx_feature_spec_name(const trkx_feature_spec *spec);
/* True if `name` is known; *feature is then set. */
TRKX_API bool trkx_feature_find(const char *name, enum trkx_feature *feature);

/* Fills features [n,specs_count], row by row. `detector` may be NULL if no spec needs it: the extent and
 * direction of a cluster, the slopes, the features of a hit's module and beam_sigma_z do. A hit without cells
 * gets 0 for all cell features and slopes. slope_* and beam_sigma_z depend on all hits given, the others on
 * each hit alone. Errors: ARGUMENT (columns of hits missing for a spec, not finite, or two of one name; a
 * feature divided by its scale exceeds a float32; cell_begin decreases; module not in the detector), MEMORY.
 * Complexity O(n F). */
TRKX_API enum trkx_status trkx_features(const trkx_hits *hits, const trkx_detector *detector,
                                        const trkx_feature_spec *specs, size_t specs_count, int threads,
                                        float *features, trkx_error *error);

/* ---- edges ------------------------------------------------------------------------------------------ */

/* A graph's edges, owned by the library: index is [2,count], all sources first, then all targets. */
typedef struct trkx_edges {
    size_t count;     /* m */
    int64_t *index;   /* [2,m]: edge e runs from index[e] to index[m + e]; may be NULL if m is 0 */
    size_t saturated; /* nodes that had more than k neighbours within the radius */
} trkx_edges;

TRKX_API void trkx_edges_destroy(trkx_edges *edges); /* frees the content, not the struct; leaves it empty */

/* Radii whose square is a normal float32. */
#define TRKX_RADIUS_MIN 1.1e-19
#define TRKX_RADIUS_MAX 1.8e19

typedef struct trkx_edges_options {
    size_t size;        /* sizeof(trkx_edges_options) */
    double radius;      /* TRKX_RADIUS_MIN to TRKX_RADIUS_MAX; neighbours are at d^2 <= radius^2, compared in
                         * float32. Default 1 */
    size_t k;           /* >= 1: each node keeps at most its k nearest, ties by lower index. Default 500 */
    int threads;        /* >= 1; 0: all cores. Default 0 */
    const uint32_t *ks; /* [n] a k for each node, >= 1, instead of k; not owned. Default NULL: k for all */
} trkx_edges_options;
TRKX_API void trkx_edges_options_init(trkx_edges_options *options);

/* Exact fixed-radius nearest neighbours of points [n,dim], 1 <= dim <= 32, finite. Each pair once, as
 * (lower index, higher index), sorted by (source, target). A pair is kept if it is among the k nearest of
 * either end. d^2 is the float32 sum of squared float32 differences in the order of the dimensions, on every
 * processor; if it overflows, it is beyond every radius. Memory: the result, 16 bytes per edge, plus
 * O(n dim + threads). The result has at most n k edges, and at most n^2 / 2;
 * if it exceeds the machine's memory, that is an error before it is full. Errors: ARGUMENT, MEMORY. */
TRKX_API enum trkx_status trkx_radius_graph(const float *points, size_t n, size_t dim,
                                            const trkx_edges_options *options, trkx_edges *edges,
                                            trkx_error *error);

/* Directs each edge outwards: from the hit with the smaller x^2+y^2+z^2 (ties: the lower index) to the other,
 * and sorts by (source, target) again. In place: the edges have to come from the library. Errors: ARGUMENT
 * (an edge's end is out of range), MEMORY. */
TRKX_API enum trkx_status trkx_edges_orient(const float *xyz, size_t n, trkx_edges *edges, trkx_error *error);

/* ---- tracks ----------------------------------------------------------------------------------------- */

/* Options of trkx_components and trkx_join. */
typedef struct trkx_labelling_options {
    size_t size;     /* sizeof(trkx_labelling_options) */
    float cut;       /* an edge connects if its score > cut. Default 0.5 */
    size_t min_hits; /* tracks with fewer hits are dropped. Default 3 */
    int threads;     /* >= 1; 0: all cores. trkx_join uses one. Default 0 */
} trkx_labelling_options;
TRKX_API void trkx_labelling_options_init(trkx_labelling_options *options);

/* Weakly connected components of n nodes over the edges with score > cut (scores NULL: over all edges).
 * labels [n]: 0 for no track, otherwise 1, 2, ... in the order of the tracks' first hits. *count: number of
 * tracks. Errors: ARGUMENT (an edge's end is out of range), MEMORY. */
TRKX_API enum trkx_status trkx_components(size_t n, const trkx_edges *edges, const float *scores,
                                          const trkx_labelling_options *options, int32_t *labels,
                                          size_t *count, trkx_error *error);

/* Tracks by joining hits along the edges with score > cut in decreasing order of score (ties: lower number
 * first), unless two hits of the joined track would be on the same module: a particle crosses a module once.
 * hits need volume, layer and module ids, the first two from 0 to 65535. labels [n], *count: as for
 * trkx_components. One thread. Errors: ARGUMENT, MEMORY. */
TRKX_API enum trkx_status trkx_join(const trkx_hits *hits, const trkx_edges *edges, const float *scores,
                                    const trkx_labelling_options *options, int32_t *labels, size_t *count,
                                    trkx_error *error);

typedef struct trkx_walkthrough_options {
    size_t size;      /* sizeof(trkx_walkthrough_options) */
    float cut;        /* edges with score > cut are in the graph. Default 0.01 */
    float min_score;  /* the best edge out of a hit is followed if its score > this. Default 0.1 */
    float add_score;  /* and so are all with score > this. Default 0.6 */
    size_t min_hits;  /* paths with fewer hits are not tracks. Default 3 */
    const float *xyz; /* [n,3] mm: the hits' positions, which resolve ties independently of the hits' order;
                       * NULL: the lower index comes first. Not owned. Default NULL */
} trkx_walkthrough_options;
TRKX_API void trkx_walkthrough_options_init(trkx_walkthrough_options *options);

/* Tracks by walking along outward edges (trkx_edges_orient). A component in which no hit has more than one
 * edge in or out is a track. In the other components each free hit, in the order of the number of edges on
 * the longest path to it, starts a track: the longest path over followed edges and free hits (ties: the
 * higher score where two paths part). Remaining ties are resolved by the hits' positions: the one nearer to
 * the origin comes first, then the one with the smaller x, y, z, and at the same place the one with the lower
 * index. So the tracks do not depend on the order of hits and edges. labels [n], *count: as for
 * trkx_components. One thread; O(n log n + m + hits reached from each start). Errors: ARGUMENT (an edge's end
 * is out of range, the edges contain a cycle), MEMORY. */
TRKX_API enum trkx_status trkx_walkthrough(size_t n, const trkx_edges *edges, const float *scores,
                                           const trkx_walkthrough_options *options, int32_t *labels,
                                           size_t *count, trkx_error *error);

/* The name of a method of track labelling, as in bundles and trkx_pipeline_options ("components"): those of
 * all methods from 0 on, the default of bundles first; static; NULL for a number beyond the last. */
TRKX_API const char *trkx_method_name(size_t method);

typedef struct trkx_complete_options {
    size_t size;        /* sizeof(trkx_complete_options) */
    double match;       /* a hit on a candidate edge joins a track if the logarithm of the likelihood ratio is
                         * at least this. Default -3: nearly all that fit */
    double search;      /* the same for a hit found where the track is expected. Default 0.5 */
    double exchange;    /* the same for a hit of another track: it changes tracks if this is exceeded, also by
                         * the    hit's value in its own track. Infinity: never. Default infinity */
    size_t rounds;      /* rounds of completion, before and after the search for chains. Default 2 */
    size_t chain_hits;  /* >= 4: a chain needs at least this many hits ... Default 4 */
    double chain_score; /* ... and this score. Infinity: no search for chains. Default 6 */
    size_t min_hits;    /* tracks with fewer hits are dropped at the end. Default 3 */
    int threads;        /* >= 1; 0: all cores. Default 0 */
} trkx_complete_options;
TRKX_API void trkx_complete_options_init(trkx_complete_options *options);

/* Completes tracks made with a high cut, which are pure but incomplete. In each round, a track takes hits,
 * free or from smaller tracks, that are connected to one of its hits by a candidate edge or are on one of the
 * next three layers it crosses, lie on a helix through its neighbouring hits, and fit no other track better;
 * at most one hit per module. A hit that fits its own track badly may move to any track that it fits better
 * (exchange). Then chains of candidate edges with consistent curvature and slope become tracks of free hits,
 * and the rounds are repeated. candidates: outwards (trkx_edges_orient). labels [n]: as from trkx_components,
 * changed in place; *count: number of tracks. hits need volume, layer and module ids that are in the
 * detector, which needs a description (detector.json). The result is the same for any number of threads.
 * Errors: ARGUMENT, MEMORY. */
TRKX_API enum trkx_status trkx_complete(const trkx_hits *hits, const trkx_detector *detector,
                                        const trkx_edges *candidates, const trkx_complete_options *options,
                                        int32_t *labels, size_t *count, trkx_error *error);

/* ---- metrics ---------------------------------------------------------------------------------------- */

typedef struct trkx_metrics_options {
    size_t size;           /* sizeof(trkx_metrics_options) */
    size_t min_hits;       /* only tracks and particles with at least this many hits count. Default 3 */
    double match_fraction; /* double majority: more than this share of both. 0.5 <= f < 1. Default 0.5 */
} trkx_metrics_options;
TRKX_API void trkx_metrics_options_init(trkx_metrics_options *options);

/* Efficiency of particles with at least min_hits hits and pT above a bound. */
typedef struct trkx_efficiency {
    double min_pt;     /* GeV */
    size_t particles;  /* of interest */
    size_t matched;    /* of them, found by double majority */
    double efficiency; /* matched / particles, 0 if there are none */
    double error;      /* binomial standard error */
} trkx_efficiency;

/* Whose weights: TrackML's challenge gave a weight to the hits of every particle with at least 4 hits in its
 * first, accuracy phase; in its second, throughput phase the particles from interactions with material had
 * none. */
enum trkx_weights { TRKX_WEIGHTS_UNKNOWN, TRKX_WEIGHTS_PHASE1, TRKX_WEIGHTS_PHASE2 };

typedef struct trkx_metrics {
    double trackml_score;  /* as trackml-library's score_event, with the weights of truth */
    size_t hits;           /* n */
    size_t noise_hits;     /* with particle_id 0 */
    size_t hits_on_tracks; /* with a label > 0 on a track of at least min_hits hits */
    size_t tracks;         /* of at least min_hits hits */
    size_t matched;        /* tracks matched by double majority, duplicates included */
    size_t fragments;      /* tracks with a majority particle, but without the majority of its hits */
    size_t fakes;          /* tracks without a majority particle */
    size_t duplicates;     /* further tracks with the same majority particle */
    double fragment_rate, fake_rate, duplicate_rate; /* over tracks */
    double hit_purity; /* mean share of the majority particle's hits, over tracks */
    trkx_efficiency all, above_500_mev, above_1_gev; /* pT > 0, 0.5, 1 GeV */
    bool has_pt;    /* pT is known; otherwise `all` is for all particles, the other two are NaN */
    bool has_kinds; /* `from_*` are known; otherwise they are NaN */
    enum trkx_weights given_weights; /* those of truth; unknown where the event cannot tell */
    double trackml_score_phase1; /* with the weights of either phase, made from the particles; NaN: unknown */
    double trackml_score_phase2;
    trkx_efficiency from_beam, from_decays, from_material; /* as `all`, by kind of particle */
    double beam_weight; /* share of the weight in phase 1 that these particles hold; NaN: unknown */
    double decays_weight;
    double material_weight;
} trkx_metrics;

/* Compares labels [n] (0: no track; any positive numbers, in any order) with the truth. `particles` may be
 * NULL: then a particle's pT is that of its true hit nearest to the origin, if the truth has momenta. Like
 * score_event, the TrackML score treats the hits with label 0 as one more track, which matters only in events
 * with one or two particles.
 *
 * The weights of both phases are those of trackml-library's weight_hits, which needs `particles` and true
 * positions: by the particle's pT (0.2 up to 0.5 GeV, 1 from 3 GeV), its number of hits (`nhits`, or those in
 * truth if these are more) and the order of its hits in |z - vz|. They are the published ones to the digits
 * of the files. Material is told by the particle_id, so phase 2 and the kinds need ids in TrackML's
 * numbering, with the collision, from 1, in the highest 12 bits. From material is a particle whose lowest 12
 * bits (the process) are not 0; of the others those made more than 1 mm from the z axis are from decays, the
 * rest from the beam. Scores are 0 where no hit has weight. Errors: ARGUMENT (a negative label, a particle of
 * truth that `particles` does not list, one that it lists twice, a number that is not finite, a negative
 * weight, momenta without positions), MEMORY. */
TRKX_API enum trkx_status trkx_evaluate(const int32_t *labels, const trkx_hits *hits, const trkx_truth *truth,
                                        const trkx_particles *particles, const trkx_metrics_options *options,
                                        trkx_metrics *metrics, trkx_error *error);

/* The true edges of an event: consecutive hits of each particle with at least min_hits hits, ordered by
 * the true points' distance from its production vertex (`particles` NULL: from the origin). Each as
 * (lower index, higher index), sorted. Errors: ARGUMENT (as for trkx_evaluate; truth without positions),
 * MEMORY. */
TRKX_API enum trkx_status trkx_true_edges(const trkx_truth *truth, const trkx_particles *particles,
                                          size_t min_hits, trkx_edges *edges, trkx_error *error);

/* ---- simulation ------------------------------------------------------------------------------------- */

typedef struct trkx_simulate_options {
    size_t size;      /* sizeof(trkx_simulate_options) */
    uint64_t seed;    /* seed, event number and the members below determine an event. Default 1 */
    size_t particles; /* charged particles per event, about 8.4 hits each. Default 12263: full density */
    double sigma_z;   /* mm, length of the luminous region. Default 5.3 */
    double noise;     /* >= 0; 1: the 17,690 noise hits of TrackML's events of full density, whatever the
                         number of particles. Default 1 */
    const trkx_detector *detector; /* other modules; NULL: TrackML's. Default NULL */
    bool cells;                    /* simulate the cells of each hit. Default true */
    int threads;                   /* >= 1; 0: all cores. Default 0 */
    double density;                /* 0 to 100, multiplies both particles and noise. Default 1 */
    double cluster_thickness; /* 0.1 to 4: depth of sensor that makes a cluster in the pixel barrel, relative
                                 to TrackML's throughput phase; 2: probably the accuracy phase's. Default 1 */
} trkx_simulate_options;
TRKX_API void trkx_simulate_options_init(trkx_simulate_options *options);

/* Sets particles, sigma_z and noise to those of a phase of TrackML: "kaggle", the accuracy phase (12263, 5.3
 * mm, 1: the defaults), or "throughput" (9003, 53 mm, 1.31). Errors: ARGUMENT. */
TRKX_API enum trkx_status trkx_simulate_options_beam(trkx_simulate_options *options, const char *beam,
                                                     trkx_error *error);

/* Simulates event `number` (named "event%09d") in the TrackML detector. Errors: ARGUMENT, MEMORY. */
TRKX_API enum trkx_status trkx_simulate(const trkx_simulate_options *options, uint64_t number,
                                        trkx_event **event, trkx_error *error);

/* The built-in TrackML detector, with its description. Errors: MEMORY. */
TRKX_API enum trkx_status trkx_detector_builtin(trkx_detector **detector, trkx_error *error);

/* ---- pipeline --------------------------------------------------------------------------------------- */

/* The steps, in the order of the data flow. */
enum trkx_step {
    TRKX_STEP_HITS,
    TRKX_STEP_FEATURES,
    TRKX_STEP_EMBED,
    TRKX_STEP_EDGES,
    TRKX_STEP_FILTER,
    TRKX_STEP_GNN,
    TRKX_STEP_TRACKS,
    TRKX_STEP_SECOND_FEATURES, /* from here on only with a bundle that has a second pass: the same for the
                                  hits */
    TRKX_STEP_SECOND_EMBED,    /* that are on no track after the first, its free hits */
    TRKX_STEP_SECOND_EDGES,
    TRKX_STEP_SECOND_FILTER,
    TRKX_STEP_SECOND_TRACKS,
    TRKX_STEPS
};
/* "hits", "features", ..., "second_features", ...; static, never NULL */
TRKX_API const char *trkx_step_name(enum trkx_step step);

/* A bundle's settings. The cuts, method and min_hits are those that the pipeline applies: the bundle's unless
 * overridden by the options. Views into the pipeline. */
typedef struct trkx_bundle_info {
    const char *directory, *name, *detector;
    const trkx_feature_spec *features; /* [features_count], those of the embedding */
    size_t features_count;
    size_t dim; /* of the embedding */
    double radius;
    size_t k;
    float filter_cut, gnn_cut;
    const char *method;  /* of labelling (trkx_method_name) */
    bool completes;      /* whether tracks are then completed ... */
    float candidate_cut; /* ... with the edges whose filter score > this as candidates */
    size_t min_hits;
    bool own_ks;     /* hits of some volumes keep a number of neighbours other than k; hits then
                      * need volume_id */
    bool has_second; /* tracks among the hits that are on none are then searched in a second pass */
} trkx_bundle_info;

/* A loaded bundle: three networks (with a second pass five) and the settings they were trained with.
 * Immutable once created, except for memory kept for reuse: after a few events a run allocates only its
 * result. The kept memory is that of the largest run, times the largest number of concurrent runs. */
typedef struct trkx_pipeline trkx_pipeline;

/* The kernels for the networks. Each choice gives the same bytes for any number of threads; the two differ by
 * rounding. */
enum trkx_kernels {
    TRKX_KERNELS_TRKX, /* trkx's execution provider, libtrkx_ep.so: beside libtrkx or ONNX Runtime, or at the
                        * absolute path in the environment variable TRKX_EP_LIBRARY */
    TRKX_KERNELS_STOCK /* ONNX Runtime's own kernels */
};

typedef struct trkx_pipeline_options {
    size_t size;               /* sizeof(trkx_pipeline_options) */
    int threads;               /* >= 1, per run; 0: all cores. Default 0 */
    size_t filter_batch;       /* edges per call of the filter; 0: automatic. Default 0 */
    const char *detectors;     /* path of a detector.json, or of a detectors.csv with other modules; NULL: the
                                * bundle's own. Default NULL */
    enum trkx_kernels kernels; /* on the CPU. Default TRKX_KERNELS_TRKX */
    const char *device; /* "cpu"; "cuda:0", a GPU; "cuda:0,cuda:1": several, each with one run at a time (a
                         * GPU named twice has two); "auto": the first GPU, or the CPU if there is none. NULL:
                         * "cpu". Default NULL */
    size_t max_memory;  /* limit in bytes per device, including the networks; 0: nine tenths of the free
                         * memory. Devices only. Default 0 */
    bool tf32; /* a device's networks may round the factors of products to 10 bits: faster, but scores
                * then differ between GPUs. Devices only. Default false */
    double filter_cut, gnn_cut; /* 0 to 1: edges with score > cut are kept; -1: the bundle's. Default -1 */
    size_t min_hits;    /* 1 to 2^31 - 1: tracks with fewer hits are dropped; 0: the bundle's. Default 0 */
    const char *method; /* of labelling (trkx_method_name). The bundle's other settings of tracks, such as
                         * completion, apply to any method. NULL: the bundle's. Default NULL */
} trkx_pipeline_options;
TRKX_API void trkx_pipeline_options_init(trkx_pipeline_options *options);

/* Loads and checks a bundle directory (bundle.json and its models). bundle NULL: the default bundles, which
 * come with trkx, in models/ of its build tree, installation or Python package. Each run then takes the first
 * that needs nothing that the hits lack: models/default, which needs their cells, or models/positions. Single
 * steps and trkx_pipeline_bundle are those of models/default; models/positions is loaded for the first run
 * that takes it, with the same options and, on devices, memory of its own. A device needs libtrkx_cuda.so,
 * beside libtrkx or ONNX Runtime, or at the absolute path in the environment variable TRKX_CUDA_LIBRARY, the
 * driver, and an ONNX Runtime with CUDA. Errors: ARGUMENT, MEMORY, IO, FORMAT, BUNDLE, MODEL, RUNTIME, DEVICE
 * (the message says what is missing). */
TRKX_API enum trkx_status trkx_pipeline_create(const char *bundle, const trkx_pipeline_options *options,
                                               trkx_pipeline **pipeline, trkx_error *error);
/* Results, except for their member pipeline, and events read with the pipeline may outlive it. */
TRKX_API void trkx_pipeline_destroy(trkx_pipeline *pipeline);
TRKX_API const trkx_bundle_info *trkx_pipeline_bundle(const trkx_pipeline *pipeline);

/* The device of a pipeline; views into the pipeline. */
typedef struct trkx_device_info {
    const char *device;      /* "cpu", or the GPUs as given: "cuda:0" */
    size_t count;            /* concurrent runs on devices, further ones wait; 0: the CPU */
    const char *description; /* of the first GPU, "Tesla V100-SXM2-16GB"; empty for the CPU */
    const char *fallback;    /* why "auto" became the CPU; otherwise NULL */
} trkx_device_info;
TRKX_API const trkx_device_info *trkx_pipeline_device(const trkx_pipeline *pipeline);

/* What trkx's execution provider claims of a network, after ONNX Runtime has simplified it. */
typedef struct trkx_claims {
    size_t nodes;   /* operators of the network */
    size_t claimed; /* of them claimed by the provider */
    size_t parts;   /* of the graph, each of which runs as one */
    char *left;     /* a line for each kind of unclaimed operator: "count<tab>why" */
} trkx_claims;

/* Loads a network file, with its data in files beside it, and reports what is claimed of it. The caller
 * destroys *claims. Errors: MEMORY, IO, MODEL, RUNTIME. */
TRKX_API enum trkx_status trkx_claims_read(const char *model, trkx_claims **claims, trkx_error *error);
TRKX_API void trkx_claims_destroy(trkx_claims *claims);

/* The record of one step. */
typedef struct trkx_step_record {
    enum trkx_step step;
    size_t nodes, edges; /* after the step; edges 0 before there are any. Of the second pass: its free hits,
                          * and the edges between them */
    double seconds;      /* wall clock */
    double cpu_seconds;  /* of the run's thread if the pipeline has one; otherwise of the whole process
                          * during the step, including concurrent runs */
    size_t peak_bytes;   /* peak memory of the run and its networks during the step; on a device, of
                          * device memory, except in the second pass, which the host makes */
    bool has_truth;      /* the two below are set: the run had truth, and the step has edges */
    double edge_efficiency; /* share of the true edges (trkx_true_edges, 3 hits) that are in the graph; in the
                             * second pass, of those between free hits */
    double edge_purity;     /* share of the edges that join hits of the same particle */
} trkx_step_record;

/* Views of the tensors that exist after a step; NULL or empty if they do not exist (yet, or any more) or are
 * on a device, unless the run's options request copies. */
typedef struct trkx_step_view {
    const trkx_step_record *record;
    const trkx_hits *hits;
    const float *features;   /* [n,F] of the embedding, scaled; not in the second pass */
    size_t features_count;   /* F */
    const float *embedding;  /* [n,D] embed and edges only, not in the second pass */
    size_t dim;              /* D */
    const trkx_edges *edges; /* [2,m] the edges kept by the step, outwards and sorted */
    const float *scores;     /* [m] after the step's sigmoid, (second_)filter and gnn only */
    const int32_t *labels;   /* [n] tracks and second_tracks only */
} trkx_step_view;

/* Called after each step on the thread that runs the event, and between batches with view->record NULL.
 * The views are valid during the call. Return 0 to continue, anything else to stop with CANCELLED. */
typedef int (*trkx_step_hook)(void *user, const trkx_step_view *view);

typedef struct trkx_run_options {
    size_t size;                     /* sizeof(trkx_run_options) */
    trkx_step_hook hook;             /* may be NULL. Default NULL */
    void *user;                      /* passed to the hook. Default NULL */
    const trkx_truth *truth;         /* may be NULL: no edge efficiency and purity. Default NULL */
    const trkx_particles *particles; /* for the true edges; may be NULL. Default NULL */
    bool keep_edges;                 /* the result has the edges that tracks were built from. Default false */
    bool copies; /* on a device: copies the tensors of each step for the hook. Without truth and copies, only
                  * the labels are copied back. Neither is included in the steps' seconds. Default false */
} trkx_run_options;
TRKX_API void trkx_run_options_init(trkx_run_options *options);

/* The result of one run. */
typedef struct trkx_result {
    size_t hits;                        /* n */
    int32_t *labels;                    /* [n] 0: no track; tracks from 1 in the order of first hits */
    size_t tracks;                      /* number of tracks */
    size_t saturated;                   /* hits with more than k neighbours */
    trkx_step_record steps[TRKX_STEPS]; /* in data-flow order, without those that were not made;
                                         * TRKX_STEP_HITS is 0 for arrays */
    size_t steps_count;
    trkx_step_record total; /* of all steps: seconds are added, peak_bytes is the largest, the rest is of the
                             * last step of the first pass */
    trkx_edges edges;       /* [2,m] after the GNN's cut, outwards; empty without keep_edges */
    float *scores;          /* [m] the GNN's; NULL without keep_edges */
    size_t hits_on_tracks;  /* hits with a label */
    size_t method_tracks, method_hits; /* tracks found by the method of labelling, and hits on them, before
                                        * completion, if any */
    char *truth_note;                  /* why nothing was compared with the event's truth; NULL: it was
                                        * compared, or there is none */
    const trkx_pipeline *pipeline; /* of the bundle that found the tracks: the pipeline that ran, or a view
                                    * into it, of another of the default bundles */
    char *bundle_note;  /* why this is not the first of the default bundles, "no cells"; NULL: it is, or the
                         * pipeline has only one */
    bool found_modules; /* the hits' modules were found from their positions */
    size_t first_tracks,
        first_hits; /* tracks after the first pass, and hits on them; without a second, all */
} trkx_result;

/* Runs all steps on hits in memory. An event without hits or without edges is not an error: it has no tracks.
 * Errors: ARGUMENT (also for a repeated hit_id), MEMORY, RUNTIME, CANCELLED, DEVICE. */
TRKX_API enum trkx_status trkx_pipeline_run(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                            const trkx_run_options *options, trkx_result **result,
                                            trkx_error *error);
/* Reads the parts of an event that a run uses: cells if the bundle needs them (of the default bundles, if
 * they exist), the columns of hits that it names, truth and particles if they exist. A file of particles that
 * cannot be read is ignored: nothing is then compared with the truth. prefix and errors: as for
 * trkx_event_read. */
TRKX_API enum trkx_status trkx_pipeline_read(const trkx_pipeline *pipeline, const char *prefix,
                                             trkx_event **event, trkx_error *error);
/* Runs on the hits of an event, and compares with its truth if the options have none and truth and particles
 * are consistent (otherwise the result's truth_note says why not). Messages name the event. The record of
 * TRKX_STEP_HITS, and its share of the total, is that of the earlier trkx_pipeline_read; 0 for other events.
 * Errors: as for trkx_pipeline_run. */
TRKX_API enum trkx_status trkx_pipeline_run_event(const trkx_pipeline *pipeline, const trkx_event *event,
                                                  const trkx_run_options *options, trkx_result **result,
                                                  trkx_error *error);
/* Both of these. If `event` is not NULL, the caller gets the event. */
TRKX_API enum trkx_status trkx_pipeline_run_file(const trkx_pipeline *pipeline, const char *prefix,
                                                 const trkx_run_options *options, trkx_event **event,
                                                 trkx_result **result, trkx_error *error);
TRKX_API void trkx_result_destroy(trkx_result *result);

/* Single networks. features are those of the network's own list in the bundle (trkx_pipeline_features). On a
 * device, inputs are copied there and results back. Errors: ARGUMENT, MEMORY, RUNTIME, DEVICE. */
enum trkx_network {
    TRKX_NETWORK_EMBEDDING,
    TRKX_NETWORK_FILTER,
    TRKX_NETWORK_GNN,
    TRKX_NETWORKS,                                 /* that every bundle has */
    TRKX_NETWORK_SECOND_EMBEDDING = TRKX_NETWORKS, /* of the second pass; without one they have no features */
    TRKX_NETWORK_SECOND_FILTER,
    TRKX_ALL_NETWORKS
};
/* The number of the network's features, and a view of them. */
TRKX_API size_t trkx_pipeline_features_count(const trkx_pipeline *pipeline, enum trkx_network network);
TRKX_API const trkx_feature_spec *trkx_pipeline_feature_specs(const trkx_pipeline *pipeline,
                                                              enum trkx_network network);
/* The further columns of hits that the bundle's networks use: *count names, each once; views. */
TRKX_API const char *const *trkx_pipeline_columns(const trkx_pipeline *pipeline, size_t *count);
/* Computes them: features [n,count]. */
TRKX_API enum trkx_status trkx_pipeline_features(const trkx_pipeline *pipeline, enum trkx_network network,
                                                 const trkx_hits *hits, float *features, trkx_error *error);
TRKX_API enum trkx_status trkx_embed(const trkx_pipeline *pipeline, const float *features, size_t n,
                                     float *embedding /* [n,dim] */, trkx_error *error);
/* The bundle's graph: the k nearest neighbours of each hit in the embedding [n,dim] within the bundle's
 * radius, with the bundle's k; outwards and sorted (trkx_radius_graph, trkx_edges_orient). hits need xyz and,
 * if the bundle's info says own_ks, volume_id. On a device, hits and embedding are copied there and the edges
 * back. *edges: overwritten, not freed. Errors: ARGUMENT, MEMORY, DEVICE. */
TRKX_API enum trkx_status trkx_pipeline_edges(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                              const float *embedding, trkx_edges *edges, trkx_error *error);
/* scores [m]: after a sigmoid, 0..1. The pipeline passes edges with a score > filter_cut to the GNN. */
TRKX_API enum trkx_status trkx_filter(const trkx_pipeline *pipeline, const float *features, size_t n,
                                      const trkx_edges *edges, float *scores, trkx_error *error);
TRKX_API enum trkx_status trkx_gnn(const trkx_pipeline *pipeline, const float *features, size_t n,
                                   const trkx_edges *edges, float *scores, trkx_error *error);
/* The input of track labelling. */
typedef struct trkx_tracks_input {
    const trkx_hits *hits;   /* [n] */
    const trkx_edges *edges; /* [2,m] outwards */
    const float *scores; /* [m] of the GNN. Edges connect if their score > gnn_cut, whether or not they were
                          * cut before */
    const trkx_edges *candidates; /* all edges with a filter score > candidate_cut, outwards; NULL if the
                                   * bundle does not complete tracks */
} trkx_tracks_input;

/* The bundle's track labelling, and its second pass, if any, for which hits need what its networks use
 * (cells, columns). labels [n], *count: as for trkx_components. Errors: as for trkx_components, trkx_join and
 * trkx_complete; ARGUMENT (no candidates, but the bundle completes tracks); of the second pass as for
 * trkx_pipeline_run. */
TRKX_API enum trkx_status trkx_pipeline_tracks(const trkx_pipeline *pipeline, const trkx_tracks_input *input,
                                               int32_t *labels, size_t *count, trkx_error *error);
/* Keeps the edges with score > cut, in place and in order, and their scores. */
TRKX_API void trkx_edges_cut(trkx_edges *edges, float *scores, float cut);
/* The same as a copy, without scores: *over, overwritten, not freed. Errors: MEMORY. */
TRKX_API enum trkx_status trkx_edges_over(const trkx_edges *edges, const float *scores, float cut,
                                          trkx_edges *over, trkx_error *error);

/* ---- plain arrays ----------------------------------------------------------------------------------- */

/* Writes labels in the TrackML submission format, "hit_id,track_id", row by row, gzipped if the path ends in
 * .gz; if it ends in .npy, as a structured array of hit_id (int64) and track_id (int32). The file appears
 * whole or not at all. Errors: ARGUMENT (a repeated hit_id, an empty path), MEMORY, IO. */
TRKX_API enum trkx_status trkx_tracks_write(const char *path, const trkx_hits *hits, const int32_t *labels,
                                            trkx_error *error);
/* Reads such a file, of either kind, for these hits: hits that it does not list get 0. Errors: MEMORY, IO,
 * FORMAT (unknown or repeated hit_id). */
TRKX_API enum trkx_status trkx_tracks_read(const char *path, const trkx_hits *hits, int32_t *labels,
                                           trkx_error *error);

/* The same for the hits of an event; but hits that the file does not list get -1, to distinguish them from
 * hits on no track. A column event_id in the file has to match the number in the event's name
 * ("event000001000": 1000), which trkx_tracks_read cannot check. Errors: also FORMAT (of another event). */
TRKX_API enum trkx_status trkx_tracks_read_event(const char *path, const trkx_event *event, int32_t *labels,
                                                 trkx_error *error);

enum trkx_array_type { TRKX_FLOAT32, TRKX_INT32, TRKX_INT64 };

/* A dense row-major array of rank 1 or 2, owned by the library. */
typedef struct trkx_array {
    enum trkx_array_type type;
    size_t rows, columns; /* columns 1 for rank 1 */
    int rank;
    void *data;
} trkx_array;

/* Reads .npy (format 1 to 3, C order, little endian, floats of 4 and 8 bytes, integers of 1 to 8; converted
 * to `type`) or, with any other ending, CSV of plain numbers without header (also .gz). Errors: MEMORY, IO,
 * FORMAT. */
TRKX_API enum trkx_status trkx_array_read(const char *path, enum trkx_array_type type, trkx_array *array,
                                          trkx_error *error);
/* Writes in the format of the path's ending; appears whole or not at all. Errors: ARGUMENT (an empty path),
 * MEMORY, IO.
 */
TRKX_API enum trkx_status trkx_array_write(const char *path, const trkx_array *array, trkx_error *error);
TRKX_API void trkx_array_destroy(trkx_array *array); /* frees the content, leaves it empty */
/* Writes a text file, which appears whole or not at all. Errors: ARGUMENT (an empty path), MEMORY, IO.
 */
TRKX_API enum trkx_status trkx_text_write(const char *path, const char *text, trkx_error *error);

#ifdef __cplusplus
}
#endif
#endif
