/* Values of options, paths, JSON and the choice of a device, for all commands. */
#include "programs/common.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/devices.h"
#include "programs/bundles.h"
#include "tracks/methods.h"

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* An option that getopt_long does not know or finds ambiguous: `word` is "--name" or "--name=value". */
static int misnamed_option(const struct command *command, const char *word)
{
    enum { MOST = 64 };
    const char *names[MOST], *first = NULL, *second = NULL;
    char *name = checked(strndup(word + 2, strcspn(word + 2, "=")));
    size_t count = 0;
    for (const struct option *option = command->options; option->name != NULL && count < MOST; option++) {
        names[count++] = option->name;
        if (!begins_with(option->name, name)) continue;
        if (first == NULL)
            first = option->name;
        else
            second = option->name;
    }
    int code = second != NULL ? misused("%s: --%s: is it --%s or --%s?", command->name, name, first, second)
                              : misnamed(command->name, "there is no option", "--", name, names, count);
    free(name);
    return code;
}

/* One line for what getopt_long has refused: "?" or ":". optopt is 0 for an unknown name, the character of an
 * unknown letter, otherwise the option that was given a value but takes none. */
static int misused_option(const struct command *command, char *const *arguments, int answer)
{
    const char *word = arguments[optind - 1];
    if (answer == ':') return misused("%s: %s needs a value", command->name, word);
    if (optopt == 0) return misnamed_option(command, word);
    if (optopt != OPTION_HELP && optopt > ' ' && optopt <= '~')
        return misused("%s: there is no option -%c", command->name, optopt);
    return misused("%s: %s takes no value", command->name, word);
}

int read_options(const struct command *command, int count, char **arguments, void *settings)
{
    point_to_help_of(command->name);
    for (int option; (option = getopt_long(count, arguments, ":h", command->options, NULL)) != -1;) {
        if (option == '?' || option == ':') return misused_option(command, arguments, option);
        if (option == OPTION_HELP) {
            command->help();
            return EXIT_OK;
        }
        if (!command->apply(settings, option, optarg)) return EXIT_USAGE;
    }
    return -1;
}

/* ---- option values ---------------------------------------------------------------------------------- */

bool get_double(const char *option, const char *text, double low, double high, double *value)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= low && number <= high)) {
        misused("--%s: \"%s\" is not a number from %g to %g", option, text, low, high);
        return false;
    }
    *value = number;
    return true;
}

/* A whole number from low to high. */
static bool get_whole(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0 || number < low || number > high) {
        misused("--%s: \"%s\" is not a whole number from %llu to %llu", option, text, (unsigned long long)low,
                (unsigned long long)high);
        return false;
    }
    *value = number;
    return true;
}

bool get_uint64(const char *option, const char *text, uint64_t *value)
{
    return get_whole(option, text, 0, UINT64_MAX, value);
}

bool get_size(const char *option, const char *text, size_t low, size_t high, size_t *value)
{
    uint64_t number = 0;
    if (!get_whole(option, text, low, high, &number)) return false;
    *value = (size_t)number;
    return true;
}

bool get_int(const char *option, const char *text, int low, int high, int *value)
{
    size_t number = 0;
    if (!get_size(option, text, (size_t)low, (size_t)high, &number)) return false;
    *value = (int)number;
    return true;
}

bool get_bytes(const char *option, const char *text, size_t *value)
{
    static const char units[] = "KMGT";
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, toupper((unsigned char)*end)) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    bool good = isdigit((unsigned char)*text) && errno == 0 && number > 0 && number <= SIZE_MAX >> shift &&
                end[unit != NULL] == '\0';
    if (!good)
        misused("--%s: \"%s\" is not a size such as 512M or 6G", option, text);
    else
        *value = (size_t)number << shift;
    return good;
}

bool get_kernels(const char *text, enum trkx_kernels *value)
{
    if (strcmp(text, "trkx") == 0)
        *value = TRKX_KERNELS_TRKX;
    else if (strcmp(text, "stock") == 0)
        *value = TRKX_KERNELS_STOCK;
    else {
        misused("--kernels: %s is neither trkx nor stock", text);
        return false;
    }
    return true;
}

bool get_method(const char *text, const char **value)
{
    size_t method;
    char unknown[256];
    *value = text;
    if (trkx_method_find(text, &method)) return true;
    misused("--method: %s", trkx_method_unknown(text, unknown, sizeof unknown));
    return false;
}

/* ---- devices ---------------------------------------------------------------------------------------- */

static bool get_device(const char *text, const char **value)
{
    bool other = strcmp(text, "cpu") == 0 || strcmp(text, "auto") == 0;
    const char *wrong = other ? NULL : trkx_devices_wrong(text);
    *value = text;
    if (wrong != NULL) misused("--device: \"%s\" %s", text, wrong);
    return wrong == NULL;
}

bool apply_device(struct device_choice *choice, int option, const char *value)
{
    switch (option) {
    case OPTION_DEVICE: return get_device(value, &choice->device);
    case OPTION_MAX_MEMORY: return get_bytes("max-memory", value, &choice->max_memory);
    case OPTION_TF32: choice->tf32 = true; return true;
    default: return false;
    }
}

bool is_on_device(const struct device_choice *choice)
{
    return choice->device != NULL && strcmp(choice->device, "cpu") != 0;
}

bool device_suits(const struct device_choice *choice)
{
    if (is_on_device(choice) || !(choice->max_memory > 0 || choice->tf32)) return true;
    misused("--%s is for GPUs: name one with --device", choice->tf32 ? "tf32" : "max-memory");
    return false;
}

enum trkx_status load_pipeline(const char *bundle, const struct device_choice *choice,
                               const trkx_pipeline_options *options, trkx_pipeline **pipeline,
                               trkx_error *error)
{
    static bool said;
    trkx_pipeline_options there = *options;
    there.device = choice->device;
    there.max_memory = choice->max_memory;
    there.tf32 = choice->tf32;
    enum trkx_status status = check_bundle(bundle, error);
    if (status == TRKX_OK) status = trkx_pipeline_create(bundle, &there, pipeline, error);
    const char *fallback = status == TRKX_OK ? trkx_pipeline_device(*pipeline)->fallback : NULL;
    if (fallback != NULL && !said) fprintf(stderr, "trkx: running on the CPU: %s\n", fallback);
    said |= fallback != NULL;
    return status;
}

/* ---- texts and files -------------------------------------------------------------------------------- */

void *checked(void *memory)
{
    if (memory == NULL) {
        fputs("trkx: out of memory\n", stderr);
        exit(EXIT_FAILED);
    }
    return memory;
}

char *join_path(const char *directory, const char *name, const char *suffix)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s%s", directory, name, suffix) < 0 ? checked(NULL) : path;
}

/* Checked before anything is computed, so that results are not lost for want of a place to write them. */
static bool is_open_to_files(const char *directory)
{
    char *inside = join_path(directory, ".", "");
    bool open = access(inside, W_OK | X_OK) == 0;
    free(inside);
    return open;
}

bool make_directory(const char *path)
{
    if (*path == '\0') {
        fputs("trkx: the path of the directory for the results is empty\n", stderr);
        return false;
    }
    char *part = checked(strdup(path));
    for (char *c = part + 1; *c != '\0'; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(part, 0777);
            *c = '/';
        }
    bool made = mkdir(part, 0777) == 0 || errno == EEXIST;
    free(part);
    if (made && is_open_to_files(path)) return true;
    fprintf(stderr, "trkx: %s: %s: %s\n", path, made ? "no files can be created in it" : "cannot be created",
            strerror(errno));
    return false;
}

/* jansson accepts only UTF-8; a file's name may be any bytes. */
json_t *text_json(const char *text)
{
    json_t *string = json_string(text);
    if (string != NULL) return string;
    char *escaped = checked(malloc(4 * strlen(text) + 1)), *end = escaped;
    for (const char *c = text; *c != '\0'; c++)
        end += sprintf(end, (unsigned char)*c < 0x80 ? "%c" : "\\x%02x", (unsigned char)*c);
    string = checked(json_string(escaped));
    free(escaped);
    return string;
}

void take_back(const char *path)
{
    struct stat file, own;
    char *target = realpath(path, NULL);
    bool there = target != NULL && lstat(target, &file) == 0 && S_ISREG(file.st_mode);
    for (int i = 0; i <= STDERR_FILENO; i++) /* through a link: /dev/stdout */
        there = there && !(fstat(i, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino);
    if (there) unlink(target);
    free(target);
}

bool write_json(const char *path, json_t *json)
{
    enum { DIGITS = 9 };
    return write_json_precisely(path, json, DIGITS);
}

bool write_json_precisely(const char *path, json_t *json, unsigned digits)
{
    char *text = checked(json_dumps(checked(json), JSON_INDENT(2) | JSON_REAL_PRECISION(digits)));
    trkx_error error;
    json_decref(json);
    enum trkx_status status = trkx_text_write(path, text, &error);
    free(text);
    if (status != TRKX_OK) failed(&error);
    return status == TRKX_OK;
}
