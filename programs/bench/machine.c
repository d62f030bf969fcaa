/* Measures the machine's peak rates: reading memory, and float32 multiply-adds. */
#include "programs/bench/machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#include "programs/bench/report.h"
#endif

/* Time for which each measurement is repeated; the best counts. An attempt takes a fraction of a millisecond,
 * so that even on a busy machine all threads run at once in one of them.
 */
static const double SECONDS = 0.1;

enum {
    PART = 1 << 21,    /* words read per attempt: 16 MiB */
    WORDS = 16 * PART, /* 256 MiB: no longer cached when its turn comes again */
    CHAINS = 10,       /* independent, to hide latency; with two constants they fit into 16 registers */
    ROUNDS = 100000,
};

/* ---- memory ----------------------------------------------------------------------------------------- */

static uint64_t add_up(const uint64_t *words, int threads)
{
    uint64_t sum = 0;
#pragma omp parallel for num_threads(threads) schedule(static) reduction(+ : sum)
    for (size_t i = 0; i < PART; i++) sum += words[i];
    return sum;
}

/* Bytes per second. */
static double memory_rate(const uint64_t *words, int threads)
{
    volatile uint64_t sink = 0;
    double best = 0, bytes = sizeof *words * (double)PART, end = bench_now() + SECONDS;
    size_t at = 0;
    for (double start; (start = bench_now()) < end; at = (at + PART) % WORDS) {
        sink = sink + add_up(words + at, threads);
        best = fmax(best, bytes / (bench_now() - start));
    }
    return best;
}

/* ---- arithmetic ------------------------------------------------------------------------------------- */

/* x = x a + b again and again in all lanes of CHAINS vectors; x goes to 1. */
#define MULTIPLY_ADDS(name, vector, fused)                                           \
    static float name(void)                                                          \
    {                                                                                \
        vector x[CHAINS], a = (vector){0} + 0.5f, b = (vector){0} + 0.5f, sum = {0}; \
        for (int c = 0; c < CHAINS; c++) x[c] = (vector){0} + (float)c;              \
        for (int r = 0; r < ROUNDS; r++)                                             \
            for (int c = 0; c < CHAINS; c++) x[c] = fused(x[c], a, b);               \
        for (int c = 0; c < CHAINS; c++) sum += x[c];                                \
        return sum[0];                                                               \
    }

typedef float quad __attribute__((vector_size(16)));
#define PLAIN(x, a, b) ((x) * (a) + (b))
MULTIPLY_ADDS(multiply_adds_plain, quad, PLAIN)
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) MULTIPLY_ADDS(multiply_adds_avx2, __m256, _mm256_fmadd_ps)
    __attribute__((target("avx512f"))) MULTIPLY_ADDS(multiply_adds_avx512, __m512, _mm512_fmadd_ps)
#endif

        struct kernel {
    const char *instructions;
    float (*run)(void);
    int lanes;
};

static struct kernel best_kernel(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return (struct kernel){"AVX-512", multiply_adds_avx512, 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return (struct kernel){"AVX2", multiply_adds_avx2, 8};
#endif
    return (struct kernel){"4 lanes", multiply_adds_plain, 4};
}

/* Operations per second. */
static double arithmetic_rate(const struct kernel *kernel, int threads)
{
    volatile float sink = 0;
    double best = 0, operations = 2.0 * (double)ROUNDS * (double)CHAINS * kernel->lanes * threads;
    double end = bench_now() + SECONDS;
    for (double start; (start = bench_now()) < end;) {
        float sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
        sum += kernel->run();
        sink = sink + sum;
        best = fmax(best, operations / (bench_now() - start));
    }
    return best;
}

/* ---- the machine ------------------------------------------------------------------------------------ */

static void find_processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", strlen("model name")) != 0 || colon == NULL) continue;
        snprintf(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file != NULL) fclose(file);
}

void bench_measure_machine(struct bench_machine *machine, int threads)
{
    struct kernel kernel = best_kernel();
    uint64_t *words = bench_array(sizeof *words * WORDS);
    for (size_t i = 0; i < WORDS; i++) words[i] = i; /* unwritten pages all share one */
    find_processor(machine->processor, sizeof machine->processor);
    machine->instructions = kernel.instructions;
    machine->one = (struct bench_rates){memory_rate(words, 1), arithmetic_rate(&kernel, 1)};
    machine->all = (struct bench_rates){fmax(machine->one.bytes, memory_rate(words, threads)),
                                        fmax(machine->one.operations, arithmetic_rate(&kernel, threads))};
    free(words);
}
