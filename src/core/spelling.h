/* Suggests known words for misspelt ones. */
#ifndef TRKX_CORE_SPELLING_H
#define TRKX_CORE_SPELLING_H

#include <stddef.h>

/* The first of the closest known words: at most a third of the letters, or one, may be inserted, deleted,
 * changed or swapped with the next; case is ignored, and a prefix of at least two letters also matches. NULL:
 * none. */
const char *trkx_meant(const char *word, const char *const *known, size_t count);

#endif
