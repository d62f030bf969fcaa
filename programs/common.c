#include "common.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int failed(const trkx_error *error)
{
    fprintf(stderr, "trkx: %s\n", error->message);
    return EXIT_FAILED;
}

int misused(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("trkx: ", stderr);
    vfprintf(stderr, format, arguments);
    fputs(" (--help tells more)\n", stderr);
    va_end(arguments);
    return EXIT_USAGE;
}

/* One line for what getopt_long has turned down: "?" or ":". */
static int misused_option(const char *command, char *const *arguments, int answer)
{
    return misused("%s: %s %s", command, arguments[optind - 1],
                   answer == ':' ? "needs a value" : "is no option, or takes no value");
}

int read_options(const struct command *command, int count, char **arguments, void *settings)
{
    for (int option; (option = getopt_long(count, arguments, ":", command->options, NULL)) != -1;) {
        if (option == '?' || option == ':') return misused_option(command->name, arguments, option);
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

bool get_uint64(const char *option, const char *text, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || errno != 0) {
        misused("--%s: \"%s\" is not a whole number", option, text);
        return false;
    }
    *value = number;
    return true;
}

bool get_size(const char *option, const char *text, size_t low, size_t high, size_t *value)
{
    uint64_t number = 0;
    if (!get_uint64(option, text, &number)) return false;
    if (number < low || number > high) {
        misused("--%s: %s is not from %zu to %zu", option, text, low, high);
        return false;
    }
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

/* ---- names and files -------------------------------------------------------------------------------- */

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

bool make_directory(const char *path)
{
    char *part = checked(strdup(path));
    for (char *c = part + 1; *c != '\0'; c++)
        if (*c == '/') {
            *c = '\0';
            mkdir(part, 0777);
            *c = '/';
        }
    bool made = mkdir(part, 0777) == 0 || errno == EEXIST;
    if (!made) fprintf(stderr, "trkx: %s: cannot be made: %s\n", path, strerror(errno));
    free(part);
    return made;
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

/* The bundle beside the program: in the build tree, or installed. */
static const char *bundle_beside_program(void)
{
    static const char *const places[] = {"/../../models/default", "/../share/trkx/models/default"};
    static char found[PATH_MAX];
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) return NULL;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s%s", program, places[i]) < 0) return NULL;
        const char *real = realpath(path, found); /* NULL where there is no such path */
        free(path);
        if (real != NULL) return real;
    }
    return NULL;
}

const char *default_bundle(void)
{
    const char *named = getenv("TRKX_BUNDLE");
    const char *path = named != NULL && *named != '\0' ? named : bundle_beside_program();
    return path != NULL ? path : "models/default";
}

/* ---- events ----------------------------------------------------------------------------------------- */

/* Length of the prefix where `name` is an event's file of hits, else 0. */
static size_t prefix_length(const char *name)
{
    static const char *const endings[] = {"-hits.csv", "-hits.csv.gz", "-hits.npy"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0) return length - ending;
    }
    return 0;
}

static void events_add(struct events *events, char *prefix)
{
    events->prefixes = checked(realloc(events->prefixes, (events->count + 1) * sizeof *events->prefixes));
    events->prefixes[events->count++] = prefix;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* An event whose hits are there in several kinds of file is one event. */
static void drop_twins(struct events *events, size_t first)
{
    size_t kept = first + 1;
    for (size_t i = first + 1; i < events->count; i++) {
        if (strcmp(events->prefixes[i], events->prefixes[kept - 1]) == 0)
            free(events->prefixes[i]);
        else
            events->prefixes[kept++] = events->prefixes[i];
    }
    events->count = kept;
}

static bool events_in_directory(const char *path, DIR *directory, struct events *events)
{
    size_t first = events->count;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        size_t length = prefix_length(entry->d_name);
        if (length == 0) continue;
        char *prefix = join_path(path, entry->d_name, "");
        prefix[strlen(path) + 1 + length] = '\0';
        events_add(events, prefix);
    }
    size_t found = events->count - first;
    if (found == 0) {
        fprintf(stderr, "trkx: %s: holds no event: no file named *-hits.csv, *-hits.csv.gz or *-hits.npy\n",
                path);
        return false;
    }
    qsort(events->prefixes + first, found, sizeof *events->prefixes, compare_names);
    drop_twins(events, first);
    return true;
}

bool events_find(char *const *arguments, size_t count, struct events *events)
{
    bool found = true;
    *events = (struct events){0};
    for (size_t i = 0; i < count && found; i++) {
        DIR *directory = opendir(arguments[i]);
        if (directory == NULL)
            events_add(events, checked(strdup(arguments[i])));
        else {
            found = events_in_directory(arguments[i], directory, events);
            closedir(directory);
        }
    }
    if (!found) events_release(events);
    return found;
}

void events_release(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) free(events->prefixes[i]);
    free(events->prefixes);
    *events = (struct events){0};
}

/* ---- interrupts ------------------------------------------------------------------------------------- */

atomic_int interrupted;

static void interrupt(int signal_number)
{
    interrupted = signal_number;
}

void watch_interrupts(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
