/* Proves: an event in structured .npy files, of whatever number types, equals that of its CSV files; a
 * missing or wrong column is an error that names column and record; a file truncated anywhere is an error;
 * tracks written as .npy are read back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/csv.h"
#include "io/event.h"
#include "io/event_read.h"
#include "io/formats.h"
#include "io/npy.h"
#include "tests/scratch.h"

/* ---- files as NumPy writes them ---------------------------------------------------------------------- */

struct bytes {
    char data[4096];
    size_t size;
};

static void append(struct bytes *to, const void *from, size_t size)
{
    assert_true(to->size + size <= sizeof to->data);
    memcpy(to->data + to->size, from, size);
    to->size += size;
}

/* Version 1.0, padded with blanks to a multiple of 64. */
static void begin(struct bytes *to, const char *descr, const char *shape)
{
    char header[1024];
    int length =
        snprintf(header, sizeof header, "{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape);
    size_t padded = ((size_t)length + 11 + 63) / 64 * 64 - 10;
    unsigned char size[2] = {(unsigned char)(padded % 256), (unsigned char)(padded / 256)};
    to->size = 0;
    append(to, "\x93NUMPY\x01\x00", 8);
    append(to, size, 2);
    memset(header + length, ' ', padded - (size_t)length);
    header[padded - 1] = '\n';
    append(to, header, padded);
}

/* A number in a type of NumPy's. */
static void put(struct bytes *to, const char *type, double value)
{
    char bytes[8];
    size_t size = (size_t)(type[2] - '0');
    float single = (float)value;
    int64_t integer = isfinite(value) && fabs(value) < 1e18 ? (int64_t)value : 0;
    memcpy(bytes, type[1] == 'f' ? (size == 4 ? (void *)&single : (void *)&value) : (void *)&integer, size);
    append(to, bytes, size);
}

/* Columns of one row of types and then the values, row by row. */
static void build(struct bytes *to, const char *const (*columns)[2], size_t columns_count,
                  const double *values, size_t rows)
{
    char descr[1024] = "[", shape[32];
    for (size_t c = 0; c < columns_count; c++)
        snprintf(descr + strlen(descr), sizeof descr - strlen(descr), "%s('%s', '%s')", c > 0 ? ", " : "",
                 columns[c][0], columns[c][1]);
    strcat(descr, "]");
    snprintf(shape, sizeof shape, "(%zu,)", rows);
    begin(to, descr, shape);
    for (size_t i = 0; i < rows * columns_count; i++) put(to, columns[i % columns_count][1], values[i]);
}

/* ---- one event, twice ------------------------------------------------------------------------------- */

static const char hits_csv[] = "hit_id,x,y,z,volume_id,layer_id,module_id\n"
                               "7,1.5,-2.25,3,8,2,100\n2,0.125,4,-5,8,4,101\n9,-6,7,8.5,13,2,5\n";
static const char cells_csv[] = "hit_id,ch0,ch1,value\n2,10,20,0.5\n7,11,21,0.25\n2,12,22,0.75\n";
static const double hits_rows[] = {7, 1.5, -2.25, 3, 8,  2, 100, 2,  0.125, 4, -5,
                                   8, 4,   101,   9, -6, 7, 8.5, 13, 2,     5};
static const double cells_rows[] = {2, 10, 20, 0.5, 7, 11, 21, 0.25, 2, 12, 22, 0.75};
enum { HITS = 3, CELLS = 3 };

static const char *const wide_hits[][2] = {{"hit_id", "<i8"},   {"x", "<f8"},         {"y", "<f8"},
                                           {"z", "<f8"},        {"volume_id", "<i8"}, {"layer_id", "<i8"},
                                           {"module_id", "<i8"}};
static const char *const narrow_hits[][2] = {{"hit_id", "<u4"},   {"x", "<f4"},         {"y", "<f4"},
                                             {"z", "<f4"},        {"volume_id", "|u1"}, {"layer_id", "|i1"},
                                             {"module_id", "<i2"}};
static const char *const float_hits[][2] = {{"hit_id", "<f8"},   {"x", "<f4"},         {"y", "<f8"},
                                            {"z", "<f4"},        {"volume_id", "<f4"}, {"layer_id", "<u2"},
                                            {"module_id", "<u8"}};
static const char *const wide_cells[][2] = {
    {"hit_id", "<i8"}, {"ch0", "<i8"}, {"ch1", "<i4"}, {"value", "<f8"}};

static enum trkx_status parse(const void *hits, size_t hits_size, const void *cells, size_t cells_size,
                              trkx_event **event, trkx_error *error)
{
    struct trkx_text texts[TRKX_FILES] = {{0}};
    assert_int_equal(trkx_text_copy("h", "hits", hits, hits_size, &texts[TRKX_FILE_HITS], NULL), TRKX_OK);
    if (cells != NULL)
        assert_int_equal(trkx_text_copy("c", "cells", cells, cells_size, &texts[TRKX_FILE_CELLS], NULL),
                         TRKX_OK);
    enum trkx_status status = trkx_event_parse("e", texts, 1, TRKX_TABLE_ONE_PART, event, error);
    trkx_text_release(&texts[TRKX_FILE_HITS]);
    trkx_text_release(&texts[TRKX_FILE_CELLS]);
    return status;
}

static void same_event(const trkx_event *a, const trkx_event *b)
{
    const trkx_hits *left = trkx_event_hits(a), *right = trkx_event_hits(b);
    assert_int_equal(left->count, HITS);
    assert_int_equal(right->count, HITS);
    assert_memory_equal(left->hit_id, right->hit_id, HITS * sizeof *left->hit_id);
    assert_memory_equal(left->xyz, right->xyz, 3 * HITS * sizeof *left->xyz);
    assert_memory_equal(left->volume_id, right->volume_id, HITS * sizeof *left->volume_id);
    assert_memory_equal(left->layer_id, right->layer_id, HITS * sizeof *left->layer_id);
    assert_memory_equal(left->module_id, right->module_id, HITS * sizeof *left->module_id);
    assert_memory_equal(left->cell_begin, right->cell_begin, (HITS + 1) * sizeof *left->cell_begin);
    assert_memory_equal(left->cell_ch0, right->cell_ch0, CELLS * sizeof *left->cell_ch0);
    assert_memory_equal(left->cell_ch1, right->cell_ch1, CELLS * sizeof *left->cell_ch1);
    assert_memory_equal(left->cell_value, right->cell_value, CELLS * sizeof *left->cell_value);
}

static void it_is_the_event_of_the_csv_files(void **state)
{
    const char *const(*forms[])[2] = {wide_hits, narrow_hits, float_hits};
    static struct bytes hits, cells;
    trkx_event *csv, *npy;
    trkx_error error;
    (void)state;
    build(&cells, wide_cells, 4, cells_rows, CELLS);
    assert_int_equal(parse(hits_csv, strlen(hits_csv), cells_csv, strlen(cells_csv), &csv, &error), TRKX_OK);
    for (size_t i = 0; i < 3; i++) {
        build(&hits, forms[i], 7, hits_rows, HITS);
        if (parse(hits.data, hits.size, cells.data, cells.size, &npy, &error) != TRKX_OK)
            fail_msg("%zu: %s", i, error.message);
        same_event(csv, npy);
        trkx_event_destroy(npy);
    }
    trkx_event_destroy(csv);
}

/* Other fields, also such as are no numbers, are passed over. */
static void unknown_fields_are_ignored(void **state)
{
    static const char *const more[][2] = {{"hit_id", "<i8"},    {"x", "<f8"},         {"y", "<f8"},
                                          {"z", "<f8"},         {"volume_id", "<i8"}, {"layer_id", "<i8"},
                                          {"module_id", "<i8"}, {"weight", "<f4"},    {"", "|V3"},
                                          {"name", "<U1"},      {"on", "|b1"}};
    double row[] = {1, 1, 2, 3, 8, 2, 1, 0.5};
    struct bytes hits;
    trkx_event *event;
    trkx_error error;
    (void)state;
    build(&hits, more, 11, NULL, 0);
    char *rows = strstr(hits.data + 10, "(0,)");
    assert_non_null(rows);
    rows[1] = '1';
    for (int c = 0; c < 8; c++) put(&hits, more[c][1], row[c]);
    append(&hits,
           "\xff\xff\xff"
           "abcd\x01",
           8);
    if (parse(hits.data, hits.size, NULL, 0, &event, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_int_equal(trkx_event_hits(event)->count, 1);
    assert_true(trkx_event_hits(event)->xyz[2] == 3);
    trkx_event_destroy(event);
}

static void an_event_may_have_no_hits(void **state)
{
    struct bytes hits;
    trkx_event *event;
    (void)state;
    build(&hits, wide_hits, 7, NULL, 0);
    assert_int_equal(parse(hits.data, hits.size, NULL, 0, &event, NULL), TRKX_OK);
    assert_int_equal(trkx_event_hits(event)->count, 0);
    trkx_event_destroy(event);
}

/* ---- what is wrong ---------------------------------------------------------------------------------- */

static void refuse(const struct bytes *hits, const char *text)
{
    trkx_event *event;
    trkx_error error = {TRKX_OK, ""};
    enum trkx_status status = parse(hits->data, hits->size, NULL, 0, &event, &error);
    if (status != TRKX_ERROR_FORMAT || strstr(error.message, text) == NULL || event != NULL)
        fail_msg("status %d, \"%s\", expected \"%s\"", status, error.message, text);
}

static void a_wrong_number_is_named(void **state)
{
    static const struct {
        size_t index; /* into hits_rows */
        double value;
        const char *text;
    } wrong[] = {{8, NAN, "h:2: hits: column x: nan is not finite"},
                 {15, INFINITY, "h:3: hits: column x: inf is not finite"},
                 {9, 1e39, "h:2: hits: column y: "},
                 {4, 8.5, "h:1: hits: column volume_id: 8.5 is not an integer"},
                 {4, 3e9, "h:1: hits: column volume_id: 3000000000 is out of range"},
                 {14, 7, "h:3: hits: hit_id 7 is already in line 1"}};
    static const char *const doubles[][2] = {{"hit_id", "<f8"},   {"x", "<f8"},         {"y", "<f8"},
                                             {"z", "<f8"},        {"volume_id", "<f8"}, {"layer_id", "<f8"},
                                             {"module_id", "<f8"}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        double rows[21];
        struct bytes hits;
        memcpy(rows, hits_rows, sizeof rows);
        rows[wrong[i].index] = wrong[i].value;
        build(&hits, doubles, 7, rows, HITS);
        refuse(&hits, wrong[i].text);
    }
}

static void a_wrong_header_is_an_error(void **state)
{
    static const struct {
        const char *descr, *shape, *text;
    } wrong[] = {{"'<f4'", "(0, 3)", "is not a one-dimensional array of records with named fields"},
                 {"[('hit_id', '<i8')]", "(0,)", "columns x, y, z are missing: there is hit_id"},
                 {"[('hit_ID', '<i8'), ('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('volume_id', '<i4'),"
                  "('layer_id', '<i4'), ('module_id', '<i4')]",
                  "(0,)",
                  "column hit_id is missing: there are hit_ID, x, y, z, volume_id, layer_id, module_id; "
                  "rename hit_ID to hit_id"},
                 {"[('hit_id', '<i8')]", "(0, 0)", "is not a one-dimensional array of records"},
                 {"[('hit_id', '<i8')]", "(999999999999, 0)", "is not a one-dimensional array of records"},
                 {"[('hit_id', '<U4')]", "(0,)", "column hit_id is not numeric"},
                 {"[('hit_id', '>i8')]", "(0,)", "type \">i8\" is not one of"},
                 {"[('hit_id', '<i8', (3,))]", "(0,)", "a field is not a plain number"},
                 {"[('hit_id', [('a', '<i8')])]", "(0,)", "descr is not a plain type"},
                 {"[('hit_id' '<i8')]", "(0,)", "descr is not a list of names and types"},
                 {"[('hit_id', '<i8') ('x', '<f8')]", "(0,)", "descr is not a list of names and types"},
                 {"[]", "(0,)", "no fields"},
                 {"[('', '|V0')]", "(0,)", "elements of size 0"}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct bytes hits;
        begin(&hits, wrong[i].descr, wrong[i].shape);
        refuse(&hits, wrong[i].text);
    }
}

static void a_header_has_a_limit(void **state)
{
    char descr[1024] = "[('a', '|i1')";
    struct bytes hits;
    (void)state;
    for (int i = 1; i < 65; i++) strcat(descr, ",('a','|i1')");
    strcat(descr, "]");
    begin(&hits, descr, "(0,)");
    refuse(&hits, "too many fields");
}

static void a_file_cut_anywhere_is_an_error(void **state)
{
    static struct bytes hits;
    trkx_event *event;
    (void)state;
    build(&hits, wide_hits, 7, hits_rows, HITS);
    for (size_t size = 1; size < hits.size; size++)
        assert_int_equal(parse(hits.data, size, NULL, 0, &event, NULL), TRKX_ERROR_FORMAT);
    append(&hits, "", 1);
    refuse(&hits, "there is more after the data");
}

/* ---- files ------------------------------------------------------------------------------------------ */

static void a_path_chooses_among_several_kinds(void **state)
{
    static struct bytes hits;
    trkx_event *event;
    trkx_error error;
    (void)state;
    build(&hits, wide_hits, 7, hits_rows, HITS);
    scratch_write("event1-hits.npy", hits.data, hits.size);
    assert_int_equal(trkx_event_read(scratch_path("event1"), 0, 1, &event, &error), TRKX_OK);
    assert_string_equal(trkx_event_name(event), "event1");
    assert_int_equal(trkx_event_hits(event)->count, HITS);
    trkx_event_destroy(event);
    scratch_text("event1-hits.csv", "hit_id,x,y,z,volume_id,layer_id,module_id\n");
    assert_int_equal(trkx_event_read(scratch_path("event1"), 0, 1, &event, &error), TRKX_OK);
    assert_int_equal(trkx_event_hits(event)->count, 0);
    trkx_event_destroy(event);
    assert_int_equal(trkx_event_read(scratch_path("event1-hits.npy"), 0, 1, &event, &error), TRKX_OK);
    assert_int_equal(trkx_event_hits(event)->count, HITS);
    trkx_event_destroy(event);
}

/* What is added to the table appears in messages and is looked for without further changes. */
static void formats_are_told_apart(void **state)
{
    static char csv_bytes[] = "hit_id,x\n", npy_bytes[] = "\x93NUMPY\x01";
    const struct trkx_text csv = {.bytes = csv_bytes, .length = strlen(csv_bytes)};
    const struct trkx_text npy = {.bytes = npy_bytes, .length = strlen(npy_bytes)};
    char list[64];
    size_t prefix = 9, ending = 9;
    (void)state;
    assert_ptr_equal(trkx_format_of(&csv), &trkx_csv_format);
    assert_ptr_equal(trkx_format_of(&npy), &trkx_npy_format);
    assert_string_equal(trkx_format_list(list, sizeof list), ".csv (or .csv.gz, .npy)");
    assert_null(trkx_format_ending(3));
    assert_true(trkx_format_match("a/e1-hits.csv.gz", "hits", &prefix, &ending));
    assert_true(prefix == 4 && ending == 1);
    assert_true(trkx_format_match("a/e1-truth.npy", "truth", &prefix, &ending));
    assert_true(prefix == 4 && strcmp(trkx_format_ending(ending), ".npy") == 0);
    assert_false(trkx_format_match("a/e1-hits.csv", "cells", &prefix, &ending));
    assert_false(trkx_format_match("a/e1-hits.csv.part", "hits", &prefix, &ending));
    assert_false(trkx_format_match("hits.csv", "hits", &prefix, &ending));
}

static void tracks_come_back(void **state)
{
    static const int32_t labels[HITS] = {2, 0, 1};
    int32_t found[HITS] = {9, 9, 9};
    trkx_event *event;
    trkx_error error;
    (void)state;
    assert_int_equal(parse(hits_csv, strlen(hits_csv), NULL, 0, &event, &error), TRKX_OK);
    const trkx_hits *hits = trkx_event_hits(event);
    assert_int_equal(trkx_tracks_write(scratch_path("tracks.npy"), hits, labels, &error), TRKX_OK);
    assert_int_equal(trkx_tracks_read(scratch_path("tracks.npy"), hits, found, &error), TRKX_OK);
    assert_memory_equal(found, labels, sizeof labels);
    struct trkx_text text;
    assert_int_equal(trkx_text_load(scratch_path("tracks.npy"), "tracks", NULL, &text, &error), TRKX_OK);
    assert_int_equal((text.length - 12 * HITS) % 64, 0); /* the header's length */
    trkx_text_release(&text);
    trkx_event_destroy(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_event_of_the_csv_files),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(an_event_may_have_no_hits),
        cmocka_unit_test(a_wrong_number_is_named),
        cmocka_unit_test(a_wrong_header_is_an_error),
        cmocka_unit_test(a_header_has_a_limit),
        cmocka_unit_test(a_file_cut_anywhere_is_an_error),
        cmocka_unit_test(a_path_chooses_among_several_kinds),
        cmocka_unit_test(formats_are_told_apart),
        cmocka_unit_test(tracks_come_back),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
