/* libFuzzer: no graph of the operators that the provider takes, whatever its attributes, its constants and
 * its inputs hold, makes claiming or running it crash or read out of bounds; with the provider it is refused,
 * fails or gives the same as in the stock runtime. Describing, checking and repairing the same model do not
 * crash either.
 *
 * The bytes choose an operator set, extents, and node by node an operator, its inputs among all values that
 * there are, and numbers, of which many are no sensible axis, size or index. Values are compared to the last
 * bit where no rounding was involved, within a tolerance behind one rounded operator, and not behind more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "onnx/check.h"
#include "onnx/info.h"
#include "onnx/repair.h"
#include "tests/ep/ep_run.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* Sizes that no machine has fail as they do without a sanitizer. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

enum { VALUES = 48, NODES = 10, NAME = 8, LIST = 8 };

/* ---- the operators ------------------------------------------------------------------------------------ */

/* How far a result may be from the stock runtime's: as far as what it is moved from, not at all, by the
 * rounding of a function, of a sum. */
enum rounding { MOVED, EXACT, ROUNDED, SUMMED, UNCERTAIN };

/* Division is of floats: the stock runtime dies of an integer that is divided by 0.
 *
 * inputs: f float, i integers, b truths, v any, w a float constant, n integers that mean a shape or places,
 * "?" before those that may be left out, "*" behind one that is repeated. lists: integers that are attributes
 * before an operator set and inputs from it on. attributes: i integer, o 0 or 1 (of others the stock runtime
 * itself dies, or its shape inference expects another result than its kernel's), c a
 * number of outputs, not fewer than there are (the stock runtime aborts), f number, l list, r a
 * reduction, t a type, z a tensor. result: as an input letter, or "1" as the first input. */
static const struct operator
{
    const char *name, *inputs, *lists, *attributes;
    char result;
    enum rounding rounding;
}
operators[] = {
    {"Abs", "v", "", "", '1', EXACT},
    {"Acos", "f", "", "", 'f', ROUNDED},
    {"Acosh", "f", "", "", 'f', ROUNDED},
    {"Add", "vv", "", "", '1', EXACT},
    {"And", "bb", "", "", 'b', EXACT},
    {"Asin", "f", "", "", 'f', ROUNDED},
    {"Asinh", "f", "", "", 'f', ROUNDED},
    {"Atan", "f", "", "", 'f', ROUNDED},
    {"Atanh", "f", "", "", 'f', ROUNDED},
    {"BatchNormalization", "fwwww", "", "epsilon:f training_mode:i", 'f', ROUNDED},
    {"Cast", "v", "", "to:t", 't', EXACT},
    {"Ceil", "f", "", "", 'f', EXACT},
    {"Celu", "f", "", "alpha:f", 'f', ROUNDED},
    {"Clip", "f?ww", "", "", 'f', EXACT},
    {"Concat", "v*", "", "axis:i", '1', MOVED},
    {"ConstantOfShape", "n", "", "value:z", 'f', EXACT},
    {"Cos", "f", "", "", 'f', ROUNDED},
    {"Cosh", "f", "", "", 'f', ROUNDED},
    {"Div", "ff", "", "", '1', EXACT},
    {"Dropout", "f?w", "", "", 'f', MOVED},
    {"Elu", "f", "", "alpha:f", 'f', ROUNDED},
    {"Equal", "vv", "", "", 'b', EXACT},
    {"Erf", "f", "", "", 'f', ROUNDED},
    {"Exp", "f", "", "", 'f', ROUNDED},
    {"Expand", "vn", "", "", '1', MOVED},
    {"Flatten", "v", "", "axis:i", '1', MOVED},
    {"Floor", "f", "", "", 'f', EXACT},
    {"Gather", "vn", "", "axis:i", '1', MOVED},
    {"GatherElements", "vi", "", "axis:i", '1', MOVED},
    {"GatherND", "vi", "", "batch_dims:o", '1', MOVED},
    {"Gelu", "f", "", "", 'f', ROUNDED},
    {"Gemm", "fw?f", "", "alpha:f beta:f transA:i transB:i", 'f', SUMMED},
    {"Greater", "vv", "", "", 'b', EXACT},
    {"GreaterOrEqual", "vv", "", "", 'b', EXACT},
    {"HardSigmoid", "f", "", "alpha:f beta:f", 'f', ROUNDED},
    {"HardSwish", "f", "", "", 'f', ROUNDED},
    {"Identity", "v", "", "", '1', MOVED},
    {"LayerNormalization", "fw?w", "", "axis:i epsilon:f", 'f', SUMMED},
    {"LeakyRelu", "f", "", "alpha:f", 'f', ROUNDED},
    {"Less", "vv", "", "", 'b', EXACT},
    {"LessOrEqual", "vv", "", "", 'b', EXACT},
    {"Log", "f", "", "", 'f', ROUNDED},
    {"MatMul", "fw", "", "", 'f', SUMMED},
    {"Max", "f*", "", "", 'f', EXACT},
    {"Min", "f*", "", "", 'f', EXACT},
    {"Mish", "f", "", "", 'f', ROUNDED},
    {"Mul", "vv", "", "", '1', EXACT},
    {"Neg", "v", "", "", '1', EXACT},
    {"Not", "b", "", "", 'b', EXACT},
    {"Or", "bb", "", "", 'b', EXACT},
    {"PRelu", "ff", "", "", 'f', EXACT},
    {"Pow", "vv", "", "", '1', ROUNDED},
    {"Reciprocal", "f", "", "", 'f', EXACT},
    {"ReduceMean", "f", "axes:18", "keepdims:i noop_with_empty_axes:o", 'f', SUMMED},
    {"ReduceSum", "f", "axes:13", "keepdims:i noop_with_empty_axes:o", 'f', SUMMED},
    {"Relu", "f", "", "", 'f', EXACT},
    {"Reshape", "vn", "", "allowzero:i", '1', MOVED},
    {"ScatterElements", "fif", "", "axis:i reduction:r", 'f', SUMMED},
    {"ScatterND", "fif", "", "reduction:r", 'f', SUMMED},
    {"Selu", "f", "", "alpha:f gamma:f", 'f', ROUNDED},
    {"Shape", "v", "", "start:i end:i", 'i', EXACT},
    {"Sigmoid", "f", "", "", 'f', ROUNDED},
    {"Sign", "f", "", "", 'f', EXACT},
    {"Sin", "f", "", "", 'f', ROUNDED},
    {"Sinh", "f", "", "", 'f', ROUNDED},
    {"Size", "v", "", "", 'i', EXACT},
    {"Slice", "v", "starts:10 ends:10 axes:10 steps:10", "", '1', MOVED},
    {"Softplus", "f", "", "", 'f', ROUNDED},
    {"Softsign", "f", "", "", 'f', ROUNDED},
    {"Split", "v", "split:13", "axis:i num_outputs:c", '1', MOVED},
    {"Sqrt", "f", "", "", 'f', EXACT},
    {"Squeeze", "v", "axes:13", "", '1', MOVED},
    {"Sub", "vv", "", "", '1', EXACT},
    {"Sum", "f*", "", "", 'f', EXACT},
    {"Swish", "f", "", "alpha:f", 'f', ROUNDED},
    {"Tan", "f", "", "", 'f', ROUNDED},
    {"Tanh", "f", "", "", 'f', ROUNDED},
    {"ThresholdedRelu", "f", "", "alpha:f", 'f', EXACT},
    {"Transpose", "v", "", "perm:l", '1', MOVED},
    {"Unsqueeze", "v", "axes:13", "", '1', MOVED},
    {"Where", "bvv", "", "", '1', EXACT},
    {"Xor", "bb", "", "", 'b', EXACT},
};

/* Each operator that the provider may take is among them. */
enum {
#define DESCRIBED(name, infer, work)
#define CLAIMED(name, infer, work, lower, function, worthwhile) +1
    CLAIMABLE = 0
#include "onnx/operator_list.h"
};
_Static_assert(sizeof operators / sizeof *operators == CLAIMABLE,
               "an operator of the provider is not fuzzed");

/* ---- choices ------------------------------------------------------------------------------------------ */

struct value {
    char name[NAME];
    int type;
    enum rounding rounding;
    bool used;
};

static const uint8_t *source;
static size_t left;
static Onnx__ModelProto *model;
static struct value values[VALUES];
static size_t count;
static bool wild; /* NaN, infinities and the like among the numbers */

/* 0 behind the last byte. */
static unsigned take(unsigned end)
{
    unsigned byte = left > 0 ? *source : 0;
    if (left > 0) source++, left--;
    return byte % end;
}

static int64_t take_integer(void)
{
    static const int64_t hostile[] = {INT64_MIN, INT64_MIN + 1, -(1LL << 62), -(1LL << 40), -(1LL << 32),
                                      INT32_MIN, -100000,       100000,       65,           64,
                                      INT32_MAX, 1LL << 31,     1LL << 32,    1LL << 40,    1LL << 62,
                                      INT64_MAX, INT64_MAX - 1, 4096,         4097,         1 << 20};
    unsigned byte = take(256);
    return byte < 64 ? hostile[byte % (sizeof hostile / sizeof *hostile)] : (int64_t)(byte % 8) - 2;
}

static float take_float(void)
{
    static const float special[] = {-0.0f,   NAN,   INFINITY, -INFINITY, 1e-40f,
                                    -1e-40f, 3e38f, -3e38f,   1e20f,     -100};
    unsigned byte = take(256);
    return wild && byte < 64 ? special[byte % 10] : (float)((int)byte - 128) / 32;
}

static const char *new_name(void)
{
    static char name[NAME];
    static unsigned number;
    if (count == 0) number = 0;
    snprintf(name, sizeof name, "v%u", number++);
    return name;
}

static struct value *keep(const char *name, int type, enum rounding rounding)
{
    struct value *value = &values[count < VALUES ? count++ : VALUES - 1];
    *value = (struct value){.type = type, .rounding = rounding};
    snprintf(value->name, NAME, "%s", name);
    return value;
}

/* ---- constants ---------------------------------------------------------------------------------------- */

static const char *add_constant(int type, const int64_t *dims, size_t rank, const void *elements,
                                size_t bytes)
{
    Onnx__TensorProto *tensor = build_tensor(new_name(), type, dims, rank, elements, bytes);
    BUILD_APPEND(model->graph->initializer, model->graph->n_initializer, tensor);
    return tensor->name;
}

static const char *add_floats(void)
{
    static const int64_t extents[] = {4, 4, 1, 8, 0, 2, 5, 4};
    float elements[512];
    int64_t dims[3];
    size_t rank = take(4), total = 1;
    for (size_t d = 0; d < rank; d++) total *= (size_t)(dims[d] = extents[take(8)]);
    float first = take_float(), second = take_float();
    for (size_t i = 0; i < total; i++) elements[i] = i % 3 == 0 ? first : i % 3 == 1 ? second : 0.5f;
    return add_constant(FLOAT32, dims, rank, elements, total * sizeof *elements);
}

static const char *add_integers(void)
{
    int64_t list[LIST], dims[] = {take(5)};
    for (int64_t i = 0; i < dims[0]; i++) list[i] = take_integer();
    if (dims[0] == 4) return add_constant(INT64, NULL, 0, list, sizeof *list);
    return add_constant(INT64, dims, 1, list, (size_t)dims[0] * sizeof *list);
}

static const char *add_truths(void)
{
    uint8_t truths[2] = {(uint8_t)take(3), 1};
    int64_t dims[] = {take(3)};
    return add_constant(BOOL8, dims, dims[0] > 0 ? 1 : 0, truths, dims[0] > 1 ? 2 : 1);
}

/* ---- nodes -------------------------------------------------------------------------------------------- */

/* Any value of a type (0: of any), or a constant of it. */
static const char *pick(int type, enum rounding *rounding, int *found)
{
    unsigned choice = take(32);
    for (size_t i = 0; i < count && choice > 3; i++) {
        struct value *value = &values[(choice + i) % count];
        if (type != 0 && value->type != type && !(type == INT64 && value->type == INT32)) continue;
        value->used = true;
        if (*rounding < value->rounding) *rounding = value->rounding;
        *found = value->type;
        return value->name;
    }
    *found = type == 0 ? FLOAT32 : type;
    return type == INT64 ? add_integers() : type == BOOL8 ? add_truths() : add_floats();
}

static const char *input_of(char letter, int first, enum rounding *rounding, int *found)
{
    switch (letter) {
    case 'f': return pick(FLOAT32, rounding, found);
    case 'i': return pick(INT64, rounding, found);
    case 'b': return pick(BOOL8, rounding, found);
    case 'n': *found = INT64; return take(2) == 0 ? add_integers() : pick(INT64, rounding, found);
    case 'w': *found = FLOAT32; return add_floats();
    default: return pick(first, rounding, found);
    }
}

/* Names for build_node(); the type of the first. */
static int make_inputs(const struct operator* op, char *names, size_t size, enum rounding *rounding)
{
    int first = 0, found = 0;
    size_t length = 0;
    names[0] = '\0';
    for (const char *letter = op->inputs; *letter != '\0'; letter++) {
        bool repeated = letter[1] == '*' || *letter == '*', optional = *letter == '?';
        unsigned times = repeated ? take(3) + 1 : 1;
        if (optional && take(2) == 0) break;
        if (optional || *letter == '*') continue;
        for (unsigned i = 0; i < times; i++) {
            const char *name = input_of(*letter, first, rounding, &found);
            length += (size_t)snprintf(names + length, size - length, "%s%s", length > 0 ? " " : "", name);
            if (first == 0 && *letter != 'b') first = found;
            if (length == 0) first = found;
        }
    }
    return first;
}

static int64_t count_of_outputs(const Onnx__NodeProto *node)
{
    int64_t given = take_integer(), outputs = (int64_t)node->n_output;
    return given > 0 && given < outputs ? outputs : given;
}

static void add_attribute(Onnx__NodeProto *node, const char *name, char letter, int *type)
{
    static const int types[] = {FLOAT32, INT64, INT32, BOOL8, FLOAT64};
    static const char *const reductions[] = {"add", "add", "none", "max", "mul"};
    int64_t list[LIST], dims[] = {1};
    float number = 0;
    switch (letter) {
    case 'i': build_integer(node, name, take_integer()); break;
    case 'o': build_integer(node, name, take(2)); break;
    case 'c': build_integer(node, name, count_of_outputs(node)); break;
    case 'f': build_float(node, name, take_float()); break;
    case 'r': build_string(node, name, reductions[take(5)]); break;
    case 't': build_integer(node, name, *type = types[take(5)]); break;
    case 'z':
        number = take_float(), list[0] = take_integer(), dims[0] = take(8) == 0 ? 2 : 1;
        *type = take(2) == 0 ? FLOAT32 : INT64;
        list[1] = 0;
        build_value(node, *type == INT64
                              ? build_tensor("", INT64, dims, 1, list, (size_t)dims[0] * sizeof *list)
                              : build_tensor("", FLOAT32, dims, 1, (float[]){number, number},
                                             (size_t)dims[0] * sizeof number));
        break;
    default:
        dims[0] = take(4);
        for (int64_t i = 0; i < dims[0]; i++) list[i] = take_integer();
        build_integers(node, name, list, (size_t)dims[0]);
    }
}

/* The lists "name:set name:set" of a node, mostly of one length; none after one that is left out. */
static void add_lists(Onnx__NodeProto *node, const char *words)
{
    char text[128], *rest = NULL;
    size_t length = take(4);
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        int64_t list[LIST];
        unsigned choice = take(16);
        *colon = '\0';
        if (choice == 0) return;
        if (choice == 1) length = take(4);
        for (size_t i = 0; i < length; i++) list[i] = take_integer();
        build_list(model, node, word, atoll(colon + 1), list, length);
    }
}

/* The attributes "name:what name:what", each or not. */
static void add_attributes(Onnx__NodeProto *node, const char *words, int *type)
{
    char text[128], *rest = NULL;
    snprintf(text, sizeof text, "%s", words);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        char *colon = strchr(word, ':');
        *colon = '\0';
        if (take(2) == 0) add_attribute(node, word, colon[1], type);
    }
}

static int type_of(char letter, int first)
{
    return letter == 'f' ? FLOAT32 : letter == 'i' ? INT64 : letter == 'b' ? BOOL8 : first;
}

static void add_node(void)
{
    const struct operator* op = & operators[take(sizeof operators / sizeof *operators)];
    enum rounding rounding = EXACT;
    char inputs[128], outputs[64];
    size_t results = strcmp(op->name, "Split") == 0 ? take(3) + 1 : 1, length = 0;
    int first = make_inputs(op, inputs, sizeof inputs, &rounding), type = type_of(op->result, first);
    for (size_t i = 0; i < results; i++) {
        const char *name = new_name();
        length += (size_t)snprintf(outputs + length, sizeof outputs - length, "%s%s", i > 0 ? " " : "", name);
    }
    Onnx__NodeProto *node = build_node(model, op->name, inputs, outputs);
    add_lists(node, op->lists);
    add_attributes(node, op->attributes, &type);
    if (op->rounding != MOVED) rounding = rounding == EXACT ? op->rounding : UNCERTAIN;
    for (size_t i = 0; i < results; i++) keep(node->output[i], type, rounding);
}

/* ---- the graph ---------------------------------------------------------------------------------------- */

static void add_input(const char *name, int type, const char *rows, const char *width)
{
    const char *axes[] = {rows, width, NULL};
    BUILD_APPEND(model->graph->input, model->graph->n_input, build_info(name, type, axes));
    keep(name, type, EXACT);
}

static void add_inputs(void)
{
    add_input("x", FLOAT32, "n", "4");
    add_input("y", FLOAT32, "n", NULL);
    add_input("q", FLOAT32, "n", "1");
    add_input("z", FLOAT32, "m", "4");
    add_input("r", FLOAT32, "m", "1");
    add_input("p", FLOAT32, "u", "4");
    add_input("e", INT64, "2", "m");
    add_input("s", INT64, "m", NULL);
    add_input("c", INT64, "m", "1");
    add_input("j", INT32, "m", NULL);
}

/* What makes the rest worth a provider, and values that are hard to come by. */
static void add_first_nodes(void)
{
    float weights[16];
    int64_t dims[] = {4, 4}, stretched[] = {1, 4}, two = 2;
    char inputs[32];
    for (int i = 0; i < 16; i++) weights[i] = (float)(i % 5) / 4 - 0.5f;
    snprintf(inputs, sizeof inputs, "x %s", add_constant(FLOAT32, dims, 2, weights, sizeof weights));
    keep(build_node(model, "MatMul", inputs, "h")->output[0], FLOAT32, SUMMED);
    snprintf(inputs, sizeof inputs, "c %s", add_constant(INT64, &two, 1, stretched, sizeof stretched));
    keep(build_node(model, "Expand", inputs, "k")->output[0], INT64, EXACT);
    keep(build_node(model, "Less", "y y", "t")->output[0], BOOL8, EXACT);
}

/* All that nothing uses. */
static void add_outputs(void)
{
    for (size_t i = 0; i < count; i++) {
        bool made = i >= model->graph->n_input;
        if (!made || values[i].used || model->graph->n_output == RUN_TENSORS) continue;
        BUILD_APPEND(model->graph->output, model->graph->n_output,
                     build_info(values[i].name, values[i].type, NULL));
    }
}

static void make_model(void)
{
    static const int64_t opsets[] = {9, 11, 13, 17, 18, 20};
    count = 0;
    model = build_model(opsets[take(6)]);
    model->ir_version = 8;
    wild = take(2) == 1;
    add_inputs();
    add_first_nodes();
    for (unsigned nodes = take(NODES) + 1; nodes > 0; nodes--) add_node();
    add_outputs();
}

/* ---- running ------------------------------------------------------------------------------------------ */

static void spoil(struct run_tensors *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        struct run_tensor *tensor = &inputs->list[i];
        size_t elements = run_elements(tensor);
        for (size_t k = 0; k < 8 && elements > 0; k++) {
            size_t place = take(256) % elements;
            text_put(tensor->data, place, tensor->type, (double)take_float(), take_integer());
        }
    }
}

static void make_tensors(struct run_tensors *inputs)
{
    static const int64_t extents[] = {3, 0, 1, 2, 63, 64, 65, 130};
    struct run_size size = {extents[take(8)], extents[take(8)], RANDOM};
    if (size.n == 0) size.m = 0;
    text_state = take(256);
    run_make(model, &size, inputs);
    if (take(2) == 1) spoil(inputs);
}

static bool near(float a, float b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return a == b || fabsf(a - b) <= 1e-6f + 1e-4f * fabsf(a);
}

static bool agree(const struct run_tensor *a, const struct run_tensor *b, enum rounding rounding)
{
    size_t elements = run_elements(a), bytes = elements * text_size(a->type);
    const float *x = a->data, *y = b->data;
    if (a->type != FLOAT32) return rounding != EXACT || memcmp(x, y, bytes) == 0;
    if (rounding == UNCERTAIN || (rounding == SUMMED && wild)) return true;
    for (size_t i = 0; i < elements; i++) {
        bool same = memcmp(&x[i], &y[i], sizeof *x) == 0 || (isnan(x[i]) && isnan(y[i]));
        if (!same && (rounding == EXACT || !near(x[i], y[i]))) {
            fprintf(stderr, "%s, element %zu: stock %a, ours %a\n", a->name, i, (double)x[i], (double)y[i]);
            return false;
        }
    }
    return true;
}

static void print_tensor(const Onnx__TensorProto *tensor)
{
    fprintf(stderr, " %s:%d[", tensor->name, tensor->data_type);
    for (size_t d = 0; d < tensor->n_dims; d++) fprintf(stderr, " %lld", (long long)tensor->dims[d]);
    fprintf(stderr, " ]{");
    for (size_t i = 0; i < tensor->raw_data.len / text_size(tensor->data_type) && i < 6; i++)
        if (tensor->data_type == INT64)
            fprintf(stderr, " %lld", (long long)((const int64_t *)(void *)tensor->raw_data.data)[i]);
        else if (tensor->data_type == FLOAT32)
            fprintf(stderr, " %g", (double)((const float *)(void *)tensor->raw_data.data)[i]);
    fprintf(stderr, " }\n");
}

/* Of a crash, with FUZZ_PRINT in the environment. */
static void print_model(void)
{
    fprintf(stderr, "operator set %lld\n", (long long)model->opset_import[0]->version);
    for (size_t i = 0; i < model->graph->n_initializer; i++) print_tensor(model->graph->initializer[i]);
    for (size_t i = 0; i < model->graph->n_node; i++) {
        const Onnx__NodeProto *node = model->graph->node[i];
        for (size_t k = 0; k < node->n_output; k++) fprintf(stderr, " %s", node->output[k]);
        fprintf(stderr, " = %s(", node->op_type);
        for (size_t k = 0; k < node->n_input; k++) fprintf(stderr, " %s", node->input[k]);
        fprintf(stderr, " )");
        for (size_t k = 0; k < node->n_attribute; k++) {
            const Onnx__AttributeProto *attribute = node->attribute[k];
            fprintf(stderr, " %s=%lld/%g", attribute->name, (long long)attribute->i, (double)attribute->f);
            for (size_t l = 0; l < attribute->n_ints; l++)
                fprintf(stderr, ",%lld", (long long)attribute->ints[l]);
            if (attribute->t != NULL) print_tensor(attribute->t);
        }
        fprintf(stderr, "\n");
    }
}

static _Noreturn void differs(const char *stock, const char *ours)
{
    fprintf(stderr, "stock: %s\nours: %s\n", stock, ours);
    print_model();
    abort();
}

static enum rounding rounding_of(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(values[i].name, name) == 0) return values[i].rounding;
    return UNCERTAIN;
}

/* The stock runtime leaves some results unset, as of a Concat of tensors that are empty in part. */
static bool settled(OrtSession *stock, const struct run_tensors *inputs, const struct run_tensors *expected)
{
    struct run_tensors again;
    bool same = run_once(stock, inputs, &again, NULL);
    for (size_t i = 0; i < again.count; i++) same = same && agree(&expected->list[i], &again.list[i], EXACT);
    run_release(&again);
    return same;
}

static void run_both(OrtSession *stock, OrtSession *ours)
{
    char expected_message[512] = "done", message[512] = "done";
    struct run_tensors inputs, expected, found;
    make_tensors(&inputs);
    bool done = run_once(stock, &inputs, &expected, expected_message);
    if (run_once(ours, &inputs, &found, message) != done) differs(expected_message, message);
    for (size_t i = 0; i < expected.count; i++) {
        const struct run_tensor *a = &expected.list[i], *b = &found.list[i];
        if (a->type != b->type || a->rank != b->rank ||
            memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) != 0)
            differs(a->name, "another shape");
        if (!agree(a, b, rounding_of(a->name)) && settled(stock, &inputs, &expected))
            differs(a->name, "other values");
    }
    run_release(&inputs);
    run_release(&expected);
    run_release(&found);
}

static void run_sessions(const void *bytes, size_t length)
{
    char stock_message[512] = "loaded", message[512] = "loaded";
    OrtSession *stock = run_session(bytes, length, (struct run_options){.quiet = true}, stock_message);
    OrtSession *ours =
        run_session(bytes, length, (struct run_options){.provider = true, .quiet = true}, message);
    if ((stock == NULL) != (ours == NULL)) differs(stock_message, message);
    for (int i = 0; i < 2 && stock != NULL; i++) run_both(stock, ours);
    if (stock != NULL) run_api->ReleaseSession(stock);
    if (ours != NULL) run_api->ReleaseSession(ours);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

static void read_model(const void *bytes, size_t length)
{
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    struct trkx_findings findings = {0};
    if (trkx_onnx_parse(bytes, length, "fuzz.onnx", &file, NULL) != TRKX_OK) abort();
    if (trkx_onnx_describe(&file, NULL, &info, NULL) == TRKX_OK) trkx_onnx_info_release(&info);
    trkx_onnx_check(&file, NULL, &findings, NULL);
    trkx_onnx_repair(&file, NULL, 18, &findings, NULL);
    trkx_findings_release(&findings);
    trkx_onnx_release(&file);
}

int LLVMFuzzerInitialize(int *arguments_count, char ***arguments)
{
    (void)arguments_count, (void)arguments;
    char build[4096];
    if (getcwd(build, sizeof build) == NULL) return -1;
    setenv("BUILD", build, 0);
    return run_begin(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    source = data;
    left = size;
    make_model();
    if (getenv("FUZZ_PRINT") != NULL) print_model();
    size_t length = 0;
    uint8_t *bytes = build_pack(model, &length);
    read_model(bytes, length);
    run_sessions(bytes, length);
    free(bytes);
    return 0;
}
