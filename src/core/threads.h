/* Numbers of OpenMP threads. */
#ifndef TRKX_CORE_THREADS_H
#define TRKX_CORE_THREADS_H

#include <stddef.h>

/* The requested number, but at most the processors available to this process, or 8 if they are fewer. Less
 * than 1: all processors. */
int trkx_threads(int requested);

/* threads, or fewer so that each gets at least work_per_thread of the work; at least 1. */
int trkx_worthwhile_threads(int threads, size_t work, size_t work_per_thread);

/* For a function that only creates tasks. LLVM's runtime reuses the memory of a finished task for the next
 * one; ThreadSanitizer does not see into the runtime and takes the creator's writes for a race. The tasks
 * themselves are checked. */
#define TRKX_MAKES_TASKS __attribute__((no_sanitize_thread))

#endif
