/* Derives a bundle's needs from its features, its graph and its track labelling. */
#include "pipeline/needs.h"

#include <stdio.h>
#include <string.h>

#include "features/features.h"

unsigned trkx_graph_needs(const struct trkx_pass *pass)
{
    return pass->volumes_count > 0 ? TRKX_NEEDS_VOLUME : 0;
}

/* Of the networks from `first` to before `end`. */
static unsigned networks_need(const struct trkx_bundle *bundle, size_t first, size_t end)
{
    unsigned needs = 0;
    for (size_t i = first; i < end; i++)
        needs |= trkx_features_needs(bundle->models[i].features, bundle->models[i].features_count);
    return needs;
}

unsigned trkx_tracks_needs(const struct trkx_bundle *bundle)
{
    unsigned needs = trkx_method(bundle->method)->needs_modules ? TRKX_NEEDS_IDS : 0;
    if (bundle->completes) needs |= TRKX_NEEDS_MODULE;
    return needs | trkx_graph_needs(&bundle->second) | networks_need(bundle, TRKX_NETWORKS, bundle->networks);
}

unsigned trkx_bundle_needs(const struct trkx_bundle *bundle)
{
    return trkx_graph_needs(&bundle->first) | trkx_tracks_needs(bundle) |
           networks_need(bundle, 0, TRKX_NETWORKS);
}

unsigned trkx_ids_lacking(unsigned needs, const trkx_hits *hits)
{
    unsigned has = 0;
    if (hits->count == 0) return 0;
    if (hits->volume_id != NULL) has |= TRKX_NEEDS_VOLUME;
    if (hits->layer_id != NULL) has |= TRKX_NEEDS_LAYER;
    if (hits->module_id != NULL) has |= TRKX_NEEDS_IDS & ~(unsigned)(TRKX_NEEDS_VOLUME | TRKX_NEEDS_LAYER);
    return needs & TRKX_NEEDS_IDS & ~has;
}

static bool has_column(const trkx_hits *hits, const char *name)
{
    for (size_t k = 0; k < hits->columns_count && hits->columns != NULL; k++)
        if (hits->columns[k].name != NULL && strcmp(hits->columns[k].name, name) == 0) return true;
    return false;
}

bool trkx_bundle_lacks(const struct trkx_bundle *bundle, bool detector, const trkx_hits *hits, char *what,
                       size_t size)
{
    unsigned needs = trkx_bundle_needs(bundle);
    if (hits->count == 0) return false;
    if ((needs & TRKX_NEEDS_CELLS) != 0 && hits->cell_begin == NULL) return snprintf(what, size, "cells") > 0;
    for (size_t k = 0; k < bundle->columns_count; k++)
        if (!has_column(hits, bundle->columns[k]))
            return snprintf(what, size, "column %.60s", bundle->columns[k]) > 0;
    return !detector && trkx_ids_lacking(needs, hits) != 0 &&
           snprintf(what, size, "volume_id, layer_id and module_id") > 0;
}
