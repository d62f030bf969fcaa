/* Events and tracks, to files in the TrackML format. */
#include <stdio.h>
#include <string.h>

#include "core/row_index.h"
#include "io/event.h"
#include "io/npy.h"
#include "io/number.h"
#include "io/output.h"

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
    int ids_count = hits->module_id != NULL ? 3 : 0; /* an event has all of them or none */
    char row[ROW_SIZE];
    trkx_output_printf(output, "hit_id,x,y,z%s", ids_count > 0 ? ",volume_id,layer_id,module_id" : "");
    for (size_t c = 0; c < hits->columns_count; c++) trkx_output_printf(output, ",%s", hits->columns[c].name);
    trkx_output_printf(output, "\n");
    for (size_t i = 0; i < hits->count; i++) {
        char *to = put_int(row, hit_id(hits, i), ',');
        to = put_floats(to, hits->xyz + 3 * i, 3, ',');
        for (int k = 0; k < ids_count; k++) to = put_int(to, ids[k][i], ',');
        for (size_t c = 0; c < hits->columns_count; c++) {
            trkx_output_write(output, row, (size_t)(to - row));
            to = put_floats(row, hits->columns[c].values + i, 1, ',');
        }
        to[-1] = '\n';
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
    trkx_output_printf(output, "hit_id,particle_id,tx,ty,tz,%sweight\n",
                       truth->pxyz != NULL ? "tpx,tpy,tpz," : "");
    for (size_t i = 0; i < truth->count; i++) {
        char *to = put_int(row, hit_id(&event->hits, i), ',');
        to = put_int(to, truth->particle_id[i], ',');
        to = put_floats(to, truth->xyz + 3 * i, 3, ',');
        if (truth->pxyz != NULL) to = put_floats(to, truth->pxyz + 3 * i, 3, ',');
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

static enum trkx_status open_part(const struct trkx_event *event, const struct part *part,
                                  const char *directory, bool gzip, struct trkx_output **output,
                                  trkx_error *error)
{
    size_t length = strlen(event->name) + 32;
    char *name = trkx_allocate(NULL, length, 1);
    if (name == NULL) return trkx_fail_memory(error, "a file name", length);
    snprintf(name, length, "%s-%s.csv%s", event->name, part->name, gzip ? ".gz" : "");
    enum trkx_status status = trkx_output_open_in(directory, name, gzip, output, error);
    trkx_release(name);
    return status;
}

/* The hits come last: who sees them finds the other parts complete. */
enum trkx_status trkx_event_write(const trkx_event *event, const char *directory, bool gzip,
                                  trkx_error *error)
{
    const struct part parts[] = {{"cells", event->hits.cell_begin != NULL, write_cells},
                                 {"truth", event->has_truth, write_truth},
                                 {"particles", event->has_particles, write_particles},
                                 {"hits", true, write_hits}};
    enum { PARTS = sizeof parts / sizeof *parts };
    struct trkx_output *outputs[PARTS];
    size_t opened = 0;
    enum trkx_status status = TRKX_OK;
    for (int i = 0; i < PARTS; i++) {
        if (!parts[i].there) continue;
        TRKX_CHECK(open_part(event, &parts[i], directory, gzip, &outputs[opened], error));
        parts[i].write(outputs[opened++], event);
    }
    return trkx_outputs_commit(outputs, opened, error);
cleanup:
    for (size_t i = 0; i < opened; i++) trkx_output_discard(outputs[i]);
    return status;
}

static void write_track_rows(struct trkx_output *output, const trkx_hits *hits, const int32_t *labels)
{
    char row[ROW_SIZE];
    trkx_output_printf(output, "hit_id,track_id\n");
    for (size_t i = 0; i < hits->count; i++) {
        char *to = put_int(row, hit_id(hits, i), ',');
        to = put_int(to, labels[i], '\n');
        trkx_output_write(output, row, (size_t)(to - row));
    }
}

static void write_track_records(struct trkx_output *output, const trkx_hits *hits, const int32_t *labels)
{
    trkx_npy_begin(output, "[('hit_id', '<i8'), ('track_id', '<i4')]", hits->count, "");
    for (size_t i = 0; i < hits->count; i++) {
        int64_t id = hit_id(hits, i);
        trkx_output_write(output, &id, sizeof id);
        trkx_output_write(output, &labels[i], sizeof labels[i]);
    }
}

enum trkx_status trkx_tracks_write(const char *path, const trkx_hits *hits, const int32_t *labels,
                                   trkx_error *error)
{
    struct trkx_output *output;
    enum trkx_status status = trkx_index_check("tracks", hits->hit_id, hits->count, error);
    if (status == TRKX_OK) status = trkx_output_open(path, trkx_ends_with(path, ".gz"), &output, error);
    if (status != TRKX_OK) return status;
    if (trkx_ends_with(path, ".npy"))
        write_track_records(output, hits, labels);
    else
        write_track_rows(output, hits, labels);
    return trkx_output_commit(output, error);
}
