/* Groups the nodes that the provider can run into parts of the graph. */
#include "ep/claim.h"

#include <string.h>

#include "ep/lower.h"

struct claimer {
    struct ep_arena *arena;
    const struct ep_graph *graph;
    struct ep_lowered *values;
    bool *refused; /* [nodes] */
    int *levels;   /* [nodes] see find_levels */
    struct ep_claims claims;
};

static struct ep_lowering begin(const struct claimer *claimer)
{
    struct ep_lowering lowering = {
        .arena = claimer->arena, .graph = claimer->graph, .values = claimer->values};
    lowering.program = ep_alloc(claimer->arena, 1, sizeof *lowering.program);
    lowering.program->arena = claimer->arena;
    memset(claimer->values, 0, claimer->graph->values_count * sizeof *claimer->values);
    ep_lower_constants(&lowering);
    return lowering;
}

/* What comes from outside a group. */
static void lower_outside(struct ep_lowering *lowering, int value)
{
    if (value >= 0 && lowering->graph->values[value].data == NULL)
        lowering->values[value] = ep_lower_input(lowering, value, lowering->graph->values[value].shape);
}

/* True if the node was lowered; otherwise the arena's message is the reason. */
static bool try_node(struct ep_lowering *lowering, const struct ep_node *node)
{
    jmp_buf here, *outer = lowering->arena->returns;
    bool done = EP_TRY(lowering->arena, here);
    if (done) ep_lower_node(lowering, node);
    lowering->arena->returns = outer;
    if (!done && lowering->arena->reason == EP_REASON_MEMORY)
        ep_give_up(lowering->arena, EP_REASON_MEMORY, "out of memory");
    return done;
}

static void refuse(struct claimer *claimer, size_t node)
{
    claimer->refused[node] = true;
    claimer->claims.reasons[node] =
        ep_copy(claimer->arena, claimer->arena->message, strlen(claimer->arena->message) + 1, 1);
}

/* Lowers as much as possible of a group (-1: of all nodes); false if a node was refused for the first time.
 */
static bool lower_group(struct claimer *claimer, int group)
{
    const struct ep_graph *graph = claimer->graph;
    struct ep_lowering lowering = begin(claimer);
    bool complete = true;
    for (size_t i = 0; i < graph->inputs_count; i++) lower_outside(&lowering, graph->inputs[i]);
    for (size_t n = 0; n < graph->nodes_count; n++) {
        const struct ep_node *node = &graph->nodes[n];
        bool inside = !claimer->refused[n] && (group < 0 || claimer->claims.groups[n] == group);
        if (inside && try_node(&lowering, node)) continue;
        if (inside) {
            refuse(claimer, n);
            complete = false;
        }
        for (size_t i = 0; i < node->outputs_count; i++) lower_outside(&lowering, node->outputs[i]);
    }
    return complete;
}

/* A node's level is how often a path to it returns from unclaimed to claimed nodes. Claimed nodes of one
 * level form a group: a path that leaves it returns on a higher level. */
static void find_levels(struct claimer *claimer)
{
    const struct ep_graph *graph = claimer->graph;
    for (size_t n = 0; n < graph->nodes_count; n++) {
        const struct ep_node *node = &graph->nodes[n];
        bool ours = !claimer->refused[n];
        int level = 0;
        for (size_t i = 0; i < node->inputs_count; i++) {
            int maker = node->inputs[i] < 0 ? -1 : graph->values[node->inputs[i]].producer;
            if (maker < 0) continue;
            int reached = claimer->levels[maker] + (ours && claimer->refused[maker]);
            if (level < reached) level = reached;
        }
        claimer->levels[n] = level;
    }
}

/* Groups are the levels; those with no operator worth it are not claimed, and the rest are numbered. */
static void number_groups(struct claimer *claimer)
{
    size_t count = claimer->graph->nodes_count;
    int *numbers = ep_alloc(claimer->arena, count + 1, sizeof *numbers);
    bool *worthwhile = ep_alloc(claimer->arena, count + 1, sizeof *worthwhile);
    for (size_t n = 0; n < count; n++)
        if (!claimer->refused[n] && ep_is_worthwhile(&claimer->graph->nodes[n]))
            worthwhile[claimer->levels[n]] = true;
    claimer->claims.count = 0;
    for (size_t l = 0; l <= count; l++) numbers[l] = worthwhile[l] ? claimer->claims.count++ : -1;
    for (size_t n = 0; n < count; n++)
        claimer->claims.groups[n] = claimer->refused[n] ? -1 : numbers[claimer->levels[n]];
}

/* A group's inputs from other groups are ordinary tensors, about which less is known: a node may be refused
 * for that. */
static bool check_groups(struct claimer *claimer)
{
    bool complete = true;
    for (int g = 0; g < claimer->claims.count; g++) complete &= lower_group(claimer, g);
    return complete;
}

struct ep_claims ep_claim(struct ep_arena *arena, const struct ep_graph *graph)
{
    size_t nodes = graph->nodes_count;
    struct claimer claimer = {.arena = arena, .graph = graph};
    claimer.values = ep_alloc(arena, graph->values_count, sizeof *claimer.values);
    claimer.refused = ep_alloc(arena, nodes, sizeof *claimer.refused);
    claimer.levels = ep_alloc(arena, nodes, sizeof *claimer.levels);
    claimer.claims.groups = ep_alloc(arena, nodes, sizeof *claimer.claims.groups);
    claimer.claims.reasons = ep_alloc(arena, nodes, sizeof *claimer.claims.reasons);
    lower_group(&claimer, -1);
    do {
        find_levels(&claimer);
        number_groups(&claimer);
    } while (!check_groups(&claimer));
    return claimer.claims;
}

enum ep_kind *ep_claimed_kinds(struct ep_arena *arena, const struct ep_graph *graph)
{
    struct claimer claimer = {.arena = arena, .graph = graph};
    claimer.values = ep_alloc(arena, graph->values_count, sizeof *claimer.values);
    enum ep_kind *kinds = ep_alloc(arena, graph->values_count, sizeof *kinds);
    struct ep_lowering lowering = begin(&claimer);
    for (size_t i = 0; i < graph->inputs_count; i++) lower_outside(&lowering, graph->inputs[i]);
    for (size_t n = 0; n < graph->nodes_count; n++) ep_lower_node(&lowering, &graph->nodes[n]);
    for (size_t v = 0; v < graph->values_count; v++) kinds[v] = claimer.values[v].kind;
    return kinds;
}
