/* Doing what a plan says, on the threads of whoever calls. */
#ifndef TRKX_EP_RUN_H
#define TRKX_EP_RUN_H

#include <pthread.h>

#include "ep/plan.h"

/* Scratch memory for as many threads as were ever at work at once; it is kept from run to run. Thread-safe.
 */
struct ep_scratch;
struct ep_scratch_pool {
    pthread_mutex_t lock;
    struct ep_scratch *free;
};

void ep_scratch_free(struct ep_scratch_pool *pool);

/* A tensor of the caller's: of its inputs as they lie, of its outputs as they are wanted, both in row-major
 * order. */
struct ep_tensor {
    void *data;
    enum ep_element element;
};

/* Of int64 or int32. */
static inline int64_t ep_tensor_integer(const struct ep_tensor *tensor, int64_t place)
{
    return tensor->element == EP_INT64 ? ((const int64_t *)tensor->data)[place]
                                       : ((const int32_t *)tensor->data)[place];
}

struct ep_run {
    const struct ep_plan *plan;
    const struct ep_kernels *kernels;
    struct ep_scratch_pool *pool;
    const struct ep_tensor *inputs; /* [graph's inputs] */
    void *const *outputs;           /* [graph's outputs] of columns, else not looked at */
    char *memory;                   /* [plan->bytes] 64-byte aligned */
    /* calls function(data, 0) ... function(data, count - 1), in any order, on any threads; returns after the
     * last */
    void (*parallel)(void *context, void (*function)(void *data, size_t number), size_t count, void *data);
    void *context;
};

/* EP_REASON_NONE, or why it stopped, with a message. Outputs do not depend on the threads. */
enum ep_reason ep_run(const struct ep_run *run, char *message, size_t size);

#endif
