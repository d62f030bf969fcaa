/* Times cases and reports them: a table on standard output, and CSV. */
#include "programs/bench/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "programs/process.h"

/* ---- shared by the parts ---------------------------------------------------------------------------- */

int bench_other_threads(const struct bench *bench)
{
    return bench->threads == 1 ? 2 : 1;
}

void *bench_array(size_t bytes)
{
    return checked(malloc(bytes > 0 ? bytes : 1));
}

void *bench_copy(const void *from, size_t bytes)
{
    void *copy = bench_array(bytes);
    return bytes > 0 ? memcpy(copy, from, bytes) : copy;
}

bool bench_same(const void *a, const void *b, size_t bytes)
{
    return bytes == 0 || (a == NULL && b == NULL) || (a != NULL && b != NULL && memcmp(a, b, bytes) == 0);
}

bool bench_same_edges(const trkx_edges *a, const trkx_edges *b)
{
    return a->count == b->count && a->saturated == b->saturated &&
           bench_same(a->index, b->index, 2 * a->count * sizeof *a->index);
}

enum trkx_status bench_wrong(struct bench *bench, const char *format, ...)
{
    char reason[TRKX_ERROR_MESSAGE_SIZE - 16];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    bench->error.status = TRKX_ERROR_RUNTIME;
    snprintf(bench->error.message, sizeof bench->error.message, "bench: %s", reason);
    return bench->error.status;
}

enum trkx_status bench_go_on(struct bench *bench)
{
    if (!interrupted) return TRKX_OK;
    bench_wrong(bench, "interrupted");
    return TRKX_ERROR_CANCELLED;
}

void bench_progress(const struct bench *bench, const char *part, const char *name, const char *what)
{
    if (bench->show) fprintf(stderr, "\r\033[K%s, %s: %s", part, name, what);
}

void bench_end_progress(const struct bench *bench)
{
    if (bench->show) fputs("\r\033[K", stderr);
}

/* ---- the report ------------------------------------------------------------------------------------- */

void bench_begin_csv(struct bench *bench)
{
    fputs("part,case,threads,repeat,min_seconds,median_seconds,size,unit,rate,nodes,nodes_per_second,bound,"
          "bound_seconds,peak_bytes\n",
          bench->csv);
}

void bench_begin(struct bench *bench, const char *part, const char *how)
{
    bool pipeline = strcmp(part, "pipeline") == 0; /* memory instead of a bound */
    bench_end_progress(bench);
    printf("\n%s: %s\n", part, how);
    printf("  %-15s %9s %9s %-5s %9s %9s %9s %9s %9s%s\n", "case", "nodes", "size", "", "min ms", "median ms",
           "M size/s", "M nodes/s", pipeline ? "peak MiB" : "bound ms", pipeline ? "" : "  share");
    fflush(stdout);
}

static int compare_seconds(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double rate(size_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds : 0;
}

static double bound_seconds(const struct bench *bench, const struct bench_row *row)
{
    const struct bench_rates *rates = &bench->machine.all;
    if (row->bound == BENCH_UNBOUND) return 0;
    return row->least / (row->bound == BENCH_MEMORY ? rates->bytes : rates->operations);
}

static void print_line(const struct bench_row *row, double least, double median, double bound)
{
    printf("  %-15s %9zu %9zu %-5s %9.3f %9.3f %9.3f %9.3f", row->name, row->nodes, row->size, row->unit,
           1e3 * least, 1e3 * median, 1e-6 * rate(row->size, median), 1e-6 * rate(row->nodes, median));
    if (row->peak_bytes > 0) printf(" %9.1f", (double)row->peak_bytes / 1048576);
    if (bound > 0) printf(" %9.3f", 1e3 * bound);
    if (bound > 0 && bound < 10 * median) printf(" %5.1f%%", 100 * bound / median);
    if (bound > 0 && bound >= 10 * median)
        printf("  >999%%"); /* the measurement of the machine was disturbed */
    putchar('\n');
    fflush(stdout);
}

static void print_csv(struct bench *bench, const struct bench_row *row, double least, double median,
                      double bound)
{
    static const char *const bounds[] = {
        [BENCH_UNBOUND] = "", [BENCH_MEMORY] = "memory", [BENCH_ARITHMETIC] = "arithmetic"};
    fprintf(bench->csv, "%s,%s,%d,%zu,%.9f,%.9f,%zu,%s,%.9g,%zu,%.9g,%s,%.9f,%zu\n", row->part, row->name,
            bench->threads, bench->repeat, least, median, row->size, row->unit, rate(row->size, median),
            row->nodes, rate(row->nodes, median), bounds[row->bound], bound, row->peak_bytes);
}

static double median_of(const double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

void bench_add(struct bench *bench, const struct bench_row *row, double *seconds)
{
    size_t n = bench->repeat;
    qsort(seconds, n, sizeof *seconds, compare_seconds);
    double median = median_of(seconds, n);
    double bound = bound_seconds(bench, row);
    bench_end_progress(bench);
    print_line(row, seconds[0], median, bound);
    print_csv(bench, row, seconds[0], median, bound);
}

void bench_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("    ", stdout);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    fflush(stdout);
}

void bench_add_both(struct bench *bench, const struct bench_row rows[2], double *const seconds[2])
{
    size_t n = bench->repeat;
    for (int way = 0; way < 2; way++) bench_add(bench, &rows[way], seconds[way]);
    bench_note("%s: %.1f times as long by minima, %.1f by medians", rows[1].name,
               seconds[1][0] / seconds[0][0], median_of(seconds[1], n) / median_of(seconds[0], n));
}

/* ---- timing ----------------------------------------------------------------------------------------- */

double bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static enum trkx_status time_once(struct bench *bench, bench_action run, bench_action same, void *work,
                                  double *seconds)
{
    double start = bench_now();
    enum trkx_status status = run(bench, work);
    *seconds = bench_now() - start;
    if (status == TRKX_OK) status = same(bench, work);
    return status == TRKX_OK ? bench_go_on(bench) : status;
}

enum trkx_status bench_time(struct bench *bench, const struct bench_row *row, bench_action run,
                            bench_action same, void *work)
{
    double *seconds = bench_array(bench->repeat * sizeof *seconds);
    enum trkx_status status = bench_go_on(bench);
    bench_progress(bench, row->part, row->name, "timing");
    for (size_t r = 0; r < bench->repeat && status == TRKX_OK; r++)
        status = time_once(bench, run, same, work, &seconds[r]);
    if (status == TRKX_OK) bench_add(bench, row, seconds);
    free(seconds);
    return status;
}

enum trkx_status bench_time_both(struct bench *bench, const struct bench_row rows[2], bench_action run,
                                 bench_action same, void *const works[2])
{
    double *all = bench_array(2 * bench->repeat * sizeof *all), *seconds[2] = {all, all + bench->repeat};
    enum trkx_status status = bench_go_on(bench);
    bench_progress(bench, rows[0].part, rows[0].name, "timing");
    for (size_t r = 0; r < bench->repeat; r++)
        for (int way = 0; way < 2 && status == TRKX_OK; way++)
            status = time_once(bench, run, same, works[way], &seconds[way][r]);
    if (status == TRKX_OK) bench_add_both(bench, rows, seconds);
    free(all);
    return status;
}
