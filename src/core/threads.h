/* Threads: OpenMP, asked for by number. */
#ifndef TRKX_CORE_THREADS_H
#define TRKX_CORE_THREADS_H

#include <stddef.h>

/* What is requested, but no more than the processors that this process may use, or 8 where these are fewer. Less
 * than 1: as many as there are processors. */
int trkx_threads(int requested);

/* threads, or fewer where each would get less than work_per_thread of the work; at least 1. */
int trkx_worthwhile_threads(int threads, size_t work, size_t work_per_thread);

/* For a function that makes tasks and does nothing else. LLVM's runtime gives the memory of a task that has
 * ended to the next one; ThreadSanitizer, which does not see into the runtime, takes what the maker writes
 * there for a race. What the tasks do is checked. */
#define TRKX_MAKES_TASKS __attribute__((no_sanitize_thread))

#endif
