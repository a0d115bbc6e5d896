/* What the harnesses have in common: a way to fail, and rules written a second time, without the code under test. */
#ifndef FUZZ_H
#define FUZZ_H

#include "dto/value.h"
#include "json_grammar.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GNUC__
#define FUZZ_UNUSED __attribute__((unused)) /* no harness needs all of them */
#else
#define FUZZ_UNUSED
#endif

/* libFuzzer calls these two. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Ends the process if a rule is broken: libFuzzer then keeps the input. */
static inline void must(bool holds, const char *rule)
{
    if (holds)
        return;
    fprintf(stderr, "broken: %s\n", rule);
    abort();
}

/* The character at `text`, and in *bytes its length; -1 and a length of 1 if it is not UTF-8. Computes the code point
 * and looks at it then, where src/text.c looks at the bytes alone. */
FUZZ_UNUSED static int32_t decode(const uint8_t *text, size_t available, size_t *bytes)
{
    static const struct {
        uint8_t mask, mark;
        int32_t min;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};

    *bytes = 1;
    for (size_t extra = 0; extra < sizeof forms / sizeof *forms; extra++) {
        if ((*text & forms[extra].mask) != forms[extra].mark || extra >= available)
            continue;
        int32_t point = *text & ~forms[extra].mask;
        for (size_t i = 1; i <= extra; i++) {
            if ((text[i] & 0xC0) != 0x80)
                return -1;
            point = point << 6 | (text[i] & 0x3F);
        }
        if (point < forms[extra].min || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return -1;
        *bytes = extra + 1;
        return point;
    }
    return -1;
}

/* C0, DEL, C1; and what ends a line or turns the direction of writing: U+2028 to U+202E, U+2066 to U+2069. */
static inline bool is_control(int32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

/* Whether all of it is UTF-8 without control characters. */
FUZZ_UNUSED static bool is_clean(const uint8_t *text, size_t length)
{
    size_t bytes;

    for (size_t i = 0; i < length; i += bytes) {
        int32_t point = decode(text + i, length - i, &bytes);
        if (point < 0 || is_control(point))
            return false;
    }
    return true;
}

/* --- descriptors ------------------------------------------------------------------------------------------------- */

/* The wire carries 15 significant digits. */
static inline bool same_number(double a, double b)
{
    char text_a[32], text_b[32];

    snprintf(text_a, sizeof text_a, "%.15g", a);
    snprintf(text_b, sizeof text_b, "%.15g", b);
    return a == b || strcmp(text_a, text_b) == 0;
}

FUZZ_UNUSED static bool same_value(const struct dto_value *a, const struct dto_value *b)
{
    if (a->type != b->type)
        return false;
    return a->type == DTO_NUMBER ? same_number(a->as.number, b->as.number) : strcmp(a->as.string, b->as.string) == 0;
}

FUZZ_UNUSED static bool is_zero_value(const struct dto_value *value)
{
    return value->type == DTO_NUMBER && value->as.number == 0;
}

/* A string that a descriptor may hold. */
FUZZ_UNUSED static void must_be_text(const char *string)
{
    const char *end = memchr(string, '\0', DTO_STRING_SIZE);
    size_t bytes;

    must(end != NULL, "a string of an accepted descriptor ends");
    for (; string < end; string += bytes)
        must(decode((const uint8_t *)string, (size_t)(end - string), &bytes) > 0,
             "a string of an accepted descriptor is UTF-8");
}

FUZZ_UNUSED static void must_be_value(const struct dto_value *value)
{
    must(value->type == DTO_NUMBER || value->type == DTO_STRING, "a value is a number or a string");
    if (value->type == DTO_NUMBER)
        must(value->as.number >= -1e308 && value->as.number <= 1e308, "a number is within its range");
    else
        must_be_text(value->as.string);
}

/* What a refusal says agrees with the grammar's own verdict, and can be shown. */
FUZZ_UNUSED static void must_agree_with_grammar(struct dto_status status, const uint8_t *data, size_t size)
{
    enum dto_rule grammar = json_grammar_check((const char *)data, size);

    if (grammar != DTO_OK)
        must(status.rule == grammar && strcmp(status.field, DTO_PAYLOAD) == 0, "what is not JSON is refused for that");
    must((*status.text == '\0') == dto_is_ok(status), "a refusal has a text");
}

/* What was accepted breaks none of the rules about the whole document that can be seen without parsing it. */
FUZZ_UNUSED static void must_be_acceptable(const uint8_t *data, size_t size)
{
    int depth = 0;
    bool in_string = false;
    size_t bytes;

    must(size > 0 && size <= DTO_JSON_MAX, "an accepted document is not too long");
    for (size_t i = 0; i < size; i += bytes) {
        int32_t point = decode(data + i, size - i, &bytes);
        must(point > 0, "an accepted document is UTF-8 without NUL");
        must(point >= 0x20 || !in_string, "a string holds no control character as it is");
        if (point == '"')
            in_string = !in_string;
        else if (!in_string && (point == '{' || point == '['))
            must(++depth <= DTO_DEPTH_MAX, "an accepted document is not too deep");
        else if (!in_string && (point == '}' || point == ']'))
            depth--;
        if (point != '\\')
            continue;
        must(in_string && size - i > 1, "an escape is in a string");
        must(size - i < 6 || memcmp(data + i, "\\u0000", 6) != 0, "a string holds no NUL");
        bytes = 2; /* the character behind it is not what it looks like */
    }
    must(!in_string && depth == 0, "an accepted document is whole");
}

/* What to_json wrote is JSON that from_json may be given. */
FUZZ_UNUSED static void must_be_written(struct dto_status written, const char *json)
{
    must(dto_is_ok(written), "an accepted descriptor can be written");
    must(memchr(json, '\0', DTO_JSON_MAX) != NULL, "what is written ends within the buffer");
    must(json_grammar_check(json, strlen(json)) == DTO_OK, "what is written is JSON");
}

/* The harness of one descriptor: its from_json on any bytes, and back and forth again when it accepts them. Made of its
 * must_be_valid, is_zero and are_same. */
#define FUZZ_DESCRIPTOR(type)                                                                                          \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                                                       \
    {                                                                                                                  \
        struct type read, again;                                                                                       \
        char json[DTO_JSON_MAX];                                                                                       \
                                                                                                                       \
        memset(&read, 0xA5, sizeof read);                                                                              \
        struct dto_status status = type##_from_json(&read, (const char *)data, size);                                  \
        must_agree_with_grammar(status, data, size);                                                                   \
        if (!dto_is_ok(status)) {                                                                                      \
            must(is_zero(&read), "a refused descriptor is zeroed");                                                    \
            return 0;                                                                                                  \
        }                                                                                                              \
        must_be_acceptable(data, size);                                                                                \
        must_be_valid(&read);                                                                                          \
        must_be_written(type##_to_json(&read, json, sizeof json), json);                                               \
        memset(&again, 0xA5, sizeof again);                                                                            \
        must(dto_is_ok(type##_from_json(&again, json, strlen(json))), "what is written can be read");                  \
        must(are_same(&read, &again), "what is written is what was read");                                             \
        return 0;                                                                                                      \
    }

#endif
