/* Words that were meant: for messages about those that are not known. */
#ifndef TRKX_SRC_NEAREST_H
#define TRKX_SRC_NEAREST_H

#include <stddef.h>

/* Of the known words the one that was probably meant: it has the same letters but for at most a third of
 * them, and one at least, which are changed, missing, too many, or swapped with their neighbours. Capitals
 * are as small letters. NULL: none. */
const char *trkx_nearest(const char *word, const char *const *known, size_t count);

#endif
