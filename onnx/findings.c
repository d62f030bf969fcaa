/* A growing list of findings, and printable names. */
#include "onnx/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/error.h"
#include "core/memory.h"

const char trkx_repair_fixes_it[] = "trkx model repair fixes it";

char *trkx_printable(const char *text)
{
    char *copy = trkx_duplicate(text);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    return copy;
}

static bool reserve(struct trkx_findings *findings)
{
    if (findings->count < findings->capacity) return true;
    size_t capacity = findings->capacity == 0 ? 16 : 2 * findings->capacity;
    struct trkx_finding *grown = findings->list == NULL
                                     ? trkx_allocate(NULL, capacity, sizeof *grown)
                                     : trkx_reallocate(findings->list, capacity, sizeof *grown);
    if (grown == NULL) return false;
    findings->list = grown;
    findings->capacity = capacity;
    return true;
}

void trkx_findings_add(struct trkx_findings *findings, enum trkx_severity severity, const char *kind,
                       const char *node, const char *advice, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct trkx_finding finding = {severity, kind, trkx_printable(node), trkx_printable(text), advice};
    if (finding.node != NULL && finding.text != NULL && reserve(findings)) {
        findings->list[findings->count++] = finding;
    } else {
        trkx_release(finding.node);
        trkx_release(finding.text);
        findings->out_of_memory = true;
    }
}

size_t trkx_findings_of(const struct trkx_findings *findings, enum trkx_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) count += findings->list[i].severity == severity;
    return count;
}

enum trkx_status trkx_findings_status(const struct trkx_findings *findings, trkx_error *error)
{
    return findings->out_of_memory ? trkx_fail_memory(error, "findings", sizeof *findings->list) : TRKX_OK;
}

void trkx_findings_release(struct trkx_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        trkx_release(findings->list[i].node);
        trkx_release(findings->list[i].text);
    }
    trkx_release(findings->list);
    *findings = (struct trkx_findings){0};
}
