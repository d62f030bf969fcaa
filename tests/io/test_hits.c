/* Proves: events are read bit for bit (compared with a simple line-by-line reader on a real event, and on
 * random events with rows and columns in any order, extra columns, either line ending, plain and gzipped);
 * what trkx writes, it reads back bit for bit; files are found by prefix and by the path of any of them;
 * errors name file and line, and leave no event, no file and no memory behind. All this for any number of
 * threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "io/event.h"
#include "io/event_read.h"
#include "tests/scratch.h"

enum { THREADS = 3 };

static uint64_t random_state = 88172645463325252u;
static uint64_t random_bits(void) /* xorshift64* */
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(2685821657736338717);
}

static float random_coordinate(void)
{
    return (float)((double)(random_bits() >> 40) / 8192 - 1024) / (float)(1 + random_bits() % 1000);
}

/* ---- comparing events ------------------------------------------------------------------------------- */

static void same_bytes(const void *a, const void *b, size_t size)
{
    if (size > 0) assert_memory_equal(a, b, size); /* may be NULL where there is nothing */
}

static void same_hits(const trkx_hits *a, const trkx_hits *b)
{
    size_t n = a->count;
    assert_int_equal(n, b->count);
    same_bytes(a->hit_id, b->hit_id, n * sizeof *a->hit_id);
    same_bytes(a->xyz, b->xyz, 3 * n * sizeof *a->xyz);
    same_bytes(a->volume_id, b->volume_id, n * sizeof *a->volume_id);
    same_bytes(a->layer_id, b->layer_id, n * sizeof *a->layer_id);
    same_bytes(a->module_id, b->module_id, n * sizeof *a->module_id);
    assert_int_equal(a->cell_begin == NULL, b->cell_begin == NULL);
    if (a->cell_begin == NULL) return;
    size_t cells = a->cell_begin[n];
    same_bytes(a->cell_begin, b->cell_begin, (n + 1) * sizeof *a->cell_begin);
    same_bytes(a->cell_ch0, b->cell_ch0, cells * sizeof *a->cell_ch0);
    same_bytes(a->cell_ch1, b->cell_ch1, cells * sizeof *a->cell_ch1);
    same_bytes(a->cell_value, b->cell_value, cells * sizeof *a->cell_value);
}

static void same_truth(const trkx_truth *a, const trkx_truth *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL) return;
    size_t n = a->count;
    assert_int_equal(n, b->count);
    same_bytes(a->particle_id, b->particle_id, n * sizeof *a->particle_id);
    same_bytes(a->xyz, b->xyz, 3 * n * sizeof *a->xyz);
    same_bytes(a->pxyz, b->pxyz, 3 * n * sizeof *a->pxyz);
    same_bytes(a->weight, b->weight, n * sizeof *a->weight);
}

static void same_particles(const trkx_particles *a, const trkx_particles *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL) return;
    size_t n = a->count;
    assert_int_equal(n, b->count);
    same_bytes(a->particle_id, b->particle_id, n * sizeof *a->particle_id);
    same_bytes(a->particle_type, b->particle_type, n * sizeof *a->particle_type);
    same_bytes(a->vxyz, b->vxyz, 3 * n * sizeof *a->vxyz);
    same_bytes(a->pxyz, b->pxyz, 3 * n * sizeof *a->pxyz);
    same_bytes(a->charge, b->charge, n * sizeof *a->charge);
    same_bytes(a->nhits, b->nhits, n * sizeof *a->nhits);
}

static void same_event(const trkx_event *a, const trkx_event *b)
{
    assert_string_equal(trkx_event_name(a), trkx_event_name(b));
    same_hits(trkx_event_hits(a), trkx_event_hits(b));
    same_truth(trkx_event_truth(a), trkx_event_truth(b));
    same_particles(trkx_event_particles(a), trkx_event_particles(b));
}

/* ---- random events ---------------------------------------------------------------------------------- */

enum { ALL_PARTS = TRKX_EVENT_CELLS | TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES };

static void *block(trkx_event *event, size_t count, size_t size)
{
    void *memory = trkx_event_allocate(event, count, size);
    assert_non_null(memory);
    return memory;
}

static float *coordinates(trkx_event *event, size_t n)
{
    float *xyz = block(event, 3 * n, sizeof *xyz);
    for (size_t i = 0; i < 3 * n; i++) xyz[i] = random_coordinate();
    return xyz;
}

static int32_t *small_ints(trkx_event *event, size_t n)
{
    int32_t *values = block(event, n, sizeof *values);
    for (size_t i = 0; i < n; i++) values[i] = (int32_t)(random_bits() % 2000) - 1000;
    return values;
}

/* Unique ids, dense or far apart, in an order that is neither. */
static int64_t *unique_ids(trkx_event *event, size_t n, bool dense)
{
    int64_t *ids = block(event, n, sizeof *ids);
    int64_t step = dense ? 1 : INT64_C(4398046511104) + 2 * (int64_t)(random_bits() % 1000);
    for (size_t i = 0; i < n; i++) ids[i] = 1 + (int64_t)i * step;
    for (size_t i = n; i-- > 1;) {
        size_t k = random_bits() % (i + 1);
        int64_t id = ids[i];
        ids[i] = ids[k];
        ids[k] = id;
    }
    return ids;
}

static void add_cells(trkx_event *event)
{
    size_t n = event->hits.count;
    size_t *begin = block(event, n + 1, sizeof *begin);
    begin[0] = 0;
    for (size_t i = 0; i < n; i++) begin[i + 1] = begin[i] + random_bits() % 4;
    float *value = block(event, begin[n], sizeof *value);
    for (size_t c = 0; c < begin[n]; c++) value[c] = random_coordinate();
    event->hits.cell_begin = begin;
    event->hits.cell_ch0 = small_ints(event, begin[n]);
    event->hits.cell_ch1 = small_ints(event, begin[n]);
    event->hits.cell_value = value;
}

static void add_truth(trkx_event *event)
{
    size_t n = event->hits.count;
    int64_t *particle_id = block(event, n, sizeof *particle_id);
    double *weight = block(event, n, sizeof *weight);
    for (size_t i = 0; i < n; i++) {
        particle_id[i] = (int64_t)(random_bits() % 10 << 58);
        weight[i] = (double)(random_bits() >> 11) * 0x1p-53 / 1e5;
    }
    event->truth = (trkx_truth){n, particle_id, coordinates(event, n), coordinates(event, n), weight};
    event->has_truth = true;
}

static trkx_event *random_event(size_t n, bool dense, unsigned parts)
{
    trkx_event *event;
    assert_int_equal(trkx_event_create("event000000007", &event, NULL), TRKX_OK);
    event->hits = (trkx_hits){.count = n,
                              .hit_id = unique_ids(event, n, dense),
                              .xyz = coordinates(event, n),
                              .volume_id = small_ints(event, n),
                              .layer_id = small_ints(event, n),
                              .module_id = small_ints(event, n)};
    if ((parts & TRKX_EVENT_CELLS) != 0) add_cells(event);
    if ((parts & TRKX_EVENT_TRUTH) != 0) add_truth(event);
    if ((parts & TRKX_EVENT_PARTICLES) == 0) return event;
    event->particles = (trkx_particles){n,
                                        unique_ids(event, n, !dense),
                                        small_ints(event, n),
                                        coordinates(event, n),
                                        coordinates(event, n),
                                        small_ints(event, n),
                                        small_ints(event, n)};
    event->has_particles = true;
    return event;
}

static void check_round_trip(size_t n, bool dense, unsigned parts, bool gzip)
{
    trkx_event *written = random_event(n, dense, parts), *event;
    trkx_error error;
    assert_int_equal(trkx_event_write(written, scratch, gzip, NULL), TRKX_OK);
    if (trkx_event_read(scratch_path("event000000007"), parts, THREADS, &event, &error) != TRKX_OK)
        fail_msg("%s", error.message);
    same_event(written, event);
    assert_true(event->peak_bytes > 40 * n);
    trkx_event_destroy(event);
    trkx_event_destroy(written);
    assert_int_equal(scratch_files(true), 1 + __builtin_popcount(parts));
}

static void written_and_read(void **state)
{
    static const size_t counts[] = {0, 1, 2, 3, 100, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        for (unsigned parts = 0; parts <= ALL_PARTS; parts++)
            check_round_trip(counts[i], parts % 2 == i % 2, parts, (parts + i) % 3 == 0);
}

/* An event without ids of hits and modules: as for arrays, hits count from 1, and modules are unknown. */
static void written_without_ids(void **state)
{
    static const float xyz[] = {1, 2, 3, 4, 5, 6};
    trkx_event *written, *event;
    (void)state;
    assert_int_equal(trkx_event_create("a", &written, NULL), TRKX_OK);
    written->hits = (trkx_hits){.count = 2, .xyz = xyz};
    assert_int_equal(trkx_event_write(written, scratch, false, NULL), TRKX_OK);
    assert_int_equal(trkx_event_read(scratch_path("a"), 0, THREADS, &event, NULL), TRKX_OK);
    assert_true(event->hits.hit_id[0] == 1 && event->hits.hit_id[1] == 2);
    same_bytes(event->hits.xyz, xyz, sizeof xyz);
    assert_true(event->hits.volume_id == NULL && event->hits.layer_id == NULL &&
                event->hits.module_id == NULL);
    trkx_event_destroy(event);
    trkx_event_destroy(written);
    scratch_files(true);
}

/* Columns that hits need not have come as they are asked for, and are written with the others. */
static void further_columns(void **state)
{
    static const float xyz[] = {1, 2, 3, 4, 5, 6}, time[] = {0.1F, -2}, charge[] = {3e-30F, 4};
    static const trkx_hits_column columns[] = {{"time", time}, {"charge", charge}};
    static const char *const names[] = {"charge", "time"}, *const wrong[] = {"x"}, *const missing[] = {"tim"};
    static const char *const twice[] = {"time", "charge", "time"}, *const unnamed[] = {"time", NULL};
    trkx_event *written, *event, *again;
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_event_create("a", &written, NULL), TRKX_OK);
    written->hits = (trkx_hits){.count = 2, .xyz = xyz, .columns_count = 2, .columns = columns};
    assert_int_equal(trkx_event_write(written, "", false, NULL), TRKX_ERROR_ARGUMENT); /* not in the root */
    assert_int_equal(trkx_event_write(written, scratch, false, NULL), TRKX_OK);
    for (int count = 0; count < 3; count++) {
        assert_int_equal(
            trkx_event_read_columns(scratch_path("a"), 0, THREADS, names, (size_t)count, &event, NULL),
            TRKX_OK);
        assert_int_equal(event->hits.columns_count, count);
        for (int k = 0; k < count; k++) {
            assert_string_equal(event->hits.columns[k].name, names[k]);
            assert_memory_equal(event->hits.columns[k].values, columns[1 - k].values, sizeof time);
        }
        if (count < 2) trkx_event_destroy(event);
    }
    assert_int_equal(trkx_event_write(event, scratch, true, NULL), TRKX_OK);
    assert_int_equal(trkx_event_read_columns(scratch_path("a-hits.csv.gz"), 0, 1, names, 2, &again, NULL),
                     TRKX_OK);
    assert_memory_equal(again->hits.columns[1].values, time, sizeof time);
    trkx_event_destroy(again);
    assert_int_equal(trkx_event_read_columns(scratch_path("a"), 0, 1, wrong, 1, &again, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(trkx_event_read_columns(scratch_path("a"), 0, 1, NULL, 1, &again, NULL),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(trkx_event_read_columns(scratch_path("a"), 0, 1, unnamed, 2, &again, NULL),
                     TRKX_ERROR_ARGUMENT);
    assert_int_equal(trkx_event_read_columns(scratch_path("a"), 0, 1, twice, 3, &again, &error),
                     TRKX_ERROR_ARGUMENT);
    assert_string_equal(error.message, "hits: the column time is requested twice");
    assert_int_equal(trkx_event_read_columns(scratch_path("a"), 0, 1, missing, 1, &again, &error),
                     TRKX_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "a-hits.csv:1: hits: "));
    assert_non_null(strstr(error.message, "column tim is missing"));
    char endless[3000];
    memset(endless, 'm', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_int_equal(
        trkx_event_read_columns(scratch_path("a"), 0, 1, (const char *const[]){endless}, 1, &again, &error),
        TRKX_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "mmm is missing: there are hit_id,"));
    trkx_event_destroy(event);
    trkx_event_destroy(written);
    scratch_files(true);
}

/* From a structured array as well. */
static void further_columns_of_npy(void **state)
{
    static const char header[] =
        "{'descr': [('hit_id', '<i8'), ('time', '<f8'), ('x', '<f4'), ('y', '<f4'), ('z', "
        "'<f4'), ('volume_id', '<i4'), ('layer_id', '<i4'), ('module_id', '<i4')], "
        "'fortran_order': False, 'shape': (1,), }";
    static const char *const names[] = {"time"};
    char bytes[512] = "\x93NUMPY\x01";
    const struct {
        int64_t id;
        double time;
        float xyz[3];
        int32_t ids[3];
    } record = {7, 0.1, {1, 2, 3}, {4, 5, 6}};
    const size_t length = 10 + sizeof header;
    trkx_event *event;
    (void)state;
    bytes[8] = (char)(sizeof header % 256), bytes[9] = (char)(sizeof header / 256);
    memcpy(bytes + 10, header, sizeof header - 1);
    bytes[length - 1] = '\n';
    memcpy(bytes + length, &record, 40);
    scratch_write("b-hits.npy", bytes, length + 40);
    assert_int_equal(trkx_event_read_columns(scratch_path("b"), 0, 1, names, 1, &event, NULL), TRKX_OK);
    assert_true(event->hits.columns[0].values[0] == 0.1F && event->hits.module_id[0] == 6);
    trkx_event_destroy(event);
    scratch_files(true);
}

/* ---- files in any order ----------------------------------------------------------------------------- */

/* Swaps neighbours at random; those with the same id keep their order, which counts for cells. */
static void shuffle_rows(char **lines, size_t count)
{
    for (size_t swaps = count < 2 ? 0 : 50 * count; swaps > 0; swaps--) {
        size_t i = random_bits() % (count - 1);
        if (atoll(lines[i]) == atoll(lines[i + 1])) continue;
        char *line = lines[i];
        lines[i] = lines[i + 1];
        lines[i + 1] = line;
    }
}

/* Rewrites a table: rows in another order where asked, columns turned by some places, a column more, the
 * other line ending. */
static void rewrite(const char *path, bool shuffle, struct trkx_text *rewritten)
{
    struct trkx_text text;
    char *lines[2000], *fields[16];
    size_t count = 0, turn = random_bits() % 4;
    assert_int_equal(trkx_text_load(path, "test", NULL, &text, NULL), TRKX_OK);
    char *out = malloc(4 * text.length), *to = out;
    for (char *line = strtok(text.bytes, "\n"); line != NULL; line = strtok(NULL, "\n"))
        lines[count++] = line;
    if (shuffle) shuffle_rows(lines + 1, count - 1); /* the header stays */
    for (size_t i = 0; i < count; i++) {
        size_t width = 0;
        for (char *field = strtok(lines[i], ","); field != NULL; field = strtok(NULL, ","))
            fields[width++] = field;
        for (size_t f = 0; f < width; f++) to += sprintf(to, "%s,", fields[(f + turn) % width]);
        to += sprintf(to, "%s\r\n", i == 0 ? "comment" : "x y");
    }
    assert_int_equal(trkx_text_copy(path, "test", out, (size_t)(to - out), rewritten, NULL), TRKX_OK);
    trkx_text_release(&text);
    free(out);
}

/* The order of hits and of particles is the event's own. */
static void any_order(void **state)
{
    static const struct {
        const char *name;
        bool shuffle;
    } parts[TRKX_FILES] = {{"hits", false}, {"cells", true}, {"truth", true}, {"particles", false}};
    (void)state;
    for (int round = 0; round < 20; round++) {
        trkx_event *written = random_event(60, round % 2 == 0, ALL_PARTS), *event;
        struct trkx_text texts[TRKX_FILES];
        trkx_error error;
        assert_int_equal(trkx_event_write(written, scratch, false, NULL), TRKX_OK);
        for (int f = 0; f < TRKX_FILES; f++) {
            char name[64];
            snprintf(name, sizeof name, "event000000007-%s.csv", parts[f].name);
            rewrite(scratch_path(name), parts[f].shuffle, &texts[f]);
        }
        if (trkx_event_parse("event000000007", texts, THREADS, TRKX_TABLE_PART_SIZE, &event, &error) !=
            TRKX_OK)
            fail_msg("%s", error.message);
        same_event(written, event);
        for (int f = 0; f < TRKX_FILES; f++) trkx_text_release(&texts[f]);
        trkx_event_destroy(event);
        trkx_event_destroy(written);
        scratch_files(true);
    }
}

/* ---- any number of threads -------------------------------------------------------------------------- */

enum { LARGE = 4000, SEVERAL = 5 }; /* hits: 8 threads are worth it */
static const int threads_tried[SEVERAL] = {1, 2, 3, 4, 8};

static void threads_agree(void **state)
{
    (void)state;
    for (int gzip = 0; gzip < 2; gzip++) {
        trkx_event *written = random_event(LARGE, gzip != 0, ALL_PARTS), *event;
        assert_int_equal(trkx_event_write(written, scratch, gzip != 0, NULL), TRKX_OK);
        for (int t = 0; t < SEVERAL; t++) {
            const char *prefix = scratch_path("event000000007");
            assert_int_equal(trkx_event_read(prefix, ALL_PARTS, threads_tried[t], &event, NULL), TRKX_OK);
            same_event(written, event);
            trkx_event_destroy(event);
        }
        assert_int_equal(trkx_event_read(scratch_path("event000000007"), 0, 0, &event, NULL), TRKX_OK);
        trkx_event_destroy(event);
        trkx_event_destroy(written);
        scratch_files(true);
    }
}

/* The parts of the tables begin anywhere. */
static void parts_agree(void **state)
{
    static const char *const names[TRKX_FILES] = {"hits", "cells", "truth", "particles"};
    trkx_event *written = random_event(500, false, ALL_PARTS), *event;
    struct trkx_text texts[TRKX_FILES];
    (void)state;
    assert_int_equal(trkx_event_write(written, scratch, false, NULL), TRKX_OK);
    for (int f = 0; f < TRKX_FILES; f++) {
        char name[64];
        snprintf(name, sizeof name, "event000000007-%s.csv", names[f]);
        assert_int_equal(trkx_text_load(scratch_path(name), names[f], NULL, &texts[f], NULL), TRKX_OK);
    }
    for (int t = 0; t < SEVERAL; t++) {
        for (size_t size = 1; size < 50000; size *= 3) {
            enum trkx_status status =
                trkx_event_parse("event000000007", texts, threads_tried[t], size, &event, NULL);
            assert_int_equal(status, TRKX_OK);
            same_event(written, event);
            trkx_event_destroy(event);
        }
    }
    for (int f = 0; f < TRKX_FILES; f++) trkx_text_release(&texts[f]);
    trkx_event_destroy(written);
    scratch_files(true);
}

/* A program may read several events at once, each by several threads. */
static void within_a_parallel_region(void **state)
{
    trkx_event *written = random_event(LARGE, true, ALL_PARTS), *events[4] = {NULL};
    const char *prefix = scratch_path("event000000007");
    (void)state;
    assert_int_equal(trkx_event_write(written, scratch, true, NULL), TRKX_OK);
#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 4; i++) trkx_event_read(prefix, ALL_PARTS, 3, &events[i], NULL);
    for (int i = 0; i < 4; i++) {
        assert_non_null(events[i]);
        same_event(written, events[i]);
        trkx_event_destroy(events[i]);
    }
    trkx_event_destroy(written);
    scratch_files(true);
}

/* ---- a real event, line by line --------------------------------------------------------------------- */

#define REAL "../shared/data/trackml/event000000001"

/* The next row's numbers; false at the end. */
static bool next_row(gzFile file, double *values, int count)
{
    char line[1024], *at = line;
    if (gzgets(file, line, sizeof line) == NULL) return false;
    for (int i = 0; i < count; i++) values[i] = strtod(at, &at), at += *at == ',';
    assert_int_equal(*at, '\n');
    return true;
}

static gzFile open_real(const char *path, const char *expected_header)
{
    char header[1024];
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    assert_non_null(gzgets(file, header, sizeof header));
    assert_string_equal(header, expected_header);
    return file;
}

static void compare_real_hits(const trkx_hits *hits)
{
    gzFile file = open_real(REAL "-hits.csv.gz", "hit_id,x,y,z,volume_id,layer_id,module_id\n");
    double v[7];
    size_t i = 0;
    for (; next_row(file, v, 7); i++) {
        assert_true(i < hits->count && hits->hit_id[i] == (int64_t)v[0]);
        for (size_t d = 0; d < 3; d++) assert_true(hits->xyz[3 * i + d] == (float)v[1 + d]);
        assert_true(hits->volume_id[i] == v[4] && hits->layer_id[i] == v[5] && hits->module_id[i] == v[6]);
    }
    assert_int_equal(i, hits->count);
    gzclose(file);
}

static void compare_real_cells(const trkx_hits *hits)
{
    gzFile file = open_real(REAL "-cells.csv.gz", "hit_id,ch0,ch1,value\n");
    size_t *next = malloc((hits->count + 1) * sizeof *next), cells = 0;
    double v[4];
    memcpy(next, hits->cell_begin, (hits->count + 1) * sizeof *next);
    for (; next_row(file, v, 4); cells++) {
        size_t i = 0;
        while (hits->hit_id[i] != (int64_t)v[0]) i++;
        size_t c = next[i]++;
        assert_true(c < hits->cell_begin[i + 1] && hits->cell_ch0[c] == v[1] && hits->cell_ch1[c] == v[2]);
        assert_true(hits->cell_value[c] == (float)v[3]);
    }
    assert_int_equal(cells, hits->cell_begin[hits->count]);
    free(next);
    gzclose(file);
}

/* Doubles hold the particles' ids to 53 bits, and are compared as such. */
static void compare_real_truth(const trkx_hits *hits, const trkx_truth *truth)
{
    gzFile file = open_real(REAL "-truth.csv.gz", "hit_id,particle_id,tx,ty,tz,tpx,tpy,tpz,weight\n");
    double v[9], sum = 0;
    size_t i = 0;
    for (; next_row(file, v, 9); i++) {
        assert_true(hits->hit_id[i] == (int64_t)v[0] && (double)truth->particle_id[i] == v[1]);
        for (size_t d = 0; d < 3; d++) {
            assert_true(truth->xyz[3 * i + d] == (float)v[2 + d]);
            assert_true(truth->pxyz[3 * i + d] == (float)v[5 + d]);
        }
        assert_true(truth->weight[i] == v[8]);
        sum += v[8];
    }
    assert_int_equal(i, truth->count);
    assert_true(sum > 0.01 && sum < 1.0001);
    gzclose(file);
}

static void compare_real_particles(const trkx_particles *particles)
{
    gzFile file =
        open_real(REAL "-particles.csv.gz", "particle_id,particle_type,vx,vy,vz,px,py,pz,q,nhits\n");
    double v[10];
    size_t i = 0;
    for (; next_row(file, v, 10); i++) {
        assert_true((double)particles->particle_id[i] == v[0] && particles->particle_type[i] == v[1]);
        for (size_t d = 0; d < 3; d++) {
            assert_true(particles->vxyz[3 * i + d] == (float)v[2 + d]);
            assert_true(particles->pxyz[3 * i + d] == (float)v[5 + d]);
        }
        assert_true(particles->charge[i] == v[8] && particles->nhits[i] == v[9]);
    }
    assert_int_equal(i, particles->count);
    gzclose(file);
}

static void real_event(void **state)
{
    trkx_event *event, *again;
    trkx_error error;
    (void)state;
    if (access(REAL "-hits.csv.gz", R_OK) != 0) {
        print_message("%s is not here\n", REAL);
        skip();
    }
    if (trkx_event_read(REAL, ALL_PARTS, THREADS, &event, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_string_equal(trkx_event_name(event), "event000000001");
    compare_real_hits(trkx_event_hits(event));
    compare_real_cells(trkx_event_hits(event));
    compare_real_truth(trkx_event_hits(event), trkx_event_truth(event));
    compare_real_particles(trkx_event_particles(event));
    assert_int_equal(trkx_event_write(event, scratch, true, NULL), TRKX_OK);
    assert_int_equal(trkx_event_read(scratch_path("event000000001"), ALL_PARTS, THREADS, &again, NULL),
                     TRKX_OK);
    same_event(event, again);
    trkx_event_destroy(again);
    trkx_event_destroy(event);
    scratch_files(true);
}

/* ---- finding the files ------------------------------------------------------------------------------ */

#define HITS "hit_id,x,y,z,volume_id,layer_id,module_id\n"
#define CELLS "hit_id,ch0,ch1,value\n"
#define TRUTH "hit_id,particle_id,tx,ty,tz,tpx,tpy,tpz,weight\n"
#define PARTICLES "particle_id,particle_type,vx,vy,vz,px,py,pz,q,nhits\n"

static int64_t first_id(const char *prefix)
{
    trkx_event *event;
    trkx_error error;
    if (trkx_event_read(prefix, 0, THREADS, &event, &error) != TRKX_OK) fail_msg("%s", error.message);
    assert_string_equal(trkx_event_name(event), "ev");
    int64_t id = event->hits.hit_id[0];
    trkx_event_destroy(event);
    return id;
}

static void prefix_forms(void **state)
{
    (void)state;
    scratch_text("ev-hits.csv", HITS "1,0,0,0,1,1,1\n");
    assert_int_equal(first_id(scratch_path("ev")), 1);
    assert_int_equal(first_id(scratch_path("ev-hits.csv")), 1);
    assert_int_equal(first_id(scratch_path("ev-truth.csv")), 1);
    assert_int_equal(first_id(scratch_path("ev-cells.csv.gz")), 1);
    scratch_text("ev-hits.csv.gz", HITS "2,0,0,0,1,1,1\n");
    assert_int_equal(first_id(scratch_path("ev")), 1);
    assert_int_equal(first_id(scratch_path("ev-hits.csv")), 1);
    assert_int_equal(first_id(scratch_path("ev-hits.csv.gz")), 2);
    assert_int_equal(first_id(scratch_path("ev-particles.csv.gz")), 2);
    unlink(scratch_path("ev-hits.csv"));
    assert_int_equal(first_id(scratch_path("ev")), 2);
    assert_int_equal(first_id(scratch_path("ev-hits.csv")), 2);
    scratch_files(true);
}

static void refuse(const char *prefix, unsigned parts, enum trkx_status expected, const char *message)
{
    static struct trkx_event other;
    trkx_event *event = &other; /* anything but NULL */
    trkx_error error = {0};
    assert_int_equal(trkx_event_read(prefix, parts, THREADS, &event, &error), expected);
    assert_null(event);
    assert_int_equal(error.status, expected);
    if (strstr(error.message, message) == NULL) fail_msg("%s", error.message);
    assert_int_equal(trkx_event_read(prefix, parts, THREADS, &event, NULL), expected);
}

static void missing_files(void **state)
{
    const char *prefix = scratch_path("ev");
    trkx_event *event;
    (void)state;
    refuse(prefix, 0, TRKX_ERROR_IO, "/ev-hits.csv (or .csv.gz, .npy): hits: cannot be opened: No such file");
    refuse(prefix, TRKX_EVENT_OPTIONAL, TRKX_ERROR_IO, "/ev-hits.csv (or .csv.gz, .npy)");
    refuse("", 0, TRKX_ERROR_ARGUMENT, "path of the event is empty");
    refuse(NULL, 0, TRKX_ERROR_ARGUMENT, "path of the event is empty");
    refuse(prefix, 16, TRKX_ERROR_ARGUMENT, "unknown parts (16)");
    assert_int_equal(trkx_event_read(prefix, 0, -1, &event, NULL), TRKX_ERROR_ARGUMENT);
    assert_null(event);
    scratch_text("ev-hits.csv", HITS "1,0,0,0,1,1,1\n");
    refuse(prefix, TRKX_EVENT_CELLS, TRKX_ERROR_IO,
           "/ev-cells.csv (or .csv.gz, .npy): cells: cannot be opened");
    refuse(prefix, TRKX_EVENT_TRUTH, TRKX_ERROR_IO, "/ev-truth.csv (or .csv.gz, .npy)");
    refuse(prefix, TRKX_EVENT_PARTICLES, TRKX_ERROR_IO, "/ev-particles.csv (or .csv.gz, .npy)");
    scratch_text("ev-truth.csv", TRUTH "1,7,0,0,0,0,0,0,1\n");
    assert_int_equal(trkx_event_read(prefix, ALL_PARTS | TRKX_EVENT_OPTIONAL, THREADS, &event, NULL),
                     TRKX_OK);
    assert_null(trkx_event_hits(event)->cell_begin);
    assert_null(trkx_event_particles(event));
    assert_int_equal(trkx_event_truth(event)->particle_id[0], 7);
    trkx_event_destroy(event);
    assert_int_equal(trkx_event_read(prefix, 0, THREADS, &event, NULL),
                     TRKX_OK); /* not asked for, not read */
    assert_null(trkx_event_truth(event));
    trkx_event_destroy(event);
    scratch_text("ev-particles.csv", "broken"); /* optional, but there */
    refuse(prefix, ALL_PARTS | TRKX_EVENT_OPTIONAL, TRKX_ERROR_FORMAT,
           "/ev-particles.csv:1: particles: column");
    scratch_files(true);
}

static void without_particle_type(void **state)
{
    trkx_event *event;
    (void)state;
    scratch_text("ev-hits.csv", HITS);
    scratch_text("ev-particles.csv", "particle_id,vx,vy,vz,px,py,pz,q,nhits\n5,1,2,3,4,5,6,-1,9\n");
    assert_int_equal(trkx_event_read(scratch_path("ev"), TRKX_EVENT_PARTICLES, THREADS, &event, NULL),
                     TRKX_OK);
    assert_true(event->particles.particle_type[0] == 0 && event->particles.nhits[0] == 9);
    trkx_event_destroy(event);
    scratch_files(true);
}

/* Hit ids from 0, a particle with the id 0, nhits that are not known; and truth without momenta. */
static void as_acts_writes(void **state)
{
    trkx_event *event;
    (void)state;
    scratch_text("ev-hits.csv", HITS "0,1,0,0,1,1,1\n1,2,0,0,1,1,1\n");
    scratch_text("ev-truth.csv", "hit_id,particle_id,tx,ty,tz,weight\n1,7,2,0,0,.5\n0,0,1,0,0,.5\n");
    for (int column = 0; column < 2; column++) {
        scratch_text("ev-particles.csv", column
                                             ? PARTICLES "0,211,0,0,0,1,2,3,1,-1\n7,11,0,0,0,4,5,6,-1,-1\n"
                                             : "particle_id,particle_type,process,vx,vy,vz,vt,px,py,pz,m,q\n"
                                               "0,211,0,0,0,0,0,1,2,3,0,1\n7,11,0,0,0,0,0,4,5,6,0,-1\n");
        assert_int_equal(trkx_event_read(scratch_path("ev"), TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES, THREADS,
                                         &event, NULL),
                         TRKX_OK);
        assert_true(event->hits.hit_id[0] == 0 && event->hits.hit_id[1] == 1);
        assert_true(event->truth.particle_id[0] == 0 && event->truth.particle_id[1] == 7);
        assert_null(event->truth.pxyz);
        assert_true(event->particles.particle_id[0] == 0 && event->particles.nhits[0] == -1);
        assert_true(event->particles.nhits[1] == -1 && event->particles.pxyz[3] == 4);
        trkx_event_destroy(event);
    }
    scratch_files(true);
}

/* ---- what is wrong ---------------------------------------------------------------------------------- */

static void format_errors(void **state)
{
    static const char two[] = HITS "1,0,0,0,1,1,1\n2,0,0,0,1,1,1\n";
    static const struct {
        const char *file, *content, *message;
    } cases[] = {
        {"hits", "", "ev-hits.csv: hits: the file is empty"},
        {"hits", "hit_id,x,y,z,volume_id,layer_id\n", "ev-hits.csv:1: hits: column module_id is missing"},
        {"hits", "hit_id,x,y,z,volume_id,layer_ID,module\n1,0,0,0,1,1,1\n",
         "ev-hits.csv:1: hits: columns layer_id, module_id are missing: there are hit_id, x, y, z, "
         "volume_id, "
         "layer_ID, module, separated by commas; rename layer_ID to layer_id, module to module_id"},
        {"hits", "x,y,z,volume_id,layer_id,module_id\n", "ev-hits.csv:1: hits: column hit_id is missing"},
        {"hits", HITS "1,0,abc,0,1,1,1\n", "ev-hits.csv:2: hits: column y: \"abc\" is not a number"},
        {"hits", HITS "1,0,nan,0,1,1,1\n", "ev-hits.csv:2: hits: column y: \"nan\" is not finite"},
        {"hits", HITS "1,0,0,0,1,1,1\n2,0,0,0,1,1\n", "ev-hits.csv:3: hits: 6 fields instead of 7"},
        {"hits", HITS "1,0,0,0,1,1,1\n\n2,0,0,0,1,1,1\n1,0,0,0,1,1,1\n",
         "ev-hits.csv:5: hits: hit_id 1 is already in line 2"},
        {"cells", "hit_id,ch0,value\n1,2,3\n", "ev-cells.csv:1: cells: column ch1 is missing"},
        {"cells", CELLS "1,1,1,1\n3,1,1,1\n",
         "ev-cells.csv:3: cells: do not match the hits: there is no hit_id 3"},
        {"cells", CELLS "1,1,1.5,1\n", "ev-cells.csv:2: cells: column ch1: \"1.5\" is not an integer"},
        {"truth", TRUTH "1,0,0,0,0,0,0,0,0\n",
         "ev-truth.csv: truth: does not match the hits: hit_id 2 is missing"},
        {"truth", TRUTH "1,0,0,0,0,0,0,0,0\n4,0,0,0,0,0,0,0,0\n",
         "ev-truth.csv:3: truth: does not match the hits: there is no hit_id 4"},
        {"truth", TRUTH "1,0,0,0,0,0,0,0,0\n2,0,0,0,0,0,0,0,0\n1,0,0,0,0,0,0,0,0\n",
         "ev-truth.csv:4: truth: does not match the hits: hit_id 1 is already in line 2"},
        {"truth", TRUTH "1,0,0,0,0,0,0,0,inf\n",
         "ev-truth.csv:2: truth: column weight: \"inf\" is not finite"},
        {"particles", PARTICLES "5,0,0,0,0,0,0,0,0,0\n5,0,0,0,0,0,0,0,0,0\n",
         "ev-particles.csv:3: particles: particle_id 5 is already in line 2"},
        {"particles", PARTICLES "5,0,0,0,0,0,0,0,+-1,0\n",
         "ev-particles.csv:2: particles: column q: \"+-1\" is not an integer"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        scratch_text("ev-hits.csv", two);
        snprintf(name, sizeof name, "ev-%s.csv", cases[i].file);
        scratch_text(name, cases[i].content);
        refuse(scratch_path("ev"), ALL_PARTS | TRKX_EVENT_OPTIONAL, TRKX_ERROR_FORMAT, cases[i].message);
        scratch_files(true);
    }
}

/* Puts a line behind a file's others. */
static void append(const char *name, const char *line)
{
    FILE *file = fopen(scratch_path(name), "ab");
    assert_non_null(file);
    assert_true(fputs(line, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void refuse_by_threads(enum trkx_status expected, const char *message)
{
    for (int t = 0; t < SEVERAL; t++) {
        trkx_event *event;
        trkx_error error;
        enum trkx_status status =
            trkx_event_read(scratch_path("event000000007"), ALL_PARTS, threads_tried[t], &event, &error);
        assert_int_equal(status, expected);
        assert_null(event);
        if (strstr(error.message, message) == NULL) fail_msg("%s", error.message);
    }
}

/* The error is that of the first file in their order, and there of the first line, whoever meets it first. */
static void first_error_of_files(void **state)
{
    trkx_event *written = random_event(LARGE, true, ALL_PARTS);
    char message[128];
    (void)state;
    assert_int_equal(trkx_event_write(written, scratch, false, NULL), TRKX_OK);
    unlink(scratch_path("event000000007-particles.csv"));
    refuse_by_threads(TRKX_ERROR_IO,
                      "event000000007-particles.csv (or .csv.gz, .npy): particles: cannot be opened");
    append("event000000007-truth.csv", "x\n");
    snprintf(message, sizeof message, "-truth.csv:%d: truth: column hit_id: \"x\" is not", LARGE + 2);
    refuse_by_threads(TRKX_ERROR_FORMAT, message);
    append("event000000007-cells.csv", "0,1,2,3\n0,1,2,3\n");
    snprintf(message, sizeof message, "-cells.csv:%zu: cells: do not match the hits: there is no hit_id 0",
             written->hits.cell_begin[LARGE] + 2);
    refuse_by_threads(TRKX_ERROR_FORMAT, message);
    append("event000000007-cells.csv", "y\n");
    snprintf(message, sizeof message, "-cells.csv:%zu: cells: column hit_id: \"y\" is not",
             written->hits.cell_begin[LARGE] + 4);
    refuse_by_threads(TRKX_ERROR_FORMAT, message);
    unlink(scratch_path("event000000007-cells.csv"));
    scratch_text("event000000007-cells.csv", "\x1f\x8b");
    refuse_by_threads(TRKX_ERROR_FORMAT, "-cells.csv: cells: truncated gzip data");
    append("event000000007-hits.csv", "7,1,2,3,4,5,6\n");
    snprintf(message, sizeof message, "-hits.csv:%d: hits: hit_id 7 is already in line ", LARGE + 2);
    refuse_by_threads(TRKX_ERROR_FORMAT, message);
    trkx_event_destroy(written);
    scratch_files(true);
}

static void extreme_ids(void **state)
{
    trkx_event *event;
    (void)state;
    scratch_text("ev-hits.csv", HITS "9223372036854775807,0,0,0,1,1,1\n-9223372036854775808,1,0,0,1,1,1\n"
                                     "0,2,0,0,1,1,1\n");
    scratch_text("ev-truth.csv", TRUTH "0,3,0,0,0,0,0,0,0\n9223372036854775807,1,0,0,0,0,0,0,0\n"
                                       "-9223372036854775808,2,0,0,0,0,0,0,0\n");
    assert_int_equal(trkx_event_read(scratch_path("ev"), TRKX_EVENT_TRUTH, THREADS, &event, NULL), TRKX_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(event->truth.particle_id[i], i + 1);
    trkx_event_destroy(event);
    scratch_files(true);
}

static void cannot_be_written(void **state)
{
    trkx_event *event = random_event(3, true, 0);
    trkx_error error;
    int32_t labels[3] = {0};
    (void)state;
    assert_int_equal(trkx_event_write(event, scratch_path("nowhere"), false, &error), TRKX_ERROR_IO);
    assert_non_null(strstr(error.message, "/nowhere/event000000007-hits.csv: cannot be written: No such"));
    assert_int_equal(trkx_tracks_write(scratch_path("nowhere/t.csv"), &event->hits, labels, &error),
                     TRKX_ERROR_IO);
    trkx_event_destroy(event);
}

static void memory_runs_out(void **state)
{
    trkx_event *written = random_event(40, true, ALL_PARTS), *event = NULL;
    long allowed = 0;
    (void)state;
    for (enum trkx_status status = TRKX_ERROR_MEMORY; status != TRKX_OK && allowed < 200; allowed++) {
        assert_int_equal(scratch_files(false), 0);
        trkx_memory_fail_after(allowed);
        status = trkx_event_write(written, scratch, true, NULL);
        trkx_memory_fail_after(-1);
        if (status == TRKX_OK) break;
        assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    assert_in_range(allowed, 4, 199);
    allowed = 0;
    for (; event == NULL && allowed < 200; allowed++) {
        trkx_memory_fail_after(allowed);
        enum trkx_status status =
            trkx_event_read(scratch_path("event000000007"), ALL_PARTS, THREADS, &event, NULL);
        assert_int_equal(status, event == NULL ? TRKX_ERROR_MEMORY : TRKX_OK);
    }
    trkx_memory_fail_after(-1);
    assert_in_range(allowed, 40, 199);
    same_event(written, event);
    trkx_event_destroy(event);
    trkx_event_destroy(written);
    trkx_event_destroy(NULL);
    scratch_files(true);
}

static void memory_runs_out_of_threads(void **state)
{
    trkx_event *written = random_event(LARGE, false, ALL_PARTS), *event = NULL;
    long allowed = 0;
    (void)state;
    assert_int_equal(trkx_event_write(written, scratch, true, NULL), TRKX_OK);
    for (; event == NULL && allowed < 200; allowed++) {
        trkx_error error;
        trkx_memory_fail_after(allowed);
        enum trkx_status status =
            trkx_event_read(scratch_path("event000000007"), ALL_PARTS, THREADS, &event, &error);
        assert_int_equal(status, event == NULL ? TRKX_ERROR_MEMORY : TRKX_OK);
        if (event == NULL) assert_non_null(strstr(error.message, "out of memory"));
    }
    trkx_memory_fail_after(-1);
    assert_in_range(allowed, 40, 199);
    same_event(written, event);
    trkx_event_destroy(event);
    trkx_event_destroy(written);
    scratch_files(true);
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

static const int64_t track_ids[] = {70, -5, 30, 12};
static const trkx_hits track_hits = {.count = 4, .hit_id = track_ids};

static void tracks_written_and_read(void **state)
{
    static const int32_t labels[] = {2, 0, 1, INT32_MAX};
    int32_t back[4];
    struct trkx_text text;
    const char *path = scratch_path("t-tracks.csv");
    trkx_hits arrays = {.count = 4};
    (void)state;
    assert_int_equal(trkx_tracks_write(path, &track_hits, labels, NULL), TRKX_OK);
    assert_int_equal(trkx_text_load(path, "test", NULL, &text, NULL), TRKX_OK);
    assert_string_equal(text.bytes, "hit_id,track_id\n70,2\n-5,0\n30,1\n12,2147483647\n");
    trkx_text_release(&text);
    assert_int_equal(trkx_tracks_read(path, &track_hits, back, NULL), TRKX_OK);
    assert_memory_equal(labels, back, sizeof back);
    assert_int_equal(trkx_tracks_write(path, &arrays, labels, NULL), TRKX_OK); /* ids 1 to n */
    assert_int_equal(trkx_tracks_read(path, &arrays, back, NULL), TRKX_OK);
    assert_memory_equal(labels, back, sizeof back);
    scratch_files(true);
}

static void tracks_of_hits_that_are_there_twice(void **state)
{
    static const int64_t twice[] = {7, 8, 7};
    static const trkx_hits hits = {.count = 3, .hit_id = twice};
    int32_t labels[3] = {0};
    trkx_error error;
    (void)state;
    assert_int_equal(trkx_tracks_write(scratch_path("t.csv"), &hits, labels, &error), TRKX_ERROR_ARGUMENT);
    assert_string_equal(error.message, "tracks: hit_id 7 is repeated, in rows 0 and 2");
    assert_int_equal(scratch_files(false), 0);
}

static void tracks_forms(void **state)
{
    static const struct {
        const char *content;
        int32_t labels[4];
    } cases[] = {
        {"hit_id,track_id\n", {0, 0, 0, 0}},
        {"track_id,hit_id\n5,12\n3,70\n", {3, 0, 0, 5}},
        {"event_id,hit_id,track_id\n8,12,5\n8,70,3\n8,30,0\n", {3, 0, 0, 5}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t labels[4] = {9, 9, 9, 9};
        const char *path = scratch_text("t.csv", cases[i].content);
        assert_int_equal(trkx_tracks_read(path, &track_hits, labels, NULL), TRKX_OK);
        assert_memory_equal(labels, cases[i].labels, sizeof labels);
    }
    scratch_files(true);
}

static void tracks_of_an_event(void **state)
{
    trkx_event *event;
    trkx_error error;
    int32_t labels[2] = {9, 9};
    (void)state;
    scratch_text("event000000012-hits.csv", HITS "0,1,0,0,1,1,1\n1,2,0,0,1,1,1\n");
    scratch_text("mine-hits.csv", HITS "0,1,0,0,1,1,1\n1,2,0,0,1,1,1\n");
    for (int mine = 0; mine < 2; mine++) { /* a name without a number can be any event's */
        const char *prefix = scratch_path(mine ? "mine" : "event000000012");
        assert_int_equal(trkx_event_read(prefix, 0, 1, &event, NULL), TRKX_OK);
        scratch_text("t.csv", "event_id,hit_id,track_id\n12,0,3\n12,1,4\n");
        assert_int_equal(trkx_tracks_read_event(scratch_path("t.csv"), event, labels, &error), TRKX_OK);
        assert_true(labels[0] == 3 && labels[1] == 4);
        scratch_text("t.csv", "hit_id,track_id\n1,0\n");
        assert_int_equal(trkx_tracks_read_event(scratch_path("t.csv"), event, labels, &error), TRKX_OK);
        assert_true(labels[0] == -1 && labels[1] == 0);
        scratch_text("t.csv", "event_id,hit_id,track_id\n13,0,5\n13,1,6\n");
        enum trkx_status status = trkx_tracks_read_event(scratch_path("t.csv"), event, labels, &error);
        assert_int_equal(status, mine ? TRKX_OK : TRKX_ERROR_FORMAT);
        if (!mine)
            assert_non_null(
                strstr(error.message, "t.csv:2: tracks: event_id 13, but the event is event000000012"));
        trkx_event_destroy(event);
    }
    scratch_files(true);
}

/* Metres, centimetres, millimetres, micrometres of the same hits. */
static void units(void **state)
{
    static const float mm[] = {32, 1, -5, 60, -20, 100, 171, 5, 600, -900, 500, 2900};
    static const struct {
        float scale;
        const char *said; /* NULL: nothing */
    } cases[] = {{1e-3F, " metres"}, {0.1F, "centimetres"}, {1, NULL}, {1e3F, "micrometres"}};
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        float xyz[12];
        for (int i = 0; i < 12; i++) xyz[i] = mm[i] * cases[c].scale;
        const char *warning = trkx_hits_warning(&(trkx_hits){.count = 4, .xyz = xyz});
        if (cases[c].said == NULL)
            assert_null(warning);
        else
            assert_non_null(strstr(warning, cases[c].said));
    }
    assert_null(trkx_hits_warning(&(trkx_hits){.count = 0}));
}

static void tracks_errors(void **state)
{
    static const struct {
        const char *content, *message;
    } cases[] = {
        {"hit_id,track\n", "t.csv:1: tracks: column track_id is missing"},
        {"hit_id,track_id\n70,1\n71,1\n",
         "t.csv:3: tracks: hit_id 71 is not among the hits; is this the file of another event?"},
        {"hit_id,track_id\n70,1\n12,0\n70,1\n", "t.csv:4: tracks: hit_id 70 is repeated"},
        {"hit_id,track_id\n70,-1\n", "t.csv:2: tracks: hit_id 70 has a negative track_id"},
        {"hit_id,track_id\n70,1.0\n", "t.csv:2: tracks: column track_id: \"1.0\" is not an integer"},
        {"event_id,hit_id,track_id\n1,70,1\n2,12,1\n", "t.csv:3: tracks: several events: event_id 2 after 1"},
    };
    static const int64_t twice[] = {1, 1};
    static const int32_t untouched[] = {9, 8, 7, 6};
    trkx_hits hits = {.count = 2, .hit_id = twice};
    int32_t labels[4] = {9, 8, 7, 6};
    trkx_error error;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *path = scratch_text("t.csv", cases[i].content);
        assert_int_equal(trkx_tracks_read(path, &track_hits, labels, &error), TRKX_ERROR_FORMAT);
        if (strstr(error.message, cases[i].message) == NULL) fail_msg("%s", error.message);
    }
    assert_int_equal(trkx_tracks_read(scratch_path("t.csv"), &hits, labels, NULL), TRKX_ERROR_ARGUMENT);
    assert_int_equal(trkx_tracks_read(scratch_path("none.csv"), &hits, labels, NULL), TRKX_ERROR_IO);
    assert_memory_equal(labels, untouched, sizeof labels);
    scratch_files(true);
}

static void tracks_memory(void **state)
{
    const char *path = scratch_text("t.csv", "hit_id,track_id\n70,1\n");
    int32_t labels[4];
    long allowed = 0;
    (void)state;
    for (enum trkx_status status = TRKX_ERROR_MEMORY; status != TRKX_OK && allowed < 100; allowed++) {
        trkx_memory_fail_after(allowed);
        status = trkx_tracks_read(path, &track_hits, labels, NULL);
        if (status != TRKX_OK) assert_int_equal(status, TRKX_ERROR_MEMORY);
    }
    trkx_memory_fail_after(-1);
    assert_in_range(allowed, 6, 50);
    scratch_files(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_and_read),
        cmocka_unit_test(written_without_ids),
        cmocka_unit_test(further_columns),
        cmocka_unit_test(further_columns_of_npy),
        cmocka_unit_test(any_order),
        cmocka_unit_test(threads_agree),
        cmocka_unit_test(parts_agree),
        cmocka_unit_test(within_a_parallel_region),
        cmocka_unit_test(real_event),
        cmocka_unit_test(prefix_forms),
        cmocka_unit_test(missing_files),
        cmocka_unit_test(without_particle_type),
        cmocka_unit_test(as_acts_writes),
        cmocka_unit_test(format_errors),
        cmocka_unit_test(first_error_of_files),
        cmocka_unit_test(extreme_ids),
        cmocka_unit_test(cannot_be_written),
        cmocka_unit_test(memory_runs_out),
        cmocka_unit_test(memory_runs_out_of_threads),
        cmocka_unit_test(tracks_written_and_read),
        cmocka_unit_test(tracks_of_hits_that_are_there_twice),
        cmocka_unit_test(tracks_forms),
        cmocka_unit_test(tracks_of_an_event),
        cmocka_unit_test(units),
        cmocka_unit_test(tracks_errors),
        cmocka_unit_test(tracks_memory),
    };
    return cmocka_run_group_tests(tests, scratch_create, scratch_destroy);
}
