/* Numbers that nobody foresees: all that can be tested is that they differ and where they lie. */
#include "playground/monotonic.h"
#include "playground/random.h"

#include "capture.h"
#include "unit.h"

#include <sys/resource.h>

enum { DRAWS = 1000, FINE = 0, WRONG = 1 };

static void hardly_any_two_numbers_are_the_same(void **state)
{
    static uint32_t drawn[DRAWS];
    int same = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        drawn[i] = random_bits();
        for (int j = 0; j < i; j++)
            same += drawn[i] == drawn[j];
    }
    assert_true(same <= 3); /* one pair in eight thousand runs */
}

static void every_bit_is_sometimes_set_and_sometimes_not(void **state)
{
    uint32_t ever = 0, always = UINT32_MAX;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        uint32_t bits = random_bits();
        ever |= bits;
        always &= bits;
    }
    assert_true(ever == UINT32_MAX);
    assert_true(always == 0);
}

static void fractions_lie_everywhere_from_0_to_1(void **state)
{
    int tenths[10] = {0};

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        double fraction = random_fraction();
        assert_true(fraction >= 0 && fraction < 1);
        tenths[(int)(fraction * 10)]++;
    }
    for (size_t i = 0; i < COUNT(tenths); i++)
        assert_true(tenths[i] > 0);
}

static int draw_without_descriptors(const void *argument)
{
    const struct rlimit none = {0, 0};
    uint32_t first;

    (void)argument;
    if (setrlimit(RLIMIT_NOFILE, &none) != 0 || fopen("/dev/urandom", "rb") != NULL)
        return WRONG;
    first = random_bits();
    monotonic_sleep_us(1000);
    return random_bits() != first ? FINE : WRONG;
}

static void without_the_system_they_still_differ(void **state)
{
    (void)state;
    assert_int_equal(child_status(draw_without_descriptors, NULL), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hardly_any_two_numbers_are_the_same),
        cmocka_unit_test(every_bit_is_sometimes_set_and_sometimes_not),
        cmocka_unit_test(fractions_lie_everywhere_from_0_to_1),
        cmocka_unit_test(without_the_system_they_still_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
