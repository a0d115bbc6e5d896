/* The life of a session: what can happen in which state, what is done about it, and what state comes next. That is one
 * table, further down, so that no combination of events is left to chance; a simulation goes through it some hundred
 * thousand times with faults that nobody has thought of. */
#include "states.h"

#include "delivery.h"
#include "ending.h"
#include "parts.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/random.h"
#include "playground/stop.h"
#include "suspicion.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

enum {
    PROVEN_US = 500000,   /* a connection that stands for so long has been let through */
    SETTLED_US = 2000000, /* and is good enough to start over with short pauses */
    SHORT_LIVES_TOLD = 3
};

enum event {
    NOTHING,
    DUE,
    ACCEPTED,
    REFUSED,
    BEGUN,
    BROKEN,
    PROVEN,
    SETTLED,
    LOST,
    COMPLETE,
    ANOTHER,
    HOPELESS,
    LATER,
    OVER
};

/* --- what happens: in each state, what to do and what comes of it ---------------------------------------------- */

static enum event in_offline(struct session *session)
{
    return monotonic_us() >= session->parts->due_us ? DUE : NOTHING;
}

static enum event in_connecting(struct session *session)
{
    struct session_parts *parts = session->parts;

    ending_words_before(session, "connecting to");
    atomic_store(&parts->lost_at, 0);
    if (!connection_attempt(&parts->connection, session->client, &parts->failure))
        return REFUSED;
    if (!connection_hurries(&parts->connection))
        return ACCEPTED;
    stop_requested(); /* who comes here is not stuck in a call, which the alarm would end */
    MQTTClient_disconnect(session->client, 0);
    return connection_attempt(&parts->connection, session->client, &parts->failure) ? ACCEPTED : REFUSED;
}

static enum event in_beginning(struct session *session)
{
    struct session_parts *parts = session->parts;
    int rc = MQTTCLIENT_SUCCESS;

    parts->answered_us = parts->connection.accepted_us;
    ending_words_before(session, "waiting for an answer of");
    if (parts->on_connected != NULL && MQTTClient_isConnected(session->client))
        rc = parts->on_connected(session, parts->context);
    parts->on_connected_rc = rc;
    if (course_has_ended(&parts->course) || (rc != MQTTCLIENT_SUCCESS && stop_requested()))
        return OVER; /* a signal interrupts Paho: that is nobody's fault */
    return rc == MQTTCLIENT_SUCCESS && MQTTClient_isConnected(session->client) ? BEGUN : BROKEN;
}

static enum event in_up(struct session *session)
{
    struct session_parts *parts = session->parts;
    int64_t age_us = monotonic_us() - parts->connection.accepted_us;

    if (!parts->was_proven && age_us >= PROVEN_US)
        return PROVEN;
    if (!parts->is_settled && age_us >= SETTLED_US)
        return SETTLED;
    delivery_check_stall(session);
    return MQTTClient_isConnected(session->client) ? NOTHING : LOST;
}

static enum event in_failed(struct session *session)
{
    struct session_parts *parts = session->parts;

    if (parts->failure.final)
        connection_rule_out(&parts->connection);
    else
        parts->open_failure = parts->failure;
    if (connection_is_hopeless(&parts->connection))
        return HOPELESS;
    if (connection_next_broker(&parts->connection))
        return ANOTHER;
    if (parts->failure.final) { /* the last of the list: the others are waited for, and not this one */
        console_note("%s", parts->failure.text);
        parts->failure = parts->open_failure;
    }
    if (!parts->was_proven && monotonic_us() >= parts->give_up_us)
        return HOPELESS;
    return LATER;
}

/* --- what is done about it -------------------------------------------------------------------------------------- */

static void on_accepted(struct session *session)
{
    struct session_parts *parts = session->parts;
    struct connection *connection = &parts->connection;
    const struct limits *limits = &connection->limits;
    int window = parts->options->window;
    char takes[LIMITS_TEXT_SIZE];

    connection->accepted_us = monotonic_us();
    session->topic_alias_maximum = (int)limits->topic_alias_maximum;
    window_resize(&parts->window, window < (int)limits->receive_maximum ? window : (int)limits->receive_maximum);
    window_restart(&parts->window, session->client, connection->accepted_us);
    parts->looked_us = connection->accepted_us;
    parts->is_settled = false;
    if (!parts->is_guess) /* a suspicion stays until this connection has shown something else */
        parts->failure.text[0] = '\0';
    suspicion_restart(parts);
    ending_words_before(session, "beginning to work with");
    console_note("Connected to %s as %s", connection_broker(connection)->name, connection->settings->client_id);
    limits_text(limits, parts->options->qos, takes);
    if (takes[0] != '\0')
        console_note("%s takes %s", connection_broker(connection)->name, takes);
    if (connection->was_forgotten)
        console_note("%s has forgotten the session: what it had for us is lost, and perhaps what it had acknowledged",
                     connection_broker(connection)->name);
}

static void on_refused(struct session *session)
{
    session->parts->is_guess = false; /* what is known of this attempt counts, not what was guessed of the one before */
}

static void on_begun(struct session *session)
{
    struct session_parts *parts = session->parts;
    int64_t now_us = monotonic_us();

    connection_has_begun(&parts->connection, now_us);
    if (parts->course.began_us == 0)
        parts->course.began_us = now_us;
    ending_words_while_up(session);
}

static void on_proven(struct session *session)
{
    session->parts->was_proven = true;
    session->parts->let_through = true;
}

static void on_settled(struct session *session)
{
    session->parts->is_settled = true;
    connection_has_settled(&session->parts->connection);
}

static void on_broken(struct session *session)
{
    struct session_parts *parts = session->parts;
    bool was_connected = MQTTClient_isConnected(session->client);
    const char *name = connection_broker(&parts->connection)->name;
    struct diagnosis known = {.status = EX_UNAVAILABLE};

    suspicion_of_last_packet(session);
    if (parts->on_connected_rc == SENT_IN_PART) {
        snprintf(known.text, sizeof known.text, "%.200s has taken only a part of %s", name, parts->last_packet);
    } else if (parts->awaits_answer && !suspicion_was_soon(parts)) {
        snprintf(known.text, sizeof known.text, "%.200s has not answered %s", name, parts->last_packet);
    } else if (was_connected) {
        const char *error = MQTTClient_strerror(parts->on_connected_rc);
        known.status = EX_SOFTWARE;
        snprintf(known.text, sizeof known.text, "the beginning failed at %.200s: %s (Paho's code %d)", name,
                 error == NULL ? "unknown reason" : error, parts->on_connected_rc);
    }
    if (known.text[0] != '\0') {
        parts->failure = known;
        parts->is_guess = false; /* what is known counts more */
    } else if (parts->failure.text[0] == '\0') {
        snprintf(parts->failure.text, sizeof parts->failure.text, "the connection to %.200s ended at its beginning",
                 name);
    }
    MQTTClient_disconnect(session->client, 0);
}

static void on_lost(struct session *session)
{
    struct session_parts *parts = session->parts;
    struct connection *connection = &parts->connection;

    console_note("Connection lost");
    suspicion_of_last_packet(session);
    connection_was_lost(connection, monotonic_us());
    if (connection->short_lives == SHORT_LIVES_TOLD)
        console_note(
            "%d connections in a row ended within two seconds: a bad network, or another program that uses the "
            "client id %.200s, too",
            SHORT_LIVES_TOLD, connection->settings->client_id);
}

static void on_another(struct session *session)
{
    console_note("%s", session->parts->failure.text);
}

static void on_hopeless(struct session *session)
{
    ending_for(session, session->parts->failure.status, session->parts->failure.text);
}

static void on_later(struct session *session)
{
    struct session_parts *parts = session->parts;
    int64_t now_us = monotonic_us();
    int64_t pause_ms = connection_pause_ms(&parts->connection, random_fraction());
    int64_t left_ms = (parts->give_up_us - now_us) / 1000;

    if (!parts->was_proven && pause_ms > left_ms)
        pause_ms = left_ms;
    parts->due_us = now_us + pause_ms * 1000;
    if (parts->failure.text[0] != '\0')
        console_note("%s; trying again in %.1f s", parts->failure.text, (double)pause_ms / 1000);
}

/* --- the table -------------------------------------------------------------------------------------------------- */

static enum event (*const in_state[])(struct session *session) = {
    [OFFLINE] = in_offline, [CONNECTING] = in_connecting, [BEGINNING] = in_beginning,
    [UP] = in_up,           [FAILED] = in_failed,
};

static const struct transition {
    enum state from;
    enum event event;
    void (*action)(struct session *session); /* NULL: nothing is to be done */
    enum state to;
} transitions[] = {
    /* clang-format off */
    {OFFLINE,    DUE,      NULL,              CONNECTING},
    {CONNECTING, ACCEPTED, on_accepted,       BEGINNING},
    {CONNECTING, REFUSED,  on_refused,        FAILED},
    {BEGINNING,  BEGUN,    on_begun,          UP},
    {BEGINNING,  BROKEN,   on_broken,         FAILED},
    {UP,         PROVEN,   on_proven,         UP},
    {UP,         SETTLED,  on_settled,        UP},
    {UP,         LOST,     on_lost,           FAILED},
    {UP,         COMPLETE, NULL,              ENDED},
    {FAILED,     ANOTHER,  on_another,        CONNECTING}, /* another broker of the list */
    {FAILED,     HOPELESS, on_hopeless,       ENDED},
    {FAILED,     LATER,    on_later,          OFFLINE},
    {OFFLINE,    OVER,     NULL,              ENDED},
    {CONNECTING, OVER,     NULL,              ENDED},
    {BEGINNING,  OVER,     NULL,              ENDED}, /* session_close disconnects, once it has counted */
    {UP,         OVER,     NULL,              ENDED},
    {FAILED,     OVER,     NULL,              ENDED},
    /* clang-format on */
};

static void happen(struct session *session, enum event event)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        const struct transition *row = &transitions[i];
        if (row->from != session->parts->state || row->event != event)
            continue;
        if (row->action != NULL)
            row->action(session);
        session->parts->state = row->to;
        return;
    }
    abort(); /* an event that cannot happen in this state: a mistake of this file, whatever NDEBUG says */
}

bool states_stay_up(struct session *session)
{
    struct session_parts *parts = session->parts;

    if (parts->state == BEGINNING)
        abort(); /* on_connected must not wait for the connection that it is part of: it would be called in itself */
    while (parts->state != ENDED) {
        enum event event = ending_has_come(session) ? OVER : in_state[parts->state](session);
        if (event != NOTHING) {
            happen(session, event);
        } else if (parts->state == UP) {
            return true;
        } else {
            int64_t deadline_us = course_deadline_us(&parts->course);
            int64_t until_us = parts->due_us < deadline_us ? parts->due_us : deadline_us;
            stop_sleep((until_us - monotonic_us()) / 1000 + 1);
        }
    }
    return false;
}

/* What was in flight before the connection was lost is in flight again. */
bool states_stay_ready(struct session *session)
{
    while (states_stay_up(session)) {
        if (!window_is_full(&session->parts->window))
            return true;
        delivery_make_room(session);
    }
    return false;
}

void states_complete(struct session *session)
{
    happen(session, COMPLETE);
}
