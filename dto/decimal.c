/* To print any double so that it reads back as the same takes printf, and reading back: more time than all the rest of
 * a descriptor. Most of what is measured has two decimals, and can be printed digit by digit. */
#include "decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define HUNDREDTHS_MAX 1e15 /* below it a double tells all of them apart */

const char *decimal_text(double number, char buffer[DECIMAL_SIZE])
{
    bool is_small = fabs(number) < HUNDREDTHS_MAX / 100; /* NaN is not */
    int64_t hundredths = is_small ? llround(number * 100) : 0;

    if (!is_small || (double)hundredths / 100 != number || (hundredths == 0 && signbit(number)))
        return NULL;

    uint64_t left = (uint64_t)llabs(hundredths);
    int decimals = 2;
    for (; decimals > 0 && left % 10 == 0; decimals--)
        left /= 10;
    char *text = buffer + DECIMAL_SIZE - 1;
    *text = '\0';
    for (int digits = 0; digits <= decimals || left > 0; digits++) {
        if (digits == decimals && decimals > 0)
            *--text = '.';
        *--text = (char)('0' + left % 10);
        left /= 10;
    }
    if (number < 0)
        *--text = '-';
    return text;
}
