/* Executes a plan on the caller's threads. */
#ifndef TRKX_EP_RUN_H
#define TRKX_EP_RUN_H

#include <pthread.h>

#include "ep/plan.h"
#include "ep/tensor.h"

/* Scratch memory for as many threads as ever ran at once; kept between runs. Thread-safe.
 */
struct ep_scratch;
struct ep_scratch_pool {
    pthread_mutex_t lock;
    struct ep_scratch *free;
};

void ep_scratch_free(struct ep_scratch_pool *pool);

struct ep_run {
    const struct ep_plan *plan;
    const struct ep_kernels *kernels;
    struct ep_scratch_pool *pool;
    const struct ep_tensor *inputs; /* [graph's inputs] */
    void *const *outputs;           /* [graph's outputs] those of columns; others are not used */
    char *memory;                   /* [plan->bytes] 64-byte aligned */
    /* calls function(data, 0) ... function(data, count - 1), in any order, on any threads; returns after the
     * last */
    void (*parallel)(void *context, void (*function)(void *data, size_t number), size_t count, void *data);
    void *context;
};

/* EP_REASON_NONE, or the reason for stopping, with a message. Outputs do not depend on the threads. */
enum ep_reason ep_run(const struct ep_run *run, char *message, size_t size);

#endif
