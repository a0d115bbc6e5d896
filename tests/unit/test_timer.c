/* The timer: runs its function once, unless it is cancelled in time. */
#include "playground/mailbox.h"
#include "playground/monotonic.h"
#include "playground/timer.h"

#include "unit.h"

#include <string.h>

enum { HANGS_US = 30000000, ROUNDS = 200, LATER_S = 40 };

/* What the timer's function did, and what it is to wait for. */
struct record {
    struct monitor monitor;
    int runs;
    pthread_t thread; /* of the last run */
    int64_t at_us;    /* when it was */
    bool may_return;
};

static void record_init(struct record *record)
{
    memset(record, 0, sizeof *record);
    assert_true(monitor_init(&record->monitor));
}

static void record_destroy(struct record *record)
{
    monitor_destroy(&record->monitor);
}

static void run(void *argument)
{
    struct record *record = argument;

    monitor_enter(&record->monitor);
    record->runs++;
    record->thread = pthread_self();
    record->at_us = monotonic_us();
    monitor_notify_all(&record->monitor);
    monitor_leave(&record->monitor);
}

static void run_until_released(void *argument)
{
    struct record *record = argument;
    int64_t deadline_us = monotonic_us() + HANGS_US;
    bool in_time = true;

    run(record);
    monitor_enter(&record->monitor);
    while (!record->may_return && in_time)
        in_time = monitor_wait(&record->monitor, deadline_us);
    monitor_leave(&record->monitor);
}

/* False if the function does not begin to run. */
static bool wait_for_run(struct record *record)
{
    int64_t deadline_us = monotonic_us() + HANGS_US;
    bool in_time = true;

    monitor_enter(&record->monitor);
    while (record->runs == 0 && in_time)
        in_time = monitor_wait(&record->monitor, deadline_us);
    monitor_leave(&record->monitor);
    return in_time;
}

static void the_function_runs_once_with_its_argument(void **state)
{
    static const double seconds[] = {0, 0.001, 0.02, 0.12};

    (void)state;
    for (size_t i = 0; i < COUNT(seconds); i++) {
        struct record record;
        struct timer timer;
        record_init(&record);
        int64_t start_us = monotonic_us();
        assert_int_equal(timer_start(&timer, seconds[i], run, &record), 0);
        timer_join(&timer);
        assert_int_equal(record.runs, 1);
        assert_false(pthread_equal(record.thread, pthread_self()));
        assert_true((double)(record.at_us - start_us) >= seconds[i] * 1e6 - 1);
        assert_true(record.at_us - start_us < HANGS_US);
        record_destroy(&record);
    }
}

static void many_timers_run_side_by_side(void **state)
{
    enum { TIMERS = 20 };
    struct record records[TIMERS];
    struct timer timers[TIMERS];

    (void)state;
    int64_t start_us = monotonic_us();
    for (int i = 0; i < TIMERS; i++) {
        record_init(&records[i]);
        assert_int_equal(timer_start(&timers[i], 0.005 * (TIMERS - i), run, &records[i]), 0);
    }
    for (int i = 0; i < TIMERS; i++) {
        timer_join(&timers[i]);
        assert_int_equal(records[i].runs, 1);
        assert_true(records[i].at_us - start_us >= 5000 * (TIMERS - i) - 1);
        record_destroy(&records[i]);
    }
}

static void a_timer_that_is_cancelled_in_time_does_not_run_and_ends_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct record record;
        struct timer timer;
        record_init(&record);
        int64_t start_us = monotonic_us();
        assert_int_equal(timer_start(&timer, LATER_S, run, &record), 0);
        while (monotonic_us() - start_us < 20 * round) {
        } /* sometimes its thread has not begun yet, sometimes it waits already */
        assert_true(timer_cancel(&timer));
        if (round % 2 == 0)
            assert_true(timer_cancel(&timer)); /* still in time, and no harm */
        timer_join(&timer);
        assert_int_equal(record.runs, 0);
        assert_true(monotonic_us() - start_us < HANGS_US);
        record_destroy(&record);
    }
}

static void a_timer_that_has_run_cannot_be_cancelled(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct record record;
        struct timer timer;
        record_init(&record);
        assert_int_equal(timer_start(&timer, 0, run, &record), 0);
        assert_true(wait_for_run(&record));
        assert_false(timer_cancel(&timer));
        assert_false(timer_cancel(&timer));
        timer_join(&timer);
        assert_int_equal(record.runs, 1);
        record_destroy(&record);
    }
}

static void a_timer_that_is_running_cannot_be_cancelled(void **state)
{
    struct record record;
    struct timer timer;

    (void)state;
    record_init(&record);
    int64_t start_us = monotonic_us();
    assert_int_equal(timer_start(&timer, 0, run_until_released, &record), 0);
    assert_true(wait_for_run(&record));
    bool in_time = timer_cancel(&timer); /* does not wait for the function */
    monitor_enter(&record.monitor);
    record.may_return = true;
    monitor_notify_all(&record.monitor);
    monitor_leave(&record.monitor);
    timer_join(&timer);
    assert_false(in_time);
    assert_int_equal(record.runs, 1);
    assert_true(monotonic_us() - start_us < HANGS_US);
    record_destroy(&record);
}

static void cancel_tells_the_truth_however_close_it_is(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct record record;
        struct timer timer;
        record_init(&record);
        int64_t start_us = monotonic_us();
        assert_int_equal(timer_start(&timer, 0.0001 * (round % 10), run, &record), 0);
        while (monotonic_us() - start_us < 100 * (round % 7)) {
        }
        bool in_time = timer_cancel(&timer);
        timer_join(&timer);
        assert_int_equal(record.runs, in_time ? 0 : 1);
        record_destroy(&record);
    }
}

struct delivery {
    struct mailbox *mailbox;
    struct record record;
    bool delivered;
};

static void deliver(void *argument)
{
    struct delivery *delivery = argument;

    run(&delivery->record);
    delivery->delivered = mailbox_hand_over(delivery->mailbox, &(int){42}, sizeof(int));
}

static void the_function_may_wait_in_hand_over_until_the_mailbox_is_closed(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct delivery delivery = {.mailbox = mailbox_new(1, sizeof(int)), .delivered = true};
        struct timer timer;
        int item = 0;
        assert_non_null(delivery.mailbox);
        record_init(&delivery.record);
        if (round % 2 == 0) /* it waits for room; otherwise to be taken */
            assert_true(mailbox_put(delivery.mailbox, &item, sizeof item));
        assert_int_equal(timer_start(&timer, 0, deliver, &delivery), 0);
        assert_true(wait_for_run(&delivery.record));
        assert_false(timer_cancel(&timer));
        mailbox_close(delivery.mailbox);
        timer_join(&timer);
        assert_false(delivery.delivered);
        record_destroy(&delivery.record);
        mailbox_free(delivery.mailbox);
    }
}

static void the_function_may_hand_over_an_item(void **state)
{
    struct delivery delivery = {.mailbox = mailbox_new(1, sizeof(int)), .delivered = false};
    struct timer timer;
    int item = 0;

    (void)state;
    assert_non_null(delivery.mailbox);
    record_init(&delivery.record);
    assert_int_equal(timer_start(&timer, 0.02, deliver, &delivery), 0);
    assert_true(mailbox_take(delivery.mailbox, &item, HANGS_US / 1000));
    assert_int_equal(item, 42);
    timer_join(&timer);
    assert_true(delivery.delivered);
    record_destroy(&delivery.record);
    mailbox_free(delivery.mailbox);
}

static void a_timer_can_be_started_again_after_it_was_joined(void **state)
{
    struct record record;
    struct timer timer;

    (void)state;
    record_init(&record);
    assert_int_equal(timer_start(&timer, LATER_S, run, &record), 0);
    assert_true(timer_cancel(&timer));
    timer_join(&timer);
    assert_int_equal(timer_start(&timer, 0, run, &record), 0);
    timer_join(&timer);
    assert_int_equal(record.runs, 1);
    assert_int_equal(timer_start(&timer, LATER_S, run, &record), 0);
    assert_true(timer_cancel(&timer));
    timer_join(&timer);
    assert_int_equal(record.runs, 1);
    record_destroy(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_runs_once_with_its_argument),
        cmocka_unit_test(many_timers_run_side_by_side),
        cmocka_unit_test(a_timer_that_is_cancelled_in_time_does_not_run_and_ends_at_once),
        cmocka_unit_test(a_timer_that_has_run_cannot_be_cancelled),
        cmocka_unit_test(a_timer_that_is_running_cannot_be_cancelled),
        cmocka_unit_test(cancel_tells_the_truth_however_close_it_is),
        cmocka_unit_test(the_function_may_wait_in_hand_over_until_the_mailbox_is_closed),
        cmocka_unit_test(the_function_may_hand_over_an_item),
        cmocka_unit_test(a_timer_can_be_started_again_after_it_was_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
