/* The magnetic field: that of a solenoid along z, or uniform. */
#ifndef TRKX_DETECTOR_FIELD_H
#define TRKX_DETECTOR_FIELD_H

#include <math.h>

struct trkx_field {
    double strength;                      /* T, near the origin */
    double coil_radius, coil_half_length; /* mm, of the solenoid; infinitely long: the field is uniform */
    double nonuniformity;                 /* additional relative change of the curvature along a track */
};

/* GeV / mm: the transverse momentum of a track divided by the radius of its circle. */
static inline double trkx_field_pt_of_radius(const struct trkx_field *field)
{
    return 0.3e-3 * fabs(field->strength);
}

/* The relative change of the curvature of a track from the beam along z, at a position: 1/mm. */
double trkx_field_change(const struct trkx_field *field, double z);

#endif
