/* Random numbers: an independent stream for each particle or hit, so that an event does not depend on the
 * order of drawing. xoshiro256++ (Blackman and Vigna, 2019), seeded by splitmix64.
 */
#ifndef TRKX_SIM_RANDOM_H
#define TRKX_SIM_RANDOM_H

#include <math.h>
#include <stdint.h>

#define TRKX_PI 3.14159265358979323846

struct trkx_random {
    uint64_t state[4];
};

/* The purpose of a stream, part of its seed. */
enum trkx_random_use {
    TRKX_RANDOM_VERTICES,
    TRKX_RANDOM_PARTICLE,
    TRKX_RANDOM_TRACK,
    TRKX_RANDOM_NOISE,
    TRKX_RANDOM_HIT
};

static inline uint64_t trkx_random_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* The stream number `index` of an event for one use. */
static inline struct trkx_random trkx_random_stream(uint64_t event_seed, enum trkx_random_use use,
                                                    uint64_t index)
{
    struct trkx_random random;
    uint64_t x = trkx_random_mix(trkx_random_mix(event_seed + (uint64_t)use) ^ index);
    for (int i = 0; i < 4; i++) random.state[i] = x = trkx_random_mix(x);
    return random;
}

static inline uint64_t trkx_random_next(struct trkx_random *random)
{
    uint64_t *s = random->state, t = s[1] << 17, sum = s[0] + s[3];
    uint64_t result = ((sum << 23) | (sum >> 41)) + s[0];
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* In [0, 1). */
static inline double trkx_random_uniform(struct trkx_random *random)
{
    return (double)(trkx_random_next(random) >> 11) * 0x1p-53;
}

/* In [low, high). */
static inline double trkx_random_between(struct trkx_random *random, double low, double high)
{
    return low + (high - low) * trkx_random_uniform(random);
}

/* An index below count; count >= 1. */
static inline uint64_t trkx_random_index(struct trkx_random *random, uint64_t count)
{
    uint64_t index = (uint64_t)(trkx_random_uniform(random) * (double)count);
    return index < count ? index : count - 1;
}

/* Mean 0, standard deviation 1 (Box and Muller). */
static inline double trkx_random_normal(struct trkx_random *random)
{
    double radius = sqrt(-2 * log(1 - trkx_random_uniform(random)));
    return radius * cos(2 * TRKX_PI * trkx_random_uniform(random));
}

/* -1 or +1. */
static inline double trkx_random_sign(struct trkx_random *random)
{
    return trkx_random_uniform(random) < 0.5 ? -1 : 1;
}

#endif
