/* What a program calls. Behind it stand, from below: the parts that hold state and answer questions (connection,
 * window, course); what is done with them (ending, delivery, suspicion); and the states of a session, which use all of
 * these. */
#include "playground/session.h"

#include "delivery.h"
#include "ending.h"
#include "parts.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/reason.h"
#include "playground/stop.h"
#include "states.h"
#include "summary.h"
#include "suspicion.h"
#include "trace.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    COMMAND_TIMEOUT_MS = 5000, /* for SUBACK and UNSUBACK; Paho takes no less */
    LAST_ACKNOWLEDGEMENTS_MS = 500,
    SILENCE_US = 5000000,
    FILTER_SHOWN = 200
};

static struct session_parts without_memory; /* serves to say so, and to end */

void session_create(struct session *session, const struct options *options, enum session_mode mode,
                    session_on_connected *on_connected, void *context)
{
    struct session_parts *memory = calloc(1, sizeof *memory);
    struct session_parts *parts = memory != NULL ? memory : &without_memory;

    *session = (struct session){.parts = parts};
    parts->options = options;
    parts->mode = mode;
    parts->on_connected = on_connected;
    parts->context = context;
    /* What is to outlive a connection has to be kept by the broker, too. At QoS 0 there is nothing to keep. */
    connection_init(&parts->connection, &options->connection,
                    options->qos > 0 || options->connection.session_expiry > 0);
    window_init(&parts->window, options->window);
    course_init(&parts->course, options->count, monotonic_span_us(options->timeout), monotonic_us());
    stop_install();
    if (options->debug)
        trace_begin();
    int rc = memory == NULL || options->connection.broker_count < 1
                 ? MQTTCLIENT_FAILURE
                 : connection_create_client(&session->client, &options->connection, &options->connection.brokers[0]);
    if (rc != MQTTCLIENT_SUCCESS)
        session_fail(session, EX_SOFTWARE,
                     "Paho cannot make a client: out of memory, no broker, or a client id that is not UTF-8");
    else
        MQTTClient_setCommandTimeout(session->client, COMMAND_TIMEOUT_MS);
    if (rc == MQTTCLIENT_SUCCESS && options->connection.mqtt5)
        MQTTClient_setPublished(session->client, &parts->denials, denials_on_published);
}

void session_set_will(struct session *session, const char *topic, const char *payload)
{
    session->parts->connection.will_topic = topic;
    session->parts->connection.will_payload = payload;
}

void session_delay_will(struct session *session, uint32_t seconds)
{
    session->parts->connection.will_delay = seconds;
}

void session_connect(struct session *session)
{
    session->parts->give_up_us = monotonic_deadline_us(session->parts->options->wait);
    states_stay_up(session);
}

/* After a SUBSCRIBE with this result: what it means is for the next two. */
static void has_subscribed(struct session *session, const char *filter, int rc)
{
    struct session_parts *parts = session->parts;

    stop_requested();             /* that was no call to be stuck in */
    parts->has_subscribed = true; /* as far as we know: the answer may have been lost */
    snprintf(parts->subscribe, sizeof parts->subscribe, "SUBSCRIBE to %.*s", FILTER_SHOWN, filter);
    suspicion_sent(parts, parts->subscribe, rc);
    if (rc == MQTTCLIENT_SUCCESS) {
        parts->let_through = true;
        parts->awaits_answer = parts->window.unchecked > 0;
        parts->answered_us = monotonic_us();
        console_note("Subscribed to: %s", filter);
    }
}

int session_subscribed(struct session *session, const char *filter, int rc)
{
    char text[DIAGNOSIS_SIZE];

    has_subscribed(session, filter, rc);
    if (rc == MQTT_BAD_SUBSCRIBE) {
        snprintf(text, sizeof text, "the broker refused the subscription to %.*s: check what this user may read",
                 FILTER_SHOWN, filter);
        session_fail(session, EX_PROTOCOL, text);
    }
    return rc;
}

int session_subscribed5(struct session *session, const char *filter, int qos, MQTTResponse response)
{
    int reason = (int)response.reasonCode; /* from 0 to 2 the QoS that was granted: MQTT 5 section 3.9.3 */
    int rc = reason >= 0 && reason <= 2 ? MQTTCLIENT_SUCCESS : reason;
    char text[DIAGNOSIS_SIZE];

    MQTTResponse_free(response);
    has_subscribed(session, filter, rc);
    if (rc > 0) {
        snprintf(text, sizeof text, "the broker refused the subscription to %.*s: %s (%d); %s", FILTER_SHOWN, filter,
                 reason_name(rc), rc, reason_advice(rc));
        session_fail(session, EX_PROTOCOL, text);
    } else if (rc == MQTTCLIENT_SUCCESS && reason < qos) {
        console_note("The broker delivers at QoS %d at most", reason);
    }
    return rc;
}

bool session_wait_to_retry(struct session *session, int *rc)
{
    struct session_parts *parts = session->parts;

    suspicion_published(parts, *rc);
    if (*rc == MQTTCLIENT_SUCCESS) {
        parts->denials.published++;
        window_add(&parts->window);
        if (!parts->window.has_moved && parts->options->qos > 0)
            delivery_count(session); /* to see it there, and then that it is gone */
        /* What on_connected announces goes out beside the window. */
        if (parts->state == UP)
            delivery_make_room(session);
        return false;
    }
    if (parts->state != UP || ending_has_come(session))
        return false;
    if (MQTTClient_isConnected(session->client)) {
        session_fail(session, EX_SOFTWARE, "Paho refused to publish: is the topic valid, the payload below 256 MB?");
        return false;
    }
    return states_stay_ready(session);
}

bool session_wait_to_retry5(struct session *session, MQTTResponse *response)
{
    int rc = (int)response->reasonCode; /* Paho's own: the broker's comes later */
    bool again;

    MQTTResponse_free(*response);
    again = session_wait_to_retry(session, &rc);
    *response = (MQTTResponse)MQTTResponse_initializer;
    response->reasonCode = (enum MQTTReasonCodes)rc;
    return again;
}

static void remark_silence(struct session *session)
{
    int64_t began_us = session->parts->course.began_us;

    if (session->silence_note == NULL || began_us == 0 || monotonic_us() - began_us < SILENCE_US)
        return;
    console_note("%s", session->silence_note);
    session->silence_note = NULL; /* once is enough */
}

void session_lost(struct session *session)
{
    atomic_store(&session->parts->lost_at, (long)((monotonic_us() - session->parts->course.started_us) / 10000));
}

bool session_is_connected(const struct session *session)
{
    return session->client != NULL && MQTTClient_isConnected(session->client);
}

bool session_goes_on(struct session *session, long done)
{
    struct session_parts *parts = session->parts;
    struct course *course = &parts->course;
    bool progress = done != course->done;

    course->done = done;
    session->timeout_ms = progress ? 0 : SESSION_TIMEOUT_MS;
    if (!progress)
        console_flush();
    if (done == 0)
        remark_silence(session);
    console_progress(done, course->count);
    /* A connection that was good a moment ago: if it is lost, Paho's next call finds out. */
    if (progress && parts->state == UP && !parts->has_waited && course_wants_more(course) && !ending_has_come(session))
        return true;
    parts->has_waited = false;
    while (states_stay_ready(session)) {
        if (course_wants_more(course))
            return true;
        else if (parts->window.unchecked > 0)
            delivery_await(session, 0, SESSION_TIMEOUT_MS);
        else
            states_complete(session);
    }
    return false;
}

void session_wait(struct session *session, double seconds)
{
    struct session_parts *parts = session->parts;
    int64_t now_us = monotonic_us();

    if (seconds <= 0 || course_is_at_last(&parts->course))
        return;
    console_flush();
    int64_t next_us = course_pace(&parts->course, monotonic_span_us(seconds), now_us);
    while (now_us < next_us && MQTTClient_isConnected(session->client) && !ending_has_come(session)) {
        int64_t left_ms = (next_us - now_us) / 1000;
        if (left_ms > 0)
            delivery_let_paho_work(session, left_ms < SESSION_TIMEOUT_MS ? (int)left_ms : SESSION_TIMEOUT_MS);
        else
            monotonic_sleep_us(next_us - now_us);
        delivery_tell_denials(session);
        now_us = monotonic_us();
    }
    parts->has_waited = true;
}

/* --- closing ------------------------------------------------------------------------------------------------- */

/* Line by line: an end of a line in what is printed would be escaped. */
static void print_lines(char *text)
{
    for (char *line = text, *end; *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        console_note("%s", line);
    }
}

static void remove_sessions(struct session *session)
{
    struct connection *connection = &session->parts->connection;
    char sessions[SUMMARY_SESSIONS_SIZE];

    for (int i = 0; i < connection->settings->broker_count; i++) {
        if (!connection->has_session[i])
            continue;
        summary_sessions(connection, sessions);
        stop_last_words(session->parts->course.status, "%sEnded while it was being removed", sessions);
        if (!connection_remove_session(connection, i))
            console_note("The session of %s may stay at %s: it could not be removed there",
                         connection->settings->client_id, connection->settings->brokers[i].name);
    }
}

/* What is told then is not told again: others of the list may have one, too. */
static void tell_kept_session(struct connection *connection)
{
    console_note("%s keeps the session for %" PRIu32 " s: --id %s comes back to it",
                 connection_broker(connection)->name, connection->limits.session_expiry,
                 connection->settings->client_id);
    connection->has_session[connection->broker] = false;
}

int session_close(struct session *session)
{
    struct session_parts *parts = session->parts;
    char sessions[SUMMARY_SESSIONS_SIZE], summary[SUMMARY_SIZE];
    bool stays = false;

    delivery_count(session);
    ending_words_before(session, "closing the connection to");
    if (session_is_connected(session)) {
        if (parts->window.unchecked > 0)
            delivery_await(session, 0, LAST_ACKNOWLEDGEMENTS_MS);
        delivery_count_left_over(session);
        delivery_count(session); /* acknowledgements came with them */
        ending_words_before(session, "disconnecting from");
        stays = connection_stays(&parts->connection);
        connection_end(&parts->connection, session->client);
    } else if (delivery_receives(parts) && parts->options->qos > 0) {
        parts->left_over.has_more = true;
    }
    MQTTClient_destroy(&session->client);
    delivery_tell_denials(session);
    ending_for_denials(session);
    summary_sessions(&parts->connection, sessions);
    stop_last_words(EX_IOERR, "%sEnded while standard output took nothing more: what was printed last is missing",
                    sessions);
    if (!console_flush())
        ending_for_output(session);
    ending_summary(session, summary);
    print_lines(summary);
    if (stays)
        tell_kept_session(&parts->connection);
    summary_sessions(&parts->connection, sessions);
    /* A connection that removes it would also take back a will that the broker has not published yet. */
    if (parts->connection.settings->session_expiry > 0 || parts->connection.will_delay > 0)
        print_lines(sessions);
    else
        remove_sessions(session);
    stop_uninstall();
    int status = parts->course.status;
    if (parts != &without_memory)
        free(parts);
    session->parts = NULL;
    return status;
}
