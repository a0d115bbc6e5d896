/* Numbers as JSON writes them (RFC 8259 section 6), where that is simple. */
#ifndef DTO_DECIMAL_H
#define DTO_DECIMAL_H

#define DECIMAL_SIZE 24 /* bytes: a sign, fifteen digits, a point and the NUL, and some to spare */

/* A number of up to two decimals and below 1e13 as text, which stands somewhere in `buffer`: as short as it can be, and
 * it reads back as the same number. NULL for any other number, for which printf and time are needed. */
const char *decimal_text(double number, char buffer[DECIMAL_SIZE]);

#endif
