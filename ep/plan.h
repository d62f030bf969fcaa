/* A plan: a program in passes over blocks of rows, with a place for every column, for a run to follow. */
#ifndef TRKX_EP_PLAN_H
#define TRKX_EP_PLAN_H

#include "ep/program.h"

/* A buffer of a run. Buffers that are not needed at the same time share memory. */
struct ep_buffer {
    size_t bytes, offset;
    int first, last; /* passes that need it; -1: from before the first */
    int shares;      /* buffer whose memory it reuses in place, or -1 */
};

enum ep_place { EP_SCRATCH, EP_CONSTANTS, EP_BUFFER };

/* The place of a column of the current block: slots of scratch and constants are EP_ROWS floats; a buffer
 * contains the `width` columns of one op, block by block. */
struct ep_column {
    enum ep_place place;
    int number; /* slot, constant or buffer */
    int column, width;
};

struct ep_moving {
    int column;  /* among the pass's */
    size_t step; /* floats to the next block */
};

struct ep_instruction {
    enum ep_operation kind;
    const struct ep_op *op;
    int in, out;          /* first of its inputs and of its outputs among the pass's columns */
    const float *weights; /* packed */
};

struct ep_pass {
    int64_t rows;
    struct ep_instruction *instructions;
    struct ep_column *columns;
    struct ep_moving *moving; /* those in buffers, whose address changes with the block */
    size_t instructions_count, columns_count, moving_count;
    int slots; /* of scratch */
};

/* Rows of a view: in a buffer, or an input of the graph if its layout fits. */
struct ep_stored_view {
    int buffer; /* -1: not used */
    size_t stride;
    bool streams; /* larger than the caches */
};

struct ep_prepared_index {
    int buffer; /* int32 [count]; -1: not used */
    int groups; /* buffers of begins [range + 1] and order [count] if rows are summed by it, or -1 */
    int order;
};

struct ep_plan {
    const struct ep_program *program;
    struct ep_pass *passes;
    struct ep_buffer *buffers;
    struct ep_stored_view *views;      /* [program's] */
    struct ep_prepared_index *indices; /* [program's] */
    const float *constants;            /* [constants, EP_ROWS] */
    size_t passes_count, buffers_count;
    size_t bytes; /* of all buffers, shared */
};

struct ep_plan *ep_plan_make(struct ep_program *program);

#endif
