/* trkx simulate: events of the TrackML detector, in the TrackML format. */
#include "programs/simulate.h"

#include <stdio.h>
#include <unistd.h>

#include "programs/common.h"
#include "programs/process.h"

/* Charged particles of a full-density event, and the number of simultaneous collisions they correspond to. */
enum { FULL_PILEUP = 200 };

struct settings {
    trkx_simulate_options simulate;
    size_t events;
    uint64_t first;
    const char *out, *detectors, *beam;
    bool gzip;
    bool particles_given, pileup_given, sigma_z_given, noise_given;
};

static void settings_init(struct settings *settings)
{
    *settings = (struct settings){.events = 1, .first = 1000, .out = ".", .beam = "kaggle", .gzip = true};
    trkx_simulate_options_init(&settings->simulate);
}

static void help(void)
{
    struct settings defaults;
    settings_init(&defaults);
    const trkx_simulate_options *simulate = &defaults.simulate;
    printf(
        "usage: trkx simulate [OPTIONS]\n\n"
        "Writes events (hits, cells, truth, particles) of the TrackML detector.\n\n"
        "  --events N        number of events (%zu)\n"
        "  --first N         number of the first: event%%09d (%llu)\n"
        "  --seed S          seed, number and options determine an event (%llu)\n"
        "  --beam NAME       conditions of a phase of TrackML (%s); each of the options --particles, "
        "--sigma-z\n"
        "                    and --noise overrides its part. kaggle: the accuracy phase, the defaults "
        "below;\n"
        "                    throughput: 9003 particles, 53 mm, 1.31 times the noise\n"
        "  --particles N     charged particles per event (%zu: full density)\n"
        "  --pileup MU       the same, as a number of collisions (%d: full density)\n"
        "  --sigma-z MM      length of the luminous region (%g)\n"
        "  --noise F         multiplies the 17,690 noise hits of a full event, which do not depend on the "
        "number\n"
        "                    of particles (%g)\n"
        "  --density F       multiplies particles and noise (%g); 0.045: like TrackML's event of reduced "
        "density\n"
        "  --cluster-thickness F\n"
        "                    multiplies the depth of sensor that makes a cluster in the pixel barrel (%g: "
        "the\n"
        "                    throughput phase; 2: probably the accuracy phase)\n"
        "  --detectors FILE  other modules: a detectors.csv, or a detector.json that names one (TrackML's)\n"
        "  --no-cells        write no cells\n"
        "  --no-gzip         write plain CSV\n"
        "  --threads T       number of threads, limited to the number of cores (to 8 on smaller machines);\n"
        "                    0: all cores (%d)\n"
        "  --out DIR         created if missing (%s)\n",
        defaults.events, (unsigned long long)defaults.first, (unsigned long long)simulate->seed,
        defaults.beam, simulate->particles, FULL_PILEUP, simulate->sigma_z, simulate->noise,
        simulate->density, simulate->cluster_thickness, simulate->threads, defaults.out);
}

enum {
    EVENTS,
    FIRST,
    SEED,
    BEAM,
    PARTICLES,
    PILEUP,
    SIGMA_Z,
    NOISE,
    DENSITY,
    THICKNESS,
    DETECTORS,
    NO_CELLS,
    NO_GZIP,
    THREADS,
    OUT
};

static const struct option options[] = {{"events", 1, NULL, EVENTS},
                                        {"first", 1, NULL, FIRST},
                                        {"seed", 1, NULL, SEED},
                                        {"beam", 1, NULL, BEAM},
                                        {"density", 1, NULL, DENSITY},
                                        {"cluster-thickness", 1, NULL, THICKNESS},
                                        {"particles", 1, NULL, PARTICLES},
                                        {"pileup", 1, NULL, PILEUP},
                                        {"sigma-z", 1, NULL, SIGMA_Z},
                                        {"noise", 1, NULL, NOISE},
                                        {"detectors", 1, NULL, DETECTORS},
                                        {"no-cells", 0, NULL, NO_CELLS},
                                        {"no-gzip", 0, NULL, NO_GZIP},
                                        {"threads", 1, NULL, THREADS},
                                        {"out", 1, NULL, OUT},
                                        {"help", 0, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static bool apply_pileup(trkx_simulate_options *simulate, const char *value)
{
    trkx_simulate_options full;
    size_t pileup = 0;
    trkx_simulate_options_init(&full);
    if (!get_size("pileup", value, 0, 100000, &pileup)) return false;
    simulate->particles = full.particles * pileup / FULL_PILEUP;
    return true;
}

static bool apply(void *target, int option, const char *value)
{
    struct settings *settings = target;
    trkx_simulate_options *simulate = &settings->simulate;
    settings->particles_given |= option == PARTICLES;
    settings->pileup_given |= option == PILEUP;
    settings->sigma_z_given |= option == SIGMA_Z;
    settings->noise_given |= option == NOISE;
    switch (option) {
    case EVENTS: return get_size("events", value, 1, 1000000000, &settings->events);
    case FIRST: return get_uint64("first", value, &settings->first);
    case SEED: return get_uint64("seed", value, &simulate->seed);
    case PARTICLES: return get_size("particles", value, 0, 10000000, &simulate->particles);
    case PILEUP: return apply_pileup(simulate, value);
    case SIGMA_Z: return get_double("sigma-z", value, 0, 1000, &simulate->sigma_z);
    case NOISE: return get_double("noise", value, 0, 100, &simulate->noise);
    case BEAM: settings->beam = value; return true;
    case DENSITY: return get_double("density", value, 0, 100, &simulate->density);
    case THICKNESS: return get_double("cluster-thickness", value, 0.1, 4, &simulate->cluster_thickness);
    case DETECTORS: settings->detectors = value; return true;
    case NO_CELLS: simulate->cells = false; return true;
    case NO_GZIP: settings->gzip = false; return true;
    case THREADS: return get_int("threads", value, 0, INT32_MAX, &simulate->threads);
    default: settings->out = value; return true;
    }
}

/* The beam's numbers, for the options that were not given. */
static enum trkx_status apply_beam(struct settings *settings, trkx_error *error)
{
    trkx_simulate_options *simulate = &settings->simulate, given = *simulate;
    enum trkx_status status = trkx_simulate_options_beam(simulate, settings->beam, error);
    if (settings->particles_given || settings->pileup_given) simulate->particles = given.particles;
    if (settings->sigma_z_given) simulate->sigma_z = given.sigma_z;
    if (settings->noise_given) simulate->noise = given.noise;
    return status;
}

static enum trkx_status simulate_one(const struct settings *settings, uint64_t number, trkx_error *error)
{
    trkx_event *event = NULL;
    enum trkx_status status = trkx_simulate(&settings->simulate, number, &event, error);
    if (status == TRKX_OK) status = trkx_event_write(event, settings->out, settings->gzip, error);
    trkx_event_destroy(event);
    return status;
}

static int simulate_all(const struct settings *settings)
{
    bool show = isatty(STDERR_FILENO);
    trkx_error error;
    for (size_t i = 0; i < settings->events; i++) {
        if (show) fprintf(stderr, "\rsimulating event %zu of %zu", i + 1, settings->events);
        if (simulate_one(settings, settings->first + i, &error) != TRKX_OK) {
            if (show) fputc('\n', stderr);
            return failed(&error);
        }
        if (interrupted) break;
    }
    if (show) fputc('\n', stderr);
    if (interrupted) fputs("trkx: interrupted: the events written so far are complete\n", stderr);
    return interrupted ? EXIT_FAILED : EXIT_OK;
}

int command_simulate(int count, char **arguments)
{
    static const struct command command = {"simulate", options, apply, help};
    struct settings settings;
    trkx_detector *detector = NULL;
    trkx_error error;
    settings_init(&settings);
    int code = read_options(&command, count, arguments, &settings);
    if (code >= 0) return code;
    if (optind < count)
        return misused("simulate: takes no arguments but options: \"%s\" is one too many", arguments[optind]);
    if (settings.particles_given && settings.pileup_given)
        return misused("simulate: --particles and --pileup both set the number of particles: give one");
    if (apply_beam(&settings, &error) != TRKX_OK) return misused("%s", error.message);
    if (!make_directory(settings.out)) return EXIT_FAILED;
    if (settings.detectors != NULL && trkx_detector_read(settings.detectors, &detector, &error) != TRKX_OK)
        return failed(&error);
    settings.simulate.detector = detector;
    watch_interrupts();
    code = simulate_all(&settings);
    trkx_detector_destroy(detector);
    return code;
}
