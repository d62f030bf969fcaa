/* Reads what the execution provider claims of a network from its report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <trkx.h>

#include "core/memory.h"
#include "io/bytes.h"
#include "networks/session.h"

/* Creates an empty file for the report; NULL if that fails. */
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

/* A line without its end; unclaimed operators are appended to *left, which advances. */
static void read_line(trkx_claims *claims, const char *line, char **left)
{
    size_t nodes = 0, claimed = 0, parts = 0;
    if (sscanf(line, "graph\t%zu\t%zu\t%zu", &nodes, &claimed, &parts) == 3) {
        claims->nodes += nodes;
        claims->claimed += claimed;
        claims->parts += parts;
    } else if (strncmp(line, "left\t", 5) == 0) {
        *left += sprintf(*left, "%s\n", line + 5); /* shorter than the line */
    }
}

/* Parses the report, which ends with a zero byte. */
static enum trkx_status read_report(char *text, size_t length, trkx_claims **result, trkx_error *error)
{
    trkx_claims *claims = trkx_allocate_zero(NULL, 1, sizeof *claims);
    char *left = trkx_allocate_zero(NULL, length + 1, 1), *rest = NULL;
    if (claims == NULL || left == NULL) {
        trkx_release(claims);
        trkx_release(left);
        return trkx_fail_memory(error, "a report", length);
    }
    claims->left = left;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        read_line(claims, line, &left);
    *result = claims;
    return TRKX_OK;
}

static enum trkx_status take_report(const char *path, trkx_claims **claims, trkx_error *error)
{
    void *text = NULL;
    size_t length = 0;
    enum trkx_status status = trkx_bytes_read(path, &text, &length, error);
    if (status != TRKX_OK) return status;
    ((char *)text)[length] = '\0';
    status = read_report(text, length, claims, error);
    trkx_release(text);
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
                           "no file for a report can be created in the directory for temporary "
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
