/* Changes to a model's messages, in memory that trkx_onnx_release frees. */
#ifndef TRKX_ONNX_EDIT_H
#define TRKX_ONNX_EDIT_H

#include "onnx/graph.h"

/* A model being changed. New names do not occur in the original graph. */
struct trkx_edit {
    Onnx__ModelProto *model;
    const struct trkx_onnx_graph *names;
    size_t made_up;
};

/* "trkx_<what>_<number>" into name[size]. */
void trkx_edit_name(struct trkx_edit *edit, const char *what, char *name, size_t size);

/* All may fail with MEMORY, and then leave the model unchanged. */
enum trkx_status trkx_edit_text(char **text, const char *value, trkx_error *error);
enum trkx_status trkx_edit_set_string(Onnx__NodeProto *node, const char *name, const char *value,
                                      trkx_error *error);
enum trkx_status trkx_edit_set_integer(Onnx__NodeProto *node, const char *name, int64_t value,
                                       trkx_error *error);
void trkx_edit_drop_attribute(Onnx__NodeProto *node, const char *name);

/* Sets input i of the node to this value; missing inputs before it are omitted (""). */
enum trkx_status trkx_edit_set_input(Onnx__NodeProto *node, size_t i, const char *name, trkx_error *error);

/* Adds a constant tensor [count] of int64, or a single float32, and writes its name into name[size]. */
enum trkx_status trkx_edit_add_integers(struct trkx_edit *edit, const char *what, const int64_t *values,
                                        size_t count, char *name, size_t size, trkx_error *error);
enum trkx_status trkx_edit_add_float(struct trkx_edit *edit, const char *what, float value, char *name,
                                     size_t size, trkx_error *error);

/* Adds a node with one output before another node of the graph. `second` may be NULL. */
enum trkx_status trkx_edit_insert(struct trkx_edit *edit, const Onnx__NodeProto *before,
                                  const char *operator_name, const char *first, const char *second,
                                  const char *output, trkx_error *error);

/* Makes an extent of a declared type dynamic, under this name. */
enum trkx_status trkx_edit_free_axis(Onnx__TypeProto__Tensor *type, int axis, const char *name,
                                     trkx_error *error);
/* Drops the shapes that the file declares for values inside the graph: hints that a change may invalidate. */
void trkx_edit_drop_hints(Onnx__GraphProto *proto);

#endif
