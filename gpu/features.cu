/* Features of hits from their positions, in double, rounded once; see src/features/features.c. */
#include "gpu/features.h"

#include "features/position.h"
#include "gpu/device.h"

bool step_computes(enum trkx_feature feature)
{
    return trkx_is_position_feature(feature);
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
        struct trkx_vector hit = trkx_vector_of((double)at[0], (double)at[1], (double)at[2]);
        features[i] = (float)(trkx_position_feature(spec.feature, &hit) / spec.scale);
    }
};

void step_features(trkx_backend_context *context, const float *xyz, size_t n, const trkx_feature_spec *specs,
                   size_t specs_count, float *features)
{
    buffer<trkx_feature_spec> on_device(context, specs_count, "the list of features");
    runtime::copy_in(on_device.get(), specs, specs_count * sizeof *specs, context->stream);
    each(context, n * specs_count, describe_hit{xyz, on_device.get(), specs_count, features});
}
