/* Words that were meant: for messages about those that are not known. */
#ifndef TRKX_CORE_SPELLING_H
#define TRKX_CORE_SPELLING_H

#include <stddef.h>

/* The first of the known words that are next to this one: a third of its letters at most, or one, are to be
 * put in, left out, changed or swapped with the next one; capitals are as small letters, and a beginning of
 * two letters or more will do. NULL: none. */
const char *trkx_meant(const char *word, const char *const *known, size_t count);

#endif
