/* Numbers as people type them and as the plain text payloads of exercises 1 and 4 carry them. */
#ifndef PLAYGROUND_NUMBER_H
#define PLAYGROUND_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the whole of the `length` bytes at `text`, which need no terminating NUL, as one finite decimal number such
 * as 28.53, -4 or 1e3, of up to 63 characters. False, and `number` as it was, for anything else: no white space, no
 * hexadecimal, no NaN. */
bool number_from_text(const char *text, size_t length, double *number);

/* Reads `text`, which has to be up to 63 digits and nothing else, as a whole number from `min` to `max`. False, and
 * `number` as it was or out of these limits, for anything else. */
bool whole_number_from_text(const char *text, double min, double max, double *number);

#endif
