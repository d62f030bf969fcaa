/* The options of trkx stage, and which steps take them. */
#ifndef TRKX_PROGRAMS_STAGE_OPTIONS_H
#define TRKX_PROGRAMS_STAGE_OPTIONS_H

#include "programs/common.h"

enum step {
    STEP_FEATURES,
    STEP_EMBED,
    STEP_EDGES,
    STEP_FILTER,
    STEP_GNN,
    STEP_TRACKS,
    STEP_RADIUS,
    STEP_COMPONENTS,
    STEP_JOIN,
    STEP_WALKTHROUGH,
    STEPS
};
extern const char *const step_names[STEPS];

struct stage_settings {
    const char *bundle;
    const char *out, *kept, *candidates, *event;
    enum trkx_network network;
    struct device_choice device;
    size_t nodes; /* 0: largest index in the edges + 1 */
    trkx_pipeline_options pipeline;
    trkx_edges_options edges;
    trkx_labelling_options labelling;
    trkx_walkthrough_options walkthrough;
    unsigned given; /* bit i: the option of row i in the table of steps */
};

/* Fills in the defaults and reads the options: -1 to continue with arguments[optind], or the
 * program's exit code. */
int stage_options_read(int count, char **arguments, struct stage_settings *settings);

/* Whether the step takes all options that were given; prints and returns false if not. */
bool stage_options_suit(const struct stage_settings *settings, enum step step);

#endif
