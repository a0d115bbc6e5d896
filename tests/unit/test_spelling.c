/* What was meant by a name that there is not. */
#include "spelling.h"

#include "unit.h"

#include <string.h>

static const char *const names[] = {"host", "port",     "count",         "cafile", "cert",
                                    "key",  "password", "password-file", "wait",   NULL};

static const char *meant(const char *typed)
{
    const char *nearest = spelling_nearest(typed, strlen(typed), names);

    return nearest == NULL ? "" : nearest;
}

static void one_mistake_is_understood_and_in_a_longer_word_two(void **state)
{
    static const char *const cases[][2] = {
        {"cuont", "count"},      {"coutn", "count"}, /* swapped */
        {"cont", "count"},       {"hos", "host"},    /* left out */
        {"counnt", "count"},     {"hostt", "host"},  /* added */
        {"count", "count"},      {"HOST", "host"},   /* nothing */
        {"xount", "count"},      {"coumt", "count"}, /* changed */
        {"pasword", "password"}, {"passowrd-file", "password-file"},
        {"psswrd", "password"},  {"ke", "key"},
        {"ca-file", "cafile"},   {"certt", "cert"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(meant(cases[i][0]), cases[i][1]);
}

static void what_is_like_nothing_is_not_guessed_at(void **state)
{
    static const char *const cases[] = {
        "",          "h",       "nonsense",
        "threshold", "passion", "count-of-messages",
        "k",         "xyz",     "a-word-of-more-than-the-thirty-one-letters-that-are-looked-at"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(meant(cases[i]), "");
}

static void of_two_that_are_like_it_the_nearer_one_is_meant_and_of_the_same_the_first(void **state)
{
    static const char *const near[] = {"wind", "window", "windows", NULL};

    (void)state;
    assert_string_equal(spelling_nearest("windo", 5, near), "wind");
    assert_string_equal(spelling_nearest("windwo", 6, near), "window");
    assert_string_equal(spelling_nearest("windowss", 8, near), "windows");
}

static void only_so_many_bytes_are_looked_at(void **state)
{
    (void)state;
    assert_string_equal(spelling_nearest("cuont=1000", 5, names), "count");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mistake_is_understood_and_in_a_longer_word_two),
        cmocka_unit_test(what_is_like_nothing_is_not_guessed_at),
        cmocka_unit_test(of_two_that_are_like_it_the_nearer_one_is_meant_and_of_the_same_the_first),
        cmocka_unit_test(only_so_many_bytes_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
