/* trkx model: describes, checks, repairs and imports ONNX models. */
#ifndef TRKX_PROGRAMS_MODEL_MODEL_H
#define TRKX_PROGRAMS_MODEL_MODEL_H

/* Its arguments start with its own name; returns an exit code. */
int command_model(int count, char **arguments);

#endif
