/* trkx model repair. */
#include "programs/model/repair.h"

#include <stdio.h>
#include <string.h>

#include "onnx/check.h"
#include "onnx/repair.h"
#include "programs/common.h"
#include "programs/model/check.h"

static bool same_change(const struct trkx_finding *a, const struct trkx_finding *b)
{
    return strcmp(a->text, b->text) == 0;
}

static bool told_before(const struct trkx_findings *changes, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_change(&changes->list[i], &changes->list[index])) return true;
    return false;
}

void print_changes(const char *path, const struct trkx_findings *changes)
{
    if (changes->count == 0) printf("%s: nothing to repair\n", path);
    for (size_t i = 0; i < changes->count; i++) {
        const struct trkx_finding *change = &changes->list[i];
        size_t count = 0;
        if (told_before(changes, i)) continue;
        for (size_t j = i; j < changes->count; j++) count += same_change(&changes->list[j], change);
        if (count > 1)
            printf("%s: %zu nodes: %s\n", path, count, change->text);
        else
            printf("%s: %s%s%s\n", path, change->node, *change->node != '\0' ? ": " : "", change->text);
    }
}

int model_repair(struct trkx_onnx *file, const struct model_settings *settings, json_t *json)
{
    struct trkx_findings changes = {0}, left = {0};
    trkx_error error;
    int code = EXIT_FAILED;
    if (trkx_onnx_repair(file, NULL, settings->opset, &changes, &error) != TRKX_OK ||
        trkx_onnx_check(file, NULL, &left, &error) != TRKX_OK ||
        trkx_onnx_write(file, settings->out, &error) != TRKX_OK) {
        failed(&error);
    } else {
        print_changes(file->path, &changes);
        print_findings(settings->out, &left);
        json_object_set_new(json, "out", text_json(settings->out));
        json_object_set_new(json, "changes", findings_json(&changes));
        json_object_set_new(json, "left", findings_json(&left));
        code = model_passes(&left, settings) ? EXIT_OK : EXIT_FAILED;
    }
    trkx_findings_release(&changes);
    trkx_findings_release(&left);
    return code;
}
