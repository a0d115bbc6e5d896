/* strtod reads too much (white space, hexadecimal, nan, inf) and an empty text as 0. What comes from a command line or
 * from another program is a number here only if a person would call it one. */
#include "playground/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_MAX = 63 }; /* more digits than a double can tell apart */

bool number_from_text(const char *text, size_t length, double *number)
{
    char digits[LENGTH_MAX + 1];
    char *end;

    if (length == 0 || length > LENGTH_MAX)
        return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (strspn(digits, "0123456789+-.eE") != length) /* strtod reads more: white space, hexadecimal, nan, inf */
        return false;
    double read = strtod(digits, &end);
    if (end != digits + length || !isfinite(read))
        return false;
    *number = read;
    return true;
}

bool whole_number_from_text(const char *text, double min, double max, double *number)
{
    size_t length = strlen(text);

    return strspn(text, "0123456789") == length && number_from_text(text, length, number) && *number >= min &&
           *number <= max;
}
