/* UTF-8 as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * A header of its own, with one small function in it, because two libraries that know nothing of each other need
 * it: the DTO library to refuse text that is not UTF-8, the console to tell characters from control codes. */
#ifndef UTF8_H
#define UTF8_H

#include <stddef.h>

/* How many of the `available` bytes at `text` make up its first character: 1 to 4; 0 if they do not start with a
 * whole, valid one (or `available` is 0). */
static inline size_t utf8_character_length(const char *text, size_t available)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
    size_t length;

    if (available == 0)
        return 0;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF) {
        length = 2;
    } else if (byte[0] >= 0xE0 && byte[0] <= 0xEF) {
        length = 3;
        if (byte[0] == 0xE0)
            second_min = 0xA0; /* anything lower has a two byte form */
        if (byte[0] == 0xED)
            second_max = 0x9F; /* U+D800 to U+DFFF are no characters */
    } else if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
        length = 4;
        if (byte[0] == 0xF0)
            second_min = 0x90;
        if (byte[0] == 0xF4)
            second_max = 0x8F; /* the last character is U+10FFFF */
    } else {
        return 0;
    }
    if (available < length || byte[1] < second_min || byte[1] > second_max)
        return 0;
    for (size_t i = 2; i < length; i++) {
        if (byte[i] < 0x80 || byte[i] > 0xBF)
            return 0;
    }
    return length;
}

#endif
