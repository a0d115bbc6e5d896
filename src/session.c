#include "playground/session.h"

#include "diagnosis.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/stop.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

enum {
    CONNECT_TIMEOUT_S = 5,
    BACK_OFF_MIN_MS = 500,
    BACK_OFF_MAX_MS = 30000,
    LAST_ACKNOWLEDGEMENTS_MS = 500,
    /* How many messages may wait for their acknowledgements. Mosquitto closes the connection of a client that has more
     * than 20 at QoS 2; Paho's publish stops for 100 ms at a time when its own window is full, so that one is larger. */
    WINDOW_QOS_1 = 100,
    WINDOW_QOS_2 = 20,
    WINDOW_OF_PAHO = 1000
};

/* --- ending -------------------------------------------------------------------------------------------------- */

void session_fail(struct session *session, int status, const char *text)
{
    if (session->status != EX_OK)
        return;
    session->status = status;
    console_error("%s", text);
}

static bool has_timed_out(const struct session *session)
{
    double timeout = session->options->timeout;

    return timeout > 0 && (double)(monotonic_us() - session->started_us) > timeout * 1e6;
}

/* Whether there is any point in going on. */
static bool may_continue(struct session *session)
{
    if (session->status != EX_OK || session->is_finished || stop_requested())
        return false;
    if (console_failed())
        session_fail(session, EX_IOERR, "cannot write standard output: a full disk or a closed pipe");
    else if (has_timed_out(session))
        session_fail(session, EX_TEMPFAIL, "the time of --timeout has passed");
    return session->status == EX_OK;
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

static void on_trace(enum MQTTCLIENT_TRACE_LEVELS level, char *message)
{
    (void)level;
    console_note("%s", message);
}

void session_create(struct session *session, const struct options *options, enum session_mode mode,
                    session_on_connected *on_connected, void *context)
{
    *session =
        (struct session){.options = options, .mode = mode, .on_connected = on_connected, .context = context};
    session->started_us = monotonic_us();
    session->broker = options->brokers[0].uri;
    stop_install();
    if (strncmp(session->broker, "ws", 2) != 0) {
        unsetenv("http_proxy"); /* Paho would send plain MQTT through them */
        unsetenv("https_proxy");
    }
    if (options->debug) {
        MQTTClient_setTraceCallback(on_trace);
        MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_PROTOCOL);
    }
    int rc = MQTTClient_create(&session->client, session->broker, options->client_id,
                               MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (rc != MQTTCLIENT_SUCCESS)
        session_fail(session, EX_SOFTWARE,
                     "Paho cannot make a client: out of memory, or a client id that is not UTF-8");
}

/* A session at the broker that outlives the connection keeps QoS 1 and 2 messages from getting lost with it
 * (MQTT 3.1.1 section 3.1.2.4). At QoS 0 there is nothing to keep. */
static bool keeps_session(const struct session *session)
{
    return session->options->qos > 0;
}

static int connect_client(struct session *session, const char *uri, bool clean_session)
{
    const struct options *options = session->options;
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;

    connect.MQTTVersion =
        MQTTVERSION_3_1_1; /* the default tries a second time with 3.1, whatever went wrong */
    connect.cleansession = clean_session;
    connect.keepAliveInterval = options->keep_alive;
    connect.connectTimeout = CONNECT_TIMEOUT_S;
    connect.reliable = 0; /* otherwise Paho allows one message in flight */
    connect.maxInflightMessages = WINDOW_OF_PAHO;
    connect.username = options->username[0] == '\0' ? NULL : options->username;
    connect.password = options->password[0] == '\0' ? NULL : options->password;
    connect.serverURIcount = 1;
    connect.serverURIs = (char *const *)&uri;
    return MQTTClient_connect(session->client, &connect);
}

/* One connection to one broker, with everything the program does at its beginning. */
static bool connect_to(struct session *session, const struct broker *broker, struct diagnosis *diagnosis)
{
    int rc = connect_client(session, broker->uri, !keeps_session(session));

    if (rc != MQTTCLIENT_SUCCESS) {
        *diagnosis = diagnose(broker, rc);
        return false;
    }
    session->broker = broker->uri;
    session->unchecked = 0;
    console_note("Connected to %s as %s", broker->name, session->options->client_id);
    if (session->on_connected == NULL ||
        session->on_connected(session, session->context) == MQTTCLIENT_SUCCESS) {
        if (!session->was_connected)
            session->connected_us = monotonic_us();
        session->was_connected = true;
        return true;
    }
    MQTTClient_disconnect(session->client, 0);
    *diagnosis =
        (struct diagnosis){.status = EX_UNAVAILABLE, .text = "the broker closed the connection again"};
    return false;
}

static bool connect_to_any(struct session *session, struct diagnosis *diagnosis)
{
    const struct options *options = session->options;

    for (int i = 0; i < options->broker_count && may_continue(session); i++) {
        if (connect_to(session, &options->brokers[i], diagnosis))
            return true;
        if (i + 1 < options->broker_count)
            console_note("%s", diagnosis->text);
    }
    return false;
}

/* Tries until a connection stands or `give_up_us` is reached. Waits longer after every failure, and never exactly as
 * long as the others do that lost the same broker. */
static bool connect_until(struct session *session, int64_t give_up_us)
{
    struct diagnosis diagnosis = {.status = EX_UNAVAILABLE};
    int64_t back_off_ms = BACK_OFF_MIN_MS;

    while (may_continue(session)) {
        if (connect_to_any(session, &diagnosis))
            return true;
        if (!may_continue(session))
            return false;
        int64_t now_us = monotonic_us();
        if (diagnosis.final || now_us >= give_up_us) {
            session_fail(session, diagnosis.status, diagnosis.text);
            return false;
        }
        int64_t pause_ms = back_off_ms * (75 + now_us % 51) / 100; /* 75 % to 125 % */
        int64_t left_ms = (give_up_us - now_us) / 1000;
        if (pause_ms > left_ms)
            pause_ms = left_ms;
        console_note("%s; trying again in %.1f s", diagnosis.text, (double)pause_ms / 1000);
        stop_sleep(pause_ms);
        back_off_ms = back_off_ms * 2 < BACK_OFF_MAX_MS ? back_off_ms * 2 : BACK_OFF_MAX_MS;
    }
    return false;
}

void session_connect(struct session *session)
{
    if (session->status == EX_OK)
        connect_until(session, monotonic_us() + (int64_t)(session->options->wait * 1e6));
}

static bool connect_again(struct session *session)
{
    console_note("Connection lost");
    return stop_sleep(BACK_OFF_MIN_MS * (75 + monotonic_us() % 51) / 100) &&
           connect_until(session, INT64_MAX);
}

int session_subscribed(struct session *session, const char *filter, int rc)
{
    char text[DIAGNOSIS_SIZE];

    if (rc == MQTTCLIENT_SUCCESS) {
        console_note("Subscribed to: %s", filter);
    } else if (rc == MQTT_BAD_SUBSCRIBE) {
        snprintf(text, sizeof text,
                 "the broker refused the subscription to %.200s: check what this user may read", filter);
        session_fail(session, EX_PROTOCOL, text);
    }
    return rc;
}

/* --- the delivery window ------------------------------------------------------------------------------------- */

/* How many messages were published at QoS 1 or 2 and not yet acknowledged. */
static int in_flight(const struct session *session)
{
    MQTTClient_deliveryToken *tokens = NULL;
    int count = 0;

    if (MQTTClient_getPendingDeliveryTokens(session->client, &tokens) == MQTTCLIENT_SUCCESS &&
        tokens != NULL) {
        while (tokens[count] != -1)
            count++;
        MQTTClient_free(tokens);
    }
    return count;
}

/* Lets Paho work for up to `ms` milliseconds. */
static void pump(const struct session *session, int ms)
{
    if (session->mode == SESSION_CALLS_BACK) {
        stop_sleep(ms); /* Paho's thread works */
        return;
    }
    char *topic = NULL;
    int topic_length = 0;
    MQTTClient_message *message = NULL;
    MQTTClient_receive(session->client, &topic, &topic_length, &message, (unsigned long)ms);
    if (message != NULL) {
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    }
}

/* Handles acknowledgements until no more than `limit` messages wait for theirs; for up to `patience_ms`. */
static void await_acknowledgements(struct session *session, int limit, int64_t patience_ms)
{
    int64_t deadline_us = monotonic_us() + patience_ms * 1000;
    int pause_ms = 0; /* none while acknowledgements keep coming */

    do {
        int before = session->unchecked;
        pump(session, pause_ms);
        session->unchecked = in_flight(session);
        pause_ms = session->unchecked < before ? 0 : 1;
    } while (session->unchecked > limit && MQTTClient_isConnected(session->client) &&
             monotonic_us() < deadline_us);
}

static int window(const struct session *session)
{
    return session->options->qos == 2 ? WINDOW_QOS_2 : WINDOW_QOS_1;
}

bool session_retry(struct session *session, int *rc)
{
    if (*rc == MQTTCLIENT_SUCCESS) {
        /* `unchecked` counts as if nothing had been acknowledged. When that fills the window it is time to look. The
         * window only slides: emptying it in one go would leave nothing to send, and TCP would then hold back our last
         * bytes until the other side's delayed acknowledgement (Nagle's algorithm): 40 ms, every time. */
        session->unchecked++;
        while (session->unchecked >= window(session) && may_continue(session) &&
               MQTTClient_isConnected(session->client))
            await_acknowledgements(session, window(session) - 1, SESSION_TIMEOUT_MS);
        return false;
    }
    if (!may_continue(session))
        return false;
    if (!MQTTClient_isConnected(session->client))
        return connect_again(session);
    session_fail(session, EX_SOFTWARE,
                 "Paho refused to publish: is the topic valid, the payload below 256 MB?");
    return false;
}

/* --- going on ------------------------------------------------------------------------------------------------ */

static bool is_done(struct session *session)
{
    if (session->options->count == 0 || session->done < session->options->count)
        return false;
    if (session->unchecked > 0)
        await_acknowledgements(session, 0, SESSION_TIMEOUT_MS);
    return session->unchecked == 0;
}

bool session_goes_on(struct session *session, long done)
{
    bool progress = done != session->done;

    session->done = done;
    session->timeout_ms = progress ? 0 : SESSION_TIMEOUT_MS;
    if (!progress)
        console_flush();
    while (may_continue(session)) {
        if (!MQTTClient_isConnected(session->client))
            connect_again(session);
        else if (session->options->count == 0 || done < session->options->count)
            return true;
        else
            session->is_finished = is_done(session);
    }
    return false;
}

void session_wait(struct session *session, double seconds)
{
    bool is_last = session->options->count != 0 && session->done + 1 >= session->options->count;
    int64_t now_us = monotonic_us();

    if (seconds <= 0 || is_last)
        return;
    console_flush();
    int64_t next_us = (session->next_us == 0 ? now_us : session->next_us) + (int64_t)(seconds * 1e6);
    session->next_us =
        next_us > now_us ? next_us : now_us; /* what fell behind is not caught up with in a burst */
    while (now_us < session->next_us && may_continue(session) && MQTTClient_isConnected(session->client)) {
        int64_t left_ms = (session->next_us - now_us) / 1000;
        if (left_ms > 0) {
            pump(session, left_ms < SESSION_TIMEOUT_MS ? (int)left_ms : SESSION_TIMEOUT_MS);
        } else {
            struct timespec left = {.tv_nsec = (long)(session->next_us - now_us) * 1000};
            nanosleep(&left, NULL);
        }
        now_us = monotonic_us();
    }
}

/* --- closing ------------------------------------------------------------------------------------------------- */

/* Leaves nothing behind at the broker: a session that was to outlive its connection ends with the next clean one. */
static void remove_session(struct session *session)
{
    if (connect_client(session, session->broker, true) == MQTTCLIENT_SUCCESS)
        MQTTClient_disconnect(session->client, 0);
}

static void print_summary(const struct session *session, int unacknowledged)
{
    struct console_counts counts = console_counts();
    double seconds = (double)(monotonic_us() - session->connected_us) / 1e6;

    if (unacknowledged > 0)
        console_note("%d messages were not acknowledged", unacknowledged);
    console_note("Summary: %ld sent, %ld received, %ld refused in %.3f s (%.0f/s)", counts.sent,
                 counts.received, counts.refused, seconds,
                 (double)(counts.sent + counts.received + counts.refused) / seconds);
}

int session_close(struct session *session)
{
    int unacknowledged = 0;

    if (session->client != NULL) {
        if (MQTTClient_isConnected(session->client)) {
            if (session->unchecked > 0)
                await_acknowledgements(session, 0, LAST_ACKNOWLEDGEMENTS_MS);
            unacknowledged = in_flight(session);
            MQTTClient_disconnect(session->client, 0);
            if (keeps_session(session))
                remove_session(session);
        } else {
            unacknowledged = in_flight(session);
        }
        MQTTClient_destroy(&session->client);
    }
    if (!console_flush())
        session_fail(session, EX_IOERR, "cannot write standard output: a full disk or a closed pipe");
    if (session->was_connected)
        print_summary(session, unacknowledged);
    return session->status;
}
