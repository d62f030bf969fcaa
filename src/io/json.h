/* Objects of a JSON file, read strictly: a field that is missing, unknown, of another type or out of range is
 * an error that names the file and the field. */
#ifndef TRKX_IO_JSON_H
#define TRKX_IO_JSON_H

#include <jansson.h>

#include "core/memory.h"

/* A place in a file. */
struct trkx_place {
    const char *file;
    const char *section; /* "filter.", or "" at the top */
    const json_t *object;
    trkx_error *error;
};

/* Parses the text of a file, an object: *root, released with json_decref by the caller, also on failure (NULL
 * or not). Errors: FORMAT (not JSON; the message has the line), BUNDLE (not an object). */
enum trkx_status trkx_json_parse(const char *text, size_t length, const char *file, json_t **root,
                                 trkx_error *error);

/* BUNDLE: "<file>: field <section><field> <cause>". */
enum trkx_status trkx_json_wrong(const struct trkx_place *place, const char *field, const char *cause);

/* Refuses unknown keys: with a misspelt one the default would silently apply. */
enum trkx_status trkx_json_keys(const struct trkx_place *place, const char *const *known, size_t count);
#define TRKX_JSON_KEYS(place, known) trkx_json_keys((place), (known), sizeof(known) / sizeof *(known))

bool trkx_json_has(const struct trkx_place *place, const char *field);

/* Required fields. Errors: BUNDLE; MEMORY for texts, which the caller releases. */
enum trkx_status trkx_json_string(const struct trkx_place *place, const char *field, char **value);
enum trkx_status trkx_json_number(const struct trkx_place *place, const char *field, double low, double high,
                                  double *value);
enum trkx_status trkx_json_whole(const struct trkx_place *place, const char *field, double low, double high,
                                 double *value);
enum trkx_status trkx_json_count(const struct trkx_place *place, const char *field, double high,
                                 size_t *value);
enum trkx_status trkx_json_flag(const struct trkx_place *place, const char *field, bool *value);
/* The field "schema", the version of the file's format: 1 to `newest`. */
enum trkx_status trkx_json_schema(const struct trkx_place *place, int newest);
/* The name of a file in the directory of the JSON file, and nowhere else. */
enum trkx_status trkx_json_file_name(const struct trkx_place *place, const char *field, char **name);
/* The same as a path: <directory>/<name>, which is not a pipe. */
enum trkx_status trkx_json_file(const struct trkx_place *place, const char *field, const char *directory,
                                char **path);

/* Optional fields: if missing, *value is unchanged. */
enum trkx_status trkx_json_optional(const struct trkx_place *place, const char *field, double low,
                                    double high, double *value);
enum trkx_status trkx_json_optional_count(const struct trkx_place *place, const char *field, double low,
                                          double high, size_t *value);

#endif
