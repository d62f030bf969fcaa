/* The decrease of a coil's field along the beam, and its effect on tracks. */
#include "detector/field.h"

/* B, B' and B" on the axis of a coil, up to a factor. Near the axis the transverse field is -r B'/2, since
 * field lines are closed; for a track from the beam, with r = z / slope, it changes the bending from B to B +
 * z B'/2. If hardly any of that is left, a curvature does not predict the next. */
double trkx_field_change(const struct trkx_field *field, double z)
{
    const double least = 0.25; /* of B */
    double square = field->coil_radius * field->coil_radius;
    double up = z + field->coil_half_length, down = z - field->coil_half_length;
    if (isinf(field->coil_half_length)) return 0;
    double a = 1 / sqrt(up * up + square), b = 1 / sqrt(down * down + square);
    double on_axis = up * a - down * b, first = square * (a * a * a - b * b * b);
    double second = -3 * square * (up * a * a * a * a * a - down * b * b * b * b * b);
    double bending = on_axis + z / 2 * first;
    return (1.5 * first + z / 2 * second) / (bending > least * on_axis ? bending : least * on_axis);
}
