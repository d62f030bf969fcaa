/* Reads an event for a pipeline: the parts its bundle uses, and the truth if it can be used. */
#include <string.h>

#include "features/table.h"
#include "io/event.h"
#include "io/event_read.h"
#include "pipeline/clock.h"
#include "pipeline/needs.h"
#include "pipeline/parts.h"

/* Truth and particles if they exist; cells only if the bundle uses them. */
static unsigned parts_wanted(const trkx_pipeline *pipeline)
{
    unsigned parts = TRKX_EVENT_TRUTH | TRKX_EVENT_PARTICLES | TRKX_EVENT_OPTIONAL;
    bool cells = (trkx_bundle_needs(&pipeline->bundle) & TRKX_NEEDS_CELLS) != 0;
    return cells ? parts | TRKX_EVENT_CELLS : parts;
}

/* If the event can be read only without its particles file, it is not compared with the truth: particles
 * start at the vertices in that file. */
static enum trkx_status read_event(const trkx_pipeline *pipeline, const char *prefix, trkx_event **event,
                                   trkx_error *error)
{
    trkx_error wrong;
    unsigned parts = parts_wanted(pipeline);
    const struct trkx_column_names further = {pipeline->bundle.columns, pipeline->bundle.columns_count};
    enum trkx_status status =
        trkx_event_read_in(pipeline->events, prefix, parts, pipeline->threads, &further, event, &wrong);
    if (status != TRKX_ERROR_FORMAT && status != TRKX_ERROR_IO)
        return status == TRKX_OK ? TRKX_OK : trkx_fail(error, status, "%s", wrong.message);
    parts &= ~(unsigned)TRKX_EVENT_PARTICLES;
    status = trkx_event_read_in(pipeline->events, prefix, parts, pipeline->threads, &further, event, error);
    if (status != TRKX_OK) return status;
    (*event)->truth_note = trkx_duplicate(wrong.message);
    if ((*event)->truth_note != NULL) return TRKX_OK;
    trkx_event_destroy(*event);
    *event = NULL;
    return trkx_fail_memory(error, "a note", strlen(wrong.message));
}

enum trkx_status trkx_pipeline_read(const trkx_pipeline *pipeline, const char *prefix, trkx_event **event,
                                    trkx_error *error)
{
    trkx_step_record reading = {.step = TRKX_STEP_HITS};
    trkx_clock_start(&reading, pipeline->threads);
    enum trkx_status status = read_event(pipeline, prefix, event, error);
    if (status == TRKX_ERROR_MEMORY) trkx_fail_in_event(error, prefix); /* the others name a file */
    if (status != TRKX_OK) return status;
    trkx_clock_stop(&reading, pipeline->threads);
    reading.peak_bytes = (*event)->peak_bytes;
    (*event)->reading = reading;
    return TRKX_OK;
}
