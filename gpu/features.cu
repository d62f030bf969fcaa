/* Features of hits from their positions, in double, rounded once; see src/features/features.c. */
#include <cmath>

#include "gpu/device.h"
#include "gpu/failure.h"
#include "features/position.h"
#include "gpu/steps.h"

bool step_computes(enum trkx_feature feature)
{
    return trkx_is_position_feature(feature);
}

static void check_scale(double scale, size_t column)
{
    if (!std::isfinite(scale) || scale == 0)
        fail(TRKX_ERROR_ARGUMENT, "features: column %zu: scale %g is not finite and not 0", column, scale);
}

/* One feature of one hit. */
struct describe_hit {
    const float *xyz;
    const trkx_feature_spec *specs; /* on the device */
    size_t count;
    float *features;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        const float *at = xyz + i / count * 3;
        trkx_feature_spec spec = specs[i % count];
        if (!trkx_is_position_feature(spec.feature)) return;
        struct trkx_vector hit = trkx_vector_of((double)at[0], (double)at[1], (double)at[2]);
        features[i] = (float)(trkx_position_feature(spec.feature, &hit) / spec.scale);
    }
};

void step_features(trkx_cuda_context *context, const float *xyz, size_t n, const trkx_feature_spec *specs,
                   size_t specs_count, float *features)
{
    for (size_t s = 0; s < specs_count; s++) check_scale(specs[s].scale, s);
    buffer<trkx_feature_spec> on_device(context, specs_count, "the list of features");
    runtime::copy_in(on_device.get(), specs, specs_count * sizeof *specs, context->stream);
    size_t hit = first_not_finite(context, xyz, n, 3);
    if (hit < n) fail(TRKX_ERROR_ARGUMENT, "features: row %zu of the positions is not finite", hit);
    each(context, n * specs_count, describe_hit{xyz, on_device.get(), specs_count, features});
}

struct scale_column {
    const double *scales; /* on the device */
    size_t count;
    float *columns;
    TRKX_EVERYWHERE void operator()(size_t i) const
    {
        columns[i] = (float)((double)columns[i] / scales[i % count]);
    }
};

void step_scale(trkx_cuda_context *context, float *columns, size_t n, size_t count, const double *scales)
{
    for (size_t c = 0; c < count; c++) check_scale(scales[c], c);
    buffer<double> on_device(context, count, "the scales of features");
    runtime::copy_in(on_device.get(), scales, count * sizeof *scales, context->stream);
    each(context, n * count, scale_column{on_device.get(), count, columns});
}
