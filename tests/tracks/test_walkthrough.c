/* Proves that the walkthrough makes a track of each component without junctions, and of the longest paths
 * in the others: by hand (tests/tracks/test_methods.c compares it with its reference); that with positions
 * the tracks do not depend on the order of hits and edges; and that bad input and failing allocations are
 * errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/tracks/small_graph.h"
#include "tracks/walkthrough.h"

static trkx_walkthrough_options options_of(float cut, size_t min_hits)
{
    trkx_walkthrough_options options;
    trkx_walkthrough_options_init(&options);
    options.cut = cut;
    options.min_hits = min_hits;
    return options;
}

/* The labels and their number, of n hits, at xyz or nowhere, and edges of {source, target}. */
static void expect_at(const float *xyz, size_t n, size_t m, int64_t (*pairs)[2], const float *scores,
                      const int32_t *expected)
{
    trkx_walkthrough_options options = options_of(0.01f, 3);
    int64_t index[32];
    int32_t labels[16], most = 0;
    trkx_edges edges = {.count = m, .index = index};
    trkx_error error;
    size_t count;
    for (size_t e = 0; e < m; e++) {
        index[e] = pairs[e][0];
        index[m + e] = pairs[e][1];
    }
    for (size_t i = 0; i < n; i++) most = expected[i] > most ? expected[i] : most;
    options.xyz = xyz;
    assert_int_equal(trkx_walkthrough(n, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_memory_equal(labels, expected, n * sizeof *labels);
    assert_int_equal(count, most);
}

static void expect(size_t n, size_t m, int64_t (*pairs)[2], const float *scores, const int32_t *expected)
{
    expect_at(NULL, n, m, pairs, scores, expected);
}

/* A chain is a track whatever its scores over the cut; one of two hits is none; a hit may stand alone. */
static void test_plain_components(void **state)
{
    int64_t edges[][2] = {{6, 2}, {2, 4}, {0, 1}, {4, 5}};
    const float scores[] = {0.02f, 0.9f, 0.9f, 0.02f}, cut[] = {0.01f, 0.9f, 0.9f, 0.9f};
    const int32_t whole[] = {0, 0, 1, 0, 1, 1, 1}, without[] = {0, 0, 1, 0, 1, 1, 0};
    (void)state;
    expect(7, 4, edges, scores, whole);
    expect(7, 4, edges, cut, without); /* 0.01 is not over 0.01 */
}

/* Two tracks, 0-1-2-3-4 and 5-6-7, that a false edge joins: weak (the best out of 7, but not over 0.1), or
 * strong. */
static void test_false_edge(void **state)
{
    int64_t edges[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {5, 6}, {6, 7}, {7, 3}};
    float scores[] = {0.9f, 0.9f, 0.9f, 0.9f, 0.9f, 0.9f, 0.1f};
    const int32_t tracks[] = {1, 1, 1, 1, 1, 2, 2, 2};
    (void)state;
    expect(8, 7, edges, scores, tracks);
    scores[6] = 0.95f; /* 0 comes first, and takes 3 */
    expect(8, 7, edges, scores, tracks);
}

/* At a junction the best edge alone is followed, unless another is over add_score: then the longer path wins.
 */
static void test_junctions(void **state)
{
    int64_t edges[][2] = {{0, 1}, {1, 2}, {1, 3}, {3, 4}, {2, 5}, {4, 6}};
    float scores[] = {0.9f, 0.5f, 0.4f, 0.9f, 0.9f, 0.9f};
    const int32_t best[] = {1, 1, 1, 2, 2, 1, 2}, longest[] = {1, 1, 0, 1, 1, 0, 1};
    (void)state;
    expect(7, 6, edges, scores, best);
    scores[1] = 0.8f;
    scores[2] = 0.7f;
    expect(7, 6, edges, scores, longest);
}

/* Of paths of one length that over the better edge is taken, of equal edges that to the hit which is nearer
 * to the origin, or has the smaller x, y or z, or the lower number; NaN is no edge. */
static void test_ties(void **state)
{
    int64_t edges[][2] = {{0, 1}, {1, 3}, {1, 2}, {3, 3}};
    float scores[] = {0.9f, 0.8f, 0.7f, NAN};
    float xyz[][3] = {{1, 0, 0}, {2, 0, 0}, {5, 1, 5}, {5, 5, 1}};
    const int32_t better[] = {1, 1, 0, 1}, first[] = {1, 1, 1, 0};
    (void)state;
    expect(4, 4, edges, scores, better);
    scores[2] = 0.8f;
    expect(4, 4, edges, scores, first);
    expect_at(xyz[0], 4, 4, edges, scores, first); /* y */
    xyz[2][0] = 5.1f;
    expect_at(xyz[0], 4, 4, edges, scores, better); /* distance */
    memcpy(xyz[2], xyz[3], sizeof xyz[2]);
    expect_at(xyz[0], 4, 4, edges, scores, first);
    xyz[3][2] = -1;
    expect_at(xyz[0], 4, 4, edges, scores, better); /* z */
}

/* Of two hits from which equally long paths lead to the same ones the nearer starts first. */
static void test_starts_that_tie(void **state)
{
    int64_t edges[][2] = {{0, 2}, {1, 2}, {2, 3}};
    const float scores[] = {0.9f, 0.9f, 0.9f}, xyz[] = {2, 0, 0, 1, 0, 0, 3, 0, 0, 4, 0, 0};
    const int32_t nearer[] = {0, 1, 1, 1}, first[] = {1, 0, 1, 1};
    (void)state;
    expect(4, 3, edges, scores, first);
    expect_at(xyz, 4, 3, edges, scores, nearer);
}

/* ---- other orders of hits and edges ------------------------------------------------------------------ */

/* from [n], to [n]: the tracks of the hits, and of the same hits in another order, of which place[i] is i's.
 */
static void expect_same_tracks(size_t n, const int32_t *from, const int32_t *to, const size_t *place)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            assert_true((from[i] == 0) == (to[place[i]] == 0));
            if (from[i] > 0) assert_true((from[i] == from[j]) == (to[place[i]] == to[place[j]]));
        }
}

/* ACTS sorts space points in an order of its own. */
static void test_order_of_hits_and_edges(void **state)
{
    uint64_t random = 2;
    (void)state;
    for (size_t round = 0; round < 500; round++) {
        trkx_walkthrough_options options = options_of(0.01f, 1 + round % 4);
        struct small_graph graph;
        int64_t shuffled[2 * SMALL_EDGES];
        float turned_scores[SMALL_EDGES], turned_xyz[SMALL][3];
        int32_t labels[SMALL], turned_labels[SMALL];
        size_t place[SMALL], count, turned_count;
        trkx_error error;
        make_small_graph(&random, SMALL, &graph);
        size_t m = graph.m;
        trkx_edges edges = {.count = m, .index = graph.index}, turned = {.count = m, .index = shuffled};
        for (size_t i = 0; i < SMALL; i++) { /* 24 of the 27 positions, each once */
            size_t at = (i * 5 + round) % 27;
            for (size_t d = 0; d < 3; d++, at /= 3) graph.xyz[i][d] = (float)(at % 3) - 1;
            place[i] = (i * 7 + round) % SMALL;
            memcpy(turned_xyz[place[i]], graph.xyz[i], sizeof graph.xyz[i]);
        }
        for (size_t e = 0; e < m; e++) {
            shuffled[m - 1 - e] = (int64_t)place[graph.source[e]];
            shuffled[2 * m - 1 - e] = (int64_t)place[graph.target[e]];
            turned_scores[m - 1 - e] = graph.scores[e];
        }
        options.xyz = graph.xyz[0];
        assert_int_equal(trkx_walkthrough(SMALL, &edges, graph.scores, &options, labels, &count, &error),
                         TRKX_OK);
        options.xyz = turned_xyz[0];
        assert_int_equal(
            trkx_walkthrough(SMALL, &turned, turned_scores, &options, turned_labels, &turned_count, &error),
            TRKX_OK);
        assert_int_equal(count, turned_count);
        expect_same_tracks(SMALL, labels, turned_labels, place);
    }
}

static void test_errors(void **state)
{
    int64_t index[] = {0, 1, 1, 0}, outside[] = {0, 2};
    float scores[] = {1, 1};
    int32_t labels[2] = {7, 7};
    trkx_edges edges = {.count = 2, .index = index}, one = {.count = 1, .index = outside}, empty = {0};
    trkx_walkthrough_options options = options_of(0.01f, 0);
    size_t count = 9;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_walkthrough(0, &empty, NULL, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(trkx_walkthrough(2, &edges, scores, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "the edges contain a cycle"));
    assert_int_equal(trkx_walkthrough(2, &one, scores, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "edge 0 runs from 0 to 2, but there are 2 hits"));
    assert_int_equal(trkx_walkthrough(2, &empty, NULL, &options, labels, &count, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "min_hits is 0"));
    options = options_of(NAN, 1);
    assert_int_equal(trkx_walkthrough(2, &empty, NULL, &options, labels, &count, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "a cut is not a number"));
    options.size = 1;
    assert_int_equal(trkx_walkthrough(2, &empty, NULL, &options, labels, &count, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "not initialised"));
    empty.count = (size_t)UINT32_MAX + 1;
    assert_int_equal(trkx_walkthrough(2, &empty, NULL, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "4294967296 edges"));
    empty.count = 0;
    assert_int_equal(trkx_walkthrough((size_t)1 << 31, &empty, NULL, NULL, labels, &count, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(labels[0], 7);
}

static void test_failing_allocations(void **state)
{
    int64_t index[] = {0, 1};
    float score = 1;
    int32_t labels[2];
    trkx_edges edges = {.count = 1, .index = index};
    const trkx_hits hits = {.count = 2};
    const trkx_tracks_input input = {.hits = &hits, .edges = &edges, .scores = &score};
    (void)state;
    for (long after = 0;; after++) {
        struct trkx_memory memory = {0};
        size_t count;
        trkx_error error;
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_walkthrough_in(&memory, &input, NULL, labels, &count, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(atomic_load(&memory.current), 0);
        if (status == TRKX_OK) {
            assert_true(after >= 17);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_components), cmocka_unit_test(test_false_edge),
        cmocka_unit_test(test_junctions),        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_starts_that_tie),  cmocka_unit_test(test_order_of_hits_and_edges),
        cmocka_unit_test(test_errors),           cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
