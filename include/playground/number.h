/* Numbers as people type them and as the plain text payloads of exercises 1 and 4 carry them. */
#ifndef PLAYGROUND_NUMBER_H
#define PLAYGROUND_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads the whole of the `length` bytes at `text`, which need no terminating NUL, as one finite decimal number such
 * as 28.53, -4 or 1e3, of up to 63 characters. False, and `number` as it was, for anything else: no white space, no
 * hexadecimal, no NaN. */
bool number_from_text(const char *text, size_t length, double *number);

#endif
