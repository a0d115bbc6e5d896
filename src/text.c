/* Bytes from a network are not text because somebody says so, and a byte that is no character ends up in a terminal, in
 * a log, in somebody else's parser. What is text is decided here, once, for all that read or print it. */
#include "text.h"

#include <stdint.h>
#include <string.h>

size_t text_character_length(const char *text, size_t available)
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

unsigned text_character_code(const char *text, size_t length)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned code = length == 1 ? byte[0] : byte[0] & (0x7FU >> length); /* the first byte tells the length, too */

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (byte[i] & 0x3FU);
    return code;
}

size_t text_printable_length(const char *text, size_t available)
{
    size_t length = text_character_length(text, available);
    unsigned code = length == 0 ? 0 : text_character_code(text, length);
    bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
                      (code >= 0x2066 && code <= 0x2069);

    return is_control ? 0 : length;
}

/* How many bytes at the beginning are ASCII; perhaps a few less. Eight at a time: most text is nothing else. */
static size_t ascii_length(const char *text, size_t length)
{
    size_t i = 0;

    for (uint64_t bytes; i + sizeof bytes <= length; i += sizeof bytes) {
        memcpy(&bytes, text + i, sizeof bytes);
        if ((bytes & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    return i;
}

bool text_is_utf8(const char *text, size_t length)
{
    for (size_t i = ascii_length(text, length), character; i < length; i += character) {
        character = text_character_length(text + i, length - i);
        if (character == 0)
            return false;
    }
    return true;
}

bool text_is_valid(const char *text, size_t max)
{
    size_t length = strlen(text);

    if (length == 0 || length > max)
        return false;
    for (size_t i = 0, character; i < length; i += character) {
        character = text_printable_length(text + i, length - i);
        if (character == 0)
            return false;
    }
    return true;
}
