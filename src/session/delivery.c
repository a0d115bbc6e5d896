/* Messages on their way: acknowledgements are read, the window is counted, and whoever fills it waits. Paho's calls for
 * it return at their own time, so that here is decided which one, how often, and for how long. */
#include "delivery.h"

#include "ending.h"
#include "parts.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/reason.h"
#include "playground/stop.h"

#include <stdio.h>
#include <sysexits.h>

enum {
    STALLED_US = 10000000, /* a message that waits for so long: is anybody there? */
    LOOK_US = 1000000,     /* so often the window is counted where nothing else asks for it */
    LEFT_OVER_US = 100000,
    PACKETS_PER_COUNT = 20,
    NAP_MIN_US = 20,
    NAP_MAX_US = 1000
};

bool delivery_receives(const struct session_parts *parts)
{
    return parts->mode == SESSION_ONE_THREAD && parts->has_subscribed;
}

/* Takes a message that nobody will see, and counts it if Paho has acknowledged it in our name. False: there is none. */
static bool drop_message(struct session *session, unsigned long timeout_ms)
{
    char *topic = NULL;
    int topic_length = 0;
    MQTTClient_message *message = NULL;

    MQTTClient_receive(session->client, &topic, &topic_length, &message, timeout_ms);
    if (message == NULL)
        return false;
    session->parts->left_over.count += message->qos > 0;
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return true;
}

/* Once the program has subscribed only the program receives: Paho's yield leaves in its queue what arrives, and always
 * takes 100 ms. */
void delivery_let_paho_work(struct session *session, int ms)
{
    struct session_parts *parts = session->parts;

    stop_requested(); /* who comes here is not stuck in a call, which the alarm would end */
    if (parts->mode == SESSION_CALLBACKS) {
        stop_sleep(ms); /* its thread works */
        return;
    }
    if (parts->has_subscribed)
        MQTTClient_yield();
    else /* what comes is of a subscription that another program has made with this client id */
        drop_message(session, (unsigned long)ms);
}

void delivery_count(struct session *session)
{
    struct session_parts *parts = session->parts;

    window_count(&parts->window, session->client, monotonic_us());
    parts->let_through = parts->let_through || parts->window.has_moved;
    delivery_tell_denials(session);
}

void delivery_tell_denials(struct session *session)
{
    struct session_parts *parts = session->parts;
    int reason;

    while ((reason = denials_next_reason(&parts->denials)) != 0)
        console_error("%.200s has denied a message: %s (%d); %s", connection_broker(&parts->connection)->name,
                      reason_name(reason), reason, reason_advice(reason));
}

/* MQTTClient_receive with a timeout would not return before it, whatever acknowledgement comes: so it is asked without
 * one, and after naps, longer and longer, where nothing has come. Paho reads one packet at a time, and to count what is
 * in flight costs more than that: so it reads some before each count. */
void delivery_await(struct session *session, int limit, int64_t patience_ms)
{
    struct session_parts *parts = session->parts;
    int64_t deadline_us = monotonic_us() + patience_ms * 1000;
    int64_t nap_us = 0;
    bool reads = parts->mode == SESSION_ONE_THREAD && !parts->has_subscribed;
    int packets = reads && parts->options->qos > 0 ? PACKETS_PER_COUNT : 1; /* at QoS 0 there are only pings */

    do {
        int before = parts->window.unchecked;
        monotonic_sleep_us(nap_us);
        for (int i = 0; i < packets; i++)
            delivery_let_paho_work(session, 0);
        delivery_count(session);
        if (parts->window.unchecked < before)
            nap_us = 0;
        else
            nap_us = nap_us == 0 ? NAP_MIN_US : nap_us * 2 < NAP_MAX_US ? nap_us * 2 : NAP_MAX_US;
    } while (parts->window.unchecked > limit && MQTTClient_isConnected(session->client) &&
             monotonic_us() < deadline_us);
}

/* Whether the broker lives, and says so: an UNSUBSCRIBE from what nobody has subscribed to changes nothing. */
static bool is_anybody_there(struct session *session)
{
    ending_words_before(session, "waiting for an answer of");
    int rc = MQTTClient_unsubscribe(session->client, "is/anybody/there");
    ending_words_while_up(session);
    return rc == MQTTCLIENT_SUCCESS;
}

/* A broker that answers lives. If it has never acknowledged anything, it has other ideas of the protocol: it is no use
 * to go on. If it has, one message or its acknowledgement got lost: on a new connection it is sent again (MQTT 3.1.1
 * section 4.4). A broker that answers nothing is a matter of keep alive. */
void delivery_check_stall(struct session *session)
{
    struct session_parts *parts = session->parts;
    const char *name = connection_broker(&parts->connection)->name;
    int64_t now_us = monotonic_us();
    char text[DIAGNOSIS_SIZE];

    if (parts->window.unchecked == 0 || now_us - parts->looked_us < LOOK_US || !MQTTClient_isConnected(session->client))
        return;
    parts->looked_us = now_us;
    delivery_count(session);
    if (window_stalled_us(&parts->window, now_us) < STALLED_US)
        return;
    bool answers = is_anybody_there(session);
    delivery_count(session);
    if (window_stalled_us(&parts->window, monotonic_us()) < STALLED_US)
        return; /* it was slow, no more */
    if (!answers) {
        console_note("%.200s has not acknowledged a message for %d s, nor answered anything else", name,
                     STALLED_US / 1000000);
        return;
    }
    if (parts->window.has_moved) {
        console_note("%.200s answers, but has not acknowledged a message for %d s: once more, on a new connection",
                     name, STALLED_US / 1000000);
        MQTTClient_disconnect(session->client, 0);
        return;
    }
    snprintf(text, sizeof text,
             "%.200s answers, but has not acknowledged a message at QoS %d for %d s: it may not fully support that QoS",
             name, parts->options->qos, STALLED_US / 1000000);
    session_fail(session, EX_PROTOCOL, text);
}

/* The window counts as if nothing had been acknowledged; when that fills it, it is time to look. It only
 * slides: emptying it in one go would leave nothing to send, and TCP would then hold back our last bytes until the
 * other side's delayed acknowledgement (Nagle's algorithm): 40 ms, every time. */
void delivery_make_room(struct session *session)
{
    struct session_parts *parts = session->parts;

    while (window_is_full(&parts->window) && MQTTClient_isConnected(session->client) && !ending_has_come(session)) {
        delivery_await(session, parts->window.size - 1, SESSION_TIMEOUT_MS);
        delivery_check_stall(session);
    }
}

/* Paho hands over a message of QoS 2 once the broker has released it (MQTT 3.1.1 section 4.3.3): a moment later. */
void delivery_count_left_over(struct session *session)
{
    struct session_parts *parts = session->parts;
    int64_t deadline_us = monotonic_us() + LEFT_OVER_US;
    unsigned long timeout_ms = parts->options->qos == 2 ? LEFT_OVER_US / 1000 : 0;

    if (!delivery_receives(parts))
        return;
    while (MQTTClient_isConnected(session->client) && monotonic_us() < deadline_us) {
        if (!drop_message(session, timeout_ms))
            return;
    }
    parts->left_over.has_more = true; /* perhaps: Paho hands over nothing without a connection */
}
