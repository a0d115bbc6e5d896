/* What happens when the system has no memory and no thread to give. The linker puts the functions below in the place of
 * those of the C library. */
#include "playground/mailbox.h"
#include "playground/monitor.h"
#include "playground/session.h"
#include "playground/timer.h"

#include "capture.h"
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sysexits.h>
#include <time.h>

static int calls_left; /* until one fails, whichever it is; after it none does */

static bool fails_now(void)
{
    return calls_left-- == 0;
}

#define REAL_OR_ERROR(name, parameters, arguments)                                                                     \
    int __real_##name parameters;                                                                                      \
    int __wrap_##name parameters;                                                                                      \
    int __wrap_##name parameters                                                                                       \
    {                                                                                                                  \
        return fails_now() ? ENOMEM : __real_##name arguments;                                                         \
    }

REAL_OR_ERROR(pthread_mutex_init, (pthread_mutex_t * mutex, const pthread_mutexattr_t *attributes), (mutex, attributes))
REAL_OR_ERROR(pthread_cond_init, (pthread_cond_t * condition, const pthread_condattr_t *attributes),
              (condition, attributes))
REAL_OR_ERROR(pthread_condattr_init, (pthread_condattr_t * attributes), (attributes))
REAL_OR_ERROR(pthread_condattr_setclock, (pthread_condattr_t * attributes, clockid_t clock), (attributes, clock))
REAL_OR_ERROR(pthread_create,
              (pthread_t * thread, const pthread_attr_t *attributes, void *(*function)(void *), void *argument),
              (thread, attributes, function, argument))

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

static void a_monitor_is_made_whole_or_not_at_all(void **state)
{
    struct monitor monitor;
    bool made = false;
    int step;

    (void)state;
    for (step = 0; !made; step++) {
        assert_true(step < 20);
        calls_left = step;
        made = monitor_init(&monitor);
    }
    assert_true(step > 1);
    calls_left = 1000;
    monitor_enter(&monitor);
    monitor_leave(&monitor);
    monitor_destroy(&monitor);
}

static void a_mailbox_is_made_whole_or_not_at_all(void **state)
{
    struct mailbox *mailbox = NULL;
    int step;

    (void)state;
    for (step = 0; mailbox == NULL; step++) {
        assert_true(step < 20);
        calls_left = step;
        mailbox = mailbox_new(3, sizeof(int));
    }
    assert_true(step > 4); /* memory, the mutex, and what the condition variable takes */
    mailbox_free(mailbox);
    mailbox_free(NULL);
    calls_left = 1000;
    assert_null(mailbox_new(SIZE_MAX / 4 + 1, 4));
}

static void count(void *argument)
{
    ++*(int *)argument;
}

static void a_timer_is_started_whole_or_not_at_all(void **state)
{
    struct timer timer;
    int runs = 0, step, error = ENOMEM;

    (void)state;
    for (step = 0; error != 0; step++) {
        assert_true(step < 20);
        calls_left = step;
        error = timer_start(&timer, 0, count, &runs);
        assert_true(error == 0 || error == ENOMEM);
    }
    assert_true(step > 4);
    timer_join(&timer);
    assert_int_equal(runs, 1);
}

static int subscribe(struct session *session, void *context)
{
    (void)session;
    *(bool *)context = true;
    return MQTTCLIENT_SUCCESS;
}

static void a_session_without_memory_says_so_and_ends(void **state)
{
    static const struct options options = {
        .connection = {.brokers = {{.name = "a:1", .uri = "tcp://a:1"}}, .broker_count = 1, .client_id = "me"}};
    static struct capture capture;
    struct session session;
    bool was_connected = false, goes_on, retries, is_connected;
    int rc = MQTTCLIENT_FAILURE, status;

    (void)state;
    capture_start(&capture, stderr);
    calls_left = 0;
    session_create(&session, &options, SESSION_ONE_THREAD, subscribe, &was_connected);
    calls_left = 1000000;
    session_set_will(&session, "gone", "farewell");
    session_connect(&session);
    is_connected = session_is_connected(&session);
    retries = session_wait_to_retry(&session, &rc);
    session_wait(&session, 40);
    goes_on = session_goes_on(&session, 0);
    status = session_close(&session);
    capture_stop(&capture);
    assert_false(was_connected || is_connected || retries || goes_on);
    assert_int_equal(status, EX_SOFTWARE);
    assert_non_null(strstr(capture.text, "out of memory"));
    assert_ptr_equal(strchr(capture.text, '\n'), capture.text + capture.length - 1); /* and nothing else */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monitor_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_mailbox_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_timer_is_started_whole_or_not_at_all),
        cmocka_unit_test(a_session_without_memory_says_so_and_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
