/* libFuzzer: no text in place of bundle.json makes the parser crash, leak or read past its end; accepted
 * bundles are complete. The first byte lets allocations fail: 0 none, n the nth and later ones. */
#include <stdint.h>
#include <stdlib.h>

#include "pipeline/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pass(const struct trkx_pass *pass)
{
    if (pass->dim < 1 || pass->dim > 32 || pass->k < 1 || !(pass->radius > 0)) abort();
}

/* A bundle that was accepted keeps what its header promises. */
static void check(const struct trkx_bundle *bundle)
{
    if (bundle->name == NULL || bundle->detector == NULL || bundle->directory == NULL) abort();
    if (bundle->min_hits < 1) abort();
    if (bundle->networks != (bundle->has_second ? TRKX_ALL_NETWORKS : TRKX_NETWORKS)) abort();
    check_pass(&bundle->first);
    if (bundle->has_second) check_pass(&bundle->second);
    for (size_t i = 0; i < bundle->networks; i++) {
        const struct trkx_model *model = &bundle->models[i];
        if (model->path == NULL || model->sha256 == NULL || model->output == NULL) abort();
        if (model->features_count < 1 || model->inputs[model->inputs_count - 1] == NULL) abort();
        for (size_t j = 0; j < model->features_count; j++)
            if (trkx_feature_spec_name(&model->features[j]) == NULL) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trkx_bundle bundle;
    trkx_error error;
    if (size < 1) return 0;
    trkx_memory_fail_after((long)data[0] - 1);
    enum trkx_status status =
        trkx_bundle_parse((const char *)data + 1, size - 1, "bundle.json", "d", &bundle, &error);
    trkx_memory_fail_after(-1);
    if (status == TRKX_OK) check(&bundle);
    trkx_bundle_release(&bundle);
    return 0;
}
