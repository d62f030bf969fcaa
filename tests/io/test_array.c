/* Proves: .npy headers of every form that NumPy writes are understood, all others rejected; elements are
 * converted exactly or rejected with row and column; files that trkx writes, .npy or CSV, plain or gzipped,
 * are read back as the same bytes; truncated or altered files never crash; no failing allocation leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "io/array.h"
#include "tests/scratch.h"

/* An .npy file in memory: version, header (filled up with blanks), then data. */
struct npy {
    char bytes[1024];
    size_t size;
};

static void build(struct npy *npy, int version, const char *header, const void *data, size_t size)
{
    size_t prefix = version == 1 ? 10 : 12, length = 128 - prefix;
    memset(npy->bytes, ' ', 128);
    memcpy(npy->bytes, "\x93NUMPY", 6);
    npy->bytes[6] = (char)version;
    npy->bytes[7] = 0;
    npy->bytes[8] = (char)length;
    npy->bytes[9] = 0;
    if (version > 1) memset(npy->bytes + 10, 0, 2);
    memcpy(npy->bytes + prefix, header, strlen(header));
    npy->bytes[127] = '\n';
    if (size > 0) memcpy(npy->bytes + 128, data, size);
    npy->size = 128 + size;
}

static enum trkx_status parse(const void *bytes, size_t size, bool npy, enum trkx_array_type type,
                              trkx_array *array, trkx_error *error)
{
    struct trkx_text text;
    enum trkx_status status = trkx_text_copy("a", "array", bytes, size, &text, error);
    if (status == TRKX_OK) status = trkx_array_parse(&text, npy, type, array, error);
    trkx_text_release(&text);
    return status;
}

static enum trkx_status parse_text(const char *text, enum trkx_array_type type, trkx_array *array,
                                   trkx_error *error)
{
    return parse(text, strlen(text), false, type, array, error);
}

/* ---- .npy ------------------------------------------------------------------------------------------- */

static void npy_headers(void **state)
{
    static const struct {
        const char *header;
        size_t rows, columns;
        int rank;
    } cases[] = {
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", 2, 3, 2},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }", 6, 1, 1},
        {"{\"shape\":(3,2),\"descr\":\"<i4\",\"fortran_order\":False}", 3, 2, 2},
        {"  {  'descr' :\t'<i4' , 'fortran_order' : False,\n'shape' : ( 1 , 6 , ) }", 1, 6, 2},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (6), }", 6, 1, 1},
    };
    static const int32_t data[] = {1, -2, 3, INT32_MAX, INT32_MIN, 0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int version = 1; version <= 3; version++) {
            struct npy npy;
            trkx_array array;
            trkx_error error;
            build(&npy, version, cases[i].header, data, sizeof data);
            if (parse(npy.bytes, npy.size, true, TRKX_INT32, &array, &error) != TRKX_OK)
                fail_msg("%s", error.message);
            assert_true(array.rows == cases[i].rows && array.columns == cases[i].columns);
            assert_true(array.rank == cases[i].rank && array.type == TRKX_INT32);
            assert_memory_equal(array.data, data, sizeof data);
            trkx_array_destroy(&array);
            assert_null(array.data);
        }
}

static void npy_empty(void **state)
{
    static const char *const shapes[] = {"(0,)", "(0, 3)", "(3, 0)", "(0, 9223372036854775807)"};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        char header[100];
        struct npy npy;
        trkx_array array;
        snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shapes[i]);
        build(&npy, 1, header, NULL, 0);
        assert_int_equal(parse(npy.bytes, npy.size, true, TRKX_FLOAT32, &array, NULL), TRKX_OK);
        assert_int_equal(array.rows * array.columns, 0);
        assert_int_equal(array.rank, i == 0 ? 1 : 2);
        trkx_array_destroy(&array);
    }
}

static void npy_refused(void **state)
{
    static const struct {
        const char *header, *message;
    } cases[] = {
        {"{'descr': '>i4', 'fortran_order': False, 'shape': (6,), }", "type \">i4\" is not one of"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (6,), }", "type \"<f2\" is not one of"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (6,), }", "type \"<c8\" is not one of"},
        {"{'descr': '<f44', 'fortran_order': False, 'shape': (6,), }", "type \"<f44\" is not one of"},
        {"{'descr': '', 'fortran_order': False, 'shape': (6,), }", "type \"\" is not one of"},
        {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (6,), }", "has named fields"},
        {"{'descr': '<i4', 'fortran_order': True, 'shape': (6,), }", "Fortran order is not supported"},
        {"{'descr': '<i4', 'fortran_order': 0, 'shape': (6,), }", "fortran_order is neither"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (), }", "no dimensions"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2, 3), }", "more than two dimensions"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (-6,), }", "a dimension is not a number"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (,), }", "a dimension is not a number"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (6 }", "shape is not a tuple"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': 6, }", "shape is not a tuple"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "not a number"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (7,), }", "too few for shape (7, 1)"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (4611686018427387904,), }", "too few"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "too few"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (5,), }", "there is more after the data"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (0, 5), }", "there is more after the data"},
        {"{'descr': '<i4', 'fortran_order': False, }", "is missing"},
        {"{'descr': '<i4', 'shape': (6,), }", "is missing"},
        {"{'fortran_order': False, 'shape': (6,), }", "is missing"},
        {"{}", "is missing"},
        {"{'descr': '<i4', 'other': 1, }", "unknown key \"other\""},
        {"{'descr': '<i4' 'shape': (6,), }", "cannot be parsed"},
        {"{'descr", "cannot be parsed"},
        {"['descr']", "not a dictionary"},
        {"", "not a dictionary"},
    };
    static const int32_t data[6] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy npy;
        trkx_array array = {.data = npy.bytes};
        trkx_error error = {0};
        build(&npy, 1, cases[i].header, data, sizeof data);
        assert_int_equal(parse(npy.bytes, npy.size, true, TRKX_INT32, &array, &error), TRKX_ERROR_FORMAT);
        if (strstr(error.message, cases[i].message) == NULL) fail_msg("%s", error.message);
        assert_true(array.data == NULL && array.rows == 0);
    }
}

static void npy_magic(void **state)
{
    static const int32_t data[6] = {0};
    struct npy npy;
    trkx_array array;
    trkx_error error;
    (void)state;
    build(&npy, 1, "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }", data, sizeof data);
    npy.bytes[6] = 4;
    assert_int_equal(parse(npy.bytes, npy.size, true, TRKX_INT32, &array, &error), TRKX_ERROR_FORMAT);
    assert_string_equal(error.message, "a: array: npy version 4 is not 1, 2 or 3");
    npy.bytes[1] = 'n';
    assert_int_equal(parse(npy.bytes, npy.size, true, TRKX_INT32, &array, &error), TRKX_ERROR_FORMAT);
    assert_string_equal(error.message, "a: array: is not an npy file");
}

/* Every cut is an error; every altered byte of the header gives an array or an error. */
static void npy_cut_or_altered(void **state)
{
    static const int32_t data[6] = {1, 2, 3, 4, 5, 6};
    struct npy npy;
    trkx_array array;
    (void)state;
    for (int version = 1; version <= 2; version++) {
        build(&npy, version, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", data,
              sizeof data);
        for (size_t cut = 0; cut < npy.size; cut++)
            assert_int_equal(parse(npy.bytes, cut, true, TRKX_INT32, &array, NULL), TRKX_ERROR_FORMAT);
        for (size_t i = 0; i < 128; i++)
            for (int byte = 0; byte < 256; byte++) {
                char before = npy.bytes[i];
                npy.bytes[i] = (char)byte;
                enum trkx_status status = parse(npy.bytes, npy.size, true, TRKX_INT64, &array, NULL);
                assert_true(status == TRKX_OK || status == TRKX_ERROR_FORMAT);
                trkx_array_destroy(&array);
                npy.bytes[i] = before;
            }
    }
}

/* ---- conversions ------------------------------------------------------------------------------------ */

struct conversion {
    const char *descr;
    const void *data;
    size_t size; /* of data */
    enum trkx_array_type type;
    const char *message; /* NULL: it works */
    const void *expected;
};

static void convert(const struct conversion *c)
{
    char header[100];
    struct npy npy;
    trkx_array array;
    trkx_error error = {0};
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (1, %zu), }", c->descr,
             c->size / (size_t)(c->descr[2] - '0'));
    build(&npy, 1, header, c->data, c->size);
    enum trkx_status status = parse(npy.bytes, npy.size, true, c->type, &array, &error);
    assert_int_equal(status, c->message == NULL ? TRKX_OK : TRKX_ERROR_FORMAT);
    if (c->message != NULL && strstr(error.message, c->message) == NULL) fail_msg("%s", error.message);
    if (c->message == NULL)
        assert_memory_equal(array.data, c->expected, array.columns * (c->type == TRKX_INT64 ? 8 : 4));
    trkx_array_destroy(&array);
}

static void conversions(void **state)
{
    static const float f4[] = {0, -1, 16777216, 7}, half[] = {1, 2.5F}, infinite[] = {0, 0, -INFINITY};
    static const double f8[] = {0, -1, 16777216, 7}, large[] = {1e39}, nan8[] = {1, NAN}, wide8[] = {0x1p63};
    static const double least[] = {-0x1p63}, rounded[] = {0.1};
    static const int32_t i4[] = {0, -1, 16777216, 7};
    static const int64_t i8[] = {0, -1, 16777216, 7}, wide[] = {0, INT64_C(1) << 31},
                         least_int[] = {INT64_MIN};
    static const float rounded_float[] = {0.1F};
    const struct conversion cases[] = {
        {"<f4", f4, sizeof f4, TRKX_FLOAT32, NULL, f4},
        {"<f4", f4, sizeof f4, TRKX_INT32, NULL, i4},
        {"<f4", f4, sizeof f4, TRKX_INT64, NULL, i8},
        {"<f8", f8, sizeof f8, TRKX_FLOAT32, NULL, f4},
        {"<f8", f8, sizeof f8, TRKX_INT32, NULL, i4},
        {"<f8", f8, sizeof f8, TRKX_INT64, NULL, i8},
        {"<f8", rounded, sizeof rounded, TRKX_FLOAT32, NULL, rounded_float},
        {"<f8", least, sizeof least, TRKX_INT64, NULL, least_int},
        {"<i4", i4, sizeof i4, TRKX_FLOAT32, NULL, f4},
        {"<i4", i4, sizeof i4, TRKX_INT32, NULL, i4},
        {"<i4", i4, sizeof i4, TRKX_INT64, NULL, i8},
        {"<i8", i8, sizeof i8, TRKX_FLOAT32, NULL, f4},
        {"<i8", i8, sizeof i8, TRKX_INT32, NULL, i4},
        {"<i8", i8, sizeof i8, TRKX_INT64, NULL, i8},
        {"<f4", half, sizeof half, TRKX_INT32, "row 1, column 2: 2.5 is not an integer", NULL},
        {"<f4", infinite, sizeof infinite, TRKX_FLOAT32, "row 1, column 3: -inf is not finite", NULL},
        {"<f4", infinite, sizeof infinite, TRKX_INT64, "row 1, column 3: -inf is not finite", NULL},
        {"<f8", nan8, sizeof nan8, TRKX_FLOAT32, "row 1, column 2: nan is not finite", NULL},
        {"<f8", large, sizeof large, TRKX_FLOAT32, "is out of range", NULL},
        {"<f8", wide8, sizeof wide8, TRKX_INT64, "is out of range", NULL},
        {"<i8", wide, sizeof wide, TRKX_INT32, "row 1, column 2: 2147483648 is out of range", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) convert(&cases[i]);
}

/* ---- CSV -------------------------------------------------------------------------------------------- */

static void csv_forms(void **state)
{
    static const char *const forms[] = {"1,2.5,-3\n4,5,6\n", "1,2.5,-3\n4,5,6", "1,2.5,-3\r\n4,5,6\r\n",
                                        " 1, 2.5,\t-3 \n4 ,5,6e0\n\n\r\n",
                                        "\xef\xbb\xbf\"1\",2.5, \"-3\" \n4,\"5\",6"};
    static const float expected[] = {1, 2.5F, -3, 4, 5, 6};
    trkx_array array;
    trkx_error error;
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (parse_text(forms[i], TRKX_FLOAT32, &array, &error) != TRKX_OK) fail_msg("%s", error.message);
        assert_true(array.rows == 2 && array.columns == 3 && array.rank == 2);
        assert_memory_equal(array.data, expected, sizeof expected);
        trkx_array_destroy(&array);
    }
    assert_int_equal(parse_text("1\n-2\n", TRKX_INT64, &array, NULL), TRKX_OK);
    assert_true(array.rows == 2 && array.columns == 1 && array.rank == 1);
    assert_int_equal(((int64_t *)array.data)[1], -2);
    trkx_array_destroy(&array);
    assert_int_equal(parse_text("\n\n", TRKX_INT64, &array, NULL), TRKX_OK);
    assert_true(array.rows == 2 && array.columns == 0 && array.rank == 2);
    trkx_array_destroy(&array);
}

static void csv_refused(void **state)
{
    static const struct {
        const char *text;
        enum trkx_array_type type;
        const char *message;
    } cases[] = {
        {"", TRKX_INT32, "a: array: the file is empty"},
        {"1,2\n3\n", TRKX_INT32, "a:2: array: fewer than 2 columns"},
        {"1,2\n3,4,5\n", TRKX_INT32, "a:2: array: more than 2 columns"},
        {"1,2\n\n3,4\n", TRKX_INT32, "a:2: array: column 1: \"\" is not an integer"},
        {"x,y\n1,2\n", TRKX_FLOAT32, "a:1: array: column 1: \"x\" is not a number"},
        {"1,2.0\n", TRKX_INT64, "a:1: array: column 2: \"2.0\" is not an integer"},
        {"1,2147483648\n", TRKX_INT32, "a:1: array: column 2: \"2147483648\" is out of range"},
        {"1\n9223372036854775808\n", TRKX_INT64, "a:2: array: column 1: \"9223372036854775808\" is out of"},
        {"1,1e39\n", TRKX_FLOAT32, "a:1: array: column 2: \"1e39\" is out of range"},
        {"1,nan\n", TRKX_FLOAT32, "a:1: array: column 2: \"nan\" is not finite"},
        {"1 2\n", TRKX_FLOAT32, "a:1: array: column 1: \"1 2\" is not a number"},
        {"\"1,2\n", TRKX_FLOAT32,
         "a:1: array: column 1: \"\"1\" has something other than a number in its quotes"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trkx_array array = {.rows = 1};
        trkx_error error = {0};
        enum trkx_status status = parse_text(cases[i].text, cases[i].type, &array, &error);
        assert_int_equal(status, TRKX_ERROR_FORMAT);
        if (strstr(error.message, cases[i].message) == NULL) fail_msg("%s", error.message);
    }
}

/* ---- files ------------------------------------------------------------------------------------------ */

static void check_round_trip(const char *name, const trkx_array *written)
{
    size_t size = written->rows * written->columns * (written->type == TRKX_INT64 ? 8 : 4);
    trkx_array array;
    trkx_error error;
    assert_int_equal(trkx_array_write(scratch_path(name), written, NULL), TRKX_OK);
    if (trkx_array_read(scratch_path(name), written->type, &array, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    assert_true(array.rows == written->rows && array.columns == written->columns);
    assert_int_equal(array.rank, written->rank);
    if (size > 0) assert_memory_equal(array.data, written->data, size);
    trkx_array_destroy(&array);
    assert_int_equal(scratch_files(true), 1);
}

static void written_and_read(void **state)
{
    static const char *const names[] = {"a.npy", "a.csv", "a.csv.gz", "a.txt"};
    static float floats[] = {0, -0.0F, 0.1F, 1e-45F, FLT_MAX, -123456.789F};
    static int32_t ints[] = {0, -1, INT32_MAX, INT32_MIN, 5, 6};
    static int64_t wide[] = {0, -1, INT64_MAX, INT64_MIN, 5, 6};
    void *const data[] = {[TRKX_FLOAT32] = floats, [TRKX_INT32] = ints, [TRKX_INT64] = wide};
    (void)state;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        for (int type = TRKX_FLOAT32; type <= TRKX_INT64; type++) {
            enum trkx_array_type element = (enum trkx_array_type)type;
            check_round_trip(names[n], &(trkx_array){element, 2, 3, 2, data[type]});
            check_round_trip(names[n], &(trkx_array){element, 6, 1, 1, data[type]});
            check_round_trip(names[n], &(trkx_array){element, 1, 6, 2, data[type]});
            check_round_trip(names[n], &(trkx_array){element, 2, 0, 2, data[type]}); /* no edges */
        }
    check_round_trip("a.npy", &(trkx_array){TRKX_FLOAT32, 0, 3, 2, floats});
    check_round_trip("a.npy", &(trkx_array){TRKX_INT64, 3, 1, 2, wide});
}

/* What NumPy writes for arange(6, dtype=int32).reshape(2, 3), byte for byte. */
static void as_numpy_writes(void **state)
{
    static int32_t data[] = {0, 1, 2, 3, 4, 5};
    struct npy npy;
    struct trkx_text text;
    const char *path = scratch_path("a.npy");
    (void)state;
    build(&npy, 1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }", data, sizeof data);
    assert_int_equal(trkx_array_write(path, &(trkx_array){TRKX_INT32, 2, 3, 2, data}, NULL), TRKX_OK);
    assert_int_equal(trkx_text_load(path, "test", NULL, &text, NULL), TRKX_OK);
    assert_int_equal(text.length, npy.size);
    assert_memory_equal(text.bytes, npy.bytes, npy.size);
    trkx_text_release(&text);
    scratch_files(true);
}

static void missing_files(void **state)
{
    trkx_array array = {.rows = 1};
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_array_read(scratch_path("a.npy"), TRKX_INT32, &array, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/a.npy: array: cannot be opened: No such file"));
    assert_int_equal(array.rows, 0);
    assert_int_equal(trkx_array_write(scratch_path("no/a.npy"), &array, &error), TRKX_ERROR_IO);
    trkx_array_destroy(NULL);
}

static void memory_runs_out(void **state)
{
    static int32_t data[] = {1, 2, 3};
    static const char *const names[] = {"a.npy", "a.csv.gz"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        trkx_array array = {0};
        long allowed = 0;
        assert_int_equal(
            trkx_array_write(scratch_path(names[n]), &(trkx_array){TRKX_INT32, 3, 1, 1, data}, NULL),
            TRKX_OK);
        for (; array.data == NULL && allowed < 50; allowed++) {
            trkx_memory_fail_after(allowed);
            enum trkx_status status = trkx_array_read(scratch_path(names[n]), TRKX_INT64, &array, NULL);
            assert_int_equal(status, array.data == NULL ? TRKX_ERROR_MEMORY : TRKX_OK);
        }
        trkx_memory_fail_after(-1);
        assert_in_range(allowed, 4, 20);
        trkx_array_destroy(&array);
    }
    scratch_files(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(npy_headers),        cmocka_unit_test(npy_empty),
        cmocka_unit_test(npy_refused),        cmocka_unit_test(npy_magic),
        cmocka_unit_test(npy_cut_or_altered), cmocka_unit_test(conversions),
        cmocka_unit_test(csv_forms),          cmocka_unit_test(csv_refused),
        cmocka_unit_test(written_and_read),   cmocka_unit_test(as_numpy_writes),
        cmocka_unit_test(missing_files),      cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
