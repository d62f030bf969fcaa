/* For tests: random graphs of a few hits, as input of track labelling methods. */
#ifndef TRKX_TESTS_TRACKS_SMALL_GRAPH_H
#define TRKX_TESTS_TRACKS_SMALL_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "tests/random.h"

enum { SMALL = 24, SMALL_EDGES = 2 * SMALL };

struct small_graph {
    size_t n, m;
    float xyz[SMALL][3];
    int32_t module[SMALL];
    int64_t source[SMALL_EDGES], target[SMALL_EDGES], index[2 * SMALL_EDGES];
    float scores[SMALL_EDGES];
    bool known[SMALL][SMALL]; /* whether there is an edge from i to j */
};

/* n hits in a random order, at positions of which many tie, on one of six modules, edges to one of the next
 * few and so without circles, scores with ties. */
static inline void make_small_graph(uint64_t *random, size_t n, struct small_graph *graph)
{
    size_t rank[SMALL], wanted = next_random(random) % (2 * n + 1);
    *graph = (struct small_graph){.n = n};
    for (size_t i = 0; i < n; i++) {
        size_t j = next_random(random) % (i + 1);
        rank[i] = rank[j];
        rank[j] = i;
        for (size_t d = 0; d < 3; d++) graph->xyz[i][d] = (float)(next_random(random) % 3) - 1;
        graph->module[i] = (int32_t)(next_random(random) % 6);
    }
    for (size_t e = 0; e < wanted; e++) {
        size_t a = next_random(random) % n, b = a + 1 + next_random(random) % 4;
        float score = (float)(next_random(random) % 20) / 20;
        if (b >= n || graph->known[rank[a]][rank[b]]) continue;
        graph->known[rank[a]][rank[b]] = true;
        graph->source[graph->m] = (int64_t)rank[a];
        graph->target[graph->m] = (int64_t)rank[b];
        graph->scores[graph->m++] = score;
    }
    memcpy(graph->index, graph->source, graph->m * sizeof *graph->index);
    memcpy(graph->index + graph->m, graph->target, graph->m * sizeof *graph->index);
}

#endif
