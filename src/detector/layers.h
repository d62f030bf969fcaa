/* The layers of a detector, with an event's hits on them. */
#ifndef TRKX_DETECTOR_LAYERS_H
#define TRKX_DETECTOR_LAYERS_H

#include "detector/measure.h"

/* A cylinder around the beam, or a disk across it. */
struct trkx_layer {
    bool disk;
    double position;   /* mm: mean radius; for a disk mean z */
    double low, high;  /* mm: extent of its hits in z; for a disk in r */
    size_t begin, end; /* of its hits in order[] */
};

struct trkx_layers {
    size_t count;
    struct trkx_layer *layers; /* [count] */
    uint32_t *order;           /* [n] hits by layer, then by azimuth */
    float *phi;                /* [n] azimuths in this order, rad, -pi to pi */
    float *along;              /* [n] z in this order, on a disk r, mm */
};

/* From measurements [n] with their layers; fills in their densities. Errors: MEMORY. */
enum trkx_status trkx_layers_create(struct trkx_memory *memory, struct trkx_measurement *measurements,
                                    size_t n, struct trkx_layers *layers, trkx_error *error);
void trkx_layers_destroy(struct trkx_layers *layers);

#endif
