/* Reads and writes detectors: detector.json with the modules beside it, or only modules. */
#include "detector/description.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/bytes.h"
#include "io/json.h"
#include "io/number.h"
#include "io/output.h"
#include "io/text.h"

/* ---- detector.json ---------------------------------------------------------------------------------- */

/* A number of a section. */
struct number {
    const char *name;
    double low, high;
    size_t offset; /* in struct trkx_description */
    bool coil;     /* only for the field of a coil, which needs both sizes */
};
#define NUMBER(name, low, high, member) (name), (low), (high), offsetof(struct trkx_description, member)

enum { MOST_NUMBERS = 5 };
static const struct section {
    const char *name, *prefix;
    size_t count;
    struct number numbers[MOST_NUMBERS];
} sections[] = {
    {"field",
     "field.",
     4,
     {{NUMBER("strength", 1e-3, 1e3, field.strength), false},
      {NUMBER("nonuniformity", 0, 10, field.nonuniformity), false},
      {NUMBER("coil_radius", 1, 1e9, field.coil_radius), true},
      {NUMBER("coil_half_length", 1, 1e9, field.coil_half_length), true}}},
    {"layers",
     "layers.",
     5,
     {{NUMBER("disk_normal", 0, 1, disk_normal), false},
      {NUMBER("spread", 0, 1e6, spread), false},
      {NUMBER("overlap", 0, 1e6, overlap), false},
      {NUMBER("normal_error", 0, 1e6, normal_error), false},
      {NUMBER("scattering", 0, 1, scattering), false}}},
    {"tracks",
     "tracks.",
     3,
     {{NUMBER("min_radius", 1e-3, 1e9, min_radius), false},
      {NUMBER("reach", 1e-3, 1e6, reach), false},
      {NUMBER("max_arc", 1e-3, 1e9, max_arc), false}}},
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum trkx_status parse_numbers(const struct trkx_place *place, const struct section *section,
                                      bool coil, struct trkx_description *description)
{
    enum trkx_status status = TRKX_OK;
    for (size_t i = 0; i < section->count && status == TRKX_OK; i++) {
        const struct number *number = &section->numbers[i];
        double *value = (double *)(void *)((char *)description + number->offset);
        if (!number->coil || coil)
            status = trkx_json_number(place, number->name, number->low, number->high, value);
    }
    return status;
}

static enum trkx_status parse_section(const struct trkx_place *top, const struct section *section,
                                      struct trkx_description *description)
{
    const char *known[MOST_NUMBERS];
    struct trkx_place place = {top->file, section->prefix, json_object_get(top->object, section->name),
                               top->error};
    if (!json_is_object(place.object))
        return trkx_json_wrong(top, section->name, "is missing or not an object");
    for (size_t i = 0; i < section->count; i++) known[i] = section->numbers[i].name;
    enum trkx_status status = trkx_json_keys(&place, known, section->count);
    bool coil = trkx_json_has(&place, "coil_radius") || trkx_json_has(&place, "coil_half_length");
    return status != TRKX_OK ? status : parse_numbers(&place, section, coil, description);
}

/* The path without its last part. */
static enum trkx_status directory_of(const char *path, char **directory, trkx_error *error)
{
    const char *slash = strrchr(path, '/');
    *directory = trkx_duplicate(slash != NULL ? path : ".");
    if (*directory == NULL) return trkx_fail_memory(error, "a path", strlen(path));
    if (slash != NULL) (*directory)[slash - path] = '\0';
    return TRKX_OK;
}

static enum trkx_status parse_root(const struct trkx_place *top, struct trkx_description *description,
                                   char **name, char **modules)
{
    static const char *const known[] = {"schema", "name", "modules", "field", "layers", "tracks"};
    enum trkx_status status = TRKX_OK;
    char *directory = NULL;
    TRKX_CHECK(trkx_json_schema(top, TRKX_DETECTOR_SCHEMA));
    TRKX_CHECK(TRKX_JSON_KEYS(top, known)); /* no unknown keys */
    TRKX_CHECK(trkx_json_string(top, "name", name));
    TRKX_CHECK(directory_of(top->file, &directory, top->error));
    TRKX_CHECK(trkx_json_file(top, "modules", directory, modules));
    description->field = (struct trkx_field){.coil_radius = 1, .coil_half_length = (double)INFINITY};
    for (size_t i = 0; i < COUNT(sections); i++) TRKX_CHECK(parse_section(top, &sections[i], description));
cleanup:
    trkx_release(directory);
    return status;
}

enum trkx_status trkx_description_parse(const char *text, size_t length, const char *file,
                                        struct trkx_description *description, char **name, char **modules,
                                        trkx_error *error)
{
    json_t *root = NULL;
    *name = *modules = NULL;
    enum trkx_status status = trkx_json_parse(text, length, file, &root, error);
    const struct trkx_place top = {file, "", root, error};
    if (status == TRKX_OK) status = parse_root(&top, description, name, modules);
    json_decref(root);
    return status;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

bool trkx_description_is(const char *path)
{
    return trkx_ends_with(path, ".json");
}

static enum trkx_status read_description(const char *path, struct trkx_description *description, char **name,
                                         char **modules, trkx_error *error)
{
    void *text = NULL;
    size_t length = 0;
    *name = *modules = NULL;
    enum trkx_status status = trkx_bytes_read(path, &text, &length, error);
    if (status == TRKX_OK)
        status = trkx_description_parse(text, length, path, description, name, modules, error);
    trkx_release(text);
    return status;
}

/* The detector takes ownership of the name. */
static void describe(struct trkx_detector *detector, const struct trkx_description *description, char *name)
{
    trkx_release(detector->name);
    detector->name = name;
    detector->described = true;
    detector->description = *description;
}

enum trkx_status trkx_detector_describe(struct trkx_detector *detector, const char *path, trkx_error *error)
{
    struct trkx_description description;
    char *name, *modules;
    enum trkx_status status = read_description(path, &description, &name, &modules, error);
    if (status == TRKX_OK)
        describe(detector, &description, name);
    else
        trkx_release(name);
    trkx_release(modules);
    return status;
}

static enum trkx_status read_described(const char *path, struct trkx_detector **detector, trkx_error *error)
{
    struct trkx_description description;
    char *name, *modules;
    enum trkx_status status = read_description(path, &description, &name, &modules, error);
    if (status == TRKX_OK) status = trkx_modules_read(modules, detector, error);
    if (status == TRKX_OK)
        describe(*detector, &description, name);
    else
        trkx_release(name);
    trkx_release(modules);
    return status;
}

enum trkx_status trkx_detector_read(const char *path, trkx_detector **detector, trkx_error *error)
{
    *detector = NULL;
    return (trkx_description_is(path) ? read_described : trkx_modules_read)(path, detector, error);
}

/* ---- writing ---------------------------------------------------------------------------------------- */

#define MODULES_NAME "detectors.csv.gz"

static void write_modules(struct trkx_output *output, const struct trkx_detector *detector)
{
    trkx_output_printf(output,
                       "volume_id,layer_id,module_id,cx,cy,cz,rot_xu,rot_xv,rot_xw,rot_yu,rot_yv,rot_yw,"
                       "rot_zu,rot_zv,rot_zw,module_t,module_minhu,module_maxhu,module_hv,pitch_u,pitch_v\n");
    for (size_t i = 0; i < detector->count; i++) {
        const struct trkx_module *m = &detector->modules[i];
        const double numbers[] = {m->center[0],      m->center[1],      m->center[2],      m->rotation[0][0],
                                  m->rotation[0][1], m->rotation[0][2], m->rotation[1][0], m->rotation[1][1],
                                  m->rotation[1][2], m->rotation[2][0], m->rotation[2][1], m->rotation[2][2],
                                  m->thickness,      m->min_hu,         m->max_hu,         m->hv,
                                  m->pitch_u,        m->pitch_v};
        char row[COUNT(numbers) * (TRKX_NUMBER_SIZE + 1)], *to = row;
        trkx_output_printf(output, "%d,%d,%d", m->volume, m->layer, m->module);
        for (size_t k = 0; k < COUNT(numbers); k++) {
            *to++ = ',';
            to = trkx_format_double(to, numbers[k]);
        }
        *to++ = '\n';
        trkx_output_write(output, row, (size_t)(to - row));
    }
}

static void write_section(struct trkx_output *output, const struct section *section,
                          const struct trkx_description *description)
{
    trkx_output_printf(output, ",\n  \"%s\": {", section->name);
    for (size_t i = 0; i < section->count; i++) {
        const struct number *number = &section->numbers[i];
        const double *value = (const double *)(const void *)((const char *)description + number->offset);
        char text[TRKX_NUMBER_SIZE + 1];
        if (number->coil && isinf(description->field.coil_half_length)) continue;
        *trkx_format_double(text, *value) = '\0';
        trkx_output_printf(output, "%s\"%s\": %s", i > 0 ? ", " : "", number->name, text);
    }
    trkx_output_printf(output, "}");
}

static enum trkx_status write_description(struct trkx_output *output, const struct trkx_detector *detector,
                                          trkx_error *error)
{
    json_t *string = json_string(detector->name);
    char *name = json_dumps(string, JSON_ENCODE_ANY);
    json_decref(string);
    if (name == NULL) return trkx_fail_memory(error, "a name", strlen(detector->name));
    trkx_output_printf(output, "{\n  \"schema\": %d,\n  \"name\": %s,\n  \"modules\": \"%s\"",
                       TRKX_DETECTOR_SCHEMA, name, MODULES_NAME);
    free(name);
    for (size_t i = 0; i < COUNT(sections); i++) write_section(output, &sections[i], &detector->description);
    trkx_output_printf(output, "\n}\n");
    return TRKX_OK;
}

enum trkx_status trkx_detector_write(const trkx_detector *detector, const char *directory, trkx_error *error)
{
    struct trkx_output *outputs[2] = {NULL, NULL};
    enum trkx_status status = TRKX_OK;
    if (!detector->described)
        return trkx_fail(error, TRKX_ERROR_ARGUMENT,
                         "detector: it has no description to write into detector.json, only modules");
    TRKX_CHECK(trkx_output_open_in(directory, MODULES_NAME, true, &outputs[0], error));
    write_modules(outputs[0], detector);
    TRKX_CHECK(trkx_output_open_in(directory, "detector.json", false, &outputs[1], error));
    TRKX_CHECK(write_description(outputs[1], detector, error));
    return trkx_outputs_commit(outputs, 2, error);
cleanup:
    for (int i = 0; i < 2; i++) trkx_output_discard(outputs[i]);
    return status;
}
