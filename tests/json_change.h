/* For tests of JSON files: a text with one field changed. Include after cmocka.h. */
#ifndef TRKX_TESTS_JSON_CHANGE_H
#define TRKX_TESTS_JSON_CHANGE_H

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* path: "filter.cut"; value NULL takes the field away. The caller frees the text. */
static inline char *json_changed(const char *from, const char *path, const char *value)
{
    json_t *root = json_loads(from, 0, NULL), *object = root;
    const char *dot = strchr(path, '.');
    char section[32] = "";
    if (dot != NULL) {
        snprintf(section, sizeof section, "%.*s", (int)(dot - path), path);
        object = json_object_get(root, section);
        path = dot + 1;
    }
    if (value == NULL)
        assert_int_equal(json_object_del(object, path), 0);
    else
        assert_int_equal(json_object_set_new(object, path, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    char *text = json_dumps(root, 0);
    json_decref(root);
    assert_non_null(text);
    return text;
}

#endif
