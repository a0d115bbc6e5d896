/* The clock that only goes forward, deadlines, and sleeping by it. */
#include "playground/monotonic.h"

#include "unit.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { HANGS_US = 30000000 };

static int64_t system_us(void)
{
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void the_clock_counts_the_microseconds_of_the_system(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t before_us = system_us();
        int64_t now_us = monotonic_us();
        int64_t after_us = system_us();
        assert_true(before_us <= now_us && now_us <= after_us);
    }
}

static void the_clock_never_goes_back(void **state)
{
    int64_t last_us = monotonic_us();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t now_us = monotonic_us();
        assert_true(now_us >= last_us);
        last_us = now_us;
    }
}

static void a_deadline_may_be_any_time_away(void **state)
{
    int64_t now_us = monotonic_us();

    (void)state;
    assert_true(monotonic_deadline_us(-1e300) >= now_us);
    assert_true(monotonic_deadline_us(-1) < now_us + 60 * INT64_C(1000000));
    assert_true(monotonic_deadline_us(1e300) > now_us + INT64_C(1000000000000));
    assert_true(monotonic_deadline_us(1e300) < now_us + INT64_C(2000) * 366 * 86400 * 1000000);
}

static void a_sleep_lasts_its_time(void **state)
{
    static const int64_t spans_us[] = {INT64_MIN, -1, 0, 1, 999, 30000, 1100000};

    (void)state;
    for (size_t i = 0; i < COUNT(spans_us); i++) {
        int64_t start_us = monotonic_us();
        monotonic_sleep_us(spans_us[i]);
        assert_true(monotonic_us() - start_us >= spans_us[i]);
        assert_true(monotonic_us() - start_us < HANGS_US);
    }
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void a_signal_ends_a_sleep_early(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm}, before;
    int64_t start_us = monotonic_us();

    (void)state;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    alarm(1);
    monotonic_sleep_us(INT64_C(2) * HANGS_US);
    sigaction(SIGALRM, &before, NULL);
    assert_true(monotonic_us() - start_us < HANGS_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_counts_the_microseconds_of_the_system),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(a_deadline_may_be_any_time_away),
        cmocka_unit_test(a_sleep_lasts_its_time),
        cmocka_unit_test(a_signal_ends_a_sleep_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
