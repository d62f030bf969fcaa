/* Chooses the number of threads. */
#include "core/threads.h"

#include <omp.h>

enum { ALWAYS = 8 }; /* threads that cost little even if they share a processor */

int trkx_threads(int requested)
{
    int processors = omp_get_num_procs(), most = processors > ALWAYS ? processors : ALWAYS;
    if (requested < 1) return processors;
    return requested < most ? requested : most;
}

int trkx_worthwhile_threads(int threads, size_t work, size_t work_per_thread)
{
    size_t most = 1 + work / work_per_thread;
    return (size_t)threads < most ? threads : (int)most;
}
