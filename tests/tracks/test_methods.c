/* Proves that every track labelling method in the table agrees with its reference on random graphs,
 * whatever its settings and the number of threads; that its name is found, and that an unknown name is
 * rejected with a list of all names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/tracks/small_graph.h"
#include "tracks/methods.h"

/* Somewhere from low to high, or the standard. */
static double choose(uint64_t *random, const struct trkx_method_setting *setting)
{
    double share = (double)(next_random(random) % 20) / 20;
    return next_random(random) % 2 == 0 ? setting->standard
                                        : setting->low + share * (setting->high - setting->low);
}

/* Returns how many tracks there are. */
static size_t compare(const struct trkx_method *method, uint64_t *random, size_t round)
{
    struct small_graph graph;
    double settings[TRKX_METHOD_SETTINGS];
    int32_t labels[SMALL], expected[SMALL];
    size_t count, expected_count;
    trkx_error error;
    make_small_graph(random, 1 + next_random(random) % SMALL, &graph);
    const trkx_hits hits = {.count = graph.n,
                            .xyz = round % 2 == 0 ? graph.xyz[0] : NULL,
                            .volume_id = graph.module,
                            .layer_id = graph.module,
                            .module_id = graph.module};
    const trkx_edges edges = {.count = graph.m, .index = graph.index};
    for (size_t i = 0; i < method->settings_count; i++) settings[i] = choose(random, &method->settings[i]);
    const trkx_tracks_input input = {.hits = &hits, .edges = &edges, .scores = graph.scores};
    const struct trkx_method_task task = {.input = &input,
                                          .modules = round % 4 < 2 ? graph.module : NULL,
                                          .cut = round % 3 == 0 ? 0.3F : 0.01F,
                                          .min_hits = 1 + round % 4,
                                          .threads = 1 + (int)(round % 3),
                                          .settings = settings};
    assert_int_equal(method->run(&task, labels, &count, &error), TRKX_OK);
    assert_int_equal(method->reference(&task, expected, &expected_count, &error), TRKX_OK);
    assert_int_equal(count, expected_count);
    assert_memory_equal(labels, expected, graph.n * sizeof *labels);
    return count;
}

static void test_against_references(void **state)
{
    (void)state;
    for (size_t m = 0; m < trkx_methods_count(); m++) {
        uint64_t random = 1;
        size_t tracks = 0;
        for (size_t round = 0; round < 2000; round++) tracks += compare(trkx_method(m), &random, round);
        assert_true(tracks > 4000);
    }
}

/* "a, b or c" */
static void list_names(char *list, size_t size)
{
    size_t count = trkx_methods_count();
    *list = '\0';
    for (size_t m = 0; m < count; m++) {
        const char *before = m == 0 ? "" : m + 1 == count ? " or " : ", ";
        snprintf(list + strlen(list), size - strlen(list), "%s%s", before, trkx_method(m)->name);
    }
}

static void test_names(void **state)
{
    char text[256], list[256], expected[512];
    size_t found = 77;
    (void)state;
    for (size_t m = 0; m < trkx_methods_count(); m++) {
        assert_string_equal(trkx_method_name(m), trkx_method(m)->name);
        assert_true(trkx_method_find(trkx_method_name(m), &found));
        assert_int_equal(found, m);
    }
    assert_null(trkx_method_name(trkx_methods_count()));
    assert_false(trkx_method_find("joined", &found));
    assert_false(trkx_method_find(NULL, &found));
    list_names(list, sizeof list);
    snprintf(expected, sizeof expected, "\"joined\" is not %s: did you mean join?", list);
    assert_string_equal(trkx_method_unknown("joined", text, sizeof text), expected);
    snprintf(expected, sizeof expected, "\"\" is not %s", list);
    assert_string_equal(trkx_method_unknown("", text, sizeof text), expected);
}

/* Each is a field of the same object in bundle.json. */
static void test_settings(void **state)
{
    (void)state;
    for (size_t m = 0; m < trkx_methods_count(); m++) {
        const struct trkx_method *method = trkx_method(m);
        assert_true(method->settings_count <= TRKX_METHOD_SETTINGS);
        for (size_t i = 0; i < method->settings_count; i++) {
            const struct trkx_method_setting *setting = &method->settings[i];
            assert_true(setting->low <= setting->standard && setting->standard <= setting->high);
            for (size_t o = 0; o < m; o++)
                for (size_t j = 0; j < trkx_method(o)->settings_count; j++)
                    assert_string_not_equal(trkx_method(o)->settings[j].name, setting->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_references),
                                       cmocka_unit_test(test_names), cmocka_unit_test(test_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
