/* Tracks from files in the TrackML format. */
#include "io/tracks_read.h"

#include <string.h>

#include "core/row_index.h"
#include "io/event.h"
#include "io/table.h"

/* The rows of a file of tracks. */
struct track_rows {
    int64_t *hit_id, *event_id;
    int32_t *track_id;
    int32_t *labels; /* [hits], -1: not listed */
    size_t count;
};

/* All rows have to be of one event, and of this one if its number is known. */
static enum trkx_status check_events(const struct trkx_text *text, const char *event,
                                     const struct track_rows *tracks, trkx_error *error)
{
    int64_t number;
    const char *end;
    bool known = trkx_event_number(event, &number, &end) && *end == '\0';
    for (size_t i = 0; i < tracks->count; i++) {
        long long first = (long long)tracks->event_id[0], id = (long long)tracks->event_id[i];
        if (known && id != number)
            return trkx_text_fail(text, trkx_table_line(text, i), error, "event_id %lld, but the event is %s",
                                  id, event);
        if (id != first)
            return trkx_text_fail(text, trkx_table_line(text, i), error,
                                  "several events: event_id %lld after %lld", id, first);
    }
    return TRKX_OK;
}

static enum trkx_status read_tracks(const struct trkx_text *text, const char *event,
                                    struct track_rows *tracks, trkx_error *error)
{
    enum trkx_status status;
    struct trkx_table table;
    trkx_table_open(text, TRKX_TABLE_ONE_PART, &table);
    size_t rows = tracks->count = table.rows;
    TRKX_ALLOCATE(tracks->hit_id, NULL, rows, "tracks");
    TRKX_ALLOCATE(tracks->event_id, NULL, rows, "tracks");
    TRKX_ALLOCATE(tracks->track_id, NULL, rows, "tracks");
    struct trkx_column columns[] = {
        {"hit_id", TRKX_COLUMN_INT64, tracks->hit_id, sizeof *tracks->hit_id, false, false},
        {"track_id", TRKX_COLUMN_INT32, tracks->track_id, sizeof *tracks->track_id, false, false},
        {"event_id", TRKX_COLUMN_INT64, tracks->event_id, sizeof *tracks->event_id, true, false},
    };
    TRKX_CHECK(trkx_table_read(&table, columns, 3, error));
    if (columns[2].found) TRKX_CHECK(check_events(text, event, tracks, error));
cleanup:
    return status;
}

static enum trkx_status label_hits(const struct trkx_text *text, const struct trkx_index *index,
                                   struct track_rows *tracks, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    TRKX_ALLOCATE(tracks->labels, NULL, index->count, "labels");
    for (size_t i = 0; i < index->count; i++) tracks->labels[i] = -1;
    for (size_t i = 0; i < tracks->count; i++) {
        size_t hit = trkx_index_near(index, tracks->hit_id[i], i);
        const char *wrong =
            hit == TRKX_NO_ROW ? "is not among the hits; is this the file of another event?" : NULL;
        if (wrong == NULL && tracks->labels[hit] >= 0) wrong = "is repeated";
        if (wrong == NULL && tracks->track_id[i] < 0) wrong = "has a negative track_id";
        if (wrong != NULL)
            TRKX_CHECK(trkx_text_fail(text, trkx_table_line(text, i), error, "hit_id %lld %s",
                                      (long long)tracks->hit_id[i], wrong));
        tracks->labels[hit] = tracks->track_id[i];
    }
cleanup:
    return status;
}

enum trkx_status trkx_tracks_parse(const struct trkx_text *text, const char *event, const trkx_hits *hits,
                                   int32_t *labels, trkx_error *error)
{
    struct track_rows tracks = {0};
    struct trkx_index index = {0};
    size_t twins[2];
    enum trkx_status status;
    TRKX_CHECK(trkx_index_build(NULL, hits->hit_id, hits->count, &index, twins, error));
    if (twins[1] != TRKX_NO_ROW)
        TRKX_CHECK(trkx_fail(error, TRKX_ERROR_ARGUMENT, "tracks: hit_id %lld is repeated in the hits",
                             (long long)hits->hit_id[twins[1]]));
    TRKX_CHECK(read_tracks(text, event, &tracks, error));
    TRKX_CHECK(label_hits(text, &index, &tracks, error));
    for (size_t i = 0; i < hits->count; i++) labels[i] = tracks.labels[i];
cleanup:
    trkx_release(index.slots);
    trkx_release(tracks.hit_id);
    trkx_release(tracks.event_id);
    trkx_release(tracks.track_id);
    trkx_release(tracks.labels);
    return status;
}

static enum trkx_status read_file(const char *path, const char *event, const trkx_hits *hits, int32_t *labels,
                                  trkx_error *error)
{
    struct trkx_text text;
    enum trkx_status status = trkx_text_load(path, "tracks", NULL, &text, error);
    if (status == TRKX_OK) status = trkx_tracks_parse(&text, event, hits, labels, error);
    trkx_text_release(&text);
    return status;
}

enum trkx_status trkx_tracks_read(const char *path, const trkx_hits *hits, int32_t *labels, trkx_error *error)
{
    enum trkx_status status = read_file(path, NULL, hits, labels, error);
    for (size_t i = 0; i < hits->count && status == TRKX_OK; i++) labels[i] = labels[i] < 0 ? 0 : labels[i];
    return status;
}

enum trkx_status trkx_tracks_read_event(const char *path, const trkx_event *event, int32_t *labels,
                                        trkx_error *error)
{
    return read_file(path, trkx_event_name(event), trkx_event_hits(event), labels, error);
}
