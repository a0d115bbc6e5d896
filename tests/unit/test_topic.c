/* Topic names and filters: MQTT 3.1.1 section 4.7 with all its examples, and the limits of UTF-8 and of length. */
#include "playground/topic.h"

#include "text.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void the_filters_of_the_specification_match_their_topics(void **state)
{
    static const struct {
        const char *filter, *topic;
        bool matches;
    } examples[] = {
        /* 4.7.1.2, the multi-level wildcard */
        {"sport/tennis/player1/#", "sport/tennis/player1", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
        {"sport/#", "sport", true},
        {"#", "sport", true},
        {"#", "sport/tennis/player1/score/wimbledon", true},
        {"sport/tennis/#", "sport/tennis", true},
        {"sport/tennis/#", "sport/tennis/player1", true},
        /* 4.7.1.3, the single level wildcard */
        {"sport/tennis/+", "sport/tennis/player1", true},
        {"sport/tennis/+", "sport/tennis/player2", true},
        {"sport/tennis/+", "sport/tennis/player1/ranking", false},
        {"sport/+", "sport", false},
        {"sport/+", "sport/", true},
        {"+", "sport", true},
        {"+", "sport/tennis", false},
        {"+/tennis/#", "sport/tennis", true},
        {"+/tennis/#", "sport/tennis/player1", true},
        {"+/tennis/#", "sport/golf", false},
        {"sport/+/player1", "sport/tennis/player1", true},
        {"sport/+/player1", "sport/tennis/player2", false},
        {"+/+", "/finance", true},
        {"/+", "/finance", true},
        {"+", "/finance", false},
        /* 4.7.2, topics that begin with $ */
        {"#", "$SYS/", false},
        {"#", "$SYS", false},
        {"+/monitor/Clients", "$SYS/monitor/Clients", false},
        {"$SYS/#", "$SYS/", true},
        {"$SYS/#", "$SYS/monitor/Clients", true},
        {"$SYS/monitor/+", "$SYS/monitor/Clients", true},
        /* 4.7.3, what tells topics apart */
        {"ACCOUNTS", "Accounts", false},
        {"Accounts payable", "Accounts payable", true},
        {"/finance", "finance", false},
        {"finance", "/finance", false},
        {"/", "/", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        if (topic_matches(examples[i].filter, examples[i].topic) != examples[i].matches)
            fail_msg("filter %s, topic %s: not %d", examples[i].filter, examples[i].topic, examples[i].matches);
    }
}

static void filters_match_whole_levels(void **state)
{
    static const struct {
        const char *filter, *topic;
        bool matches;
    } cases[] = {
        {"a", "a", true},
        {"a", "b", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"a/b", "a", false},
        {"a", "a/b", false},
        {"a/b/c", "a/b/c", true},
        {"a/b/c", "a/b/d", false},
        {"a/#", "ab", false},
        {"a/#", "ab/c", false},
        {"a/#", "b", false},
        {"a/b/#", "a", false},
        {"a/b/#", "a/", false},
        {"a/+/c", "a/b/c/d", false},
        {"a/+/c", "a/b", false},
        {"a/+/c", "a/bb/c", true},
        {"+/+/+", "a/b/c", true},
        {"+/+/+", "a/b", false},
        {"+/+", "a/b/c", false},
        {"+/b/+/d", "a/b/c/d", true},
        {"+/#", "a", true},
        {"+/#", "a/b/c", true},
        {"a/+/#", "a/b", true},
        {"a/+/#", "a", false},
        {"a/+/#", "a/b/c/d", true},
        {"+/+/#", "a", false},
        {"città/+", "città/°C", true},
        {"citt\xC3\xA0", "citta\xCC\x80", false}, /* no normalisation: bytes are compared */
        {" ", " ", true},
        {"a ", "a", false},
        /* empty levels */
        {"#", "/", true},
        {"#", "//", true},
        {"#", "/a", true},
        {"+", "/", false},
        {"+/+", "/", true},
        {"+/+/+", "//", true},
        {"+/+", "//", false},
        {"/#", "/", true},
        {"/#", "/a", true},
        {"/#", "a", false},
        {"/#", "a/b", false},
        {"a/+", "a/", true},
        {"a/+/b", "a//b", true},
        {"a//b", "a//b", true},
        {"a//b", "a/b", false},
        {"a/b", "a//b", false},
        {"a/", "a", false},
        {"a", "a/", false},
        {"a/#", "a/", true},
        {"a//#", "a/", true},
        {"a//#", "a", false},
        {"+/a", "/a", true},
        {"a/+/", "a/b/", true},
        {"a/+/", "a/b", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (topic_matches(cases[i].filter, cases[i].topic) != cases[i].matches)
            fail_msg("filter %s, topic %s: not %d", cases[i].filter, cases[i].topic, cases[i].matches);
    }
}

static void wildcards_do_not_match_dollar_topics(void **state)
{
    static const struct {
        const char *filter, *topic;
        bool matches;
    } cases[] = {
        {"#", "$", false},
        {"+", "$SYS", false},
        {"+", "$", false},
        {"+/#", "$SYS/a", false},
        {"+/+", "$SYS/a", false},
        {"/#", "$SYS", false},
        {"$SYS", "$SYS", true},
        {"$SYS/#", "$SYS", true},
        {"$SYS/+", "$SYS/a", true},
        {"$SYS/+/+", "$SYS/a/b", true},
        {"$SYS/+", "$share/a", false},
        {"$/+", "$SYS/a", false},
        {"a/#", "a/$SYS", true}, /* only at the start is it special */
        {"a/+", "a/$SYS", true},
        {"+/$SYS", "a/$SYS", true},
        {"#", "a$", true},
        {"#", "/$SYS", true},
        {"+/$SYS", "/$SYS", true},
        {"$SYS/#", "SYS", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (topic_matches(cases[i].filter, cases[i].topic) != cases[i].matches)
            fail_msg("filter %s, topic %s: not %d", cases[i].filter, cases[i].topic, cases[i].matches);
    }
}

static void invalid_filters_are_refused_and_match_nothing(void **state)
{
    static const char *const invalid[] = {
        "",
        "sport+",
        "+sport",
        "sport/tennis#",
        "sport/tennis/#/ranking",
        "#/",
        "#/a",
        "##",
        "a/##",
        "a/#b",
        "#a",
        "a#",
        "++",
        "a/++",
        "a/b+",
        "a/+b",
        "a/+b/c",
        "+#",
        "#+",
        "a/+#",
        "a/#+",
        "#/#",
        "a/#/+",
        "+a/#",
        "+/a+",
        "a\x1F",
        "\xFF",
        "a/\xC3/b",
        "+/\x01",
        "+/\x7F",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++) {
        if (topic_filter_is_valid(invalid[i]))
            fail_msg("filter %s is valid", invalid[i]);
        if (topic_matches(invalid[i], "sport") || topic_matches(invalid[i], "sport/tennis") ||
            topic_matches(invalid[i], "a") || topic_matches(invalid[i], invalid[i]))
            fail_msg("filter %s matches", invalid[i]);
    }
}

static void valid_filters_are_accepted(void **state)
{
    static const char *const valid[] = {
        "#",
        "+",
        "/",
        "//",
        "sport/tennis/#",
        "+/tennis/#",
        "sport/+/player1",
        "+/+",
        "/+",
        "/#",
        "+/#",
        "//+//",
        "a/+/+/#",
        "$SYS/#",
        "$SYS/monitor/+",
        "a b",
        "città/+",
        "\xF0\x9F\x8C\xA1/#",
        "a",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(valid); i++) {
        if (!topic_filter_is_valid(valid[i]))
            fail_msg("filter %s is invalid", valid[i]);
    }
}

static void an_invalid_topic_is_matched_by_nothing(void **state)
{
    static const char *const invalid[] = {"",   "+",   "#",        "a/+",  "a/#",     "a+",
                                          "#a", "a\n", "\x1B[31m", "\xFF", "\xC2\x9B"};

    (void)state;
    for (size_t i = 0; i < COUNT(invalid); i++) {
        if (topic_is_valid(invalid[i]))
            fail_msg("topic %s is valid", invalid[i]);
        if (topic_matches("#", invalid[i]) || topic_matches("+", invalid[i]) || topic_matches(invalid[i], invalid[i]) ||
            topic_matches("a/+", invalid[i]))
            fail_msg("topic %s is matched", invalid[i]);
    }
}

static void topics_hold_no_wildcard(void **state)
{
    static const struct {
        const char *topic;
        bool valid;
    } cases[] = {
        {"a", true},        {"/", true},    {"//", true},     {"/a", true},   {"a/", true},
        {"a b", true},      {" ", true},    {"$SYS/a", true}, {"a//b", true}, {"Accounts payable", true},
        {"città/°C", true}, {"a*b?", true}, {"a\\b", true},   {"", false},    {"+", false},
        {"#", false},       {"a/+", false}, {"a/#", false},   {"a+b", false}, {"a#b", false},
        {"a/b+/c", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (topic_is_valid(cases[i].topic) != cases[i].valid)
            fail_msg("topic %s: not %d", cases[i].topic, cases[i].valid);
    }
}

static void text_is_utf8_without_control_characters(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        /* the first and the last character of each length */
        {" ", true},
        {"~", true},
        {"\xC2\xA0", true},
        {"\xDF\xBF", true},
        {"\xE0\xA0\x80", true},
        {"\xEF\xBF\xBF", true},
        {"\xF0\x90\x80\x80", true},
        {"\xF4\x8F\xBF\xBF", true},
        /* around the surrogates, and the byte order mark, which section 1.5.3 keeps */
        {"\xED\x9F\xBF", true},
        {"\xEE\x80\x80", true},
        {"\xEF\xBB\xBF", true},
        {"a\xEF\xBB\xBF", true},
        /* control characters */
        {"\x01", false},
        {"\t", false},
        {"\n", false},
        {"\r", false},
        {"\x1B", false},
        {"\x1F", false},
        {"\x7F", false},
        {"\xC2\x80", false},
        {"\xC2\x85", false},
        {"\xC2\x9B", false},
        {"\xC2\x9F", false},
        {"a\xC2\x9F", false},
        {"a\x7F"
         "b",
         false},
        {"ab\n", false},
        /* overlong */
        {"\xC0\x80", false},
        {"\xC0\xAF", false},
        {"\xC1\xBF", false},
        {"\xE0\x80\xAF", false},
        {"\xE0\x9F\xBF", false},
        {"\xF0\x80\x80\xAF", false},
        {"\xF0\x8F\xBF\xBF", false},
        /* surrogates */
        {"\xED\xA0\x80", false},
        {"\xED\xBF\xBF", false},
        {"\xED\xA0\xBD\xED\xB8\x80", false},
        /* beyond U+10FFFF */
        {"\xF4\x90\x80\x80", false},
        {"\xF5\x80\x80\x80", false},
        {"\xF8\x88\x80\x80\x80", false},
        {"\xFE", false},
        {"\xFF", false},
        /* cut short, and stray continuation bytes */
        {"\xC3", false},
        {"\xE2\x82", false},
        {"\xE2", false},
        {"\xF0\x9F\x8C", false},
        {"\xC3"
         "a",
         false},
        {"\xE2\x82"
         "a",
         false},
        {"\xE2"
         "a\xAC",
         false},
        {"\xF0\x9F\x8C"
         "a",
         false},
        {"\x80", false},
        {"\xBF", false},
        {"a\xA0", false},
        {"\xC3\xA0\xA0", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = cases[i].text;
        if (text_is_valid(text, 100) != cases[i].valid || topic_is_valid(text) != cases[i].valid ||
            topic_filter_is_valid(text) != cases[i].valid || topic_level_is_valid(text) != cases[i].valid)
            fail_msg("case %zu is not %d", i, cases[i].valid);
    }
}

static void every_control_character_is_refused(void **state)
{
    (void)state;
    for (unsigned code = 0x01; code <= 0xFF; code++) {
        char text[4] = {'a', (char)code};
        if (code >= 0x80) {
            text[1] = (char)(0xC0 | code >> 6);
            text[2] = (char)(0x80 | (code & 0x3F));
        }
        bool valid = (code >= 0x20 && code < 0x7F) || code >= 0xA0;
        if (text_is_valid(text, sizeof text) != valid)
            fail_msg("U+%04X: not %d", code, valid);
    }
}

static void text_is_limited_in_bytes(void **state)
{
    (void)state;
    assert_false(text_is_valid("", 0));
    assert_false(text_is_valid("", 10));
    assert_false(text_is_valid("a", 0));
    assert_true(text_is_valid("a", 1));
    assert_false(text_is_valid("ab", 1));
    assert_true(text_is_valid("ab", 2));
    assert_false(text_is_valid("\xC3\xA0", 1));
    assert_true(text_is_valid("\xC3\xA0", 2));
    assert_false(text_is_valid("\xF0\x9F\x8C\xA1", 3));
    assert_true(text_is_valid("\xF0\x9F\x8C\xA1", 4));
}

static void topics_and_filters_are_limited_to_65535_bytes(void **state)
{
    char *text = malloc(TOPIC_MAX + 2);

    (void)state;
    assert_non_null(text);
    assert_int_equal(TOPIC_MAX, 65535);
    memset(text, 'x', TOPIC_MAX + 1);
    text[TOPIC_MAX + 1] = '\0';
    assert_false(topic_is_valid(text));
    assert_false(topic_filter_is_valid(text));
    assert_false(topic_matches(text, text));
    assert_false(topic_matches("#", text));
    text[TOPIC_MAX] = '\0';
    assert_true(topic_is_valid(text));
    assert_true(topic_filter_is_valid(text));
    assert_true(topic_matches(text, text));
    assert_true(topic_matches("#", text));
    assert_true(topic_matches("+", text));

    /* as many levels as there can be */
    memset(text, '/', TOPIC_MAX);
    assert_true(topic_is_valid(text));
    assert_true(topic_matches("#", text));
    assert_false(topic_matches("+", text));
    free(text);
}

static void a_filter_of_many_wildcards_matches(void **state)
{
    static char filter[TOPIC_MAX + 1], topic[TOPIC_MAX + 1];

    (void)state;
    for (size_t i = 0; i < TOPIC_MAX; i++) {
        filter[i] = i % 2 == 0 ? '+' : '/';
        topic[i] = i % 2 == 0 ? 'a' : '/';
    }
    assert_true(topic_filter_is_valid(filter));
    assert_true(topic_matches(filter, topic));
    topic[TOPIC_MAX - 2] = 'a'; /* one level less */
    assert_false(topic_matches(filter, topic));
}

static void a_level_is_1_to_64_bytes_without_slash_and_wildcards(void **state)
{
    static const struct {
        const char *level;
        bool valid;
    } cases[] = {
        {"a", true},    {"dev-1", true}, {"a b", true},       {"$SYS", true},  {"città", true},
        {".", true},    {"..", true},    {"", false},         {"/", false},    {"a/b", false},
        {"/a", false},  {"a/", false},   {"+", false},        {"#", false},    {"a+", false},
        {"a#b", false}, {"a\n", false},  {"\xC2\x85", false}, {"\xFF", false},
    };
    char level[TOPIC_LEVEL_MAX + 2];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (topic_level_is_valid(cases[i].level) != cases[i].valid)
            fail_msg("level %s: not %d", cases[i].level, cases[i].valid);
    }
    assert_int_equal(TOPIC_LEVEL_MAX, 64);
    for (size_t length = 1; length <= TOPIC_LEVEL_MAX + 1; length++) {
        memset(level, 'x', length);
        level[length] = '\0';
        assert_int_equal(topic_level_is_valid(level), length <= TOPIC_LEVEL_MAX);
    }
    for (size_t i = 0; i < TOPIC_LEVEL_MAX; i += 2) /* 32 characters of two bytes */
        memcpy(level + i, "\xC3\xA0", 2);
    level[TOPIC_LEVEL_MAX] = '\0';
    assert_true(topic_level_is_valid(level));
    level[TOPIC_LEVEL_MAX] = 'x';
    level[TOPIC_LEVEL_MAX + 1] = '\0';
    assert_false(topic_level_is_valid(level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_filters_of_the_specification_match_their_topics),
        cmocka_unit_test(filters_match_whole_levels),
        cmocka_unit_test(wildcards_do_not_match_dollar_topics),
        cmocka_unit_test(invalid_filters_are_refused_and_match_nothing),
        cmocka_unit_test(valid_filters_are_accepted),
        cmocka_unit_test(an_invalid_topic_is_matched_by_nothing),
        cmocka_unit_test(topics_hold_no_wildcard),
        cmocka_unit_test(text_is_utf8_without_control_characters),
        cmocka_unit_test(every_control_character_is_refused),
        cmocka_unit_test(text_is_limited_in_bytes),
        cmocka_unit_test(topics_and_filters_are_limited_to_65535_bytes),
        cmocka_unit_test(a_filter_of_many_wildcards_matches),
        cmocka_unit_test(a_level_is_1_to_64_bytes_without_slash_and_wildcards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
