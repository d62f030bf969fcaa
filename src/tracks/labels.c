/* Shared by the methods of track labelling: options, checks of inputs, numbering of tracks. */
#include "tracks/labels.h"

#include <math.h>
#include <string.h>

void trkx_labelling_options_init(trkx_labelling_options *options)
{
    *options = (trkx_labelling_options){.size = sizeof *options, .cut = 0.5f, .min_hits = 3, .threads = 0};
}

trkx_labelling_options trkx_labelling_options_of(const struct trkx_method_task *task)
{
    trkx_labelling_options options;
    trkx_labelling_options_init(&options);
    options.cut = task->cut;
    options.min_hits = task->min_hits;
    options.threads = task->threads;
    return options;
}

enum trkx_status trkx_labels_check_count(size_t n, trkx_error *error)
{
    if (n <= INT32_MAX) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %zu hits, at most %d are possible", n, INT32_MAX);
}

enum trkx_status trkx_labelling_check(size_t n, const trkx_labelling_options *options, trkx_error *error)
{
    if (isnan(options->cut)) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: the cut is not a number");
    if (options->min_hits < 1)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: min_hits is 0, it must be at least 1");
    if (options->threads < 0)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: %d threads", options->threads);
    return trkx_labels_check_count(n, error);
}

enum trkx_status trkx_edges_check(const trkx_edges *edges, size_t n, trkx_error *error)
{
    for (size_t e = 0; e < edges->count; e++)
        if (!trkx_edge_is_valid(edges, e, n))
            return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                             "tracks: edge %zu runs from %lld to %lld, but there are %zu hits", e,
                             (long long)edges->index[e], (long long)edges->index[edges->count + e], n);
    return TRKX_OK;
}

size_t trkx_labels_number(int32_t *labels, size_t n, int32_t *numbers, size_t tracks, size_t min_hits)
{
    int32_t count = 0;
    memset(numbers, 0, (tracks + 1) * sizeof *numbers);
    for (size_t i = 0; i < n; i++) numbers[labels[i]]++;
    for (size_t t = 1; t <= tracks; t++)
        if ((size_t)numbers[t] < min_hits) numbers[t] = 0;
    numbers[0] = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t *number = &numbers[labels[i]];
        if (*number > 0) *number = -++count;
        labels[i] = -*number;
    }
    return (size_t)count;
}

size_t trkx_labels_count(const int32_t *labels, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += labels[i] > 0;
    return count;
}
