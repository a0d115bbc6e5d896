/* What happens when the system has no memory and no thread to give. The linker puts the functions below in the place of
 * those of the C library, and of Paho. */
#include "playground/mailbox.h"
#include "playground/monitor.h"
#include "playground/properties.h"
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

/* Paho when it has no memory: for its list (which it then forgets), or for a copy (which it then does without). */
static enum { FOR_ALL, NOT_FOR_THE_LIST, NOT_FOR_THE_NAME, NOT_FOR_THE_VALUE, NOT_FOR_BOTH } memory;

int __real_MQTTProperties_add(MQTTProperties *properties, const MQTTProperty *property);
int __wrap_MQTTProperties_add(MQTTProperties *properties, const MQTTProperty *property);
int __wrap_MQTTProperties_add(MQTTProperties *properties, const MQTTProperty *property)
{
    if (memory == NOT_FOR_THE_LIST) {
        properties->array = NULL;
        properties->max_count += 10;
        return -99; /* PAHO_MEMORY_ERROR */
    }
    int rc = __real_MQTTProperties_add(properties, property);
    MQTTProperty *added = &properties->array[properties->count - 1];
    if (memory == NOT_FOR_THE_NAME || memory == NOT_FOR_BOTH) {
        MQTTClient_free(added->value.data.data);
        added->value.data.data = NULL;
    }
    if (memory == NOT_FOR_THE_VALUE || memory == NOT_FOR_BOTH) {
        MQTTClient_free(added->value.value.data);
        added->value.value.data = NULL;
    }
    return rc;
}

static void a_property_is_added_whole_or_not_at_all(void **state)
{
    MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTLenString name, value;
    MQTTClient client;

    (void)state;
    calls_left = 1000000;
    options.MQTTVersion = MQTTVERSION_5;
    assert_int_equal(
        MQTTClient_createWithOptions(&client, "tcp://a:1", "me", MQTTCLIENT_PERSISTENCE_NONE, NULL, &options),
        MQTTCLIENT_SUCCESS);
    for (int count = 0; count < 12; count++) {
        for (memory = NOT_FOR_THE_LIST; memory <= NOT_FOR_BOTH; memory++)
            assert_false(properties_add_pair(&properties, "a name", "a value"));
        memory = NOT_FOR_THE_NAME;
        assert_false(properties_add_text(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, "a text"));
        assert_int_equal(properties.count, count);
        assert_int_equal(properties.length, count * (5 + 6 + 7));
        memory = FOR_ALL;
        assert_true(properties_add_pair(&properties, "a name", "a value"));
        assert_true(properties_pair(&properties, count, &name, &value));
        assert_memory_equal(name.data, "a name", 6);
        assert_memory_equal(value.data, "a value", 7);
    }
    MQTTProperties_free(&properties);
    MQTTClient_destroy(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_monitor_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_mailbox_is_made_whole_or_not_at_all),
        cmocka_unit_test(a_timer_is_started_whole_or_not_at_all),
        cmocka_unit_test(a_session_without_memory_says_so_and_ends),
        cmocka_unit_test(a_property_is_added_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
