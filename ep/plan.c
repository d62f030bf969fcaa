/* Divides a program into passes and lays out its buffers. */
#include "ep/plan.h"

#include <stdlib.h>
#include <string.h>

#include "ep/packings.h"
#include "ep/schedule.h"

struct planner {
    struct ep_arena *arena;
    struct ep_program *program;
    struct ep_plan *plan;
    struct ep_schedule schedule;
    int *kept;      /* [ops] buffer of an op whose columns a later pass reads, or -1 */
    int *last_read; /* [buffers' ops] place in the schedule where an op's buffer is read last */
    /* of the current pass */
    int *slots;    /* [columns] slot of scratch, or -1 */
    int *last_use; /* [columns] place in the schedule, or -1 */
    int *free_slots;
    size_t free_count;
};

/* ---- buffers ---------------------------------------------------------------------------------------- */

static size_t blocks_of(int64_t rows)
{
    return ((size_t)rows + EP_ROWS - 1) / EP_ROWS;
}

/* Room for `count` elements of `size` bytes, plus a vector, so that kernels may read beyond the end of the
 * last row. */
static int add_buffer(struct planner *planner, size_t count, size_t size, int first, int last)
{
    struct ep_plan *plan = planner->plan;
    enum { ALIGNMENT = 64 };
    if (size != 0 && count > SIZE_MAX / 4 / size)
        ep_give_up(planner->arena, EP_REASON_MEMORY, "a tensor of %zu rows does not fit into memory", count);
    struct ep_buffer *buffer = EP_PUSH(planner->arena, plan->buffers, plan->buffers_count);
    *buffer = (struct ep_buffer){.bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT,
                                 .first = first,
                                 .last = last,
                                 .shares = -1};
    return (int)plan->buffers_count - 1;
}

static void extend(struct planner *planner, int buffer, int pass)
{
    struct ep_buffer *needed = &planner->plan->buffers[buffer];
    if (needed->last < pass) needed->last = pass;
}

static struct ep_op *op_at(const struct planner *planner, size_t place)
{
    return &planner->program->ops[planner->schedule.ops[place]];
}

static int pass_of(const struct planner *planner, const struct ep_op *op)
{
    return planner->schedule.passes[op - planner->program->ops];
}

/* Gives a buffer to each op whose columns are read in a later pass. */
static void keep_columns(struct planner *planner)
{
    const struct ep_program *program = planner->program;
    planner->kept = ep_alloc(planner->arena, program->ops_count, sizeof *planner->kept);
    planner->last_read = ep_alloc(planner->arena, program->ops_count, sizeof *planner->last_read);
    memset(planner->kept, -1, program->ops_count * sizeof *planner->kept);
    for (size_t i = 0; i < planner->schedule.count; i++) {
        const struct ep_op *op = op_at(planner, i);
        int pass = pass_of(planner, op);
        for (int k = 0; k < op->inputs_count; k++) {
            int maker = program->makers[op->inputs[k]], made = planner->schedule.passes[maker];
            if (made < 0 || made == pass) continue;
            if (planner->kept[maker] < 0)
                planner->kept[maker] =
                    add_buffer(planner, blocks_of(op->rows) * (size_t)program->ops[maker].width,
                               EP_ROWS * sizeof(float), made, pass);
            extend(planner, planner->kept[maker], pass);
            planner->last_read[maker] = (int)i;
        }
    }
}

/* An op's buffer may reuse another one block by block, if that is last read in the same pass before the op
 * writes. */
static void share_buffers(struct planner *planner)
{
    struct ep_buffer *buffers = planner->plan->buffers;
    char *taken = ep_alloc(planner->arena, planner->plan->buffers_count, 1);
    for (size_t i = 0; i < planner->schedule.count; i++) {
        int own = planner->kept[planner->schedule.ops[i]];
        if (own < 0) continue;
        for (size_t other = 0; other < planner->program->ops_count; other++) {
            int old = planner->kept[other];
            if (old < 0 || old == own || taken[old] || buffers[old].bytes != buffers[own].bytes) continue;
            if (planner->program->ops[other].width != op_at(planner, i)->width ||
                planner->program->ops[other].rows != op_at(planner, i)->rows)
                continue;
            if (buffers[old].last != buffers[own].first || planner->last_read[other] >= (int)i) continue;
            buffers[own].shares = old;
            taken[old] = 1;
            break;
        }
    }
}

static void use_index(struct planner *planner, int number, int pass, bool groups)
{
    const struct ep_index *index = &planner->program->indices[number];
    struct ep_prepared_index *prepared = &planner->plan->indices[number];
    if (prepared->buffer < 0)
        prepared->buffer = add_buffer(planner, (size_t)index->count, sizeof(int32_t), -1, pass);
    extend(planner, prepared->buffer, pass);
    if (!groups) return;
    if (prepared->groups < 0) {
        prepared->groups = add_buffer(planner, (size_t)index->range + 1, sizeof(int32_t), -1, pass);
        prepared->order = add_buffer(planner, (size_t)index->count, sizeof(int32_t), -1, pass);
    }
    extend(planner, prepared->groups, pass);
    extend(planner, prepared->order, pass);
}

enum { STREAMED = 1 << 21 }; /* floats */

static void use_view(struct planner *planner, int number, int pass)
{
    if (number < 0) return;
    const struct ep_view *view = &planner->program->views[number];
    struct ep_stored_view *stored = &planner->plan->views[number];
    int written = view->store < 0 ? -1 : planner->schedule.passes[view->store];
    stored->stride =
        view->packed ? (size_t)view->width : ((size_t)view->width + EP_STRIDE - 1) / EP_STRIDE * EP_STRIDE;
    stored->streams = !view->packed && (size_t)view->rows * stored->stride > STREAMED;
    if (stored->buffer < 0)
        stored->buffer =
            add_buffer(planner, (size_t)view->rows, stored->stride * sizeof(float), written, pass);
    extend(planner, stored->buffer, pass);
}

static void keep_views(struct planner *planner)
{
    struct ep_plan *plan = planner->plan;
    const struct ep_program *program = planner->program;
    plan->views = ep_alloc(planner->arena, program->views_count, sizeof *plan->views);
    plan->indices = ep_alloc(planner->arena, program->indices_count, sizeof *plan->indices);
    for (size_t v = 0; v < program->views_count; v++) plan->views[v].buffer = -1;
    for (size_t i = 0; i < program->indices_count; i++)
        plan->indices[i] = (struct ep_prepared_index){-1, -1, -1};
    for (size_t i = 0; i < planner->schedule.count; i++) {
        const struct ep_op *op = op_at(planner, i);
        int pass = pass_of(planner, op);
        for (int t = 0; t < op->terms_count; t++) {
            use_view(planner, op->terms[t].view, pass);
            use_index(planner, op->terms[t].index, pass, false);
        }
        if (op->kind != EP_OP_SEGMENTS) continue;
        use_view(planner, op->view, pass);
        use_view(planner, op->weight, pass);
        use_index(planner, op->targets, pass, true);
        if (op->sources >= 0) use_index(planner, op->sources, pass, false);
    }
}

static bool together(const struct ep_buffer *a, const struct ep_buffer *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* First fit: the lowest place not used by a buffer needed at the same time. */
static size_t find_place(const struct ep_plan *plan, const int *placed, size_t count,
                         const struct ep_buffer *buffer)
{
    size_t place = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const struct ep_buffer *other = &plan->buffers[placed[i]];
            bool apart = place + buffer->bytes <= other->offset || other->offset + other->bytes <= place;
            if (apart || !together(buffer, other)) continue;
            place = other->offset + other->bytes;
            moved = true;
        }
    }
    return place;
}

/* Places each chain of shared buffers as one, the largest first. */
static void place_buffers(struct planner *planner)
{
    struct ep_plan *plan = planner->plan;
    size_t count = plan->buffers_count, placed_count = 0;
    int *root = ep_alloc(planner->arena, count, sizeof *root),
        *placed = ep_alloc(planner->arena, count, sizeof *root);
    for (size_t i = 0; i < count; i++) {
        root[i] = (int)i;
        while (plan->buffers[root[i]].shares >= 0) root[i] = plan->buffers[root[i]].shares;
        struct ep_buffer *first = &plan->buffers[root[i]];
        if (first->last < plan->buffers[i].last) first->last = plan->buffers[i].last;
    }
    char *done = ep_alloc(planner->arena, count, 1);
    for (size_t round = 0; round < count; round++) {
        int largest = -1;
        for (size_t i = 0; i < count; i++)
            if (root[i] == (int)i && !done[i] &&
                (largest < 0 || plan->buffers[i].bytes > plan->buffers[largest].bytes))
                largest = (int)i;
        if (largest < 0) break;
        done[largest] = 1;
        struct ep_buffer *buffer = &plan->buffers[largest];
        buffer->offset = find_place(plan, placed, placed_count, buffer);
        placed[placed_count++] = largest;
        if (plan->bytes < buffer->offset + buffer->bytes) plan->bytes = buffer->offset + buffer->bytes;
    }
    for (size_t i = 0; i < count; i++) plan->buffers[i].offset = plan->buffers[root[i]].offset;
}

/* ---- passes ----------------------------------------------------------------------------------------- */

static int take_slot(struct planner *planner, struct ep_pass *pass)
{
    if (planner->free_count > 0) return planner->free_slots[--planner->free_count];
    return pass->slots++;
}

static void give_slot(struct planner *planner, int column)
{
    if (planner->slots[column] < 0) return;
    *EP_PUSH(planner->arena, planner->free_slots, planner->free_count) = planner->slots[column];
    planner->slots[column] = -1;
}

static void add_column(struct planner *planner, struct ep_pass *pass, struct ep_column column)
{
    if (column.place == EP_BUFFER)
        *EP_PUSH(planner->arena, pass->moving, pass->moving_count) =
            (struct ep_moving){(int)pass->columns_count, (size_t)column.width * EP_ROWS};
    *EP_PUSH(planner->arena, pass->columns, pass->columns_count) = column;
}

static struct ep_instruction *add_instruction(struct planner *planner, struct ep_pass *pass,
                                              const struct ep_op *op)
{
    struct ep_instruction *added = EP_PUSH(planner->arena, pass->instructions, pass->instructions_count);
    *added = (struct ep_instruction){.kind = op->kind, .op = op};
    return added;
}

/* Assigns the outputs of an op: its buffer, or slots of scratch. */
static void add_outputs(struct planner *planner, struct ep_pass *pass, const struct ep_op *op)
{
    int buffer = planner->kept[op - planner->program->ops];
    for (int j = 0; j < op->width; j++) {
        struct ep_column column = {EP_BUFFER, buffer, j, op->width};
        if (buffer < 0) {
            planner->slots[op->first + j] = take_slot(planner, pass);
            column = (struct ep_column){EP_SCRATCH, planner->slots[op->first + j], 0, 0};
        }
        add_column(planner, pass, column);
    }
}

static void free_outputs(struct planner *planner, const struct ep_op *op, int place)
{
    for (int j = 0; j < op->width; j++)
        if (planner->last_use[op->first + j] <= place) give_slot(planner, op->first + j);
}

/* An input of the graph is loaded at its first use in a pass. */
static void load_input(struct planner *planner, struct ep_pass *pass, const struct ep_op *op, int place)
{
    struct ep_instruction *load = add_instruction(planner, pass, op);
    load->out = (int)pass->columns_count;
    add_outputs(planner, pass, op);
    free_outputs(planner, op, place - 1);
}

static void load_inputs(struct planner *planner, struct ep_pass *pass, const struct ep_op *op, int place)
{
    for (int k = 0; k < op->inputs_count; k++) {
        const struct ep_op *maker = ep_maker(planner->program, op->inputs[k]);
        if (maker->kind == EP_OP_INPUT && planner->slots[op->inputs[k]] < 0)
            load_input(planner, pass, maker, place);
    }
}

static struct ep_column find_column(const struct planner *planner, int column, const int *constants)
{
    const struct ep_op *maker = ep_maker(planner->program, column);
    int buffer = planner->kept[maker - planner->program->ops], place = column - maker->first;
    if (maker->kind == EP_OP_CONSTANT)
        return (struct ep_column){EP_CONSTANTS, constants[maker - planner->program->ops], 0, 0};
    if (buffer >= 0) return (struct ep_column){EP_BUFFER, buffer, place, maker->width};
    return (struct ep_column){EP_SCRATCH, planner->slots[column], 0, 0};
}

static void plan_op(struct planner *planner, struct ep_pass *pass, const struct ep_op *op, int place,
                    const int *constants)
{
    load_inputs(planner, pass, op, place);
    struct ep_instruction *added = add_instruction(planner, pass, op);
    added->in = (int)pass->columns_count;
    for (int k = 0; k < op->inputs_count; k++)
        add_column(planner, pass, find_column(planner, op->inputs[k], constants));
    added->out = (int)pass->columns_count;
    add_outputs(planner, pass, op);
    if (op->kind == EP_OP_LAYER)
        added->weights = ep_weights_of(planner->program->packings, planner->arena, op);
    for (int k = 0; k < op->inputs_count; k++)
        if (planner->last_use[op->inputs[k]] == place) give_slot(planner, op->inputs[k]);
    free_outputs(planner, op, place);
}

/* Columns are used until the last op of the pass that reads them. */
static void begin_pass(struct planner *planner, size_t first, size_t end)
{
    planner->free_slots = NULL;
    planner->free_count = 0;
    memset(planner->slots, -1, planner->program->columns_count * sizeof *planner->slots);
    memset(planner->last_use, -1, planner->program->columns_count * sizeof *planner->last_use);
    for (size_t i = first; i < end; i++)
        for (int k = 0; k < op_at(planner, i)->inputs_count; k++)
            planner->last_use[op_at(planner, i)->inputs[k]] = (int)i;
}

static void plan_passes(struct planner *planner, const int *constants)
{
    struct ep_plan *plan = planner->plan;
    plan->passes_count = planner->schedule.passes_count;
    plan->passes = ep_alloc(planner->arena, plan->passes_count, sizeof *plan->passes);
    planner->slots = ep_alloc(planner->arena, planner->program->columns_count, sizeof *planner->slots);
    planner->last_use = ep_alloc(planner->arena, planner->program->columns_count, sizeof *planner->last_use);
    for (size_t first = 0, end, p = 0; first < planner->schedule.count; first = end, p++) {
        for (end = first; end < planner->schedule.count && pass_of(planner, op_at(planner, end)) == (int)p;)
            end++;
        plan->passes[p].rows = op_at(planner, first)->rows;
        begin_pass(planner, first, end);
        for (size_t i = first; i < end; i++)
            plan_op(planner, &plan->passes[p], op_at(planner, i), (int)i, constants);
    }
}

/* [ops] number of each constant; also fills in their values. */
static int *plan_constants(struct planner *planner)
{
    const struct ep_program *program = planner->program;
    int *numbers = ep_alloc(planner->arena, program->ops_count, sizeof *numbers), count = 0;
    for (size_t i = 0; i < program->ops_count; i++)
        if (program->ops[i].kind == EP_OP_CONSTANT) numbers[i] = count++;
    float *values = ep_alloc(planner->arena, (size_t)count * EP_ROWS, sizeof *values);
    for (size_t i = 0; i < program->ops_count; i++)
        for (int r = 0; r < EP_ROWS && program->ops[i].kind == EP_OP_CONSTANT; r++)
            values[numbers[i] * EP_ROWS + r] = program->ops[i].alpha;
    planner->plan->constants = values;
    return numbers;
}

struct ep_plan *ep_plan_make(struct ep_program *program)
{
    struct ep_plan *plan = ep_alloc(program->arena, 1, sizeof *plan);
    struct planner planner = {.arena = program->arena, .program = program, .plan = plan};
    plan->program = program;
    planner.schedule = ep_schedule_make(program);
    keep_columns(&planner);
    share_buffers(&planner);
    keep_views(&planner);
    place_buffers(&planner);
    plan_passes(&planner, plan_constants(&planner));
    return plan;
}
