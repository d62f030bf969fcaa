/* Loads libtrkx_cuda, opens the devices of a pipeline, and lends them to its runs. */
#include "pipeline/devices.h"

#include <ctype.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "networks/library.h"
#include "networks/session.h"

enum { MOST = 64 }; /* most devices of one pipeline */

struct trkx_devices {
    void *library;
    const trkx_cuda_table *cuda;
    trkx_cuda_device description; /* of the first */
    size_t count;
    struct trkx_gpu devices[MOST];
    pthread_mutex_t lock; /* of `lent` */
    pthread_cond_t returned;
};

/* ---- the library ------------------------------------------------------------------------------------ */

static const struct trkx_library LIBRARY = {
    "libtrkx_cuda.so", "TRKX_CUDA_LIBRARY",
    "build trkx with the CUDA toolkit installed (docs/device.md), or choose the device cpu",
    TRKX_ERROR_DEVICE};

/* Loads the library at a path; *devices owns it, also on failure. */
static enum trkx_status take_table(struct trkx_devices *devices, const char *path, trkx_error *error)
{
    trkx_cuda_interface_fn *interface = NULL;
    devices->library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (devices->library == NULL)
        return trkx_fail(error, TRKX_ERROR_DEVICE, "%s: cannot be loaded: %s", path, dlerror());
    *(void **)&interface = dlsym(devices->library, TRKX_CUDA_INTERFACE);
    if (interface == NULL)
        return trkx_fail(error, TRKX_ERROR_DEVICE, "%s: is not libtrkx_cuda: it has no " TRKX_CUDA_INTERFACE,
                         path);
    devices->cuda = interface(TRKX_CUDA_VERSION);
    if (devices->cuda == NULL || devices->cuda->size < sizeof *devices->cuda)
        return trkx_fail(error, TRKX_ERROR_DEVICE,
                         "%s: is from a different version of trkx: build and install both together", path);
    return TRKX_OK;
}

static enum trkx_status load_library(struct trkx_devices *devices, trkx_error *error)
{
    char *path = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_library_find(&LIBRARY, &path, error));
    TRKX_CHECK(take_table(devices, path, error));
cleanup:
    trkx_release(path);
    return status;
}

/* ---- opening ---------------------------------------------------------------------------------------- */

/* Parses "cuda:N" at *text and advances it; -1 if invalid. */
static int read_name(const char **text)
{
    static const char prefix[] = "cuda:";
    char *end = NULL;
    if (strncmp(*text, prefix, sizeof prefix - 1) != 0) return -1;
    const char *digits = *text + sizeof prefix - 1;
    if (!isdigit((unsigned char)*digits)) return -1;
    long number = strtol(digits, &end, 10);
    if (number > INT16_MAX) return -1;
    *text = end;
    return (int)number;
}

/* The numbers [MOST] of all named devices. What is wrong, or NULL. */
static const char *read_names(const char *names, int *numbers, size_t *count)
{
    for (*count = 0;;) {
        int number = read_name(&names);
        if (number < 0 || (*names != ',' && *names != '\0'))
            return "is not cpu, auto, cuda:N or cuda:N,cuda:M,...";
        if (*count == MOST) return "names more than 64 devices";
        numbers[(*count)++] = number;
        if (*names++ == '\0') return NULL;
    }
}

const char *trkx_devices_wrong(const char *names)
{
    int numbers[MOST];
    size_t count;
    return read_names(names, numbers, &count);
}

static enum trkx_status note_names(const char *names, struct trkx_devices *devices, trkx_error *error)
{
    int numbers[MOST];
    const char *wrong = read_names(names, numbers, &devices->count);
    if (wrong != NULL) return trkx_fail(error, TRKX_ERROR_ARGUMENT, "device \"%s\" %s", names, wrong);
    for (size_t i = 0; i < devices->count; i++) devices->devices[i].device.number = numbers[i];
    return TRKX_OK;
}

static size_t times_named(const struct trkx_devices *devices, int number)
{
    size_t times = 0;
    for (size_t i = 0; i < devices->count; i++) times += devices->devices[i].device.number == number;
    return times;
}

/* Memory outside the budget (the program's code on the device, the networks' work space for products) comes
 * from the remaining tenth. */
static enum trkx_status open_gpu(struct trkx_devices *devices, struct trkx_gpu *gpu,
                                 const struct trkx_devices_spec *spec, trkx_error *error)
{
    const trkx_cuda_table *cuda = devices->cuda;
    struct trkx_device *device = &gpu->device;
    trkx_cuda_device description;
    size_t budget = spec->max_memory;
    enum trkx_status status = cuda->describe(device->number, &description, error);
    if (status != TRKX_OK) return status;
    if (gpu == devices->devices) devices->description = description;
    if (budget == 0) budget = description.free_memory / 10 * 9 / times_named(devices, device->number);
    status = cuda->open(device->number, budget, &device->context, error);
    if (status != TRKX_OK) return status;
    device->tf32 = spec->tf32;
    device->host = cuda->host;
    device->stream = cuda->stream(device->context);
    device->allocate = cuda->backend.allocate;
    device->release = cuda->backend.release;
    gpu->backend = &cuda->backend;
    return TRKX_OK;
}

enum trkx_status trkx_devices_open(const struct trkx_devices_spec *spec, struct trkx_devices **result,
                                   trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    int there = 0;
    *result = NULL;
    struct trkx_devices *devices = trkx_allocate_zero(NULL, 1, sizeof *devices);
    if (devices == NULL) return trkx_fail_memory(error, "devices", sizeof *devices);
    pthread_mutex_init(&devices->lock, NULL);
    pthread_cond_init(&devices->returned, NULL);
    TRKX_CHECK(note_names(spec->names, devices, error));
    TRKX_CHECK(load_library(devices, error));
    TRKX_CHECK(devices->cuda->count_devices(&there, error));
    for (size_t i = 0; i < devices->count; i++)
        TRKX_CHECK(open_gpu(devices, &devices->devices[i], spec, error));
    *result = devices;
    devices = NULL;
cleanup:
    trkx_devices_close(devices);
    return status;
}

void trkx_devices_close(struct trkx_devices *devices)
{
    if (devices == NULL) return;
    for (size_t i = 0; i < devices->count; i++) {
        struct trkx_gpu *gpu = &devices->devices[i];
        for (int n = 0; n < TRKX_NETWORKS; n++) trkx_session_destroy(gpu->sessions[n]);
        if (gpu->device.context != NULL) devices->cuda->close(gpu->device.context);
    }
    if (devices->library != NULL) dlclose(devices->library);
    pthread_cond_destroy(&devices->returned);
    pthread_mutex_destroy(&devices->lock);
    trkx_release(devices);
}

size_t trkx_devices_count(const struct trkx_devices *devices)
{
    return devices->count;
}

struct trkx_gpu *trkx_devices_at(struct trkx_devices *devices, size_t i)
{
    return &devices->devices[i];
}

const char *trkx_devices_description(const struct trkx_devices *devices)
{
    return devices->description.name;
}

/* ---- lending ---------------------------------------------------------------------------------------- */

static struct trkx_gpu *find_free(struct trkx_devices *devices)
{
    for (size_t i = 0; i < devices->count; i++)
        if (!devices->devices[i].lent) return &devices->devices[i];
    return NULL;
}

struct trkx_gpu *trkx_devices_lend(struct trkx_devices *devices)
{
    struct trkx_gpu *gpu = NULL;
    pthread_mutex_lock(&devices->lock);
    while ((gpu = find_free(devices)) == NULL) pthread_cond_wait(&devices->returned, &devices->lock);
    gpu->lent = true;
    pthread_mutex_unlock(&devices->lock);
    return gpu;
}

void trkx_devices_return(struct trkx_devices *devices, struct trkx_gpu *gpu)
{
    pthread_mutex_lock(&devices->lock);
    gpu->lent = false;
    pthread_cond_signal(&devices->returned);
    pthread_mutex_unlock(&devices->lock);
}
