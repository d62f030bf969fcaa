/* Creates pipelines: of one bundle, or of the default bundles, of which each run takes the first that its
 * hits suit. The first of these is loaded at once, the others when hits need them. */
#include "pipeline/choice.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "core/options.h"
#include "pipeline/defaults.h"
#include "pipeline/load.h"
#include "pipeline/needs.h"

/* The next default bundle, with the pipeline's options. */
struct trkx_next {
    size_t which;
    trkx_pipeline_options options;
    char *detectors, *device, *method; /* strings of the options */
    pthread_mutex_t lock;              /* of: */
    trkx_pipeline *pipeline;           /* NULL: not loaded yet */
};

/* ---- creating --------------------------------------------------------------------------------------- */

static enum trkx_status keep_text(const char **option, char **text, trkx_error *error)
{
    if (*option == NULL) return TRKX_OK;
    *text = trkx_duplicate(*option);
    if (*text == NULL) return trkx_fail_memory(error, "an option", strlen(*option));
    *option = *text;
    return TRKX_OK;
}

static void next_destroy(struct trkx_next *next)
{
    if (next == NULL) return;
    trkx_pipeline_destroy(next->pipeline);
    pthread_mutex_destroy(&next->lock);
    trkx_release(next->detectors);
    trkx_release(next->device);
    trkx_release(next->method);
    trkx_release(next);
}

static enum trkx_status next_create(size_t which, const trkx_pipeline_options *options,
                                    struct trkx_next **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_next *next = trkx_allocate_zero(NULL, 1, sizeof *next);
    if (next == NULL) return trkx_fail_memory(error, "a pipeline", sizeof *next);
    pthread_mutex_init(&next->lock, NULL);
    next->which = which;
    next->options = *options;
    TRKX_CHECK(keep_text(&next->options.detectors, &next->detectors, error));
    TRKX_CHECK(keep_text(&next->options.device, &next->device, error));
    TRKX_CHECK(keep_text(&next->options.method, &next->method, error));
    *result = next;
    next = NULL;
cleanup:
    next_destroy(next);
    return status;
}

static enum trkx_status create_default(size_t which, const trkx_pipeline_options *options,
                                       trkx_pipeline **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_pipeline *pipeline = NULL;
    char *bundle = NULL;
    TRKX_CHECK(trkx_default_bundle(which, &bundle, error));
    TRKX_CHECK(trkx_pipeline_load(bundle, options, &pipeline, error));
    if (trkx_default_name(which + 1) != NULL)
        TRKX_CHECK(next_create(which + 1, options, &pipeline->next, error));
    *result = pipeline;
    pipeline = NULL;
cleanup:
    trkx_pipeline_destroy(pipeline);
    trkx_release(bundle);
    return status;
}

enum trkx_status trkx_pipeline_create(const char *bundle, const trkx_pipeline_options *given,
                                      trkx_pipeline **pipeline, trkx_error *error)
{
    trkx_pipeline_options options;
    *pipeline = NULL;
    trkx_pipeline_options_init(&options);
    enum trkx_status status = trkx_options_take("pipeline", given, &options, sizeof options, error);
    if (status != TRKX_OK) return status;
    return bundle == NULL ? create_default(0, &options, pipeline, error)
                          : trkx_pipeline_load(bundle, &options, pipeline, error);
}

void trkx_pipeline_destroy(trkx_pipeline *pipeline)
{
    if (pipeline != NULL) next_destroy(pipeline->next);
    trkx_pipeline_unload(pipeline);
}

/* ---- choosing --------------------------------------------------------------------------------------- */

static enum trkx_status follow(struct trkx_next *next, const trkx_pipeline **pipeline, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    pthread_mutex_lock(&next->lock);
    if (next->pipeline == NULL) status = create_default(next->which, &next->options, &next->pipeline, error);
    *pipeline = next->pipeline;
    pthread_mutex_unlock(&next->lock);
    return status;
}

enum trkx_status trkx_fail_lacking(const char *step, const struct trkx_bundle *bundle, const char *what,
                                   const trkx_hits *hits, trkx_error *error)
{
    const char *file = strcmp(what, "cells") == 0 ? " (of a TrackML event: the file -cells.csv)" : "";
    const char *other = trkx_default_for(hits);
    char advice[128] = "";
    if (other != NULL)
        snprintf(advice, sizeof advice, "; for these hits there is the bundle %s (trkx run --bundle %s)",
                 other, other);
    return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                     "%s: the bundle %.500s needs the hits' %s, which %s missing%s%s", step,
                     bundle->directory, what, strncmp(what, "column ", 7) == 0 ? "is" : "are", file, advice);
}

enum trkx_status trkx_pipeline_choose(const trkx_pipeline **pipeline, const trkx_hits *hits, char *note,
                                      trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    char what[TRKX_CHOICE_NOTE - sizeof "no "];
    *note = '\0';
    while (trkx_bundle_lacks(&(*pipeline)->bundle, (*pipeline)->detector != NULL, hits, what, sizeof what)) {
        struct trkx_next *next = (*pipeline)->next;
        if (next == NULL) return trkx_fail_lacking("run", &(*pipeline)->bundle, what, hits, error);
        if (*note == '\0') snprintf(note, TRKX_CHOICE_NOTE, "no %s", what);
        TRKX_CHECK(follow(next, pipeline, error));
    }
cleanup:
    return status;
}
