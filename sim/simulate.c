/* Simulates events: particles, their crossings, cells, noise and truth. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/options.h"
#include "core/threads.h"
#include "io/event.h"
#include "metrics/weights.h"
#include "sim/digitize.h"
#include "sim/geometry.h"
#include "sim/noise.h"
#include "sim/particles.h"
#include "sim/propagate.h"
#include "sim/random.h"

void trkx_simulate_options_init(trkx_simulate_options *options)
{
    *options = (trkx_simulate_options){.size = sizeof *options,
                                       .seed = 1,
                                       .particles = TRKX_FULL_PARTICLES,
                                       .sigma_z = 5.3,
                                       .noise = 1,
                                       .cells = true,
                                       .density = 1,
                                       .cluster_thickness = 1};
}

/* The conditions of TrackML's two phases. */
static const struct beam {
    const char *name;
    size_t particles;
    double sigma_z, noise; /* mm; relative */
} BEAMS[] = {{"kaggle", TRKX_FULL_PARTICLES, 5.3, 1}, {"throughput", 9003, 53, 1.31}};

enum trkx_status trkx_simulate_options_beam(trkx_simulate_options *options, const char *beam,
                                            trkx_error *error)
{
    for (size_t i = 0; i < sizeof BEAMS / sizeof BEAMS[0]; i++) {
        if (strcmp(beam, BEAMS[i].name) != 0) continue;
        options->particles = BEAMS[i].particles;
        options->sigma_z = BEAMS[i].sigma_z;
        options->noise = BEAMS[i].noise;
        return TRKX_OK;
    }
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: the beam \"%.20s\" is not \"%s\" or \"%s\"", beam,
                     BEAMS[0].name, BEAMS[1].name);
}

/* The state of a simulation. */
struct simulation {
    const trkx_simulate_options *options;
    int threads;
    uint64_t seed; /* of this event */
    struct trkx_geometry *geometry;
    size_t generated;                 /* number of particles */
    struct trkx_generated *particles; /* [generated] */
    int32_t *nhits;                   /* [generated] */
    struct trkx_crossing *crossings;  /* [count] sorted by module */
    size_t count;
};

/* ---- tracks ----------------------------------------------------------------------------------------- */

enum { CHUNK = 64 }; /* particles that one thread follows at a time */

struct chunk {
    struct trkx_crossing *crossings;
    size_t count, room;
};

static bool append(struct chunk *chunk, const struct trkx_crossing *crossings, size_t count)
{
    if (chunk->count + count > chunk->room) {
        size_t room = 2 * chunk->room + TRKX_CROSSINGS_MAX;
        struct trkx_crossing *grown = chunk->crossings == NULL
                                          ? trkx_allocate(NULL, room, sizeof *grown)
                                          : trkx_reallocate(chunk->crossings, room, sizeof *grown);
        if (grown == NULL) return false;
        chunk->crossings = grown;
        chunk->room = room;
    }
    if (count > 0) memcpy(chunk->crossings + chunk->count, crossings, count * sizeof *crossings);
    chunk->count += count;
    return true;
}

static bool follow_chunk(struct simulation *sim, size_t first, struct chunk *chunk)
{
    struct trkx_crossing crossings[TRKX_CROSSINGS_MAX];
    size_t end = first + CHUNK < sim->generated ? first + CHUNK : sim->generated;
    for (size_t i = first; i < end; i++) {
        size_t count = trkx_propagate(sim->geometry, &sim->particles[i], sim->seed, (uint32_t)i, crossings);
        sim->nhits[i] = (int32_t)count;
        if (!append(chunk, crossings, count)) return false;
    }
    return true;
}

static enum trkx_status join_chunks(struct simulation *sim, const struct chunk *chunks, size_t count,
                                    trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t total = 0;
    for (size_t c = 0; c < count; c++) total += chunks[c].count;
    TRKX_ALLOCATE(sim->crossings, NULL, total, "the crossings of modules");
    for (size_t c = 0; c < count; c++) {
        if (chunks[c].count == 0) continue;
        memcpy(sim->crossings + sim->count, chunks[c].crossings, chunks[c].count * sizeof *sim->crossings);
        sim->count += chunks[c].count;
    }
cleanup:
    return status;
}

static enum trkx_status follow_particles(struct simulation *sim, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t count = (sim->generated + CHUNK - 1) / CHUNK;
    atomic_bool failed = false;
    struct chunk *chunks = trkx_allocate_zero(NULL, count, sizeof *chunks);
    if (chunks == NULL) return trkx_fail_memory(error, "the tracks", count * sizeof *chunks);
#pragma omp parallel for num_threads(sim->threads) schedule(dynamic)
    for (size_t c = 0; c < count; c++)
        if (!follow_chunk(sim, c * CHUNK, &chunks[c])) failed = true;
    status = failed ? trkx_fail_memory(error, "the crossings of modules",
                                       TRKX_CROSSINGS_MAX * sizeof(struct trkx_crossing))
                    : join_chunks(sim, chunks, count, error);
    for (size_t c = 0; c < count; c++) trkx_release(chunks[c].crossings);
    trkx_release(chunks);
    return status;
}

/* ---- order ------------------------------------------------------------------------------------------ */

/* Within a module hits are sorted by v, so that their order reveals nothing about their particles. */
static int compare_in_module(const void *left, const void *right)
{
    const struct trkx_crossing *a = left, *b = right;
    if (a->v != b->v) return a->v < b->v ? -1 : 1;
    if (a->u != b->u) return a->u < b->u ? -1 : 1;
    if (a->particle != b->particle) return a->particle < b->particle ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* By module; the detector's modules are in the order of volume, layer and module. */
static enum trkx_status sort_crossings(struct simulation *sim, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    size_t modules = sim->geometry->detector->count, *begin = NULL;
    struct trkx_crossing *sorted = NULL;
    TRKX_ALLOCATE(begin, NULL, modules + 1, "the order of the hits");
    TRKX_ALLOCATE(sorted, NULL, sim->count, "the order of the hits");
    memset(begin, 0, (modules + 1) * sizeof *begin);
    for (size_t i = 0; i < sim->count; i++) begin[sim->crossings[i].module + 1]++;
    for (size_t m = 0; m < modules; m++) begin[m + 1] += begin[m];
    for (size_t i = 0; i < sim->count; i++) sorted[begin[sim->crossings[i].module]++] = sim->crossings[i];
    for (size_t m = 0; m < modules; m++) { /* begin[m] is now where module m ends */
        size_t first = m == 0 ? 0 : begin[m - 1];
        qsort(sorted + first, begin[m] - first, sizeof *sorted, compare_in_module);
    }
    trkx_release(sim->crossings);
    sim->crossings = sorted;
    sorted = NULL;
cleanup:
    trkx_release(sorted);
    trkx_release(begin);
    return status;
}

/* Appends the noise hits. */
static enum trkx_status add_noise(struct simulation *sim, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_crossing *all = NULL;
    const struct trkx_detector *detector = sim->geometry->detector;
    double level = sim->options->noise * sim->options->density;
    size_t wanted = trkx_noise(detector, level, sim->seed, NULL);
    if (sim->count + wanted > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: %zu hits; at most %d are possible",
                         sim->count + wanted, INT32_MAX);
    TRKX_ALLOCATE(all, NULL, sim->count + wanted, "the noise");
    if (sim->count > 0) memcpy(all, sim->crossings, sim->count * sizeof *all);
    trkx_noise(detector, level, sim->seed, all + sim->count);
    trkx_release(sim->crossings);
    sim->crossings = all;
    sim->count += wanted;
cleanup:
    return status;
}

/* ---- weights ---------------------------------------------------------------------------------------- */

/* Those of the challenge's phase 2: particles from material have none. */
static double weigh(const struct trkx_generated *particle, uint32_t order, int32_t nhits)
{
    if (particle->origin == TRKX_SECONDARY) return 0;
    return trkx_weight_by_pt(hypot(particle->momentum[0], particle->momentum[1])) *
           trkx_weight_by_order(order, (size_t)nhits);
}

static void fill_weights(const struct simulation *sim, double *weights)
{
    double total = 0;
    for (size_t i = 0; i < sim->count; i++) {
        const struct trkx_crossing *crossing = &sim->crossings[i];
        weights[i] = 0;
        if (crossing->particle == TRKX_NOISE) continue;
        weights[i] =
            weigh(&sim->particles[crossing->particle], crossing->order, sim->nhits[crossing->particle]);
        total += weights[i];
    }
    if (total > 0)
        for (size_t i = 0; i < sim->count; i++) weights[i] /= total;
}

/* ---- the event -------------------------------------------------------------------------------------- */

#define TAKE(array, count)                                                                    \
    do {                                                                                      \
        (array) = trkx_event_allocate(event, (count), sizeof *(array));                       \
        if ((array) == NULL) {                                                                \
            status = trkx_fail_memory(error, "a simulated event", (count) * sizeof *(array)); \
            goto cleanup;                                                                     \
        }                                                                                     \
    } while (0)

static void digitize_hit(const struct simulation *sim, size_t i, struct trkx_cluster *cluster)
{
    struct trkx_random random = trkx_random_stream(sim->seed, TRKX_RANDOM_HIT, i);
    const struct trkx_crossing *crossing = &sim->crossings[i];
    trkx_digitize(&sim->geometry->detector->modules[crossing->module], crossing,
                  sim->options->cluster_thickness, &random, cluster);
}

static void store_point(const struct trkx_module *module, double u, double v, float *point)
{
    double global[3];
    trkx_module_point(module, u, v, global);
    for (int j = 0; j < 3; j++) point[j] = (float)global[j];
}

static enum trkx_status fill_hits(const struct simulation *sim, trkx_event *event, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int64_t *hit_id;
    float *xyz;
    int32_t *volume, *layer, *number;
    size_t n = sim->count, *cell_begin = NULL;
    TAKE(hit_id, n);
    TAKE(xyz, 3 * n);
    TAKE(volume, n);
    TAKE(layer, n);
    TAKE(number, n);
    TAKE(cell_begin, n + 1);
    cell_begin[0] = 0;
#pragma omp parallel for num_threads(sim->threads) schedule(static)
    for (size_t i = 0; i < n; i++) {
        const struct trkx_module *module = &sim->geometry->detector->modules[sim->crossings[i].module];
        struct trkx_cluster cluster;
        digitize_hit(sim, i, &cluster);
        hit_id[i] = (int64_t)i + 1;
        store_point(module, cluster.u, cluster.v, xyz + 3 * i);
        volume[i] = module->volume;
        layer[i] = module->layer;
        number[i] = module->module;
        cell_begin[i + 1] = cluster.count;
    }
    for (size_t i = 0; i < n; i++) cell_begin[i + 1] += cell_begin[i];
    event->hits = (trkx_hits){.count = n,
                              .hit_id = hit_id,
                              .xyz = xyz,
                              .volume_id = volume,
                              .layer_id = layer,
                              .module_id = number,
                              .cell_begin = sim->options->cells ? cell_begin : NULL};
cleanup:
    return status;
}

/* Makes the clusters again, now that their places are known. */
static enum trkx_status fill_cells(const struct simulation *sim, trkx_event *event, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const size_t *begin = event->hits.cell_begin;
    int32_t *ch0, *ch1;
    float *value;
    TAKE(ch0, begin[sim->count]);
    TAKE(ch1, begin[sim->count]);
    TAKE(value, begin[sim->count]);
#pragma omp parallel for num_threads(sim->threads) schedule(static)
    for (size_t i = 0; i < sim->count; i++) {
        struct trkx_cluster cluster;
        digitize_hit(sim, i, &cluster);
        for (size_t c = 0; c < cluster.count; c++) {
            ch0[begin[i] + c] = cluster.cells[c].ch0;
            ch1[begin[i] + c] = cluster.cells[c].ch1;
            value[begin[i] + c] = cluster.cells[c].value;
        }
    }
    event->hits.cell_ch0 = ch0;
    event->hits.cell_ch1 = ch1;
    event->hits.cell_value = value;
cleanup:
    return status;
}

static enum trkx_status fill_truth(const struct simulation *sim, trkx_event *event, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int64_t *particle_id;
    float *xyz, *pxyz;
    double *weight;
    size_t n = sim->count;
    TAKE(particle_id, n);
    TAKE(xyz, 3 * n);
    TAKE(pxyz, 3 * n);
    TAKE(weight, n);
    for (size_t i = 0; i < n; i++) {
        const struct trkx_crossing *crossing = &sim->crossings[i];
        particle_id[i] = crossing->particle == TRKX_NOISE ? 0 : sim->particles[crossing->particle].id;
        store_point(&sim->geometry->detector->modules[crossing->module], crossing->u, crossing->v,
                    xyz + 3 * i);
        for (int j = 0; j < 3; j++) pxyz[3 * i + (size_t)j] = (float)crossing->momentum[j];
    }
    fill_weights(sim, weight);
    event->truth =
        (trkx_truth){.count = n, .particle_id = particle_id, .xyz = xyz, .pxyz = pxyz, .weight = weight};
    event->has_truth = true;
cleanup:
    return status;
}

static enum trkx_status fill_particles(const struct simulation *sim, trkx_event *event, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int64_t *id;
    int32_t *type, *charge, *nhits;
    float *vxyz, *pxyz;
    size_t n = sim->generated;
    TAKE(id, n);
    TAKE(type, n);
    TAKE(vxyz, 3 * n);
    TAKE(pxyz, 3 * n);
    TAKE(charge, n);
    TAKE(nhits, n);
    for (size_t i = 0; i < n; i++) {
        const struct trkx_generated *particle = &sim->particles[i];
        id[i] = particle->id;
        type[i] = particle->type;
        charge[i] = particle->charge;
        nhits[i] = sim->nhits[i];
        for (size_t j = 0; j < 3; j++) {
            vxyz[3 * i + j] = (float)particle->vertex[j];
            pxyz[3 * i + j] = (float)particle->momentum[j];
        }
    }
    event->particles = (trkx_particles){.count = n,
                                        .particle_id = id,
                                        .particle_type = type,
                                        .vxyz = vxyz,
                                        .pxyz = pxyz,
                                        .charge = charge,
                                        .nhits = nhits};
    event->has_particles = true;
cleanup:
    return status;
}

static enum trkx_status make_event(const struct simulation *sim, uint64_t number, trkx_event **result,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_event *event = NULL;
    char name[32];
    snprintf(name, sizeof name, "event%09llu", (unsigned long long)number);
    TRKX_CHECK(trkx_event_create(name, &event, error));
    TRKX_CHECK(fill_hits(sim, event, error));
    if (sim->options->cells) TRKX_CHECK(fill_cells(sim, event, error));
    TRKX_CHECK(fill_truth(sim, event, error));
    TRKX_CHECK(fill_particles(sim, event, error));
    *result = event;
    return TRKX_OK;
cleanup:
    trkx_event_destroy(event);
    return status;
}

/* ---- simulation ------------------------------------------------------------------------------------- */

/* Crossings and hits are counted in 32 bits; a particle may cross TRKX_CROSSINGS_MAX modules. */
enum { PARTICLES_MAX = INT32_MAX / (4 * TRKX_CROSSINGS_MAX) };

static enum trkx_status check_options(const trkx_simulate_options *options, trkx_error *error)
{
    if (!(options->density >= 0 && options->density <= 100))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: density %g is not between 0 and 100",
                         options->density);
    if (options->density * (double)options->particles > PARTICLES_MAX)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: %.0f particles; at most %d are possible",
                         options->density * (double)options->particles, PARTICLES_MAX);
    if (!(options->sigma_z >= 0 && options->sigma_z <= 1000))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: sigma_z %g is not between 0 and 1000 mm",
                         options->sigma_z);
    if (!(options->noise >= 0 && options->noise <= 100))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: noise %g is not between 0 and 100",
                         options->noise);
    if (!(options->cluster_thickness >= 0.1 && options->cluster_thickness <= TRKX_DEPTH_MAX))
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "simulate: cluster_thickness %g is not between 0.1 and %d",
                         options->cluster_thickness, TRKX_DEPTH_MAX);
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "simulate: threads %d is negative", options->threads);
    return TRKX_OK;
}

enum trkx_status trkx_simulate(const trkx_simulate_options *given, uint64_t number, trkx_event **event,
                               trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_simulate_options options;
    struct simulation sim = {.options = &options};
    *event = NULL;
    trkx_simulate_options_init(&options);
    TRKX_CHECK(trkx_options_take("simulate", given, &options, sizeof options, error));
    TRKX_CHECK(check_options(&options, error));
    sim.threads = trkx_threads(options.threads);
    sim.seed = trkx_random_mix(trkx_random_mix(options.seed) + number);
    TRKX_CHECK(trkx_geometry_create(options.detector, &sim.geometry, error));
    sim.generated = (size_t)lround(options.density * (double)options.particles);
    TRKX_ALLOCATE(sim.particles, NULL, sim.generated, "the particles");
    TRKX_ALLOCATE(sim.nhits, NULL, sim.generated, "the particles");
    TRKX_CHECK(
        trkx_particles_generate(sim.seed, sim.generated, options.sigma_z, sim.threads, sim.particles, error));
    TRKX_CHECK(follow_particles(&sim, error));
    TRKX_CHECK(add_noise(&sim, error));
    TRKX_CHECK(sort_crossings(&sim, error));
    TRKX_CHECK(make_event(&sim, number, event, error));
cleanup:
    trkx_release(sim.crossings);
    trkx_release(sim.nhits);
    trkx_release(sim.particles);
    trkx_geometry_destroy(sim.geometry);
    return status;
}
