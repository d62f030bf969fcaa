/* Proves: numbers are read with the same bits as by the C library's strtod, whatever their form and the
 * locale, and written so that they are read back with the same bits; tables find their columns, and errors
 * name the line, in however many parts and by however many threads they are read; gzip files that are
 * truncated or damaged anywhere are errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>

#include "io/number.h"
#include "io/table.h"
#include "tests/scratch.h"

/* xorshift64* (Vigna 2016): the same numbers in each run. */
static uint64_t random_state = 88172645463325252u;
static uint64_t random_bits(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* ---- numbers ---------------------------------------------------------------------------------------- */

static void same_as_strtod(const char *text)
{
    double value = -1;
    char *end;
    const char *at = text, *wrong = trkx_parse_double(&at, &value);
    double expected = strtod(text, &end);
    if (isinf(expected)) {
        assert_string_equal(wrong, "is out of range");
        return;
    }
    if (wrong != NULL || at != end || bits_of(value) != bits_of(expected))
        fail_msg("%s: %s %a instead of %a", text, wrong != NULL ? wrong : "", value, expected);
}

static void doubles_as_strtod(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "-0.000",
        "1",
        "-1",
        "+1",
        "1.",
        ".5",
        "-.5e1",
        "1e0",
        "1E5",
        "1e+5",
        "1e-5",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0000000000000000000001",
        "1e22",
        "1e23",
        "123456789e-22",
        "123456789e-23",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e400",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "0e999999999",
        "00000000000000000000000001",
        "12345678901234567890",
        "1234567890123456789",
        "18446744073709551616",
        "0.000000000000000000000000000000012345",
        "100000000000000000000000000000000000000",
        "6.96929e-06",
        "6.969290000000001e-06",
        "-843797.0",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) same_as_strtod(texts[i]);
}

static void doubles_of_any_form(void **state)
{
    char text[128];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_bits();
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        snprintf(text, sizeof text, "%.*e", (int)(random_bits() % 25), value);
        same_as_strtod(text);
        snprintf(text, sizeof text, "%.*g", 15 + (int)(bits % 5),
                 (double)(bits >> 8) / (double)(1 + (uint64_t)i * (uint64_t)i * (uint64_t)i));
        same_as_strtod(text);
        snprintf(text, sizeof text, "%s%llu.%0*llue%d", random_bits() % 2 ? "-" : "",
                 (unsigned long long)(random_bits() >> random_bits() % 64), (int)(random_bits() % 20),
                 (unsigned long long)(random_bits() >> random_bits() % 64), (int)(random_bits() % 60) - 30);
        same_as_strtod(text);
    }
}

/* Midpoints between doubles, exactly and a hair beside, farther behind than any buffer reaches. */
static void doubles_of_many_digits(void **state)
{
    char text[2000];
    (void)state;
    for (int zeros = 700; zeros < 1500; zeros += 7) {
        snprintf(text, sizeof text, "9007199254740993.%0*d1", zeros, 0);
        same_as_strtod(text);
        snprintf(text, sizeof text, "0.%0*d9007199254740993%0*d1e%d", zeros / 4, 0, zeros, 0, zeros / 4 + 16);
        same_as_strtod(text);
        snprintf(text, sizeof text, "9007199254740993%0*d.5e-%d", zeros, 0, zeros);
        same_as_strtod(text);
        snprintf(text, sizeof text, "9007199254740993%0*d.0e-%d", zeros, 0, zeros);
        same_as_strtod(text);
    }
}

static void what_is_no_double(void **state)
{
    static const char *const texts[] = {"",   "-",   "+",   ".",   "-.",  "e5",
                                        "1e", "1e+", "1e-", "--1", "+-1", "abc"};
    static const char *const infinite[] = {"nan", "NaN", "-nan", "inf", "-Infinity", "+INF"};
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *at = texts[i];
        assert_string_equal(trkx_parse_double(&at, &value), "is not a number");
        assert_ptr_equal(at, texts[i]);
    }
    for (size_t i = 0; i < sizeof infinite / sizeof infinite[0]; i++) {
        const char *at = infinite[i];
        assert_string_equal(trkx_parse_double(&at, &value), "is not finite");
    }
}

static void integers(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+7", 7},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"621497641930326016", INT64_C(621497641930326016)}};
    static const char *const large[] = {"9223372036854775808", "-9223372036854775809", "99999999999999999999",
                                        "18446744073709551617"};
    static const char *const bad[] = {"", "-", "a", " 1", "+-1"};
    int64_t value;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const char *at = good[i].text;
        assert_null(trkx_parse_int64(&at, &value));
        assert_true(value == good[i].value && *at == '\0');
    }
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        const char *at = large[i];
        assert_string_equal(trkx_parse_int64(&at, &value), "is out of range");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *at = bad[i];
        assert_string_equal(trkx_parse_int64(&at, &value), "is not an integer");
    }
}

static void floats_come_back(float value)
{
    char text[TRKX_NUMBER_SIZE + 1];
    char *end = trkx_format_float(text, value);
    const char *at = text;
    double back;
    assert_true(end - text <= TRKX_NUMBER_SIZE);
    *end = '\0';
    assert_null(trkx_parse_double(&at, &back));
    if (at != end || float_bits((float)back) != float_bits(value)) fail_msg("%a as %s", (double)value, text);
}

static void doubles_come_back(double value)
{
    char text[TRKX_NUMBER_SIZE + 1];
    char *end = trkx_format_double(text, value);
    const char *at = text;
    double back;
    assert_true(end - text <= TRKX_NUMBER_SIZE);
    *end = '\0';
    assert_null(trkx_parse_double(&at, &back));
    if (at != end || bits_of(back) != bits_of(value)) fail_msg("%a as %s", value, text);
}

static void numbers_come_back(void **state)
{
    static const double edges[] = {0,         -0.0, 1,       -1,      0.1,   1e-4,       9.9999999e-5, 1e9,
                                   999999999, 1e8,  FLT_MIN, FLT_MAX, 1e-45, 123456.789, 0.5,          1.5e6};
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        floats_come_back((float)edges[i]);
        doubles_come_back(edges[i]);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_bits();
        uint32_t low = (uint32_t)bits;
        double value;
        float narrow;
        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &low, sizeof narrow);
        if (isfinite(value)) doubles_come_back(value);
        if (isfinite(narrow)) floats_come_back(narrow);
        floats_come_back((float)((double)(bits >> 40) / 1e4 - 800)); /* coordinates */
    }
}

static void short_forms(void **state)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        {0, "0"},          {-1502.5F, "-1502.5"},         {0.0737505F, "0.0737505"}, {-843797, "-843797"},
        {1e6F, "1000000"}, {7.09548e-05F, "7.09548e-05"}, {16777216, "16777216"},    {0.1F, "0.1"},
        {1e30F, "1e+30"}};
    char text[TRKX_NUMBER_SIZE + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        *trkx_format_float(text, cases[i].value) = '\0';
        assert_string_equal(text, cases[i].text);
    }
    *trkx_format_double(text, 6.96929e-06) = '\0';
    assert_string_equal(text, "6.96929e-06");
    *trkx_format_int64(text, INT64_MIN) = '\0';
    assert_string_equal(text, "-9223372036854775808");
}

/* Switches to numbers with a decimal comma: an installed locale, or one that is compiled for this. */
static bool use_comma(void)
{
    char command[600];
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") != NULL || setlocale(LC_NUMERIC, "fr_FR.UTF-8") != NULL)
        return true;
    snprintf(command, sizeof command, "localedef -c -i de_DE -f UTF-8 %s/xx_XX >%s/log 2>&1", scratch,
             scratch);
    if (system(command) != 0 || setenv("LOCPATH", scratch, 1) != 0) return false;
    return setlocale(LC_NUMERIC, "xx_XX") != NULL;
}

static void no_locale(void **state)
{
    char command[600], text[32];
    bool comma = use_comma();
    (void)state;
    if (comma) {
        snprintf(text, sizeof text, "%g", 0.5);
        assert_string_equal(text, "0,5");
        const char *at = "1.23456789012345678901e-5";
        double value;
        assert_null(trkx_parse_double(&at, &value));
        assert_true(bits_of(value) == bits_of(1.23456789012345678901e-5));
        doubles_come_back(value);
        floats_come_back(1.25e-20F);
    }
    setlocale(LC_NUMERIC, "C");
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -rf %s/xx_XX %s/log", scratch, scratch);
    assert_int_equal(system(command), 0);
    if (!comma) {
        print_message("there is no locale with a decimal comma, and none can be compiled\n");
        skip();
    }
}

/* ---- tables ----------------------------------------------------------------------------------------- */

enum { ROWS = 8 };

struct rows {
    int32_t id[ROWS];
    int64_t wide[ROWS];
    float x[ROWS];
    double y[ROWS];
    size_t count;
};

/* Reads a table of the four columns of struct rows; `y` is optional. */
static enum trkx_status read_rows(const char *content, struct rows *rows, trkx_error *error)
{
    struct trkx_text text;
    struct trkx_column columns[] = {
        {"id", TRKX_COLUMN_INT32, rows->id, sizeof *rows->id, false, false},
        {"wide", TRKX_COLUMN_INT64, rows->wide, sizeof *rows->wide, false, false},
        {"x", TRKX_COLUMN_FLOAT32, rows->x, sizeof *rows->x, false, false},
        {"y", TRKX_COLUMN_FLOAT64, rows->y, sizeof *rows->y, true, false},
    };
    enum trkx_status status = trkx_text_copy("t.csv", "hits", content, strlen(content), &text, error);
    if (status == TRKX_OK) {
        struct trkx_table table;
        trkx_table_open(&text, TRKX_TABLE_PART_SIZE, &table);
        assert_true(table.rows < ROWS);
        status = trkx_table_read(&table, columns, 4, error);
        rows->count = table.rows;
    }
    trkx_text_release(&text);
    return status;
}

static void tables(void **state)
{
    static const char *const forms[] = {
        "id,wide,x,y\n1,20,0.5,4\n-2,-30,1e3,0.1\n",
        "id,wide,x,y\r\n1,20,0.5,4\r\n-2,-30,1e3,0.1\r\n",
        "id,wide,x,y\n1,20,0.5,4\n-2,-30,1e3,0.1",
        "id,wide,x,y\r\n1,20,0.5,4\r\n-2,-30,1e3,0.1\r",
        "\xef\xbb\xbfid,wide,x,y\n1,20,0.5,4\n-2,-30,1e3,0.1\n",
        "y,more,x,wide,text,id\n4,,0.5,20,a b,1\n0.1,\"\",1e3,-30,nan,-2\n",
        " id, wide ,x\t,y \n 1 ,20,\t0.5, 4\n-2, -30, 1e3,0.1 \r\n",
        "id,wide,x,y\n\n1,20,0.5,4\n\r\n-2,-30,1e3,0.1\n\n\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct rows rows = {0};
        trkx_error error;
        if (read_rows(forms[i], &rows, &error) != TRKX_OK) fail_msg("%s", error.message);
        assert_int_equal(rows.count, 2);
        assert_true(rows.id[0] == 1 && rows.id[1] == -2 && rows.wide[0] == 20 && rows.wide[1] == -30);
        assert_true(rows.x[0] == 0.5F && rows.x[1] == 1000 && rows.y[0] == 4 && rows.y[1] == 0.1);
    }
}

/* A decimal of any length before and behind the point, rarely with an exponent. */
static void random_decimal(char *text, size_t size)
{
    uint64_t bits = random_bits();
    int whole = (int)(bits % 10), fraction = (int)(bits / 16 % 16);
    uint64_t before = random_bits() % (whole == 0 ? 1 : bits % 3 == 0 ? 1000000000 : 1000);
    uint64_t behind = random_bits() >> bits % 64;
    int length = snprintf(text, size, "%s%0*llu.%0*llu", bits / 256 % 2 ? "-" : "", whole,
                          (unsigned long long)before, fraction, (unsigned long long)behind);
    if (bits % 7 == 0) snprintf(text + length, size - (size_t)length, "e%d", (int)(bits / 512 % 40) - 20);
}

static void table_as_strtod(const char *id, const char *wide, const char *x, const char *y)
{
    char table[512];
    struct rows rows = {0};
    trkx_error error;
    snprintf(table, sizeof table, "id,wide,x,y\n%s,%s,%s,%s\n%s,%s,%s,%s", id, wide, x, y, id, wide, x, y);
    if (read_rows(table, &rows, &error) != TRKX_OK) fail_msg("%s in %s", error.message, table);
    for (int row = 0; row < 2; row++) { /* the last number has no line end behind it */
        assert_true(rows.id[row] == atoi(id) && rows.wide[row] == atoll(wide));
        assert_true(float_bits(rows.x[row]) == float_bits((float)strtod(x, NULL)));
        if (bits_of(rows.y[row]) != bits_of(strtod(y, NULL))) fail_msg("%s gives %a", y, rows.y[row]);
    }
}

static void tables_as_strtod(void **state)
{
    char id[24], wide[24], x[64], y[64];
    (void)state;
    /* digits that, taken as an integer, are just above 2^64 and 2^53 */
    table_as_strtod("-2147483648", "9223372036854775807", "1844674.4073709551626", "1844674.4073709551626");
    table_as_strtod("2147483647", "-9223372036854775808", "-0", "900719.92547409930");
    table_as_strtod("00000000000000000000000001", "-999999999999999999", "-0.0", "9007199.254740993");
    for (int i = 0; i < 20000; i++) {
        random_decimal(x, sizeof x);
        random_decimal(y, sizeof y);
        snprintf(id, sizeof id, "%d", (int32_t)(random_bits() >> 32) >> random_bits() % 32);
        snprintf(wide, sizeof wide, "%lld", (long long)((int64_t)random_bits() >> random_bits() % 64));
        if (!isinf((float)strtod(x, NULL))) table_as_strtod(id, wide, x, y);
    }
}

static void tables_without_rows(void **state)
{
    static const char *const forms[] = {"id,wide,x", "id,wide,x\n", "id,wide,x,y\r\n", "id,wide,x\n\n\n"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct rows rows = {.count = 1};
        assert_int_equal(read_rows(forms[i], &rows, NULL), TRKX_OK);
        assert_int_equal(rows.count, 0);
    }
}

/* pyarrow quotes the header, R's write.csv names and texts, and numbers its rows: RFC 4180. */
static void quoted_fields(void **state)
{
    static const char *const forms[] = {
        "\"id\",\"wide\",\"x\",\"y\"\n7,-8,1.5,2\n9,10,3,4\n",
        "\xef\xbb\xbf\"id\",\"wide\",\"x\",\"y\"\r\n7,-8,1.5,2\r\n9,10,3,4\r\n",
        "id,wide,x,y\n\"7\",\"-8\",\"1.5\",\"2\"\n\"9\",\"10\",\"3\",\"4\"",
        "id , \"wide\",x,\"y\" \n 7,\" -8 \", \"1.5\" ,2\r\n9,10,3,\"4\"\r\n",
        "\"\",\"id\",\"wide\",\"x\",\"y\"\n\"1\",7,-8,1.5,2\n\"2\",9,10,3,4\n",
        "t,\"a \"\"b\"\", c\",id,wide,x,y\n,\"u, v\",7,-8,1.5,2\n\"\"\"\",\"a \"\", b\"\",\",9,10,3,4\n"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct rows rows = {0};
        trkx_error error;
        if (read_rows(forms[i], &rows, &error) != TRKX_OK) fail_msg("%zu: %s", i, error.message);
        assert_int_equal(rows.count, 2);
        assert_true(rows.id[0] == 7 && rows.wide[0] == -8 && float_bits(rows.x[0]) == float_bits(1.5F));
        assert_true(rows.id[1] == 9 && rows.wide[1] == 10 && bits_of(rows.y[0]) == bits_of(2) &&
                    bits_of(rows.y[1]) == bits_of(4));
    }
}

static void table_errors(void **state)
{
    static const struct {
        const char *content, *message;
    } cases[] = {
        {"", "t.csv: hits: the file is empty"},
        {"\n", "t.csv:1: hits: the first line has to name the columns (id, ...), but it is empty"},
        {"1,2,3\n",
         "t.csv:1: hits: the first line has to name the columns (id, ...), but it begins with a number"},
        {"# id,wide,x\n1,2,3\n", "t.csv:1: hits: the first line has to name the columns (id, ...), but it "
                                 "begins with #, as a comment"},
        {"id,x\n1,2\n", "t.csv:1: hits: column wide is missing: there are id, x, separated by commas ("},
        {"id,wide,xx\n", "t.csv:1: hits: column x is missing: there are id, wide, xx, separated by commas; "
                         "rename xx to x (docs/formats.md)"},
        {"\"ID\",\"wid\",X,r\r\n",
         "columns id, wide, x are missing: there are ID, wid, X, r, separated by commas; "
         "rename ID to id, wid to wide, X to x"},
        {"id;wide;x\n1;2;3\n",
         "t.csv:1: hits: the fields are separated by semicolons; trkx reads commas (docs/formats.md)"},
        {"id\twide\tx\n1\t2\t3\n", "the fields are separated by tabs; trkx reads commas"},
        {"  id  wide x y\n1 2 3\n", "the fields are separated by spaces; trkx reads commas"},
        {"hits\n1\n", "columns id, wide, x are missing: there is hits ("},
        {"id,wide,x,id\n", "t.csv:1: hits: column id is repeated"},
        {"id,wide,x\n1,2,abc\n", "t.csv:2: hits: column x: \"abc\" is not a number"},
        {"id,wide,x\n\n1,2,3\n\n1,2,abc\n", "t.csv:5: hits: column x: \"abc\" is not a number"},
        {"id,wide,x\n1,2,12abc\n", "t.csv:2: hits: column x: \"12abc\" is not a number"},
        {"id,wide,x\n12abc,2,1\n", "t.csv:2: hits: column id: \"12abc\" is not an integer"},
        {"id,wide,x\n3.0,2,1\n", "t.csv:2: hits: column id: \"3.0\" is not an integer"},
        {"id,wide,x\n1,1e3,1\n", "t.csv:2: hits: column wide: \"1e3\" is not an integer"},
        {"id,wide,x\n2147483648,2,1\n", "t.csv:2: hits: column id: \"2147483648\" is out of range"},
        {"id,wide,x\n1,9223372036854775808,1\n", "column wide: \"9223372036854775808\" is out of range"},
        {"id,wide,x\n1,2,nan\n", "t.csv:2: hits: column x: \"nan\" is not finite"},
        {"id,wide,x\n1,2,-inf\n", "t.csv:2: hits: column x: \"-inf\" is not finite"},
        {"id,wide,x\n1,2,1e39\n", "t.csv:2: hits: column x: \"1e39\" is out of range"},
        {"id,wide,x,y\n1,2,3,1e309\n", "t.csv:2: hits: column y: \"1e309\" is out of range"},
        {"id,wide,x\n1,2,\n", "t.csv:2: hits: column x: \"\" is not a number"},
        {"id,wide,x\n1,2,1 2\n", "t.csv:2: hits: column x: \"1 2\" is not a number"},
        {"id,wide,x\n1,2,\"1\"2\n", "t.csv:2: hits: column x: \"\"1\"2\" is not a number"},
        {"id,wide,x\n1,2,\"1\n", "t.csv:2: hits: column x: \"\"1\" is not a number"},
        {"id,wide,x\n1,2,\"1,5\"\n", "t.csv:2: hits: column x: \"\"1\" is not a number"},
        {"id,wide,x,t,u\n1,2,3,\"4,5\"\n", "t.csv:2: hits: 4 fields instead of 5"},
        {"id,wide,x,t\n1,2,3,\"a\nb\"\n", "t.csv:3: hits: column id"},
        {"id,wide,x\n1,2,3,4\n", "t.csv:2: hits: 4 fields instead of 3"},
        {"id,wide,x\n1,2,3\n1,2\n", "t.csv:3: hits: 2 fields instead of 3"},
        {"id,wide,x,more\n1,2,3\n", "t.csv:2: hits: 3 fields instead of 4"},
        {"id,wide,x\n1;2;3\n", "t.csv:2: hits: column id: \"1;2;3\" is not an integer"},
        {"id,wide,x\n1,2,\x01\xff long long long long long long\n", "column x: \"?? long long"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rows rows = {0};
        trkx_error error = {0};
        assert_int_equal(read_rows(cases[i].content, &rows, &error), TRKX_ERROR_FORMAT);
        if (strstr(error.message, cases[i].message) == NULL) fail_msg("%s", error.message);
        assert_int_equal(error.status, TRKX_ERROR_FORMAT);
    }
}

/* A zero byte is no end of the text. */
static void zero_bytes(void **state)
{
    static const char content[] = "id\n1\n2\0\n3\n";
    struct trkx_text text;
    int32_t ids[8];
    struct trkx_column column = {"id", TRKX_COLUMN_INT32, ids, sizeof *ids, false, false};
    struct trkx_table table;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_text_copy("t", "hits", content, sizeof content - 1, &text, NULL), TRKX_OK);
    trkx_table_open(&text, TRKX_TABLE_PART_SIZE, &table);
    assert_int_equal(trkx_table_read(&table, &column, 1, &error), TRKX_ERROR_FORMAT);
    assert_string_equal(error.message, "t:3: hits: column id: \"2?\" is not an integer");
    trkx_text_release(&text);
}

static void lines_of_rows(void **state)
{
    static const char content[] = "a\r\n\r\n1\n\n\n2\n3";
    static const size_t lines[] = {3, 6, 7};
    struct trkx_text text;
    (void)state;
    assert_int_equal(trkx_text_copy("t", "hits", content, sizeof content - 1, &text, NULL), TRKX_OK);
    for (size_t row = 0; row < 3; row++) assert_int_equal(trkx_table_line(&text, row), lines[row]);
    trkx_text_release(&text);
}

/* ---- tables in parts -------------------------------------------------------------------------------- */

enum { MANY = 200, SEVERAL = 5 };
static const int threads_tried[SEVERAL] = {1, 2, 3, 4, 8};

/* A table of random numbers, as text and as strtod and atoll read them. */
struct random_table {
    char text[64 * MANY * 4];
    size_t length, rows;
    size_t lines[MANY]; /* of each row */
    int32_t id[MANY];
    int64_t wide[MANY];
    float x[MANY];
    double y[MANY];
};

static void add_text(struct random_table *table, const char *format, ...) TRKX_PRINTF(2, 3);
static void add_text(struct random_table *table, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    table->length +=
        (size_t)vsnprintf(table->text + table->length, sizeof table->text - table->length, format, arguments);
    va_end(arguments);
    assert_true(table->length < sizeof table->text);
}

/* Of a detector, or of any form. */
static void random_numbers(bool usual, char *id, char *wide, char *x, char *y)
{
    int places = (int)(random_bits() % 10);
    sprintf(id, "%d", (int)(random_bits() % 100000));
    sprintf(wide, "%d", (int)(random_bits() % 10));
    sprintf(x, "%.*f", places, (double)(random_bits() >> 40) / 8192 - 1024);
    sprintf(y, "%.*f", 9 - places, (double)(random_bits() >> 40) / 1048576 - 8);
    if (usual) return;
    sprintf(id, "%d", (int32_t)(random_bits() >> 32) >> random_bits() % 32);
    sprintf(wide, "%lld", (long long)((int64_t)random_bits() >> random_bits() % 64));
    random_decimal(x, 64);
    random_decimal(y, 64);
    if (isinf((float)strtod(x, NULL))) strcpy(x, ".5");
}

/* kind: bit 0: numbers of any form; 1: CRLF; 2: empty lines; 3: a mark of UTF-8; 4: no line end at the end;
 * 5: blanks, and quotes; 6: columns of text that nobody asks for, with commas in quotes. */
static void random_rows(struct random_table *table, unsigned kind, size_t rows)
{
    const char *line_end = kind & 2 ? "\r\n" : "\n", *blank = kind & 32 ? " \t" : "";
    static const char *const extras[] = {"some text,\"\",", "\"some, text\", \"a \"\", b\" ,", ",\"\"\"\","};
    size_t line = 1;
    table->length = 0;
    table->rows = rows;
    add_text(table, "%s%sid,x,wide,y", kind & 8 ? "\xef\xbb\xbf" : "", kind & 64 ? "a,b," : "");
    for (size_t r = 0; r < rows; r++) {
        char id[64], wide[64], x[64], y[64];
        random_numbers((kind & 1) == 0 || random_bits() % 8 != 0, id, wide, x, y);
        for (line++; kind & 4 && random_bits() % 4 == 0; line++) add_text(table, "%s", line_end);
        const char *extra = kind & 64 ? extras[random_bits() % 3] : "";
        const char *quote = kind & 32 && random_bits() % 4 == 0 ? "\"" : "";
        add_text(table, "%s%s%s%s%s%s,%s%s,%s%s%s,%s%s%s", line_end, extra, blank, quote, id, quote, x, blank,
                 blank, wide, blank, quote, y, quote);
        table->lines[r] = line;
        table->id[r] = atoi(id);
        table->wide[r] = atoll(wide);
        table->x[r] = (float)strtod(x, NULL);
        table->y[r] = strtod(y, NULL);
    }
    if ((kind & 16) == 0) add_text(table, "%s", line_end);
}

/* Reads the text in parts of a size with some threads. */
static enum trkx_status read_in_parts(const struct trkx_text *text, int threads, size_t part_size,
                                      struct random_table *read, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_table table;
    struct trkx_column columns[] = {
        {"id", TRKX_COLUMN_INT32, read->id, sizeof *read->id, false, false},
        {"wide", TRKX_COLUMN_INT64, read->wide, sizeof *read->wide, false, false},
        {"x", TRKX_COLUMN_FLOAT32, read->x, sizeof *read->x, false, false},
        {"y", TRKX_COLUMN_FLOAT64, read->y, sizeof *read->y, false, false},
    };
#pragma omp parallel num_threads(threads)
#pragma omp single
    {
        trkx_table_open(text, part_size, &table);
        if (table.rows <= MANY) status = trkx_table_read(&table, columns, 4, error);
    }
    read->rows = table.rows;
    return status;
}

static void check_in_parts(const struct random_table *expected, int threads, size_t part_size)
{
    static struct random_table read;
    struct trkx_text text;
    trkx_error error;
    assert_int_equal(trkx_text_copy("t", "hits", expected->text, expected->length, &text, NULL), TRKX_OK);
    memset(&read, 0xaa, sizeof read);
    if (read_in_parts(&text, threads, part_size, &read, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_int_equal(read.rows, expected->rows);
    size_t n = expected->rows;
    for (size_t r = 0; r < n; r++) {
        bool same = read.id[r] == expected->id[r] && read.wide[r] == expected->wide[r] &&
                    float_bits(read.x[r]) == float_bits(expected->x[r]) &&
                    bits_of(read.y[r]) == bits_of(expected->y[r]);
        if (!same) fail_msg("line %zu of\n%s", expected->lines[r], expected->text);
    }
    trkx_text_release(&text);
}

/* A boundary between parts at every byte. */
static void tables_in_any_parts(void **state)
{
    static struct random_table table;
    (void)state;
    for (unsigned kind = 0; kind < 128; kind++) {
        random_rows(&table, kind, kind % 3 == 0 ? kind % 4 : 12);
        for (size_t size = 1; size <= table.length + 1; size++) check_in_parts(&table, 1, size);
    }
}

/* Rows enough for blocks of them. */
static void tables_by_threads(void **state)
{
    static struct random_table table;
    (void)state;
    for (unsigned kind = 0; kind < 128; kind++) {
        random_rows(&table, kind, MANY);
        check_in_parts(&table, 1, TRKX_TABLE_PART_SIZE);
        for (int t = 0; t < SEVERAL; t++)
            check_in_parts(&table, threads_tried[t], 1 + random_bits() % table.length);
    }
}

/* Spoils the number of one row: "message" of its line is what any reading has to say. */
static void spoil(struct random_table *table, size_t row, bool field)
{
    size_t at = 0;
    for (size_t line = 1; line < table->lines[row]; at++) line += table->text[at] == '\n';
    if (!field) { /* a field more */
        memmove(table->text + at + 1, table->text + at, table->length++ - at);
        table->text[at] = ',';
    } else {
        while (table->text[at] == ' ' || table->text[at] == '\t') at++;
        table->text[at] = 'x';
    }
}

static void refuse_in_parts(const struct random_table *table, int threads, size_t part_size, size_t line)
{
    static struct random_table read;
    struct trkx_text text;
    trkx_error error, plain;
    char where[32];
    assert_int_equal(trkx_text_copy("t", "hits", table->text, table->length, &text, NULL), TRKX_OK);
    assert_int_equal(read_in_parts(&text, 1, SIZE_MAX, &read, &plain), TRKX_ERROR_FORMAT);
    assert_int_equal(read_in_parts(&text, threads, part_size, &read, &error), TRKX_ERROR_FORMAT);
    assert_string_equal(error.message, plain.message);
    snprintf(where, sizeof where, "t:%zu: hits: ", line);
    if (strstr(error.message, where) != error.message) fail_msg("%s, not line %zu", error.message, line);
    trkx_text_release(&text);
}

/* The first line that is wrong is named, wherever the parts begin and whoever reads them first. */
static void first_error_of_parts(void **state)
{
    static struct random_table table;
    (void)state;
    for (unsigned kind = 0; kind < 64; kind++) {
        random_rows(&table, kind, MANY);
        size_t first = random_bits() % MANY, second = random_bits() % MANY, third = random_bits() % MANY;
        size_t least = first < second ? first : second;
        if (third < least) least = third;
        spoil(&table, first, true);
        if (second != first) spoil(&table, second, kind % 2 == 0);
        if (third != first && third != second) spoil(&table, third, kind % 3 == 0);
        for (size_t size = 1; size < table.length; size += 1 + size / 2)
            refuse_in_parts(&table, 1, size, table.lines[least]);
        for (int t = 0; t < SEVERAL; t++)
            refuse_in_parts(&table, threads_tried[t], 1 + random_bits() % 1000, table.lines[least]);
    }
}

static void memory_of_tables(void **state)
{
    static struct random_table table, read;
    struct trkx_text text;
    (void)state;
    random_rows(&table, 0, MANY);
    assert_int_equal(trkx_text_copy("t", "hits", table.text, table.length, &text, NULL), TRKX_OK);
    trkx_memory_fail_after(0);
    assert_int_equal(read_in_parts(&text, 3, 100, &read, NULL), TRKX_ERROR_MEMORY);
    trkx_memory_fail_after(1);
    assert_int_equal(read_in_parts(&text, 3, 100, &read, NULL), TRKX_OK);
    trkx_memory_fail_after(-1);
    trkx_text_release(&text);
}

/* ---- files ------------------------------------------------------------------------------------------ */

enum { LENGTH = 100000 };

/* Returns the size of the gzip data. */
static size_t deflate_member(const char *content, size_t length, unsigned char *packed, size_t size)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (unsigned char *)content;
    stream.avail_in = (unsigned)length;
    stream.next_out = packed;
    stream.avail_out = (unsigned)size;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return size - stream.avail_out;
}

/* LENGTH bytes of numbers, and a gzip file of them; returns its size. */
static size_t pack(char *content, unsigned char *packed, size_t size)
{
    for (size_t i = 0; i < LENGTH; i++) content[i] = i % 9 == 8 ? '\n' : (char)('0' + random_bits() % 10);
    return deflate_member(content, LENGTH, packed, size);
}

static char content[LENGTH];
static unsigned char packed[2 * LENGTH];

static void gzip_whole(void **state)
{
    size_t size = pack(content, packed, sizeof packed);
    struct trkx_text text;
    (void)state;
    assert_int_equal(trkx_text_copy("a.gz", "hits", packed, size, &text, NULL), TRKX_OK);
    assert_int_equal(text.length, LENGTH);
    assert_memory_equal(text.bytes, content, LENGTH);
    assert_int_equal(text.bytes[LENGTH], 0);
    trkx_text_release(&text);
    memcpy(packed + size, packed, size < sizeof packed - size ? size : 0); /* two members, as cat makes */
    assert_int_equal(trkx_text_copy("a", "hits", packed, 2 * size, &text, NULL), TRKX_OK);
    assert_int_equal(text.length, 2 * LENGTH);
    assert_memory_equal(text.bytes + LENGTH, content, LENGTH);
    trkx_text_release(&text);
}

static void refuse(size_t size, const char *message)
{
    struct trkx_text text;
    trkx_error error = {0};
    assert_int_equal(trkx_text_copy("a.gz", "hits", packed, size, &text, &error), TRKX_ERROR_FORMAT);
    assert_null(text.bytes);
    if (strstr(error.message, message) == NULL) fail_msg("%zu bytes: %s", size, error.message);
}

/* As bgzip writes them: many small members, the last of them empty. */
static void gzip_members(void **state)
{
    enum { MEMBERS = 50 };
    size_t size = 0, part = LENGTH / MEMBERS;
    struct trkx_text text;
    (void)state;
    pack(content, packed, sizeof packed);
    for (size_t i = 0; i <= MEMBERS; i++)
        size +=
            deflate_member(content + i * part, i < MEMBERS ? part : 0, packed + size, sizeof packed - size);
    assert_int_equal(trkx_text_copy("a.gz", "hits", packed, size, &text, NULL), TRKX_OK);
    assert_int_equal(text.length, LENGTH);
    assert_memory_equal(text.bytes, content, LENGTH);
    trkx_text_release(&text);
    packed[size - 30] ^= 0x40;
    refuse(size, "gzip data");
}

/* The size at the end is not believed: neither in what is allocated nor in what is accepted. */
static void gzip_stated_size(void **state)
{
    static const unsigned stated[] = {0, 1, LENGTH - 1, LENGTH + 1, UINT32_MAX};
    size_t size = pack(content, packed, sizeof packed);
    (void)state;
    for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++) {
        struct trkx_memory memory = {0};
        struct trkx_text text;
        for (int b = 0; b < 4; b++) packed[size - 4 + (size_t)b] = (unsigned char)(stated[i] >> 8 * b);
        refuse(size, "damaged gzip data: incorrect length check");
        const char *path = scratch_write("s", packed, size);
        assert_int_equal(trkx_text_load(path, "hits", &memory, &text, NULL), TRKX_ERROR_FORMAT);
        assert_true(memory.peak < 1040 * size && memory.current == 0);
    }
}

static void gzip_truncated(void **state)
{
    size_t size = pack(content, packed, sizeof packed);
    (void)state;
    refuse(0, "a.gz: hits: the file is empty");
    refuse(1, "a.gz: hits: is not gzip data");
    for (size_t cut = 2; cut < size; cut += cut < 64 || cut + 64 > size ? 1 : 997)
        refuse(cut, "a.gz: hits: truncated gzip data");
}

static void gzip_damaged(void **state)
{
    size_t size = pack(content, packed, sizeof packed);
    (void)state;
    for (size_t i = 10; i < size; i += i < 64 || i + 64 > size ? 1 : 997) { /* before: the header's date */
        packed[i] ^= 0x40;
        refuse(size, "gzip data");
        packed[i] ^= 0x40;
    }
    packed[size] = 'x';
    refuse(size + 1, "there is more after the gzip data");
}

static void gzip_named_only(void **state)
{
    struct trkx_text text;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_text_copy("a.csv.gz", "hits", "a,b\n", 4, &text, &error), TRKX_ERROR_FORMAT);
    assert_string_equal(error.message, "a.csv.gz: hits: is not gzip data");
}

static void files(void **state)
{
    struct trkx_text text;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_text_load(scratch_text("a", "12\n"), "hits", NULL, &text, NULL), TRKX_OK);
    assert_true(text.length == 3 && memcmp(text.bytes, "12\n", 4) == 0);
    trkx_text_release(&text);
    assert_int_equal(trkx_text_load(scratch_text("b.gz", "12\n"), "hits", NULL, &text, NULL), TRKX_OK);
    assert_true(text.length == 3 && memcmp(text.bytes, "12\n", 4) == 0);
    trkx_text_release(&text);
    assert_int_equal(trkx_text_load(scratch_path("c"), "hits", NULL, &text, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/c: hits: cannot be opened: No such file or directory"));
    assert_int_equal(trkx_text_load(scratch, "hits", NULL, &text, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, ": hits: is a directory, not a file or a pipe"));
    assert_int_equal(trkx_text_load("/dev/zero", "hits", NULL, &text, &error), TRKX_ERROR_IO);
    assert_string_equal(error.message, "/dev/zero: hits: is a device, not a file or a pipe");
    assert_int_equal(trkx_text_load(scratch_text("d", ""), "hits", NULL, &text, &error), TRKX_ERROR_FORMAT);
    assert_null(text.bytes);
}

/* What a pipe delivers has no size beforehand. */
static void pipes(void **state)
{
    char path[64];
    int ends[2];
    struct trkx_text text;
    (void)state;
    pack(content, packed, sizeof packed);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[0]);
    if (access(path, R_OK) != 0) skip();
    assert_int_equal(write(ends[1], content, 30000), 30000);
    close(ends[1]);
    assert_int_equal(trkx_text_load(path, "hits", NULL, &text, NULL), TRKX_OK);
    assert_int_equal(text.length, 30000);
    assert_memory_equal(text.bytes, content, 30000);
    trkx_text_release(&text);
    close(ends[0]);
}

static void memory_runs_out(void **state)
{
    size_t size = pack(content, packed, sizeof packed);
    struct trkx_text text;
    enum trkx_status status = TRKX_ERROR_MEMORY;
    long allowed = 0;
    (void)state;
    for (; status != TRKX_OK && allowed < 100; allowed++) {
        trkx_memory_fail_after(allowed);
        status = trkx_text_copy("a.gz", "hits", packed, size, &text, NULL);
        if (status != TRKX_OK) assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    trkx_memory_fail_after(-1);
    assert_in_range(allowed, 4, 20);
    trkx_text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_as_strtod),
        cmocka_unit_test(doubles_of_any_form),
        cmocka_unit_test(doubles_of_many_digits),
        cmocka_unit_test(what_is_no_double),
        cmocka_unit_test(integers),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(short_forms),
        cmocka_unit_test(no_locale),
        cmocka_unit_test(tables),
        cmocka_unit_test(tables_as_strtod),
        cmocka_unit_test(tables_without_rows),
        cmocka_unit_test(quoted_fields),
        cmocka_unit_test(table_errors),
        cmocka_unit_test(zero_bytes),
        cmocka_unit_test(lines_of_rows),
        cmocka_unit_test(tables_in_any_parts),
        cmocka_unit_test(tables_by_threads),
        cmocka_unit_test(first_error_of_parts),
        cmocka_unit_test(memory_of_tables),
        cmocka_unit_test(gzip_whole),
        cmocka_unit_test(gzip_members),
        cmocka_unit_test(gzip_stated_size),
        cmocka_unit_test(gzip_truncated),
        cmocka_unit_test(gzip_damaged),
        cmocka_unit_test(gzip_named_only),
        cmocka_unit_test(files),
        cmocka_unit_test(pipes),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
