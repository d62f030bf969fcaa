/* How the field of a coil falls along the beam, and what that does to tracks. */
#include "detector/field.h"

/* B, B' and B" on the axis of a coil, but for a factor. Near it the field across is -r B'/2, for there is no
 * other way for field lines to go; on a track from the beam, where r is z over the slope, it takes from the
 * bending what makes B + z B'/2 of B. Where next to nothing is left of that, a curvature tells nothing of the
 * next. */
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
