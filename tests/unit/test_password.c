/* A password in the arguments is overwritten, whatever way it was given in, and nothing else is. */
#include "password.h"

#include "unit.h"

#include <string.h>

enum { ARGUMENTS_MAX = 4, ARGUMENT_SIZE = 32 };

static void a_password_is_blotted_out_and_nothing_else(void **state)
{
    static const struct {
        const char *password, *before[ARGUMENTS_MAX], *after[ARGUMENTS_MAX];
    } cases[] = {
        {"secret", {"--password", "secret", "--quiet"}, {"--password", "******", "--quiet"}},
        {"secret", {"--password=secret", "--qos", "1"}, {"--password=******", "--qos", "1"}},
        {"secret", {"-P", "secret"}, {"-P", "******"}},
        {"secret", {"-Psecret"}, {"-P******"}},
        {"secret", {"-dPsecret"}, {"-dP******"}},
        {"secret", {"-dP", "secret"}, {"-dP", "******"}},
        {"last", {"-P", "first", "--password", "last"}, {"-P", "*****", "--password", "****"}},
        {"secret", {"--username", "me", "--password-file", "name"}, {"--username", "me", "--password-file", "name"}},
        {"", {"--username", "me"}, {"--username", "me"}},
        {"", {"--password", ""}, {"--password", ""}},
        {"x", {"--quiet", "ab", "b"}, {"--quiet", "ab", "b"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char texts[ARGUMENTS_MAX][ARGUMENT_SIZE], name[] = "program";
        char *argv[ARGUMENTS_MAX + 2] = {name};
        int argc = 1;
        for (; argc <= ARGUMENTS_MAX && cases[i].before[argc - 1] != NULL; argc++)
            argv[argc] = strcpy(texts[argc - 1], cases[i].before[argc - 1]);
        password_blot_out(cases[i].password, argc, argv);
        for (int j = 1; j < argc; j++)
            assert_string_equal(argv[j], cases[i].after[j - 1]);
        assert_string_equal(name, "program");
    }
}

static void a_password_is_any_utf8(void **state)
{
    (void)state;
    assert_true(password_is_valid(""));
    assert_true(password_is_valid("a b\x01\n"));
    assert_true(password_is_valid("\xC3\xA9"));
    assert_false(password_is_valid("\xFF"));
    assert_false(password_is_valid("\xC3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_is_blotted_out_and_nothing_else),
        cmocka_unit_test(a_password_is_any_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
