/* Proves that joining takes the edges in decreasing order of their scores and never puts two hits of a
 * module on one track: by hand, and against the reference for random graphs; and that bad input and failing
 * allocations are errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/random.h"
#include "tracks/join.h"

static trkx_labelling_options options_of(float cut, size_t min_hits)
{
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = cut;
    options.min_hits = min_hits;
    return options;
}

static trkx_hits hits_of(int32_t *module, size_t n)
{
    return (trkx_hits){.count = n, .volume_id = module, .layer_id = module, .module_id = module};
}

static void test_by_hand(void **state)
{
    /* Two tracks, 0-2-4 and 1-3-5, with a false edge 2-3 that is better than 3-5 and one 0-5. */
    int32_t module[] = {1, 1, 2, 2, 3, 3}, labels[6];
    int64_t index[] = {0, 2, 1, 3, 2, 0, 2, 4, 3, 5, 3, 5};
    float scores[] = {0.9f, 0.9f, 0.9f, 0.7f, 0.8f, 0.75f};
    const int32_t tracks[] = {1, 2, 1, 2, 1, 2}, pairs[] = {1, 2, 1, 2, 1, 0}, none[6] = {0};
    trkx_hits hits = hits_of(module, 6);
    trkx_edges edges = {.count = 6, .index = index};
    trkx_labelling_options options = options_of(0.5f, 3);
    size_t count;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(labels, tracks, sizeof tracks);
    options = options_of(0.75f, 2); /* 0.75 is not over 0.75 */
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 2);
    assert_memory_equal(labels, pairs, sizeof pairs);
    options = options_of(0.95f, 2);
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_memory_equal(labels, none, sizeof none);
}

/* The first of equal scores decides; NaN joins nothing; without the module all would be one track. */
static void test_order(void **state)
{
    int32_t module[] = {1, 2, 1}, labels[3];
    int64_t index[] = {0, 1, 0, 1, 2, 1};
    float scores[] = {0.9f, 0.9f, NAN};
    const int32_t first[] = {1, 1, 0}, whole[] = {1, 1, 1};
    trkx_hits hits = hits_of(module, 3);
    trkx_edges edges = {.count = 3, .index = index};
    trkx_labelling_options options = options_of(0.5f, 2);
    size_t count;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_memory_equal(labels, first, sizeof first);
    module[2] = 3;
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 1);
    assert_memory_equal(labels, whole, sizeof whole);
}

static void test_against_reference(void **state)
{
    enum { MOST = 200 };
    uint64_t random = 1;
    (void)state;
    for (size_t round = 0; round < 60; round++) {
        size_t n = 1 + next_random(&random) % MOST, m = next_random(&random) % (4 * n), count, expected_count;
        int32_t module[MOST], labels[MOST], expected[MOST];
        int64_t *index = malloc((2 * m + 1) * sizeof *index);
        float *scores = malloc((m + 1) * sizeof *scores);
        trkx_error error;
        size_t modules = round % 2 == 0 ? 1 + n / 4 : 20 * n; /* tracks, or pieces of a hundred hits */
        for (size_t i = 0; i < n; i++) module[i] = (int32_t)(next_random(&random) % modules);
        for (size_t e = 0; e < 2 * m; e++) index[e] = (int64_t)(next_random(&random) % n);
        for (size_t e = 0; e < m; e++) scores[e] = (float)(next_random(&random) % 100) / 100; /* with ties */
        trkx_hits hits = hits_of(module, n);
        trkx_edges edges = {.count = m, .index = index};
        trkx_labelling_options options = options_of(0.3f, 1 + round % 4);
        assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, &error), TRKX_OK);
        assert_int_equal(
            trkx_join_reference(&hits, &edges, scores, &options, expected, &expected_count, &error), TRKX_OK);
        assert_int_equal(count, expected_count);
        assert_memory_equal(labels, expected, n * sizeof *labels);
        free(index);
        free(scores);
    }
}

/* A star of hits each on a module of its own: took 5 seconds. The last one is on the module of another. */
static void test_long_pieces(void **state)
{
    enum { N = 40000, M = N - 1 };
    int32_t *module = malloc(N * sizeof *module), *labels = malloc(N * sizeof *labels);
    int64_t *index = malloc(2 * M * sizeof *index);
    trkx_edges edges = {.count = M, .index = index};
    trkx_labelling_options options = options_of(0.5f, 3);
    size_t count;
    (void)state;
    for (int32_t i = 0; i < N; i++) module[i] = i == N - 1 ? 77 : i;
    for (int64_t e = 0; e < M; e++) {
        index[e] = N / 2;
        index[M + e] = e < N / 2 ? e : e + 1;
    }
    float *scores = malloc(M * sizeof *scores);
    for (int e = 0; e < M; e++) scores[e] = 0.9f;
    trkx_hits hits = hits_of(module, N);
    assert_int_equal(trkx_join(&hits, &edges, scores, &options, labels, &count, NULL), TRKX_OK);
    assert_int_equal(count, 1);
    for (int i = 0; i < N; i++) assert_int_equal(labels[i], i < N - 1);
    free(module);
    free(labels);
    free(index);
    free(scores);
}

static void test_errors(void **state)
{
    int32_t module[] = {1, 2}, labels[2];
    int64_t index[] = {0, 2};
    float score = 1;
    trkx_hits hits = hits_of(module, 2), none = {0};
    trkx_edges edges = {.count = 1, .index = index}, empty = {0};
    trkx_labelling_options options = options_of(0.5f, 1);
    size_t count = 9;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_join(&none, &empty, NULL, NULL, labels, &count, &error), TRKX_OK);
    assert_int_equal(count, 0);
    assert_int_equal(trkx_join(&hits, &edges, &score, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "edge 0 runs from 0 to 2, but there are 2 hits"));
    module[1] = 1 << 16; /* as volume 0 on another layer, if it were not refused */
    assert_int_equal(trkx_join(&hits, &empty, NULL, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "hit 1 has the volume_id 65536 and the layer_id 65536"));
    hits.module_id = NULL;
    assert_int_equal(trkx_join(&hits, &empty, NULL, NULL, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "needs the hits' modules"));
    options.size = 1;
    assert_int_equal(trkx_join(&none, &empty, NULL, &options, labels, &count, &error), TRKX_ERROR_ARGUMENT);
    assert_non_null(strstr(error.message, "not initialised"));
}

static void test_failing_allocations(void **state)
{
    int32_t module[] = {1, 2}, labels[2];
    int64_t index[] = {0, 1};
    float score = 1;
    trkx_hits hits = hits_of(module, 2);
    trkx_edges edges = {.count = 1, .index = index};
    const trkx_tracks_input input = {.hits = &hits, .edges = &edges, .scores = &score};
    (void)state;
    for (long after = 0;; after++) {
        struct trkx_memory memory = {0};
        size_t count;
        trkx_error error;
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_join_in(&memory, &input, NULL, NULL, labels, &count, &error);
        trkx_memory_fail_after(-1);
        assert_int_equal(atomic_load(&memory.current), 0);
        if (status == TRKX_OK) {
            assert_true(after >= 7);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_against_reference),
        cmocka_unit_test(test_long_pieces),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
