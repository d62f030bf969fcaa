/* Events from files in the TrackML format. */
#include "io/event_read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/row_index.h"
#include "core/threads.h"
#include "io/event.h"
#include "io/formats.h"

/* Indexes a file's ids, which have to be unique. */
static enum trkx_status index_unique(struct trkx_memory *memory, const struct trkx_text *text,
                                     const char *column, const int64_t *ids, size_t count,
                                     struct trkx_index *index, trkx_error *error)
{
    size_t twins[2];
    enum trkx_status status = trkx_index_build(memory, ids, count, index, twins, error);
    if (status != TRKX_OK || twins[1] == TRKX_NO_ROW) return status;
    return trkx_text_fail(text, trkx_table_line(text, twins[1]), error, "%s %lld is already in line %zu",
                          column, (long long)ids[twins[1]], trkx_table_line(text, twins[0]));
}

struct reader {
    struct trkx_event *event;
    size_t part_size;                 /* of the tables, see trkx_table_open */
    struct trkx_column_names further; /* of the hits */
    struct trkx_index hits;           /* by hit_id */
    struct trkx_memory memory;        /* held only while reading */
    size_t bytes;                     /* of the event's arrays */
    int next;                         /* file to parse */
    bool parsing;                     /* a thread is parsing */
    enum trkx_status status;          /* of the files so far: the first failure */
    trkx_error *error;
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define COLUMN(column, column_type, first, step)                                                       \
    {                                                                                                  \
        .name = (column), .type = (column_type), .values = (first), .stride = (step) * sizeof *(first) \
    }
#define INT32(column, values) COLUMN(column, TRKX_COLUMN_INT32, values, 1)
#define INT64(column, values) COLUMN(column, TRKX_COLUMN_INT64, values, 1)
#define FLOAT32(column, values) COLUMN(column, TRKX_COLUMN_FLOAT32, values, 1)
#define FLOAT64(column, values) COLUMN(column, TRKX_COLUMN_FLOAT64, values, 1)
#define THIRD(column, values, offset) COLUMN(column, TRKX_COLUMN_FLOAT32, (values) + (offset), 3)

/* An array of the event; jumps to `cleanup:` if out of memory. */
#define KEEP(array, count)                                                           \
    do {                                                                             \
        (array) = trkx_event_allocate(reader->event, (count), sizeof *(array));      \
        if ((array) == NULL) {                                                       \
            status = trkx_fail_memory(error, "an event", (count) * sizeof *(array)); \
            goto cleanup;                                                            \
        }                                                                            \
        reader->bytes += (count) * sizeof *(array);                                  \
    } while (0)

/* ---- hits ------------------------------------------------------------------------------------------- */

enum { FIRST_ID = 4, HIT_COLUMNS = 7 };
static const char *const hit_columns[HIT_COLUMNS] = {"hit_id",    "x",        "y",        "z",
                                                     "volume_id", "layer_id", "module_id"};

bool trkx_hits_own_column(const char *name)
{
    for (int k = 0; k < HIT_COLUMNS; k++)
        if (strcmp(name, hit_columns[k]) == 0) return true;
    return false;
}

/* The further columns of hits that the caller requested. */
struct further {
    trkx_hits_column *columns; /* [count] */
    float *values;             /* [count,n] of all of them */
};

/* Arrays of the event for them. */
static enum trkx_status keep_further(struct reader *reader, size_t n, struct further *further)
{
    const struct trkx_column_names *wanted = &reader->further;
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    size_t bytes = 0;
    char *names;
    if (wanted->count == 0) return TRKX_OK;
    for (size_t k = 0; k < wanted->count; k++) bytes += strlen(wanted->names[k]) + 1;
    KEEP(further->columns, wanted->count);
    KEEP(further->values, wanted->count * n);
    KEEP(names, bytes);
    for (size_t k = 0; k < wanted->count; k++) {
        further->columns[k] = (trkx_hits_column){strcpy(names, wanted->names[k]), further->values + k * n};
        names += strlen(names) + 1;
    }
cleanup:
    return status;
}

/* The columns of the hits' modules may be missing, all three. */
static enum trkx_status read_columns(const struct trkx_table *table, struct trkx_column *columns,
                                     size_t count, bool *modules, trkx_error *error)
{
    int found = 0;
    for (int k = FIRST_ID; k < HIT_COLUMNS; k++) columns[k].optional = true;
    enum trkx_status status = trkx_table_read(table, columns, count, error);
    for (int k = FIRST_ID; k < HIT_COLUMNS; k++) {
        columns[k].optional = false;
        found += columns[k].found;
    }
    *modules = found > 0;
    if (status != TRKX_OK || found == 0 || found == HIT_COLUMNS - FIRST_ID) return status;
    return trkx_table_read(table, columns, count, error); /* says which is missing */
}

/* Reads the standard columns of hits and the further ones. *modules: whether those of the modules are there.
 */
static enum trkx_status read_hits(struct reader *reader, const struct trkx_table *table,
                                  const struct trkx_column own[HIT_COLUMNS], const struct further *further,
                                  bool *modules)
{
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    size_t more = reader->further.count;
    struct trkx_column *columns = NULL;
    TRKX_ALLOCATE(columns, &reader->memory, HIT_COLUMNS + more, "the columns of the hits");
    memcpy(columns, own, HIT_COLUMNS * sizeof *own);
    for (size_t k = 0; k < more; k++)
        columns[HIT_COLUMNS + k] =
            (struct trkx_column)FLOAT32(further->columns[k].name, further->values + k * table->rows);
    TRKX_CHECK(read_columns(table, columns, HIT_COLUMNS + more, modules, error));
cleanup:
    trkx_release(columns);
    return status;
}

static enum trkx_status parse_hits(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct trkx_table table;
    trkx_table_open(text, reader->part_size, &table);
    size_t count = table.rows;
    int64_t *hit_id;
    float *xyz;
    int32_t *volume_id, *layer_id, *module_id;
    struct further further = {0};
    bool modules = false;
    if (count > INT32_MAX) TRKX_CHECK(trkx_text_fail(text, 0, error, "more than %d hits", INT32_MAX));
    KEEP(hit_id, count);
    KEEP(xyz, 3 * count);
    KEEP(volume_id, count);
    KEEP(layer_id, count);
    KEEP(module_id, count);
    TRKX_CHECK(keep_further(reader, count, &further));
    const struct trkx_column own[HIT_COLUMNS] = {
        INT64(hit_columns[0], hit_id),    THIRD(hit_columns[1], xyz, 0),    THIRD(hit_columns[2], xyz, 1),
        THIRD(hit_columns[3], xyz, 2),    INT32(hit_columns[4], volume_id), INT32(hit_columns[5], layer_id),
        INT32(hit_columns[6], module_id),
    };
    TRKX_CHECK(read_hits(reader, &table, own, &further, &modules));
    TRKX_CHECK(index_unique(&reader->memory, text, "hit_id", hit_id, count, &reader->hits, error));
    reader->event->hits = (trkx_hits){.count = count,
                                      .hit_id = hit_id,
                                      .xyz = xyz,
                                      .volume_id = modules ? volume_id : NULL,
                                      .layer_id = modules ? layer_id : NULL,
                                      .module_id = modules ? module_id : NULL,
                                      .columns_count = reader->further.count,
                                      .columns = further.columns};
cleanup:
    return status;
}

/* ---- cells ------------------------------------------------------------------------------------------ */

/* An event may have no hits, but then nothing else: the error is probably in the hits' file. */
static enum trkx_status check_there_are_hits(const struct reader *reader, const struct trkx_text *text,
                                             size_t rows)
{
    if (rows == 0 || reader->event->hits.count > 0) return TRKX_OK;
    return trkx_text_fail(text, 0, reader->error,
                          "has %zu rows, but the event's file of hits has only a header", rows);
}

/* The hits of the cells, in the order of the file. */
struct cell_rows {
    int64_t *hit_id;
    uint32_t *hit; /* the row of hit_id among the hits */
    size_t count;
    bool sorted; /* by hit */
};

/* Reads the cells into the event in the file's order. */
static enum trkx_status read_cells(struct reader *reader, const struct trkx_text *text,
                                   struct cell_rows *cells)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct trkx_table table;
    trkx_table_open(text, reader->part_size, &table);
    size_t rows = cells->count = table.rows;
    int32_t *ch0, *ch1;
    float *value;
    TRKX_ALLOCATE(cells->hit_id, &reader->memory, rows, "cells");
    TRKX_ALLOCATE(cells->hit, &reader->memory, rows, "cells");
    KEEP(ch0, rows);
    KEEP(ch1, rows);
    KEEP(value, rows);
    struct trkx_column columns[] = {INT64("hit_id", cells->hit_id), INT32("ch0", ch0), INT32("ch1", ch1),
                                    FLOAT32("value", value)};
    TRKX_CHECK(trkx_table_read(&table, columns, COUNT_OF(columns), error));
    reader->event->hits.cell_ch0 = ch0;
    reader->event->hits.cell_ch1 = ch1;
    reader->event->hits.cell_value = value;
cleanup:
    return status;
}

/* A range of cells, whose hits one thread looks up. */
struct cell_chunk {
    size_t begin, end;
    size_t unknown; /* the first cell without a hit, or TRKX_NO_ROW */
    bool sorted;
};

/* A cell usually belongs to the same hit as the previous one, or to the next. */
static void match_chunk(const struct trkx_index *index, const struct cell_rows *cells,
                        struct cell_chunk *chunk)
{
    const struct trkx_index hits = *index;
    const int64_t *ids = cells->hit_id;
    size_t last = trkx_index_find(&hits, ids[chunk->begin]), c = chunk->begin;
    bool sorted = true;
    for (; c < chunk->end; c++) {
        size_t hit = trkx_index_near(&hits, ids[c], last + (c > chunk->begin && ids[c] != ids[c - 1]));
        if (hit == TRKX_NO_ROW) break;
        cells->hit[c] = (uint32_t)hit;
        sorted &= hit >= last;
        last = hit;
    }
    chunk->unknown = c < chunk->end ? c : TRKX_NO_ROW;
    chunk->sorted = sorted;
}

TRKX_MAKES_TASKS static void match_chunks(const struct trkx_index *hits, const struct cell_rows *cells,
                                          struct cell_chunk *chunks, size_t count)
{
    for (size_t k = 0; k < count; k++) {
#pragma omp task default(none) firstprivate(hits, cells, chunks, k) if (count > 1)
        match_chunk(hits, cells, &chunks[k]);
    }
    if (count > 1) {
#pragma omp taskwait
    }
}

/* In chunks of about as much work as a part of the table; returns their number. */
enum { CELL_CHUNKS = 32 };
static size_t divide_cells(const struct reader *reader, const struct cell_rows *cells,
                           struct cell_chunk *chunks)
{
    enum { CHARACTERS = 16 }; /* of a cell, about */
    size_t least = cells->count / CELL_CHUNKS + 1, size = reader->part_size / CHARACTERS, count = 0;
    if (size < least) size = least;
    for (size_t begin = 0; begin < cells->count; begin = chunks[count++].end) {
        chunks[count].begin = begin;
        chunks[count].end = cells->count - begin < size ? cells->count : begin + size;
    }
    return count;
}

static enum trkx_status match_cells(struct reader *reader, const struct trkx_text *text,
                                    struct cell_rows *cells)
{
    struct cell_chunk chunks[CELL_CHUNKS];
    size_t count = divide_cells(reader, cells, chunks);
    match_chunks(&reader->hits, cells, chunks, count);
    cells->sorted = true;
    for (size_t k = 0; k < count; k++) {
        size_t begin = chunks[k].begin, unknown = chunks[k].unknown;
        if (unknown != TRKX_NO_ROW)
            return trkx_text_fail(text, trkx_table_line(text, unknown), reader->error,
                                  "do not match the hits: there is no hit_id %lld",
                                  (long long)cells->hit_id[unknown]);
        bool joined = begin == 0 || cells->hit[begin - 1] <= cells->hit[begin];
        cells->sorted &= chunks[k].sorted && joined;
    }
    return TRKX_OK;
}

/* values [cells] of 4 bytes, sorted by hit and in the order of the file within a hit. next [hits]: the place
 * of each hit's next cell; finally the hit's end. */
static void sort_values(const struct cell_rows *cells, size_t *next, const void *values, void *sorted)
{
    const char *from = values;
    for (size_t c = 0; c < cells->count; c++)
        memcpy((char *)sorted + 4 * next[cells->hit[c]]++, from + 4 * c, 4);
}

static enum trkx_status sort_cells(struct reader *reader, const struct cell_rows *cells, const size_t *begin)
{
    trkx_hits *hits = &reader->event->hits;
    void *columns[3] = {(void *)hits->cell_ch0, (void *)hits->cell_ch1, (void *)hits->cell_value};
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    size_t *next = NULL;
    int32_t *sorted = NULL;
    TRKX_ALLOCATE(next, &reader->memory, hits->count, "cells");
    TRKX_ALLOCATE(sorted, &reader->memory, cells->count, "cells");
    for (int k = 0; k < 3; k++) {
        memcpy(next, begin, hits->count * sizeof *next);
        sort_values(cells, next, columns[k], sorted);
        memcpy(columns[k], sorted, cells->count * sizeof *sorted);
    }
cleanup:
    trkx_release(next);
    trkx_release(sorted);
    return status;
}

/* begin [hits + 1]: the begin of each hit's cells once sorted, and the end. */
static void count_cells(const struct cell_rows *cells, size_t hits, size_t *begin)
{
    memset(begin, 0, (hits + 1) * sizeof *begin);
    for (size_t c = 0; c < cells->count; c++) begin[cells->hit[c] + 1]++;
    for (size_t i = 0; i < hits; i++) begin[i + 1] += begin[i];
}

static enum trkx_status parse_cells(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct cell_rows cells = {0};
    size_t count = reader->event->hits.count, *begin;
    TRKX_CHECK(read_cells(reader, text, &cells));
    TRKX_CHECK(check_there_are_hits(reader, text, cells.count));
    TRKX_CHECK(match_cells(reader, text, &cells));
    KEEP(begin, count + 1);
    count_cells(&cells, count, begin);
    if (!cells.sorted) TRKX_CHECK(sort_cells(reader, &cells, begin));
    reader->event->hits.cell_begin = begin;
cleanup:
    trkx_release(cells.hit_id);
    trkx_release(cells.hit);
    return status;
}

/* The truth as in the file. */
struct truth_rows {
    int64_t *hit_id, *particle_id;
    float *xyz, *pxyz;
    double *weight;
    bool has_momenta;
    uint32_t *row; /* [hits] of each hit, + 1 */
    size_t count;
};

static enum trkx_status read_truth(struct reader *reader, const struct trkx_text *text,
                                   struct truth_rows *truth)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct trkx_table table;
    trkx_table_open(text, reader->part_size, &table);
    size_t rows = truth->count = table.rows;
    TRKX_ALLOCATE(truth->hit_id, &reader->memory, rows, "truth");
    TRKX_ALLOCATE(truth->particle_id, &reader->memory, rows, "truth");
    TRKX_ALLOCATE(truth->xyz, &reader->memory, 3 * rows, "truth");
    TRKX_ALLOCATE(truth->pxyz, &reader->memory, 3 * rows, "truth");
    TRKX_ALLOCATE(truth->weight, &reader->memory, rows, "truth");
    struct trkx_column columns[] = {
        THIRD("tpx", truth->pxyz, 0),     THIRD("tpy", truth->pxyz, 1),
        THIRD("tpz", truth->pxyz, 2),     INT64("hit_id", truth->hit_id),
        THIRD("tx", truth->xyz, 0),       THIRD("ty", truth->xyz, 1),
        THIRD("tz", truth->xyz, 2),       INT64("particle_id", truth->particle_id),
        FLOAT64("weight", truth->weight),
    };
    for (int k = 0; k < 3; k++) columns[k].optional = true;
    TRKX_CHECK(trkx_table_read(&table, columns, COUNT_OF(columns), error));
    truth->has_momenta = columns[0].found && columns[1].found && columns[2].found;
cleanup:
    return status;
}

/* Finds the one row of each hit. */
static enum trkx_status match_truth(struct reader *reader, const struct trkx_text *text,
                                    struct truth_rows *truth)
{
    trkx_error *error = reader->error;
    const trkx_hits *hits = &reader->event->hits;
    truth->row = trkx_allocate_zero(&reader->memory, hits->count, sizeof *truth->row);
    if (truth->row == NULL) return trkx_fail_memory(error, "truth", hits->count * sizeof *truth->row);
    for (size_t i = 0; i < truth->count; i++) {
        long long id = (long long)truth->hit_id[i];
        size_t hit = trkx_index_near(&reader->hits, truth->hit_id[i], i);
        if (hit == TRKX_NO_ROW)
            return trkx_text_fail(text, trkx_table_line(text, i), error,
                                  "does not match the hits: there is no hit_id %lld", id);
        if (truth->row[hit] != 0)
            return trkx_text_fail(text, trkx_table_line(text, i), error,
                                  "does not match the hits: hit_id %lld is already in line %zu", id,
                                  trkx_table_line(text, truth->row[hit] - 1));
        truth->row[hit] = (uint32_t)i + 1;
    }
    for (size_t hit = 0; hit < hits->count; hit++)
        if (truth->row[hit] == 0)
            return trkx_text_fail(text, 0, error, "does not match the hits: hit_id %lld is missing",
                                  (long long)hits->hit_id[hit]);
    return TRKX_OK;
}

/* Sorts the truth into the order of the hits. */
static enum trkx_status sort_truth(struct reader *reader, const struct truth_rows *truth)
{
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    int64_t *particle_id;
    float *xyz, *pxyz;
    double *weight;
    KEEP(particle_id, truth->count);
    KEEP(xyz, 3 * truth->count);
    KEEP(pxyz, truth->has_momenta ? 3 * truth->count : 0);
    KEEP(weight, truth->count);
    for (size_t i = 0; i < truth->count; i++) {
        size_t row = truth->row[i] - 1;
        particle_id[i] = truth->particle_id[row];
        memcpy(xyz + 3 * i, truth->xyz + 3 * row, 3 * sizeof *xyz);
        if (truth->has_momenta) memcpy(pxyz + 3 * i, truth->pxyz + 3 * row, 3 * sizeof *pxyz);
        weight[i] = truth->weight[row];
    }
    reader->event->truth =
        (trkx_truth){truth->count, particle_id, xyz, truth->has_momenta ? pxyz : NULL, weight};
    reader->event->has_truth = true;
cleanup:
    return status;
}

static enum trkx_status parse_truth(struct reader *reader, const struct trkx_text *text)
{
    struct truth_rows truth = {0};
    enum trkx_status status;
    TRKX_CHECK(read_truth(reader, text, &truth));
    TRKX_CHECK(check_there_are_hits(reader, text, truth.count));
    TRKX_CHECK(match_truth(reader, text, &truth));
    TRKX_CHECK(sort_truth(reader, &truth));
cleanup:
    trkx_release(truth.hit_id);
    trkx_release(truth.particle_id);
    trkx_release(truth.xyz);
    trkx_release(truth.pxyz);
    trkx_release(truth.weight);
    trkx_release(truth.row);
    return status;
}

static enum trkx_status check_particles(struct reader *reader, const struct trkx_text *text,
                                        const int64_t *particle_id, size_t count)
{
    struct trkx_index index;
    enum trkx_status status =
        index_unique(&reader->memory, text, "particle_id", particle_id, count, &index, reader->error);
    trkx_release(index.slots);
    return status;
}

static enum trkx_status parse_particles(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct trkx_table table;
    trkx_table_open(text, reader->part_size, &table);
    size_t count = table.rows;
    int64_t *particle_id;
    int32_t *type, *charge, *nhits;
    float *vxyz, *pxyz;
    KEEP(particle_id, count);
    KEEP(type, count);
    KEEP(vxyz, 3 * count);
    KEEP(pxyz, 3 * count);
    KEEP(charge, count);
    KEEP(nhits, count);
    memset(type, 0, count * sizeof *type);
    memset(nhits, 0xff, count * sizeof *nhits); /* -1 */
    struct trkx_column columns[] = {
        INT32("particle_type", type), INT32("nhits", nhits), INT64("particle_id", particle_id),
        THIRD("vx", vxyz, 0),         THIRD("vy", vxyz, 1),  THIRD("vz", vxyz, 2),
        THIRD("px", pxyz, 0),         THIRD("py", pxyz, 1),  THIRD("pz", pxyz, 2),
        INT32("q", charge),
    };
    columns[0].optional = true; /* missing in the files of the TrackML challenges */
    columns[1].optional = true; /* missing in some of ACTS' */
    TRKX_CHECK(trkx_table_read(&table, columns, COUNT_OF(columns), error));
    TRKX_CHECK(check_particles(reader, text, particle_id, count));
    reader->event->particles = (trkx_particles){count, particle_id, type, vxyz, pxyz, charge, nhits};
    reader->event->has_particles = true;
cleanup:
    return status;
}

static const struct file {
    const char *name; /* <prefix>-<name>.csv */
    unsigned part;    /* of trkx_event_parts that requests it */
    enum trkx_status (*parse)(struct reader *reader, const struct trkx_text *text);
} files[TRKX_FILES] = {
    [TRKX_FILE_HITS] = {"hits", 0, parse_hits},
    [TRKX_FILE_CELLS] = {"cells", TRKX_EVENT_CELLS, parse_cells},
    [TRKX_FILE_TRUTH] = {"truth", TRKX_EVENT_TRUTH, parse_truth},
    [TRKX_FILE_PARTICLES] = {"particles", TRKX_EVENT_PARTICLES, parse_particles},
};

/* Parses a file's text if those before succeeded; adds its memory to the event's peak. */
static void parse_file(struct reader *reader, enum trkx_event_file file, const struct trkx_text *text)
{
    if (reader->status == TRKX_OK) reader->status = files[file].parse(reader, text);
    size_t held = reader->bytes + trkx_memory_restart(&reader->memory);
    if (held > reader->event->peak_bytes) reader->event->peak_bytes = held;
}

/* Returns the event if reading succeeded. */
static enum trkx_status finish_reading(struct reader *reader, trkx_event **event)
{
    trkx_release(reader->hits.slots);
    trkx_arenas_return(reader->memory.arena);
    *event = reader->status == TRKX_OK ? reader->event : NULL;
    if (reader->status != TRKX_OK) trkx_event_destroy(reader->event);
    return reader->status;
}

static void parse_files(struct reader *reader, const struct trkx_text *texts)
{
    for (int f = 0; f < TRKX_FILES; f++)
        if (texts[f].bytes != NULL) parse_file(reader, (enum trkx_event_file)f, &texts[f]);
}

enum trkx_status trkx_event_parse(const char *name, const struct trkx_text *texts, int threads,
                                  size_t part_size, trkx_event **event, trkx_error *error)
{
    struct reader reader = {.error = error, .part_size = part_size}, *shared = &reader;
    reader.status = trkx_event_create(name, &reader.event, error);
    if (reader.status == TRKX_OK) {
#pragma omp parallel num_threads(threads) default(none) firstprivate(shared, texts)
#pragma omp single
        parse_files(shared, texts);
    }
    return finish_reading(&reader, event);
}

/* The paths of an event's files. */
struct location {
    char *prefix;
    size_t ending; /* tried before the others */
};

/* The length of the path's prefix; *ending: the number of its ending, if it is the path of one of an event's
 * files. */
static size_t prefix_length(const char *path, size_t *ending)
{
    size_t length;
    for (int f = 0; f < TRKX_FILES; f++)
        if (trkx_format_match(path, files[f].name, &length, ending)) return length;
    return strlen(path);
}

static enum trkx_status locate(const char *prefix, struct location *location, trkx_error *error)
{
    *location = (struct location){trkx_duplicate(prefix), 0};
    if (location->prefix == NULL) return trkx_fail_memory(error, "a file name", strlen(prefix) + 1);
    location->prefix[prefix_length(prefix, &location->ending)] = '\0';
    return TRKX_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A file of an event on its way. */
struct source {
    char *path; /* NULL: not wanted, or optional and not there */
    size_t size;
    bool loaded; /* or failed */
    struct trkx_text text;
    enum trkx_status status;
    trkx_error error;
};

/* The one to be tried next, if `first` is tried before the others. */
static const char *nth_ending(size_t first, size_t attempt)
{
    return trkx_format_ending(attempt == 0 ? first : attempt - (attempt <= first));
}

/* Finds the file, whose path has room for it; 0, or errno where it cannot be had: ESPIPE for a pipe, which
 * may never be written to, while other events wait. */
static int find_file(const struct location *location, enum trkx_event_file file, struct source *source,
                     size_t room)
{
    int failure = 0;
    struct stat about;
    for (size_t attempt = 0; trkx_format_ending(attempt) != NULL; attempt++) {
        const char *ending = nth_ending(location->ending, attempt);
        snprintf(source->path, room, "%s-%s%s", location->prefix, files[file].name, ending);
        if (stat(source->path, &about) == 0) {
            source->size = (size_t)about.st_size;
            return S_ISFIFO(about.st_mode) ? ESPIPE : 0;
        }
        /* too long to be the name of a file */
        if (failure == 0 || failure == ENOENT) failure = errno == ENAMETOOLONG ? ENOENT : errno;
    }
    return failure;
}

/* Reports a missing file. A prefix that is a file itself does not have the name of an event's file. */
static enum trkx_status fail_to_find(const struct location *location, enum trkx_event_file file, int failure,
                                     trkx_error *error)
{
    char endings[128];
    struct stat about;
    if (failure == ENOENT && file == TRKX_FILE_HITS && stat(location->prefix, &about) == 0 &&
        S_ISREG(about.st_mode))
        return trkx_fail(error, TRKX_ERROR_IO,
                         "%s: is not named like a file of an event (event000001000-hits.csv): rename it",
                         location->prefix);
    return trkx_fail(error, TRKX_ERROR_IO, "%s-%s%s: %s: cannot be opened: %s", location->prefix,
                     files[file].name, trkx_format_list(endings, sizeof endings), files[file].name,
                     strerror(failure));
}

static void find_source(const struct location *location, enum trkx_event_file file, bool optional,
                        struct source *source)
{
    size_t room = strlen(location->prefix) + 32;
    source->path = trkx_allocate(NULL, room, 1);
    if (source->path == NULL) {
        source->status = trkx_fail_memory(&source->error, "a file name", room);
        return;
    }
    int failure = find_file(location, file, source, room);
    if (failure == 0) return;
    if (failure == ESPIPE)
        source->status = trkx_fail(&source->error, TRKX_ERROR_IO,
                                   "%s: %s: is a pipe; the files of an event are regular files", source->path,
                                   files[file].name);
    else if (failure != ENOENT || !optional)
        source->status = fail_to_find(location, file, failure, &source->error);
    trkx_release(source->path);
    source->path = NULL;
}

static void load_source(struct reader *reader, enum trkx_event_file file, struct source *source)
{
    if (source->path != NULL)
        source->status =
            trkx_text_load(source->path, files[file].name, &reader->memory, &source->text, &source->error);
}

static void parse_source(struct reader *reader, enum trkx_event_file file, struct source *source)
{
    if (reader->status == TRKX_OK && source->status != TRKX_OK) {
        reader->status = source->status;
        if (reader->error != NULL) *reader->error = source->error;
    }
    if (source->text.bytes != NULL) parse_file(reader, file, &source->text);
    trkx_text_release(&source->text);
}

/* Whether the caller should parse the next file: it is loaded, and no other thread is parsing. */
static bool take_turn(struct reader *reader, const struct source *sources)
{
    bool turn = !reader->parsing && reader->next < TRKX_FILES && sources[reader->next].loaded;
    reader->parsing |= turn;
    return turn;
}

/* Loads a file, and parses files that are ready, one after the other and in order. */
static void read_source(struct reader *reader, struct source *sources, enum trkx_event_file file)
{
    bool turn;
    load_source(reader, file, &sources[file]);
#pragma omp critical(trkx_event_turn)
    {
        sources[file].loaded = true;
        turn = take_turn(reader, sources);
    }
    while (turn) {
        parse_source(reader, (enum trkx_event_file)reader->next, &sources[reader->next]);
#pragma omp critical(trkx_event_turn)
        {
            reader->next++;
            reader->parsing = false;
            turn = take_turn(reader, sources);
        }
    }
}

TRKX_MAKES_TASKS static void read_all(struct reader *reader, struct source *sources, bool several)
{
    for (int f = 0; f < TRKX_FILES; f++) {
#pragma omp task default(none) firstprivate(reader, sources, f) if (several)
        read_source(reader, sources, (enum trkx_event_file)f);
    }
}

/* In parallel: some threads load while one parses, sharing its work with idle ones. A single thread holds one
 * text at a time. */
static void read_sources(struct reader *reader, struct source *sources, int threads)
{
#pragma omp parallel num_threads(threads) default(none) firstprivate(reader, sources, threads)
#pragma omp single
    read_all(reader, sources, threads > 1);
}

static void find_sources(const struct location *location, unsigned parts, struct source *sources)
{
    bool optional = (parts & TRKX_EVENT_OPTIONAL) != 0;
    find_source(location, TRKX_FILE_HITS, false, &sources[TRKX_FILE_HITS]);
    for (int f = TRKX_FILE_HITS + 1; f < TRKX_FILES; f++)
        if ((parts & files[f].part) != 0)
            find_source(location, (enum trkx_event_file)f, optional, &sources[f]);
}

/* As many threads as are worthwhile for the size of the files. */
static int count_threads(int requested, const struct source *sources)
{
    size_t size = 0;
    for (int f = 0; f < TRKX_FILES; f++) size += sources[f].size;
    return trkx_worthwhile_threads(trkx_threads(requested), size, TRKX_TABLE_PART_SIZE);
}

/* One arena for the event's arrays, one for memory held only while reading. */
static enum trkx_status borrow_arenas(struct reader *reader, struct trkx_arenas *arenas)
{
    enum { EXPECTED = 32 << 20 }; /* bytes: twice what a full-density event with truth needs of each */
    if (arenas == NULL) return TRKX_OK;
    reader->event->memory.arena = trkx_arenas_lend(arenas, EXPECTED);
    reader->memory.arena = trkx_arenas_lend(arenas, EXPECTED);
    if (reader->event->memory.arena != NULL && reader->memory.arena != NULL) return TRKX_OK;
    return trkx_fail_memory(reader->error, "an event", EXPECTED);
}

/* Errors: ARGUMENT. */
static enum trkx_status check_further(const struct trkx_column_names *further, trkx_error *error)
{
    const char *const *names = further->names;
    if (names == NULL && further->count > 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: the names of the columns are NULL");
    for (size_t k = 0; k < further->count; k++) {
        if (names[k] == NULL)
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: the name of column %zu is NULL", k);
        if (trkx_hits_own_column(names[k]))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: the column %s is always read", names[k]);
        for (size_t j = 0; j < k; j++)
            if (strcmp(names[j], names[k]) == 0)
                return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: the column %.60s is requested twice",
                                 names[k]);
    }
    return TRKX_OK;
}

enum trkx_status trkx_event_read_in(struct trkx_arenas *arenas, const char *prefix, unsigned parts,
                                    int threads, const struct trkx_column_names *further, trkx_event **event,
                                    trkx_error *error)
{
    const unsigned known = TRKX_EVENT_CELLS | TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES | TRKX_EVENT_OPTIONAL;
    struct reader reader = {.error = error, .further = *further};
    struct location location = {0};
    struct source sources[TRKX_FILES] = {{0}};
    enum trkx_status status;
    *event = NULL;
    if (prefix == NULL || *prefix == '\0')
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: the path of the event is empty");
    if ((parts & ~known) != 0 || threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: unknown parts (%u) or negative threads (%d)",
                         parts, threads);
    TRKX_CHECK(check_further(further, error));
    TRKX_CHECK(locate(prefix, &location, error));
    TRKX_CHECK(trkx_event_create(base_name(location.prefix), &reader.event, error));
    reader.status = borrow_arenas(&reader, arenas);
    if (reader.status == TRKX_OK) {
        find_sources(&location, parts, sources);
        threads = count_threads(threads, sources);
        reader.part_size = threads > 1 ? TRKX_TABLE_PART_SIZE : TRKX_TABLE_ONE_PART;
        read_sources(&reader, sources, threads);
    }
    status = finish_reading(&reader, event);
cleanup:
    for (int f = 0; f < TRKX_FILES; f++) trkx_release(sources[f].path);
    trkx_release(location.prefix);
    return status;
}

enum trkx_status trkx_event_read(const char *prefix, unsigned parts, int threads, trkx_event **event,
                                 trkx_error *error)
{
    return trkx_event_read_columns(prefix, parts, threads, NULL, 0, event, error);
}

enum trkx_status trkx_event_read_columns(const char *prefix, unsigned parts, int threads,
                                         const char *const *names, size_t count, trkx_event **event,
                                         trkx_error *error)
{
    const struct trkx_column_names further = {names, count};
    return trkx_event_read_in(NULL, prefix, parts, threads, &further, event, error);
}
