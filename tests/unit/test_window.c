/* The delivery window, against a Paho that says what it is told to say is in flight. */
#include "session/window.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

enum { TOKENS_MAX = 8 };

static struct {
    MQTTClient_deliveryToken tokens[TOKENS_MAX + 1]; /* oldest first; ends with -1 */
    int rc;
    int lists; /* that were given and not freed */
} paho;

int MQTTClient_getPendingDeliveryTokens(MQTTClient handle, MQTTClient_deliveryToken **tokens)
{
    (void)handle;
    *tokens = NULL;
    if (paho.rc != MQTTCLIENT_SUCCESS || paho.tokens[0] == -1)
        return paho.rc;
    *tokens = malloc(sizeof paho.tokens);
    assert_non_null(*tokens);
    memcpy(*tokens, paho.tokens, sizeof paho.tokens);
    paho.lists++;
    return paho.rc;
}

void MQTTClient_free(void *ptr)
{
    paho.lists -= ptr != NULL;
    free(ptr);
}

/* IN_FLIGHT(3, 4): two messages, 3 is the oldest; IN_FLIGHT(-1): none. */
#define IN_FLIGHT(...) in_flight((const MQTTClient_deliveryToken[]){__VA_ARGS__, -1})

static void in_flight(const MQTTClient_deliveryToken *tokens)
{
    int count = 0;

    while (tokens[count] != -1)
        count++;
    assert_true(count <= TOKENS_MAX);
    memcpy(paho.tokens, tokens, ((size_t)count + 1) * sizeof *tokens);
}

static struct window window;

static int with_room_for_three(void **state)
{
    (void)state;
    paho.rc = MQTTCLIENT_SUCCESS;
    paho.lists = 0;
    IN_FLIGHT(-1);
    window_init(&window, 3);
    return 0;
}

static int all_lists_are_freed(void **state)
{
    (void)state;
    return paho.lists;
}

static void what_was_published_counts_as_in_flight_until_it_is_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_false(window_is_full(&window));
        window_add(&window);
        assert_int_equal(window.unchecked, i + 1);
    }
    assert_true(window_is_full(&window));
    IN_FLIGHT(2, 3);
    window_count(&window, NULL, 1);
    assert_int_equal(window.unchecked, 2);
    assert_false(window_is_full(&window));
    window_add(&window);
    assert_true(window_is_full(&window));
    IN_FLIGHT(-1);
    window_count(&window, NULL, 2);
    assert_int_equal(window.unchecked, 0);
}

static void a_lost_connection_may_leave_more_than_there_is_room_for(void **state)
{
    (void)state;
    IN_FLIGHT(1, 2, 3, 4, 5);
    window_restart(&window, NULL, 1);
    assert_int_equal(window.unchecked, 5);
    assert_true(window_is_full(&window));
}

static void another_broker_may_take_less_or_more(void **state)
{
    (void)state;
    IN_FLIGHT(1, 2);
    window_count(&window, NULL, 1);
    assert_false(window_is_full(&window));
    window_resize(&window, 2);
    assert_true(window_is_full(&window));
    assert_int_equal(window.unchecked, 2);
    window_resize(&window, 5);
    assert_false(window_is_full(&window));
    window_resize(&window, 0); /* one always fits */
    assert_int_equal(window.size, 1);
}

static void what_paho_does_not_know_changes_nothing(void **state)
{
    (void)state;
    window_add(&window);
    IN_FLIGHT(1);
    paho.rc = MQTTCLIENT_FAILURE;
    window_count(&window, NULL, 1);
    assert_int_equal(window.unchecked, 1);
    assert_false(window.has_moved);
    assert_int_equal(window_stalled_us(&window, 100), 0);
}

static void the_time_of_the_oldest_message_counts_since_it_was_seen_to_be_that(void **state)
{
    (void)state;
    window_count(&window, NULL, 50);
    assert_int_equal(window_stalled_us(&window, 60), 0); /* there is none */
    IN_FLIGHT(7);
    window_count(&window, NULL, 100);
    assert_int_equal(window_stalled_us(&window, 100), 0);
    assert_int_equal(window_stalled_us(&window, 130), 30);
    IN_FLIGHT(7, 8); /* later ones change nothing */
    window_count(&window, NULL, 140);
    assert_int_equal(window_stalled_us(&window, 150), 50);
    IN_FLIGHT(8);
    window_count(&window, NULL, 160);
    assert_int_equal(window_stalled_us(&window, 170), 10);
    IN_FLIGHT(-1);
    window_count(&window, NULL, 180);
    assert_int_equal(window_stalled_us(&window, 190), 0);
}

static void it_has_moved_once_a_message_was_acknowledged(void **state)
{
    (void)state;
    window_count(&window, NULL, 1);
    assert_false(window.has_moved);
    IN_FLIGHT(7);
    window_count(&window, NULL, 2);
    IN_FLIGHT(7, 8);
    window_count(&window, NULL, 3);
    assert_false(window.has_moved);
    IN_FLIGHT(8);
    window_count(&window, NULL, 4);
    assert_true(window.has_moved);
    window_count(&window, NULL, 5);
    assert_true(window.has_moved); /* and stays so */
}

static void the_last_message_moves_it_too(void **state)
{
    (void)state;
    IN_FLIGHT(7);
    window_count(&window, NULL, 1);
    IN_FLIGHT(-1);
    window_count(&window, NULL, 2);
    assert_true(window.has_moved);
}

static void a_new_connection_gives_the_broker_all_its_time_again(void **state)
{
    (void)state;
    IN_FLIGHT(7, 8);
    window_count(&window, NULL, 100);
    window_restart(&window, NULL, 1000);
    assert_int_equal(window.unchecked, 2);
    assert_int_equal(window_stalled_us(&window, 1010), 10);
    assert_false(window.has_moved);
    IN_FLIGHT(8); /* Paho forgets a message only when it was acknowledged: the last thing on the old connection */
    window_restart(&window, NULL, 2000);
    assert_true(window.has_moved);
    assert_int_equal(window_stalled_us(&window, 2010), 10);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, with_room_for_three, all_lists_are_freed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_published_counts_as_in_flight_until_it_is_counted),
        TEST(a_lost_connection_may_leave_more_than_there_is_room_for),
        TEST(another_broker_may_take_less_or_more),
        TEST(what_paho_does_not_know_changes_nothing),
        TEST(the_time_of_the_oldest_message_counts_since_it_was_seen_to_be_that),
        TEST(it_has_moved_once_a_message_was_acknowledged),
        TEST(the_last_message_moves_it_too),
        TEST(a_new_connection_gives_the_broker_all_its_time_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
