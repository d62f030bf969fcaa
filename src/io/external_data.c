/* Finds the files with a model's data by walking through the model, and reads and checks them. */
#include "io/external_data.h"

#include <limits.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "io/bytes.h"
#include "io/wire.h"

/* ---- where tensors are in a model (onnx.proto) ------------------------------------------------------- */

enum kind { NONE, MODEL, GRAPH, TRAINING, FUNCTION, NODE, ATTRIBUTE, SPARSE, TENSOR, KINDS };

static const struct {
    uint64_t number;
    enum kind kind;
} members[KINDS][6] = {
    [MODEL] = {{7, GRAPH}, {20, TRAINING}, {25, FUNCTION}},
    [GRAPH] = {{1, NODE}, {5, TENSOR}, {15, SPARSE}},
    [TRAINING] = {{1, GRAPH}, {2, GRAPH}},
    [FUNCTION] = {{7, NODE}, {11, ATTRIBUTE}},
    [NODE] = {{5, ATTRIBUTE}},
    [ATTRIBUTE] = {{5, TENSOR}, {6, GRAPH}, {10, TENSOR}, {11, GRAPH}, {22, SPARSE}, {23, SPARSE}},
    [SPARSE] = {{1, TENSOR}, {2, TENSOR}},
};

static enum kind kind_of(enum kind message, const struct trkx_field *field)
{
    if (field->wire != TRKX_BYTES) return NONE;
    for (int i = 0; i < 6; i++)
        if (members[message][i].number == field->number) return members[message][i].kind;
    return NONE;
}

/* ---- a tensor ---------------------------------------------------------------------------------------- */

enum { TENSOR_DIMS = 1, TENSOR_TYPE = 2, TENSOR_NAME = 8, TENSOR_DATA = 13, TENSOR_LOCATION = 14 };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

struct tensor {
    struct trkx_bytes name, location, offset, length;
    uint64_t type;
    uint64_t elements;
    bool external;
    bool sound; /* its entries are known and not repeated, and it has valid extents */
};

/* Bits of an element, by enum DataType; 0: no fixed size. */
static const uint8_t type_bits[] = {0,  32,  8,  8, 16, 16, 32, 64, 0, 8, 16, 64, 32, 64,
                                    64, 128, 16, 8, 8,  8,  8,  4,  4, 4, 8,  2,  2};

static bool is_text(const struct trkx_bytes *bytes, const char *text)
{
    return bytes->left == strlen(text) && memcmp(bytes->at, text, bytes->left) == 0;
}

static bool read_entry(struct trkx_bytes entry, struct tensor *tensor)
{
    struct trkx_bytes key = {0}, value = {0};
    struct trkx_field field;
    while (entry.left > 0) {
        if (!trkx_take_field(&entry, &field)) return false;
        if (field.wire == TRKX_BYTES && field.number == ENTRY_KEY) key = field.bytes;
        if (field.wire == TRKX_BYTES && field.number == ENTRY_VALUE) value = field.bytes;
    }
    struct trkx_bytes *into = is_text(&key, "location") ? &tensor->location
                              : is_text(&key, "offset") ? &tensor->offset
                              : is_text(&key, "length") ? &tensor->length
                                                        : NULL;
    bool passed_over = is_text(&key, "checksum"); /* SHA-1 of the file, written by some exporters */
    tensor->sound &= passed_over || (into != NULL && into->at == NULL && value.at != NULL);
    if (into != NULL) *into = value;
    return true;
}

static void count_extent(struct tensor *tensor, uint64_t extent)
{
    bool fits =
        extent <= INT64_MAX && (extent == 0 || tensor->elements <= (uint64_t)INT64_MAX / 128 / extent);
    tensor->sound &= fits;
    if (fits) tensor->elements *= extent;
}

static bool read_extents(struct trkx_bytes packed, struct tensor *tensor)
{
    uint64_t extent = 0;
    while (packed.left > 0) {
        if (!trkx_take_varint(&packed, &extent)) return false;
        count_extent(tensor, extent);
    }
    return true;
}

static bool read_tensor(struct trkx_bytes message, struct tensor *tensor)
{
    struct trkx_field field;
    *tensor = (struct tensor){.elements = 1, .sound = true};
    while (message.left > 0) {
        if (!trkx_take_field(&message, &field)) return false;
        bool bytes = field.wire == TRKX_BYTES, number = field.wire == TRKX_VARINT;
        if (number && field.number == TENSOR_DIMS) count_extent(tensor, field.value);
        if (bytes && field.number == TENSOR_DIMS && !read_extents(field.bytes, tensor)) return false;
        if (number && field.number == TENSOR_TYPE) tensor->type = field.value;
        if (bytes && field.number == TENSOR_NAME) tensor->name = field.bytes;
        if (number && field.number == TENSOR_LOCATION) tensor->external |= field.value != 0;
        if (bytes && field.number == TENSOR_DATA) {
            tensor->external = true;
            if (!read_entry(field.bytes, tensor)) return false;
        }
    }
    return true;
}

/* ---- the walk ---------------------------------------------------------------------------------------- */

struct walk {
    const char *path; /* of the model */
    const struct trkx_data_list *list;
    struct trkx_external *external;
    trkx_error *error;
};

/* For messages. */
enum { MOST_SHOWN = 100 };
#define SHOWN(bytes) (int)((bytes).left < MOST_SHOWN ? (bytes).left : MOST_SHOWN), (const char *)(bytes).at

static enum trkx_status refuse(const struct walk *walk, const struct tensor *tensor, const char *cause)
{
    return trkx_fail(walk->error, TRKX_ERROR_MODEL, "%s: tensor %.*s: its data in another file (\"%.*s\") %s",
                     walk->path, SHOWN(tensor->name), SHOWN(tensor->location), cause);
}

static bool is_file_name(const struct trkx_bytes *name)
{
    return name->left > 0 && name->left <= NAME_MAX && memchr(name->at, '/', name->left) == NULL &&
           memchr(name->at, '\0', name->left) == NULL && !is_text(name, ".") && !is_text(name, "..");
}

/* Decimal digits; empty is 0. */
static bool read_number(const struct trkx_bytes *text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text->left; i++) {
        if (text->at[i] < '0' || text->at[i] > '9' || *number > UINT64_MAX / 10 - 1) return false;
        *number = *number * 10 + (uint64_t)(text->at[i] - '0');
    }
    return true;
}

static enum trkx_status check_part(const struct walk *walk, const struct tensor *tensor,
                                   const struct trkx_external_file *file, struct trkx_external_part *part)
{
    uint64_t offset = 0, length = 0;
    bool numbers = read_number(&tensor->offset, &offset) && read_number(&tensor->length, &length);
    unsigned bits = tensor->type < sizeof type_bits ? type_bits[tensor->type] : 0;
    uint64_t needed = (tensor->elements * bits + 7) / 8;
    if (!numbers) return refuse(walk, tensor, "has an invalid offset or length");
    if (bits == 0) return refuse(walk, tensor, "is of a type that cannot have any");
    if (tensor->length.at != NULL && length != needed)
        return refuse(walk, tensor, "has a length that does not match its shape");
    if (offset > file->length || needed > file->length - offset)
        return refuse(walk, tensor, "goes beyond the end of that file");
    part->offset = (size_t)offset;
    part->length = (size_t)needed;
    return TRKX_OK;
}

/* ---- files ------------------------------------------------------------------------------------------- */

static const char *digest_of(const struct trkx_data_list *list, const struct trkx_bytes *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_text(name, list->files[i].name)) return list->files[i].sha256;
    return NULL;
}

/* Links may lead to other places in the directory, but not out of it. */
static bool is_inside(const char *path, const char *directory)
{
    char file[PATH_MAX], around[PATH_MAX];
    if (realpath(path, file) == NULL || realpath(directory, around) == NULL)
        return true; /* reading it reports the problem */
    size_t length = strlen(around);
    return strncmp(file, around, length) == 0 && (file[length] == '/' || length == 1);
}

static enum trkx_status read_file(const struct walk *walk, const struct tensor *tensor,
                                  struct trkx_external_file *file)
{
    const char *directory = walk->external->directory;
    size_t size = strlen(directory) + tensor->location.left + 2;
    enum trkx_status status = TRKX_OK;
    trkx_error *error = walk->error;
    char *path = NULL;
    TRKX_ALLOCATE(path, NULL, size, "a path");
    snprintf(path, size, "%s/%.*s", directory, (int)tensor->location.left, (const char *)tensor->location.at);
    if (!is_inside(path, directory)) {
        status = refuse(walk, tensor, "is outside the model's directory, through a link");
        goto cleanup;
    }
    TRKX_CHECK(trkx_bytes_read(path, &file->bytes, &file->length, error));
    SHA256Data(file->bytes, file->length, file->sha256);
cleanup:
    trkx_release(path);
    return status;
}

/* A list with room for one more, which is full if its length is a power of two; NULL if out of memory,
 * leaving the list unchanged. */
static void *grown(void *list, size_t count, size_t size)
{
    if (list == NULL) return trkx_allocate(NULL, 1, size);
    return (count & (count - 1)) == 0 ? trkx_reallocate(list, 2 * count, size) : list;
}

static enum trkx_status add_file(const struct walk *walk, const struct tensor *tensor)
{
    enum trkx_status status = TRKX_OK;
    trkx_error *error = walk->error;
    struct trkx_external *external = walk->external;
    const struct trkx_bytes *name = &tensor->location;
    const char *digest = walk->list == NULL ? NULL : digest_of(walk->list, name);
    if (walk->list != NULL && digest == NULL)
        return refuse(walk, tensor, "has no checksum: list it under \"data\" in bundle.json");
    struct trkx_external_file *files = grown(external->files, external->count, sizeof *files);
    if (files == NULL) return trkx_fail_memory(error, "a list of files", sizeof *files);
    struct trkx_external_file *file = &files[external->count++];
    external->files = files;
    *file = (struct trkx_external_file){0};
    TRKX_ALLOCATE(file->name, NULL, name->left + 1, "a name");
    snprintf(file->name, name->left + 1, "%.*s", (int)name->left, (const char *)name->at);
    TRKX_CHECK(read_file(walk, tensor, file));
    if (digest != NULL && strcmp(digest, file->sha256) != 0)
        status =
            trkx_fail(error, TRKX_ERROR_MODEL, "%s: its data, %s: SHA-256 is %s, but bundle.json says %s",
                      walk->path, file->name, file->sha256, digest);
cleanup:
    return status;
}

/* Its index, or the number of files. */
static size_t find_file(const struct trkx_external *external, const struct trkx_bytes *name)
{
    size_t i = 0;
    while (i < external->count && !is_text(name, external->files[i].name)) i++;
    return i;
}

static enum trkx_status add_part(const struct walk *walk, const struct tensor *tensor)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_external *external = walk->external;
    struct trkx_external_part part = {.file = find_file(external, &tensor->location)};
    if (part.file == external->count) TRKX_CHECK(add_file(walk, tensor));
    TRKX_CHECK(check_part(walk, tensor, &external->files[part.file], &part));
    struct trkx_external_part *parts = grown(external->parts, external->parts_count, sizeof *parts);
    if (parts == NULL) return trkx_fail_memory(walk->error, "a list of tensors", sizeof *parts);
    external->parts = parts;
    parts[external->parts_count++] = part;
cleanup:
    return status;
}

/* `own`: an initializer of the model's main graph, the only kind for which ONNX Runtime accepts data from
 * memory. */
static enum trkx_status visit_tensor(const struct walk *walk, const struct tensor *tensor, bool own)
{
    if (!tensor->external) return TRKX_OK;
    if (!own)
        return refuse(walk, tensor,
                      "is not that of an initializer of the main graph: save it inside the model");
    if (!tensor->sound) return refuse(walk, tensor, "has repeated, unknown or unterminated entries");
    if (!is_file_name(&tensor->location)) return refuse(walk, tensor, "is not in a file beside the model");
    return add_part(walk, tensor);
}

/* Nested messages: protobuf's own limit; model, graph, tensor. */
enum { DEEPEST = 100, OWN_INITIALIZER = 2 };

static enum trkx_status malformed(const struct walk *walk)
{
    return trkx_fail(walk->error, TRKX_ERROR_MODEL, "%s: not an ONNX model, or truncated", walk->path);
}

static enum trkx_status visit(const struct walk *walk, struct trkx_bytes message, enum kind kind, int depth)
{
    enum trkx_status status = TRKX_OK;
    struct trkx_field field;
    if (depth > DEEPEST)
        return trkx_fail(walk->error, TRKX_ERROR_MODEL, "%s: not an ONNX model: nested too deeply",
                         walk->path);
    if (kind == TENSOR) {
        struct tensor tensor;
        return read_tensor(message, &tensor) ? visit_tensor(walk, &tensor, depth == OWN_INITIALIZER)
                                             : malformed(walk);
    }
    while (message.left > 0 && status == TRKX_OK) {
        if (!trkx_take_field(&message, &field)) return malformed(walk);
        enum kind part = kind_of(kind, &field);
        if (part != NONE) status = visit(walk, field.bytes, part, depth + 1);
    }
    return status;
}

static enum trkx_status check_use(const struct walk *walk)
{
    for (size_t i = 0; walk->list != NULL && i < walk->list->count; i++) {
        const char *name = walk->list->files[i].name;
        const struct trkx_bytes bytes = {(const uint8_t *)name, strlen(name)};
        if (find_file(walk->external, &bytes) == walk->external->count)
            return trkx_fail(walk->error, TRKX_ERROR_MODEL,
                             "%s: has no data in %s, although bundle.json lists it", walk->path, name);
    }
    return TRKX_OK;
}

/* The path without its last part. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = trkx_duplicate(slash == NULL ? "." : path);
    if (directory != NULL && slash != NULL) directory[slash == path ? 1 : slash - path] = '\0';
    return directory;
}

enum trkx_status trkx_external_read(const char *path, const void *model, size_t length,
                                    const struct trkx_data_list *list, struct trkx_external *external,
                                    trkx_error *error)
{
    const struct walk walk = {path, list, external, error};
    *external = (struct trkx_external){.directory = directory_of(path)};
    if (external->directory == NULL) return trkx_fail_memory(error, "a path", strlen(path));
    enum trkx_status status = visit(&walk, (struct trkx_bytes){model, length}, MODEL, 0);
    if (status == TRKX_OK) status = check_use(&walk);
    if (status != TRKX_OK) trkx_external_release(external);
    return status;
}

void trkx_external_release(struct trkx_external *external)
{
    for (size_t i = 0; i < external->count; i++) {
        trkx_release(external->files[i].name);
        trkx_release(external->files[i].bytes);
    }
    trkx_release(external->files);
    trkx_release(external->parts);
    trkx_release(external->directory);
    *external = (struct trkx_external){0};
}
