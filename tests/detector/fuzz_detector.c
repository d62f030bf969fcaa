/* libFuzzer: no text in place of detector.json makes the parser crash, leak or read past its end; accepted
 * descriptions are complete. The first byte lets allocations fail: 0 none, n the nth and later ones. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "detector/description.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A description that was accepted keeps what its header promises. */
static void check(const struct trkx_description *description, const char *name, const char *modules)
{
    if (name == NULL || modules == NULL || strncmp(modules, "d/", 2) != 0) abort();
    if (!(description->field.strength > 0) || !(description->field.coil_radius > 0)) abort();
    if (!(description->field.coil_half_length > 0) || !(description->min_radius > 0)) abort();
    if (!(description->spread >= 0) || !(description->overlap >= 0) || !(description->max_arc > 0)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trkx_description description;
    char *name, *modules;
    trkx_error error;
    if (size < 1) return 0;
    trkx_memory_fail_after((long)data[0] - 1);
    enum trkx_status status = trkx_description_parse((const char *)data + 1, size - 1, "d/detector.json",
                                                     &description, &name, &modules, &error);
    trkx_memory_fail_after(-1);
    if (status == TRKX_OK) check(&description, name, modules);
    trkx_release(name);
    trkx_release(modules);
    return 0;
}
