/* Draws particles from tables of real events. */
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

/* The first of bands [count] whose upper edge is above the value; otherwise the last. */
static int find_band(const double *edges, int count, double value)
{
    int band = 0;
    while (band < count - 1 && value >= edges[band]) band++;
    return band;
}

static void generate_at_beam(struct trkx_random *random, const double collision[3],
                             struct trkx_generated *particle)
{
    for (int i = 0; i < 3; i++) particle->vertex[i] = collision[i];
    double phi = trkx_random_between(random, -TRKX_PI, TRKX_PI), eta = draw(random, BEAM_ETA, EVEN);
    double pt = draw_spectrum(random, BEAM_PT[find_band(BEAM_ETA_EDGES, ETA_BANDS, eta)]);
    eta *= trkx_random_sign(random);
    particle->momentum[0] = pt * cos(phi);
    particle->momentum[1] = pt * sin(phi);
    particle->momentum[2] = pt * sinh(eta);
}

/* At an angle to the flight, its length [3], any way round it. */
static void turn_from_flight(struct trkx_random *random, const double flight[3], double momentum,
                             double angle, struct trkx_generated *particle)
{
    double across = hypot(flight[0], flight[1]), length = hypot(across, flight[2]);
    double around = trkx_random_between(random, -TRKX_PI, TRKX_PI);
    double along = momentum * cos(angle), u = momentum * sin(angle) * cos(around),
           v = momentum * sin(angle) * sin(around);
    double x = flight[0] / across, y = flight[1] / across, s = across / length, c = flight[2] / length;
    particle->momentum[0] = along * s * x + u * c * x - v * y;
    particle->momentum[1] = along * s * y + u * c * y + v * x;
    particle->momentum[2] = along * c - u * s;
}

/* Whether TrackML lists a particle of this momentum. */
static bool listed(const double momentum[3])
{
    double pt = hypot(momentum[0], momentum[1]);
    return pt >= LISTED_PT && fabs(momentum[2]) <= pt * sinh(LISTED_ETA);
}

/* The momentum and its angle to the flight are drawn from those of listed particles: only the way round the
 * flight is drawn again for one that would not be listed, and the angle where no way will do. */
static void choose_direction(struct trkx_random *random, const double (*angles)[COARSE],
                             const double flight[3], double momentum, struct trkx_generated *particle)
{
    enum { ANGLES = 8, WAYS = 16 };
    const double *quantiles = angles[find_band(MOMENTUM_EDGES, MOMENTA, momentum)];
    for (int i = 0; i < ANGLES; i++) {
        double angle = draw(random, quantiles, COARSE) / (momentum < FAST ? 1 : momentum);
        for (int j = 0; j < WAYS; j++) {
            turn_from_flight(random, flight, momentum, angle, particle);
            if (listed(particle->momentum)) return;
        }
    }
}

/* Away from the beam. Vertex and momentum of decays are given relative to the flight from the collision, in
 * material the vertex is where material is. */
static void generate_displaced(struct trkx_random *random, const struct population *population,
                               const double collision[3], struct trkx_generated *particle)
{
    bool decay = particle->origin == TRKX_DECAY;
    int spot = find_band(population->upto, population->places, trkx_random_uniform(random));
    double radius = draw(random, population->radius[spot], EVEN);
    double around = trkx_random_between(random, -TRKX_PI, TRKX_PI);
    int band = find_band(population->edges, population->bands, radius);
    double z = draw(random, population->z[spot], FINE) * trkx_random_sign(random), flight[3];
    const double place[3] = {radius * cos(around), radius * sin(around), z};
    for (int i = 0; i < 3; i++) {
        particle->vertex[i] = decay ? collision[i] + place[i] : place[i];
        flight[i] = particle->vertex[i] - collision[i];
    }
    double across = hypot(flight[0], flight[1]), steepness = hypot(1, flight[2] / across);
    int class = find_band(population->steepness[band], CLASSES, steepness);
    double momentum = draw_spectrum(random, population->momentum[band][class]);
    if (decay) momentum *= steepness;
    choose_direction(random, population->angle[band], flight, momentum, particle);
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
        generate_displaced(&random, &DECAYS, collisions[c], particle);
    } else if (which < DECAYS.share + SECONDARIES.share) {
        particle->origin = TRKX_SECONDARY;
        generate_displaced(&random, &SECONDARIES, collisions[c], particle);
    } else {
        particle->origin = TRKX_PRIMARY;
        generate_at_beam(&random, collisions[c], particle);
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
