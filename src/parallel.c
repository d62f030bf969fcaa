#include "parallel.h"

#include <omp.h>

int trkx_threads(int requested)
{
    return requested >= 1 ? requested : omp_get_num_procs();
}
