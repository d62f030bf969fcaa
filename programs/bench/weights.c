/* How many weights the matrices of a network have: what its arithmetic is at least. An ONNX file is a
 * protobuf message; of onnx.proto only ModelProto.graph, GraphProto.initializer and TensorProto's dims and
 * data_type are looked at. */
#include <stdlib.h>
#include <string.h>

#include "programs/bench/bench.h"

/* The content of a message: at <= end. */
struct message {
    const unsigned char *at, *end;
};

struct field {
    unsigned number;
    uint64_t value;         /* of a number */
    struct message content; /* of anything else; empty for numbers */
};

/* Wire types of protobuf. */
enum { NUMBER = 0, FIXED64 = 1, CONTENT = 2, FIXED32 = 5 };

static bool read_number(struct message *message, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; message->at < message->end && shift < 64; shift += 7) {
        unsigned char byte = *message->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return true;
    }
    return false;
}

/* The next field; false at the end, and where the message is not one. */
static bool next_field(struct message *message, struct field *field)
{
    uint64_t tag = 0, length = 0;
    *field = (struct field){0};
    if (!read_number(message, &tag)) return false;
    field->number = (unsigned)(tag >> 3);
    switch (tag & 7) {
    case NUMBER: return read_number(message, &field->value);
    case FIXED64: length = 8; break;
    case FIXED32: length = 4; break;
    case CONTENT:
        if (!read_number(message, &length)) return false;
        break;
    default: return false;
    }
    if (length > (uint64_t)(message->end - message->at)) return false;
    field->content = (struct message){message->at, message->at + length};
    message->at += length;
    return true;
}

/* Elements of a tensor that is a float32 matrix, else 0. */
static double matrix_size(struct message tensor)
{
    enum { DIMS = 1, DATA_TYPE = 2, FLOAT = 1 };
    double elements = 1;
    int rank = 0;
    bool is_float = false;
    for (struct field field; next_field(&tensor, &field);) {
        if (field.number == DATA_TYPE) is_float = field.value == FLOAT;
        if (field.number != DIMS) continue;
        do { /* one number, or several packed into one field */
            if (field.content.at != NULL && !read_number(&field.content, &field.value)) return 0;
            elements *= (double)field.value;
            rank++;
        } while (field.content.at < field.content.end);
    }
    return is_float && rank == 2 ? elements : 0;
}

static double matrices_size(struct message model)
{
    enum { GRAPH = 7, INITIALIZER = 5 };
    double weights = 0;
    for (struct field graph; next_field(&model, &graph);)
        for (struct field part; graph.number == GRAPH && next_field(&graph.content, &part);)
            if (part.number == INITIALIZER) weights += matrix_size(part.content);
    return weights;
}

/* The file of a network, by bundle.json; NULL where that is not as it should be. Caller frees. */
static char *network_path(const char *bundle, enum trkx_network network)
{
    static const char *const names[] = {
        [TRKX_NETWORK_EMBEDDING] = "embedding", [TRKX_NETWORK_FILTER] = "filter", [TRKX_NETWORK_GNN] = "gnn"};
    char *path = join_path(bundle, "bundle.json", "");
    json_t *json = json_load_file(path, 0, NULL);
    const char *file = json_string_value(json_object_get(json_object_get(json, names[network]), "file"));
    free(path);
    path = file != NULL ? join_path(bundle, file, "") : NULL;
    json_decref(json);
    return path;
}

double bench_weights(const char *bundle, enum trkx_network network)
{
    char *path = network_path(bundle, network);
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;
    double weights = 0;
    free(path);
    if (file == NULL) return 0;
    if (fseek(file, 0, SEEK_END) == 0 && ftell(file) > 0) {
        size_t size = (size_t)ftell(file);
        unsigned char *bytes = bench_array(size);
        rewind(file);
        if (fread(bytes, 1, size, file) == size)
            weights = matrices_size((struct message){bytes, bytes + size});
        free(bytes);
    }
    fclose(file);
    return weights;
}
