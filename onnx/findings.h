/* What a check found, or a repair changed: a list that grows. */
#ifndef TRKX_ONNX_FINDINGS_H
#define TRKX_ONNX_FINDINGS_H

#include "trkx.h"

enum trkx_severity {
    TRKX_CHANGE,  /* of a repair */
    TRKX_NOTE,    /* what the model is, with nothing to mend */
    TRKX_WARNING, /* it may work, but not as one would think */
    TRKX_FAULT    /* it does not load, or gives wrong results */
};

struct trkx_finding {
    enum trkx_severity severity;
    const char *kind;   /* a word for scripts: "scatter", "fixed-axis", ...; static */
    char *node;         /* name of the node, tensor or axis; "" where it is the model */
    char *text;         /* what is the matter */
    const char *advice; /* what to do; static; "" where the text says it all */
};

/* Zero-initialise. Running out of memory is kept until trkx_findings_status. */
struct trkx_findings {
    struct trkx_finding *list; /* [count] */
    size_t count, capacity;
    bool out_of_memory;
};

extern const char trkx_repair_mends_it[]; /* the advice for what trkx_onnx_repair mends */

/* Adds one; names may hold anything, what does not print is replaced. */
void trkx_findings_add(struct trkx_findings *findings, enum trkx_severity severity, const char *kind,
                       const char *node, const char *advice, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* How many of this severity. */
size_t trkx_findings_of(const struct trkx_findings *findings, enum trkx_severity severity);
/* Errors: MEMORY, where it ran out on the way. */
enum trkx_status trkx_findings_status(const struct trkx_findings *findings, trkx_error *error);
void trkx_findings_release(struct trkx_findings *findings);

/* A copy of a text out of a file, one printable byte for each of its bytes, trkx_allocate'd; NULL without
 * memory. */
char *trkx_printable(const char *text);

#endif
