/* The options of a pass's graph: the radius, and the number of neighbours that each hit keeps. */
#include "pipeline/graph.h"

static uint32_t k_of_volume(const struct trkx_pass *pass, int32_t volume)
{
    for (size_t v = 0; v < pass->volumes_count; v++)
        if (pass->volumes[v].volume == volume) return pass->volumes[v].k;
    return (uint32_t)pass->k;
}

enum trkx_status trkx_run_graph(const struct trkx_run *run, trkx_edges_options *options, uint32_t **ks)
{
    const struct trkx_pass *pass = run->pass;
    const int32_t *volumes = run->hits->volume_id;
    trkx_error *error = run->error;
    enum trkx_status status = TRKX_OK;
    trkx_edges_options_init(options);
    options->radius = pass->radius;
    options->k = pass->k;
    options->threads = run->pipeline->threads;
    if (pass->volumes_count == 0) return TRKX_OK;
    if (volumes == NULL && run->nodes > 0)
        return trkx_fail(
            error, TRKX_ERROR_ARGUMENT,
            "edges: in this bundle the number of neighbours depends on a hit's volume, but the hits "
            "have no volume_id");
    TRKX_ALLOCATE(*ks, run->memory, run->nodes, "the numbers of neighbours");
    for (size_t i = 0; i < run->nodes; i++)
        (*ks)[i] = k_of_volume(pass, volumes[run->rows != NULL ? run->rows[i] : i]);
    options->ks = *ks;
cleanup:
    return status;
}
