/* Writes a report of what was claimed. */
#include "ep/report.h"

#include <stdio.h>
#include <string.h>

static const char *reason_of(const struct ep_claims *claims, size_t node)
{
    return claims->reasons[node] != NULL ? claims->reasons[node] : "not worth a separate part";
}

/* Nodes of the same operator and reason share a line. */
static void write_left(FILE *file, const struct ep_graph *graph, const struct ep_claims *claims,
                       bool *written /* [nodes] false */)
{
    for (size_t n = 0; n < graph->nodes_count; n++) {
        size_t count = 0;
        if (claims->groups[n] >= 0 || written[n]) continue;
        const char *reason = reason_of(claims, n);
        for (size_t other = n; other < graph->nodes_count; other++) {
            if (claims->groups[other] >= 0 || strcmp(reason_of(claims, other), reason) != 0) continue;
            written[other] = true;
            count++;
        }
        fprintf(file, "left\t%zu\t%s\n", count, reason);
    }
}

bool ep_report_append(const char *path, struct ep_arena *arena, const struct ep_graph *graph,
                      const struct ep_claims *claims)
{
    size_t claimed = 0;
    for (size_t n = 0; n < graph->nodes_count; n++) claimed += claims->groups[n] >= 0;
    bool *written =
        ep_alloc(arena, graph->nodes_count, sizeof *written); /* may give up: before the file is created */
    FILE *file = fopen(path, "a");
    if (file == NULL) return false;
    fprintf(file, "graph\t%zu\t%zu\t%d\n", graph->nodes_count, claimed, claims->count);
    write_left(file, graph, claims, written);
    return fclose(file) == 0;
}
