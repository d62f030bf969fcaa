/* Reads and writes ONNX files, and the data in files beside them. */
#include "onnx/file.h"

#include <sha2.h>
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "io/bytes.h"
#include "io/output.h"
#include "io/text.h"
#include "io/wire.h"
#include "onnx/tensor.h"

/* ---- nesting ---------------------------------------------------------------------------------------- */

/* protobuf-c unpacks nested messages recursively, with 1.5 kB of stack per level. The limit is ONNX
 * Runtime's, so that no usable model is refused; it is checked in the bytes beforehand, with an explicit
 * stack. */
enum { LEVELS = 100 };

struct level {
    struct trkx_bytes rest;
    const ProtobufCMessageDescriptor *kind;
};

static const ProtobufCMessageDescriptor *kind_within(const ProtobufCMessageDescriptor *kind, uint32_t number)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(kind, number);
    return field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

enum shape { SOUND, NOT_A_MODEL, TOO_DEEP };

static enum shape look_through(const uint8_t *bytes, size_t length)
{
    struct level levels[LEVELS] = {{{bytes, length}, &onnx__model_proto__descriptor}};
    for (size_t depth = 1; depth > 0;) {
        struct level *level = &levels[depth - 1];
        struct trkx_field field;
        if (level->rest.left == 0) {
            depth--;
            continue;
        }
        if (!trkx_take_field(&level->rest, &field)) return NOT_A_MODEL;
        const ProtobufCMessageDescriptor *within =
            field.wire == TRKX_BYTES ? kind_within(level->kind, (uint32_t)field.number) : NULL;
        if (within == NULL) continue;
        if (depth == LEVELS) return TOO_DEEP;
        levels[depth++] = (struct level){field.bytes, within};
    }
    return SOUND;
}

/* ---- memory of messages ----------------------------------------------------------------------------- */

static void *message_alloc(void *data, size_t size)
{
    bool *out_of_memory = data;
    void *block = trkx_allocate(NULL, size, 1);
    if (block == NULL && out_of_memory != NULL) *out_of_memory = true;
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
    bool out_of_memory = false;
    ProtobufCAllocator allocator = {message_alloc, message_free, &out_of_memory};
    enum shape shape = look_through(bytes, length);
    if (shape == TOO_DEEP)
        return trkx_fail(error, TRKX_ERROR_FORMAT,
                         "%s: not an ONNX model: nested too deeply (%d levels at most, as in ONNX Runtime)",
                         file->path, LEVELS);
    if (shape == SOUND) file->model = onnx__model_proto__unpack(&allocator, length, bytes);
    if (out_of_memory) return trkx_fail_memory(error, "an ONNX model", length);
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

/* ---- data in other files ---------------------------------------------------------------------------- */

static void drop_entries(Onnx__TensorProto *tensor)
{
    ProtobufCAllocator allocator = {message_alloc, message_free, NULL};
    for (size_t i = 0; i < tensor->n_external_data; i++)
        onnx__string_string_entry_proto__free_unpacked(tensor->external_data[i], &allocator);
    trkx_release(tensor->external_data);
    tensor->external_data = NULL;
    tensor->n_external_data = 0;
    tensor->has_data_location = 0;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
}

static enum trkx_status take_in(Onnx__TensorProto *tensor, const struct trkx_external *data,
                                const struct trkx_external_part *part, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    uint8_t *bytes = NULL;
    TRKX_ALLOCATE(bytes, NULL, part->length, "a tensor");
    memcpy(bytes, (const char *)data->files[part->file].bytes + part->offset, part->length);
    trkx_release(tensor->raw_data.data);
    tensor->raw_data = (ProtobufCBinaryData){part->length, bytes};
    tensor->has_raw_data = 1;
    drop_entries(tensor);
cleanup:
    return status;
}

static enum trkx_status take_all_in(struct trkx_onnx *file, trkx_error *error)
{
    enum trkx_status status = TRKX_OK;
    const Onnx__GraphProto *graph = file->model->graph;
    size_t part = 0;
    for (size_t i = 0; i < graph->n_initializer; i++)
        if (trkx_onnx_tensor_external(graph->initializer[i]) && part < file->data.parts_count)
            TRKX_CHECK(take_in(graph->initializer[i], &file->data, &file->data.parts[part++], error));
    for (size_t i = 0; i < file->data.count; i++) {
        trkx_release(file->data.files[i].bytes);
        file->data.files[i].bytes = NULL;
    }
cleanup:
    return status;
}

/* If it cannot be read, the model can still be described. */
static enum trkx_status read_data(const struct trkx_text *text, struct trkx_onnx *file, trkx_error *error)
{
    trkx_error why;
    enum trkx_status status =
        trkx_external_read(file->path, text->bytes, text->length, NULL, &file->data, &why);
    if (status == TRKX_OK) return take_all_in(file, error);
    if (status == TRKX_ERROR_MEMORY) return trkx_fail(error, status, "%s", why.message);
    file->left_outside = trkx_duplicate(why.message);
    return file->left_outside != NULL ? TRKX_OK : trkx_fail_memory(error, "a message", strlen(why.message));
}

enum trkx_status trkx_onnx_read(const char *path, struct trkx_onnx *file, trkx_error *error)
{
    struct trkx_text text;
    *file = (struct trkx_onnx){0};
    enum trkx_status status = trkx_text_load(path, "model", NULL, &text, error);
    if (status != TRKX_OK) return status;
    status = trkx_onnx_parse(text.bytes, text.length, path, file, error);
    if (status == TRKX_OK) {
        status = read_data(&text, file, error);
        if (status != TRKX_OK) trkx_onnx_release(file);
    }
    trkx_text_release(&text);
    return status;
}

void trkx_onnx_release(struct trkx_onnx *file)
{
    ProtobufCAllocator allocator = {message_alloc, message_free, NULL};
    if (file->model != NULL) onnx__model_proto__free_unpacked(file->model, &allocator);
    trkx_external_release(&file->data);
    trkx_release(file->left_outside);
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
    if (length > INT32_MAX)
        return trkx_fail(error, TRKX_ERROR_MODEL,
                         "%s: has %zu bytes with its weights inside; readers of ONNX accept at most 2 GB",
                         file->path, length);
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
