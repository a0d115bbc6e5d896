/* The clock that only goes forward, and waiting on a condition until a deadline of it. */
#include "playground/monotonic.h"

#include "unit.h"

#include <time.h>

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

static void a_wait_times_out_at_its_deadline_and_not_before(void **state)
{
    static const int64_t spans_us[] = {1, 999, 30000, 150000, 1100000};
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;

    (void)state;
    assert_true(monotonic_condition_init(&condition));
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < COUNT(spans_us); i++) {
        int64_t start_us = monotonic_us(), deadline_us = start_us + spans_us[i];
        while (monotonic_wait(&condition, &mutex, deadline_us))
            assert_true(monotonic_us() - start_us < HANGS_US); /* it may wake up for no reason, but not for ever */
        assert_true(monotonic_us() >= deadline_us);
        assert_true(monotonic_us() - deadline_us < HANGS_US);
    }
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&condition);
}

static void a_deadline_that_has_passed_is_not_waited_for(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    int64_t start_us = monotonic_us();
    const int64_t deadlines_us[] = {0, 1, 999999, start_us - 1000000, start_us - 1, start_us};

    (void)state;
    assert_true(monotonic_condition_init(&condition));
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < COUNT(deadlines_us); i++)
        assert_false(monotonic_wait(&condition, &mutex, deadlines_us[i]));
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&condition);
    assert_true(monotonic_us() - start_us < HANGS_US);
}

struct bell {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    int rings, answers; /* guarded by the mutex */
};

enum { RINGS = 200 };

static void *ring(void *argument)
{
    struct bell *bell = argument;
    int64_t deadline_us = monotonic_us() + HANGS_US;
    bool in_time = true;

    pthread_mutex_lock(&bell->mutex);
    while (bell->rings < RINGS && in_time) {
        bell->rings++;
        pthread_cond_broadcast(&bell->condition);
        while (bell->answers < bell->rings && in_time)
            in_time = monotonic_wait(&bell->condition, &bell->mutex, deadline_us);
    }
    pthread_mutex_unlock(&bell->mutex);
    return NULL;
}

static void a_wait_is_woken_and_holds_the_mutex_again(void **state)
{
    struct bell bell = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    int64_t start_us = monotonic_us();
    pthread_t thread;
    bool in_time = true;

    (void)state;
    assert_true(monotonic_condition_init(&bell.condition));
    pthread_mutex_lock(&bell.mutex);
    assert_int_equal(pthread_create(&thread, NULL, ring, &bell), 0);
    while (bell.answers < RINGS && in_time) {
        while (bell.rings == bell.answers && in_time)
            in_time = monotonic_wait(&bell.condition, &bell.mutex, start_us + HANGS_US);
        bell.answers = bell.rings;
        pthread_cond_broadcast(&bell.condition);
    }
    pthread_mutex_unlock(&bell.mutex);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(in_time);
    assert_int_equal(bell.rings, RINGS);
    assert_int_equal(bell.answers, RINGS);
    assert_true(monotonic_us() - start_us < HANGS_US);
    pthread_cond_destroy(&bell.condition);
    pthread_mutex_destroy(&bell.mutex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_counts_the_microseconds_of_the_system),
        cmocka_unit_test(the_clock_never_goes_back),
        cmocka_unit_test(a_wait_times_out_at_its_deadline_and_not_before),
        cmocka_unit_test(a_deadline_that_has_passed_is_not_waited_for),
        cmocka_unit_test(a_wait_is_woken_and_holds_the_mutex_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
