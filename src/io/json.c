/* Reads objects of a JSON file strictly. */
#include "io/json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/spelling.h"

enum trkx_status trkx_json_parse(const char *text, size_t length, const char *file, json_t **root,
                                 trkx_error *error)
{
    json_error_t where;
    *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    if (*root == NULL)
        return trkx_fail(error, TRKX_ERROR_FORMAT, "%s:%d: not JSON: %s", file, where.line, where.text);
    if (!json_is_object(*root)) return trkx_fail(error, TRKX_ERROR_BUNDLE, "%s: not a JSON object", file);
    return TRKX_OK;
}

bool trkx_json_has(const struct trkx_place *place, const char *field)
{
    return json_object_get(place->object, field) != NULL;
}

enum trkx_status trkx_json_wrong(const struct trkx_place *place, const char *field, const char *cause)
{
    return trkx_fail(place->error, TRKX_ERROR_BUNDLE, "%s: field %s%s %s", place->file, place->section, field,
                     cause);
}

enum trkx_status trkx_json_keys(const struct trkx_place *place, const char *const *known, size_t count)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)place->object, key, value)
    {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++) found = strcmp(key, known[i]) == 0;
        if (found) continue;
        const char *meant = trkx_meant(key, known, count);
        return trkx_fail(place->error, TRKX_ERROR_BUNDLE, "%s: field %s%.60s is unknown%s%s%s", place->file,
                         place->section, key, meant != NULL ? ": did you mean " : "",
                         meant != NULL ? meant : "", meant != NULL ? "?" : "");
    }
    return TRKX_OK;
}

enum trkx_status trkx_json_string(const struct trkx_place *place, const char *field, char **value)
{
    const json_t *node = json_object_get(place->object, field);
    if (node == NULL) return trkx_json_wrong(place, field, "is missing");
    if (!json_is_string(node) || json_string_length(node) == 0)
        return trkx_json_wrong(place, field, "is not a text");
    if (strlen(json_string_value(node)) != json_string_length(node))
        return trkx_json_wrong(place, field, "contains a zero byte");
    *value = trkx_duplicate(json_string_value(node));
    return *value != NULL ? TRKX_OK : trkx_fail_memory(place->error, field, json_string_length(node));
}

enum trkx_status trkx_json_number(const struct trkx_place *place, const char *field, double low, double high,
                                  double *value)
{
    const json_t *node = json_object_get(place->object, field);
    char cause[96];
    if (node == NULL) return trkx_json_wrong(place, field, "is missing");
    if (!json_is_number(node)) return trkx_json_wrong(place, field, "is not a number");
    *value = json_number_value(node);
    if (*value >= low && *value <= high) return TRKX_OK;
    snprintf(cause, sizeof cause, "is %g, outside of %g to %g", *value, low, high);
    return trkx_json_wrong(place, field, cause);
}

enum trkx_status trkx_json_schema(const struct trkx_place *place, int newest)
{
    double schema = 0;
    char cause[96];
    enum trkx_status status = trkx_json_whole(place, "schema", 1, INT_MAX, &schema);
    if (status != TRKX_OK || schema <= newest) return status;
    snprintf(cause, sizeof cause, "is %g: a newer trkx is needed, this one reads up to %d", schema, newest);
    return trkx_json_wrong(place, "schema", cause);
}

enum trkx_status trkx_json_whole(const struct trkx_place *place, const char *field, double low, double high,
                                 double *value)
{
    enum trkx_status status = trkx_json_number(place, field, low, high, value);
    if (status == TRKX_OK && *value != floor(*value))
        return trkx_json_wrong(place, field, "is not a whole number");
    return status;
}

enum trkx_status trkx_json_count(const struct trkx_place *place, const char *field, double high,
                                 size_t *value)
{
    double number = 0;
    enum trkx_status status = trkx_json_whole(place, field, 1, high, &number);
    if (status == TRKX_OK) *value = (size_t)number;
    return status;
}

enum trkx_status trkx_json_flag(const struct trkx_place *place, const char *field, bool *value)
{
    const json_t *node = json_object_get(place->object, field);
    if (node == NULL) return trkx_json_wrong(place, field, "is missing");
    if (!json_is_boolean(node)) return trkx_json_wrong(place, field, "is not true or false");
    *value = json_is_true(node);
    return TRKX_OK;
}

enum trkx_status trkx_json_file_name(const struct trkx_place *place, const char *field, char **name)
{
    enum trkx_status status = trkx_json_string(place, field, name);
    if (status == TRKX_OK && (strchr(*name, '/') != NULL || strcmp(*name, "..") == 0))
        return trkx_json_wrong(place, field, "is not the name of a file in the same directory");
    return status;
}

/* A pipe would block until somebody writes. Other files are refused by whoever reads them. */
static bool is_pipe(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISFIFO(about.st_mode);
}

enum trkx_status trkx_json_file(const struct trkx_place *place, const char *field, const char *directory,
                                char **path)
{
    char *name = NULL;
    enum trkx_status status = TRKX_OK;
    TRKX_CHECK(trkx_json_file_name(place, field, &name));
    size_t bytes = strlen(directory) + strlen(name) + 2;
    *path = trkx_allocate(NULL, bytes, 1);
    if (*path == NULL)
        status = trkx_fail_memory(place->error, field, bytes);
    else
        snprintf(*path, bytes, "%s/%s", directory, name);
    if (status == TRKX_OK && is_pipe(*path))
        status = trkx_json_wrong(place, field, "is a pipe: the files of a bundle are regular files");
cleanup:
    trkx_release(name);
    return status;
}

enum trkx_status trkx_json_optional(const struct trkx_place *place, const char *field, double low,
                                    double high, double *value)
{
    return !trkx_json_has(place, field) ? TRKX_OK : trkx_json_number(place, field, low, high, value);
}

enum trkx_status trkx_json_optional_count(const struct trkx_place *place, const char *field, double low,
                                          double high, size_t *value)
{
    double number = 0;
    if (!trkx_json_has(place, field)) return TRKX_OK;
    enum trkx_status status = trkx_json_whole(place, field, low, high, &number);
    if (status == TRKX_OK) *value = (size_t)number;
    return status;
}
