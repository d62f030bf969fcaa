/* The magnetic field: that of a solenoid along z, or uniform. */
#ifndef TRKX_DETECTOR_FIELD_H
#define TRKX_DETECTOR_FIELD_H

#include <math.h>

struct trkx_field {
    double strength;                      /* T, near the origin */
    double coil_radius, coil_half_length; /* mm, of the solenoid; infinitely long: the field is uniform */
    double nonuniformity; /* how much the curvature may change along a track beyond that, relative */
};

/* GeV / mm: the transverse momentum of a track over the radius of its circle. */
static inline double trkx_field_pt_of_radius(const struct trkx_field *field)
{
    return 0.3e-3 * fabs(field->strength);
}

/* How much the curvature of a track from the beam changes along z where it is, relative: 1/mm. */
double trkx_field_change(const struct trkx_field *field, double z);

#endif
