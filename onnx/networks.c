/* Finds the models and contracts that a path refers to. */
#include "onnx/networks.h"

#include <string.h>
#include <sys/stat.h>

#include "core/error.h"
#include "core/memory.h"
#include "io/text.h"
#include "pipeline/bundle.h"

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The directory of a bundle.json: the path before its name, or ".". */
static enum trkx_status bundle_directory(const char *path, char **directory, trkx_error *error)
{
    *directory = trkx_duplicate(path);
    if (*directory == NULL) return trkx_fail_memory(error, "a path", strlen(path));
    if (is_directory(path)) return TRKX_OK;
    char *slash = strrchr(*directory, '/');
    if (slash != NULL)
        slash[slash == *directory ? 1 : 0] = '\0';
    else
        (*directory)[0] = '.', (*directory)[1] = '\0'; /* fits: at least as long as "bundle.json" */
    return TRKX_OK;
}

static struct trkx_contract contract_of(const struct trkx_bundle *bundle, enum trkx_network network)
{
    const struct trkx_model *model = &bundle->models[network];
    bool embedding = trkx_network_kind(network) == TRKX_NETWORK_EMBEDDING;
    return (struct trkx_contract){.nodes = model->pairs ? NULL : model->inputs[0],
                                  .edges = model->inputs[1],
                                  .pairs = model->pairs ? model->inputs[0] : NULL,
                                  .output = model->output,
                                  .transposed = model->transposed,
                                  .features = model->features_count,
                                  .dim = trkx_pass_of(bundle, network)->dim,
                                  .sigmoid = !embedding && model->sigmoid_in_model,
                                  .sha256 = model->sha256,
                                  .data = &model->data};
}

static enum trkx_status find_in_bundle(const char *path, struct trkx_networks *networks, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    char *directory = NULL;
    TRKX_CHECK(bundle_directory(path, &directory, error));
    TRKX_ALLOCATE(networks->bundle, NULL, 1, "a bundle");
    TRKX_CHECK(trkx_bundle_read(directory, networks->bundle, error)); /* empty on failure */
    networks->in_bundle = true;
    networks->count = networks->bundle->networks;
    for (size_t i = 0; i < networks->count; i++) {
        networks->paths[i] = networks->bundle->models[i].path;
        networks->contracts[i] = contract_of(networks->bundle, (enum trkx_network)i);
    }
cleanup:
    trkx_release(directory);
    return status;
}

enum trkx_status trkx_networks_find(const char *path, struct trkx_networks *networks, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *networks = (struct trkx_networks){0};
    if (is_directory(path) || trkx_ends_with(path, "bundle.json")) {
        status = find_in_bundle(path, networks, error);
    } else {
        networks->path = trkx_duplicate(path);
        networks->paths[0] = networks->path;
        networks->count = 1;
        if (networks->path == NULL) status = trkx_fail_memory(error, "a path", strlen(path));
    }
    if (status != TRKX_OK) trkx_networks_release(networks);
    return status;
}

void trkx_networks_release(struct trkx_networks *networks)
{
    if (networks->bundle != NULL) trkx_bundle_release(networks->bundle);
    trkx_release(networks->bundle);
    trkx_release(networks->path);
    *networks = (struct trkx_networks){0};
}
