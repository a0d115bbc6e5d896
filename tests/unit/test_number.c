/* Numbers as text: which are read, as what, and which are refused. */
#include "playground/number.h"

#include "unit.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#define BEFORE 12345.678 /* what the number holds before a text is read */

static void decimal_numbers_are_read(void **state)
{
    static const struct {
        const char *text;
        double number;
    } accepted[] = {
        {"0", 0},
        {"28.53", 28.53},
        {"-4", -4},
        {"+4", 4},
        {"1e3", 1000},
        {"1E3", 1000},
        {"1e+3", 1000},
        {"1e-3", 0.001},
        {"-1.5e-1", -0.15},
        {"0.1", 0.1},
        {"00028.530", 28.53},
        {"20.00", 20},
        {"123456789012345", 123456789012345},
        {"9007199254740993", 9007199254740992},
        {"1.7976931348623157e308", DBL_MAX},
        {"-1.7976931348623157e308", -DBL_MAX},
        {"2.2250738585072014e-308", DBL_MIN},
        {"5e-324", 5e-324},
        {"1e-400", 0}, /* too small to tell from 0 */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        double number = BEFORE;
        if (!number_from_text(accepted[i].text, strlen(accepted[i].text), &number))
            fail_msg("\"%s\" is refused", accepted[i].text);
        if (number != accepted[i].number)
            fail_msg("\"%s\" is read as %.17g", accepted[i].text, number);
    }
}

static void anything_else_is_refused_and_the_number_stays(void **state)
{
    static const char *const refused[] = {
        "",
        " ",
        " 1",
        "1 ",
        "\t1",
        "1\n",
        "1\r\n",
        "1 2",
        "1,5",
        "1.2.3",
        "--1",
        "+-1",
        "-",
        "+",
        ".",
        "e",
        "E5",
        "e5",
        "-e5",
        ".e1",
        "1e",
        "1e+",
        "1e1.5",
        "1e1e1",
        "0x10",
        "0X1p3",
        "1p3",
        "nan",
        "NaN",
        "NAN(1)",
        "inf",
        "-inf",
        "INF",
        "infinity",
        "1e999",
        "-1e999",
        "1.8e308",
        "28.53C",
        "28.53 C",
        "C28",
        "ON",
        "null",
        "true",
        "1_000",
        "1'000",
        "1d3",
        "(1)",
        "\"1\"",
        "[1]",
        "{}",
        "1-",
        "1-1",
        "1+1",
        "\xC2\xA0"
        "1",
        "\xEF\xBB\xBF"
        "1",
        "\xD9\xA1",
        "\xFF",
        "1\x01",
        "1;",
        "%d",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        double number = BEFORE;
        if (number_from_text(refused[i], strlen(refused[i]), &number))
            fail_msg("\"%s\" is read as %.17g", refused[i], number);
        if (number != BEFORE)
            fail_msg("\"%s\" is refused, but changes the number to %.17g", refused[i], number);
    }
}

static void the_length_counts_and_not_a_terminating_nul(void **state)
{
    static const char without_nul[] = {'2', '8', '.', '5', '3'};
    static const struct {
        size_t length;
        double number;
    } cuts[] = {{1, 2}, {2, 28}, {3, 28}, {4, 28.5}, {5, 28.53}};
    double number = BEFORE;

    (void)state;
    for (size_t i = 0; i < COUNT(cuts); i++) {
        assert_true(number_from_text(without_nul, cuts[i].length, &number));
        assert_true(number == cuts[i].number);
    }
}

static void a_nul_within_the_length_is_refused(void **state)
{
    static const char *const texts[] = {"\0001", "1\0002", "1\000\000"};
    static const size_t lengths[] = {2, 3, 2};
    double number = BEFORE;

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_false(number_from_text(texts[i], lengths[i], &number));
        assert_true(number == BEFORE);
    }
}

static void a_text_of_no_length_is_refused(void **state)
{
    double number = BEFORE;

    (void)state;
    assert_false(number_from_text("1", 0, &number));
    assert_true(number == BEFORE);
}

static void a_very_long_text_does_no_harm(void **state)
{
    static char digits[100000];
    double number = BEFORE;

    (void)state;
    memset(digits, '1', sizeof digits);
    assert_false(number_from_text(digits, sizeof digits, &number));
    assert_true(number == BEFORE);
    memset(digits, 'x', sizeof digits);
    assert_false(number_from_text(digits, sizeof digits, &number));
    assert_true(number == BEFORE);
    memset(digits, '0', sizeof digits);
    digits[39] = '7';
    assert_true(number_from_text(digits, 40, &number));
    assert_true(number == 7);
}

static void the_longest_text_that_a_double_prints_as_is_read(void **state)
{
    static const double numbers[] = {-DBL_MAX, -DBL_MIN, -DBL_TRUE_MIN, DBL_EPSILON, 0.1, 1.0 / 3};
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        double number = BEFORE;
        int length = snprintf(text, sizeof text, "%.17g", numbers[i]);
        assert_true(number_from_text(text, (size_t)length, &number));
        assert_true(number == numbers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_numbers_are_read),
        cmocka_unit_test(anything_else_is_refused_and_the_number_stays),
        cmocka_unit_test(the_length_counts_and_not_a_terminating_nul),
        cmocka_unit_test(a_nul_within_the_length_is_refused),
        cmocka_unit_test(a_text_of_no_length_is_refused),
        cmocka_unit_test(a_very_long_text_does_no_harm),
        cmocka_unit_test(the_longest_text_that_a_double_prints_as_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
