/* libFuzzer: whatever the bytes of an event's files, reading them gives a consistent event or an error of one
 * line, and the same in however many parts they are read. The input is the four files (hits, cells, truth,
 * particles), separated by bytes 0x1e; an empty one: no file. Start it with tests/corpus/fuzz_event. */
#include <string.h>

#include "io/event_read.h"
#include "io/tracks_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEPARATOR = 0x1e };

static void require(bool condition)
{
    if (!condition) __builtin_trap();
}

static void check_event(const trkx_event *event)
{
    const trkx_hits *hits = trkx_event_hits(event);
    const trkx_truth *truth = trkx_event_truth(event);
    const trkx_particles *particles = trkx_event_particles(event);
    for (size_t i = 0; i < 3 * hits->count; i++) require(hits->xyz[i] - hits->xyz[i] == 0); /* finite */
    if (hits->cell_begin != NULL) {
        require(hits->cell_begin[0] == 0);
        for (size_t i = 0; i < hits->count; i++) require(hits->cell_begin[i] <= hits->cell_begin[i + 1]);
    }
    if (truth != NULL) require(truth->count == hits->count);
    if (particles != NULL)
        for (size_t i = 0; i < 3 * particles->count; i++)
            require(particles->pxyz[i] - particles->pxyz[i] == 0);
}

/* The same labels come back for every hit that the tracks list; here only that reading them is safe. */
static void read_tracks(const trkx_event *event, const struct trkx_text *text)
{
    const trkx_hits *hits = trkx_event_hits(event);
    int32_t *labels = trkx_allocate(NULL, hits->count, sizeof *labels);
    if (labels != NULL && trkx_tracks_parse(text, "event000001000", hits, labels, NULL) == TRKX_OK)
        for (size_t i = 0; i < hits->count; i++) require(labels[i] >= -1);
    trkx_release(labels);
}

static void check_error(const trkx_error *error, enum trkx_status status)
{
    require(error->status == status && (status == TRKX_ERROR_FORMAT || status == TRKX_ERROR_MEMORY));
    require(memchr(error->message, '\0', sizeof error->message) != NULL);
    require(strpbrk(error->message, "\r\n") == NULL && error->message[0] != '\0');
}

/* Reads the same in small parts. */
static void check_parts(const struct trkx_text *texts, size_t part_size, const trkx_event *event,
                        const trkx_error *error)
{
    trkx_event *again;
    trkx_error other = {0};
    trkx_event_parse("event", texts, 1, part_size, &again, &other);
    require(other.status == error->status && strcmp(other.message, error->message) == 0);
    if (again != NULL) {
        const trkx_hits *hits = trkx_event_hits(event), *same = trkx_event_hits(again);
        require(same->count == hits->count);
        if (hits->count > 0) require(memcmp(same->xyz, hits->xyz, 3 * hits->count * sizeof *hits->xyz) == 0);
    }
    trkx_event_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[TRKX_FILES] = {"hits", "cells", "truth", "particles"};
    struct trkx_text texts[TRKX_FILES] = {{0}};
    trkx_event *event = NULL;
    trkx_error error = {0};
    for (int f = 0; f < TRKX_FILES && size > 0; f++) {
        const uint8_t *separator = memchr(data, SEPARATOR, size);
        size_t length = separator != NULL ? (size_t)(separator - data) : size;
        if (length > 0) trkx_text_copy(names[f], names[f], data, length, &texts[f], NULL);
        data += length + (separator != NULL);
        size -= length + (separator != NULL);
    }
    if (texts[TRKX_FILE_HITS].bytes != NULL) {
        enum trkx_status status = trkx_event_parse("event", texts, 1, TRKX_TABLE_ONE_PART, &event, &error);
        check_parts(texts, 1 + texts[TRKX_FILE_HITS].length % 100, event, &error);
        if (status != TRKX_OK) {
            check_error(&error, status);
            require(event == NULL);
        } else {
            check_event(event);
            if (texts[TRKX_FILE_CELLS].bytes != NULL) read_tracks(event, &texts[TRKX_FILE_CELLS]);
        }
    }
    trkx_event_destroy(event);
    for (int f = 0; f < TRKX_FILES; f++) trkx_text_release(&texts[f]);
    return 0;
}
