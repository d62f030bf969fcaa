/* A method of track labelling: an entry of the table in methods.c. */
#ifndef TRKX_TRACKS_METHOD_H
#define TRKX_TRACKS_METHOD_H

#include "core/memory.h"

/* The input and settings of a method. */
struct trkx_method_task {
    struct trkx_memory *memory; /* NULL: from the system */
    const trkx_tracks_input *input;
    const int32_t *modules; /* [n] number of each hit's module, if looked up; NULL: use the hits' ids */
    float cut;              /* edges with a score > cut are used */
    size_t min_hits;        /* tracks with fewer hits are dropped */
    int threads;
    const double *settings; /* the method's own, in the order of its list */
};

/* Labels [n] and their number, as for trkx_components. */
typedef enum trkx_status (*trkx_method_function)(const struct trkx_method_task *task, int32_t *labels,
                                                 size_t *count, trkx_error *error);

/* A setting of a single method; in bundle.json a field of tracks. Names differ between methods. */
struct trkx_method_setting {
    const char *name;
    double low, high, standard;
};
enum { TRKX_METHOD_SETTINGS = 8 }; /* at most, of each method */

struct trkx_method {
    const char *name;
    bool needs_modules; /* the hits' volume, layer and module ids */
    const struct trkx_method_setting *settings;
    size_t settings_count;
    trkx_method_function run;
    trkx_method_function reference; /* a simple implementation that tests compare run with */
};

#endif
