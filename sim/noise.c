/* Noise: hits without a particle, spread over the modules. */
#include "sim/noise.h"

#include <math.h>

#include "sim/random.h"

/* Noise hits per module in TrackML's events of full density: in the barrel, in disks; for pixels, short
 * strips, long strips. They are uniform over the modules of a kind and over each module, and there are 17,690
 * of them (with a standard deviation of 130) whatever the number of particles. */
static const double NOISE_RATE[2][3] = {{0.76, 0.905, 0.96}, {1.055, 1.06, 1.11}};

static double noise_rate(const struct trkx_module *module)
{
    return NOISE_RATE[!trkx_module_in_barrel(module)][trkx_module_sensor(module)];
}

/* Their clusters are those of straight 1 PeV tracks, rotated by up to 45 degrees in azimuth and polar angle
 * from the line from the origin; in the barrel, limited to pseudorapidity 3. */
static const double NOISE_MOMENTUM = 1e6, NOISE_ANGLE = TRKX_PI / 4; /* GeV, rad */
static const double NOISE_ETA = 3;

static void turn_direction(struct trkx_random *random, const double point[3], double momentum[3])
{
    double phi = atan2(point[1], point[0]) + trkx_random_between(random, -NOISE_ANGLE, NOISE_ANGLE);
    double theta =
        atan2(hypot(point[0], point[1]), point[2]) + trkx_random_between(random, -NOISE_ANGLE, NOISE_ANGLE);
    momentum[0] = NOISE_MOMENTUM * sin(theta) * cos(phi);
    momentum[1] = NOISE_MOMENTUM * sin(theta) * sin(phi);
    momentum[2] = NOISE_MOMENTUM * cos(theta);
}

static void choose_direction(struct trkx_random *random, bool barrel, const double point[3],
                             double momentum[3])
{
    do turn_direction(random, point, momentum);
    while (barrel && fabs(momentum[2]) > sinh(NOISE_ETA) * hypot(momentum[0], momentum[1]));
}

static void make_noise(struct trkx_random *random, const struct trkx_module *module, uint32_t index,
                       struct trkx_crossing *noise)
{
    double point[3], half;
    *noise = (struct trkx_crossing){.particle = TRKX_NOISE, .module = index};
    do { /* uniform over a trapezoid */
        noise->u = trkx_random_between(random, -module->max_hu, module->max_hu);
        noise->v = trkx_random_between(random, -module->hv, module->hv);
        half = trkx_module_half_u(module, noise->v);
    } while (fabs(noise->u) > half && half > 0);
    trkx_module_point(module, noise->u, noise->v, point);
    choose_direction(random, trkx_module_in_barrel(module), point, noise->momentum);
}

/* Poisson distributed (Knuth), in parts with means small enough for the exponential. */
static size_t draw_count(struct trkx_random *random, double mean)
{
    size_t count = 0;
    for (; mean > 0; mean -= 16) {
        double left = exp(-fmin(mean, 16));
        for (double product = trkx_random_uniform(random); product > left; count++)
            product *= trkx_random_uniform(random);
    }
    return count;
}

size_t trkx_noise(const struct trkx_detector *detector, double level, uint64_t event_seed,
                  struct trkx_crossing *noise)
{
    size_t total = 0;
    for (size_t m = 0; m < detector->count; m++) {
        const struct trkx_module *module = &detector->modules[m];
        struct trkx_random random = trkx_random_stream(event_seed, TRKX_RANDOM_NOISE, m);
        size_t count = draw_count(&random, level * noise_rate(module));
        if (noise != NULL)
            for (size_t i = 0; i < count; i++) make_noise(&random, module, (uint32_t)m, &noise[total + i]);
        total += count;
    }
    return total;
}
