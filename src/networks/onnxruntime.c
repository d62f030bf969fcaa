/* Opens ONNX Runtime's interface, and tells the runtime when memory is out. */
#include "networks/onnxruntime.h"

#include <dlfcn.h>

/* An allocation of the runtime's failed on this thread since its last status was looked at. */
static _Thread_local bool memory_refused;

/* The runtime does not look at what an allocator returns: 1.32 writes to a NULL. Its own allocator throws
 * std::bad_alloc instead, which comes back to us as a status. Ours throws the same, by the C++ library that
 * the runtime brings into the process; NULL where there is none (this file is compiled with -fexceptions). */
static void (*throw_bad_alloc)(void);

static void find_bad_alloc(void)
{
    *(void **)&throw_bad_alloc = dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv"); /* std::__throw_bad_alloc */
}

enum trkx_status trkx_ort_open(const OrtApi **api, trkx_error *error)
{
    find_bad_alloc();
    *api = OrtGetApiBase()->GetApi(TRKX_ORT_API);
    if (*api != NULL) return TRKX_OK;
    return trkx_fail(error, TRKX_ERROR_RUNTIME, "ONNX Runtime %s is too old: 1.%d or newer is needed",
                     trkx_runtime_version(), TRKX_ORT_API);
}

void trkx_ort_refuse(void)
{
    memory_refused = true;
    if (throw_bad_alloc != NULL) throw_bad_alloc();
}

bool trkx_ort_refused(void)
{
    bool refused = memory_refused;
    memory_refused = false;
    return refused;
}

const char *trkx_runtime_version(void)
{
    return OrtGetApiBase()->GetVersionString();
}

const void *trkx_ort_address(void)
{
    return OrtGetApiBase();
}
