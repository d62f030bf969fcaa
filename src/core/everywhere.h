/* Functions shared with the GPU's code: they run on the processor and on the device, with bit-identical
 * results. */
#ifndef TRKX_CORE_EVERYWHERE_H
#define TRKX_CORE_EVERYWHERE_H

#if defined(__CUDACC__)
#define TRKX_EVERYWHERE __host__ __device__
#else
#define TRKX_EVERYWHERE
#endif

#endif
