/* A growing list of what a check found or a repair changed. */
#ifndef TRKX_ONNX_FINDINGS_H
#define TRKX_ONNX_FINDINGS_H

#include "trkx.h"

enum trkx_severity {
    TRKX_CHANGE,  /* of a repair */
    TRKX_NOTE,    /* what the model is; not a fault */
    TRKX_WARNING, /* it may work, but not as expected */
    TRKX_FAULT    /* it cannot be loaded, or gives wrong results */
};

struct trkx_finding {
    enum trkx_severity severity;
    const char *kind;   /* a word for scripts: "scatter", "fixed-axis", ...; static */
    char *node;         /* name of the node, tensor or axis; "" for the model */
    char *text;         /* what is wrong */
    const char *advice; /* what to do; static; or "" */
};

/* Zero-initialise. Out of memory is remembered until trkx_findings_status. */
struct trkx_findings {
    struct trkx_finding *list; /* [count] */
    size_t count, capacity;
    bool out_of_memory;
};

extern const char trkx_repair_fixes_it[]; /* the advice for what trkx_onnx_repair repairs */

/* Adds one; unprintable bytes of names are replaced. */
void trkx_findings_add(struct trkx_findings *findings, enum trkx_severity severity, const char *kind,
                       const char *node, const char *advice, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Number of findings of this severity. */
size_t trkx_findings_of(const struct trkx_findings *findings, enum trkx_severity severity);
/* Errors: MEMORY, if it ran out while adding. */
enum trkx_status trkx_findings_status(const struct trkx_findings *findings, trkx_error *error);
void trkx_findings_release(struct trkx_findings *findings);

/* A copy of a text from a file, a printable byte for each of its bytes, from trkx_allocate; NULL if out of
 * memory. */
char *trkx_printable(const char *text);

#endif
