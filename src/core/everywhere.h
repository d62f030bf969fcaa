/* Functions that the GPU's code shares: they run on the processor and on the device, with the same bits. */
#ifndef TRKX_CORE_EVERYWHERE_H
#define TRKX_CORE_EVERYWHERE_H

#if defined(__CUDACC__)
#define TRKX_EVERYWHERE __host__ __device__
#else
#define TRKX_EVERYWHERE
#endif

#endif
