/* Proves, of ep/: an arena returns what was requested, and frees everything when a task gives up; an index
 * is read and grouped as a simple loop would, and errors say where it is out of range; in the plans of random
 * programs, rewritten or not, each instruction finds its columns, rows and indices where they were written,
 * in whatever order a pass takes its blocks; runs give the same bytes on one thread and on four; weights are
 * packed once for all runs. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ep/index.h"
#include "ep/kernels_best.h"
#include "ep/packings.h"
#include "ep/rewrite.h"
#include "ep/run.h"
#include "ep/schedule.h"

static uint32_t random_state = 1;

static int random_below(int end)
{
    random_state = random_state * 1664525u + 1013904223u; /* Numerical Recipes, chapter 7 */
    return (int)((random_state >> 8) % (uint32_t)end);
}

/* ---- arena ------------------------------------------------------------------------------------------ */

static void test_arena_gives_zeros_of_its_own(void **state)
{
    (void)state;
    struct ep_arena arena = {0};
    jmp_buf here;
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 65536, 65537, 1000000, 3};
    unsigned char *blocks[10];
    if (!EP_TRY(&arena, here)) fail_msg("%s", arena.message);
    for (size_t i = 0; i < 10; i++) {
        blocks[i] = ep_alloc(&arena, sizes[i], 1);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        for (size_t b = 0; b < sizes[i]; b++) assert_int_equal(blocks[i][b], 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 10; i++)
        for (size_t b = 0; b < sizes[i]; b++) assert_int_equal(blocks[i][b], i + 1);
    ep_arena_free(&arena);
    assert_null(arena.chunks);
}

static void fill_array(struct ep_arena *arena)
{
    int *array = NULL;
    size_t count = 0;
    for (int i = 0; i < 5000; i++) *EP_PUSH(arena, array, count) = i;
    assert_int_equal(count, 5000);
    for (int i = 0; i < 5000; i++) assert_int_equal(array[i], i);
}

static void test_array_grows(void **state)
{
    (void)state;
    struct ep_arena arena = {0};
    jmp_buf here;
    if (!EP_TRY(&arena, here)) fail_msg("%s", arena.message);
    fill_array(&arena);
    ep_arena_free(&arena);
}

static enum ep_reason try_to_allocate(struct ep_arena *arena, size_t count, size_t size)
{
    jmp_buf here;
    if (EP_TRY(arena, here)) {
        ep_alloc(arena, 10, 10);
        ep_alloc(arena, count, size);
    }
    return arena->reason;
}

/* All of these are refused, whatever their product is modulo 2^64. */
static void test_arena_gives_up_on_too_much(void **state)
{
    (void)state;
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, (size_t)1 << 62, SIZE_MAX};
    static const size_t sizes[] = {1, 2, 4, 8, SIZE_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct ep_arena arena = {0};
        assert_int_equal(try_to_allocate(&arena, counts[i], sizes[i]), EP_REASON_MEMORY);
        ep_arena_free(&arena);
    }
}

static bool try_to_give_up(struct ep_arena *arena, volatile bool really)
{
    jmp_buf here;
    if (!EP_TRY(arena, here)) return true;
    if (really) ep_give_up(arena, EP_REASON_INPUT, "%s %d", "row", 7);
    return false;
}

static void test_giving_up_says_why(void **state)
{
    (void)state;
    struct ep_arena arena = {0};
    assert_true(try_to_give_up(&arena, true));
    assert_int_equal(arena.reason, EP_REASON_INPUT);
    assert_string_equal(arena.message, "row 7");
    assert_false(try_to_give_up(&arena, false));
    assert_int_equal(arena.reason, EP_REASON_NONE);
    ep_arena_free(&arena);
}

/* ---- index ------------------------------------------------------------------------------------------ */

enum { PLACES = 200, RANGE = 37 };

static void test_index_is_read_by_steps(void **state)
{
    (void)state;
    int64_t wide[3 * PLACES];
    int32_t narrow[3 * PLACES], rows[PLACES];
    for (int i = 0; i < 3 * PLACES; i++) narrow[i] = (int32_t)(wide[i] = random_below(2 * RANGE) - RANGE);
    for (int64_t step = 0; step <= 3; step++) {
        struct ep_index index = {.offset = 1, .step = step, .count = PLACES - 1, .range = RANGE};
        for (int type = 0; type < 2; type++) {
            struct ep_tensor tensor = {type ? (void *)narrow : (void *)wide, type ? EP_INT32 : EP_INT64};
            assert_true(ep_index_read(&index, &tensor, rows));
            for (int64_t i = 0; i < index.count; i++) {
                int64_t place = wide[1 + i * step];
                assert_int_equal(rows[i], place < 0 ? place + RANGE : place);
            }
        }
    }
    struct ep_index zeros = {.input = -1, .count = PLACES, .range = 1};
    memset(rows, -1, sizeof rows);
    assert_true(ep_index_read(&zeros, NULL, rows));
    for (int i = 0; i < PLACES; i++) assert_int_equal(rows[i], 0);
}

static void test_index_out_of_range(void **state)
{
    (void)state;
    static const int64_t bad[] = {RANGE,     -RANGE - 1,      INT64_MAX,        INT64_MIN,
                                  1LL << 32, (1LL << 32) + 1, -(1LL << 32),     INT64_MIN + RANGE,
                                  INT32_MAX, INT32_MIN,       INT64_MAX - RANGE};
    int32_t rows[3], narrow[3] = {0, 0, 0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int place = 0; place < 3; place++) {
            int64_t wide[3] = {0, 1, -1};
            wide[place] = bad[i];
            struct ep_index index = {.step = 1, .count = 3, .range = RANGE};
            assert_false(ep_index_read(&index, &(struct ep_tensor){wide, EP_INT64}, rows));
            if (bad[i] != (int32_t)bad[i]) continue;
            memset(narrow, 0, sizeof narrow);
            narrow[place] = (int32_t)bad[i];
            assert_false(ep_index_read(&index, &(struct ep_tensor){narrow, EP_INT32}, rows));
        }
    int64_t one = 0;
    struct ep_index nowhere = {.step = 1, .count = 1, .range = 0}, none = {.step = 1, .count = 0, .range = 0};
    assert_false(ep_index_read(&nowhere, &(struct ep_tensor){&one, EP_INT64}, rows));
    assert_true(ep_index_read(&none, &(struct ep_tensor){&one, EP_INT64}, rows));
}

static void check_groups(const int32_t *rows, size_t count, size_t range)
{
    int32_t begins[RANGE + 2], order[PLACES + 1];
    size_t place = 0;
    ep_index_group(rows, count, range, begins, order);
    assert_int_equal(begins[0], 0);
    bool own_order = order[0] < 0;
    for (size_t t = 0; t < range; t++)
        for (size_t i = 0; i < count; i++) {
            if (rows[i] != (int32_t)t) continue;
            assert_int_equal(own_order ? (int32_t)place : order[place], (int32_t)i);
            place++;
            assert_true(place <= (size_t)begins[t + 1] && place > (size_t)begins[t]);
        }
    assert_int_equal(place, count);
    assert_int_equal(begins[range], count);
}

static void test_index_is_grouped(void **state)
{
    (void)state;
    int32_t rows[PLACES] = {0};
    check_groups(rows, 0, 0);
    check_groups(rows, 0, RANGE);
    for (int kind = 0; kind < 4; kind++)
        for (size_t count = 1; count <= PLACES; count += 1 + count / 3) {
            for (size_t i = 0; i < count; i++)
                rows[i] = kind == 0   ? random_below(RANGE)
                          : kind == 1 ? (int32_t)(i * RANGE / count)
                          : kind == 2 ? RANGE - 1
                                      : RANGE - 1 - (int32_t)(i * RANGE / count);
            check_groups(rows, count, RANGE);
        }
}

/* ---- random programs -------------------------------------------------------------------------------- */

enum { NODES = 130, EDGES = 300, TENSORS = 60, WIDEST = 24 };

struct tensor {
    int64_t rows;
    int width, columns[WIDEST];
};

struct maker {
    struct ep_program *program;
    struct tensor tensors[TENSORS];
    int count, inputs;
};

/* Rather a new one: many passes follow each other then. */
static struct tensor *random_tensor(struct maker *maker, int64_t rows)
{
    for (int tries = 0; tries < 50; tries++) {
        struct tensor *tensor =
            &maker->tensors[maker->count - 1 - random_below(1 + random_below(maker->count))];
        if (rows == 0 || tensor->rows == rows) return tensor;
    }
    return &maker->tensors[rows == EDGES ? 1 : 0];
}

static void keep_columns(struct maker *maker, const struct ep_op *op)
{
    struct tensor *made = &maker->tensors[maker->count++];
    *made = (struct tensor){.rows = op->rows, .width = op->width};
    for (int j = 0; j < op->width; j++) made->columns[j] = op->first + j;
}

static void add_input(struct maker *maker, int64_t rows, int width)
{
    struct ep_op *op = ep_program_op(maker->program, EP_OP_INPUT, rows, width, 0);
    op->function = maker->inputs++;
    keep_columns(maker, op);
}

static void add_elements(struct maker *maker, int operands)
{
    const struct tensor *x = random_tensor(maker, 0), *y = random_tensor(maker, x->rows);
    int constant = ep_program_constant(maker->program, (float)random_below(3));
    struct ep_op *op = ep_program_op(maker->program, operands == 1 ? EP_OP_UNARY : EP_OP_BINARY, x->rows,
                                     x->width, operands * x->width);
    op->function =
        operands == 1 ? (random_below(2) ? EP_RELU : EP_TANH) : (random_below(2) ? EP_ADD : EP_MUL);
    bool second = random_below(4) > 0;
    for (int j = 0; j < x->width; j++) {
        op->inputs[j] = x->columns[j];
        if (operands == 2) op->inputs[x->width + j] = second ? y->columns[j % y->width] : constant;
    }
    keep_columns(maker, op);
}

static void add_layer(struct maker *maker)
{
    static float weights[WIDEST * WIDEST];
    for (int i = 0; i < WIDEST * WIDEST; i++) weights[i] = 0.1f * (float)(i % 7 - 3);
    const struct tensor *x = random_tensor(maker, 0);
    int width = random_below(3) > 0 ? 4 : 1 + random_below(10); /* buffers are shared where they are alike */
    struct ep_op *op = ep_program_op(maker->program, EP_OP_LAYER, x->rows, width, x->width);
    op->alpha = 1;
    op->weights = weights;
    op->row_step = (size_t)width;
    op->column_step = 1;
    op->places = ep_alloc(maker->program->arena, (size_t)x->width, sizeof *op->places);
    for (int k = 0; k < x->width; k++) op->places[k] = k;
    memcpy(op->inputs, x->columns, (size_t)x->width * sizeof *op->inputs);
    keep_columns(maker, op);
}

static void add_sum(struct maker *maker)
{
    const struct tensor *x = random_tensor(maker, 0);
    struct ep_op *op = ep_program_op(maker->program, EP_OP_SUM, x->rows, 1, x->width);
    memcpy(op->inputs, x->columns, (size_t)x->width * sizeof *op->inputs);
    keep_columns(maker, op);
}

static int random_index(struct maker *maker, int64_t range)
{
    struct ep_index index = {
        .input = 2, .offset = random_below(2), .step = 1, .count = EDGES, .range = range};
    return ep_program_index(maker->program, &index);
}

static void add_gather(struct maker *maker)
{
    const struct tensor *x = random_tensor(maker, NODES);
    int view = ep_program_view(maker->program, x->columns, x->width, x->rows),
        index = random_index(maker, NODES);
    struct ep_op *op = ep_program_op(maker->program, EP_OP_GATHER, EDGES, x->width, 0);
    op->terms[0] = (struct ep_term){view, index};
    op->terms_count = 1;
    keep_columns(maker, op);
}

static void add_segments(struct maker *maker)
{
    const struct tensor *x = random_tensor(maker, EDGES);
    int view = ep_program_view(maker->program, x->columns, x->width, x->rows),
        index = random_index(maker, NODES);
    struct ep_op *op = ep_program_op(maker->program, EP_OP_SEGMENTS, NODES, x->width, 0);
    op->view = view;
    op->targets = index;
    keep_columns(maker, op);
}

/* Columns of two tensors in turn: views of programs are of any columns. */
static void add_join(struct maker *maker)
{
    const struct tensor x = *random_tensor(maker, 0), y = *random_tensor(maker, x.rows);
    struct tensor *made = &maker->tensors[maker->count++];
    *made = (struct tensor){.rows = x.rows};
    for (int j = random_below(2); j < x.width && made->width < WIDEST; j++)
        made->columns[made->width++] = x.columns[j];
    for (int j = 0; j < y.width && made->width < WIDEST; j++) made->columns[made->width++] = y.columns[j];
}

static void add_output(struct maker *maker, int number)
{
    const struct tensor *x = &maker->tensors[number == 0 ? maker->count - 1 : random_below(maker->count)];
    struct ep_op *op = ep_program_op(maker->program, EP_OP_STORE, x->rows, 0, x->width);
    memcpy(op->inputs, x->columns, (size_t)x->width * sizeof *op->inputs);
    op->output = number;
}

static struct ep_program *random_program(struct ep_arena *arena)
{
    struct maker maker = {.program = ep_alloc(arena, 1, sizeof *maker.program)};
    maker.program->arena = arena;
    add_input(&maker, NODES, 4);
    add_input(&maker, EDGES, 4);
    for (int wanted = 6 + random_below(TENSORS - 6); maker.count < wanted;) switch (random_below(8)) {
        case 0: add_elements(&maker, 1); break;
        case 1:
        case 2: add_elements(&maker, 2); break;
        case 3: add_layer(&maker); break;
        case 4: add_sum(&maker); break;
        case 5: add_gather(&maker); break;
        case 6: add_segments(&maker); break;
        default: add_join(&maker); break;
        }
    for (int i = 1 + random_below(3); i-- > 0;) add_output(&maker, i);
    return maker.program;
}

/* ---- what a plan's memory holds --------------------------------------------------------------------- */

enum { CELL = 64, MOST_SLOTS = 4096 };

/* Whose each cell of memory is: a column's of a block, a view's, an index's; 0: nobody's. */
struct holder {
    const struct ep_plan *plan;
    int64_t *cells;
    int64_t slots[MOST_SLOTS];
};

static int64_t column_tag(int column, int64_t block)
{
    return ((int64_t)column + 1) << 32 | block;
}

static int64_t view_tag(int view)
{
    return -1000 - 3 * view;
}

static int64_t index_tag(int index, int part)
{
    return -100000000 - 3 * index - part;
}

static void hold(struct holder *holder, size_t begin, size_t bytes, int64_t tag)
{
    assert_true(begin + bytes <= holder->plan->bytes);
    for (size_t c = begin / CELL; c < (begin + bytes + CELL - 1) / CELL; c++) holder->cells[c] = tag;
}

static void check_held(const struct holder *holder, size_t begin, size_t bytes, int64_t tag)
{
    assert_true(begin + bytes <= holder->plan->bytes);
    for (size_t c = begin / CELL; c < (begin + bytes + CELL - 1) / CELL; c++)
        if (holder->cells[c] != tag) fail_msg("cell %zu is another's", c);
}

static size_t column_begin(const struct ep_plan *plan, const struct ep_column *column, int64_t block)
{
    return plan->buffers[column->number].offset +
           ((size_t)block * (size_t)column->width + (size_t)column->column) * EP_ROWS * sizeof(float);
}

static void write_column(struct holder *holder, const struct ep_column *place, int column, int64_t block)
{
    assert_true(place->place != EP_CONSTANTS);
    if (place->place == EP_SCRATCH)
        holder->slots[place->number] = column_tag(column, block);
    else
        hold(holder, column_begin(holder->plan, place, block), EP_ROWS * sizeof(float),
             column_tag(column, block));
}

static void read_column(const struct holder *holder, const struct ep_column *place, int column, int64_t block)
{
    const struct ep_op *maker = ep_maker(holder->plan->program, column);
    if (maker->kind == EP_OP_CONSTANT) {
        assert_int_equal(place->place, EP_CONSTANTS);
        assert_true(holder->plan->constants[place->number * EP_ROWS + EP_ROWS - 1] == maker->alpha);
    } else if (place->place == EP_SCRATCH) {
        assert_int_equal(holder->slots[place->number], column_tag(column, block));
    } else {
        assert_int_equal(place->place, EP_BUFFER);
        check_held(holder, column_begin(holder->plan, place, block), EP_ROWS * sizeof(float),
                   column_tag(column, block));
    }
}

static size_t view_bytes(const struct ep_plan *plan, int view, int64_t rows)
{
    return (size_t)rows * plan->views[view].stride * sizeof(float);
}

static void read_view(const struct holder *holder, int view)
{
    if (view < 0) return;
    const struct ep_plan *plan = holder->plan;
    check_held(holder, plan->buffers[plan->views[view].buffer].offset,
               view_bytes(plan, view, plan->program->views[view].rows), view_tag(view));
}

/* The rows that a block writes; cells at its ends may be a neighbour's too, which is the same view. */
static void write_view(struct holder *holder, int view, int64_t block)
{
    const struct ep_plan *plan = holder->plan;
    int64_t rows = plan->program->views[view].rows, first = block * EP_ROWS;
    int64_t end = first + EP_ROWS < rows ? first + EP_ROWS : rows;
    hold(holder, plan->buffers[plan->views[view].buffer].offset + view_bytes(plan, view, first),
         view_bytes(plan, view, end - first), view_tag(view));
}

static void each_index(struct holder *holder, int number, bool groups, bool write)
{
    const struct ep_plan *plan = holder->plan;
    const struct ep_index *index = &plan->program->indices[number];
    const struct ep_prepared_index *prepared = &plan->indices[number];
    int buffers[3] = {prepared->buffer, groups ? prepared->groups : -1, groups ? prepared->order : -1};
    size_t counts[3] = {(size_t)index->count, (size_t)index->range + 1, (size_t)index->count};
    for (int i = 0; i < 3; i++) {
        if (buffers[i] < 0) continue;
        size_t begin = plan->buffers[buffers[i]].offset, bytes = counts[i] * sizeof(int32_t);
        if (write)
            hold(holder, begin, bytes, index_tag(number, i));
        else
            check_held(holder, begin, bytes, index_tag(number, i));
    }
}

/* What is there before the first pass, as ep/run.c prepares it. */
static void prepare(struct holder *holder)
{
    const struct ep_plan *plan = holder->plan;
    for (size_t i = 0; i < plan->program->indices_count; i++) each_index(holder, (int)i, true, true);
    for (size_t v = 0; v < plan->program->views_count; v++) {
        if (plan->program->views[v].store >= 0 || plan->views[v].buffer < 0) continue;
        assert_true(plan->program->views[v].input >= 0);
        hold(holder, plan->buffers[plan->views[v].buffer].offset,
             view_bytes(plan, (int)v, plan->program->views[v].rows), view_tag((int)v));
    }
}

static void follow(struct holder *holder, const struct ep_pass *pass,
                   const struct ep_instruction *instruction, int64_t block, bool *stored)
{
    const struct ep_op *op = instruction->op;
    assert_true(op->kind == EP_OP_INPUT || op->rows == pass->rows);
    for (int k = 0; k < op->inputs_count; k++)
        read_column(holder, &pass->columns[instruction->in + k], op->inputs[k], block);
    for (int t = 0; t < op->terms_count; t++) {
        read_view(holder, op->terms[t].view);
        each_index(holder, op->terms[t].index, false, false);
    }
    if (op->kind == EP_OP_SEGMENTS) {
        read_view(holder, op->view);
        read_view(holder, op->weight);
        each_index(holder, op->targets, true, false);
        if (op->sources >= 0) each_index(holder, op->sources, false, false);
    }
    if (op->kind == EP_OP_STORE && op->output < 0) write_view(holder, op->view, block);
    if (op->kind == EP_OP_STORE && op->output >= 0) stored[op->output] = true;
    for (int j = 0; j < op->width; j++)
        write_column(holder, &pass->columns[instruction->out + j], op->first + j, block);
}

static void follow_plan(const struct ep_plan *plan, bool backwards, bool *stored)
{
    struct holder holder = {.plan = plan, .cells = calloc(plan->bytes / CELL + 1, sizeof(int64_t))};
    assert_non_null(holder.cells);
    prepare(&holder);
    for (size_t p = 0; p < plan->passes_count; p++) {
        const struct ep_pass *pass = &plan->passes[p];
        int64_t blocks = (pass->rows + EP_ROWS - 1) / EP_ROWS;
        assert_true(pass->slots <= MOST_SLOTS);
        for (int64_t b = 0; b < blocks; b++) {
            memset(holder.slots, 0, sizeof holder.slots);
            for (size_t i = 0; i < pass->instructions_count; i++)
                follow(&holder, pass, &pass->instructions[i], backwards ? blocks - 1 - b : b, stored);
        }
    }
    free(holder.cells);
}

/* ---- runs on threads -------------------------------------------------------------------------------- */

/* Numbers are dealt out to threads of the test's own, which ThreadSanitizer sees, unlike the runtime's. */
struct team {
    void (*function)(void *data, size_t number);
    void *data;
    size_t count;
    atomic_size_t next;
};

static void *help(void *of)
{
    struct team *team = of;
    for (size_t i; (i = atomic_fetch_add(&team->next, 1)) < team->count;) team->function(team->data, i);
    return NULL;
}

static void on_threads(void *context, void (*function)(void *data, size_t number), size_t count, void *data)
{
    enum { MOST = 4 };
    pthread_t threads[MOST];
    int helpers = *(int *)context;
    struct team team = {.function = function, .data = data, .count = count};
    for (int i = 0; i < helpers; i++) assert_int_equal(pthread_create(&threads[i], NULL, help, &team), 0);
    help(&team);
    for (int i = 0; i < helpers; i++) pthread_join(threads[i], NULL);
}

enum { OUTPUTS = 3, LARGEST = EDGES * WIDEST };

static float nodes[NODES * 4], edges[EDGES * 4];
static int64_t places[EDGES + 1];

static void fill_inputs(void)
{
    for (int i = 0; i < NODES * 4; i++) nodes[i] = (float)random_below(2000) / 1000 - 1;
    for (int i = 0; i < EDGES * 4; i++) edges[i] = (float)random_below(2000) / 1000 - 1;
    for (int i = 0; i <= EDGES; i++) places[i] = random_below(NODES);
}

static void run_plan(const struct ep_plan *plan, int helpers, float (*results)[LARGEST])
{
    struct ep_scratch_pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct ep_tensor inputs[] = {{nodes, EP_FLOAT}, {edges, EP_FLOAT}, {places, EP_INT64}};
    void *outputs[OUTPUTS] = {results[0], results[1], results[2]};
    char message[256] = "", *memory = aligned_alloc(64, plan->bytes + 64);
    struct ep_run run = {.plan = plan,
                         .kernels = ep_kernels_best(),
                         .pool = &pool,
                         .inputs = inputs,
                         .outputs = outputs,
                         .memory = memory,
                         .parallel = on_threads,
                         .context = &helpers};
    assert_non_null(memory);
    memset(memory, 0xff, plan->bytes); /* NaN, should something be read that was never written */
    if (ep_run(&run, message, sizeof message) != EP_REASON_NONE) fail_msg("%s", message);
    ep_scratch_free(&pool);
    free(memory);
}

static void check_run(const struct ep_plan *plan)
{
    static float alone[OUTPUTS][LARGEST], together[OUTPUTS][LARGEST];
    memset(alone, 0, sizeof alone);
    memset(together, 0, sizeof together);
    fill_inputs();
    run_plan(plan, 0, alone);
    run_plan(plan, 3, together);
    assert_memory_equal(alone, together, sizeof alone);
}

static void check_plan(struct ep_arena *arena, bool rewritten, bool runs)
{
    bool stored[OUTPUTS] = {false};
    int outputs = 0;
    struct ep_program *program = random_program(arena);
    for (size_t i = 0; i < program->ops_count; i++)
        if (program->ops[i].output >= outputs) outputs = program->ops[i].output + 1;
    if (rewritten) ep_program_rewrite(program);
    struct ep_plan *plan = ep_plan_make(program);
    follow_plan(plan, false, stored);
    follow_plan(plan, true, stored);
    for (int i = 0; i < outputs; i++) assert_true(stored[i]);
    if (runs) check_run(plan);
}

static bool try_plan(struct ep_arena *arena, volatile int seed)
{
    jmp_buf here;
    if (!EP_TRY(arena, here)) return false;
    check_plan(arena, seed % 4 > 0, seed % 10 == 0);
    return true;
}

static void test_plans(void **state)
{
    (void)state;
    for (int seed = 0; seed < 2000; seed++) {
        struct ep_arena arena = {0};
        random_state = (uint32_t)seed * 2654435769u + 1;
        if (!try_plan(&arena, seed)) fail_msg("%s", arena.message);
        ep_arena_free(&arena);
    }
}

/* ---- packed weights --------------------------------------------------------------------------------- */

enum { WEIGHTS_IN = 5, WEIGHTS_OUT = 7 };

static bool check_packings(struct ep_packings *packings, struct ep_arena *arena, const float *lasting,
                           const float *of_a_run)
{
    jmp_buf here;
    int chosen[WEIGHTS_IN] = {0, 1, 2, 3, 4};
    struct ep_op layer = {.kind = EP_OP_LAYER,
                          .alpha = 0.5f,
                          .width = WEIGHTS_OUT,
                          .inputs_count = WEIGHTS_IN,
                          .weights = lasting,
                          .places = chosen,
                          .row_step = WEIGHTS_OUT,
                          .column_step = 1};
    if (!EP_TRY(arena, here)) return false;
    const float *kept = ep_weights_of(packings, arena, &layer), *plain = ep_weights_of(NULL, arena, &layer);
    size_t bytes = ep_weights_packed(WEIGHTS_IN, WEIGHTS_OUT) * sizeof *kept;
    assert_ptr_not_equal(kept, plain);
    assert_int_equal((uintptr_t)kept % 64, 0);
    assert_memory_equal(kept, plain, bytes);
    assert_ptr_equal(ep_weights_of(packings, arena, &layer), kept);
    chosen[4] = 0;
    const float *other = ep_weights_of(packings, arena, &layer);
    assert_ptr_not_equal(other, kept);
    assert_memory_not_equal(other, kept, bytes);
    assert_memory_equal(other, ep_weights_of(NULL, arena, &layer), bytes);
    layer.alpha = 2;
    assert_memory_equal(ep_weights_of(packings, arena, &layer), ep_weights_of(NULL, arena, &layer), bytes);
    layer.weights = of_a_run; /* gone with the run: never kept */
    assert_ptr_not_equal(ep_weights_of(packings, arena, &layer), ep_weights_of(packings, arena, &layer));
    return true;
}

static void test_weights_are_packed_once(void **state)
{
    float lasting[WEIGHTS_IN * WEIGHTS_OUT], of_a_run[WEIGHTS_IN * WEIGHTS_OUT];
    struct ep_value values[2] = {
        {.element = EP_FLOAT, .rank = 2, .shape = {WEIGHTS_IN, WEIGHTS_OUT}, .data = lasting},
        {.element = EP_FLOAT, .rank = 2, .shape = {-1, WEIGHTS_IN}}};
    struct ep_graph graph = {.values = values, .values_count = 2};
    struct ep_packings packings;
    struct ep_arena arena = {0};
    (void)state;
    for (int i = 0; i < WEIGHTS_IN * WEIGHTS_OUT; i++) of_a_run[i] = lasting[i] = (float)random_below(1000);
    ep_packings_init(&packings, &graph);
    if (!check_packings(&packings, &arena, lasting, of_a_run)) fail_msg("%s", arena.message);
    ep_packings_free(&packings);
    ep_arena_free(&arena);
}

/* ---- long chains ------------------------------------------------------------------------------------- */

static bool schedule_chain(struct ep_arena *arena)
{
    enum { LENGTH = 100000 };
    jmp_buf here;
    struct ep_program program = {.arena = arena};
    if (!EP_TRY(arena, here)) return false;
    ep_program_op(&program, EP_OP_INPUT, 1, 1, 0);
    for (int i = 0; i < LENGTH; i++) ep_program_op(&program, EP_OP_UNARY, 1, 1, 1)->inputs[0] = i;
    struct ep_op *store = ep_program_op(&program, EP_OP_STORE, 1, 0, 1);
    store->inputs[0] = LENGTH;
    store->output = 0;
    return ep_schedule_make(&program).count == LENGTH + 1;
}

static void *schedule_a_long_chain(void *good)
{
    struct ep_arena arena = {0};
    *(bool *)good = schedule_chain(&arena);
    ep_arena_free(&arena);
    return NULL;
}

static void test_long_chain_on_a_small_stack(void **state)
{
    pthread_t thread;
    pthread_attr_t attributes;
    bool good = false;
    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 1 << 18), 0);
    assert_int_equal(pthread_create(&thread, &attributes, schedule_a_long_chain, &good), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_gives_zeros_of_its_own),
        cmocka_unit_test(test_array_grows),
        cmocka_unit_test(test_arena_gives_up_on_too_much),
        cmocka_unit_test(test_giving_up_says_why),
        cmocka_unit_test(test_index_is_read_by_steps),
        cmocka_unit_test(test_index_out_of_range),
        cmocka_unit_test(test_index_is_grouped),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_weights_are_packed_once),
        cmocka_unit_test(test_long_chain_on_a_small_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
