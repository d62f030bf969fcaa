/* Proves: an ONNX file is read back as it was written, including fields unknown to the schema; a file that
 * is no ONNX model, truncated anywhere or nested too deeply is an error that names the file and leaves
 * nothing behind; so is every failing allocation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/memory.h"
#include "onnx/tensor.h"
#include "tests/onnx/onnx_models.h"
#include "tests/scratch.h"

static const struct trkx_onnx empty;

static void expect_error(const void *bytes, size_t length, const char *text)
{
    struct trkx_onnx file;
    trkx_error error = {TRKX_OK, ""};
    assert_int_equal(trkx_onnx_parse(bytes, length, "dir/x.onnx", &file, &error), TRKX_ERROR_FORMAT);
    if (strncmp(error.message, "dir/x.onnx: ", 12) != 0 || strstr(error.message, text) == NULL)
        fail_msg("\"%s\"", error.message);
    assert_memory_equal(&file, &empty, sizeof file);
}

static void a_model_comes_out_as_written(void **state)
{
    struct trkx_onnx file, again;
    trkx_error error;
    size_t length = 0;
    (void)state;
    uint8_t *bytes = build_pack(build_small(&(struct small){0}), &length);
    const char *path = scratch_write("small.onnx", bytes, length);
    assert_int_equal(trkx_onnx_read(path, &file, &error), TRKX_OK);
    assert_string_equal(file.path, path);
    assert_int_equal(file.bytes, length);
    assert_int_equal(trkx_onnx_opset(file.model), 12);
    const char *copy = scratch_path("copy.onnx");
    assert_int_equal(trkx_onnx_write(&file, copy, &error), TRKX_OK);
    assert_int_equal(trkx_onnx_read(copy, &again, &error), TRKX_OK);
    assert_string_equal(file.sha256, again.sha256);
    trkx_onnx_release(&again);
    trkx_onnx_release(&file);
    trkx_onnx_release(&file); /* leaves it empty */
    free(bytes);
    assert_int_equal(scratch_files(true), 2);
}

static void an_unwritable_place_is_an_error(void **state)
{
    struct trkx_onnx file;
    trkx_error error;
    (void)state;
    build_file(build_small(&(struct small){0}), &file);
    assert_int_equal(trkx_onnx_write(&file, "/nowhere/x.onnx", &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/x.onnx"));
    trkx_onnx_release(&file);
}

/* A model of a newer schema: field 999, text, behind all else. */
static void what_the_schema_does_not_know_is_kept(void **state)
{
    static const uint8_t unknown[] = {0xba, 0x3e, 5, 'h', 'e', 'l', 'l', 'o'};
    struct trkx_onnx file;
    trkx_error error;
    size_t length = 0;
    (void)state;
    uint8_t *bytes = build_pack(build_small(&(struct small){0}), &length);
    bytes = realloc(bytes, length + sizeof unknown);
    memcpy(bytes + length, unknown, sizeof unknown);
    assert_int_equal(trkx_onnx_parse(bytes, length + sizeof unknown, "new", &file, &error), TRKX_OK);
    uint8_t *packed = malloc(length + sizeof unknown);
    assert_int_equal(onnx__model_proto__get_packed_size(file.model), length + sizeof unknown);
    onnx__model_proto__pack(file.model, packed);
    assert_memory_equal(packed, bytes, length + sizeof unknown);
    trkx_onnx_release(&file);
    free(packed);
    free(bytes);
}

static void what_is_not_a_model_is_named(void **state)
{
    struct trkx_onnx file;
    trkx_error error;
    (void)state;
    expect_error("{ \"schema\": 1 }", 15, "not an ONNX model");
    expect_error("\xff\xff\xff\xff\xff", 5, "not an ONNX model");
    expect_error("\x08\x07", 2, "it has no graph");
    assert_int_equal(trkx_onnx_read("/nowhere/x.onnx", &file, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/x.onnx"));
    const char *path = scratch_text("empty.onnx", "");
    assert_int_equal(trkx_onnx_read(path, &file, &error), TRKX_ERROR_FORMAT);
    assert_non_null(strstr(error.message, path));
    scratch_files(true);
}

/* The graph is the last field but for the operator sets: where those are cut, less of a model is left, else
 * none. */
static void a_truncated_model_is_an_error_or_a_smaller_one(void **state)
{
    size_t length = 0, models = 0;
    trkx_error error;
    (void)state;
    uint8_t *bytes = build_pack(build_small(&(struct small){0}), &length);
    for (size_t cut = 0; cut < length; cut++) {
        struct trkx_onnx file;
        uint8_t *part = malloc(cut + 1); /* of this size, so that a sanitizer sees its end */
        memcpy(part, bytes, cut);
        enum trkx_status status = trkx_onnx_parse(part, cut, "cut", &file, &error);
        if (status == TRKX_OK)
            models++;
        else
            assert_int_equal(status, TRKX_ERROR_FORMAT);
        trkx_onnx_release(&file);
        free(part);
    }
    assert_int_equal(models, 1);
    free(bytes);
}

/* A graph in an attribute of a node of a graph ...: every level is three messages, of a length each. */
static void *nest_without_end(void *unused)
{
    enum { LEVELS = 30000, HEAD = 32 };
    uint8_t *bytes = malloc(LEVELS * 18 + HEAD), *start = bytes + LEVELS * 18 + HEAD;
    size_t length = 0;
    static const uint8_t tags[] = {6 << 3 | 2, 5 << 3 | 2, 1 << 3 | 2}; /* graph, attribute, node */
    for (int level = 0; level < 3 * LEVELS; level++) {
        uint8_t head[6] = {tags[level % 3]};
        size_t size = 1;
        size_t rest = length;
        for (; rest >= 128; rest >>= 7) head[size++] = (uint8_t)(rest | 128);
        head[size++] = (uint8_t)rest;
        start -= size;
        memcpy(start, head, size);
        length += size;
        assert_true(start > bytes + HEAD);
    }
    uint8_t head[6] = {7 << 3 | 2}; /* a model's graph */
    size_t size = 1, rest = length;
    for (; rest >= 128; rest >>= 7) head[size++] = (uint8_t)(rest | 128);
    head[size++] = (uint8_t)rest;
    start -= size;
    memcpy(start, head, size);
    expect_error(start, length + size, "nested too deeply");
    free(bytes);
    return unused;
}

static void endless_nesting_is_an_error_on_a_small_stack(void **state)
{
    pthread_t thread;
    pthread_attr_t attributes;
    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, 1 << 18), 0);
    assert_int_equal(pthread_create(&thread, &attributes, nest_without_end, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

static void every_allocation_may_fail(void **state)
{
    size_t length = 0;
    trkx_error error;
    long after = 0;
    (void)state;
    uint8_t *bytes = build_pack(build_small(&(struct small){0}), &length);
    for (;; after++) {
        struct trkx_onnx file;
        trkx_memory_fail_after(after);
        enum trkx_status status = trkx_onnx_parse(bytes, length, "x", &file, &error);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) {
            trkx_onnx_release(&file);
            break;
        }
        assert_int_equal(status, TRKX_ERROR_MEMORY);
        assert_memory_equal(&file, &empty, sizeof file);
    }
    assert_true(after > 100);
    free(bytes);
}

/* ---- tensors ---------------------------------------------------------------------------------------- */

static void elements_are_counted_and_read_in_either_encoding(void **state)
{
    int64_t dims[] = {2, 2}, values[4], whole[] = {1, -2, 3, 1LL << 40};
    int32_t narrow[] = {5, -6};
    float weights[] = {0, 1, NAN, INFINITY};
    size_t nans = 0, infinities = 0;
    (void)state;
    build_model(12);
    Onnx__TensorProto *raw = build_tensor("t", INT64, dims, 2, whole, sizeof whole);
    assert_int_equal(trkx_onnx_elements(raw), 4);
    assert_int_equal(trkx_onnx_tensor_bytes(raw), 32);
    assert_int_equal(trkx_onnx_tensor_integers(raw, values, 4), 4);
    assert_memory_equal(values, whole, sizeof whole);
    assert_int_equal(trkx_onnx_tensor_integers(raw, values, 3), -1);
    raw->raw_data.len = 31;
    assert_false(trkx_onnx_tensor_complete(raw));
    assert_int_equal(trkx_onnx_tensor_integers(raw, values, 4), -1);
    Onnx__TensorProto *listed = build_tensor("t", INT32, dims, 1, "", 0);
    listed->has_raw_data = 0;
    listed->n_int32_data = 2, listed->int32_data = narrow;
    assert_true(trkx_onnx_tensor_complete(listed));
    assert_int_equal(trkx_onnx_tensor_integers(listed, values, 4), 2);
    assert_int_equal(values[1], -6);
    Onnx__TensorProto *spoilt = build_tensor("t", FLOAT32, dims, 2, weights, sizeof weights);
    trkx_onnx_tensor_spoilt(spoilt, &nans, &infinities);
    assert_int_equal(nans, 1);
    assert_int_equal(infinities, 1);
    assert_false(trkx_onnx_tensor_zero(spoilt));
    assert_true(trkx_onnx_tensor_zero(build_tensor("t", FLOAT32, dims, 1, (float[]){0, 0}, 8)));
}

static void half_floats_may_be_spoilt_too(void **state)
{
    static const uint16_t half[] = {0x3c00, 0x7e01, 0xfc00},
                          brain[] = {0x3f80, 0x7fc0, 0xff80}; /* 1, NaN, -inf */
    int64_t three = 3;
    size_t nans = 0, infinities = 0;
    (void)state;
    build_model(12);
    trkx_onnx_tensor_spoilt(build_tensor("t", 10, &three, 1, half, sizeof half), &nans, &infinities);
    assert_int_equal(10 * nans + infinities, 11);
    trkx_onnx_tensor_spoilt(build_tensor("t", 16, &three, 1, brain, sizeof brain), &nans, &infinities);
    assert_int_equal(10 * nans + infinities, 11);
}

static void extents_that_make_no_sense_have_no_elements(void **state)
{
    int64_t negative[] = {-1, 4}, huge[] = {INT64_MAX, INT64_MAX};
    (void)state;
    build_model(12);
    assert_int_equal(trkx_onnx_elements(build_tensor("t", FLOAT32, negative, 2, "", 0)), 0);
    assert_int_equal(trkx_onnx_elements(build_tensor("t", FLOAT32, huge, 2, "", 0)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_comes_out_as_written),
        cmocka_unit_test(an_unwritable_place_is_an_error),
        cmocka_unit_test(what_the_schema_does_not_know_is_kept),
        cmocka_unit_test(what_is_not_a_model_is_named),
        cmocka_unit_test(a_truncated_model_is_an_error_or_a_smaller_one),
        cmocka_unit_test(endless_nesting_is_an_error_on_a_small_stack),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(elements_are_counted_and_read_in_either_encoding),
        cmocka_unit_test(half_floats_may_be_spoilt_too),
        cmocka_unit_test(extents_that_make_no_sense_have_no_elements),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
