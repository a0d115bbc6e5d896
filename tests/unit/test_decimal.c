/* Numbers printed digit by digit are what printf prints, with as many digits as a double has for sure. */
#include "decimal.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void check_same_as_printf(double number)
{
    char buffer[DECIMAL_SIZE], expected[64];
    const char *text = decimal_text(number, buffer);

    snprintf(expected, sizeof expected, "%.15g", number);
    if (text == NULL || strcmp(text, expected) != 0 || text < buffer || text + strlen(text) >= buffer + sizeof buffer)
        fail_msg("%s is written as %s", expected, text == NULL ? "nothing" : text);
}

static void hundredths_are_what_printf_prints(void **state)
{
    (void)state;
    for (int hundredths = 1; hundredths <= 100000; hundredths++) {
        check_same_as_printf(hundredths / 100.0);
        check_same_as_printf(-hundredths / 100.0);
    }
}

static void large_numbers_are_what_printf_prints(void **state)
{
    (void)state;
    check_same_as_printf(0);
    for (double power = 1; power < 1e13; power *= 10) {
        for (int step = -150; step <= 150; step++) {
            double number = (round(power * 100) + step) / 100;
            if (number != 0) /* minus nothing is printf's, and no hundredth */
                check_same_as_printf(number);
        }
    }
    check_same_as_printf(9999999999999.99);
    check_same_as_printf(-9999999999999.99);
}

static void other_numbers_are_left_to_others(void **state)
{
    static const double numbers[] = {-0.0,  0.001,   27.381, 27.380000000000003, 1e13, -1e13,    1e300, 1e-9,
                                     0.005, 1.0 / 3, 1e15,   INFINITY,           NAN,  -INFINITY};
    char buffer[DECIMAL_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (decimal_text(numbers[i], buffer) != NULL)
            fail_msg("%.17g is written as %s", numbers[i], decimal_text(numbers[i], buffer));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundredths_are_what_printf_prints),
        cmocka_unit_test(large_numbers_are_what_printf_prints),
        cmocka_unit_test(other_numbers_are_left_to_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
