/* trkx model: what info, check and repair are told. */
#ifndef TRKX_PROGRAMS_MODEL_SETTINGS_H
#define TRKX_PROGRAMS_MODEL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct model_settings {
    const char *out, *json; /* NULL: not wanted */
    int64_t opset;          /* 0: as old as it may be */
    bool strict;            /* warnings count as errors */
};

#endif
