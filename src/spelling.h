/* What somebody meant who typed a name that there is not. */
#ifndef PLAYGROUND_SPELLING_H
#define PLAYGROUND_SPELLING_H

#include <stddef.h>

/* The one of `names`, which end with NULL, that is most like the `length` bytes at `typed`; NULL if none is like them.
 * A letter added, left out, changed, or swapped with its neighbour is one mistake; two are allowed, in a short word
 * one. Small and capital letters are the same. */
const char *spelling_nearest(const char *typed, size_t length, const char *const *names);

#endif
