/* Makes a program cheaper: sums are merged into the layers and gathers they follow, layers on gathered rows
 * are computed before the gather, weighted rows are summed without being written. Results change only by
 * rounding. */
#include "ep/rewrite.h"

#include <string.h>

/* The user of an op's columns: a single op, or NOBODY or SEVERAL. */
enum { NOBODY = -1, SEVERAL = -2 };

static void add_user(int *users, int maker, int user)
{
    users[maker] = users[maker] == NOBODY || users[maker] == user ? user : SEVERAL;
}

static void count_view(const struct ep_program *program, int *users, int view)
{
    if (view < 0) return;
    for (int j = 0; j < program->views[view].width; j++)
        add_user(users, program->makers[program->views[view].columns[j]], SEVERAL);
}

/* [ops] the only op that uses an op's columns, NOBODY, or SEVERAL. */
static int *find_users(const struct ep_program *program)
{
    int *users = ep_alloc(program->arena, program->ops_count, sizeof *users);
    for (size_t i = 0; i < program->ops_count; i++) users[i] = NOBODY;
    for (size_t i = 0; i < program->ops_count; i++) {
        const struct ep_op *op = &program->ops[i];
        if (op->kind == EP_OP_NONE) continue;
        for (int k = 0; k < op->inputs_count; k++) add_user(users, program->makers[op->inputs[k]], (int)i);
        for (int t = 0; t < op->terms_count; t++) count_view(program, users, op->terms[t].view);
        count_view(program, users, op->view);
        count_view(program, users, op->weight);
    }
    return users;
}

/* The op with exactly these columns in order, or -1. */
static int whole_op(const struct ep_program *program, const int *columns, int width)
{
    int number = program->makers[columns[0]];
    const struct ep_op *op = &program->ops[number];
    if (op->width != width) return -1;
    for (int j = 0; j < width; j++)
        if (columns[j] != op->first + j) return -1;
    return number;
}

static bool is_binary(const struct ep_op *op, enum ep_binary function)
{
    return op->kind == EP_OP_BINARY && op->function == (int)function;
}

/* Op `number` becomes a copy of op `from`, but keeps its own columns. */
static void take_over(struct ep_program *program, int number, int from)
{
    struct ep_op taken = program->ops[from];
    taken.first = program->ops[number].first;
    program->ops[number] = taken;
    program->ops[from].kind = EP_OP_NONE;
}

static bool all_constant(const struct ep_program *program, const int *columns, int width)
{
    for (int j = 0; j < width; j++)
        if (ep_maker(program, columns[j])->kind != EP_OP_CONSTANT) return false;
    return true;
}

static void add_bias(struct ep_program *program, struct ep_op *layer, const int *columns)
{
    float *bias = ep_alloc(program->arena, (size_t)layer->width, sizeof *bias);
    for (int j = 0; j < layer->width; j++)
        bias[j] = (layer->bias != NULL ? layer->bias[j] : 0) + ep_maker(program, columns[j])->alpha;
    layer->bias = bias;
}

static void add_start(struct ep_program *program, struct ep_op *layer, const int *columns)
{
    int inputs = layer->inputs_count;
    int *all = ep_alloc(program->arena, (size_t)(inputs + layer->width), sizeof *all);
    memcpy(all, layer->inputs, (size_t)inputs * sizeof *all);
    memcpy(all + inputs, columns, (size_t)layer->width * sizeof *all);
    layer->inputs = all;
    layer->inputs_count += layer->width;
    layer->starts = true;
}

static bool uses_op(const struct ep_program *program, const int *columns, int width, int number)
{
    for (int j = 0; j < width; j++)
        if (program->makers[columns[j]] == number) return true;
    return false;
}

/* x + layer: the layer starts from x, which must not depend on the layer. */
static bool add_to_layer(struct ep_program *program, int number, const int *users)
{
    const struct ep_op *sum = &program->ops[number];
    int width = sum->width;
    for (int side = 0; side < 2; side++) {
        const int *own = sum->inputs + side * width, *other = sum->inputs + (1 - side) * width;
        int from = whole_op(program, own, width);
        if (from < 0 || users[from] != number) continue;
        const struct ep_op *layer = &program->ops[from];
        bool constant = all_constant(program, other, width);
        if (layer->kind != EP_OP_LAYER || layer->relu || (layer->starts && !constant)) continue;
        if (uses_op(program, other, width, from)) continue;
        take_over(program, number, from);
        if (constant)
            add_bias(program, &program->ops[number], other);
        else
            add_start(program, &program->ops[number], other);
        return true;
    }
    return false;
}

/* The sum of two gathers becomes one gather with two terms. */
static void add_gathers(struct ep_program *program, int number, const int *users)
{
    const struct ep_op *sum = &program->ops[number];
    int a = whole_op(program, sum->inputs, sum->width),
        b = whole_op(program, sum->inputs + sum->width, sum->width);
    if (a < 0 || b < 0 || a == b || users[a] != number || users[b] != number) return;
    const struct ep_op *first = &program->ops[a], *second = &program->ops[b];
    if (first->kind != EP_OP_GATHER || second->kind != EP_OP_GATHER) return;
    if (first->terms_count + second->terms_count > EP_SOURCES) return;
    struct ep_op more = *second;
    program->ops[b].kind = EP_OP_NONE;
    take_over(program, number, a);
    struct ep_op *op = &program->ops[number];
    for (int t = 0; t < more.terms_count; t++) op->terms[op->terms_count++] = more.terms[t];
}

static void merge_sums(struct ep_program *program)
{
    int *users = find_users(program);
    for (size_t i = 0; i < program->ops_count; i++) {
        const struct ep_op *op = &program->ops[i];
        if (is_binary(op, EP_ADD) && !add_to_layer(program, (int)i, users))
            add_gathers(program, (int)i, users);
    }
}

static void merge_activations(struct ep_program *program)
{
    int *users = find_users(program);
    for (size_t i = 0; i < program->ops_count; i++) {
        const struct ep_op *op = &program->ops[i];
        if (op->kind != EP_OP_UNARY || op->function != EP_RELU) continue;
        int from = whole_op(program, op->inputs, op->width);
        if (from < 0 || users[from] != (int)i || program->ops[from].relu) continue;
        if (program->ops[from].kind != EP_OP_LAYER && program->ops[from].kind != EP_OP_NORMALISE) continue;
        take_over(program, (int)i, from);
        program->ops[i].relu = true;
    }
}

/* ---- layers on gathered rows ------------------------------------------------------------------------ */

/* The gather that a layer's input k comes from, if computing its part before the gather is less work: fewer
 * rows, and enough inputs to be worth gathering the outputs instead. */
static int early_gather(const struct ep_program *program, const struct ep_op *layer, int k)
{
    enum { WORTH = 8 };
    int number = program->makers[layer->inputs[k]], inputs = 0;
    const struct ep_op *gather = &program->ops[number];
    if (gather->kind != EP_OP_GATHER || gather->terms_count != 1) return -1;
    if (program->views[gather->terms[0].view].rows >= layer->rows) return -1;
    for (int i = 0; i < ep_layer_inputs(layer); i++) inputs += program->makers[layer->inputs[i]] == number;
    return inputs >= WORTH ? number : -1;
}

/* The layer's part for the inputs from one gather, computed on the rows before it; returns the op. */
static int early_part(struct ep_program *program, int number, int gather)
{
    const struct ep_op layer = program->ops[number], source = program->ops[gather];
    const struct ep_view view = program->views[source.terms[0].view];
    int inputs = 0, count = ep_layer_inputs(&layer);
    struct ep_op *part = ep_program_op(program, EP_OP_LAYER, view.rows, layer.width, count);
    int made = (int)program->ops_count - 1;
    part->places = ep_alloc(program->arena, (size_t)count, sizeof *part->places);
    for (int k = 0; k < count; k++) {
        if (program->makers[layer.inputs[k]] != gather) continue;
        part->places[inputs] = layer.places[k];
        part->inputs[inputs++] = view.columns[layer.inputs[k] - source.first];
    }
    part->inputs_count = inputs;
    part->alpha = layer.alpha;
    part->weights = layer.weights;
    part->row_step = layer.row_step;
    part->column_step = layer.column_step;
    return made;
}

/* Removes the inputs from these gathers from the layer, which starts from `start` instead. */
static void shorten_layer(struct ep_program *program, int number, const int *gathers, int count,
                          const int *start)
{
    struct ep_op *layer = &program->ops[number];
    int inputs = ep_layer_inputs(layer), kept = 0;
    const int *before = layer->starts ? layer->inputs + inputs : NULL;
    int *columns = ep_alloc(program->arena, (size_t)inputs, sizeof *columns);
    int *places = ep_alloc(program->arena, (size_t)inputs, sizeof *places);
    for (int k = 0; k < inputs; k++) {
        bool early = false;
        for (int g = 0; g < count; g++) early |= program->makers[layer->inputs[k]] == gathers[g];
        if (early) continue;
        columns[kept] = layer->inputs[k];
        places[kept++] = layer->places[k];
    }
    layer->inputs = columns;
    layer->places = places;
    layer->inputs_count = kept;
    layer->starts = false;
    if (before != NULL) start = ep_program_binary(program, EP_ADD, layer->rows, layer->width, before, start);
    add_start(program, &program->ops[number], start);
}

static void split_layer(struct ep_program *program, int number)
{
    int gathers[EP_SOURCES], count = 0;
    for (int k = 0; k < ep_layer_inputs(&program->ops[number]) && count < EP_SOURCES; k++) {
        int gather = early_gather(program, &program->ops[number], k);
        bool known = gather < 0;
        for (int g = 0; g < count; g++) known |= gathers[g] == gather;
        if (!known) gathers[count++] = gather;
    }
    if (count == 0) return;
    struct ep_term terms[EP_SOURCES];
    for (int g = 0; g < count; g++) {
        int part = early_part(program, number, gathers[g]);
        int *columns = ep_op_columns(program, &program->ops[part]);
        terms[g].view = ep_program_view(program, columns, program->ops[part].width, program->ops[part].rows);
        terms[g].index = program->ops[gathers[g]].terms[0].index;
    }
    struct ep_op *gather =
        ep_program_op(program, EP_OP_GATHER, program->ops[number].rows, program->ops[number].width, 0);
    memcpy(gather->terms, terms, sizeof terms);
    gather->terms_count = count;
    shorten_layer(program, number, gathers, count, ep_op_columns(program, gather));
}

static void split_layers(struct ep_program *program)
{
    size_t count = program->ops_count;
    for (size_t i = 0; i < count; i++)
        if (program->ops[i].kind == EP_OP_LAYER) split_layer(program, (int)i);
}

/* ---- sums of weighted, gathered rows ---------------------------------------------------------------- */

/* The gather whose column j, times the column *weight (-1: unweighted), is column j of a view; -1 if there is
 * none. */
static int gathered(const struct ep_program *program, int column, int j, int *weight)
{
    const struct ep_op *op = ep_maker(program, column);
    *weight = -1;
    if (is_binary(op, EP_MUL)) {
        int place = column - op->first, a = op->inputs[place], b = op->inputs[op->width + place];
        bool first = ep_maker(program, a)->kind == EP_OP_GATHER && ep_maker(program, a)->first + j == a;
        column = first ? a : b;
        *weight = first ? b : a;
        op = ep_maker(program, column);
    }
    if (op->kind != EP_OP_GATHER || op->terms_count != 1 || op->first + j != column) return -1;
    return program->makers[column];
}

static void sum_from_source(struct ep_program *program, struct ep_op *segments)
{
    const struct ep_view *view = &program->views[segments->view];
    int weight = -1, gather = gathered(program, view->columns[0], 0, &weight);
    for (int j = 1; j < view->width; j++) {
        int other = -1;
        if (gathered(program, view->columns[j], j, &other) != gather || other != weight) return;
    }
    if (gather < 0 || program->ops[gather].width != view->width) return;
    if (weight >= 0 && ep_maker(program, weight)->rows != view->rows) return;
    if (weight >= 0) segments->weight = ep_program_packed_view(program, weight, view->rows);
    segments->sources = program->ops[gather].terms[0].index;
    segments->view = program->ops[gather].terms[0].view;
}

/* ---- normalisation written out ---------------------------------------------------------------------- */

/* The op of a single column repeated `width` times (a value broadcast over the width); -1 if the columns
 * differ. */
static int repeated(const struct ep_program *program, const int *columns, int width)
{
    for (int j = 1; j < width; j++)
        if (columns[j] != columns[0]) return -1;
    return program->makers[columns[0]];
}

/* If op `number` is the mean of `width` columns, returns these; otherwise NULL. */
static const int *mean_of(const struct ep_program *program, int number, int width)
{
    const struct ep_op *op = &program->ops[number];
    bool mean = op->kind == EP_OP_SUM && op->inputs_count == width && op->alpha == 1 / (float)width;
    return mean ? op->inputs : NULL;
}

/* The squares of op `from`: multiplied by itself, or to the power of 2. */
static bool squares(const struct ep_program *program, const int *columns, int width, int from)
{
    int number = whole_op(program, columns, width);
    if (number < 0) return false;
    const struct ep_op *op = &program->ops[number];
    if (!is_binary(op, EP_MUL) && !is_binary(op, EP_POW)) return false;
    if (whole_op(program, op->inputs, width) != from) return false;
    if (is_binary(op, EP_MUL)) return whole_op(program, op->inputs + width, width) == from;
    int power = repeated(program, op->inputs + width, width);
    return power >= 0 && program->ops[power].kind == EP_OP_CONSTANT && program->ops[power].alpha == 2;
}

/* sqrt(mean of squares of op `difference` + epsilon). */
static bool is_deviation(const struct ep_program *program, int number, int width, int difference,
                         float *epsilon)
{
    const struct ep_op *root = &program->ops[number];
    if (root->kind != EP_OP_UNARY || root->function != EP_SQRT || root->width != 1) return false;
    const struct ep_op *sum = ep_maker(program, root->inputs[0]);
    if (!is_binary(sum, EP_ADD) || sum->width != 1) return false;
    bool first = ep_maker(program, sum->inputs[0])->kind == EP_OP_CONSTANT;
    const struct ep_op *added = ep_maker(program, sum->inputs[first ? 0 : 1]);
    const int *squared = mean_of(program, program->makers[sum->inputs[first ? 1 : 0]], width);
    if (added->kind != EP_OP_CONSTANT || squared == NULL || !squares(program, squared, width, difference))
        return false;
    *epsilon = added->alpha;
    return true;
}

/* (x - mean) / deviation becomes one op, with factors and terms that may follow: (...) * scale + bias.
 */
static void join_normalisation(struct ep_program *program, int number)
{
    const struct ep_op *quotient = &program->ops[number];
    int width = quotient->width, difference = whole_op(program, quotient->inputs, width);
    int deviation = repeated(program, quotient->inputs + width, width);
    float epsilon = 0;
    if (difference < 0 || deviation < 0 || !is_binary(&program->ops[difference], EP_SUB)) return;
    const int *x = program->ops[difference].inputs;
    int mean = repeated(program, x + width, width);
    const int *averaged = mean < 0 ? NULL : mean_of(program, mean, width);
    if (averaged == NULL || memcmp(averaged, x, (size_t)width * sizeof *x) != 0) return;
    if (!is_deviation(program, deviation, width, difference, &epsilon)) return;
    float *scale = ep_alloc(program->arena, (size_t)width, sizeof *scale);
    for (int j = 0; j < width; j++) scale[j] = 1;
    struct ep_op *op = &program->ops[number];
    op->kind = EP_OP_NORMALISE;
    op->inputs = ep_copy(program->arena, x, (size_t)width, sizeof *x);
    op->inputs_count = width;
    op->alpha = epsilon;
    op->weights = scale;
}

/* The constant operand of a product or sum whose other operand is a normalisation without other users. */
static const int *constant_side(const struct ep_program *program, int number, const int *users, int *from)
{
    const struct ep_op *op = &program->ops[number];
    for (int side = 0; side < 2; side++) {
        const int *constants = op->inputs + (1 - side) * op->width;
        *from = whole_op(program, op->inputs + side * op->width, op->width);
        if (*from >= 0 && users[*from] == number && program->ops[*from].kind == EP_OP_NORMALISE &&
            all_constant(program, constants, op->width))
            return constants;
    }
    return NULL;
}

static void join_scale_and_bias(struct ep_program *program, int number, const int *users)
{
    int from = -1;
    const struct ep_op *op = &program->ops[number];
    if (!is_binary(op, EP_MUL) && !is_binary(op, EP_ADD)) return;
    const int *constants = constant_side(program, number, users, &from);
    if (constants == NULL || (is_binary(op, EP_MUL) && program->ops[from].bias != NULL)) return;
    float *values = ep_alloc(program->arena, (size_t)op->width, sizeof *values);
    const float *scale = program->ops[from].weights, *bias = program->ops[from].bias;
    bool product = is_binary(op, EP_MUL);
    for (int j = 0; j < op->width; j++) {
        float value = ep_maker(program, constants[j])->alpha;
        values[j] = product ? value * scale[j] : value + (bias == NULL ? 0 : bias[j]);
    }
    take_over(program, number, from);
    *(product ? &program->ops[number].weights : &program->ops[number].bias) = values;
}

static void join_normalisations(struct ep_program *program)
{
    for (size_t i = 0; i < program->ops_count; i++)
        if (is_binary(&program->ops[i], EP_DIV)) join_normalisation(program, (int)i);
    int *users = find_users(program);
    for (size_t i = 0; i < program->ops_count; i++) join_scale_and_bias(program, (int)i, users);
}

void ep_program_rewrite(struct ep_program *program)
{
    join_normalisations(program);
    merge_sums(program);
    merge_activations(program);
    split_layers(program);
    for (size_t i = 0; i < program->ops_count; i++)
        if (program->ops[i].kind == EP_OP_SEGMENTS) sum_from_source(program, &program->ops[i]);
}
