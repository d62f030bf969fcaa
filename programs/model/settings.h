/* trkx model: options of info, check and repair. */
#ifndef TRKX_PROGRAMS_MODEL_SETTINGS_H
#define TRKX_PROGRAMS_MODEL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct model_settings {
    const char *out, *json; /* or NULL */
    int64_t opset;          /* 0: as far as the repair needs */
    bool strict;            /* warnings count as errors */
};

#endif
