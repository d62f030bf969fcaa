#include <stdio.h>
#include <string.h>

#include "event.h"
#include "output.h"
#include "text.h"

/* ---- the object -------------------------------------------------------------------------------------- */

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
    void *block = trkx_allocate(NULL, count, size);
    if (block != NULL) event->blocks[event->blocks_count++] = block;
    return block;
}

void trkx_event_destroy(trkx_event *event)
{
    if (event == NULL) return;
    for (size_t i = 0; i < event->blocks_count; i++) trkx_release(event->blocks[i]);
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

/* ---- writing ----------------------------------------------------------------------------------------- */

/* Longer than any row: at most 9 numbers of at most 26 characters. */
enum { ROW_SIZE = 512 };

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

typedef void (*part_writer)(struct trkx_output *output, const struct trkx_event *event);

static enum trkx_status write_part(const struct trkx_event *event, const char *directory, const char *part,
                                   bool gzip, part_writer writer, trkx_error *error)
{
    size_t length = strlen(directory) + strlen(event->name) + 32;
    char *path = trkx_allocate(NULL, length, 1);
    struct trkx_output *output = NULL;
    enum trkx_status status;
    if (path == NULL) return trkx_fail_memory(error, "a file name", length);
    snprintf(path, length, "%s/%s-%s.csv%s", directory, event->name, part, gzip ? ".gz" : "");
    TRKX_CHECK(trkx_output_open(path, gzip, &output, error));
    writer(output, event);
    status = trkx_output_commit(output, error);
cleanup:
    trkx_release(path);
    return status;
}

/* The hits come last: who sees them finds the other parts complete. */
enum trkx_status trkx_event_write(const trkx_event *event, const char *directory, bool gzip,
                                  trkx_error *error)
{
    enum trkx_status status;
    if (event->hits.cell_begin != NULL)
        TRKX_CHECK(write_part(event, directory, "cells", gzip, write_cells, error));
    if (event->has_truth) TRKX_CHECK(write_part(event, directory, "truth", gzip, write_truth, error));
    if (event->has_particles)
        TRKX_CHECK(write_part(event, directory, "particles", gzip, write_particles, error));
    status = write_part(event, directory, "hits", gzip, write_hits, error);
cleanup:
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
