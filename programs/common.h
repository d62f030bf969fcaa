/* Shared by the commands: values of options, paths, JSON. Only programs print or exit. */
#ifndef TRKX_PROGRAMS_COMMON_H
#define TRKX_PROGRAMS_COMMON_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#include "programs/messages.h"

/* Values of options. If a value is bad, they print a line that names the option and return false. */
bool get_kernels(const char *text, enum trkx_kernels *value); /* of --kernels */
bool get_method(const char *text, const char **value);        /* of --method, a name of the table */
bool get_size(const char *option, const char *text, size_t low, size_t high, size_t *value);
bool get_int(const char *option, const char *text, int low, int high, int *value);
bool get_double(const char *option, const char *text, double low, double high, double *value);
bool get_bytes(const char *option, const char *text, size_t *value); /* "512M": K, M, G or T of 1024 */
bool get_uint64(const char *option, const char *text, uint64_t *value);

/* The device that networks and steps run on: options of several commands. */
struct device_choice {
    const char *device; /* NULL: the CPU */
    size_t max_memory;
    bool tf32;
};
enum { OPTION_DEVICE = 256, OPTION_MAX_MEMORY, OPTION_TF32 };
#define DEVICE_OPTIONS                                                              \
    {"device", 1, NULL, OPTION_DEVICE}, {"max-memory", 1, NULL, OPTION_MAX_MEMORY}, \
    {                                                                               \
        "tf32", 0, NULL, OPTION_TF32                                                \
    }
#define DEVICE_HELP                                                                                          \
    "  --device DEVICE     cpu; a GPU, cuda:0; several, cuda:0,cuda:1; auto: the first GPU if there is one " \
    "(cpu)\n"                                                                                                \
    "  --max-memory SIZE   per GPU, including the networks: 6G (nine tenths of the free memory)\n"           \
    "  --tf32              let a GPU's networks round the factors of products to 10 bits\n"
bool apply_device(struct device_choice *choice, int option,
                  const char *value); /* false also for another option */
/* Loads a pipeline on that device. Says once if "auto" has chosen the CPU. */
enum trkx_status load_pipeline(const char *bundle, const struct device_choice *choice,
                               const trkx_pipeline_options *options, trkx_pipeline **pipeline,
                               trkx_error *error);
/* Whether a device other than the CPU was requested. */
bool is_on_device(const struct device_choice *choice);
/* Prints and returns false if options of GPUs are given without one. */
bool device_suits(const struct device_choice *choice);

/* A command's options and how they are applied. */
struct command {
    const char *name;
    const struct option *options; /* must contain --help as OPTION_HELP; -h is the same */
    bool (*apply)(void *settings, int option,
                  const char *value); /* prints and returns false on a bad value */
    void (*help)(void);
};
enum { OPTION_HELP = 'h' };
/* Reads the options up to the first other argument, arguments[optind]. Returns -1 to continue, or the
 * program's exit code if there is nothing left to do. */
int read_options(const struct command *command, int count, char **arguments, void *settings);

/* "directory/name" + suffix. Caller frees. Never NULL: if memory runs out, the program exits. */
char *join_path(const char *directory, const char *name, const char *suffix);
void *checked(void *memory);

/* Creates the directory and its parents if missing. Prints and returns false if that fails or no files can be
 * created in it. */
bool make_directory(const char *path);

/* A name or a message as a JSON string. If it is not UTF-8, bytes beyond ASCII become \xNN. */
json_t *text_json(const char *text);

/* Removes a file that was written, when one that belongs with it could not be. Devices, FIFOs and links stay.
 */
void take_back(const char *path);

/* Writes a JSON file, which appears whole or not at all, and releases the value. Prints the reason on
 * failure. */
bool write_json(const char *path, json_t *json);
bool write_json_precisely(const char *path, json_t *json, unsigned digits); /* of fractions */

#endif
