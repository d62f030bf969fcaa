/* trkx model import. */
#ifndef TRKX_PROGRAMS_MODEL_IMPORT_H
#define TRKX_PROGRAMS_MODEL_IMPORT_H

/* Its arguments start with "import"; returns an exit code. */
int command_model_import(int count, char **arguments);

#endif
