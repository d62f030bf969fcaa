/* Events and tracks, from and to files in the TrackML format. */
#include "hits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "output.h"

/* ---- the object ------------------------------------------------------------------------------------- */

enum trkx_status trkx_event_create(const char *name, struct trkx_event **event, trkx_error *error)
{
    *event = trkx_allocate_zero(NULL, 1, sizeof **event);
    if (*event == NULL) return trkx_fail_memory(error, "an event", sizeof **event);
    (*event)->name = trkx_duplicate(name);
    if ((*event)->name != NULL) return TRKX_OK;
    trkx_release(*event);
    *event = NULL;
    return trkx_fail_memory(error, "an event's name", strlen(name) + 1);
}

void *trkx_event_allocate(struct trkx_event *event, size_t count, size_t size)
{
    if (event->blocks_count == sizeof event->blocks / sizeof event->blocks[0]) return NULL;
    void *block = trkx_allocate(&event->memory, count, size);
    if (block != NULL) event->blocks[event->blocks_count++] = block;
    return block;
}

void trkx_event_destroy(trkx_event *event)
{
    if (event == NULL) return;
    for (size_t i = 0; i < event->blocks_count; i++) trkx_release(event->blocks[i]);
    trkx_arenas_return(event->memory.arena);
    trkx_release(event->name);
    trkx_release(event);
}

const char *trkx_event_name(const trkx_event *event)
{
    return event->name;
}

const trkx_hits *trkx_event_hits(const trkx_event *event)
{
    return &event->hits;
}

const trkx_truth *trkx_event_truth(const trkx_event *event)
{
    return event->has_truth ? &event->truth : NULL;
}

const trkx_particles *trkx_event_particles(const trkx_event *event)
{
    return event->has_particles ? &event->particles : NULL;
}

/* ---- hits by their ids ------------------------------------------------------------------------------ */

/* Finds the row of an id: open addressing in a table that is at most half full. */
struct index {
    const int64_t *ids; /* [count]; NULL: 1..count */
    size_t count;
    uint32_t *slots; /* row + 1; 0: free */
    unsigned bits;   /* of the number of slots */
};

#define NO_ROW SIZE_MAX

/* The golden ratio spreads consecutive ids evenly (Knuth, volume 3, 6.4). */
static size_t first_slot(const struct index *index, int64_t id)
{
    return (size_t)((uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> (64 - index->bits));
}

/* The slot of the id, or the free one where it belongs. */
static size_t find_slot(const struct index *index, int64_t id)
{
    size_t mask = ((size_t)1 << index->bits) - 1, slot = first_slot(index, id);
    while (index->slots[slot] != 0 && index->ids[index->slots[slot] - 1] != id) slot = (slot + 1) & mask;
    return slot;
}

static size_t find_row(const struct index *index, int64_t id)
{
    if (index->ids == NULL) return id >= 1 && (uint64_t)id <= index->count ? (size_t)id - 1 : NO_ROW;
    uint32_t slot = index->slots[find_slot(index, id)];
    return slot == 0 ? NO_ROW : slot - 1;
}

/* The same, quickly where the row is the one that is guessed: most files have one order. */
static size_t find_near(const struct index *index, int64_t id, size_t guess)
{
    bool guessed = index->ids != NULL && guess < index->count && index->ids[guess] == id;
    return guessed ? guess : find_row(index, id);
}

/* ids [count] may be NULL. Where an id is there twice, twins are its rows; else twins[1] is NO_ROW.
 * index->slots is to be released. Errors: MEMORY. */
static enum trkx_status build_index(struct trkx_memory *memory, const int64_t *ids, size_t count,
                                    struct index *index, size_t twins[2], trkx_error *error)
{
    *index = (struct index){ids, count, NULL, 1};
    twins[1] = NO_ROW;
    if (ids == NULL) return TRKX_OK;
    while ((size_t)1 << index->bits < 2 * count) index->bits++;
    size_t slots = (size_t)1 << index->bits;
    index->slots = trkx_allocate_zero(memory, slots, sizeof *index->slots);
    if (index->slots == NULL)
        return trkx_fail_memory(error, "the index of ids", slots * sizeof *index->slots);
    for (size_t i = 0; i < count; i++) {
        size_t slot = find_slot(index, ids[i]);
        if (index->slots[slot] != 0) {
            twins[0] = index->slots[slot] - 1;
            twins[1] = i;
            return TRKX_OK;
        }
        index->slots[slot] = (uint32_t)i + 1;
    }
    return TRKX_OK;
}

/* The same of a file's ids, which have to be unique. */
static enum trkx_status index_unique(struct trkx_memory *memory, const struct trkx_text *text,
                                     const char *column, const int64_t *ids, size_t count,
                                     struct index *index, trkx_error *error)
{
    size_t twins[2];
    enum trkx_status status = build_index(memory, ids, count, index, twins, error);
    if (status != TRKX_OK || twins[1] == NO_ROW) return status;
    return trkx_text_fail(text, trkx_table_line(text, twins[1]), error, "%s %lld is already in line %zu",
                          column, (long long)ids[twins[1]], trkx_table_line(text, twins[0]));
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reader {
    struct trkx_event *event;
    struct index hits;         /* by hit_id */
    struct trkx_memory memory; /* what is held only while reading */
    size_t bytes;              /* of the event's arrays */
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

/* An array of the event; leaves by `cleanup:` where memory is out. */
#define KEEP(array, count)                                                           \
    do {                                                                             \
        (array) = trkx_event_allocate(reader->event, (count), sizeof *(array));      \
        if ((array) == NULL) {                                                       \
            status = trkx_fail_memory(error, "an event", (count) * sizeof *(array)); \
            goto cleanup;                                                            \
        }                                                                            \
        reader->bytes += (count) * sizeof *(array);                                  \
    } while (0)

static enum trkx_status parse_hits(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    size_t count, rows = trkx_table_rows(text);
    int64_t *hit_id;
    float *xyz;
    int32_t *volume_id, *layer_id, *module_id;
    KEEP(hit_id, rows);
    KEEP(xyz, 3 * rows);
    KEEP(volume_id, rows);
    KEEP(layer_id, rows);
    KEEP(module_id, rows);
    struct trkx_column columns[] = {
        INT64("hit_id", hit_id),
        THIRD("x", xyz, 0),
        THIRD("y", xyz, 1),
        THIRD("z", xyz, 2),
        INT32("volume_id", volume_id),
        INT32("layer_id", layer_id),
        INT32("module_id", module_id),
    };
    TRKX_CHECK(trkx_table_read(text, columns, COUNT_OF(columns), &count, error));
    if (count > INT32_MAX) TRKX_CHECK(trkx_text_fail(text, 0, error, "more than %d hits", INT32_MAX));
    TRKX_CHECK(index_unique(&reader->memory, text, "hit_id", hit_id, count, &reader->hits, error));
    reader->event->hits = (trkx_hits){.count = count,
                                      .hit_id = hit_id,
                                      .xyz = xyz,
                                      .volume_id = volume_id,
                                      .layer_id = layer_id,
                                      .module_id = module_id};
cleanup:
    return status;
}

/* The hits of the cells, in the order of the file. */
struct cell_rows {
    int64_t *hit_id;
    uint32_t *hit; /* the row of hit_id among the hits */
    size_t count;
    bool sorted; /* by hit */
};

/* Reads the cells into the event as they come. */
static enum trkx_status read_cells(struct reader *reader, const struct trkx_text *text,
                                   struct cell_rows *cells)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    size_t rows = trkx_table_rows(text);
    int32_t *ch0, *ch1;
    float *value;
    TRKX_ALLOCATE(cells->hit_id, &reader->memory, rows, "cells");
    KEEP(ch0, rows);
    KEEP(ch1, rows);
    KEEP(value, rows);
    struct trkx_column columns[] = {INT64("hit_id", cells->hit_id), INT32("ch0", ch0), INT32("ch1", ch1),
                                    FLOAT32("value", value)};
    TRKX_CHECK(trkx_table_read(text, columns, COUNT_OF(columns), &cells->count, error));
    reader->event->hits.cell_ch0 = ch0;
    reader->event->hits.cell_ch1 = ch1;
    reader->event->hits.cell_value = value;
cleanup:
    return status;
}

static enum trkx_status match_cells(struct reader *reader, const struct trkx_text *text,
                                    struct cell_rows *cells)
{
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(cells->hit, &reader->memory, cells->count, "cells");
    cells->sorted = true;
    for (size_t c = 0; c < cells->count; c++) {
        bool same = c > 0 && cells->hit_id[c] == cells->hit_id[c - 1];
        size_t last = c > 0 ? cells->hit[c - 1] : 0;
        size_t hit = same ? last : find_near(&reader->hits, cells->hit_id[c], last + (c > 0));
        if (hit == NO_ROW)
            TRKX_CHECK(trkx_text_fail(text, trkx_table_line(text, c), error,
                                      "do not match the hits: there is no hit_id %lld",
                                      (long long)cells->hit_id[c]));
        cells->hit[c] = (uint32_t)hit;
        if (hit < last) cells->sorted = false;
    }
cleanup:
    return status;
}

/* values [cells] of 4 bytes, sorted by hit and in the order of the file within a hit. next [hits]: where the
 * next cell of each hit goes; ends at the hit's end. */
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

static enum trkx_status parse_cells(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    struct cell_rows cells = {0};
    size_t count = reader->event->hits.count, *begin;
    TRKX_CHECK(read_cells(reader, text, &cells));
    TRKX_CHECK(match_cells(reader, text, &cells));
    KEEP(begin, count + 1);
    memset(begin, 0, (count + 1) * sizeof *begin);
    for (size_t c = 0; c < cells.count; c++) begin[cells.hit[c] + 1]++;
    for (size_t i = 0; i < count; i++) begin[i + 1] += begin[i];
    if (!cells.sorted) TRKX_CHECK(sort_cells(reader, &cells, begin));
    reader->event->hits.cell_begin = begin;
cleanup:
    trkx_release(cells.hit_id);
    trkx_release(cells.hit);
    return status;
}

/* The truth as it stands in the file. */
struct truth_rows {
    int64_t *hit_id, *particle_id;
    float *xyz, *pxyz;
    double *weight;
    uint32_t *row; /* [hits] of each hit, + 1 */
    size_t count;
};

static enum trkx_status read_truth(struct reader *reader, const struct trkx_text *text,
                                   struct truth_rows *truth)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    size_t rows = trkx_table_rows(text);
    TRKX_ALLOCATE(truth->hit_id, &reader->memory, rows, "truth");
    TRKX_ALLOCATE(truth->particle_id, &reader->memory, rows, "truth");
    TRKX_ALLOCATE(truth->xyz, &reader->memory, 3 * rows, "truth");
    TRKX_ALLOCATE(truth->pxyz, &reader->memory, 3 * rows, "truth");
    TRKX_ALLOCATE(truth->weight, &reader->memory, rows, "truth");
    struct trkx_column columns[] = {
        INT64("hit_id", truth->hit_id),   INT64("particle_id", truth->particle_id),
        THIRD("tx", truth->xyz, 0),       THIRD("ty", truth->xyz, 1),
        THIRD("tz", truth->xyz, 2),       THIRD("tpx", truth->pxyz, 0),
        THIRD("tpy", truth->pxyz, 1),     THIRD("tpz", truth->pxyz, 2),
        FLOAT64("weight", truth->weight),
    };
    status = trkx_table_read(text, columns, COUNT_OF(columns), &truth->count, error);
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
        size_t hit = find_near(&reader->hits, truth->hit_id[i], i);
        if (hit == NO_ROW)
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

/* Brings the truth into the order of the hits. */
static enum trkx_status sort_truth(struct reader *reader, const struct truth_rows *truth)
{
    trkx_error *error = reader->error;
    enum trkx_status status = TRKX_OK;
    int64_t *particle_id;
    float *xyz, *pxyz;
    double *weight;
    KEEP(particle_id, truth->count);
    KEEP(xyz, 3 * truth->count);
    KEEP(pxyz, 3 * truth->count);
    KEEP(weight, truth->count);
    for (size_t i = 0; i < truth->count; i++) {
        size_t row = truth->row[i] - 1;
        particle_id[i] = truth->particle_id[row];
        memcpy(xyz + 3 * i, truth->xyz + 3 * row, 3 * sizeof *xyz);
        memcpy(pxyz + 3 * i, truth->pxyz + 3 * row, 3 * sizeof *pxyz);
        weight[i] = truth->weight[row];
    }
    reader->event->truth = (trkx_truth){truth->count, particle_id, xyz, pxyz, weight};
    reader->event->has_truth = true;
cleanup:
    return status;
}

static enum trkx_status parse_truth(struct reader *reader, const struct trkx_text *text)
{
    struct truth_rows truth = {0};
    enum trkx_status status;
    TRKX_CHECK(read_truth(reader, text, &truth));
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
    struct index index;
    enum trkx_status status =
        index_unique(&reader->memory, text, "particle_id", particle_id, count, &index, reader->error);
    trkx_release(index.slots);
    if (status != TRKX_OK) return status;
    for (size_t i = 0; i < count; i++)
        if (particle_id[i] == 0)
            return trkx_text_fail(text, trkx_table_line(text, i), reader->error,
                                  "particle_id 0 stands for noise");
    return TRKX_OK;
}

static enum trkx_status parse_particles(struct reader *reader, const struct trkx_text *text)
{
    trkx_error *error = reader->error;
    enum trkx_status status;
    size_t count, rows = trkx_table_rows(text);
    int64_t *particle_id;
    int32_t *type, *charge, *nhits;
    float *vxyz, *pxyz;
    KEEP(particle_id, rows);
    KEEP(type, rows);
    KEEP(vxyz, 3 * rows);
    KEEP(pxyz, 3 * rows);
    KEEP(charge, rows);
    KEEP(nhits, rows);
    memset(type, 0, rows * sizeof *type);
    struct trkx_column columns[] = {
        INT64("particle_id", particle_id),
        INT32("particle_type", type),
        THIRD("vx", vxyz, 0),
        THIRD("vy", vxyz, 1),
        THIRD("vz", vxyz, 2),
        THIRD("px", pxyz, 0),
        THIRD("py", pxyz, 1),
        THIRD("pz", pxyz, 2),
        INT32("q", charge),
        INT32("nhits", nhits),
    };
    columns[1].optional = true; /* the files of the TrackML challenges do not have it */
    TRKX_CHECK(trkx_table_read(text, columns, COUNT_OF(columns), &count, error));
    TRKX_CHECK(check_particles(reader, text, particle_id, count));
    reader->event->particles = (trkx_particles){count, particle_id, type, vxyz, pxyz, charge, nhits};
    reader->event->has_particles = true;
cleanup:
    return status;
}

static const struct file {
    const char *name; /* <prefix>-<name>.csv */
    unsigned part;    /* of trkx_event_parts that asks for it */
    enum trkx_status (*parse)(struct reader *reader, const struct trkx_text *text);
} files[TRKX_FILES] = {
    [TRKX_FILE_HITS] = {"hits", 0, parse_hits},
    [TRKX_FILE_CELLS] = {"cells", TRKX_EVENT_CELLS, parse_cells},
    [TRKX_FILE_TRUTH] = {"truth", TRKX_EVENT_TRUTH, parse_truth},
    [TRKX_FILE_PARTICLES] = {"particles", TRKX_EVENT_PARTICLES, parse_particles},
};

/* Parses one file's text; adds what it took to the event's peak. */
static enum trkx_status parse_file(struct reader *reader, enum trkx_event_file file,
                                   const struct trkx_text *text)
{
    enum trkx_status status = files[file].parse(reader, text);
    size_t held = reader->bytes + trkx_memory_restart(&reader->memory);
    if (held > reader->event->peak_bytes) reader->event->peak_bytes = held;
    return status;
}

/* Hands the event over where the reading went well. */
static enum trkx_status finish_reading(struct reader *reader, enum trkx_status status, trkx_event **event)
{
    trkx_release(reader->hits.slots);
    trkx_arenas_return(reader->memory.arena);
    *event = status == TRKX_OK ? reader->event : NULL;
    if (status != TRKX_OK) trkx_event_destroy(reader->event);
    return status;
}

enum trkx_status trkx_event_parse(const char *name, const struct trkx_text *texts, trkx_event **event,
                                  trkx_error *error)
{
    struct reader reader = {.error = error};
    enum trkx_status status = trkx_event_create(name, &reader.event, error);
    for (int f = 0; f < TRKX_FILES && status == TRKX_OK; f++)
        if (texts[f].bytes != NULL) status = parse_file(&reader, (enum trkx_event_file)f, &texts[f]);
    return finish_reading(&reader, status, event);
}

/* Where an event's files are. */
struct location {
    char *prefix;
    char *path;      /* room for the path of any of its files */
    size_t size;     /* of path */
    bool gzip_first; /* look for .csv.gz before .csv */
};

/* What the path has behind its prefix where it is the path of one of an event's files, else "". */
static const char *file_ending(const char *path)
{
    for (int f = 0; f < TRKX_FILES; f++) {
        for (int gzip = 0; gzip < 2; gzip++) {
            char ending[32];
            snprintf(ending, sizeof ending, "-%s.csv%s", files[f].name, gzip ? ".gz" : "");
            if (trkx_ends_with(path, ending)) return path + strlen(path) - strlen(ending);
        }
    }
    return "";
}

static enum trkx_status locate(const char *prefix, struct location *location, trkx_error *error)
{
    const char *ending = file_ending(prefix);
    size_t length = strlen(prefix) - strlen(ending);
    *location = (struct location){.size = length + 32, .gzip_first = trkx_ends_with(ending, ".gz")};
    location->prefix = trkx_duplicate(prefix);
    location->path = trkx_allocate(NULL, location->size, 1);
    if (location->prefix == NULL || location->path == NULL)
        return trkx_fail_memory(error, "a file name", location->size);
    location->prefix[length] = '\0';
    return TRKX_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Puts the path of the file into location->path; 0, or errno where it cannot be had. */
static int find_file(struct location *location, enum trkx_event_file file)
{
    int failure = 0;
    for (int attempt = 0; attempt < 2; attempt++) {
        bool gzip = location->gzip_first == (attempt == 0);
        snprintf(location->path, location->size, "%s-%s.csv%s", location->prefix, files[file].name,
                 gzip ? ".gz" : "");
        if (access(location->path, F_OK) == 0) return 0;
        if (failure == 0 || failure == ENOENT) failure = errno;
    }
    return failure;
}

static enum trkx_status read_file(struct reader *reader, struct location *location, enum trkx_event_file file,
                                  bool optional)
{
    struct trkx_text text;
    enum trkx_status status;
    int failure = find_file(location, file);
    if (failure == ENOENT && optional) return TRKX_OK;
    if (failure != 0)
        return trkx_fail(reader->error, TRKX_ERROR_IO, "%s-%s.csv (or .csv.gz): %s: cannot be opened: %s",
                         location->prefix, files[file].name, files[file].name, strerror(failure));
    status = trkx_text_load(location->path, files[file].name, &reader->memory, &text, reader->error);
    if (status == TRKX_OK) status = parse_file(reader, file, &text);
    trkx_text_release(&text);
    return status;
}

/* One arena for what the event keeps, one for what is held only while reading. */
static enum trkx_status borrow_arenas(struct reader *reader, struct trkx_arenas *arenas)
{
    enum { EXPECTED = 32 << 20 }; /* bytes: twice what a full-density event with its truth takes of each */
    if (arenas == NULL) return TRKX_OK;
    reader->event->memory.arena = trkx_arenas_lend(arenas, EXPECTED);
    reader->memory.arena = trkx_arenas_lend(arenas, EXPECTED);
    if (reader->event->memory.arena != NULL && reader->memory.arena != NULL) return TRKX_OK;
    return trkx_fail_memory(reader->error, "an event", EXPECTED);
}

enum trkx_status trkx_event_read_in(struct trkx_arenas *arenas, const char *prefix, unsigned parts,
                                    trkx_event **event, trkx_error *error)
{
    const unsigned known = TRKX_EVENT_CELLS | TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES | TRKX_EVENT_OPTIONAL;
    struct reader reader = {.error = error};
    struct location location = {0};
    enum trkx_status status;
    *event = NULL;
    if (prefix == NULL || *prefix == '\0' || (parts & ~known) != 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "hits: no event prefix, or unknown parts (%u)", parts);
    TRKX_CHECK(locate(prefix, &location, error));
    TRKX_CHECK(trkx_event_create(base_name(location.prefix), &reader.event, error));
    TRKX_CHECK(borrow_arenas(&reader, arenas));
    for (int f = 0; f < TRKX_FILES; f++)
        if (f == TRKX_FILE_HITS || (parts & files[f].part) != 0)
            TRKX_CHECK(read_file(&reader, &location, (enum trkx_event_file)f,
                                 f != TRKX_FILE_HITS && (parts & TRKX_EVENT_OPTIONAL) != 0));
cleanup:
    trkx_release(location.prefix);
    trkx_release(location.path);
    return finish_reading(&reader, status, event);
}

enum trkx_status trkx_event_read(const char *prefix, unsigned parts, trkx_event **event, trkx_error *error)
{
    return trkx_event_read_in(NULL, prefix, parts, event, error);
}

/* ---- tracks ----------------------------------------------------------------------------------------- */

/* The rows of a file of tracks. */
struct track_rows {
    int64_t *hit_id, *event_id;
    int32_t *track_id;
    int32_t *labels; /* [hits], -1: not listed */
    size_t count;
};

static enum trkx_status read_tracks(const struct trkx_text *text, struct track_rows *tracks,
                                    trkx_error *error)
{
    enum trkx_status status;
    size_t rows = trkx_table_rows(text);
    TRKX_ALLOCATE(tracks->hit_id, NULL, rows, "tracks");
    TRKX_ALLOCATE(tracks->event_id, NULL, rows, "tracks");
    TRKX_ALLOCATE(tracks->track_id, NULL, rows, "tracks");
    struct trkx_column columns[] = {INT64("hit_id", tracks->hit_id), INT32("track_id", tracks->track_id),
                                    INT64("event_id", tracks->event_id)};
    columns[2].optional = true;
    TRKX_CHECK(trkx_table_read(text, columns, COUNT_OF(columns), &tracks->count, error));
    for (size_t i = 1; columns[2].found && i < tracks->count; i++)
        if (tracks->event_id[i] != tracks->event_id[0])
            TRKX_CHECK(trkx_text_fail(text, trkx_table_line(text, i), error,
                                      "several events: event_id %lld after %lld",
                                      (long long)tracks->event_id[i], (long long)tracks->event_id[0]));
cleanup:
    return status;
}

static enum trkx_status label_hits(const struct trkx_text *text, const struct index *index,
                                   struct track_rows *tracks, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(tracks->labels, NULL, index->count, "labels");
    for (size_t i = 0; i < index->count; i++) tracks->labels[i] = -1;
    for (size_t i = 0; i < tracks->count; i++) {
        size_t hit = find_near(index, tracks->hit_id[i], i);
        const char *wrong = hit == NO_ROW ? "is not among the hits" : NULL;
        if (wrong == NULL && tracks->labels[hit] >= 0) wrong = "is there twice";
        if (wrong == NULL && tracks->track_id[i] < 0) wrong = "has a negative track_id";
        if (wrong != NULL)
            TRKX_CHECK(trkx_text_fail(text, trkx_table_line(text, i), error, "hit_id %lld %s",
                                      (long long)tracks->hit_id[i], wrong));
        tracks->labels[hit] = tracks->track_id[i];
    }
cleanup:
    return status;
}

enum trkx_status trkx_tracks_parse(const struct trkx_text *text, const trkx_hits *hits, int32_t *labels,
                                   trkx_error *error)
{
    struct track_rows tracks = {0};
    struct index index = {0};
    size_t twins[2];
    enum trkx_status status;
    TRKX_CHECK(build_index(NULL, hits->hit_id, hits->count, &index, twins, error));
    if (twins[1] != NO_ROW)
        TRKX_CHECK(trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: hit_id %lld is there twice in the hits",
                             (long long)hits->hit_id[twins[1]]));
    TRKX_CHECK(read_tracks(text, &tracks, error));
    TRKX_CHECK(label_hits(text, &index, &tracks, error));
    for (size_t i = 0; i < hits->count; i++) labels[i] = tracks.labels[i] < 0 ? 0 : tracks.labels[i];
cleanup:
    trkx_release(index.slots);
    trkx_release(tracks.hit_id);
    trkx_release(tracks.event_id);
    trkx_release(tracks.track_id);
    trkx_release(tracks.labels);
    return status;
}

enum trkx_status trkx_tracks_read(const char *path, const trkx_hits *hits, int32_t *labels, trkx_error *error)
{
    struct trkx_text text;
    enum trkx_status status = trkx_text_load(path, "tracks", NULL, &text, error);
    if (status == TRKX_OK) status = trkx_tracks_parse(&text, hits, labels, error);
    trkx_text_release(&text);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

/* Longer than any row: at most 10 numbers. */
enum { ROW_SIZE = 10 * (TRKX_NUMBER_SIZE + 1) };

static int64_t hit_id(const trkx_hits *hits, size_t i)
{
    return hits->hit_id != NULL ? hits->hit_id[i] : (int64_t)i + 1;
}

static char *put_int(char *to, int64_t value, char behind)
{
    to = trkx_format_int64(to, value);
    *to++ = behind;
    return to;
}

static char *put_floats(char *to, const float *values, int count, char behind)
{
    for (int i = 0; i < count; i++) {
        to = trkx_format_float(to, values[i]);
        *to++ = i + 1 < count ? ',' : behind;
    }
    return to;
}

static void write_hits(struct trkx_output *output, const struct trkx_event *event)
{
    const trkx_hits *hits = &event->hits;
    const int32_t *ids[3] = {hits->volume_id, hits->layer_id, hits->module_id};
    char row[ROW_SIZE];
    trkx_output_printf(output, "hit_id,x,y,z,volume_id,layer_id,module_id\n");
    for (size_t i = 0; i < hits->count; i++) {
        char *to = put_int(row, hit_id(hits, i), ',');
        to = put_floats(to, hits->xyz + 3 * i, 3, ',');
        for (int k = 0; k < 3; k++) to = put_int(to, ids[k] != NULL ? ids[k][i] : 0, k < 2 ? ',' : '\n');
        trkx_output_write(output, row, (size_t)(to - row));
    }
}

static void write_cells(struct trkx_output *output, const struct trkx_event *event)
{
    const trkx_hits *hits = &event->hits;
    char row[ROW_SIZE];
    trkx_output_printf(output, "hit_id,ch0,ch1,value\n");
    for (size_t i = 0; i < hits->count; i++) {
        for (size_t c = hits->cell_begin[i]; c < hits->cell_begin[i + 1]; c++) {
            char *to = put_int(row, hit_id(hits, i), ',');
            to = put_int(to, hits->cell_ch0[c], ',');
            to = put_int(to, hits->cell_ch1[c], ',');
            to = put_floats(to, hits->cell_value + c, 1, '\n');
            trkx_output_write(output, row, (size_t)(to - row));
        }
    }
}

static void write_truth(struct trkx_output *output, const struct trkx_event *event)
{
    const trkx_truth *truth = &event->truth;
    char row[ROW_SIZE];
    trkx_output_printf(output, "hit_id,particle_id,tx,ty,tz,tpx,tpy,tpz,weight\n");
    for (size_t i = 0; i < truth->count; i++) {
        char *to = put_int(row, hit_id(&event->hits, i), ',');
        to = put_int(to, truth->particle_id[i], ',');
        to = put_floats(to, truth->xyz + 3 * i, 3, ',');
        to = put_floats(to, truth->pxyz + 3 * i, 3, ',');
        to = trkx_format_double(to, truth->weight[i]);
        *to++ = '\n';
        trkx_output_write(output, row, (size_t)(to - row));
    }
}

static void write_particles(struct trkx_output *output, const struct trkx_event *event)
{
    const trkx_particles *particles = &event->particles;
    char row[ROW_SIZE];
    trkx_output_printf(output, "particle_id,particle_type,vx,vy,vz,px,py,pz,q,nhits\n");
    for (size_t i = 0; i < particles->count; i++) {
        char *to = put_int(row, particles->particle_id[i], ',');
        to = put_int(to, particles->particle_type[i], ',');
        to = put_floats(to, particles->vxyz + 3 * i, 3, ',');
        to = put_floats(to, particles->pxyz + 3 * i, 3, ',');
        to = put_int(to, particles->charge[i], ',');
        to = put_int(to, particles->nhits[i], '\n');
        trkx_output_write(output, row, (size_t)(to - row));
    }
}

/* A file of an event. */
struct part {
    const char *name;
    bool there;
    void (*write)(struct trkx_output *output, const struct trkx_event *event);
};

static enum trkx_status write_part(const struct trkx_event *event, const struct part *part, const char *path,
                                   bool gzip, trkx_error *error)
{
    struct trkx_output *output = NULL;
    enum trkx_status status = trkx_output_open(path, gzip, &output, error);
    if (status != TRKX_OK) return status;
    part->write(output, event);
    return trkx_output_commit(output, error);
}

/* The hits come last: who sees them finds the other parts complete. Where one fails, those before it go. */
enum trkx_status trkx_event_write(const trkx_event *event, const char *directory, bool gzip,
                                  trkx_error *error)
{
    const struct part parts[] = {{"cells", event->hits.cell_begin != NULL, write_cells},
                                 {"truth", event->has_truth, write_truth},
                                 {"particles", event->has_particles, write_particles},
                                 {"hits", true, write_hits}};
    enum { PARTS = sizeof parts / sizeof *parts };
    size_t length = strlen(directory) + strlen(event->name) + 32;
    char *path = trkx_allocate(NULL, length, 1);
    enum trkx_status status = TRKX_OK;
    int done;
    if (path == NULL) return trkx_fail_memory(error, "a file name", length);
    for (done = 0; done < PARTS && status == TRKX_OK; done += status == TRKX_OK) {
        snprintf(path, length, "%s/%s-%s.csv%s", directory, event->name, parts[done].name, gzip ? ".gz" : "");
        if (parts[done].there) status = write_part(event, &parts[done], path, gzip, error);
    }
    for (int i = 0; i < done && status != TRKX_OK; i++) {
        snprintf(path, length, "%s/%s-%s.csv%s", directory, event->name, parts[i].name, gzip ? ".gz" : "");
        if (parts[i].there) unlink(path);
    }
    trkx_release(path);
    return status;
}

enum trkx_status trkx_tracks_write(const char *path, const trkx_hits *hits, const int32_t *labels,
                                   trkx_error *error)
{
    struct trkx_output *output;
    char row[ROW_SIZE];
    enum trkx_status status = trkx_output_open(path, false, &output, error);
    if (status != TRKX_OK) return status;
    trkx_output_printf(output, "hit_id,track_id\n");
    for (size_t i = 0; i < hits->count; i++) {
        char *to = put_int(row, hit_id(hits, i), ',');
        to = put_int(to, labels[i], '\n');
        trkx_output_write(output, row, (size_t)(to - row));
    }
    return trkx_output_commit(output, error);
}
