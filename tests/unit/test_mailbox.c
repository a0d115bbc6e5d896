/* The bounded queue between threads: order, copies, what happens when it is full, and how it is closed. */
#include "playground/mailbox.h"
#include "playground/monitor.h"
#include "playground/monotonic.h"

#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 40000, HANGS_US = 30000000, WORKERS_MAX = 8, ROUNDS = 50, MOMENT_US = 50 };

/* A few threads that each make one call, and when they were about to and when they were done. */
struct crew {
    struct monitor monitor;
    int ready, finished; /* how many threads are about to call, and how many have returned */
    struct mailbox *mailbox;
    int count;
    struct worker {
        struct crew *crew;
        pthread_t thread;
        bool (*call)(struct mailbox *mailbox, int number);
        int number;
        bool result;
    } workers[WORKERS_MAX];
};

static struct crew *crew_new(struct mailbox *mailbox)
{
    struct crew *crew = calloc(1, sizeof *crew);

    assert_non_null(crew);
    assert_non_null(mailbox);
    assert_true(monitor_init(&crew->monitor));
    crew->mailbox = mailbox;
    return crew;
}

static void crew_tell(struct crew *crew, int *number)
{
    monitor_enter(&crew->monitor);
    ++*number;
    monitor_notify_all(&crew->monitor);
    monitor_leave(&crew->monitor);
}

/* Waits until all threads have come so far. A crew that does not is not freed: its threads still use it. */
static void crew_wait(struct crew *crew, const int *number)
{
    int64_t deadline_us = monotonic_us() + HANGS_US;
    bool in_time = true;

    monitor_enter(&crew->monitor);
    while (*number < crew->count && in_time)
        in_time = monitor_wait(&crew->monitor, deadline_us);
    int reached = *number;
    monitor_leave(&crew->monitor);
    if (reached < crew->count)
        fail_msg("%d of %d threads hang", crew->count - reached, crew->count);
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    crew_tell(worker->crew, &worker->crew->ready);
    worker->result = worker->call(worker->crew->mailbox, worker->number);
    crew_tell(worker->crew, &worker->crew->finished);
    return NULL;
}

static void crew_start(struct crew *crew, bool (*call)(struct mailbox *mailbox, int number))
{
    struct worker *worker = &crew->workers[crew->count];

    *worker = (struct worker){.crew = crew, .call = call, .number = crew->count};
    assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
    crew->count++;
}

static void crew_join(struct crew *crew)
{
    crew_wait(crew, &crew->finished);
    for (int i = 0; i < crew->count; i++)
        assert_int_equal(pthread_join(crew->workers[i].thread, NULL), 0);
}

/* A moment in which the other threads may get further. No test depends on it that they do. */
static void spin(void)
{
    int64_t end_us = monotonic_us() + MOMENT_US;

    while (monotonic_us() < end_us) {
    }
}

static void crew_free(struct crew *crew)
{
    mailbox_free(crew->mailbox);
    monitor_destroy(&crew->monitor);
    free(crew);
}

/* --- one thread ---------------------------------------------------------------------------------------------- */

static void items_come_out_in_the_order_they_were_put(void **state)
{
    enum { CAPACITY = 3 };
    struct mailbox *mailbox = mailbox_new(CAPACITY, sizeof(int));
    int put = 0, taken = 0, item = -1;

    (void)state;
    assert_non_null(mailbox);
    for (int round = 0; round < 20; round++) { /* round and round the ring */
        for (int i = 0; i < round % CAPACITY + 1; i++, put++)
            assert_true(mailbox_put(mailbox, &put, sizeof put));
        while (taken < put) {
            assert_true(mailbox_take(mailbox, &item, 0));
            assert_int_equal(item, taken++);
        }
        assert_false(mailbox_take(mailbox, &item, 0));
    }
    assert_int_equal(mailbox_lost(mailbox), 0);
    mailbox_free(mailbox);
}

static void a_full_mailbox_refuses_and_counts_the_lost(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity <= 4; capacity++) {
        struct mailbox *mailbox = mailbox_new(capacity, sizeof(size_t));
        size_t item;
        assert_non_null(mailbox);
        for (item = 0; item < capacity; item++)
            assert_true(mailbox_put(mailbox, &item, sizeof item));
        assert_int_equal(mailbox_lost(mailbox), 0);
        for (unsigned long lost = 1; lost <= 3; lost++) {
            assert_false(mailbox_put(mailbox, &item, sizeof item));
            assert_int_equal(mailbox_lost(mailbox), lost);
        }
        assert_true(mailbox_take(mailbox, &item, 0)); /* makes room for one */
        assert_int_equal(item, 0);
        item = capacity;
        assert_true(mailbox_put(mailbox, &item, sizeof item));
        assert_false(mailbox_put(mailbox, &item, sizeof item));
        for (size_t i = 1; i <= capacity; i++) {
            assert_true(mailbox_take(mailbox, &item, 0));
            assert_int_equal(item, i);
        }
        assert_false(mailbox_take(mailbox, &item, 0));
        assert_int_equal(mailbox_lost(mailbox), 4);
        mailbox_free(mailbox);
    }
}

static void items_are_copied_in_and_out(void **state)
{
    struct letter {
        char text[37]; /* an odd size */
    } letter = {"first"}, taken = {"before"};
    struct mailbox *mailbox = mailbox_new(2, sizeof letter);

    (void)state;
    assert_non_null(mailbox);
    assert_true(mailbox_put(mailbox, &letter, sizeof letter));
    memset(&letter, '#', sizeof letter);
    strcpy(letter.text, "second");
    assert_true(mailbox_put(mailbox, &letter, sizeof letter));
    memset(&letter, '#', sizeof letter);

    assert_true(mailbox_take(mailbox, &taken, 0));
    assert_string_equal(taken.text, "first");
    memset(&taken, '#', sizeof taken);
    assert_true(mailbox_take(mailbox, &taken, 0));
    assert_string_equal(taken.text, "second");
    for (size_t i = sizeof "second"; i < sizeof taken.text; i++)
        assert_int_equal(taken.text[i], '#'); /* to the last byte */
    mailbox_free(mailbox);
}

static void of_each_item_as_many_bytes_are_copied_as_it_has(void **state)
{
    enum { CAPACITY = 4, LARGEST = 8, SIZES = LARGEST + 1 };
    static const char text[] = "abcdefgh";
    struct mailbox *mailbox = mailbox_new(CAPACITY, LARGEST);

    (void)state;
    assert_non_null(mailbox);
    for (size_t round = 0; round < CAPACITY * SIZES; round++) { /* each size in each place */
        char taken[SIZES] = "########";
        size_t size = round % SIZES;
        assert_true(mailbox_put(mailbox, text + LARGEST - size, size));
        assert_true(mailbox_take(mailbox, taken, 0));
        assert_memory_equal(taken, text + LARGEST - size, size);
        assert_string_equal(taken + size, "########" + size);
    }
    mailbox_free(mailbox);
}

static void an_item_that_is_too_large_is_refused_at_once(void **state)
{
    struct mailbox *mailbox = mailbox_new(1, sizeof(int));
    int items[2] = {1, 2}, taken = 0;
    int64_t start_us = monotonic_us();

    (void)state;
    assert_non_null(mailbox);
    for (int full = 0; full < 2; full++) {
        assert_false(mailbox_put(mailbox, items, sizeof *items + 1));
        assert_false(mailbox_put_within(mailbox, items, sizeof items, LONG_MS));
        assert_false(mailbox_hand_over(mailbox, items, sizeof items));
        assert_int_equal(mailbox_lost(mailbox), 2 * full + 2);
        if (!full)
            assert_true(mailbox_put(mailbox, items, sizeof *items));
    }
    assert_true(mailbox_take(mailbox, &taken, 0));
    assert_int_equal(taken, 1);
    assert_true(monotonic_us() - start_us < HANGS_US);
    mailbox_free(mailbox);
}

static void taking_from_an_empty_mailbox_times_out(void **state)
{
    static const unsigned long timeouts_ms[] = {0, 1, 30, 120};
    struct mailbox *mailbox = mailbox_new(1, sizeof(int));
    int item = 42;

    (void)state;
    assert_non_null(mailbox);
    for (size_t i = 0; i < COUNT(timeouts_ms); i++) {
        int64_t start_us = monotonic_us();
        assert_false(mailbox_take(mailbox, &item, timeouts_ms[i]));
        assert_true(monotonic_us() - start_us >= (int64_t)timeouts_ms[i] * 1000);
        assert_int_equal(item, 42);
    }
    mailbox_free(mailbox);
}

static void an_item_that_is_there_is_taken_without_waiting(void **state)
{
    struct mailbox *mailbox = mailbox_new(1, sizeof(int));
    int item = 42, taken = 0;
    int64_t start_us = monotonic_us();

    (void)state;
    assert_non_null(mailbox);
    assert_true(mailbox_put(mailbox, &item, sizeof item));
    assert_true(mailbox_take(mailbox, &taken, LONG_MS));
    assert_int_equal(taken, 42);
    assert_true(monotonic_us() - start_us < HANGS_US);
    mailbox_free(mailbox);
}

static void sleep_lasts_its_time(void **state)
{
    static const double seconds[] = {-1, 0, 0.0005, 0.03, 0.12};
    struct mailbox *mailbox = mailbox_new(1, sizeof(int));
    int item = 42;

    (void)state;
    assert_non_null(mailbox);
    for (size_t i = 0; i < COUNT(seconds); i++) {
        int64_t start_us = monotonic_us();
        assert_true(mailbox_sleep(mailbox, seconds[i]));
        assert_true((double)(monotonic_us() - start_us) >= seconds[i] * 1e6 - 1);
        mailbox_put(mailbox, &item, sizeof item); /* no item shortens the next sleep */
    }
    mailbox_free(mailbox);
}

static void a_closed_mailbox_refuses_and_waits_for_nothing(void **state)
{
    struct mailbox *mailbox = mailbox_new(2, sizeof(int));
    int item = 42;
    int64_t start_us = monotonic_us();

    (void)state;
    assert_non_null(mailbox);
    mailbox_close(mailbox);
    assert_false(mailbox_put(mailbox, &item, sizeof item));
    assert_false(mailbox_hand_over(mailbox, &item, sizeof item));
    assert_false(mailbox_sleep(mailbox, LONG_MS / 1000.0));
    assert_false(mailbox_sleep(mailbox, 0));
    assert_false(mailbox_take(mailbox, &item, LONG_MS));
    mailbox_close(mailbox); /* once more does no harm */
    assert_false(mailbox_take(mailbox, &item, LONG_MS));
    assert_true(monotonic_us() - start_us < HANGS_US);
    mailbox_free(mailbox);
}

static void a_closed_mailbox_can_still_be_emptied(void **state)
{
    struct mailbox *mailbox = mailbox_new(3, sizeof(int));
    int item;

    (void)state;
    assert_non_null(mailbox);
    for (item = 0; item < 3; item++)
        assert_true(mailbox_put(mailbox, &item, sizeof item));
    mailbox_close(mailbox);
    for (int i = 0; i < 3; i++) {
        assert_true(mailbox_take(mailbox, &item, LONG_MS));
        assert_int_equal(item, i);
        assert_false(mailbox_put(mailbox, &i, sizeof i)); /* room, but closed */
    }
    assert_false(mailbox_take(mailbox, &item, LONG_MS));
    mailbox_free(mailbox);
}

static void what_nobody_takes_from_a_closed_mailbox_is_lost(void **state)
{
    struct mailbox *mailbox = mailbox_new(3, sizeof(int));
    int item;

    (void)state;
    assert_non_null(mailbox);
    for (item = 0; item < 3; item++)
        assert_true(mailbox_put(mailbox, &item, sizeof item));
    assert_int_equal(mailbox_lost(mailbox), 0); /* not yet */
    mailbox_close(mailbox);
    assert_int_equal(mailbox_lost(mailbox), 3);
    assert_true(mailbox_take(mailbox, &item, 0));
    assert_int_equal(mailbox_lost(mailbox), 2);
    assert_false(mailbox_put(mailbox, &item, sizeof item));
    assert_false(mailbox_put_within(mailbox, &item, sizeof item, LONG_MS));
    assert_int_equal(mailbox_lost(mailbox), 4);
    while (mailbox_take(mailbox, &item, 0))
        continue;
    assert_int_equal(mailbox_lost(mailbox), 2);
    mailbox_free(mailbox);
}

static void who_has_waited_in_vain_does_not_wait_again_before_somebody_takes(void **state)
{
    struct mailbox *mailbox = mailbox_new(1, sizeof(int));
    int item = 1;

    (void)state;
    assert_non_null(mailbox);
    assert_true(mailbox_put(mailbox, &item, sizeof item));
    assert_false(mailbox_put_within(mailbox, &item, sizeof item, 50));
    int64_t start_us = monotonic_us();
    assert_false(mailbox_put_within(mailbox, &item, sizeof item, LONG_MS));
    assert_true(monotonic_us() - start_us < HANGS_US);
    assert_int_equal(mailbox_lost(mailbox), 2);
    assert_true(mailbox_take(mailbox, &item, 0));
    assert_true(mailbox_put(mailbox, &item, sizeof item));
    start_us = monotonic_us();
    assert_false(mailbox_put_within(mailbox, &item, sizeof item, 50));
    assert_true(monotonic_us() - start_us >= 50000); /* it waits again */
    mailbox_free(mailbox);
}

static void no_mailbox_is_freed_without_harm(void **state)
{
    (void)state;
    mailbox_free(NULL);
}

/* --- several threads ----------------------------------------------------------------------------------------- */

enum { HANDED = 1000 };

/* How many items hand_over has come back from. */
static struct {
    pthread_mutex_t mutex;
    int count;
} returned = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int returned_so_far(void)
{
    pthread_mutex_lock(&returned.mutex);
    int count = returned.count;
    pthread_mutex_unlock(&returned.mutex);
    return count;
}

static bool hand_over_many(struct mailbox *mailbox, int number)
{
    bool all = true;

    (void)number;
    for (int item = 0; item < HANDED; item++) {
        all = mailbox_hand_over(mailbox, &item, sizeof item) && all;
        pthread_mutex_lock(&returned.mutex);
        returned.count++;
        pthread_mutex_unlock(&returned.mutex);
    }
    return all;
}

static void hand_over_returns_only_after_the_item_was_taken(void **state)
{
    struct crew *crew = crew_new(mailbox_new(HANDED, sizeof(int)));
    int item = -1;

    (void)state;
    returned.count = 0;
    crew_start(crew, hand_over_many);
    for (int taken = 0; taken < HANDED; taken++) {
        if (taken % 100 == 0)
            spin();
        assert_true(returned_so_far() <= taken);
        assert_true(mailbox_take(crew->mailbox, &item, LONG_MS));
        assert_int_equal(item, taken);
    }
    crew_join(crew);
    assert_true(crew->workers[0].result);
    assert_int_equal(returned_so_far(), HANDED);
    assert_int_equal(mailbox_lost(crew->mailbox), 0);
    crew_free(crew);
}

static bool hand_over_one(struct mailbox *mailbox, int number)
{
    return mailbox_hand_over(mailbox, &number, sizeof number);
}

static void hand_over_waits_for_room(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct crew *crew = crew_new(mailbox_new(1, sizeof(int)));
        int item = 42;
        assert_true(mailbox_put(crew->mailbox, &item, sizeof item));
        crew_start(crew, hand_over_one);
        crew_wait(crew, &crew->ready);
        assert_true(mailbox_take(crew->mailbox, &item, LONG_MS));
        assert_int_equal(item, 42);
        assert_true(mailbox_take(crew->mailbox, &item, LONG_MS));
        assert_int_equal(item, 0);
        crew_join(crew);
        assert_true(crew->workers[0].result);
        assert_int_equal(mailbox_lost(crew->mailbox), 0);
        crew_free(crew);
    }
}

static void every_thread_that_hands_over_gets_its_turn(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct crew *crew = crew_new(mailbox_new(1, sizeof(int)));
        unsigned taken = 0; /* a bit for each item */
        int item = -1;
        for (int i = 0; i < WORKERS_MAX; i++)
            crew_start(crew, hand_over_one);
        crew_wait(crew, &crew->ready);
        for (int i = 0; i < WORKERS_MAX; i++) {
            spin(); /* for several to wait at the same time */
            assert_true(mailbox_take(crew->mailbox, &item, HANGS_US / 1000));
            assert_within(item, 0, WORKERS_MAX - 1);
            taken |= 1U << item;
        }
        crew_join(crew);
        assert_int_equal(taken, (1U << WORKERS_MAX) - 1);
        for (int i = 0; i < WORKERS_MAX; i++)
            assert_true(crew->workers[i].result);
        crew_free(crew);
    }
}

static bool take_one(struct mailbox *mailbox, int number)
{
    int item = -1;

    (void)number;
    return mailbox_take(mailbox, &item, LONG_MS) && item == 42;
}

static void an_item_wakes_a_thread_that_waits_for_one(void **state)
{
    int64_t start_us = monotonic_us();

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct crew *crew = crew_new(mailbox_new(1, sizeof(int)));
        int item = 42;
        crew_start(crew, take_one);
        crew_wait(crew, &crew->ready);
        assert_true(mailbox_put(crew->mailbox, &item, sizeof item));
        crew_join(crew);
        assert_true(crew->workers[0].result);
        crew_free(crew);
    }
    assert_true(monotonic_us() - start_us < HANGS_US);
}

static bool sleep_long(struct mailbox *mailbox, int number)
{
    (void)number;
    return mailbox_sleep(mailbox, LONG_MS / 1000.0);
}

static void closing_wakes_every_thread_that_waits(void **state)
{
    static const struct {
        const char *waits;
        bool (*call)(struct mailbox *mailbox, int number);
        bool full; /* before the threads come */
    } cases[] = {
        {"for an item", take_one, false},
        {"asleep", sleep_long, false},
        {"to be taken", hand_over_one, false},
        {"for room", hand_over_one, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int round = 0; round < ROUNDS; round++) {
            struct crew *crew = crew_new(mailbox_new(WORKERS_MAX, sizeof(int)));
            int item = 42, threads = round % WORKERS_MAX + 1, left = 0;
            while (cases[i].full && left < WORKERS_MAX && mailbox_put(crew->mailbox, &item, sizeof item))
                left++;
            for (int j = 0; j < threads; j++)
                crew_start(crew, cases[i].call);
            crew_wait(crew, &crew->ready);
            spin(); /* time to begin to wait; those that have not yet will find it closed */
            mailbox_close(crew->mailbox);
            crew_join(crew);
            for (int j = 0; j < threads; j++) {
                if (crew->workers[j].result)
                    fail_msg("a thread that waits %s is told of success", cases[i].waits);
            }
            while (cases[i].full && mailbox_take(crew->mailbox, &item, 0)) {
                assert_int_equal(item, 42);
                left--;
            }
            assert_int_equal(left, 0); /* nothing was put over what was there */
            crew_free(crew);
        }
    }
}

static void what_is_not_handed_over_is_neither_lost_nor_taken_later(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct crew *crew = crew_new(mailbox_new(WORKERS_MAX, sizeof(int)));
        int item = 7, left = 0;
        assert_true(mailbox_put(crew->mailbox, &item, sizeof item));
        for (int i = 0; i < round % 4 + 1; i++)
            crew_start(crew, hand_over_one);
        crew_wait(crew, &crew->ready);
        spin();
        /* sometimes before them, sometimes behind, sometimes between them */
        assert_true(mailbox_put(crew->mailbox, &item, sizeof item));
        mailbox_close(crew->mailbox);
        assert_int_equal(mailbox_lost(crew->mailbox), 2);
        crew_join(crew);
        assert_int_equal(mailbox_lost(crew->mailbox), 2);
        while (mailbox_take(crew->mailbox, &item, LONG_MS)) {
            assert_int_equal(item, 7);
            left++;
        }
        assert_int_equal(left, 2);
        assert_int_equal(mailbox_lost(crew->mailbox), 0);
        crew_free(crew);
    }
}

enum { PRODUCERS = 4, EACH = 250 };

struct numbered {
    int producer, number;
};

static bool produce_by_hand(struct mailbox *mailbox, int number)
{
    bool all = true;

    for (int i = 0; i < EACH; i++)
        all = mailbox_hand_over(mailbox, &(struct numbered){number, i}, sizeof(struct numbered)) && all;
    return all;
}

static void many_producers_that_hand_over_lose_nothing(void **state)
{
    static const size_t capacities[] = {1, 2, 3, PRODUCERS, 64};

    (void)state;
    for (size_t i = 0; i < COUNT(capacities); i++) {
        struct crew *crew = crew_new(mailbox_new(capacities[i], sizeof(struct numbered)));
        int next[PRODUCERS] = {0};
        struct numbered item;
        for (int j = 0; j < PRODUCERS; j++)
            crew_start(crew, produce_by_hand);
        for (int j = 0; j < PRODUCERS * EACH; j++) {
            assert_true(mailbox_take(crew->mailbox, &item, LONG_MS));
            assert_within(item.producer, 0, PRODUCERS - 1);
            assert_int_equal(item.number, next[item.producer]++); /* in the order of each */
        }
        crew_join(crew);
        assert_false(mailbox_take(crew->mailbox, &item, 0));
        assert_int_equal(mailbox_lost(crew->mailbox), 0);
        for (int j = 0; j < PRODUCERS; j++) {
            assert_int_equal(next[j], EACH);
            assert_true(crew->workers[j].result);
        }
        crew_free(crew);
    }
}

static int accepted[PRODUCERS]; /* each producer counts its own */

static bool produce_without_waiting(struct mailbox *mailbox, int number)
{
    for (int i = 0; i < EACH; i++)
        accepted[number] += mailbox_put(mailbox, &(struct numbered){number, i}, sizeof(struct numbered));
    return true;
}

static void every_item_that_is_put_is_either_taken_or_counted_as_lost(void **state)
{
    struct crew *crew = crew_new(mailbox_new(2, sizeof(struct numbered)));
    int last[PRODUCERS] = {-1, -1, -1, -1}, taken = 0, sum = 0;
    struct numbered item;

    (void)state;
    memset(accepted, 0, sizeof accepted);
    for (int i = 0; i < PRODUCERS; i++)
        crew_start(crew, produce_without_waiting);
    crew_wait(crew, &crew->ready);
    do { /* until a pause that is long, or all that could come has come */
        while (mailbox_take(crew->mailbox, &item, 10)) {
            assert_within(item.producer, 0, PRODUCERS - 1);
            assert_true(item.number > last[item.producer]);
            last[item.producer] = item.number;
            taken++;
        }
        monitor_enter(&crew->monitor);
        sum = crew->finished;
        monitor_leave(&crew->monitor);
    } while (sum < PRODUCERS);
    crew_join(crew);
    while (mailbox_take(crew->mailbox, &item, 0))
        taken++;
    sum = 0;
    for (int i = 0; i < PRODUCERS; i++)
        sum += accepted[i];
    assert_int_equal(taken, sum);
    assert_int_equal(mailbox_lost(crew->mailbox), PRODUCERS * EACH - sum);
    crew_free(crew);
}

static void several_consumers_share_the_items(void **state)
{
    enum { CONSUMERS = WORKERS_MAX };
    struct crew *crew = crew_new(mailbox_new(2, sizeof(int)));
    int item = 42;

    (void)state;
    for (int i = 0; i < CONSUMERS; i++)
        crew_start(crew, take_one);
    for (int i = 0; i < CONSUMERS; i++)
        assert_true(mailbox_hand_over(crew->mailbox, &item, sizeof item));
    crew_join(crew);
    for (int i = 0; i < CONSUMERS; i++)
        assert_true(crew->workers[i].result);
    assert_false(mailbox_take(crew->mailbox, &item, 0));
    crew_free(crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_were_put),
        cmocka_unit_test(a_full_mailbox_refuses_and_counts_the_lost),
        cmocka_unit_test(items_are_copied_in_and_out),
        cmocka_unit_test(of_each_item_as_many_bytes_are_copied_as_it_has),
        cmocka_unit_test(an_item_that_is_too_large_is_refused_at_once),
        cmocka_unit_test(taking_from_an_empty_mailbox_times_out),
        cmocka_unit_test(an_item_that_is_there_is_taken_without_waiting),
        cmocka_unit_test(sleep_lasts_its_time),
        cmocka_unit_test(a_closed_mailbox_refuses_and_waits_for_nothing),
        cmocka_unit_test(a_closed_mailbox_can_still_be_emptied),
        cmocka_unit_test(what_nobody_takes_from_a_closed_mailbox_is_lost),
        cmocka_unit_test(who_has_waited_in_vain_does_not_wait_again_before_somebody_takes),
        cmocka_unit_test(no_mailbox_is_freed_without_harm),
        cmocka_unit_test(hand_over_returns_only_after_the_item_was_taken),
        cmocka_unit_test(hand_over_waits_for_room),
        cmocka_unit_test(every_thread_that_hands_over_gets_its_turn),
        cmocka_unit_test(an_item_wakes_a_thread_that_waits_for_one),
        cmocka_unit_test(closing_wakes_every_thread_that_waits),
        cmocka_unit_test(what_is_not_handed_over_is_neither_lost_nor_taken_later),
        cmocka_unit_test(many_producers_that_hand_over_lose_nothing),
        cmocka_unit_test(every_item_that_is_put_is_either_taken_or_counted_as_lost),
        cmocka_unit_test(several_consumers_share_the_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
