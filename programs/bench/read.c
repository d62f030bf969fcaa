/* trkx bench read: an event's files, written to a temporary directory and read back. */
#include "programs/bench/read.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "programs/bench/report.h"

static const char PART[] = "read";

enum trkx_status bench_read_event(struct bench *bench, const char *prefix, unsigned parts, trkx_event **event)
{
    return trkx_event_read(prefix, parts, bench->threads, event, &bench->error);
}

/* ---- the check -------------------------------------------------------------------------------------- */

struct field {
    const char *name;
    const void *a, *b;
    size_t bytes;
};

/* The name of the first field that differs, or NULL. */
static const char *compare_fields(const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!bench_same(fields[i].a, fields[i].b, fields[i].bytes)) return fields[i].name;
    return NULL;
}

static const char *compare_hits(const trkx_hits *a, const trkx_hits *b)
{
    size_t n = a->count;
    const struct field fields[] = {{"hit_id", a->hit_id, b->hit_id, n * sizeof *a->hit_id},
                                   {"x, y, z", a->xyz, b->xyz, 3 * n * sizeof *a->xyz},
                                   {"volume_id", a->volume_id, b->volume_id, n * sizeof *a->volume_id},
                                   {"layer_id", a->layer_id, b->layer_id, n * sizeof *a->layer_id},
                                   {"module_id", a->module_id, b->module_id, n * sizeof *a->module_id}};
    if (n != b->count) return "the number of hits";
    return compare_fields(fields, sizeof fields / sizeof *fields);
}

static const char *compare_cells(const trkx_hits *a, const trkx_hits *b)
{
    size_t n = a->count, cells = a->cell_begin[n];
    if (!bench_same(a->cell_begin, b->cell_begin, (n + 1) * sizeof *a->cell_begin))
        return "cells of each hit";
    const struct field fields[] = {{"ch0", a->cell_ch0, b->cell_ch0, cells * sizeof *a->cell_ch0},
                                   {"ch1", a->cell_ch1, b->cell_ch1, cells * sizeof *a->cell_ch1},
                                   {"value", a->cell_value, b->cell_value, cells * sizeof *a->cell_value}};
    return compare_fields(fields, sizeof fields / sizeof *fields);
}

static const char *compare_truth(const trkx_truth *a, const trkx_truth *b)
{
    if (b == NULL) return "truth";
    size_t n = a->count;
    const struct field fields[] = {
        {"particle_id", a->particle_id, b->particle_id, n * sizeof *a->particle_id},
        {"tx, ty, tz", a->xyz, b->xyz, 3 * n * sizeof *a->xyz},
        {"tpx, tpy, tpz", a->pxyz, b->pxyz, 3 * n * sizeof *a->pxyz},
        {"weight", a->weight, b->weight, n * sizeof *a->weight}};
    if (n != b->count) return "the number of hits of truth";
    return compare_fields(fields, sizeof fields / sizeof *fields);
}

static const char *compare_particles(const trkx_particles *a, const trkx_particles *b)
{
    if (b == NULL) return "particles";
    size_t p = a->count;
    const struct field fields[] = {
        {"particle_id of particles", a->particle_id, b->particle_id, p * sizeof *a->particle_id},
        {"particle_type", a->particle_type, b->particle_type, p * sizeof *a->particle_type},
        {"vx, vy, vz", a->vxyz, b->vxyz, 3 * p * sizeof *a->vxyz},
        {"px, py, pz", a->pxyz, b->pxyz, 3 * p * sizeof *a->pxyz},
        {"q", a->charge, b->charge, p * sizeof *a->charge},
        {"nhits", a->nhits, b->nhits, p * sizeof *a->nhits}};
    if (p != b->count) return "the number of particles";
    return compare_fields(fields, sizeof fields / sizeof *fields);
}

/* The name of the first field of these parts that differs from the event in memory, or NULL. */
static const char *compare_events(const trkx_event *memory, const trkx_event *file, unsigned parts)
{
    const trkx_hits *hits = trkx_event_hits(memory);
    const char *differs = compare_hits(hits, trkx_event_hits(file));
    if (differs == NULL && (parts & TRKX_EVENT_CELLS) != 0)
        differs = compare_cells(hits, trkx_event_hits(file));
    if (differs == NULL && (parts & TRKX_EVENT_TRUTH) != 0)
        differs = compare_truth(trkx_event_truth(memory), trkx_event_truth(file));
    if (differs == NULL && (parts & TRKX_EVENT_PARTICLES) != 0)
        differs = compare_particles(trkx_event_particles(memory), trkx_event_particles(file));
    return differs;
}

/* ---- the files -------------------------------------------------------------------------------------- */

/* A temporary directory with the event in plain/ and in gzip/. */
struct files {
    char *directory;
    char *plain, *gzip; /* prefixes */
};

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(path);
}

static void files_remove(struct files *files)
{
    enum { OPEN_DIRECTORIES = 4 };
    if (files->directory != NULL) nftw(files->directory, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
    free(files->directory);
    free(files->plain);
    free(files->gzip);
}

static enum trkx_status make_temporary(struct bench *bench, struct files *files)
{
    const char *parent = getenv("TMPDIR");
    char *path = join_path(parent != NULL && *parent != '\0' ? parent : "/tmp", "trkx-bench-XXXXXX", "");
    if (mkdtemp(path) == NULL) {
        bench_wrong(bench, "read: %s: cannot be created: %s", path, strerror(errno));
        free(path);
        return TRKX_ERROR_IO;
    }
    files->directory = path;
    return TRKX_OK;
}

static enum trkx_status write_form(struct bench *bench, const struct files *files, bool gzip, char **prefix)
{
    char *directory = join_path(files->directory, gzip ? "gzip" : "plain", "");
    enum trkx_status status = TRKX_OK;
    if (mkdir(directory, 0777) != 0)
        status = bench_wrong(bench, "read: %s: cannot be created: %s", directory, strerror(errno));
    if (status == TRKX_OK) status = trkx_event_write(bench->event, directory, gzip, &bench->error);
    *prefix = join_path(directory, trkx_event_name(bench->event), "");
    free(directory);
    return status == TRKX_OK ? bench_go_on(bench) : status;
}

static enum trkx_status files_write(struct bench *bench, struct files *files)
{
    bench_progress(bench, PART, "files", "writing");
    enum trkx_status status = make_temporary(bench, files);
    if (status == TRKX_OK) status = write_form(bench, files, false, &files->plain);
    if (status == TRKX_OK) status = write_form(bench, files, true, &files->gzip);
    return status;
}

/* Bytes of these parts as text. */
static size_t text_size(const struct files *files, unsigned parts)
{
    static const struct {
        const char *ending;
        unsigned part;
    } kinds[] = {{"-hits.csv", 0},
                 {"-cells.csv", TRKX_EVENT_CELLS},
                 {"-truth.csv", TRKX_EVENT_TRUTH},
                 {"-particles.csv", TRKX_EVENT_PARTICLES}};
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct stat about;
        if ((parts & kinds[i].part) != kinds[i].part) continue;
        char *path = NULL;
        if (asprintf(&path, "%s%s", files->plain, kinds[i].ending) < 0) checked(NULL);
        if (stat(path, &about) == 0) bytes += (size_t)about.st_size;
        free(path);
    }
    return bytes;
}

/* ---- the cases -------------------------------------------------------------------------------------- */

struct reading {
    const char *name, *prefix;
    unsigned parts;
    trkx_event *event;
};

static enum trkx_status read_files(struct bench *bench, void *work)
{
    struct reading *reading = work;
    return bench_read_event(bench, reading->prefix, reading->parts, &reading->event);
}

static enum trkx_status compare_reading(struct bench *bench, void *work)
{
    struct reading *reading = work;
    const char *differs = compare_events(bench->event, reading->event, reading->parts);
    trkx_event_destroy(reading->event);
    reading->event = NULL;
    if (differs == NULL) return TRKX_OK;
    return bench_wrong(bench, "read, %s: %s read are not those written", reading->name, differs);
}

static enum trkx_status time_reading(struct bench *bench, const struct files *files, struct reading *reading)
{
    size_t n = trkx_event_hits(bench->event)->count, bytes = text_size(files, reading->parts);
    const struct bench_row row = {.part = PART,
                                  .name = reading->name,
                                  .nodes = n,
                                  .size = bytes,
                                  .unit = "bytes",
                                  .bound = BENCH_MEMORY,
                                  .least = (double)bytes};
    bench_progress(bench, PART, reading->name, "checking");
    enum trkx_status status = read_files(bench, reading);
    if (status == TRKX_OK) status = compare_reading(bench, reading);
    if (status == TRKX_OK) status = bench_time(bench, &row, read_files, compare_reading, reading);
    return status;
}

static unsigned parts_of(const trkx_event *event)
{
    unsigned parts = 0;
    if (trkx_event_hits(event)->cell_begin != NULL) parts |= TRKX_EVENT_CELLS;
    if (trkx_event_truth(event) != NULL) parts |= TRKX_EVENT_TRUTH;
    if (trkx_event_particles(event) != NULL) parts |= TRKX_EVENT_PARTICLES;
    return parts;
}

static enum trkx_status time_files(struct bench *bench, const struct files *files)
{
    unsigned all = parts_of(bench->event), cells = all & TRKX_EVENT_CELLS;
    const char *few = cells != 0 ? "hits+cells" : "hits", *few_gz = cells != 0 ? "hits+cells.gz" : "hits.gz";
    struct reading readings[] = {{few, files->plain, cells, NULL},
                                 {"all", files->plain, all, NULL},
                                 {few_gz, files->gzip, cells, NULL},
                                 {"all.gz", files->gzip, all, NULL}};
    enum trkx_status status = TRKX_OK;
    bench_begin(bench, PART,
                "checked field by field against the event in memory; size: of the text; bound: text once");
    for (size_t i = 0; i < sizeof readings / sizeof *readings && status == TRKX_OK; i++)
        status = time_reading(bench, files, &readings[i]);
    return status;
}

enum trkx_status bench_read(struct bench *bench)
{
    struct files files = {0};
    enum trkx_status status = files_write(bench, &files);
    if (status == TRKX_OK) status = time_files(bench, &files);
    files_remove(&files);
    return status;
}
