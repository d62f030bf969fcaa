#include "parallel.h"

#include <omp.h>

int trkx_threads(int requested)
{
    return requested >= 1 ? requested : omp_get_num_procs();
}

int trkx_worthwhile_threads(int threads, size_t work, size_t work_per_thread)
{
    size_t most = 1 + work / work_per_thread;
    return (size_t)threads < most ? threads : (int)most;
}
