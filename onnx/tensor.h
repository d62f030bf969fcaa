/* The contents of a constant tensor of an ONNX model, in either of its two encodings. */
#ifndef TRKX_ONNX_TENSOR_H
#define TRKX_ONNX_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <onnx.pb-c.h>

/* "float32"; "?" for an unknown type. */
const char *trkx_onnx_type_name(int type);

/* Number of elements from its extents; 0 if they make no sense (negative, larger than memory). */
size_t trkx_onnx_elements(const Onnx__TensorProto *tensor);
/* Bytes of its elements in memory; 0 for strings and unknown types. */
size_t trkx_onnx_tensor_bytes(const Onnx__TensorProto *tensor);

/* True if its number of elements matches its extents, or they are in another file. */
bool trkx_onnx_tensor_complete(const Onnx__TensorProto *tensor);
bool trkx_onnx_tensor_external(const Onnx__TensorProto *tensor);

/* The elements of an int64 or int32 tensor, at most `capacity`. Returns their number, -1 for any other
 * tensor. */
int trkx_onnx_tensor_integers(const Onnx__TensorProto *tensor, int64_t *values, int capacity);
/* The elements of a float32 tensor into values[elements]; false for any other tensor. */
bool trkx_onnx_tensor_floats(const Onnx__TensorProto *tensor, float *values);

/* True if every element is 0. */
bool trkx_onnx_tensor_zero(const Onnx__TensorProto *tensor);
/* Number of NaN and of infinite elements; of float types. */
void trkx_onnx_tensor_spoilt(const Onnx__TensorProto *tensor, size_t *nans, size_t *infinities);

#endif
