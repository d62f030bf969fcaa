#include "particles.h"

#include "particle_tables.h"
#include "random.h"

/* ---- kinds ------------------------------------------------------------------------------------------- */

struct species {
    int32_t type;
    double mass;     /* GeV */
    double share[3]; /* of the particles made at the beam, at 1 to 100 mm, and farther out */
};

/* Shares: charges and PDG codes of TrackML particles; far from the beam most are knocked out of nuclei. */
static const struct species SPECIES[] = {
    {211, 0.13957, {0.429, 0.405, 0.285}},  {-211, 0.13957, {0.429, 0.305, 0.285}},
    {321, 0.49368, {0.048, 0.010, 0.000}},  {-321, 0.49368, {0.048, 0.005, 0.000}},
    {2212, 0.93827, {0.0215, 0.22, 0.415}}, {-2212, 0.93827, {0.0215, 0.045, 0.010}},
    {11, 0.000511, {0.0015, 0.005, 0.0025}}, {-11, 0.000511, {0.0015, 0.005, 0.0025}},
};
enum { SPECIES_COUNT = sizeof SPECIES / sizeof SPECIES[0] };

static void choose_species(struct trkx_random *random, double radius, struct trkx_generated *particle)
{
    int place = radius < 1 ? 0 : radius < 100 ? 1 : 2;
    double left = trkx_random_uniform(random);
    int s = 0;
    while (s < SPECIES_COUNT - 1 && (left -= SPECIES[s].share[place]) >= 0) s++;
    particle->type = SPECIES[s].type;
    particle->mass = SPECIES[s].mass;
    particle->charge = particle->type == 11 ? -1 : particle->type == -11 ? 1 : particle->type > 0 ? 1 : -1;
}

/* ---- drawing from tables ----------------------------------------------------------------------------- */

/* From quantiles [count] at equidistant probabilities. */
static double draw(struct trkx_random *random, const double *quantiles, int count)
{
    double at = trkx_random_uniform(random) * (count - 1);
    int i = (int)at;
    return quantiles[i] + (at - i) * (quantiles[i + 1] - quantiles[i]);
}

/* From quantiles [SPECTRUM] at SPECTRUM_LEVELS, straight in the logarithm. */
static double draw_spectrum(struct trkx_random *random, const double *quantiles)
{
    double at = trkx_random_uniform(random);
    int i = 0;
    while (i < SPECTRUM - 2 && at >= SPECTRUM_LEVELS[i + 1]) i++;
    double part = (at - SPECTRUM_LEVELS[i]) / (SPECTRUM_LEVELS[i + 1] - SPECTRUM_LEVELS[i]);
    return quantiles[i] * pow(quantiles[i + 1] / quantiles[i], part);
}

/* ---- particles --------------------------------------------------------------------------------------- */

static void set_momentum(struct trkx_generated *particle, double pt, double phi, double eta)
{
    particle->momentum[0] = pt * cos(phi);
    particle->momentum[1] = pt * sin(phi);
    particle->momentum[2] = pt * sinh(eta);
}

static void generate_primary(struct trkx_random *random, const double vertex[3], struct trkx_generated *particle)
{
    for (int i = 0; i < 3; i++) particle->vertex[i] = vertex[i];
    double phi = trkx_random_between(random, -TRKX_PI, TRKX_PI);
    double eta = draw(random, PRIMARY_ETA, EVEN) * trkx_random_sign(random);
    set_momentum(particle, draw_spectrum(random, PRIMARY_PT), phi, eta);
}

static int find_band(double radius)
{
    int band = 0;
    while (band < BANDS - 1 && radius >= BAND_EDGES[band]) band++;
    return band;
}

static int find_class(int band, double eta)
{
    int class = 0;
    while (class < CLASSES - 1 && eta >= CLASS_EDGES[band][class]) class++;
    return class;
}

/* Decays, which move along with their collision, lie nearer than the beam pipe or far from any disk; vertices
 * in disks stay there. */
enum { BEAM_PIPE = 15, FIRST_DISK = 550 }; /* mm: radius, z */

static void generate_displaced(struct trkx_random *random, const double collision[3],
                               struct trkx_generated *particle)
{
    double radius = draw(random, DISPLACED_RADIUS, RADII);
    double around = trkx_random_between(random, -TRKX_PI, TRKX_PI), side = trkx_random_sign(random);
    int band = find_band(radius);
    double z = draw(random, DISPLACED_Z[band], EVEN);
    int class = find_class(band, asinh(z / radius));
    double turn = draw(random, DISPLACED_TURN[band][class], EVEN) * trkx_random_sign(random);
    double eta = draw(random, DISPLACED_ETA[band][class], EVEN) * side;
    bool moves = radius < BEAM_PIPE || z < FIRST_DISK;
    particle->vertex[0] = radius * cos(around);
    particle->vertex[1] = radius * sin(around);
    particle->vertex[2] = side * z + (moves ? collision[2] : 0);
    set_momentum(particle, draw_spectrum(random, DISPLACED_PT[band]), around + turn, eta);
}

/* Bits as in TrackML's particle ids: collision from 52 on, particle below. */
static int64_t make_id(size_t collision, size_t index)
{
    return (int64_t)(((uint64_t)(collision % 2047) + 1) << 52 | ((uint64_t)index + 1) << 12);
}

/* mm: size of the luminous region across the beam, and its middle. */
static const double BEAM_SIGMA = 0.0105, BEAM_MIDDLE[2] = {0, 0};

static void generate_collisions(uint64_t event_seed, size_t count, double sigma_z, double (*collisions)[3])
{
    struct trkx_random random = trkx_random_stream(event_seed, TRKX_RANDOM_VERTICES, 0);
    for (size_t c = 0; c < count; c++) {
        for (int i = 0; i < 2; i++) collisions[c][i] = BEAM_MIDDLE[i] + BEAM_SIGMA * trkx_random_normal(&random);
        collisions[c][2] = sigma_z * trkx_random_normal(&random);
    }
}

static void generate_particle(uint64_t event_seed, size_t index, double (*collisions)[3], size_t count,
                              struct trkx_generated *particle)
{
    struct trkx_random random = trkx_random_stream(event_seed, TRKX_RANDOM_PARTICLE, index);
    size_t c = (size_t)trkx_random_index(&random, count);
    particle->id = make_id(c, index);
    if (trkx_random_uniform(&random) < DISPLACED_SHARE)
        generate_displaced(&random, collisions[c], particle);
    else
        generate_primary(&random, collisions[c], particle);
    choose_species(&random, hypot(particle->vertex[0], particle->vertex[1]), particle);
}

enum trkx_status trkx_particles_generate(uint64_t event_seed, size_t count, double sigma_z, int threads,
                                         struct trkx_generated *particles, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    double (*collisions)[3] = NULL;
    size_t made = (count * TRKX_FULL_VERTICES + TRKX_FULL_PARTICLES - 1) / TRKX_FULL_PARTICLES;
    TRKX_ALLOCATE(collisions, NULL, made, "the collisions of an event");
    generate_collisions(event_seed, made, sigma_z, collisions);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++) generate_particle(event_seed, i, collisions, made, &particles[i]);
cleanup:
    trkx_release(collisions);
    return status;
}
