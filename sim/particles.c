/* Draws particles from tables of a real event. */
#include "sim/particles.h"

#include "sim/particle_tables.h"
#include "sim/random.h"

/* ---- kinds ------------------------------------------------------------------------------------------ */

struct species {
    int32_t type;
    double mass;     /* GeV */
    double share[3]; /* by trkx_origin */
};

/* Shares from charges and PDG codes of TrackML particles; most of those from material are knocked out of
 * nuclei. */
static const struct species SPECIES[] = {
    {211, 0.13957, {0.429, 0.392, 0.282}},   {-211, 0.13957, {0.429, 0.388, 0.272}},
    {321, 0.49368, {0.048, 0, 0}},           {-321, 0.49368, {0.048, 0, 0}},
    {2212, 0.93827, {0.0215, 0.110, 0.442}}, {-2212, 0.93827, {0.0215, 0.108, 0.002}},
    {11, 0.000511, {0.0015, 0.001, 0.001}},  {-11, 0.000511, {0.0015, 0.001, 0.001}},
};
enum { SPECIES_COUNT = sizeof SPECIES / sizeof SPECIES[0] };

static void choose_species(struct trkx_random *random, struct trkx_generated *particle)
{
    double left = trkx_random_uniform(random);
    int s = 0;
    while (s < SPECIES_COUNT - 1 && (left -= SPECIES[s].share[particle->origin]) >= 0) s++;
    particle->type = SPECIES[s].type;
    particle->mass = SPECIES[s].mass;
    particle->charge = particle->type == 11 ? -1 : particle->type == -11 ? 1 : particle->type > 0 ? 1 : -1;
}

/* ---- drawing from tables ---------------------------------------------------------------------------- */

/* From quantiles [count] at equidistant probabilities. */
static double draw(struct trkx_random *random, const double *quantiles, int count)
{
    double at = trkx_random_uniform(random) * (count - 1);
    int i = (int)at;
    return quantiles[i] + (at - i) * (quantiles[i + 1] - quantiles[i]);
}

/* From quantiles [SPECTRUM] at SPECTRUM_LEVELS, linear in the logarithm. */
static double draw_spectrum(struct trkx_random *random, const double *quantiles)
{
    double at = trkx_random_uniform(random);
    int i = 0;
    while (i < SPECTRUM - 2 && at >= SPECTRUM_LEVELS[i + 1]) i++;
    double part = (at - SPECTRUM_LEVELS[i]) / (SPECTRUM_LEVELS[i + 1] - SPECTRUM_LEVELS[i]);
    return quantiles[i] * pow(quantiles[i + 1] / quantiles[i], part);
}

/* ---- particles -------------------------------------------------------------------------------------- */

static void set_momentum(struct trkx_generated *particle, double pt, double phi, double eta)
{
    particle->momentum[0] = pt * cos(phi);
    particle->momentum[1] = pt * sin(phi);
    particle->momentum[2] = pt * sinh(eta);
}

static void generate_primary(struct trkx_random *random, const double vertex[3],
                             struct trkx_generated *particle)
{
    for (int i = 0; i < 3; i++) particle->vertex[i] = vertex[i];
    double phi = trkx_random_between(random, -TRKX_PI, TRKX_PI);
    double eta = draw(random, PRIMARY_ETA, EVEN) * trkx_random_sign(random);
    set_momentum(particle, draw_spectrum(random, PRIMARY_PT), phi, eta);
}

static int find_band(const struct population *population, double radius)
{
    int band = 0;
    while (band < population->bands - 1 && radius >= population->edges[band]) band++;
    return band;
}

static int find_class(const struct population *population, int band, double eta)
{
    int class = 0;
    while (class < CLASSES - 1 && eta >= population->classes[band][class]) class ++;
    return class;
}

/* Away from the beam; decay vertices are relative to their collision, material is not. */
static void generate_displaced(struct trkx_random *random, const struct population *population, double shift,
                               struct trkx_generated *particle)
{
    double radius = draw(random, population->radius, RADII);
    double around = trkx_random_between(random, -TRKX_PI, TRKX_PI), side = trkx_random_sign(random);
    int band = find_band(population, radius);
    double z = draw(random, population->z[band], EVEN);
    int class = find_class(population, band, asinh(z / radius));
    double turn = draw(random, population->turn[band][class], COARSE) * trkx_random_sign(random);
    double eta = draw(random, population->eta[band][class], COARSE) * side;
    particle->vertex[0] = radius * cos(around);
    particle->vertex[1] = radius * sin(around);
    particle->vertex[2] = side * z + shift;
    set_momentum(particle, draw_spectrum(random, population->pt[band]), around + turn, eta);
}

/* As in TrackML's particle ids, collision and particle have separate bits, and the last bit marks particles
 * from material. */
static int64_t make_id(size_t collision, size_t index, enum trkx_origin origin)
{
    return (int64_t)(((uint64_t)(collision % 2047) + 1) << 52 | ((uint64_t)index + 1) << 16 |
                     (origin == TRKX_SECONDARY));
}

/* mm: transverse size of the luminous region, and its centre. */
static const double BEAM_SIGMA = 0.0105, BEAM_MIDDLE[2] = {0, 0};

static void generate_collisions(uint64_t event_seed, size_t count, double sigma_z, double (*collisions)[3])
{
    struct trkx_random random = trkx_random_stream(event_seed, TRKX_RANDOM_VERTICES, 0);
    for (size_t c = 0; c < count; c++) {
        for (int i = 0; i < 2; i++)
            collisions[c][i] = BEAM_MIDDLE[i] + BEAM_SIGMA * trkx_random_normal(&random);
        collisions[c][2] = sigma_z * trkx_random_normal(&random);
    }
}

static void generate_particle(uint64_t event_seed, size_t index, double (*collisions)[3], size_t count,
                              struct trkx_generated *particle)
{
    struct trkx_random random = trkx_random_stream(event_seed, TRKX_RANDOM_PARTICLE, index);
    size_t c = (size_t)trkx_random_index(&random, count);
    double which = trkx_random_uniform(&random);
    if (which < DECAYS.share) {
        particle->origin = TRKX_DECAY;
        generate_displaced(&random, &DECAYS, collisions[c][2], particle);
    } else if (which < DECAYS.share + SECONDARIES.share) {
        particle->origin = TRKX_SECONDARY;
        generate_displaced(&random, &SECONDARIES, 0, particle);
    } else {
        particle->origin = TRKX_PRIMARY;
        generate_primary(&random, collisions[c], particle);
    }
    particle->id = make_id(c, index, particle->origin);
    choose_species(&random, particle);
}

enum trkx_status trkx_particles_generate(uint64_t event_seed, size_t count, double sigma_z, int threads,
                                         struct trkx_generated *particles, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    double(*collisions)[3] = NULL;
    size_t made = (count * TRKX_FULL_VERTICES + TRKX_FULL_PARTICLES - 1) / TRKX_FULL_PARTICLES;
    TRKX_ALLOCATE(collisions, NULL, made, "the collisions of an event");
    generate_collisions(event_seed, made, sigma_z, collisions);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (size_t i = 0; i < count; i++) generate_particle(event_seed, i, collisions, made, &particles[i]);
cleanup:
    trkx_release(collisions);
    return status;
}
