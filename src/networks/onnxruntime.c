/* Opens ONNX Runtime's interface, and reports out of memory to the runtime. */
#include "networks/onnxruntime.h"

#include <dlfcn.h>

/* An allocation of the runtime has failed on this thread since the last check. */
static _Thread_local bool memory_refused;

/* The runtime does not check what an allocator returns: 1.32 writes to NULL. Its own allocator throws
 * std::bad_alloc instead, which we get back as a status. Ours does the same through the C++ library that the
 * runtime loads; NULL if there is none (this file is compiled with -fexceptions). */
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
