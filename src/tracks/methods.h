/* The table of the methods of track labelling. */
#ifndef TRKX_TRACKS_METHODS_H
#define TRKX_TRACKS_METHODS_H

#include "tracks/method.h"

size_t trkx_methods_count(void);
/* method < trkx_methods_count(). 0: the default of bundles. */
const struct trkx_method *trkx_method(size_t method);
/* False if there is none of this name (or it is NULL). */
bool trkx_method_find(const char *name, size_t *method);

/* Writes their names, "a, b or c", to text[size], and returns it. */
const char *trkx_methods_list(char *text, size_t size);
/* Writes the message for an unknown name, "\"joined\" is not <their names>: did you mean join?", and returns
 * it. */
const char *trkx_method_unknown(const char *name, char *text, size_t size);

#endif
