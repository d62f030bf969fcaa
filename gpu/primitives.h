/* Running sums, sorting and a check for several steps, with Thrust. They throw failures. */
#ifndef TRKX_GPU_PRIMITIVES_H
#define TRKX_GPU_PRIMITIVES_H

#include "gpu/context.h"

/* offsets [count+1]: the sum before each; the last is the total, which is returned: waits for the device. */
uint64_t sum_up(trkx_backend_context *context, const uint32_t *counts, size_t count, uint64_t *offsets);
/* Ascending. Needs the same amount of memory again. */
void sort(trkx_backend_context *context, uint64_t *keys, size_t count);
/* By keys; stable. */
void sort_with(trkx_backend_context *context, uint64_t *keys, uint32_t *values, size_t count);

/* The first row of device values [rows,columns] with a NaN or infinity; `rows` if there is none. Waits. */
size_t first_not_finite(trkx_backend_context *context, const float *values, size_t rows, size_t columns);

#endif
