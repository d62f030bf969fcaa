/* Proves that the tracks are the connected components over the cut, labelled in the order of their first
 * hits: by hand, and by walking from hit to hit on random graphs, whatever the order of the edges and the
 * number of threads; and that bad input and failing allocations are errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/random.h"
#include "tracks/components.h"

static trkx_labelling_options options_of(float cut, size_t min_hits, int threads)
{
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = cut;
    options.min_hits = min_hits;
    options.threads = threads;
    return options;
}

static void expect(size_t n, const int64_t *index, const float *scores, size_t m,
                   const trkx_labelling_options *options, const int32_t *expected, size_t tracks)
{
    int32_t labels[16];
    size_t count = 99;
    trkx_error error;
    trkx_edges edges = {.count = m, .index = (int64_t *)(uintptr_t)index};
    assert_int_equal(trkx_components(n, &edges, scores, options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, tracks);
    assert_memory_equal(labels, expected, n * sizeof *labels);
    assert_int_equal(trkx_components_reference(n, &edges, scores, options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, tracks);
    assert_memory_equal(labels, expected, n * sizeof *labels);
}

static void test_by_hand(void **state)
{
    /* 7-5-1, 2-6, 0-3 twice and 3-3, 4 alone */
    const int64_t index[] = {7, 5, 6, 0, 3, 3, 5, 1, 2, 3, 0, 3};
    const float scores[] = {0.9f, 0.8f, 0.5f, 0.6f, 0.1f, NAN};
    const int32_t three[] = {0, 1, 0, 0, 0, 1, 0, 1}, two[] = {1, 2, 3, 1, 0, 2, 3, 2};
    const int32_t one[] = {1, 2, 3, 1, 4, 2, 3, 2}, two_over_half[] = {1, 2, 0, 1, 0, 2, 0, 2};
    const int32_t none[8] = {0};
    trkx_labelling_options options = options_of(0.5f, 3, 1);
    (void)state;
    expect(8, index, NULL, 6, &options, three, 1);
    options.min_hits = 2;
    expect(8, index, NULL, 6, &options, two, 3);
    expect(8, index, scores, 6, &options, two_over_half, 2); /* 0.5 is not over 0.5 */
    options.cut = 0.49f;
    expect(8, index, scores, 6, &options, two, 3);
    options.cut = 2;
    expect(8, index, scores, 6, &options, none, 0);
    options.min_hits = 1;
    expect(8, index, NULL, 6, &options, one, 4);
    options.min_hits = 4;
    expect(8, index, NULL, 6, &options, none, 0);
}

static void test_nothing(void **state)
{
    const int32_t singles[] = {1, 2, 3}, none[] = {0, 0, 0};
    trkx_labelling_options options = options_of(0.5f, 1, 0);
    (void)state;
    expect(0, NULL, NULL, 0, &options, none, 0);
    expect(3, NULL, NULL, 0, &options, singles, 3);
    options.min_hits = 3;
    expect(3, NULL, NULL, 0, &options, none, 0);
}

/* Random edges among n hits; scores of which a tenth is NaN. Released by the caller. */
static trkx_edges random_graph(size_t n, size_t m, uint64_t seed, float **scores)
{
    trkx_edges edges = {.count = m, .index = malloc((2 * m + 1) * sizeof *edges.index)};
    *scores = malloc((m + 1) * sizeof **scores);
    for (size_t i = 0; i < 2 * m; i++) edges.index[i] = (int64_t)(next_random(&seed) % n);
    for (size_t e = 0; e < m; e++) {
        uint64_t x = next_random(&seed);
        (*scores)[e] = x % 10 == 0 ? NAN : (float)(x >> 40) * 0x1p-24f;
    }
    return edges;
}

static void compare(size_t n, size_t m, size_t min_hits, uint64_t seed)
{
    float *scores;
    trkx_edges edges = random_graph(n, m, seed, &scores);
    int32_t *expected = malloc(n * sizeof *expected), *labels = malloc(n * sizeof *labels);
    size_t tracks = 0;
    trkx_error error;
    for (int with_scores = 0; with_scores < 2; with_scores++) {
        const float *given = with_scores ? scores : NULL;
        trkx_labelling_options options = options_of(0.3f, min_hits, 1);
        assert_int_equal(trkx_components_reference(n, &edges, given, &options, expected, &tracks, &error),
                         TRKX_OK);
        for (options.threads = 1; options.threads <= 4; options.threads *= 2) {
            size_t count = 0;
            memset(labels, 0x55, n * sizeof *labels);
            assert_int_equal(trkx_components(n, &edges, given, &options, labels, &count, &error), TRKX_OK);
            assert_int_equal(count, tracks);
            assert_memory_equal(labels, expected, n * sizeof *labels);
        }
    }
    free(expected);
    free(labels);
    free(scores);
    free(edges.index);
}

static void test_random_graphs(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++)
        for (size_t m = 0; m <= 120; m += 24) compare(100, m, 1 + seed % 5, seed);
}

/* Enough edges for all threads to connect at once: many small components, about one large, and all in one. */
static void test_large_graphs(void **state)
{
    (void)state;
    compare(1700000, 300000, 3, 1);
    compare(500000, 300000, 2, 2);
    compare(20000, 400000, 3, 3);
}

/* A path, its hits in the worst order for an eager union, and from both ends: one track. */
static void test_long_paths(void **state)
{
    enum { N = 300000 };
    int64_t *index = malloc(2 * (size_t)N * sizeof *index);
    int32_t *labels = malloc(N * sizeof *labels);
    trkx_error error;
    size_t count = 0;
    (void)state;
    for (int kind = 0; kind < 3; kind++)
        for (int threads = 1; threads <= 4; threads *= 4) {
            trkx_edges edges = {.count = N - 1, .index = index};
            trkx_labelling_options options = options_of(0.5f, N, threads);
            for (int64_t e = 0; e < N - 1; e++) {
                int64_t i = kind == 0 ? e : kind == 1 ? N - 2 - e : e % 2 == 0 ? e / 2 : N - 2 - e / 2;
                index[e] = i;
                index[N - 1 + e] = i + 1;
            }
            assert_int_equal(trkx_components(N, &edges, NULL, &options, labels, &count, &error), TRKX_OK);
            assert_int_equal(count, 1);
            for (size_t i = 0; i < N; i++) assert_true(labels[i] == 1);
        }
    free(index);
    free(labels);
}

/* Returns the message, which is valid until the next call. */
static const char *rejection(const int64_t *index, const trkx_labelling_options *options)
{
    static trkx_error error;
    int32_t labels[] = {7, 7, 7};
    size_t count = 7;
    trkx_edges edges = {.count = 1, .index = (int64_t *)(uintptr_t)index};
    assert_int_equal(trkx_components(3, &edges, NULL, options, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_true(labels[0] == 7 && labels[1] == 7 && labels[2] == 7);
    assert_int_equal(count, 7);
    return error.message;
}

static void test_bad_arguments(void **state)
{
    const int64_t good[] = {0, 2}, beyond[] = {0, 3}, negative[] = {-1, 2};
    trkx_labelling_options options = options_of(0.5f, 3, 1);
    (void)state;
    assert_non_null(strstr(rejection(beyond, &options), "edge 0 runs from 0 to 3"));
    assert_non_null(strstr(rejection(negative, &options), "edge 0 runs from -1 to 2"));
    options.min_hits = 0;
    assert_non_null(strstr(rejection(good, &options), "min_hits"));
    options = options_of(NAN, 3, 1);
    assert_non_null(strstr(rejection(good, &options), "cut"));
    options = options_of(0.5f, 3, -2);
    assert_non_null(strstr(rejection(good, &options), "threads"));
    options = options_of(0.5f, 3, 1);
    options.size--;
    assert_non_null(strstr(rejection(good, &options), "size"));
}

static void test_failing_allocations(void **state)
{
    int64_t index[] = {0, 1, 1, 2};
    int32_t labels[3];
    size_t count;
    trkx_error error;
    trkx_edges edges = {.count = 2, .index = index};
    trkx_labelling_options options = options_of(0.5f, 3, 1);
    (void)state;
    for (long after = 0; after < 3; after++) {
        trkx_memory_fail_after(after);
        enum trkx_status fast = trkx_components(3, &edges, NULL, &options, labels, &count, &error);
        trkx_memory_fail_after(after);
        enum trkx_status plain = trkx_components_reference(3, &edges, NULL, &options, labels, &count, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(fast, after < 1 ? TRKX_ERROR_MEMORY : TRKX_OK);
        assert_int_equal(plain, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_random_graphs),
        cmocka_unit_test(test_large_graphs),
        cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
