/* libFuzzer: no bytes in place of an ONNX model make reading, describing, checking or repairing it crash,
 * leak or read past its end; a repaired model is a model again; a model that, according to the library, has
 * no data in other files has none. The first byte lets allocations fail: 0 none, n the nth and later ones.
 * Start it with tests/corpus/fuzz_onnx: small networks of tests/onnx/onnx_models.h, after a byte 0. */
#include <stdlib.h>

#include "core/memory.h"
#include "io/external_data.h"
#include "onnx/check.h"
#include "onnx/info.h"
#include "onnx/repair.h"
#include "onnx/tensor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct trkx_contract contract = {
    .nodes = "g_nodes", .edges = "g_edges", .output = "score", .features = 3, .sigmoid = false};

static void describe(const struct trkx_onnx *file, const struct trkx_contract *with)
{
    struct trkx_onnx_info info;
    struct trkx_findings findings = {0};
    if (trkx_onnx_describe(file, with, &info, NULL) == TRKX_OK) trkx_onnx_info_release(&info);
    trkx_onnx_check(file, with, &findings, NULL);
    trkx_findings_release(&findings);
}

/* What was repaired can be written, and read again. */
static void require_model(const struct trkx_onnx *file)
{
    struct trkx_onnx again;
    size_t length = onnx__model_proto__get_packed_size(file->model);
    uint8_t *bytes = malloc(length + 1);
    if (bytes == NULL) return;
    onnx__model_proto__pack(file->model, bytes);
    trkx_memory_fail_after(-1);
    if (trkx_onnx_parse(bytes, length, "again.onnx", &again, NULL) != TRKX_OK) abort();
    trkx_onnx_release(&again);
    free(bytes);
}

static void repair(struct trkx_onnx *file)
{
    struct trkx_findings changes = {0};
    if (trkx_onnx_repair(file, NULL, 18, &changes, NULL) == TRKX_OK) require_model(file);
    trkx_findings_release(&changes);
}

static bool has_data_outside(const Onnx__GraphProto *graph)
{
    bool found = false;
    for (size_t i = 0; i < graph->n_initializer; i++)
        found |= trkx_onnx_tensor_external(graph->initializer[i]);
    for (size_t i = 0; i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_attribute; j++) {
            const Onnx__AttributeProto *attribute = graph->node[i]->attribute[j];
            found |= attribute->t != NULL && trkx_onnx_tensor_external(attribute->t);
            found |= attribute->g != NULL && has_data_outside(attribute->g);
        }
    return found;
}

/* No file is allowed, so none is opened. */
static bool is_alone(const uint8_t *model, size_t size)
{
    static const struct trkx_data_list none;
    struct trkx_external external;
    enum trkx_status status = trkx_external_read("fuzz.onnx", model, size, &none, &external, NULL);
    trkx_external_release(&external);
    return status == TRKX_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trkx_onnx file;
    if (size < 1) return 0;
    trkx_memory_fail_after((long)data[0] - 1);
    bool alone = is_alone(data + 1, size - 1);
    if (trkx_onnx_parse(data + 1, size - 1, "fuzz.onnx", &file, NULL) == TRKX_OK) {
        if (alone && has_data_outside(file.model->graph)) abort();
        describe(&file, NULL);
        describe(&file, &contract);
        repair(&file);
    }
    trkx_memory_fail_after(-1);
    trkx_onnx_release(&file);
    return 0;
}
