/* The table of operators: how each changes shapes, and what it costs. */
#include "onnx/operators.h"

#include <string.h>

#include "onnx/infer_arrange.h"
#include "onnx/infer_elements.h"
#include "onnx/infer_index.h"

static const struct trkx_operator operators[] = {
#define DESCRIBED(name, infer, work) {name, trkx_infer_##infer, TRKX_WORK_##work},
#define CLAIMED(name, infer, work, lower, function, worthwhile) DESCRIBED(name, infer, work)
#include "onnx/operator_list.h"
};

const struct trkx_operator *trkx_onnx_operator(const Onnx__NodeProto *node)
{
    size_t low = 0, high = sizeof operators / sizeof *operators;
    if (!trkx_onnx_own_domain(node->domain)) return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(trkx_onnx_text(node->op_type), operators[middle].name);
        if (order == 0) return &operators[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void trkx_onnx_infer(struct trkx_inference *step, struct trkx_shape *out)
{
    const struct trkx_operator *known = trkx_onnx_operator(step->node);
    step->out = out;
    if (known != NULL) known->infer(step);
}
