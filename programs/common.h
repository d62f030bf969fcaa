/* What the subcommands share: values of options, paths, JSON. Only programs print or exit. */
#ifndef TRKX_PROGRAMS_COMMON_H
#define TRKX_PROGRAMS_COMMON_H

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>

#include "programs/messages.h"

/* Values of options. On a bad value they print a line that names the option and return false. */
bool get_kernels(const char *text, enum trkx_kernels *value); /* of --kernels */
bool get_size(const char *option, const char *text, size_t low, size_t high, size_t *value);
bool get_int(const char *option, const char *text, int low, int high, int *value);
bool get_double(const char *option, const char *text, double low, double high, double *value);
bool get_bytes(const char *option, const char *text, size_t *value); /* "512M": K, M, G or T of 1024 */
bool get_uint64(const char *option, const char *text, uint64_t *value);

/* Where the networks and what lies between them run: options that several commands have. */
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
    "  --max-memory SIZE   of each GPU, with the networks' share: 6G (nine tenths of what is free)\n"        \
    "  --tf32              let a GPU's networks round the factors of products to 10 bits\n"
bool apply_device(struct device_choice *choice, int option,
                  const char *value); /* false: no such option, too */
/* Loads a pipeline with these options, there. Says once where "auto" has come to be the CPU. */
enum trkx_status load_pipeline(const char *bundle, const struct device_choice *choice,
                               const trkx_pipeline_options *options, trkx_pipeline **pipeline,
                               trkx_error *error);
/* Whether a device other than the CPU is asked for. */
bool is_on_device(const struct device_choice *choice);

/* What a command does with its options. */
struct command {
    const char *name;
    const struct option *options; /* --help, which each has, is OPTION_HELP; -h is the same */
    bool (*apply)(void *settings, int option,
                  const char *value); /* prints and returns false on a bad value */
    void (*help)(void);
};
enum { OPTION_HELP = 'h' };
/* Reads the options up to the first other argument, arguments[optind]. Returns -1 to go on, or the exit code
 * of the program where there is nothing more to do. */
int read_options(const struct command *command, int count, char **arguments, void *settings);

/* The bundle that an option or TRKX_BUNDLE stands for: a directory, or else the name of one that was built or
 * installed with trkx. */
const char *find_bundle(const char *name);
/* The default bundle: TRKX_BUNDLE, or models/default where trkx was built or installed. Kept until the next
 * call of either. */
const char *default_bundle(void);

/* "directory/name" + suffix. Caller frees. Never NULL: without memory for a name the program ends. */
char *join_path(const char *directory, const char *name, const char *suffix);
void *checked(void *memory);

/* Makes the directory (and its parents) where it is missing. Prints and returns false where that fails, or
 * where no files can be made in it. */
bool make_directory(const char *path);

/* A name or a message as a JSON string. One that is not UTF-8 has its bytes beyond ASCII as \xNN. */
json_t *text_json(const char *text);

/* Takes away a file that has been written, where another one that belongs to it could not be. Devices, FIFOs
 * and links stay. */
void take_back(const char *path);

/* Writes a JSON text that appears whole or not at all, and releases it. Prints the reason where it fails. */
bool write_json(const char *path, json_t *json);
bool write_json_precisely(const char *path, json_t *json,
                          unsigned digits); /* of numbers that are not whole */

#endif
