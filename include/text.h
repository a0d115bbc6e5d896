/* What is text: UTF-8 as RFC 3629 section 4 defines it (no overlong forms, no surrogates, nothing above U+10FFFF), and
 * of that what can be printed. Below both libraries, which know nothing of each other: the DTO library refuses what is
 * not UTF-8, the runtime library tells characters from control codes. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* How many of the `available` bytes at `text` make up its first character: 1 to 4; 0 if they do not start with a whole,
 * valid one (or `available` is 0). */
size_t text_character_length(const char *text, size_t available);

/* The code point of the whole, valid character of `length` bytes at `text`. */
unsigned text_character_code(const char *text, size_t length);

/* As text_character_length, but 0 for a control character (U+0000 to U+001F, U+007F to U+009F), and for what ends a
 * line (U+2028, U+2029) or turns the direction of all that follows on it (U+202A to U+202E, U+2066 to U+2069). */
size_t text_printable_length(const char *text, size_t available);

/* Whether the `length` bytes at `text` are UTF-8. A NUL is a character like others; no bytes at all are UTF-8, too. */
bool text_is_utf8(const char *text, size_t length);

/* Whether the string is 1 to `max` bytes of UTF-8 without control characters, which MQTT 3.1.1 section 1.5.3 advises
 * against in any string of the protocol. */
bool text_is_valid(const char *text, size_t max);

#endif
