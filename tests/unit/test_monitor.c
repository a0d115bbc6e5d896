/* A lock, and waiting inside it until something changes or a deadline passes. */
#include "playground/monitor.h"
#include "playground/monotonic.h"

#include "unit.h"

enum { HANGS_US = 30000000 };

static void a_wait_times_out_at_its_deadline_and_not_before(void **state)
{
    static const int64_t spans_us[] = {1, 999, 30000, 150000, 1100000};
    struct monitor monitor;

    (void)state;
    assert_true(monitor_init(&monitor));
    monitor_enter(&monitor);
    for (size_t i = 0; i < COUNT(spans_us); i++) {
        int64_t start_us = monotonic_us(), deadline_us = start_us + spans_us[i];
        while (monitor_wait(&monitor, deadline_us))
            assert_true(monotonic_us() - start_us < HANGS_US); /* it may wake up for no reason, but not for ever */
        assert_true(monotonic_us() >= deadline_us);
        assert_true(monotonic_us() - deadline_us < HANGS_US);
    }
    monitor_leave(&monitor);
    monitor_destroy(&monitor);
}

static void a_deadline_that_has_passed_is_not_waited_for(void **state)
{
    struct monitor monitor;
    int64_t start_us = monotonic_us();
    const int64_t deadlines_us[] = {0, 1, 999999, start_us - 1000000, start_us - 1, start_us};

    (void)state;
    assert_true(monitor_init(&monitor));
    monitor_enter(&monitor);
    for (size_t i = 0; i < COUNT(deadlines_us); i++)
        assert_false(monitor_wait(&monitor, deadlines_us[i]));
    monitor_leave(&monitor);
    monitor_destroy(&monitor);
    assert_true(monotonic_us() - start_us < HANGS_US);
}

struct bell {
    struct monitor monitor;
    int rings, answers; /* guarded by it */
};

enum { RINGS = 200 };

static void *ring(void *argument)
{
    struct bell *bell = argument;
    int64_t deadline_us = monotonic_us() + HANGS_US;
    bool in_time = true;

    monitor_enter(&bell->monitor);
    while (bell->rings < RINGS && in_time) {
        bell->rings++;
        monitor_notify_all(&bell->monitor);
        while (bell->answers < bell->rings && in_time)
            in_time = monitor_wait(&bell->monitor, deadline_us);
    }
    monitor_leave(&bell->monitor);
    return NULL;
}

static void a_wait_is_woken_and_is_inside_again(void **state)
{
    struct bell bell = {.rings = 0};
    int64_t start_us = monotonic_us();
    pthread_t thread;
    bool in_time = true;

    (void)state;
    assert_true(monitor_init(&bell.monitor));
    monitor_enter(&bell.monitor);
    assert_int_equal(pthread_create(&thread, NULL, ring, &bell), 0);
    while (bell.answers < RINGS && in_time) {
        while (bell.rings == bell.answers && in_time)
            in_time = monitor_wait(&bell.monitor, start_us + HANGS_US);
        bell.answers = bell.rings;
        monitor_notify_all(&bell.monitor);
    }
    monitor_leave(&bell.monitor);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(in_time);
    assert_int_equal(bell.rings, RINGS);
    assert_int_equal(bell.answers, RINGS);
    assert_true(monotonic_us() - start_us < HANGS_US);
    monitor_destroy(&bell.monitor);
}

static void *wait_for_a_ring(void *argument)
{
    struct bell *bell = argument;

    monitor_enter(&bell->monitor);
    bell->answers++;
    monitor_notify_all(&bell->monitor);
    while (bell->rings == 0)
        monitor_wait(&bell->monitor, MONITOR_FOREVER);
    bell->answers--;
    monitor_leave(&bell->monitor);
    return NULL;
}

static void notify_all_wakes_all_that_wait_for_ever(void **state)
{
    enum { THREADS = 5 };
    struct bell bell = {.rings = 0};
    pthread_t threads[THREADS];
    int64_t deadline_us = monotonic_us() + HANGS_US;

    (void)state;
    assert_true(monitor_init(&bell.monitor));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_a_ring, &bell), 0);
    monitor_enter(&bell.monitor);
    while (bell.answers < THREADS && monitor_wait(&bell.monitor, deadline_us))
        continue;
    assert_int_equal(bell.answers, THREADS); /* all of them wait: they have counted themselves, and left */
    bell.rings = 1;
    monitor_notify_all(&bell.monitor);
    monitor_leave(&bell.monitor);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0); /* the test's time limit ends one that sleeps on */
    assert_int_equal(bell.answers, 0);
    monitor_destroy(&bell.monitor);
}

enum { STEPS = 20000 };

static void *count_to_and_fro(void *argument)
{
    struct bell *bell = argument;

    for (int i = 0; i < STEPS; i++) {
        monitor_enter(&bell->monitor);
        bell->rings++;
        bell->answers = bell->rings; /* nobody comes between */
        bell->rings = bell->answers;
        monitor_leave(&bell->monitor);
    }
    return NULL;
}

static void only_one_thread_is_inside(void **state)
{
    struct bell bell = {.rings = 0};
    pthread_t threads[3];

    (void)state;
    assert_true(monitor_init(&bell.monitor));
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_to_and_fro, &bell), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(bell.rings, 3 * STEPS);
    monitor_destroy(&bell.monitor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_times_out_at_its_deadline_and_not_before),
        cmocka_unit_test(a_deadline_that_has_passed_is_not_waited_for),
        cmocka_unit_test(a_wait_is_woken_and_is_inside_again),
        cmocka_unit_test(notify_all_wakes_all_that_wait_for_ever),
        cmocka_unit_test(only_one_thread_is_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
