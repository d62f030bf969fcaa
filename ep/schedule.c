/* Orders operations, in as few passes as possible. */
#include "ep/schedule.h"

#include <stdlib.h>

/* An op whose makers are being visited. */
struct visit {
    int op, next; /* of its dependencies */
};

/* Depth first, with an explicit stack: a chain of ops may be as long as the model. */
struct walk {
    struct ep_program *program;
    int *order; /* ops, each before its users */
    size_t count;
    char *visited; /* [ops] grows with the program */
    size_t visited_count;
    struct visit *stack; /* [room] */
    size_t depth, room;
};

static void push(struct walk *walk, int op)
{
    while (walk->visited_count < walk->program->ops_count)
        *EP_PUSH(walk->program->arena, walk->visited, walk->visited_count) = 0;
    if (walk->visited[op]) return;
    walk->visited[op] = 1;
    if (walk->depth == walk->room) {
        walk->stack = ep_grow(walk->program->arena, walk->stack, walk->depth, sizeof *walk->stack);
        walk->room = walk->depth == 0 ? 8 : 2 * walk->depth;
    }
    walk->stack[walk->depth++] = (struct visit){op, 0};
}

/* The op that stores a view is created when the view is first needed. */
static int store_of(struct ep_program *program, int number)
{
    const struct ep_view view = program->views[number];
    if (view.store >= 0 || view.input >= 0) return view.store;
    struct ep_op *store = ep_program_op(program, EP_OP_STORE, view.rows, 0, view.width);
    for (int j = 0; j < view.width; j++) store->inputs[j] = view.columns[j];
    store->view = number;
    return program->views[number].store = (int)program->ops_count - 1;
}

/* Dependency `number` of an op, in this order: ops of its inputs, stores of its views; -1: none. False after
 * the last. */
static bool need_of(struct ep_program *program, int op, int number, int *needed)
{
    const struct ep_op *user = &program->ops[op];
    int view = -1, place = number - user->inputs_count;
    if (place >= user->terms_count + (user->kind == EP_OP_SEGMENTS ? 2 : 0)) return false;
    if (place < 0) {
        *needed = program->makers[user->inputs[number]];
        return true;
    }
    if (place < user->terms_count)
        view = user->terms[place].view;
    else
        view = place == user->terms_count ? user->view : user->weight;
    *needed = view < 0 ? -1 : store_of(program, view);
    return true;
}

static void visit(struct walk *walk, int number)
{
    push(walk, number);
    while (walk->depth > 0) {
        struct visit *last = &walk->stack[walk->depth - 1];
        int needed = -1;
        if (!need_of(walk->program, last->op, last->next++, &needed)) {
            *EP_PUSH(walk->program->arena, walk->order, walk->count) = last->op;
            walk->depth--;
        } else if (needed >= 0) {
            push(walk, needed);
        }
    }
}

/* ---- levels: number of complete passes before an op -------------------------------------------------- */

static bool anywhere(const struct ep_op *op)
{
    return op->kind == EP_OP_INPUT || op->kind == EP_OP_CONSTANT;
}

/* Calls back for each store that has to run in an earlier pass than the op that reads it. */
static void each_stored(struct ep_program *program, struct ep_op *op,
                        void (*call)(struct ep_op *store, struct ep_op *user))
{
    int views[EP_SOURCES + 2], count = 0;
    for (int t = 0; t < op->terms_count; t++) views[count++] = op->terms[t].view;
    if (op->kind == EP_OP_SEGMENTS) {
        views[count++] = op->view;
        views[count++] = op->weight;
    }
    for (int i = 0; i < count; i++)
        if (views[i] >= 0 && program->views[views[i]].store >= 0)
            call(&program->ops[program->views[views[i]].store], op);
}

static void raise_level(struct ep_op *store, struct ep_op *user)
{
    if (user->level <= store->level) user->level = store->level + 1;
}

static void lower_level(struct ep_op *store, struct ep_op *user)
{
    if (store->level >= user->level) store->level = user->level - 1;
}

static int find_levels(struct ep_program *program, const int *order, size_t count)
{
    int highest = 0;
    for (size_t i = 0; i < count; i++) {
        struct ep_op *op = &program->ops[order[i]];
        op->level = 0;
        for (int k = 0; k < op->inputs_count; k++) {
            int level = ep_maker(program, op->inputs[k])->level;
            if (op->level < level) op->level = level;
        }
        each_stored(program, op, raise_level);
        if (highest < op->level) highest = op->level;
    }
    return highest;
}

/* Runs each op as late as its users allow: columns computed and used in one pass are not written to memory,
 * and what a later pass needs is often wider than the inputs it can be computed from. */
static void sink_levels(struct ep_program *program, const int *order, size_t count, int highest)
{
    for (size_t i = 0; i < count; i++)
        if (program->ops[order[i]].output < 0) program->ops[order[i]].level = highest;
    for (size_t i = count; i-- > 0;) {
        struct ep_op *op = &program->ops[order[i]];
        for (int k = 0; k < op->inputs_count; k++) {
            struct ep_op *maker = ep_maker(program, op->inputs[k]);
            if (maker->level > op->level) maker->level = op->level;
        }
        each_stored(program, op, lower_level);
    }
}

struct key {
    int level, place, op;
    int64_t rows;
};

static int compare_keys(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    if (a->rows != b->rows) return a->rows < b->rows ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static struct ep_schedule divide(struct ep_program *program, const int *order, size_t count)
{
    struct ep_schedule schedule = {0};
    struct key *keys = ep_alloc(program->arena, count, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        const struct ep_op *op = &program->ops[order[i]];
        if (!anywhere(op)) keys[schedule.count++] = (struct key){op->level, (int)i, order[i], op->rows};
    }
    qsort(keys, schedule.count, sizeof *keys, compare_keys);
    schedule.ops = ep_alloc(program->arena, schedule.count, sizeof *schedule.ops);
    schedule.passes = ep_alloc(program->arena, program->ops_count, sizeof *schedule.passes);
    for (size_t i = 0; i < program->ops_count; i++) schedule.passes[i] = -1;
    for (size_t i = 0; i < schedule.count; i++) {
        if (i == 0 || keys[i].level != keys[i - 1].level || keys[i].rows != keys[i - 1].rows)
            schedule.passes_count++;
        schedule.ops[i] = keys[i].op;
        schedule.passes[keys[i].op] = (int)schedule.passes_count - 1;
    }
    return schedule;
}

struct ep_schedule ep_schedule_make(struct ep_program *program)
{
    struct walk walk = {.program = program};
    size_t count = program->ops_count;
    for (size_t i = 0; i < count; i++)
        if (program->ops[i].kind == EP_OP_STORE && program->ops[i].output >= 0) visit(&walk, (int)i);
    int highest = find_levels(program, walk.order, walk.count);
    sink_levels(program, walk.order, walk.count, highest);
    return divide(program, walk.order, walk.count);
}
