/* Proves: the published Exa.TrkX GNN (../shared/data/exatrkx/gnn.onnx) gives wrong results as published; once
 * repaired, in ONNX Runtime, it gives what a plain evaluation of its network gives, to 1e-4 in the logits;
 * check names its sixteen scatters before and nothing after.
 *
 * The network (arXiv:2202.06929, "AGNN"): x = [f(X), X]; eight times x = [v(M, x), X] + x with
 * M_i = sum over edges at i of sigmoid(e(x_src, x_dst)) x_(other end); score e(x_src, x_dst). f, v, e are
 * layers of Linear, LayerNorm, ReLU; the last of v is Linear alone, and e has a last Linear to one number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/memory.h"
#include "onnx/check.h"
#include "onnx/info.h"
#include "onnx/repair.h"
#include "onnx/tensor.h"
#include "tests/onnx/onnx_run.h"

#define PUBLISHED "../shared/data/exatrkx/gnn.onnx"

enum { HIDDEN = 64, WIDTH = HIDDEN + GRAPH_FEATURES, PAIR = 2 * WIDTH, STEPS = 8, WIDEST = PAIR };

static struct trkx_onnx published;
static struct graph graph;

static int read_published(void **state)
{
    trkx_error error;
    (void)state;
    graph_make(&graph);
    return access(PUBLISHED, R_OK) == 0 && trkx_onnx_read(PUBLISHED, &published, &error) != TRKX_OK ? -1 : 0;
}

static int release_published(void **state)
{
    (void)state;
    trkx_onnx_release(&published);
    return 0;
}

static void need_published(void)
{
    if (published.model == NULL) {
        print_message("no " PUBLISHED " here\n");
        skip();
    }
}

/* ---- the network, in double precision --------------------------------------------------------------- */

/* "<network>.<layer>.<weight or bias>": into values, and its number of rows. */
static size_t weights(const char *network, int layer, const char *kind, float *values)
{
    const Onnx__GraphProto *proto = published.model->graph;
    char name[64];
    snprintf(name, sizeof name, "%s.%d.%s", network, layer, kind);
    for (size_t i = 0; i < proto->n_initializer; i++)
        if (strcmp(proto->initializer[i]->name, name) == 0) {
            assert_true(trkx_onnx_elements(proto->initializer[i]) <= WIDEST * WIDEST);
            assert_true(trkx_onnx_tensor_floats(proto->initializer[i], values));
            return (size_t)proto->initializer[i]->dims[0];
        }
    fail_msg("no %s", name);
    return 0;
}

/* x [inputs] becomes W x + b; returns how many. */
static size_t linear(const char *network, int layer, double *x, size_t inputs)
{
    static float weight[WIDEST * WIDEST], bias[WIDEST * WIDEST];
    double y[WIDEST];
    size_t outputs = weights(network, layer, "weight", weight);
    weights(network, layer, "bias", bias);
    for (size_t i = 0; i < outputs; i++) {
        y[i] = (double)bias[i];
        for (size_t j = 0; j < inputs; j++) y[i] += (double)weight[i * inputs + j] * x[j];
    }
    memcpy(x, y, outputs * sizeof *x);
    return outputs;
}

static void norm_and_relu(const char *network, int layer, double *x, size_t width)
{
    static float scale[WIDEST * WIDEST], shift[WIDEST * WIDEST];
    double mean = 0, variance = 0;
    weights(network, layer, "weight", scale);
    weights(network, layer, "bias", shift);
    for (size_t i = 0; i < width; i++) mean += x[i] / (double)width;
    for (size_t i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)width;
    for (size_t i = 0; i < width; i++) {
        double normal = (x[i] - mean) / sqrt(variance + 1e-5);
        x[i] = fmax(0, normal * (double)scale[i] + (double)shift[i]);
    }
}

/* Layers 0, 3, 6 are linear, 1, 4, 7 the norms behind them; the last is bare where asked. */
static size_t three_layers(const char *network, double *x, size_t inputs, bool last_is_bare)
{
    for (int layer = 0; layer < 9; layer += 3) {
        inputs = linear(network, layer, x, inputs);
        if (layer < 6 || !last_is_bare) norm_and_relu(network, layer + 1, x, inputs);
    }
    return inputs;
}

static double score(double (*x)[WIDTH], int64_t source, int64_t target)
{
    double pair[WIDEST];
    memcpy(pair, x[source], sizeof x[source]);
    memcpy(pair + WIDTH, x[target], sizeof x[target]);
    linear("edge_network.network", 9, pair, three_layers("edge_network.network", pair, PAIR, false));
    return pair[0];
}

static void append_features(double *x, size_t node)
{
    for (size_t i = 0; i < GRAPH_FEATURES; i++)
        x[HIDDEN + i] = (double)graph.nodes[node * GRAPH_FEATURES + i];
}

static void step(double (*x)[WIDTH])
{
    static double sums[GRAPH_NODES][WIDTH];
    memset(sums, 0, sizeof sums);
    for (size_t e = 0; e < GRAPH_EDGES; e++) {
        int64_t source = graph.edges[e], target = graph.edges[GRAPH_EDGES + e];
        double weight = 1 / (1 + exp(-score(x, source, target)));
        for (size_t i = 0; i < WIDTH; i++) {
            sums[target][i] += weight * x[source][i];
            sums[source][i] += weight * x[target][i];
        }
    }
    for (size_t node = 0; node < GRAPH_NODES; node++) {
        double next[WIDEST];
        memcpy(next, sums[node], sizeof sums[node]);
        memcpy(next + WIDTH, x[node], sizeof x[node]);
        three_layers("node_network.network", next, PAIR, true);
        append_features(next, node);
        for (size_t i = 0; i < WIDTH; i++) x[node][i] += next[i];
    }
}

static void evaluate(float *scores)
{
    static double x[GRAPH_NODES][WIDTH];
    for (size_t node = 0; node < GRAPH_NODES; node++) {
        double hidden[WIDEST];
        for (size_t i = 0; i < GRAPH_FEATURES; i++)
            hidden[i] = (double)graph.nodes[node * GRAPH_FEATURES + i];
        three_layers("input_network", hidden, GRAPH_FEATURES, false);
        append_features(hidden, node);
        memcpy(x[node], hidden, sizeof x[node]);
    }
    for (int i = 0; i < STEPS; i++) step(x);
    for (size_t e = 0; e < GRAPH_EDGES; e++)
        scores[e] = (float)score(x, graph.edges[e], graph.edges[GRAPH_EDGES + e]);
}

/* ---- tests ------------------------------------------------------------------------------------------ */

static void its_scatters_are_found(void **state)
{
    struct trkx_findings findings = {0};
    size_t scatters = 0;
    (void)state;
    need_published();
    assert_int_equal(trkx_onnx_check(&published, NULL, &findings, NULL), TRKX_OK);
    for (size_t i = 0; i < findings.count; i++) scatters += strcmp(findings.list[i].kind, "scatter") == 0;
    assert_int_equal(scatters, 16);
    assert_int_equal(findings.count, 17); /* and the operator set */
    trkx_findings_release(&findings);
}

static void it_is_described(void **state)
{
    struct trkx_onnx_info info;
    (void)state;
    need_published();
    assert_int_equal(trkx_onnx_describe(&published, NULL, &info, NULL), TRKX_OK);
    /* f; eight times v */
    assert_true(info.products.per_node == 2 * (GRAPH_FEATURES * HIDDEN + 2 * HIDDEN * HIDDEN +
                                               STEPS * (PAIR * HIDDEN + 2 * HIDDEN * HIDDEN)));
    /* e, eight times and once for the score */
    assert_true(info.products.per_edge == 2 * (STEPS + 1) * (PAIR * WIDTH + 2 * WIDTH * WIDTH + WIDTH));
    assert_int_equal(info.unknown_nodes, 0);
    trkx_onnx_info_release(&info);
}

static void repaired_it_gives_what_its_network_gives(void **state)
{
    static float plain[GRAPH_EDGES], scores[GRAPH_EDGES];
    trkx_error error;
    (void)state;
    need_published();
    evaluate(plain);
    if (graph_run(&published, "gnn_edge_score", &graph, scores, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    double before = graph_difference(scores, plain);
    for (int64_t opset = 16; opset <= 18; opset++) {
        struct trkx_onnx file;
        struct trkx_findings changes = {0}, left = {0};
        assert_int_equal(trkx_onnx_read(PUBLISHED, &file, &error), TRKX_OK);
        if (trkx_onnx_repair(&file, NULL, opset, &changes, &error) != TRKX_OK) fail_msg("%s", error.message);
        if (graph_run(&file, "gnn_edge_score", &graph, scores, &error) != TRKX_OK)
            fail_msg("%s", error.message);
        double after = graph_difference(scores, plain);
        print_message("operator set %d: off by %g as published, %g repaired\n", (int)opset, before, after);
        assert_true(before > 0.1);
        assert_true(after < 1e-4);
        assert_int_equal(trkx_onnx_check(&file, NULL, &left, &error), TRKX_OK);
        assert_int_equal(left.count, 0);
        trkx_findings_release(&changes);
        trkx_onnx_release(&file);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_scatters_are_found),
        cmocka_unit_test(it_is_described),
        cmocka_unit_test(repaired_it_gives_what_its_network_gives),
    };
    return cmocka_run_group_tests(tests, read_published, release_published);
}
