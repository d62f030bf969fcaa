/* The table of the methods of track labelling, the only access for other rooms. A new method is a file with
 * its entry, a line here and its source in CMakeLists.txt; its settings come from its entry. */
#include "tracks/methods.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/spelling.h"
#include "tracks/components.h"
#include "tracks/join.h"
#include "tracks/walkthrough.h"

/* The first is the default of bundles. */
static const struct trkx_method *const methods[] = {&trkx_method_components, &trkx_method_join,
                                                    &trkx_method_walkthrough};
enum { METHODS = sizeof methods / sizeof *methods };

size_t trkx_methods_count(void)
{
    return METHODS;
}

const struct trkx_method *trkx_method(size_t method)
{
    return methods[method];
}

const char *trkx_method_name(size_t method)
{
    return method < METHODS ? methods[method]->name : NULL;
}

bool trkx_method_find(const char *name, size_t *method)
{
    for (size_t i = 0; name != NULL && i < METHODS; i++)
        if (strcmp(name, methods[i]->name) == 0) {
            *method = i;
            return true;
        }
    return false;
}

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size, const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + length, size - length, format, arguments);
    va_end(arguments);
}

const char *trkx_methods_list(char *text, size_t size)
{
    *text = '\0';
    for (size_t i = 0; i < METHODS; i++)
        append(text, size, "%s%s", i == 0 ? "" : i == METHODS - 1 ? " or " : ", ", methods[i]->name);
    return text;
}

const char *trkx_method_unknown(const char *name, char *text, size_t size)
{
    char list[256];
    const char *names[METHODS];
    for (size_t i = 0; i < METHODS; i++) names[i] = methods[i]->name;
    const char *meant = trkx_meant(name, names, METHODS);
    snprintf(text, size, "\"%.60s\" is not %s", name, trkx_methods_list(list, sizeof list));
    if (meant != NULL) append(text, size, ": did you mean %s?", meant);
    return text;
}
