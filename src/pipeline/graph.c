/* The options of the bundle's graph: the radius, and the number of neighbours that each hit keeps. */
#include "pipeline/graph.h"

static uint32_t k_of_volume(const struct trkx_bundle *bundle, int32_t volume)
{
    for (size_t v = 0; v < bundle->volumes_count; v++)
        if (bundle->volumes[v].volume == volume) return bundle->volumes[v].k;
    return (uint32_t)bundle->k;
}

enum trkx_status trkx_pipeline_graph(const trkx_pipeline *pipeline, const trkx_hits *hits,
                                     struct trkx_memory *memory, trkx_edges_options *options, uint32_t **ks,
                                     trkx_error *error)
{
    const struct trkx_bundle *bundle = &pipeline->bundle;
    enum trkx_status status = TRKX_OK;
    trkx_edges_options_init(options);
    options->radius = bundle->radius;
    options->k = bundle->k;
    options->threads = pipeline->threads;
    if (bundle->volumes_count == 0) return TRKX_OK;
    if (hits->volume_id == NULL && hits->count > 0)
        return trkx_fail(
            error, TRKX_ERROR_ARGUMENT,
            "edges: in this bundle the number of neighbours depends on a hit's volume, but the hits "
            "have no volume_id");
    TRKX_ALLOCATE(*ks, memory, hits->count, "the numbers of neighbours");
    for (size_t i = 0; i < hits->count; i++) (*ks)[i] = k_of_volume(bundle, hits->volume_id[i]);
    options->ks = *ks;
cleanup:
    return status;
}
