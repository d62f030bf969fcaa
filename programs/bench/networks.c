/* trkx bench embed, filter and gnn: each network on its input in the pipeline. */
#include "programs/bench/networks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "onnx/info.h"
#include "onnx/networks.h"
#include "programs/bench/inputs.h"
#include "programs/bench/pipeline.h"
#include "programs/bench/report.h"

struct scoring {
    const trkx_pipeline *pipeline;
    enum trkx_network network;
    const char *part, *name;
    float *features; /* [n,F] of the network */
    size_t n;
    const trkx_edges *edges; /* NULL for the embedding */
    size_t count;            /* of output floats */
    float *expected, *found; /* [count] */
};

static enum trkx_status run_network(struct bench *bench, const struct scoring *scoring, float *out)
{
    const trkx_pipeline *pipeline = scoring->pipeline;
    switch (scoring->network) {
    case TRKX_NETWORK_EMBEDDING:
        return trkx_embed(pipeline, scoring->features, scoring->n, out, &bench->error);
    case TRKX_NETWORK_FILTER:
        return trkx_filter(pipeline, scoring->features, scoring->n, scoring->edges, out, &bench->error);
    default: return trkx_gnn(pipeline, scoring->features, scoring->n, scoring->edges, out, &bench->error);
    }
}

static enum trkx_status run(struct bench *bench, void *work)
{
    struct scoring *scoring = work;
    return run_network(bench, scoring, scoring->found);
}

static enum trkx_status same(struct bench *bench, void *work)
{
    struct scoring *scoring = work;
    if (bench_same(scoring->expected, scoring->found, scoring->count * sizeof(float))) return TRKX_OK;
    return bench_wrong(bench, "%s, %s: a second run gives different numbers", scoring->part, scoring->name);
}

/* Cuts the edges by their scores as the pipeline does, and compares with the pipeline's. */
static bool leaves(const struct scoring *scoring, float cut, const struct bench_graph *left)
{
    size_t m = scoring->edges->count;
    trkx_edges edges = {.count = m, .index = bench_copy(scoring->edges->index, 2 * m * sizeof(int64_t))};
    float *scores = bench_copy(scoring->expected, m * sizeof *scores);
    trkx_edges_cut(&edges, scores, cut);
    bool as_left = bench_same_edges(&edges, &(trkx_edges){left->edges.count, left->edges.index, 0}) &&
                   bench_same(scores, left->scores, edges.count * sizeof *scores);
    free(edges.index);
    free(scores);
    return as_left;
}

/* Compares with the numbers of the pipeline's own run. */
static enum trkx_status check(struct bench *bench, const struct scoring *scoring)
{
    const trkx_bundle_info *bundle = trkx_pipeline_bundle(bench->pipeline);
    const struct bench_run *own = &bench->run;
    bool right = false;
    enum trkx_status status = run_network(bench, scoring, scoring->expected);
    if (status != TRKX_OK) return status;
    if (scoring->network == TRKX_NETWORK_EMBEDDING)
        right = bench_same(scoring->expected, own->embedding, scoring->count * sizeof(float));
    else if (scoring->network == TRKX_NETWORK_FILTER)
        right = leaves(scoring, bundle->filter_cut, &own->graphs[TRKX_STEP_FILTER]);
    else
        right = leaves(scoring, bundle->gnn_cut, &own->graphs[TRKX_STEP_GNN]);
    if (right) return TRKX_OK;
    return bench_wrong(bench, "%s, %s: not the numbers of the pipeline's own run", scoring->part,
                       scoring->name);
}

/* Stock ONNX Runtime gives nearly the same numbers; scores are between 0 and 1. */
static enum trkx_status check_stock(struct bench *bench, const struct scoring *own,
                                    const struct scoring *stock)
{
    const double tolerance = 1e-4;
    double largest = 1, difference = 0;
    enum trkx_status status = run_network(bench, stock, stock->expected);
    for (size_t i = 0; i < own->count && status == TRKX_OK; i++) {
        largest = fmax(largest, fabs((double)stock->expected[i]));
        difference = fmax(difference, fabs((double)own->expected[i] - (double)stock->expected[i]));
    }
    if (status != TRKX_OK || difference <= tolerance * largest) return status;
    return bench_wrong(bench, "%s, %s: stock ONNX Runtime gives different numbers", own->part, own->name);
}

static enum trkx_status time_beside_stock(struct bench *bench, const struct bench_row *row,
                                          struct scoring *own)
{
    struct scoring stock = *own;
    struct bench_row rows[2] = {*row, *row};
    enum trkx_status status = bench_load_stock(bench);
    if (status != TRKX_OK) return status;
    rows[1].name = "stock-runtime";
    rows[1].bound = BENCH_UNBOUND;
    stock.pipeline = bench->stock;
    stock.expected = bench_array(stock.count * sizeof(float));
    stock.found = bench_array(stock.count * sizeof(float));
    status = check_stock(bench, own, &stock);
    if (status == TRKX_OK) status = bench_time_both(bench, rows, run, same, (void *[]){own, &stock});
    free(stock.expected);
    free(stock.found);
    return status;
}

/* Operations in a model's matrix products per node and per edge; 0 if they cannot be counted. */
static double count_products(const char *path, const struct trkx_contract *contract)
{
    struct trkx_onnx file;
    struct trkx_onnx_info info;
    double products = 0;
    if (trkx_onnx_read(path, &file, NULL) != TRKX_OK) return 0;
    if (trkx_onnx_describe(&file, contract, &info, NULL) == TRKX_OK) {
        products = info.products.per_node + info.products.per_edge;
        trkx_onnx_info_release(&info);
    }
    trkx_onnx_release(&file);
    return products;
}

static double products_of(const char *bundle, enum trkx_network network)
{
    struct trkx_networks networks;
    if (trkx_networks_find(bundle, &networks, NULL) != TRKX_OK) return 0;
    double products = count_products(networks.paths[network], &networks.contracts[network]);
    trkx_networks_release(&networks);
    return products;
}

/* The minimum number of rows of each product: in the graph network some are of nodes and some of edges, and a
 * product of gathered rows may be computed on either. */
static size_t rows_of(const struct scoring *scoring)
{
    if (scoring->network == TRKX_NETWORK_EMBEDDING) return scoring->n;
    size_t m = scoring->edges->count;
    return scoring->network == TRKX_NETWORK_FILTER || m < scoring->n ? m : scoring->n;
}

static enum trkx_status check_and_time(struct bench *bench, struct scoring *scoring)
{
    bool edges = scoring->edges != NULL;
    const char *directory = trkx_pipeline_bundle(bench->pipeline)->directory;
    const struct bench_row row = {.part = scoring->part,
                                  .name = scoring->name,
                                  .nodes = scoring->n,
                                  .size = edges ? scoring->edges->count : scoring->n,
                                  .unit = edges ? "edges" : "hits",
                                  .bound = BENCH_ARITHMETIC,
                                  .least =
                                      products_of(directory, scoring->network) * (double)rows_of(scoring)};
    scoring->expected = bench_array(scoring->count * sizeof(float));
    scoring->found = bench_array(scoring->count * sizeof(float));
    bench_progress(bench, scoring->part, scoring->name, "checking");
    enum trkx_status status = check(bench, scoring);
    if (status == TRKX_OK)
        status = bench->kernels == TRKX_KERNELS_TRKX ? time_beside_stock(bench, &row, scoring)
                                                     : bench_time(bench, &row, run, same, scoring);
    free(scoring->expected);
    free(scoring->found);
    return status;
}

static enum trkx_status features_of(struct bench *bench, enum trkx_network network, float **features)
{
    const trkx_hits *hits = trkx_event_hits(bench->event);
    size_t width = trkx_pipeline_features_count(bench->pipeline, network);
    *features = bench_array(hits->count * width * sizeof **features);
    return trkx_pipeline_features(bench->pipeline, network, hits, *features, &bench->error);
}

/* The pipeline has already run. */
static enum trkx_status bench_network(struct bench *bench, struct scoring *scoring)
{
    enum trkx_status status = features_of(bench, scoring->network, &scoring->features);
    scoring->pipeline = bench->pipeline;
    if (status == TRKX_OK) status = check_and_time(bench, scoring);
    free(scoring->features);
    return status;
}

enum trkx_status bench_embedding(struct bench *bench, float **embedding)
{
    size_t n = trkx_event_hits(bench->event)->count;
    float *features = NULL;
    *embedding = bench_array(n * trkx_pipeline_bundle(bench->pipeline)->dim * sizeof **embedding);
    enum trkx_status status = features_of(bench, TRKX_NETWORK_EMBEDDING, &features);
    if (status == TRKX_OK) status = trkx_embed(bench->pipeline, features, n, *embedding, &bench->error);
    free(features);
    return status;
}

enum trkx_status bench_embed(struct bench *bench)
{
    size_t n = trkx_event_hits(bench->event)->count;
    struct scoring scoring = {.network = TRKX_NETWORK_EMBEDDING,
                              .part = "embed",
                              .name = "hits",
                              .n = n,
                              .count = n * trkx_pipeline_bundle(bench->pipeline)->dim};
    enum trkx_status status = bench_capture(bench);
    if (status != TRKX_OK) return status;
    bench_begin(bench, "embed", "checked with the pipeline's own run; bound: each weight once per hit");
    return bench_network(bench, &scoring);
}

/* A network that scores the edges kept by a step. */
static enum trkx_status bench_scores(struct bench *bench, enum trkx_network network, const char *part,
                                     const char *name, enum trkx_step step)
{
    const trkx_edges *edges = &bench->run.graphs[step].edges;
    struct scoring scoring = {.network = network,
                              .part = part,
                              .name = name,
                              .n = trkx_event_hits(bench->event)->count,
                              .edges = edges,
                              .count = edges->count};
    return bench_network(bench, &scoring);
}

enum trkx_status bench_filter(struct bench *bench)
{
    enum trkx_status status = bench_capture(bench);
    if (status != TRKX_OK) return status;
    bench_begin(bench, "filter", "checked with the pipeline's own run; bound: each weight once per edge");
    return bench_scores(bench, TRKX_NETWORK_FILTER, "filter", "radius-graph", TRKX_STEP_EDGES);
}

enum trkx_status bench_gnn(struct bench *bench)
{
    enum trkx_status status = bench_capture(bench);
    if (status != TRKX_OK) return status;
    bench_begin(bench, "gnn",
                "checked with the pipeline's own run; bound: each weight once per hit, or per edge if fewer");
    return bench_scores(bench, TRKX_NETWORK_GNN, "gnn", "filter-edges", TRKX_STEP_FILTER);
}
