/* The emulated runtime's hooks for tests. */
#ifndef TRKX_GPU_HOST_RUNTIME_H
#define TRKX_GPU_HOST_RUNTIME_H

namespace runtime
{

long fail_after(long after); /* see for_tests.h */
long alive();

} // namespace runtime

#endif
