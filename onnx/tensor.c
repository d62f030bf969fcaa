/* Reads the numbers of constant tensors. */
#include "onnx/tensor.h"

#include <math.h>
#include <string.h>

enum {
    FLOAT = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
    FLOAT16 = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
    DOUBLE = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
    BFLOAT16 = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16
};

static const struct {
    const char *name;
    size_t size;
} types[] = {{"?", 0},           {"float32", 4}, {"uint8", 1},  {"int8", 1},   {"uint16", 2},
             {"int16", 2},       {"int32", 4},   {"int64", 8},  {"string", 0}, {"bool", 1},
             {"float16", 2},     {"float64", 8}, {"uint32", 4}, {"uint64", 8}, {"complex64", 8},
             {"complex128", 16}, {"bfloat16", 2}};

static int known_type(int type)
{
    return type >= 0 && (size_t)type < sizeof types / sizeof *types ? type : 0;
}

const char *trkx_onnx_type_name(int type)
{
    return types[known_type(type)].name;
}

size_t trkx_onnx_elements(const Onnx__TensorProto *tensor)
{
    size_t elements = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        if (tensor->dims[i] <= 0) return 0;
        if ((size_t)tensor->dims[i] > SIZE_MAX / 16 / elements) return 0;
        elements *= (size_t)tensor->dims[i];
    }
    return elements;
}

size_t trkx_onnx_tensor_bytes(const Onnx__TensorProto *tensor)
{
    return trkx_onnx_elements(tensor) * types[known_type(tensor->data_type)].size;
}

/* ---- encodings -------------------------------------------------------------------------------------- */

/* Number of elements in its list, if it has no bytes. Narrow types are in the int32 list. */
static size_t listed(const Onnx__TensorProto *tensor)
{
    switch (tensor->data_type) {
    case FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX64: return tensor->n_float_data;
    case DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX128: return tensor->n_double_data;
    case INT64: return tensor->n_int64_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64: return tensor->n_uint64_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__STRING: return tensor->n_string_data;
    default: return tensor->n_int32_data;
    }
}

static bool complex_type(int type)
{
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX64 ||
           type == ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX128;
}

bool trkx_onnx_tensor_external(const Onnx__TensorProto *tensor)
{
    return tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL ||
           tensor->n_external_data > 0;
}

bool trkx_onnx_tensor_complete(const Onnx__TensorProto *tensor)
{
    if (trkx_onnx_tensor_external(tensor)) return true;
    if (tensor->has_raw_data && tensor->raw_data.len > 0)
        return types[known_type(tensor->data_type)].size == 0 ||
               tensor->raw_data.len == trkx_onnx_tensor_bytes(tensor);
    return listed(tensor) == trkx_onnx_elements(tensor) * (complex_type(tensor->data_type) ? 2 : 1);
}

/* The bytes of the elements if complete and of a type with its own list; otherwise NULL. */
static const void *elements_of(const Onnx__TensorProto *tensor)
{
    if (trkx_onnx_tensor_external(tensor) || !trkx_onnx_tensor_complete(tensor)) return NULL;
    if (tensor->has_raw_data && tensor->raw_data.len > 0) return tensor->raw_data.data;
    switch (tensor->data_type) {
    case FLOAT: return tensor->float_data;
    case DOUBLE: return tensor->double_data;
    case INT32: return tensor->int32_data;
    case INT64: return tensor->int64_data;
    default: return NULL;
    }
}

/* ---- values ----------------------------------------------------------------------------------------- */

int trkx_onnx_tensor_integers(const Onnx__TensorProto *tensor, int64_t *values, int capacity)
{
    const char *bytes = elements_of(tensor);
    size_t count = trkx_onnx_elements(tensor);
    bool wide = tensor->data_type == INT64;
    if ((!wide && tensor->data_type != INT32) || count > (size_t)capacity) return -1;
    if (bytes == NULL) return count == 0 ? 0 : -1;
    for (size_t i = 0; i < count; i++) {
        int32_t narrow = 0;
        if (wide) {
            memcpy(&values[i], bytes + i * sizeof *values, sizeof *values);
        } else {
            memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow);
            values[i] = narrow;
        }
    }
    return (int)count;
}

bool trkx_onnx_tensor_floats(const Onnx__TensorProto *tensor, float *values)
{
    const void *bytes = elements_of(tensor);
    if (tensor->data_type != FLOAT || bytes == NULL) return false;
    memcpy(values, bytes, trkx_onnx_elements(tensor) * sizeof *values);
    return true;
}

bool trkx_onnx_tensor_zero(const Onnx__TensorProto *tensor)
{
    const unsigned char *bytes = elements_of(tensor);
    size_t count = trkx_onnx_tensor_bytes(tensor);
    if (bytes == NULL || count == 0) return false;
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0) return false;
    return true;
}

/* A 16-bit float with an exponent of all ones is infinite, or NaN if its fraction is not 0. */
static double widened(uint16_t bits, uint16_t exponent, uint16_t rest)
{
    if ((bits & exponent) != exponent) return 0;
    return (bits & rest) != 0 ? (double)NAN : (double)INFINITY;
}

static double element_at(const char *bytes, int type, size_t i)
{
    float single = 0;
    double wide = 0;
    uint16_t half = 0;
    switch (type) {
    case FLOAT: memcpy(&single, bytes + i * sizeof single, sizeof single); return (double)single;
    case DOUBLE: memcpy(&wide, bytes + i * sizeof wide, sizeof wide); return wide;
    default: memcpy(&half, bytes + i * sizeof half, sizeof half);
    }
    return type == FLOAT16 ? widened(half, 0x7c00, 0x03ff) : widened(half, 0x7f80, 0x007f);
}

void trkx_onnx_tensor_spoilt(const Onnx__TensorProto *tensor, size_t *nans, size_t *infinities)
{
    const char *bytes = elements_of(tensor);
    int type = tensor->data_type;
    bool floats = type == FLOAT || type == DOUBLE || type == FLOAT16 || type == BFLOAT16;
    size_t count = bytes != NULL && floats ? trkx_onnx_elements(tensor) : 0;
    *nans = *infinities = 0;
    for (size_t i = 0; i < count; i++) {
        double value = element_at(bytes, type, i);
        if (isnan(value)) ++*nans;
        if (isinf(value)) ++*infinities;
    }
}
