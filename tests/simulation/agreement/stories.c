/* Short stories of Paho and a broker, one for each thing that is known to surprise. What comes of them is not written
 * here: the real library says it. Those called "threaded" have callbacks, and with them Paho's thread.
 *
 *     agreement_fake NAME, agreement_real NAME    tells this one
 *     agreement_fake                              the names of all; *: later versions of Paho do otherwise
 *
 * Where two threads could say something at the same time, the story waits, or the broker does. */
#include "agreement.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>

static MQTTClient client;
static MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
static char *uris[1];
static atomic_int lost_count, arrived_count, complete_count;
static atomic_int refusals; /* so many messages the callback does not take */
static unsigned long callback_actor, lost_actor;
static bool lost_is_silent; /* it comes while the main thread has something to say */

/* --- callbacks ------------------------------------------------------------------------------------------------- */

static void say_message(const char *who, int rc, const MQTTClient_message *message, const char *topic)
{
    say("%s: %d, message %.*s to %s at QoS %d%s", who, rc, message->payloadlen, (const char *)message->payload, topic,
        message->qos, message->dup ? ", DUP" : "");
}

static void connection_lost(void *context, char *cause)
{
    (void)context;
    (void)cause;
    lost_actor = actor();
    if (!lost_is_silent)
        say("connectionLost");
    atomic_fetch_add(&lost_count, 1);
}

static int message_arrived(void *context, char *topic, int length, MQTTClient_message *message)
{
    int taken = atomic_load(&refusals) == 0;

    (void)context;
    callback_actor = actor();
    say_message("messageArrived", length, message, topic);
    if (taken) {
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    } else {
        atomic_fetch_sub(&refusals, 1);
    }
    atomic_fetch_add(&arrived_count, 1);
    return taken;
}

static void delivery_complete(void *context, MQTTClient_deliveryToken token)
{
    (void)context;
    say("deliveryComplete: %d", token);
    atomic_fetch_add(&complete_count, 1);
}

static void await_lost(int count)
{
    await(&lost_count, count, "connectionLost");
}

static void await_arrived(int count)
{
    await(&arrived_count, count, "messageArrived");
}

static void await_complete(int count)
{
    await(&complete_count, count, "deliveryComplete");
}

/* --- calls ----------------------------------------------------------------------------------------------------- */

/* Naps have a shortest length; how much longer they are depends on who else uses the processor. */
#define TIMED(least, most, call)                                                                                       \
    do {                                                                                                               \
        int64_t began_ms = now_ms();                                                                                   \
        call;                                                                                                          \
        say_time(now_ms() - began_ms, least, most);                                                                    \
    } while (0)

static void say_time(int64_t ms, int64_t least, int64_t most)
{
    if (ms >= least && ms <= most)
        say("... in %d to %d ms", (int)least, (int)most);
    else
        say("... in %d ms, not %d to %d", (int)ms, (int)least, (int)most);
}

static void set_callbacks(void)
{
    say("setCallbacks: %d", MQTTClient_setCallbacks(client, NULL, connection_lost, message_arrived, delivery_complete));
}

static void create(bool is_clean)
{
    uris[0] = (char *)(uintptr_t)broker_uri();
    options.serverURIcount = 1;
    options.serverURIs = uris;
    options.MQTTVersion = MQTTVERSION_3_1_1;
    options.cleansession = is_clean;
    options.reliable = 0;
    options.maxInflightMessages = 100;
    options.connectTimeout = 3;
    say("create: %d", MQTTClient_create(&client, uris[0], "me", MQTTCLIENT_PERSISTENCE_NONE, NULL));
    say("setCommandTimeout: %d", MQTTClient_setCommandTimeout(client, 5000));
}

static void create_threaded(bool is_clean)
{
    create(is_clean);
    set_callbacks();
}

static void is_connected(void)
{
    say("isConnected: %d", MQTTClient_isConnected(client));
}

static void connect_it(void)
{
    int rc = MQTTClient_connect(client, &options);

    say("connect: %d, session present %d", rc, options.returned.sessionPresent);
}

static void disconnect_it(void)
{
    say("disconnect: %d", MQTTClient_disconnect(client, 0));
}

static void destroy(void)
{
    MQTTClient_destroy(&client);
    say("destroy: %s", client == NULL ? "NULL" : "?");
}

static void subscribe(int qos)
{
    say("subscribe at QoS %d: %d", qos, MQTTClient_subscribe(client, "t", qos));
}

static void unsubscribe(void)
{
    say("unsubscribe: %d", MQTTClient_unsubscribe(client, "t"));
}

static void publish(int number, int qos)
{
    char text[16];
    MQTTClient_deliveryToken token = -5;

    snprintf(text, sizeof text, "%d", number);
    int rc = MQTTClient_publish(client, "t", (int)strlen(text), text, qos, 0, &token);
    if (qos > 0 && rc == MQTTCLIENT_SUCCESS)
        say("publish %d at QoS %d: %d, token %d", number, qos, rc, token);
    else
        say("publish %d at QoS %d: %d", number, qos, rc);
}

static int receive(unsigned long timeout_ms)
{
    char *topic = NULL;
    int length = 0;
    MQTTClient_message *message = NULL;
    int rc = MQTTClient_receive(client, &topic, &length, &message, timeout_ms);

    if (message == NULL) {
        say("receive: %d", rc);
        return rc;
    }
    say_message("receive", rc, message, topic);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return rc;
}

static void pending(void)
{
    MQTTClient_deliveryToken *tokens = NULL;
    int rc = MQTTClient_getPendingDeliveryTokens(client, &tokens);
    char text[160] = "";

    for (int i = 0; tokens != NULL && tokens[i] != -1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %d", tokens[i]);
    say("pending: %d,%s", rc, text);
    MQTTClient_free(tokens);
}

/* Lets a pumped client do what it has to do, as long as it takes, without a word. */
static void pump(int64_t ms)
{
    for (int64_t end_ms = now_ms() + ms; now_ms() < end_ms && MQTTClient_isConnected(client);) {
        char *topic = NULL;
        int length;
        MQTTClient_message *message = NULL;
        int rc = MQTTClient_receive(client, &topic, &length, &message, 50);
        if (message != NULL) {
            say_message("receive", rc, message, topic);
            MQTTClient_freeMessage(&message);
            MQTTClient_free(topic);
        } else if (rc != MQTTCLIENT_SUCCESS) {
            say("receive: %d", rc);
        }
    }
}

static void leave(void)
{
    disconnect_it();
    destroy();
}

static const struct packet the_end = {.type = END_OF_STREAM};
static const struct packet a_reset = {.type = END_OF_STREAM, .code = 1};

static void broker_publishes(int number, int qos)
{
    broker_sends((struct packet){.type = PUBLISH, .qos = qos, .id = qos > 0 ? 100 + number : 0, .number = number});
}

/* --- to connect ------------------------------------------------------------------------------------------------ */

static void refused(void)
{
    create(true);
    TIMED(0, 2000, connect_it());
    is_connected();
    TIMED(0, 2000, connect_it());
    leave();
}

static void refused_threaded(void)
{
    create_threaded(true);
    TIMED(0, 2000, connect_it());
    is_connected();
    TIMED(0, 2000, connect_it());
    leave();
}

static void no_syn(void)
{
    create(true);
    options.connectTimeout = 1;
    TIMED(900, 3000, connect_it());
    is_connected();
    leave();
}

static void connacks(void)
{
    for (int i = 0; i < 6; i++) {
        connect_it();
        is_connected();
    }
    leave();
}

static void codes(void)
{
    create(true);
    connacks();
}

static void codes_threaded(void)
{
    create_threaded(true);
    connacks();
}

static void silent(void)
{
    options.connectTimeout = 3;
    TIMED(2900, 5500, connect_it());
    is_connected();
    publish(1, 1);
    connect_it();
    leave();
}

static void no_connack(void)
{
    create(false);
    silent();
}

static void no_connack_threaded(void)
{
    create_threaded(false);
    silent();
}

static void slow_connack(void)
{
    create(false);
    TIMED(400, 2500, connect_it());
    is_connected();
    leave();
}

static void slow_connack_threaded(void)
{
    create_threaded(false);
    TIMED(400, 2500, connect_it());
    is_connected();
    leave();
}

static void connect_twice(void)
{
    TIMED(0, 2500, connect_it());
    is_connected();
    TIMED(0, 2500, connect_it());
    is_connected();
    leave();
}

static void closed_on_connect(void)
{
    create(true);
    connect_twice();
}

static void closed_on_connect_threaded(void)
{
    create_threaded(true);
    connect_twice();
}

static void session_present(void)
{
    create(false);
    connect_it();
    disconnect_it();
    connect_it(); /* refused: the old value */
    connect_it();
    disconnect_it();
    connect_it();
    leave();
}

static void times(void)
{
    create(true);
    TIMED(95, 1500, connect_it());
    TIMED(95, 1500, MQTTClient_yield());
    TIMED(190, 1500, receive(200));
    TIMED(0, 900, receive(0));
    TIMED(0, 900, disconnect_it());
    destroy();
}

static void times_threaded(void)
{
    create_threaded(true);
    TIMED(195, 1500, connect_it());
    TIMED(95, 1500, MQTTClient_yield());
    TIMED(0, 900, receive(1000)); /* not for those with callbacks */
    TIMED(50, 1500, disconnect_it());
    destroy();
}

/* --- not connected --------------------------------------------------------------------------------------------- */

static void all_calls(void)
{
    for (int qos = 0; qos <= 2; qos++)
        publish(1, qos);
    subscribe(1);
    unsubscribe();
    receive(100);
    pending();
    is_connected();
    disconnect_it();
}

static void not_connected(void)
{
    create(false);
    all_calls();
    connect_it();
    disconnect_it();
    all_calls();
    destroy();
}

static void not_connected_threaded(void)
{
    create_threaded(false);
    all_calls();
    connect_it();
    disconnect_it();
    all_calls();
    destroy();
}

/* --- the connection is cut ------------------------------------------------------------------------------------- */

static void unnoticed(void)
{
    create(true);
    connect_it();
    broker_sends(the_end);
    pass_ms(300);
    is_connected();
    receive(100);
    is_connected();
    receive(100);
    leave();
}

static void unnoticed_reset(void)
{
    create(true);
    connect_it();
    broker_sends(a_reset);
    is_connected();
    MQTTClient_yield();
    is_connected();
    leave();
}

static void noticed(void)
{
    create_threaded(true);
    connect_it();
    broker_sends(the_end);
    await_lost(1);
    is_connected();
    connect_it(); /* from the main thread, after a loss */
    is_connected();
    broker_publishes(1, 1);
    await_arrived(1);
    broker_sends(a_reset);
    await_lost(2);
    say("connectionLost %s", lost_actor == actor()          ? "on the thread of the program"
                             : lost_actor == callback_actor ? "on the thread of the messages"
                                                            : "on a thread of its own");
    is_connected();
    leave();
}

/* Writes into a connection that is no more: when Paho knows, and what it keeps. */
static void publish_at(int qos, struct packet end)
{
    create(false);
    connect_it();
    broker_sends(end);
    for (int i = 1; i <= 3; i++) {
        publish(i, qos);
        pending();
        is_connected();
    }
    connect_it();
    pump(600);
    pending();
    leave();
}

static void reset_qos_0(void)
{
    publish_at(0, a_reset);
}

static void reset_qos_1(void)
{
    publish_at(1, a_reset);
}

static void reset_qos_2(void)
{
    publish_at(2, a_reset);
}

static void end_qos_0(void)
{
    publish_at(0, the_end);
}

static void end_qos_1(void)
{
    publish_at(1, the_end);
}

static void end_qos_2(void)
{
    publish_at(2, the_end);
}

static void subscribe_reset(void)
{
    create(false);
    connect_it();
    broker_sends(a_reset);
    TIMED(0, 2000, subscribe(1));
    is_connected();
    subscribe(1);
    connect_it();
    subscribe(1);
    leave();
}

/* --- what is sent again ---------------------------------------------------------------------------------------- */

/* Five messages, whose acknowledgements the script keeps back, and a cut. */
static void five(int qos, bool is_clean)
{
    create(is_clean);
    connect_it();
    for (int i = 1; i <= 5; i++)
        publish(i, qos);
    await_packets(PUBLISH, 5);
    pump(600);
    pending();
    broker_sends(the_end);
    receive(100);
    pending();
    connect_it();
    await_packets(CONNECT, 2);
    pending();
    pump(600);
    pending();
    publish(6, qos);
    pump(600);
    pending();
    leave();
}

static void again_qos_1(void)
{
    five(1, false);
}

static void again_qos_2(void)
{
    five(2, false);
}

static void forgotten(void)
{
    five(1, true);
}

/* Clean session is switched on between two connections. */
static void forgotten_later(void)
{
    create(false);
    connect_it();
    subscribe(2);
    publish(1, 1);
    publish(2, 2);
    broker_publishes(5, 2); /* not released */
    await_packets(PUBLISH, 2);
    pump(600);
    pending();
    broker_sends(the_end);
    receive(100);
    pending();
    options.cleansession = 1;
    connect_it();
    pending();
    broker_sends((struct packet){.type = PUBREL, .id = 105});
    receive(200);
    publish(3, 1);
    leave();
}

static void again_threaded(void)
{
    create_threaded(false);
    connect_it();
    for (int i = 1; i <= 3; i++)
        publish(i, i % 2 + 1);
    await_complete(1);
    pending();
    broker_sends(the_end);
    await_lost(1);
    pending();
    connect_it();
    await_complete(3);
    pending();
    leave();
}

/* The broker ends the connection while Paho is at sending again. */
static void cut_while_again(void)
{
    create(false);
    connect_it();
    for (int i = 1; i <= 5; i++)
        publish(i, 1);
    await_packets(PUBLISH, 5);
    broker_sends(a_reset);
    receive(100);
    connect_it();
    is_connected();
    pending();
    connect_it();
    await_packets(PUBLISH, 10);
    pending();
    leave();
}

/* After the second reconnection what is not acknowledged goes out again and again. */
static void again_and_again(void)
{
    create(false);
    connect_it();
    publish(1, 1);
    await_packets(PUBLISH, 1);
    for (int i = 2; i <= 3; i++) {
        broker_sends(the_end);
        receive(100);
        connect_it();
        await_packets(PUBLISH, i);
    }
    pump(16000);
    pending();
    leave();
}

static void not_again(void)
{
    create(false);
    connect_it();
    publish(1, 1);
    await_packets(PUBLISH, 1);
    broker_sends(the_end);
    receive(100);
    connect_it();
    pump(16000);
    pending();
    leave();
}

/* --- acknowledgements ------------------------------------------------------------------------------------------ */

static void puback_for_2(void)
{
    create(false);
    connect_it();
    publish(1, 2);
    await_packets(PUBLISH, 1);
    pump(600);
    pending();
    leave();
}

static void puback_for_2_threaded(void)
{
    create_threaded(false);
    connect_it();
    publish(1, 2);
    await_complete(1);
    pending();
    leave();
}

/* Whatever the broker acknowledges that does not fit. */
static void odd(void)
{
    create_threaded(false);
    connect_it();
    publish(1, 1);
    publish(2, 2);
    await_packets(PUBLISH, 2);
    pending();
    broker_sends((struct packet){.type = PUBREC, .id = 1});
    broker_sends((struct packet){.type = PUBREC, .id = 9});
    await_packets(PUBREL, 2);
    pending();
    broker_sends((struct packet){.type = PUBCOMP, .id = 2});
    await_complete(1);
    pending();
    broker_sends((struct packet){.type = PUBACK, .id = 9});
    await_complete(2);
    is_connected();
    pending();
    leave();
}

static void pubrec_twice(void)
{
    create(false);
    connect_it();
    publish(1, 2);
    await_packets(PUBLISH, 1);
    for (int i = 0; i < 2; i++) {
        broker_sends((struct packet){.type = PUBREC, .id = 1});
        pump(100);
        pending();
    }
    broker_sends((struct packet){.type = PUBCOMP, .id = 1});
    pump(100);
    pending();
    leave();
}

static void order_of_tokens(void)
{
    create(false);
    connect_it();
    for (int i = 1; i <= 6; i++)
        publish(i, i % 2 + 1);
    await_packets(PUBLISH, 6);
    pending();
    for (int id = 4; id >= 2; id -= 2) {
        broker_sends((struct packet){.type = PUBACK, .id = id});
        receive(100);
        pending();
    }
    broker_sends((struct packet){.type = PUBREC, .id = 3});
    receive(100);
    pending();
    broker_sends((struct packet){.type = PUBCOMP, .id = 3});
    receive(100);
    pending();
    leave();
}

static void acks_threaded(void)
{
    create_threaded(false);
    connect_it();
    publish(1, 1);
    await_complete(1);
    publish(2, 2);
    await_complete(2);
    publish(3, 0);
    await_packets(PUBLISH, 3);
    pending();
    leave();
}

static void no_ack_receive(void)
{
    create(false);
    connect_it();
    publish(1, 1);
    TIMED(290, 1500, receive(300)); /* an acknowledgement comes, and does not end it */
    pending();
    leave();
}

/* --- the window ------------------------------------------------------------------------------------------------ */

static void fill(int qos)
{
    options.maxInflightMessages = 2;
    connect_it();
    publish(1, 1);
    publish(2, 1);
    TIMED(90, 2500, publish(3, qos));
    pending();
}

static void window(void)
{
    create(false);
    fill(1);
    pump(1200);
    pending();
    leave();
}

static void window_qos_0(void)
{
    create(false);
    fill(0);
    pump(1200);
    pending();
    leave();
}

static void window_threaded(void)
{
    create_threaded(false);
    fill(1);
    await_complete(3);
    pending();
    leave();
}

static void window_cut(void)
{
    create(false);
    fill(1);
    is_connected();
    pending();
    leave();
}

/* One message at a time, unless there is a number, too. */
static void reliable(int max_inflight, int count, int64_t least_ms, int64_t most_ms)
{
    options.reliable = 1;
    options.maxInflightMessages = max_inflight;
    connect_it();
    TIMED(least_ms, most_ms, for (int i = 1; i <= count; i++) publish(i, 1));
    pump(1000);
    pending();
    leave();
}

static void reliable_alone(void)
{
    create(false);
    reliable(-1, 3, 190, 2500);
}

static void reliable_and_window(void)
{
    create(false);
    reliable(100, 30, 0, 2500); /* with naps they took three seconds */
}

/* --- subscriptions --------------------------------------------------------------------------------------------- */

static void denied(void)
{
    create(true);
    connect_it();
    subscribe(1);
    is_connected();
    subscribe(2);
    unsubscribe();
    leave();
}

static void denied_threaded(void)
{
    create_threaded(true);
    connect_it();
    subscribe(1);
    is_connected();
    subscribe(2);
    unsubscribe();
    leave();
}

static void no_suback(void)
{
    create(true);
    connect_it();
    TIMED(4900, 8000, subscribe(1));
    is_connected();
    connect_it();
    leave();
}

static void no_suback_threaded(void)
{
    lost_is_silent = true;
    create_threaded(true);
    connect_it();
    TIMED(4900, 8000, subscribe(1));
    await_lost(1);
    is_connected();
    connect_it();
    leave();
}

static void closed_on_subscribe(void)
{
    create(true);
    connect_it();
    TIMED(0, 2000, subscribe(1));
    is_connected();
    connect_it();
    subscribe(1);
    leave();
}

static void closed_on_subscribe_threaded(void)
{
    create_threaded(true);
    connect_it();
    TIMED(4900, 8000, subscribe(1)); /* although connectionLost comes at once */
    await_lost(1);
    is_connected();
    connect_it();
    subscribe(1);
    leave();
}

static void closed_on_unsubscribe(void)
{
    create(true);
    connect_it();
    subscribe(0);
    TIMED(0, 2000, unsubscribe());
    is_connected();
    leave();
}

static void slow_suback(void)
{
    create(true);
    connect_it();
    TIMED(1400, 3500, subscribe(2));
    unsubscribe();
    subscribe(0);
    leave();
}

static void command_timeout(void)
{
    create(true);
    for (unsigned long ms = 4999; ms <= 5001; ms++)
        say("setCommandTimeout to %lu: %d", ms, MQTTClient_setCommandTimeout(client, ms));
    say("setCallbacks without messageArrived: %d", MQTTClient_setCallbacks(client, NULL, NULL, NULL, NULL));
    destroy();
}

/* --- messages -------------------------------------------------------------------------------------------------- */

static void queue_in_subscribe(void)
{
    create(false);
    connect_it();
    subscribe(2);
    for (int i = 0; i < 3; i++)
        TIMED(0, 900, receive(1000));
    receive(200);
    leave();
}

static void queue_in_connect(void)
{
    create(false);
    connect_it();
    for (int i = 0; i < 3; i++)
        receive(200);
    leave();
}

static void queue_in_yield(void)
{
    create(false);
    connect_it();
    broker_publishes(1, 1);
    broker_publishes(2, 2);
    publish(1, 1);
    await_packets(PUBLISH, 1);
    MQTTClient_yield();
    MQTTClient_yield();
    pending();
    for (int i = 0; i < 3; i++)
        receive(0);
    leave();
}

/* What comes while somebody waits for SUBACK is done, too. */
static void acks_in_subscribe(void)
{
    create(false);
    connect_it();
    publish(1, 1);
    publish(2, 2);
    await_packets(PUBLISH, 2);
    subscribe(1);
    pending();
    leave();
}

/* A message, and then the end instead of SUBACK. */
static void queue_closed(void)
{
    create(false);
    connect_it();
    subscribe(1);
    receive(100);
    is_connected();
    connect_it();
    receive(100);
    receive(100);
    leave();
}

static void queue_threaded(void)
{
    create_threaded(false);
    connect_it();
    subscribe(2);
    await_arrived(3);
    leave();
}

static void queue_over_loss(void)
{
    connect_it();
    subscribe(2);
    receive(0);
    broker_sends(the_end);
    is_connected();
    receive(100); /* a message and a code */
    receive(100); /* not to be reached */
    is_connected();
    connect_it();
    receive(100);
    receive(100);
    leave();
}

static void queue_kept(void)
{
    create(false);
    queue_over_loss();
}

static void queue_cleaned(void)
{
    create(true);
    queue_over_loss();
}

static void message_and_reset(void)
{
    create(false);
    connect_it();
    broker_publishes(1, 1);
    broker_sends(a_reset);
    receive(100); /* it cannot be acknowledged, and is there */
    is_connected();
    receive(100);
    leave();
}

static void message_and_end(void)
{
    create(false);
    connect_it();
    broker_publishes(1, 1);
    broker_publishes(2, 0);
    broker_sends(the_end);
    for (int i = 0; i < 4; i++)
        receive(100);
    leave();
}

static void exactly_once(void)
{
    create(false);
    connect_it();
    broker_publishes(7, 2);
    receive(100);
    broker_sends((struct packet){.type = PUBLISH, .qos = 2, .id = 107, .number = 7, .flag = true});
    receive(200); /* the broker answers both PUBREC, and one of its two PUBREL delivers */
    receive(200);
    for (int id = 107; id >= 106; id--) { /* released already, and never heard of */
        broker_sends((struct packet){.type = PUBREL, .id = id});
        receive(200);
    }
    broker_sends((struct packet){.type = PUBLISH, .qos = 1, .id = 8, .number = 8, .flag = true});
    receive(200);
    leave();
}

static void released_later(void)
{
    create(false);
    connect_it();
    broker_publishes(7, 2);
    receive(200);
    await_packets(PUBREC, 1);
    broker_sends(the_end);
    receive(200);
    connect_it();
    broker_sends((struct packet){.type = PUBREL, .id = 107});
    receive(200);
    leave();
}

static void many_in_a_row(void)
{
    create(false);
    connect_it();
    for (int i = 1; i <= 6; i++)
        broker_publishes(i, i % 3);
    for (int i = 0; i < 7; i++)
        receive(200);
    leave();
}

static void not_taken(void)
{
    create_threaded(false);
    connect_it();
    atomic_store(&refusals, 2);
    broker_publishes(1, 1);
    await_arrived(1);
    pass_ms(500); /* not before something else comes */
    broker_publishes(2, 1);
    await_arrived(2);
    broker_sends((struct packet){.type = PINGRESP});
    await_arrived(3);
    broker_sends((struct packet){.type = PINGRESP});
    await_arrived(4);
    leave();
}

static void late_callbacks(void)
{
    create(false);
    connect_it();
    set_callbacks();
    broker_publishes(1, 1);
    pass_ms(300);
    receive(200);
    leave();
}

/* --- keep alive ------------------------------------------------------------------------------------------------ */

static void keep_alive(void)
{
    create(true);
    options.keepAliveInterval = 2;
    connect_it();
    TIMED(3900, 6500, pump(20000));
    is_connected();
    leave();
}

static void keep_alive_threaded(void)
{
    create_threaded(true);
    options.keepAliveInterval = 2;
    connect_it();
    TIMED(3900, 6500, await_lost(1));
    is_connected();
    leave();
}

static void keep_alive_answered(void)
{
    create(true);
    options.keepAliveInterval = 1;
    connect_it();
    pump(4000);
    is_connected();
    leave();
}

static void no_keep_alive(void)
{
    create(true);
    options.keepAliveInterval = 0;
    connect_it();
    pump(4000);
    is_connected();
    leave();
}

/* --- MQTT 5 ---------------------------------------------------------------------------------------------------- */

static void published(void *context, int token, int packet_type, MQTTProperties *properties,
                      enum MQTTReasonCodes reason)
{
    (void)context;
    (void)properties;
    say("published: %d, packet type %d, reason 0x%02x", token, packet_type, (unsigned)reason);
}

static void create5(void)
{
    MQTTClient_createOptions version = MQTTClient_createOptions_initializer;

    version.MQTTVersion = MQTTVERSION_5;
    options = (MQTTClient_connectOptions)MQTTClient_connectOptions_initializer5;
    uris[0] = (char *)(uintptr_t)broker_uri();
    options.serverURIcount = 1;
    options.serverURIs = uris;
    options.cleanstart = 0;
    options.reliable = 0;
    options.maxInflightMessages = 100;
    options.connectTimeout = 3;
    say("createWithOptions: %d",
        MQTTClient_createWithOptions(&client, uris[0], "me", MQTTCLIENT_PERSISTENCE_NONE, NULL, &version));
    say("setPublished: %d", MQTTClient_setPublished(client, NULL, published));
}

static void create5_threaded(void)
{
    create5();
    set_callbacks();
}

static void say_properties(const MQTTProperties *properties)
{
    if (properties == NULL) {
        say("no properties");
        return;
    }
    for (int i = 0; i < properties->count; i++) {
        const MQTTProperty *property = &properties->array[i];
        if (MQTTProperty_getType(property->identifier) == MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER)
            say("property %d: %d", property->identifier, property->value.integer2);
        else
            say("property %d: %u", property->identifier, property->value.integer4);
    }
}

/* expiry_s: below 0: not said. */
static void connect5_it(int64_t expiry_s)
{
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

    expiry.value.integer4 = (unsigned)expiry_s;
    if (expiry_s >= 0)
        say("add: %d", MQTTProperties_add(&properties, &expiry));
    MQTTResponse response = MQTTClient_connect5(client, &options, &properties, NULL);
    say("connect5: %d", (int)response.reasonCode); /* nothing of the session: that depends on Paho's version */
    say_properties(response.properties);
    MQTTResponse_free(response);
    MQTTProperties_free(&properties);
}

static void disconnect5_it(bool ends)
{
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

    if (ends)
        MQTTProperties_add(&properties, &expiry);
    say("disconnect5: %d", MQTTClient_disconnect5(client, 0, MQTTREASONCODE_NORMAL_DISCONNECTION, &properties));
    MQTTProperties_free(&properties);
}

static void publish5(int number, int qos)
{
    char text[16];
    MQTTClient_deliveryToken token = -5;

    snprintf(text, sizeof text, "%d", number);
    MQTTResponse response = MQTTClient_publish5(client, "t", (int)strlen(text), text, qos, 0, NULL, &token);
    say("publish5 %d at QoS %d: %d, token %d", number, qos, (int)response.reasonCode, qos > 0 ? token : 0);
    MQTTResponse_free(response);
}

static void subscribe5(int qos)
{
    MQTTResponse response = MQTTClient_subscribe5(client, "t", qos, NULL, NULL);

    say("subscribe5 at QoS %d: %d", qos, (int)response.reasonCode);
    MQTTResponse_free(response);
}

static void leave5(void)
{
    disconnect5_it(false);
    destroy();
}

static void v5_versions(void)
{
    create(false);
    connect5_it(-1);
    connect_it();
    subscribe5(1);
    publish5(1, 0);
    publish5(2, 1);
    pump(300);
    leave5();

    create5();
    connect_it();
    options.cleansession = 1;
    connect5_it(-1);
    options.cleansession = 0;
    connect5_it(-1);
    publish(1, 1);
    subscribe(1);
    unsubscribe();
    pending();
    leave();
}

static void v5_not_connected(void)
{
    create5();
    publish5(1, 0);
    publish5(1, 1);
    subscribe5(1);
    unsubscribe();
    disconnect5_it(true);
    connect5_it(10);
    disconnect5_it(true);
    publish5(1, 1);
    disconnect5_it(true);
    destroy();
}

static void v5_connacks(void)
{
    create5();
    for (int i = 0; i < 3; i++) {
        connect5_it(100);
        is_connected();
        disconnect5_it(false);
    }
    destroy();
}

static void v5_connacks_threaded(void)
{
    create5_threaded();
    for (int i = 0; i < 3; i++) {
        connect5_it(100);
        is_connected();
        disconnect5_it(false);
    }
    destroy();
}

static void v5_each_qos(void)
{
    create5();
    connect5_it(0);
    for (int qos = 0; qos <= 2; qos++) {
        publish5(qos, qos);
        pump(200);
    }
    pending();
    leave5();
}

static void v5_each_qos_threaded(void)
{
    create5_threaded();
    connect5_it(0);
    publish5(1, 1);
    await_complete(1);
    publish5(2, 2);
    await_complete(2);
    pending();
    leave5();
}

static void v5_denied(void)
{
    create5();
    connect5_it(0);
    publish5(1, 1);
    pump(200);
    pending();
    publish5(2, 2);
    pump(200);
    pending();
    publish5(3, 2); /* taken, and with a reason that is no error */
    pump(200);
    pending();
    leave5();
}

static void v5_denied_threaded(void)
{
    create5_threaded();
    connect5_it(0);
    publish5(1, 1);
    await_complete(1);
    publish5(2, 2); /* deliveryComplete is not called for that */
    pass_ms(500);
    pending();
    leave5();
}

/* The second one is for nothing that waits, and is answered all the same. */
static void v5_denied_twice(void)
{
    create5();
    connect5_it(0);
    publish5(1, 2);
    pump(300);
    publish5(2, 1);
    pump(300);
    pending();
    leave5();
}

static void v5_denied_late(void)
{
    create5();
    connect5_it(0);
    publish5(1, 2);
    pump(300);
    broker_sends((struct packet){.type = PUBREC, .id = 1, .code = 0x87});
    pump(300);
    pending();
    publish5(2, 1);
    broker_sends((struct packet){.type = PUBREC, .id = 2, .code = 0x87});
    pump(300);
    pending();
    leave5();
}

static void v5_puback_for_2(void)
{
    create5();
    connect5_it(0);
    publish5(1, 2);
    pump(300);
    pending();
    leave5();
}

static void v5_subscribe(void)
{
    create5();
    connect5_it(0);
    for (int i = 0; i < 3; i++)
        subscribe5(2);
    unsubscribe();
    is_connected();
    leave5();
}

static void v5_subscribe_threaded(void)
{
    create5_threaded();
    connect5_it(0);
    for (int i = 0; i < 3; i++)
        subscribe5(2);
    unsubscribe();
    is_connected();
    leave5();
}

static void v5_receive(void)
{
    create5();
    connect5_it(0);
    broker_publishes(1, 0);
    broker_publishes(2, 1);
    broker_publishes(3, 2);
    pump(300);
    leave5();
}

static void v5_again(void)
{
    create5();
    connect5_it(100);
    publish5(1, 1);
    publish5(2, 2);
    disconnect5_it(false);
    pending();
    connect5_it(100);
    pending();
    disconnect5_it(true);
    pending();
    options.cleanstart = 1;
    connect5_it(0);
    pending();
    leave5();
}

static void v5_cut_while_again(void)
{
    create5();
    connect5_it(100);
    for (int i = 1; i <= 5; i++)
        publish5(i, 1);
    await_packets(PUBLISH, 5);
    broker_sends(a_reset);
    receive(100);
    connect5_it(100);
    is_connected();
    pending();
    connect5_it(100);
    await_packets(PUBLISH, 10);
    pending();
    leave5();
}

static void v5_receive_maximum(void)
{
    create5();
    connect5_it(0);
    publish5(1, 1);
    publish5(2, 1);
    TIMED(90, 2500, publish5(3, 1));
    pending();
    pump(1200);
    pending();
    leave5();
}

/* What was in flight goes out again, whatever the broker wants now; and QoS 0 waits, too. */
static void v5_receive_maximum_again(void)
{
    create5();
    connect5_it(100);
    for (int i = 1; i <= 3; i++)
        publish5(i, 1);
    await_packets(PUBLISH, 3);
    disconnect5_it(false);
    connect5_it(100);
    await_packets(PUBLISH, 6);
    pending();
    TIMED(90, 2500, publish5(4, 0));
    pending();
    leave5();
}

/* The handle keeps nothing of it. */
static void v5_receive_maximum_once(void)
{
    create5();
    connect5_it(0);
    disconnect5_it(false);
    connect5_it(0);
    for (int i = 1; i <= 3; i++)
        publish5(i, 1);
    pending();
    leave5();
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void left_alone(void)
{
    create(false);
    connect_it();
    subscribe(2);
    destroy(); /* without disconnect: the broker hears nothing of it */
    pass_ms(300);
}

/* One receive serves all handles, and takes the loss of another one for its own, if it comes last. */
static void anothers_loss(unsigned long timeout_ms, struct packet end)
{
    create(false);
    connect_it();
    MQTTClient first = client;
    create(false);
    connect_it();
    MQTTClient second = client;
    broker_sends(end);
    client = first;
    receive(timeout_ms);
    is_connected();
    client = second;
    is_connected();
    receive(timeout_ms);
    is_connected();
    leave();
    client = first;
    leave();
}

static void anothers_loss_soon(void)
{
    anothers_loss(1, the_end);
}

static void anothers_loss_in_time(void)
{
    anothers_loss(300, a_reset);
}

static void anothers_loss_in_subscribe(void)
{
    create(false);
    connect_it();
    MQTTClient first = client;
    create(false);
    connect_it();
    MQTTClient second = client;
    broker_sends(the_end);
    client = first;
    subscribe(1);
    is_connected();
    client = second;
    is_connected();
    leave();
    client = first;
    leave();
}

static void two_clients(void)
{
    create(false);
    connect_it();
    publish(1, 1);
    await_packets(PUBLISH, 1);
    destroy(); /* and a new one: nothing is left of the old one */
    create(false);
    pending();
    connect_it();
    publish(2, 1);
    pump(600);
    pending();
    leave();
}

static void taken_over(void)
{
    create_threaded(false);
    for (int i = 1; i <= 3; i++) {
        connect_it();
        publish(i, 1);
        await_complete(i);
        broker_sends(the_end);
        await_lost(i);
        publish(i, 1);
    }
    pending();
    destroy();
}

/* Steps of a script. */
/* clang-format off */
#define QUEUE {SUBSCRIBE, 1, {{{.type = PUBLISH, .qos = 0, .number = 1}, 0},                                           \
                              {{.type = PUBLISH, .qos = 1, .id = 11, .number = 2}, 0},                                 \
                              {{.type = PUBLISH, .qos = 1, .id = 12, .number = 3}, 0},                                 \
                              {{.type = SUBACK, .code = 2}, 0}}}
#define NEVER(packet)             {packet, EACH, {{{.type = CONNECT}, 0}}}
#define NOT_THE(n, packet)        {packet, n, {{{.type = CONNECT}, 0}}}
#define CLOSES_ON(n, packet)      {packet, n, {{{.type = END_OF_STREAM}, 0}}}
#define REFUSES(n, with)          {CONNECT, n, {{{.type = CONNACK, .code = (with)}, 0}, {{.type = END_OF_STREAM}, 0}}}
#define KEPT(n)                   {CONNECT, n, {{{.type = CONNACK, .flag = true}, 0}}}
#define DENIES                    {SUBSCRIBE, 1, {{{.type = SUBACK, .code = 0x80}, 0}}}
#define AFTER(ms, packet, answer) {packet, EACH, {{{.type = (answer)}, ms}}}
#define ENDS_AFTER_CONNACK(n)     {CONNECT, n, {{{.type = CONNACK, .flag = true}, 0}, {{.type = END_OF_STREAM}, 0}}}
#define ACKS(n, ms)               {PUBLISH, n, {{{.type = PUBACK}, ms}}}
/* With MQTT 5. */
#define ANSWERS(n, packet, answer, reason, ms) {packet, n, {{{.type = (answer), .code = (reason)}, ms}}}
#define TWICE(n, answer) {PUBLISH, n, {{{.type = (answer), .code = 0x87}, 0}, {{.type = (answer), .code = 0x87}, 0}}}
#define LIMITS(n) {CONNECT, n, {{{.type = CONNACK, .has_receive_maximum = true, .receive_maximum = 7, .keep_alive = 20,  \
                                  .has_expiry = true, .expiry = 50}, 0}}}
#define TAKES(n, count) {CONNECT, n, {{{.type = CONNACK, .has_receive_maximum = true, .receive_maximum = (count)}, 0}}}
#define GRANTS ANSWERS(1, SUBSCRIBE, SUBACK, 2, 0), ANSWERS(2, SUBSCRIBE, SUBACK, 1, 0), ANSWERS(3, SUBSCRIBE, SUBACK, 0x87, 0)
/* clang-format on */
#define ACKS_OF_A_WINDOW ACKS(1, 250), ACKS(2, 900)
#define REFUSALS         REFUSES(1, 1), REFUSES(2, 2), REFUSES(3, 3), REFUSES(4, 4), REFUSES(5, 5)
#define FIRST_FIVE(packet)                                                                                             \
    NOT_THE(1, packet), NOT_THE(2, packet), NOT_THE(3, packet), NOT_THE(4, packet), NOT_THE(5, packet)

#define STORY(function) .name = #function, .tell = (function)

static const struct story stories[] = {
    {STORY(refused), .where = ABSENT},
    {STORY(refused_threaded), .where = ABSENT},
    {STORY(no_syn), .where = DEAF},
    {STORY(codes), .script = {REFUSALS}},
    {STORY(codes_threaded), .script = {REFUSALS}},
    {STORY(no_connack), .script = {NOT_THE(1, CONNECT)}},
    {STORY(no_connack_threaded), .script = {NOT_THE(1, CONNECT)}, .has_changed = true},
    {STORY(slow_connack), .script = {AFTER(500, CONNECT, CONNACK)}},
    {STORY(slow_connack_threaded), .script = {AFTER(500, CONNECT, CONNACK)}},
    {STORY(closed_on_connect), .script = {CLOSES_ON(1, CONNECT)}},
    {STORY(closed_on_connect_threaded), .script = {CLOSES_ON(1, CONNECT)}},
    {STORY(session_present), .script = {KEPT(1), REFUSES(2, 5), KEPT(4)}},
    {STORY(times), .has_changed = true},
    {STORY(times_threaded), .has_changed = true},
    {STORY(not_connected)},
    {STORY(not_connected_threaded)},
    {STORY(unnoticed)},
    {STORY(unnoticed_reset)},
    {STORY(noticed)},
    {STORY(reset_qos_0), .script = {KEPT(2)}},
    {STORY(reset_qos_1), .script = {KEPT(2)}},
    {STORY(reset_qos_2), .script = {KEPT(2)}},
    {STORY(end_qos_0), .script = {KEPT(2)}},
    {STORY(end_qos_1), .script = {KEPT(2)}},
    {STORY(end_qos_2), .script = {KEPT(2)}},
    {STORY(subscribe_reset)},
    {STORY(again_qos_1), .script = {KEPT(2), NOT_THE(1, PUBLISH), NOT_THE(3, PUBLISH), NOT_THE(4, PUBLISH)}},
    {STORY(again_qos_2), .script = {KEPT(2), NOT_THE(1, PUBLISH), NOT_THE(4, PUBLISH), NOT_THE(2, PUBREL)}},
    {STORY(forgotten), .script = {FIRST_FIVE(PUBLISH)}},
    {STORY(forgotten_later), .script = {QUEUE, FIRST_FIVE(PUBLISH), NEVER(PUBREC)}},
    /* Acknowledgements never come at once where there are threads: Paho's may be faster than the one that has just
     * published, or connected. */
    {STORY(again_threaded),
     .script = {KEPT(2), AFTER(100, PUBREL, PUBCOMP), NOT_THE(1, PUBLISH), NOT_THE(2, PUBLISH), ACKS(5, 300)}},
    {STORY(cut_while_again), .script = {ENDS_AFTER_CONNACK(2), NEVER(PUBLISH)}},
    {STORY(again_and_again), .script = {NEVER(PUBLISH)}},
    {STORY(not_again), .script = {NEVER(PUBLISH)}},
    {STORY(puback_for_2), .script = {AFTER(0, PUBLISH, PUBACK)}, .has_changed = true},
    {STORY(puback_for_2_threaded), .script = {AFTER(100, PUBLISH, PUBACK)}, .has_changed = true},
    {STORY(odd), .script = {NEVER(PUBLISH), NEVER(PUBREL)}},
    {STORY(pubrec_twice), .script = {NEVER(PUBLISH), NEVER(PUBREL)}},
    {STORY(order_of_tokens), .script = {NEVER(PUBLISH), NEVER(PUBREL)}},
    {STORY(acks_threaded), .script = {ACKS(1, 100), AFTER(100, PUBREL, PUBCOMP)}},
    {STORY(no_ack_receive)},
    {STORY(window), .script = {ACKS_OF_A_WINDOW}},
    {STORY(window_qos_0), .script = {ACKS_OF_A_WINDOW}},
    {STORY(window_threaded), .script = {ACKS(1, 250), ACKS(2, 1500), ACKS(3, 2000)}},
    {STORY(window_cut), .script = {NOT_THE(1, PUBLISH), AFTER(250, PUBLISH, END_OF_STREAM)}},
    {STORY(reliable_alone)},
    {STORY(reliable_and_window)},
    {STORY(denied), .script = {DENIES}},
    {STORY(denied_threaded), .script = {DENIES}},
    {STORY(no_suback), .script = {NEVER(SUBSCRIBE)}},
    {STORY(no_suback_threaded), .script = {NEVER(SUBSCRIBE)}},
    {STORY(closed_on_subscribe), .script = {CLOSES_ON(1, SUBSCRIBE)}},
    {STORY(closed_on_subscribe_threaded), .script = {CLOSES_ON(1, SUBSCRIBE)}},
    {STORY(closed_on_unsubscribe), .script = {CLOSES_ON(1, UNSUBSCRIBE)}},
    {STORY(slow_suback), .script = {{SUBSCRIBE, 1, {{{.type = SUBACK, .code = 2}, 1500}}}}},
    {STORY(command_timeout)},
    {STORY(queue_in_subscribe), .script = {QUEUE}},
    {STORY(queue_in_connect),
     .script = {{CONNECT,
                 1,
                 {{{.type = CONNACK, .flag = true}, 0}, {{.type = PUBLISH, .qos = 1, .id = 4, .number = 4}, 0}}}}},
    {STORY(queue_in_yield)},
    {STORY(acks_in_subscribe)},
    {STORY(queue_closed),
     .script = {KEPT(2),
                {SUBSCRIBE,
                 1,
                 {{{.type = PUBLISH, .qos = 1, .id = 4, .number = 4}, 0}, {{.type = END_OF_STREAM}, 0}}}}},
    {STORY(queue_threaded), .script = {QUEUE}},
    {STORY(queue_kept), .script = {QUEUE, KEPT(2)}},
    {STORY(queue_cleaned), .script = {QUEUE}},
    {STORY(message_and_reset)},
    {STORY(message_and_end)},
    {STORY(exactly_once), .script = {NOT_THE(1, PUBREC)}},
    {STORY(released_later), .script = {KEPT(2), NEVER(PUBREC)}},
    {STORY(many_in_a_row)},
    {STORY(not_taken)},
    {STORY(late_callbacks)},
    {STORY(keep_alive), .script = {NEVER(PINGREQ)}},
    {STORY(keep_alive_threaded), .script = {NEVER(PINGREQ)}},
    {STORY(keep_alive_answered)},
    {STORY(no_keep_alive), .script = {NEVER(PINGREQ)}},
    {STORY(left_alone), .script = {QUEUE}},
    {STORY(anothers_loss_soon)},
    {STORY(anothers_loss_in_time)},
    {STORY(anothers_loss_in_subscribe)},
    {STORY(two_clients), .script = {NOT_THE(1, PUBLISH)}},
    {STORY(taken_over), .script = {AFTER(100, PUBLISH, PUBACK)}},

    {STORY(v5_versions)},
    {STORY(v5_not_connected)},
    {STORY(v5_connacks), .script = {LIMITS(1), REFUSES(2, 0x87), KEPT(3)}},
    {STORY(v5_connacks_threaded), .script = {LIMITS(1), REFUSES(2, 0x87), KEPT(3)}},
    {STORY(v5_each_qos)},
    {STORY(v5_each_qos_threaded),
     .script = {ACKS(1, 100), ANSWERS(2, PUBLISH, PUBREC, 0, 100), AFTER(100, PUBREL, PUBCOMP)}},
    {STORY(v5_denied), .script = {ANSWERS(1, PUBLISH, PUBACK, 0x87, 0), ANSWERS(2, PUBLISH, PUBREC, 0x97, 0),
                                  ANSWERS(3, PUBLISH, PUBREC, 0x10, 0)}},
    {STORY(v5_denied_threaded),
     .script = {ANSWERS(1, PUBLISH, PUBACK, 0x87, 100), ANSWERS(2, PUBLISH, PUBREC, 0x97, 100)}},
    {STORY(v5_denied_twice), .script = {TWICE(1, PUBREC), TWICE(2, PUBACK), ANSWERS(1, PUBREL, PUBCOMP, 0x92, 0)}},
    {STORY(v5_denied_late), .script = {NOT_THE(2, PUBLISH), NEVER(PUBREL)}},
    {STORY(v5_puback_for_2), .script = {ANSWERS(1, PUBLISH, PUBACK, 0x87, 0)}, .has_changed = true},
    {STORY(v5_subscribe), .script = {GRANTS}},
    {STORY(v5_subscribe_threaded), .script = {GRANTS}},
    {STORY(v5_receive)},
    {STORY(v5_again), .script = {KEPT(2), NEVER(PUBLISH)}},
    {STORY(v5_cut_while_again), .script = {ENDS_AFTER_CONNACK(2), NEVER(PUBLISH)}},
    {STORY(v5_receive_maximum), .script = {TAKES(1, 2), ACKS_OF_A_WINDOW}},
    {STORY(v5_receive_maximum_again), .script = {TAKES(2, 2), NOT_THE(1, PUBLISH), NOT_THE(2, PUBLISH),
                                                 NOT_THE(3, PUBLISH), NOT_THE(4, PUBLISH), ACKS(5, 600), ACKS(6, 600)}},
    {STORY(v5_receive_maximum_once), .script = {TAKES(1, 1), NEVER(PUBLISH)}},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        if (argc < 2) {
            printf("%s%s\n", stories[i].name, stories[i].has_changed ? " *" : "");
        } else if (strcmp(argv[1], stories[i].name) == 0) {
            story_told = &stories[i];
            tell_story();
            return 0;
        }
    }
    return argc < 2 ? 0 : 64;
}
