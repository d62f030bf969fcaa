/* Lowers operators that only select, reorder or repeat elements. */
#include "ep/lower_views.h"

#include <string.h>

#include "ep/lower_elements.h"
#include "ep/lower_rows.h"

struct ep_selection ep_select_all(const struct ep_lowered *value)
{
    struct ep_selection selection = {.rank = value->rank};
    for (int d = 0; d < value->rank; d++) {
        selection.shape[d] = value->shape[d];
        selection.from[d] = d;
        selection.factor[d] = 1;
    }
    return selection;
}

/* Offset and steps of the result, in elements of a source with the given steps. */
static int64_t place_selection(const struct ep_lowered *source, const struct ep_selection *selection,
                               const int64_t *steps, int64_t *result)
{
    int64_t offset = 0;
    for (int s = 0; s < source->rank; s++) offset += selection->begins[s] * steps[s];
    for (int d = 0; d < selection->rank; d++)
        result[d] = selection->from[d] < 0 ? 0 : selection->factor[d] * steps[selection->from[d]];
    return offset;
}

/* An unknown dimension of the source can only be taken whole. */
static void check_part(struct ep_lowering *lowering, const struct ep_node *node, int64_t extent,
                       int64_t begin, int64_t factor, int64_t count)
{
    bool whole = begin == 0 && factor == 1 && count == extent, inside = begin >= 0 && begin < extent;
    int64_t way = 0, last = begin;
    bool far = count > 0 &&
               (__builtin_mul_overflow(count - 1, factor, &way) || __builtin_add_overflow(begin, way, &last));
    if (whole || (extent >= 0 && count == 0)) return;
    if (count < 0 || !inside || far || last < 0 || last >= extent)
        ep_unsupported(lowering, node, "a part beyond the whole");
}

static void check_selection(struct ep_lowering *lowering, const struct ep_node *node,
                            const struct ep_lowered *source, const struct ep_selection *selection)
{
    bool taken[EP_RANK] = {false};
    for (int d = 0; d < selection->rank; d++) {
        int s = selection->from[d];
        if (s < 0) continue;
        if (s >= source->rank || taken[s]) ep_unsupported(lowering, node, "a repeated dimension");
        taken[s] = true;
        check_part(lowering, node, source->shape[s], selection->begins[s], selection->factor[d],
                   selection->shape[d]);
    }
    for (int s = 0; s < source->rank; s++)
        if (!taken[s]) check_part(lowering, node, source->shape[s], selection->begins[s], 1, 1);
}

static void select_numbers(struct ep_lowering *lowering, const struct ep_node *node,
                           const struct ep_lowered *source, const struct ep_selection *selection,
                           struct ep_lowered *result)
{
    int64_t own[EP_RANK] = {0}, steps[EP_RANK] = {0};
    int64_t count = ep_elements(selection->shape, selection->rank);
    if (count < 0 || count > EP_MOST_NUMBERS)
        ep_unsupported(lowering, node, "numbers of unknown or large extent");
    ep_steps(source->shape, source->rank, own);
    int64_t offset = place_selection(source, selection, own, steps);
    size_t size = ep_element_size(source->element);
    char *numbers = ep_alloc(lowering->arena, (size_t)count, size);
    for (int64_t i = 0; i < count; i++) {
        int64_t place = offset + ep_place(selection->shape, selection->rank, steps, i);
        memcpy(numbers + (size_t)i * size, (const char *)source->numbers + (size_t)place * size, size);
    }
    result->numbers = numbers;
}

static void select_columns(struct ep_lowering *lowering, const struct ep_node *node,
                           const struct ep_lowered *source, const struct ep_selection *selection,
                           struct ep_lowered *result)
{
    bool whole = (selection->rank == 1 || selection->rank == 2) && selection->from[0] == 0 &&
                 selection->factor[0] == 1 && selection->begins[0] == 0 &&
                 selection->shape[0] == source->shape[0];
    int64_t width = selection->rank == 2 ? selection->shape[1] : 1;
    if (!whole) ep_unsupported(lowering, node, "rows are not kept whole");
    int *columns = ep_new_columns(lowering, node, width);
    int64_t begin = source->rank == 2 ? selection->begins[1] : 0;
    int64_t step = selection->rank == 2 && selection->from[1] == 1 ? selection->factor[1] : 0;
    for (int64_t j = 0; j < width; j++) columns[j] = source->columns[begin + j * step];
    result->columns = columns;
}

void ep_select(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *source,
               const struct ep_selection *selection, struct ep_lowered *result)
{
    struct ep_lowered made = {
        .kind = source->kind, .element = source->element, .rank = selection->rank, .input = source->input};
    memcpy(made.shape, selection->shape, sizeof made.shape);
    check_selection(lowering, node, source, selection);
    switch (source->kind) {
    case EP_NUMBERS: select_numbers(lowering, node, source, selection, &made); break;
    case EP_COLUMNS: select_columns(lowering, node, source, selection, &made); break;
    case EP_INTEGERS:
        made.offset = source->offset + place_selection(source, selection, source->steps, made.steps);
        break;
    case EP_NOTHING: break;
    }
    *result = made;
}

static void select_input(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_selection *selection)
{
    ep_select(lowering, node, ep_input(lowering, node, 0), selection, ep_output(lowering, node, 0));
}

void ep_lower_identity(struct ep_lowering *lowering, const struct ep_node *node, int dropout)
{
    if (dropout && ep_has_input(node, 2)) { /* training_mode */
        const struct ep_lowered *training = ep_input(lowering, node, 2);
        if (training->kind != EP_NUMBERS || ep_elements(training->shape, training->rank) != 1 ||
            ep_integer_at(training, 0) != 0)
            ep_unsupported(lowering, node, "training");
    }
    if (dropout && ep_has_input(node, 1)) { /* unused, but stock ONNX Runtime checks it */
        const struct ep_lowered *ratio = ep_input(lowering, node, 1);
        bool one = ratio->kind == EP_NUMBERS && ratio->element == EP_FLOAT &&
                   ep_elements(ratio->shape, ratio->rank) == 1;
        if (!one || !(ep_number_at(ratio, 0) >= 0 && ep_number_at(ratio, 0) < 1))
            ep_unsupported(lowering, node, "its ratio");
    }
    for (size_t i = 1; i < node->outputs_count; i++)
        if (node->outputs[i] >= 0) ep_unsupported(lowering, node, "the mask is used");
    *ep_output(lowering, node, 0) = *ep_input(lowering, node, 0);
}

/* ---- dimensions of extent 1 ------------------------------------------------------------------------- */

void ep_lower_unsqueeze(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t *axes = NULL;
    size_t count = 0;
    bool added[EP_RANK] = {false};
    if (!ep_integers(lowering, node, "axes", 1, &axes, &count)) ep_unsupported(lowering, node, "no axes");
    if (count > (size_t)(EP_RANK - source->rank)) ep_unsupported(lowering, node, "too many dimensions");
    struct ep_selection selection = {.rank = source->rank + (int)count};
    for (size_t i = 0; i < count; i++) added[ep_axis(lowering, node, axes[i], selection.rank)] = true;
    for (int d = 0, s = 0; d < selection.rank; d++) {
        if (!added[d] && s == source->rank) ep_unsupported(lowering, node, "a repeated axis");
        selection.from[d] = added[d] ? -1 : s;
        selection.shape[d] = added[d] ? 1 : source->shape[s];
        selection.factor[d] = 1;
        s += !added[d];
    }
    select_input(lowering, node, &selection);
}

void ep_lower_squeeze(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t *axes = NULL;
    size_t count = 0;
    bool removed[EP_RANK] = {false};
    if (!ep_integers(lowering, node, "axes", 1, &axes, &count) || count == 0)
        ep_unsupported(lowering, node, "no axes");
    for (size_t i = 0; i < count; i++) {
        int axis = ep_axis(lowering, node, axes[i], source->rank);
        if (source->shape[axis] != 1) ep_unsupported(lowering, node, "an extent that may not be 1");
        removed[axis] = true;
    }
    struct ep_selection selection = {.rank = 0};
    for (int s = 0; s < source->rank; s++) {
        if (removed[s]) continue;
        selection.shape[selection.rank] = source->shape[s];
        selection.factor[selection.rank] = 1;
        selection.from[selection.rank++] = s;
    }
    select_input(lowering, node, &selection);
}

/* Matches dimensions in order; those of extent 1 may be added or dropped. */
static void reshape_to(struct ep_lowering *lowering, const struct ep_node *node,
                       const struct ep_lowered *source, int rank, const int64_t *shape)
{
    struct ep_selection selection = {.rank = rank};
    int s = 0;
    for (int d = 0; d < rank; d++) {
        while (s < source->rank && source->shape[s] != shape[d] && source->shape[s] == 1 && shape[d] != 1)
            s++;
        bool same = s < source->rank && source->shape[s] == shape[d];
        if (!same && shape[d] != 1) ep_unsupported(lowering, node, "elements move between dimensions");
        selection.from[d] = same ? s++ : -1;
        selection.shape[d] = shape[d];
        selection.factor[d] = 1;
    }
    for (; s < source->rank; s++)
        if (source->shape[s] != 1) ep_unsupported(lowering, node, "elements move between dimensions");
    select_input(lowering, node, &selection);
}

/* The extent that follows from the others, -1 if unknown. */
static int64_t infer_extent(struct ep_lowering *lowering, const struct ep_node *node,
                            const struct ep_lowered *source, const int64_t *shape, int rank, int place)
{
    int64_t others[EP_RANK], own[EP_RANK];
    int unknown = 0;
    for (int d = 0; d < rank; d++) others[d] = d != place ? shape[d] : 1;
    for (int s = 0; s < source->rank; s++) {
        unknown += source->shape[s] < 0;
        own[s] = source->shape[s] < 0 ? 1 : source->shape[s];
    }
    int64_t known = ep_elements(others, rank), all = ep_elements(own, source->rank);
    /* one extent is unknown and the known ones are the same: it is that one */
    if (unknown == 1 && all == known) return -1;
    if (unknown > 0 || known <= 0 || all % known != 0) ep_unsupported(lowering, node, "an unknown shape");
    return all / known;
}

void ep_lower_reshape(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t shape[EP_RANK] = {0};
    int place = -1, rank = ep_shape_input(lowering, node, 1, shape);
    bool zeros = ep_flag(lowering, node, "allowzero", false);
    for (int d = 0; d < rank; d++) {
        if (shape[d] == 0 && !zeros) {
            if (d >= source->rank) ep_unsupported(lowering, node, "an unknown shape");
            shape[d] = source->shape[d] < 0 ? EP_UNKNOWN : source->shape[d];
        }
        if (shape[d] != -1) shape[d] = ep_extent(lowering, node, shape[d]);
        if (shape[d] >= 0) continue;
        if (place >= 0) ep_unsupported(lowering, node, "an unknown shape");
        place = d;
    }
    if (place >= 0) shape[place] = infer_extent(lowering, node, source, shape, rank, place);
    reshape_to(lowering, node, source, rank, shape);
}

void ep_lower_flatten(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    if (ep_integer(node, "axis", 1) != 1 || source->rank < 1 || source->rank > 2)
        ep_unsupported(lowering, node, "elements move between dimensions");
    int64_t shape[2] = {source->shape[0], source->rank == 2 ? source->shape[1] : 1};
    reshape_to(lowering, node, source, 2, shape);
}

void ep_lower_transpose(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    const struct ep_attribute *order = ep_attribute(node, "perm");
    struct ep_selection selection = ep_select_all(source);
    if (order != NULL && order->count != (size_t)source->rank)
        ep_unsupported(lowering, node, "another number of dimensions");
    for (int d = 0; d < source->rank; d++) {
        int s =
            order != NULL ? ep_axis(lowering, node, order->integers[d], source->rank) : source->rank - 1 - d;
        selection.from[d] = s;
        selection.shape[d] = source->shape[s];
    }
    select_input(lowering, node, &selection);
}

/* ---- parts and joins ------------------------------------------------------------------------------------
 */

static int64_t limit(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void slice_axis(struct ep_lowering *lowering, const struct ep_node *node,
                       const struct ep_lowered *source, struct ep_selection *selection, int axis,
                       const int64_t *range /* start, end, step */)
{
    int64_t extent = source->shape[axis];
    bool whole = range[0] == 0 && range[1] == INT64_MAX && range[2] == 1;
    if (whole) return;
    if (extent < 0 || range[2] < 1) ep_unsupported(lowering, node, "a part of unknown extent, or backwards");
    int64_t start = limit(range[0] < 0 ? range[0] + extent : range[0], 0, extent);
    int64_t end = limit(range[1] < 0 ? range[1] + extent : range[1], 0, extent);
    int64_t count = end > start ? (end - start - 1) / range[2] + 1 : 0;
    selection->begins[axis] = start;
    selection->factor[axis] = count > 1 ? range[2] : 1;
    selection->shape[axis] = count;
}

void ep_lower_slice(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t *lists[4] = {NULL};
    size_t counts[4] = {0};
    static const char *const names[4] = {"starts", "ends", "axes", "steps"};
    bool given[4], sliced[EP_RANK] = {false};
    if (source->rank == 0) ep_unsupported(lowering, node, "a part of a single number");
    for (size_t i = 0; i < 4; i++)
        given[i] = ep_integers(lowering, node, names[i], i + 1, &lists[i], &counts[i]);
    if (!given[0] || !given[1]) ep_unsupported(lowering, node, "no range");
    struct ep_selection selection = ep_select_all(source);
    for (size_t i = 0; i < counts[0]; i++) {
        if (i >= counts[1] || (given[2] && i >= counts[2]) || (given[3] && i >= counts[3]))
            ep_unsupported(lowering, node, "lists of different lengths");
        int axis = ep_axis(lowering, node, given[2] ? lists[2][i] : (int64_t)i, source->rank);
        int64_t range[3] = {lists[0][i], lists[1][i], given[3] ? lists[3][i] : 1};
        if (sliced[axis]) ep_unsupported(lowering, node, "a repeated axis");
        sliced[axis] = true;
        slice_axis(lowering, node, source, &selection, axis, range);
    }
    select_input(lowering, node, &selection);
}

void ep_lower_split(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered source = *ep_input(lowering, node, 0);
    int axis = ep_axis(lowering, node, ep_integer(node, "axis", 0), source.rank);
    int64_t *sizes = NULL, begin = 0, extent = source.shape[axis], parts = (int64_t)node->outputs_count;
    size_t count = 0;
    bool given = ep_integers(lowering, node, "split", 1, &sizes, &count);
    if (extent < 0 || (given && count != node->outputs_count))
        ep_unsupported(lowering, node, "parts of unknown extent");
    for (size_t i = 0; i < node->outputs_count; i++) {
        struct ep_selection selection = ep_select_all(&source);
        int64_t equal = (extent + parts - 1) / parts;
        selection.begins[axis] = begin;
        selection.shape[axis] = given ? sizes[i] : limit(extent - begin, 0, equal);
        if (selection.shape[axis] < 0 || selection.shape[axis] > extent - begin)
            ep_unsupported(lowering, node, "parts beyond the whole");
        begin += selection.shape[axis];
        if (node->outputs[i] >= 0)
            ep_select(lowering, node, &source, &selection, ep_output(lowering, node, i));
    }
    if (begin != extent) ep_unsupported(lowering, node, "parts that are not the whole");
}

/* The extent of a dimension that a value is broadcast to; all three may be unknown, -1. */
static int64_t stretch(struct ep_lowering *lowering, const struct ep_node *node, int64_t own, int64_t wanted)
{
    if (wanted < 0) return own == 1 ? -1 : own; /* has to be 1 or the same */
    if (own == wanted || wanted == 1) return own;
    if (own >= 0 && own != 1) ep_unsupported(lowering, node, "extents do not agree");
    return wanted;
}

/* Equal numbers, broadcast to rows: columns of one constant. */
static void fill(struct ep_lowering *lowering, const struct ep_node *node, const struct ep_lowered *source,
                 int rank, const int64_t *shape)
{
    int64_t width = rank == 2 ? shape[1] : 1;
    bool one = ep_elements(source->shape, source->rank) == 1;
    bool by_column = source->rank >= 1 && source->shape[source->rank - 1] == width &&
                     ep_elements(source->shape, source->rank) == width && rank == 2;
    if (source->element != EP_FLOAT || (!one && !by_column))
        ep_unsupported(lowering, node, "numbers broadcast to rows");
    int *columns = ep_new_columns(lowering, node, width);
    for (int64_t j = 0; j < width; j++)
        columns[j] = ep_program_constant(lowering->program, ep_number_at(source, one ? 0 : j));
    *ep_output(lowering, node, 0) = ep_columns(EP_FLOAT, rank, shape[0], (int)width, columns);
}

static bool becomes_columns(const struct ep_lowering *lowering, const struct ep_node *node, bool unknown)
{
    return lowering->kinds != NULL ? lowering->kinds[node->outputs[0]] == EP_COLUMNS : unknown;
}

/* The shape of a value broadcast to input 1; returns its rank. */
static int stretch_shape(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_lowered *source, int64_t *shape)
{
    int64_t wanted[EP_RANK];
    int given = ep_shape_input(lowering, node, 1, wanted), rank = given > source->rank ? given : source->rank;
    for (int d = 0; d < rank; d++) {
        int s = d - (rank - source->rank), w = d - (rank - given);
        shape[d] = stretch(lowering, node, s < 0 ? 1 : source->shape[s],
                           w < 0 ? 1 : ep_extent(lowering, node, wanted[w]));
    }
    return rank;
}

void ep_lower_expand(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    struct ep_lowered source = *ep_input(lowering, node, 0);
    struct ep_selection selection = {.rank = 0};
    selection.rank = stretch_shape(lowering, node, &source, selection.shape);
    if (source.kind == EP_NUMBERS &&
        becomes_columns(lowering, node, selection.shape[0] < 0 && selection.rank <= 2)) {
        fill(lowering, node, &source, selection.rank, selection.shape);
        return;
    }
    if (source.kind == EP_COLUMNS && selection.rank == source.rank) {
        source.columns = ep_spread(lowering, &source, selection.shape[0]);
        source.shape[0] = selection.shape[0];
    }
    for (int d = 0; d < selection.rank; d++) {
        int s = d - (selection.rank - source.rank);
        selection.from[d] = s < 0 || (source.shape[s] == 1 && selection.shape[d] != 1) ? -1 : s;
        selection.factor[d] = 1;
    }
    ep_select(lowering, node, &source, &selection, ep_output(lowering, node, 0));
}

static void concat_numbers(struct ep_lowering *lowering, const struct ep_node *node)
{
    struct ep_lowered result = *ep_input(lowering, node, 0);
    size_t size = ep_element_size(result.element), filled = 0;
    result.shape[0] = 0;
    for (size_t i = 0; i < node->inputs_count; i++) {
        const struct ep_lowered *part = ep_input(lowering, node, i);
        if (part->kind != EP_NUMBERS || part->rank != 1 || part->element != result.element)
            ep_unsupported(lowering, node, "joins numbers with others");
        result.shape[0] += part->shape[0];
        if (result.shape[0] > EP_MOST_NUMBERS) ep_unsupported(lowering, node, "numbers of a large extent");
    }
    char *numbers = ep_alloc(lowering->arena, (size_t)result.shape[0], size);
    for (size_t i = 0; i < node->inputs_count; i++) {
        const struct ep_lowered *part = ep_input(lowering, node, i);
        memcpy(numbers + filled, part->numbers, (size_t)part->shape[0] * size);
        filled += (size_t)part->shape[0] * size;
    }
    result.numbers = numbers;
    *ep_output(lowering, node, 0) = result;
}

static int64_t common_rows(struct ep_lowering *lowering, const struct ep_node *node)
{
    int64_t rows = ep_input(lowering, node, 0)->shape[0];
    for (size_t i = 0; i < node->inputs_count; i++) {
        const struct ep_lowered *part = ep_input(lowering, node, i);
        if (part->kind != EP_COLUMNS || part->rank != 2 || part->element != EP_FLOAT)
            ep_unsupported(lowering, node, "joins columns with others");
        if (part->shape[0] != rows)
            ep_give_up(lowering->arena, lowering->kinds == NULL ? EP_REASON_UNSUPPORTED : EP_REASON_INPUT,
                       "Concat: numbers of rows differ");
    }
    return rows;
}

void ep_lower_concat(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *first = ep_input(lowering, node, 0);
    int axis = ep_axis(lowering, node, ep_integer(node, "axis", 0), first->rank);
    if (first->kind == EP_NUMBERS && first->rank == 1) {
        concat_numbers(lowering, node);
        return;
    }
    if (axis != 1) ep_unsupported(lowering, node, "joins rows");
    int64_t rows = common_rows(lowering, node);
    int64_t width = 0;
    for (size_t i = 0; i < node->inputs_count; i++) width += ep_width(ep_input(lowering, node, i));
    int *columns = ep_new_columns(lowering, node, width), filled = 0;
    for (size_t i = 0; i < node->inputs_count; i++) {
        const struct ep_lowered *part = ep_input(lowering, node, i);
        memcpy(columns + filled, part->columns, (size_t)ep_width(part) * sizeof *columns);
        filled += ep_width(part);
    }
    *ep_output(lowering, node, 0) = ep_columns(EP_FLOAT, 2, rows, filled, columns);
}

/* Known places along one axis: a single one (the axis is dropped) or a list. */
static void gather_known(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_lowered *source, const struct ep_lowered *places, int axis)
{
    size_t count = 0;
    int64_t *list = ep_known_integers(lowering, node, places, &count), extent = source->shape[axis];
    struct ep_selection selection = ep_select_all(source);
    for (size_t i = 0; i < count; i++) {
        if (extent < 0) ep_unsupported(lowering, node, "a place of unknown extent");
        if (list[i] < 0) list[i] += extent;
        if (list[i] < 0 || list[i] >= extent) ep_unsupported(lowering, node, "a place beyond the extent");
        /* lists with a constant step are selections; others are rare */
        if (i > 1 && list[i] - list[i - 1] != list[1] - list[0])
            ep_unsupported(lowering, node, "places without a constant step");
    }
    if (count == 0) ep_unsupported(lowering, node, "no places");
    selection.begins[axis] = list[0];
    selection.factor[axis] = count > 1 ? list[1] - list[0] : 1;
    selection.shape[axis] = (int64_t)count;
    if (places->rank == 0) {
        selection.rank--;
        for (int d = axis; d < selection.rank; d++) {
            selection.shape[d] = selection.shape[d + 1];
            selection.from[d] = selection.from[d + 1];
            selection.factor[d] = selection.factor[d + 1];
        }
    }
    select_input(lowering, node, &selection);
}

void ep_lower_gather(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    const struct ep_lowered *source = ep_input(lowering, node, 0), *index = ep_input(lowering, node, 1);
    int axis = ep_axis(lowering, node, ep_integer(node, "axis", 0), source->rank);
    if (index->kind == EP_NUMBERS && (source->kind != EP_COLUMNS || axis == 1))
        gather_known(lowering, node, source, index, axis);
    else if (index->kind == EP_INTEGERS && source->kind == EP_COLUMNS && axis == 0 && index->rank == 1)
        ep_gather_rows(lowering, node, source, index, ep_output(lowering, node, 0));
    else
        ep_unsupported(lowering, node, "not rows by an index");
}

/* ---- types ------------------------------------------------------------------------------------------------
 */

static void cast_numbers(struct ep_lowering *lowering, const struct ep_node *node,
                         const struct ep_lowered *source, enum ep_element to)
{
    struct ep_lowered result = *source;
    int64_t count = ep_elements(source->shape, source->rank);
    void *numbers = ep_alloc(lowering->arena, (size_t)count, ep_element_size(to));
    for (int64_t i = 0; i < count; i++) {
        int64_t integer = ep_integer_at(source, i);
        if (to == EP_FLOAT)
            ((float *)numbers)[i] = ep_unknown(lowering, integer) ? __builtin_nanf("") : (float)integer;
        if (to == EP_INT64) ((int64_t *)numbers)[i] = integer;
        if (to == EP_INT32) {
            if (integer != (int32_t)integer) ep_unsupported(lowering, node, "does not fit into int32");
            ((int32_t *)numbers)[i] = (int32_t)integer;
        }
        if (to == EP_BOOL) ep_unsupported(lowering, node, "numbers as truth values");
    }
    result.numbers = numbers;
    result.element = to;
    *ep_output(lowering, node, 0) = result;
}

void ep_lower_cast(struct ep_lowering *lowering, const struct ep_node *node, int function)
{
    (void)function;
    enum { ONNX_FLOAT = 1, ONNX_INT32 = 6, ONNX_INT64 = 7, ONNX_BOOL = 9 };
    const struct ep_lowered *source = ep_input(lowering, node, 0);
    int64_t code = ep_integer(node, "to", 0);
    enum ep_element to = code == ONNX_FLOAT   ? EP_FLOAT
                         : code == ONNX_INT64 ? EP_INT64
                         : code == ONNX_INT32 ? EP_INT32
                         : code == ONNX_BOOL  ? EP_BOOL
                                              : EP_ELEMENT_OTHER;
    bool same = to == source->element;
    bool integers = source->kind == EP_INTEGERS && to == EP_INT64;
    if (to == EP_ELEMENT_OTHER) ep_unsupported(lowering, node, "to another type");
    if (same || integers || (source->kind == EP_COLUMNS && to == EP_FLOAT)) {
        *ep_output(lowering, node, 0) = *source; /* truth values of columns are 0 and 1 */
        ep_output(lowering, node, 0)->element = to;
    } else if (source->kind == EP_NUMBERS) {
        cast_numbers(lowering, node, source, to);
    } else {
        ep_unsupported(lowering, node, "to another type");
    }
}
