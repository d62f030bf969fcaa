/* What the execution provider says of a network: it writes a report, which is read here. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trkx.h>

#include "bytes.h"
#include "memory.h"
#include "ort.h"

/* An empty file of its own for the report; NULL where there is none to be had. */
static char *make_report(void)
{
    const char *directory = getenv("TMPDIR");
    if (directory == NULL || *directory == '\0') directory = "/tmp";
    size_t size = strlen(directory) + sizeof "/trkx-report-XXXXXX";
    char *path = trkx_allocate(NULL, size, 1);
    if (path == NULL) return NULL;
    snprintf(path, size, "%s/trkx-report-XXXXXX", directory);
    int file = mkstemp(path);
    if (file >= 0) {
        close(file);
        return path;
    }
    trkx_release(path);
    return NULL;
}

static void read_line(trkx_claims *claims, const char *line, size_t *length)
{
    size_t nodes = 0, claimed = 0, parts = 0;
    if (sscanf(line, "graph\t%zu\t%zu\t%zu", &nodes, &claimed, &parts) == 3) {
        claims->nodes += nodes;
        claims->claimed += claimed;
        claims->parts += parts;
    } else if (strncmp(line, "left\t", 5) == 0) {
        size_t count = strlen(line + 5);
        memcpy(claims->left + *length, line + 5, count + 1);
        *length += count;
    }
}

/* claims->left has room for the whole of the report. */
static void read_report(trkx_claims *claims, FILE *file)
{
    char line[512];
    size_t length = 0;
    while (fgets(line, sizeof line, file) != NULL) read_line(claims, line, &length);
}

static enum trkx_status take_report(const char *path, trkx_claims **result, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    trkx_claims *claims = NULL;
    FILE *file = fopen(path, "r");
    if (file == NULL) return trkx_fail(error, TRKX_ERROR_IO, "%s: the report cannot be read", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    claims = trkx_allocate_zero(NULL, 1, sizeof *claims);
    if (claims != NULL) claims->left = trkx_allocate_zero(NULL, (size_t)(size < 0 ? 0 : size) + 1, 1);
    if (claims == NULL || claims->left == NULL) {
        trkx_claims_destroy(claims);
        claims = NULL;
        status = trkx_fail_memory(error, "a report", (size_t)size);
    } else {
        read_report(claims, file);
    }
    fclose(file);
    *result = claims;
    return status;
}

enum trkx_status trkx_claims_read(const char *model, trkx_claims **claims, trkx_error *error)
{
    void *bytes = NULL;
    struct trkx_session_spec spec = {.file = model, .threads = 1, .kernels = TRKX_KERNELS_TRKX};
    *claims = NULL;
    enum trkx_status status = trkx_bytes_read(model, &bytes, &spec.model_bytes, error);
    if (status != TRKX_OK) return status;
    char *report = make_report();
    spec.model = bytes;
    spec.report = report;
    if (report == NULL)
        status = trkx_fail(error, TRKX_ERROR_IO,
                           "no file for a report can be made in the directory for temporary "
                           "files (TMPDIR)");
    if (status == TRKX_OK) status = trkx_session_report(&spec, error);
    if (status == TRKX_OK) status = take_report(report, claims, error);
    if (report != NULL) unlink(report);
    trkx_release(report);
    trkx_release(bytes);
    return status;
}

void trkx_claims_destroy(trkx_claims *claims)
{
    if (claims == NULL) return;
    trkx_release(claims->left);
    trkx_release(claims);
}
