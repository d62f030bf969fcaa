/* Runs a plan block by block, on several threads. */
#include "ep/run.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ep/index.h"

/* Shared by the threads of a run. */
struct work {
    const struct ep_run *run;
    const struct ep_pass *pass;
    size_t blocks_per_task, blocks;
    void (*function)(struct work *work, size_t number);
    atomic_size_t begun, done; /* parallel calls */
    atomic_bool no_memory;
    _Atomic int64_t bad_index; /* number of an index with values out of range, + 1 */
};

static void *buffer_at(const struct work *work, int buffer)
{
    return work->run->memory + work->run->plan->buffers[buffer].offset;
}

/* ---- in parallel ------------------------------------------------------------------------------------ */

/* Orders memory accesses before, within and after the parallel calls: the runtime's threads do so too, but
 * ThreadSanitizer does not know them. */
static void call_ordered(void *data, size_t number)
{
    struct work *work = data;
    atomic_load_explicit(&work->begun, memory_order_acquire);
    work->function(work, number);
    atomic_fetch_add_explicit(&work->done, 1, memory_order_release);
}

static void call_all(struct work *work, void (*function)(struct work *, size_t), size_t count)
{
    if (count == 0) return;
    work->function = function;
    atomic_fetch_add_explicit(&work->begun, 1, memory_order_release);
    work->run->parallel(work->run->context, call_ordered, count, work);
    atomic_load_explicit(&work->done, memory_order_acquire);
}

/* ---- scratch ---------------------------------------------------------------------------------------- */

struct ep_scratch {
    struct ep_scratch *next;
    size_t bytes; /* of data */
    _Alignas(64) char data[];
};

static struct ep_scratch *take_scratch(struct ep_scratch_pool *pool, size_t bytes)
{
    pthread_mutex_lock(&pool->lock);
    struct ep_scratch *scratch = pool->free;
    if (scratch != NULL) pool->free = scratch->next;
    pthread_mutex_unlock(&pool->lock);
    if (scratch != NULL && scratch->bytes >= bytes) return scratch;
    free(scratch);
    bytes = (bytes + 63) / 64 * 64;
    scratch = aligned_alloc(64, sizeof *scratch + bytes);
    if (scratch != NULL) scratch->bytes = bytes;
    return scratch;
}

static void give_scratch(struct ep_scratch_pool *pool, struct ep_scratch *scratch)
{
    pthread_mutex_lock(&pool->lock);
    scratch->next = pool->free;
    pool->free = scratch;
    pthread_mutex_unlock(&pool->lock);
}

void ep_scratch_free(struct ep_scratch_pool *pool)
{
    while (pool->free != NULL) {
        struct ep_scratch *next = pool->free->next;
        free(pool->free);
        pool->free = next;
    }
}

/* ---- one block -------------------------------------------------------------------------------------- */

/* The current block: addresses of the pass's columns, and its rows. */
struct block {
    const struct work *work;
    float **columns;
    int64_t first;
    size_t rows;
};

/* Sets columns with the same address for all blocks. */
static void set_columns(struct block *block, float *scratch)
{
    const struct ep_pass *pass = block->work->pass;
    const float *constants = block->work->run->plan->constants;
    for (size_t i = 0; i < pass->columns_count; i++) {
        const struct ep_column *column = &pass->columns[i];
        size_t offset = (size_t)column->number * EP_ROWS;
        if (column->place == EP_SCRATCH) block->columns[i] = scratch + offset;
        if (column->place == EP_CONSTANTS)
            block->columns[i] = (float *)constants + offset; /* never written */
    }
}

/* Sets the other columns, for the first block of a task. */
static void place_columns(struct block *block, size_t number)
{
    const struct ep_pass *pass = block->work->pass;
    for (size_t i = 0; i < pass->moving_count; i++) {
        const struct ep_column *column = &pass->columns[pass->moving[i].column];
        block->columns[pass->moving[i].column] =
            (float *)buffer_at(block->work, column->number) +
            (number * (size_t)column->width + (size_t)column->column) * EP_ROWS;
    }
}

/* Advances them to the next block. */
static void move_columns(struct block *block)
{
    const struct ep_pass *pass = block->work->pass;
    for (size_t i = 0; i < pass->moving_count; i++)
        block->columns[pass->moving[i].column] += pass->moving[i].step;
}

static void load_rows(const struct block *block, const struct ep_op *op, float *const *y)
{
    size_t width = (size_t)op->width;
    const float *from = block->work->run->inputs[op->function].data;
    block->work->run->kernels->load(from + (size_t)block->first * width, width, block->rows, width, y);
}

static void gather_rows(const struct block *block, const struct ep_op *op, float *const *y)
{
    const struct ep_plan *plan = block->work->run->plan;
    struct ep_source sources[EP_SOURCES];
    for (int t = 0; t < op->terms_count; t++) {
        const struct ep_stored_view *view = &plan->views[op->terms[t].view];
        const int32_t *index = buffer_at(block->work, plan->indices[op->terms[t].index].buffer);
        sources[t] =
            (struct ep_source){buffer_at(block->work, view->buffer), view->stride, index + block->first};
    }
    block->work->run->kernels->gather(sources, (size_t)op->terms_count, (size_t)op->width, block->rows, y);
}

static void sum_rows(const struct block *block, const struct ep_op *op, float *const *y)
{
    const struct ep_plan *plan = block->work->run->plan;
    const struct ep_prepared_index *targets = &plan->indices[op->targets];
    const struct ep_stored_view *view = &plan->views[op->view];
    struct ep_segments segments = {.begins = buffer_at(block->work, targets->groups),
                                   .order = buffer_at(block->work, targets->order),
                                   .rows = buffer_at(block->work, view->buffer),
                                   .stride = view->stride};
    if (segments.order[0] < 0) segments.order = NULL; /* the identity, see index.h */
    if (op->sources >= 0) segments.index = buffer_at(block->work, plan->indices[op->sources].buffer);
    if (op->weight >= 0) segments.weight = buffer_at(block->work, plan->views[op->weight].buffer);
    block->work->run->kernels->segments(&segments, (size_t)block->first, block->rows, (size_t)op->width, y);
}

static void store_truth(const struct block *block, const float *x, uint8_t *to, size_t stride)
{
    for (size_t r = 0; r < block->rows; r++) to[r * stride] = x[r] != 0;
}

static void store_rows(const struct block *block, const struct ep_op *op, const float *const *x)
{
    const struct ep_run *run = block->work->run;
    size_t width = (size_t)op->inputs_count, first = (size_t)block->first;
    if (op->output < 0) {
        const struct ep_stored_view *view = &run->plan->views[op->view];
        float *to = buffer_at(block->work, view->buffer);
        (view->streams ? run->kernels->stream : run->kernels->store)(x, width, block->rows,
                                                                     to + first * view->stride, view->stride);
    } else if (op->function) {
        for (size_t j = 0; j < width; j++)
            store_truth(block, x[j], (uint8_t *)run->outputs[op->output] + first * width + j, width);
    } else {
        run->kernels->store(x, width, block->rows, (float *)run->outputs[op->output] + first * width, width);
    }
}

static void compute(const struct block *block, const struct ep_instruction *instruction)
{
    const struct ep_kernels *kernels = block->work->run->kernels;
    const struct ep_op *op = instruction->op;
    const float *const *x = (const float *const *)block->columns + instruction->in;
    float *const *y = block->columns + instruction->out;
    size_t width = (size_t)op->width;
    switch (instruction->kind) {
    case EP_OP_INPUT: load_rows(block, op, y); break;
    case EP_OP_GATHER: gather_rows(block, op, y); break;
    case EP_OP_SEGMENTS: sum_rows(block, op, y); break;
    case EP_OP_STORE: store_rows(block, op, x); break;
    case EP_OP_LAYER: {
        size_t inputs = (size_t)ep_layer_inputs(op);
        kernels->layer(&(struct ep_layer){.x = x,
                                          .y = y,
                                          .inputs = inputs,
                                          .outputs = width,
                                          .weights = instruction->weights,
                                          .bias = op->bias,
                                          .start = op->starts ? x + inputs : NULL,
                                          .relu = op->relu});
        break;
    }
    case EP_OP_NORMALISE: kernels->normalise(x, width, op->alpha, op->weights, op->bias, op->relu, y); break;
    case EP_OP_SUM: kernels->sum(x, (size_t)op->inputs_count, op->alpha, y[0]); break;
    case EP_OP_UNARY:
        for (size_t j = 0; j < width; j++)
            kernels->unary((enum ep_unary)op->function, op->alpha, op->beta, x[j], y[j]);
        break;
    case EP_OP_BINARY:
        for (size_t j = 0; j < width; j++)
            kernels->binary((enum ep_binary)op->function, x[j], x[width + j], y[j]);
        break;
    case EP_OP_WHERE:
        for (size_t j = 0; j < width; j++)
            kernels->where(x[j], x[width + j], x[2 * width + j], op->alpha, op->beta, y[j]);
        break;
    case EP_OP_CLIP:
        for (size_t j = 0; j < width; j++) kernels->clip(x[j], op->alpha, op->beta, y[j]);
        break;
    case EP_OP_NONE:
    case EP_OP_CONSTANT: break;
    }
}

/* ---- a pass ----------------------------------------------------------------------------------------- */

static void do_task(struct work *work, size_t task)
{
    const struct ep_pass *pass = work->pass;
    size_t floats = (size_t)pass->slots * EP_ROWS;
    struct ep_scratch *scratch =
        take_scratch(work->run->pool, floats * sizeof(float) + pass->columns_count * sizeof(float *));
    if (scratch == NULL) {
        atomic_store(&work->no_memory, true);
        return;
    }
    struct block block = {.work = work,
                          .columns = (float **)(void *)(scratch->data + floats * sizeof(float))};
    size_t end = (task + 1) * work->blocks_per_task;
    set_columns(&block, (float *)(void *)scratch->data);
    place_columns(&block, task * work->blocks_per_task);
    for (size_t b = task * work->blocks_per_task; b < end && b < work->blocks; b++) {
        block.first = (int64_t)(b * EP_ROWS);
        int64_t left = pass->rows - block.first;
        block.rows = left < EP_ROWS ? (size_t)left : EP_ROWS;
        for (size_t i = 0; i < pass->instructions_count; i++) compute(&block, &pass->instructions[i]);
        move_columns(&block);
    }
    work->run->kernels->settle();
    give_scratch(work->run->pool, scratch);
}

/* Enough tasks that no thread waits long for another's last. */
static void do_pass(struct work *work, const struct ep_pass *pass)
{
    enum { TASKS = 64 };
    if (pass->rows <= 0) return;
    work->pass = pass;
    work->blocks = ((size_t)pass->rows + EP_ROWS - 1) / EP_ROWS;
    work->blocks_per_task = (work->blocks + TASKS - 1) / TASKS;
    size_t tasks = (work->blocks + work->blocks_per_task - 1) / work->blocks_per_task;
    call_all(work, do_task, tasks);
}

/* ---- preparations for passes ------------------------------------------------------------------------ */

static void prepare_index(struct work *work, size_t number)
{
    const struct ep_run *run = work->run;
    const struct ep_prepared_index *prepared = &run->plan->indices[number];
    const struct ep_index *index = &run->plan->program->indices[number];
    if (prepared->buffer < 0) return;
    int32_t *rows = buffer_at(work, prepared->buffer);
    if (!ep_index_read(index, index->input < 0 ? NULL : &run->inputs[index->input], rows)) {
        atomic_store(&work->bad_index, (int64_t)number + 1);
        return;
    }
    if (prepared->groups >= 0)
        ep_index_group(rows, (size_t)index->count, (size_t)index->range, buffer_at(work, prepared->groups),
                       buffer_at(work, prepared->order));
}

/* Copies inputs that rows are gathered from into the kernels' layout. */
static void prepare_view(struct work *work, size_t number)
{
    const struct ep_view *view = &work->run->plan->program->views[number];
    const struct ep_stored_view *stored = &work->run->plan->views[number];
    if (view->input < 0 || stored->buffer < 0) return;
    const float *from = work->run->inputs[view->input].data;
    float *to = buffer_at(work, stored->buffer);
    size_t width = (size_t)view->width;
    for (size_t r = 0; r < (size_t)view->rows; r++)
        memcpy(to + r * stored->stride, from + r * width, width * sizeof *to);
}

enum ep_reason ep_run(const struct ep_run *run, char *message, size_t size)
{
    const struct ep_plan *plan = run->plan;
    struct work work = {.run = run};
    call_all(&work, prepare_index, plan->program->indices_count);
    int64_t bad = atomic_load(&work.bad_index);
    if (bad > 0) {
        snprintf(message, size, "an index is outside the %lld rows it refers to",
                 (long long)plan->program->indices[bad - 1].range);
        return EP_REASON_INPUT;
    }
    call_all(&work, prepare_view, plan->program->views_count);
    for (size_t p = 0; p < plan->passes_count; p++) do_pass(&work, &plan->passes[p]);
    if (!atomic_load(&work.no_memory)) return EP_REASON_NONE;
    snprintf(message, size, "out of memory");
    return EP_REASON_MEMORY;
}
