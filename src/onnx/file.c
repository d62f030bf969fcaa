#include "file.h"

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "memory.h"
#include "output.h"
#include "text.h"

/* ---- memory of messages ----------------------------------------------------------------------------- */

/* protobuf-c unpacks messages in messages by recursion, about 1.5 kB of stack each: a file made for it would
 * need all of the stack. Each message starts with an allocation, so the allocator sees how deep it stands. */
enum { STACK_LIMIT = 1 << 20 };

struct parsing {
    const char *bottom; /* of the stack, when it began */
    bool too_deep, out_of_memory;
};

static void *message_alloc(void *data, size_t size)
{
    struct parsing *parsing = data;
    const char *here = __builtin_frame_address(0);
    if (parsing != NULL && parsing->bottom - here > STACK_LIMIT) {
        parsing->too_deep = true;
        return NULL;
    }
    void *block = trkx_allocate(NULL, size, 1);
    if (block == NULL && parsing != NULL) parsing->out_of_memory = true;
    return block;
}

static void message_free(void *data, void *block)
{
    (void)data;
    trkx_release(block);
}

/* ---- reading ---------------------------------------------------------------------------------------- */

static enum trkx_status unpack(const void *bytes, size_t length, struct trkx_onnx *file, trkx_error *error)
{
    struct parsing parsing = {.bottom = __builtin_frame_address(0)};
    ProtobufCAllocator allocator = {message_alloc, message_free, &parsing};
    file->model = onnx__model_proto__unpack(&allocator, length, bytes);
    if (parsing.out_of_memory) return trkx_fail_memory(error, "an ONNX model", length);
    if (parsing.too_deep)
        return trkx_fail(error, TRKX_ERROR_FORMAT, "%s: not an ONNX model: nested too deeply", file->path);
    if (file->model == NULL)
        return trkx_fail(error, TRKX_ERROR_FORMAT, "%s: not an ONNX model, or truncated", file->path);
    if (file->model->graph == NULL)
        return trkx_fail(error, TRKX_ERROR_FORMAT, "%s: not an ONNX model: it has no graph", file->path);
    return TRKX_OK;
}

enum trkx_status trkx_onnx_parse(const void *bytes, size_t length, const char *name, struct trkx_onnx *file,
                                 trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    *file = (struct trkx_onnx){0};
    if ((file->path = trkx_duplicate(name)) == NULL)
        return trkx_fail_memory(error, "a file name", strlen(name));
    file->bytes = length;
    SHA256Data(bytes, length, file->sha256);
    TRKX_CHECK(unpack(bytes, length, file, error));
cleanup:
    if (status != TRKX_OK) trkx_onnx_release(file);
    return status;
}

enum trkx_status trkx_onnx_read(const char *path, struct trkx_onnx *file, trkx_error *error)
{
    struct trkx_text text;
    *file = (struct trkx_onnx){0};
    enum trkx_status status = trkx_text_load(path, "model", NULL, &text, error);
    if (status != TRKX_OK) return status;
    status = trkx_onnx_parse(text.bytes, text.length, path, file, error);
    trkx_text_release(&text);
    return status;
}

void trkx_onnx_release(struct trkx_onnx *file)
{
    ProtobufCAllocator allocator = {message_alloc, message_free, NULL};
    if (file->model != NULL) onnx__model_proto__free_unpacked(file->model, &allocator);
    trkx_release(file->path);
    *file = (struct trkx_onnx){0};
}

/* ---- writing ---------------------------------------------------------------------------------------- */

enum trkx_status trkx_onnx_write(const struct trkx_onnx *file, const char *path, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_output *output = NULL;
    uint8_t *bytes = NULL;
    size_t length = onnx__model_proto__get_packed_size(file->model);
    TRKX_ALLOCATE(bytes, NULL, length, "an ONNX file");
    onnx__model_proto__pack(file->model, bytes);
    TRKX_CHECK(trkx_output_open(path, false, &output, error));
    trkx_output_write(output, bytes, length);
    TRKX_CHECK(trkx_output_commit(output, error));
cleanup:
    trkx_release(bytes);
    return status;
}

enum trkx_status trkx_file_copy(const char *from, const char *to, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_output *output = NULL;
    void *bytes = NULL;
    size_t count = 0;
    TRKX_CHECK(trkx_bytes_read(from, &bytes, &count, error));
    TRKX_CHECK(trkx_output_open(to, false, &output, error));
    trkx_output_write(output, bytes, count);
    TRKX_CHECK(trkx_output_commit(output, error));
cleanup:
    trkx_release(bytes);
    return status;
}

/* ---- operator sets ---------------------------------------------------------------------------------- */

bool trkx_onnx_own_domain(const char *domain)
{
    return domain == NULL || *domain == '\0' || strcmp(domain, "ai.onnx") == 0;
}

int64_t trkx_onnx_opset(const Onnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++)
        if (trkx_onnx_own_domain(model->opset_import[i]->domain)) return model->opset_import[i]->version;
    return 0;
}
