/* For tests of onnx/: a random graph, and ONNX Runtime running a model on it. Include after cmocka.h. */
#ifndef TRKX_TESTS_ONNX_RUN_H
#define TRKX_TESTS_ONNX_RUN_H

#include <stdint.h>
#include <stdlib.h>

#include "networks/session.h"
#include "onnx/file.h"

enum { GRAPH_NODES = 200, GRAPH_EDGES = 600, GRAPH_FEATURES = 3 };

/* Node 0 has every tenth edge at its end, the last twenty nodes have none. */
struct graph {
    float nodes[GRAPH_NODES * GRAPH_FEATURES];
    int64_t edges[2 * GRAPH_EDGES];
};

static inline uint32_t graph_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes, chapter 7 */
    return *state >> 8;
}

static inline void graph_make(struct graph *graph)
{
    uint32_t state = 1;
    for (int i = 0; i < GRAPH_NODES * GRAPH_FEATURES; i++)
        graph->nodes[i] = (float)graph_random(&state) / (float)(1 << 23) - 1; /* -1 to 1 */
    for (int i = 0; i < GRAPH_EDGES; i++) {
        graph->edges[i] = graph_random(&state) % (GRAPH_NODES - 20);
        graph->edges[GRAPH_EDGES + i] = i % 10 == 0 ? 0 : graph_random(&state) % (GRAPH_NODES - 20);
    }
}

/* The scores [GRAPH_EDGES] of a model with the inputs g_nodes and g_edges. */
static inline enum trkx_status graph_run(const struct trkx_onnx *file, const char *output,
                                         const struct graph *graph, float *scores, trkx_error *error)
{
    size_t length = onnx__model_proto__get_packed_size(file->model);
    uint8_t *bytes = malloc(length);
    struct trkx_session *session = NULL;
    struct trkx_tensor_spec inputs[] = {{"g_nodes", TRKX_ELEMENT_FLOAT, 2, {-1, GRAPH_FEATURES}},
                                        {"g_edges", TRKX_ELEMENT_INT64, 2, {2, -1}}};
    struct trkx_tensor given[] = {
        {(void *)(uintptr_t)graph->nodes, TRKX_ELEMENT_FLOAT, 2, {GRAPH_NODES, GRAPH_FEATURES}},
        {(void *)(uintptr_t)graph->edges, TRKX_ELEMENT_INT64, 2, {2, GRAPH_EDGES}}};
    struct trkx_tensor result = {scores, TRKX_ELEMENT_FLOAT, 1, {GRAPH_EDGES, 0}};
    assert_non_null(bytes);
    onnx__model_proto__pack(file->model, bytes);
    struct trkx_session_spec spec = {.file = file->path,
                                     .model = bytes,
                                     .model_bytes = length,
                                     .inputs = inputs,
                                     .inputs_count = 2,
                                     .output = {output, TRKX_ELEMENT_FLOAT, 1, {-1, 0}},
                                     .threads = 1};
    enum trkx_status status = trkx_session_create(&spec, &session, error);
    if (status == TRKX_OK) status = trkx_session_run(session, NULL, given, &result, error);
    trkx_session_destroy(session);
    free(bytes);
    return status;
}

static inline double graph_difference(const float *a, const float *b)
{
    double largest = 0;
    for (int i = 0; i < GRAPH_EDGES; i++) {
        double difference = (double)a[i] - (double)b[i];
        if (difference < 0) difference = -difference;
        if (!(difference <= largest)) largest = difference;
    }
    return largest;
}

#endif
