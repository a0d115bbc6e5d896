/* What is UTF-8, and what of it can be printed, at each place of a longer text: the whole words that are looked at
 * first must hide nothing. Which single characters there are is a table of test_topic.c. */
#include "text.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum { AROUND = 20 };

/* Puts the piece at `position` into as many letters, and says how long all of it is. */
static size_t put(char *text, const char *piece, size_t length, size_t position)
{
    memset(text, 'a', AROUND + length);
    memcpy(text + position, piece, length);
    return AROUND + length;
}

static void what_is_no_character_is_found_at_every_place(void **state)
{
    static const char *const pieces[] = {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"};
    char text[AROUND + 4];

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        for (size_t position = 0; position <= AROUND; position++) {
            size_t length = put(text, pieces[i], strlen(pieces[i]), position);
            if (text_is_utf8(text, length))
                fail_msg("piece %zu is not seen at %zu", i, position);
        }
    }
}

static void every_character_is_one_at_every_place(void **state)
{
    static const char *const pieces[] = {"b", "\xC3\xA0", "\xE2\x82\xAC", "\xF0\x9F\x8C\xA1", "\x7F"};
    char text[AROUND + 4];

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        for (size_t position = 0; position <= AROUND; position++) {
            size_t length = put(text, pieces[i], strlen(pieces[i]), position);
            if (!text_is_utf8(text, length))
                fail_msg("piece %zu is refused at %zu", i, position);
            if (i > 0 && i < 4 && position == AROUND && text_is_utf8(text, length - 1))
                fail_msg("piece %zu is cut, and not seen", i);
        }
    }
}

static void every_character_has_its_code(void **state)
{
    static const struct {
        const char *text;
        unsigned code;
    } cases[] = {
        {"a", 0x61},
        {"\x7F", 0x7F},
        {"\xC2\x80", 0x80},
        {"\xDF\xBF", 0x7FF},
        {"\xE0\xA0\x80", 0x800},
        {"\xEF\xBF\xBF", 0xFFFF},
        {"\xF0\x90\x80\x80", 0x10000},
        {"\xF4\x8F\xBF\xBF", 0x10FFFF},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(text_character_code(cases[i].text, strlen(cases[i].text)), cases[i].code);
}

/* In memory that ends with the text, so that the sanitizers and valgrind see whoever reads on. */
static void nothing_is_read_behind_the_end(void **state)
{
    (void)state;
    for (size_t length = 1; length <= AROUND; length++) {
        char *text = malloc(length);
        assert_non_null(text);
        memset(text, 'a', length);
        assert_true(text_is_utf8(text, length));
        text[length - 1] = '\xC3';
        assert_false(text_is_utf8(text, length));
        free(text);
    }
}

static void a_nul_and_nothing_are_utf8(void **state)
{
    (void)state;
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_int_equal(text_character_length("", 0), 0);
    assert_int_equal(text_character_length("", 1), 1);
}

static void control_characters_cannot_be_printed(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 0xFF; code++) {
        char text[2] = {(char)code};
        size_t length = code < 0x80 ? 1 : 2;
        if (length == 2) {
            text[0] = (char)(0xC0 | code >> 6);
            text[1] = (char)(0x80 | (code & 0x3F));
        }
        bool is_printable = (code >= 0x20 && code < 0x7F) || code >= 0xA0;
        assert_int_equal(text_character_length(text, length), length);
        assert_int_equal(text_printable_length(text, length), is_printable ? length : 0);
    }
    for (unsigned code = 0x2000; code < 0x2080; code++) { /* two turn a line over, some its direction */
        const char text[3] = {'\xE2', (char)(0x80 | (code >> 6 & 0x3F)), (char)(0x80 | (code & 0x3F))};
        bool is_control = (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
        assert_int_equal(text_character_length(text, 3), 3);
        assert_int_equal(text_printable_length(text, 3), is_control ? 0 : 3);
    }
    assert_int_equal(text_printable_length("\xE2\x82\xAC", 3), 3);
    assert_int_equal(text_printable_length("\xE2\x82", 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_character_is_found_at_every_place),
        cmocka_unit_test(every_character_is_one_at_every_place),
        cmocka_unit_test(every_character_has_its_code),
        cmocka_unit_test(nothing_is_read_behind_the_end),
        cmocka_unit_test(a_nul_and_nothing_are_utf8),
        cmocka_unit_test(control_characters_cannot_be_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
