/* The life of a session: what can happen in which state, what is done about it, and what state comes next. That is one
 * table, further down, so that no combination of events is left to chance; a simulation goes through it some hundred
 * thousand times with faults that nobody has thought of.
 *
 * What the session knows is kept in parts, each with a header of its own: connection, window, course. They hold state and
 * answer questions; connection makes an attempt when it is told to. Only this file waits, says what happens and moves on. */
#include "playground/session.h"

#include "connection.h"
#include "course.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/random.h"
#include "playground/stop.h"
#include "summary.h"
#include "trace.h"
#include "window.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    COMMAND_TIMEOUT_MS = 5000, /* for SUBACK and UNSUBACK; Paho takes no less */
    NO_ANSWER_US = 4900000,    /* as good as that: Paho rounds */
    PROVEN_US = 500000,        /* a connection that stands for so long has been let through */
    SETTLED_US = 2000000,      /* and is good enough to start over with short pauses */
    SHORT_LIVES_TOLD = 3,
    STALLED_US = 10000000, /* a message that waits for so long: is anybody there? */
    LOOK_US = 1000000,     /* so often the window is counted where nothing else asks for it */
    LAST_ACKNOWLEDGEMENTS_MS = 500,
    LEFT_OVER_US = 100000,
    SILENCE_US = 5000000,
    PACKETS_PER_COUNT = 20,
    NAP_MIN_US = 20,
    NAP_MAX_US = 1000,
    FILTER_SHOWN = 200,
    PACKET_SIZE = 256
};

enum state {
    OFFLINE,    /* waiting until it is time to try */
    CONNECTING, /* MQTTClient_connect is next, or at work */
    BEGINNING,  /* on_connected is next, or at work */
    UP,
    FAILED, /* it did not work; decides at once what comes of that */
    ENDED
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

struct session_parts {
    enum state state;
    struct connection connection;
    struct window window;
    struct course course;

    const struct options *options;
    enum session_mode mode;
    session_on_connected *on_connected;
    void *context;

    int64_t due_us;      /* when to try again */
    int64_t give_up_us;  /* when to give up, as long as no connection was proven */
    int64_t answered_us; /* when on_connected last had an answer from the broker, or it was connected */
    int64_t looked_us;   /* when the window was last counted for the sake of it */
    bool has_subscribed;
    bool was_proven;         /* a connection, at least once */
    bool let_through;        /* the broker has granted or acknowledged something, or a connection was proven */
    bool is_settled;         /* the present connection */
    bool has_waited;         /* since session_goes_on looked at the connection */
    const char *last_packet; /* sent on the present connection, in words; NULL: none but CONNECT */
    bool awaits_answer;      /* that packet, as far as we know */
    char subscribe[PACKET_SIZE];
    int on_connected_rc;
    /* When Paho's thread lost the present connection, in hundredths of a second (for 248 days, where a long has 32 bits)
     * since course.started_us; 0: it has not. */
    atomic_long lost_at;

    struct left_over left_over;
    struct diagnosis failure;      /* the last one; an empty text: a connection that had been good was lost */
    struct diagnosis open_failure; /* the last one that is not final */
    bool is_guess;                 /* of who is to blame: to be told, not to be acted on */
};

static const char NO_OUTPUT[] =
    "cannot write standard output: is the disk full, the pipe closed? What was to be shown last is lost";

static const char PUBLISH[] = "a PUBLISH"; /* for last_packet */

static struct session_parts without_memory; /* serves to say so, and to end */

/* --- ending -------------------------------------------------------------------------------------------------- */

void session_fail(struct session *session, int status, const char *text)
{
    if (course_fail(&session->parts->course, status))
        console_error("%s", text);
}

/* The program ends for this reason; or, if it was never let through and there is a guess why, for that one. */
static void end_for(struct session *session, int status, const char *text)
{
    const struct session_parts *parts = session->parts;

    if (parts->is_guess && !parts->let_through)
        session_fail(session, EX_PROTOCOL, parts->failure.text);
    else
        session_fail(session, status, text);
}

static void end_for_time(struct session *session)
{
    const struct session_parts *parts = session->parts;
    const char *why = parts->failure.text;
    char text[DIAGNOSIS_SIZE];

    if (parts->course.began_us == 0)
        snprintf(text, sizeof text,
                 "the time of --timeout has passed before there was a connection to work with%s%.400s",
                 why[0] == '\0' ? "" : ": ", why);
    else
        snprintf(text, sizeof text, "the time of --timeout has passed%s",
                 parts->state != UP        ? ", and there is no connection"
                 : parts->course.done == 0 ? ": is anything published on these topics?"
                                           : "");
    end_for(session, EX_TEMPFAIL, text);
}

/* Whether there is no point in going on. */
static bool is_over(struct session *session)
{
    const struct course *course = &session->parts->course;

    if (stop_requested() || course_has_ended(course))
        return true;
    if (console_failed())
        session_fail(session, EX_IOERR, NO_OUTPUT);
    else if (course->timeout_us != 0 && monotonic_us() > course_deadline_us(course))
        end_for_time(session);
    return course_has_ended(course);
}

/* --- Paho at work ------------------------------------------------------------------------------------------ */

/* Takes a message that nobody will see, and counts it if Paho has acknowledged it in our name. False if there is none. */
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

/* Lets Paho work for up to `ms` milliseconds. Once the program has subscribed only the program receives: Paho's yield
 * leaves in its queue what arrives, and always takes 100 ms. */
static void let_paho_work(struct session *session, int ms)
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

static void count_window(struct session *session)
{
    struct session_parts *parts = session->parts;

    window_count(&parts->window, session->client, monotonic_us());
    parts->let_through = parts->let_through || parts->window.has_moved;
}

/* Handles acknowledgements until no more than `limit` messages wait for theirs; for up to `patience_ms`. MQTTClient_receive
 * with a timeout would not return before it, whatever acknowledgement comes: so it is asked without one, and after naps,
 * longer and longer, where nothing has come. Paho reads one packet at a time, and to count what is in flight costs more
 * than that: so it reads some before each count. */
static void await_acknowledgements(struct session *session, int limit, int64_t patience_ms)
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
            let_paho_work(session, 0);
        count_window(session);
        if (parts->window.unchecked < before)
            nap_us = 0;
        else
            nap_us = nap_us == 0 ? NAP_MIN_US : nap_us * 2 < NAP_MAX_US ? nap_us * 2 : NAP_MAX_US;
    } while (parts->window.unchecked > limit && MQTTClient_isConnected(session->client) &&
             monotonic_us() < deadline_us);
}

static void write_summary(const struct session *session, char text[SUMMARY_SIZE])
{
    const struct session_parts *parts = session->parts;

    summary_write(&parts->course, &parts->connection, &parts->window, parts->has_subscribed, parts->left_over,
                  monotonic_us(), text);
}

/* What comes next may take seconds, and no signal ends it: this is what the program says last then. */
static void prepare_last_words(const struct session *session, const char *under_way)
{
    char summary[SUMMARY_SIZE], sessions[SUMMARY_SESSIONS_SIZE];

    write_summary(session, summary);
    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(session->parts->course.status, "%s%sEnded while %s %s%s", summary, sessions, under_way,
                    connection_broker(&session->parts->connection)->name,
                    summary[0] == '\0' ? "" : "; the numbers are from before that");
}

/* While messages come and go the numbers would be old ones. */
static void prepare_last_words_while_up(const struct session *session)
{
    char sessions[SUMMARY_SESSIONS_SIZE];

    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(EX_OK,
                    "%sEnded while the broker, or standard output, took nothing more: "
                    "what was sent or shown last may be missing",
                    sessions);
}

/* Whether the broker lives, and says so: an UNSUBSCRIBE from what nobody has subscribed to changes nothing. */
static bool is_anybody_there(struct session *session)
{
    prepare_last_words(session, "waiting for an answer of");
    int rc = MQTTClient_unsubscribe(session->client, "is/anybody/there");
    prepare_last_words_while_up(session);
    return rc == MQTTCLIENT_SUCCESS;
}

/* A broker that answers lives. If it has never acknowledged anything, it has other ideas of the protocol: it is no use to
 * go on. If it has, one message or its acknowledgement got lost: on a new connection it is sent again (MQTT 3.1.1 section
 * 4.4). A broker that answers nothing is a matter of keep alive. */
static void check_stall(struct session *session)
{
    struct session_parts *parts = session->parts;
    const char *name = connection_broker(&parts->connection)->name;
    int64_t now_us = monotonic_us();
    char text[DIAGNOSIS_SIZE];

    if (parts->window.unchecked == 0 || now_us - parts->looked_us < LOOK_US || !MQTTClient_isConnected(session->client))
        return;
    parts->looked_us = now_us;
    count_window(session);
    if (window_stalled_us(&parts->window, now_us) < STALLED_US)
        return;
    bool answers = is_anybody_there(session);
    count_window(session);
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

/* Waits until one more message fits into the window. It counts as if nothing had been acknowledged; when that fills it, it
 * is time to look. The window only slides: emptying it in one go would leave nothing to send, and TCP would then hold back
 * our last bytes until the other side's delayed acknowledgement (Nagle's algorithm): 40 ms, every time. */
static void make_room(struct session *session)
{
    struct session_parts *parts = session->parts;

    while (window_is_full(&parts->window) && MQTTClient_isConnected(session->client) && !is_over(session)) {
        await_acknowledgements(session, parts->window.size - 1, SESSION_TIMEOUT_MS);
        check_stall(session);
    }
}

/* --- what happens: in each state, what to do and what comes of it ---------------------------------------------- */

static enum event in_offline(struct session *session)
{
    return monotonic_us() >= session->parts->due_us ? DUE : NOTHING;
}

static enum event in_connecting(struct session *session)
{
    struct session_parts *parts = session->parts;

    prepare_last_words(session, "connecting to");
    atomic_store(&parts->lost_at, 0);
    return connection_attempt(&parts->connection, session->client, &parts->failure) ? ACCEPTED : REFUSED;
}

static enum event in_beginning(struct session *session)
{
    struct session_parts *parts = session->parts;
    int rc = MQTTCLIENT_SUCCESS;

    parts->answered_us = parts->connection.accepted_us;
    prepare_last_words(session, "waiting for an answer of");
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
    check_stall(session);
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

    connection->accepted_us = monotonic_us();
    window_restart(&parts->window, session->client, connection->accepted_us);
    parts->looked_us = connection->accepted_us;
    parts->is_settled = false;
    if (!parts->is_guess) /* a suspicion stays until this connection has shown something else */
        parts->failure.text[0] = '\0';
    parts->last_packet = parts->window.unchecked > 0 ? PUBLISH : NULL; /* Paho has sent it again */
    parts->awaits_answer = parts->last_packet != NULL;
    prepare_last_words(session, "beginning to work with");
    console_note("Connected to %s as %s", connection_broker(connection)->name, connection->settings->client_id);
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
    prepare_last_words_while_up(session);
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

/* The last packet before the connection ended is suspected, no more; by a program that was let through once, not even that. */
static void suspect_last_packet(struct session *session)
{
    struct session_parts *parts = session->parts;
    const char *name = connection_broker(&parts->connection)->name;
    struct diagnosis *failure = &parts->failure;

    count_window(session); /* the last that came may have been an acknowledgement */
    *failure = (struct diagnosis){.status = EX_UNAVAILABLE};
    parts->is_guess = !parts->let_through && parts->last_packet != NULL;
    if (parts->is_guess) {
        failure->status = EX_PROTOCOL;
        snprintf(failure->text, sizeof failure->text,
                 "the connection to %.200s ended after %s: it may not allow that to this user", name,
                 parts->last_packet);
    } else if (!parts->was_proven) {
        snprintf(failure->text, sizeof failure->text,
                 "%.200s accepts the connection and then ends it: its log may say why", name);
    }
}

/* Whether the connection ended so soon after the last answer that it was the broker who ended it, and not Paho, for lack
 * of another one: to a SUBSCRIBE, to a ping. In callback mode Paho waits on where nothing can come. */
static bool was_soon(const struct session_parts *parts)
{
    long lost_at = atomic_load(&parts->lost_at);
    int64_t ended_us = lost_at == 0 ? monotonic_us() : parts->course.started_us + (int64_t)lost_at * 10000;
    int64_t answered_us = parts->answered_us;
    int64_t patience_us = (int64_t)parts->options->connection.keep_alive * 1000000;

    if (parts->last_packet == PUBLISH && parts->window.oldest_since_us > answered_us)
        answered_us = parts->window.oldest_since_us;
    if (patience_us > NO_ANSWER_US)
        patience_us = NO_ANSWER_US;
    return ended_us - answered_us < patience_us;
}

static void on_broken(struct session *session)
{
    struct session_parts *parts = session->parts;
    struct diagnosis *failure = &parts->failure;
    bool was_connected = MQTTClient_isConnected(session->client);
    const char *name = connection_broker(&parts->connection)->name;

    suspect_last_packet(session);
    if (parts->awaits_answer && !was_soon(parts)) {
        parts->is_guess = false;
        failure->status = EX_UNAVAILABLE;
        snprintf(failure->text, sizeof failure->text, "%.200s has not answered %s", name, parts->last_packet);
    } else if (was_connected) {
        const char *error = MQTTClient_strerror(parts->on_connected_rc);
        parts->is_guess = false;
        failure->status = EX_SOFTWARE;
        snprintf(failure->text, sizeof failure->text, "the beginning failed at %.200s: %s (Paho's code %d)", name,
                 error == NULL ? "unknown reason" : error, parts->on_connected_rc);
    } else if (failure->text[0] == '\0') {
        snprintf(failure->text, sizeof failure->text, "the connection to %.200s ended at its beginning", name);
    }
    MQTTClient_disconnect(session->client, 0);
}

static void on_lost(struct session *session)
{
    struct session_parts *parts = session->parts;
    struct connection *connection = &parts->connection;

    console_note("Connection lost");
    suspect_last_packet(session);
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
    end_for(session, session->parts->failure.status, session->parts->failure.text);
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

/* Lets happen what is to happen, until the connection stands and nothing else is to be done: true; or until the end. */
static bool stay_up(struct session *session)
{
    struct session_parts *parts = session->parts;

    if (parts->state == BEGINNING)
        abort(); /* on_connected must not wait for the connection that it is part of: it would be called within itself */
    while (parts->state != ENDED) {
        enum event event = is_over(session) ? OVER : in_state[parts->state](session);
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

/* The same, and there is room for one more message: what was in flight before the connection was lost is in flight again. */
static bool stay_ready(struct session *session)
{
    while (stay_up(session)) {
        if (!window_is_full(&session->parts->window))
            return true;
        make_room(session);
    }
    return false;
}

/* --- what the program calls -------------------------------------------------------------------------------------- */

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
    connection_init(&parts->connection, &options->connection, options->qos > 0);
    window_init(&parts->window, options->window);
    course_init(&parts->course, options->count, monotonic_span_us(options->timeout), monotonic_us());
    stop_install();
    if (options->debug)
        trace_begin();
    int rc = memory == NULL || options->connection.broker_count < 1
                 ? MQTTCLIENT_FAILURE
                 : MQTTClient_create(&session->client, options->connection.brokers[0].uri,
                                     options->connection.client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (rc != MQTTCLIENT_SUCCESS)
        session_fail(session, EX_SOFTWARE,
                     "Paho cannot make a client: out of memory, no broker, or a client id that is not UTF-8");
    else
        MQTTClient_setCommandTimeout(session->client, COMMAND_TIMEOUT_MS);
}

void session_set_will(struct session *session, const char *topic, const char *payload)
{
    session->parts->connection.will_topic = topic;
    session->parts->connection.will_payload = payload;
}

void session_connect(struct session *session)
{
    session->parts->give_up_us = monotonic_deadline_us(session->parts->options->wait);
    stay_up(session);
}

static void note_packet(struct session_parts *parts, const char *packet, int rc)
{
    if (rc <= MQTTCLIENT_DISCONNECTED) /* or for a reason of its own Paho has not even tried to send it */
        return;
    parts->last_packet = packet;
    parts->awaits_answer = true;
}

int session_subscribed(struct session *session, const char *filter, int rc)
{
    struct session_parts *parts = session->parts;
    char text[DIAGNOSIS_SIZE];

    stop_requested();             /* that was no call to be stuck in */
    parts->has_subscribed = true; /* as far as we know: the answer may have been lost */
    snprintf(parts->subscribe, sizeof parts->subscribe, "SUBSCRIBE to %.*s", FILTER_SHOWN, filter);
    note_packet(parts, parts->subscribe, rc);
    if (rc == MQTTCLIENT_SUCCESS) {
        parts->let_through = true;
        parts->awaits_answer = parts->window.unchecked > 0;
        parts->answered_us = monotonic_us();
        console_note("Subscribed to: %s", filter);
    } else if (rc == MQTT_BAD_SUBSCRIBE) {
        snprintf(text, sizeof text, "the broker refused the subscription to %.*s: check what this user may read",
                 FILTER_SHOWN, filter);
        session_fail(session, EX_PROTOCOL, text);
    }
    return rc;
}

bool session_retry(struct session *session, int *rc)
{
    struct session_parts *parts = session->parts;

    note_packet(parts, PUBLISH, *rc);
    if (*rc == MQTTCLIENT_SUCCESS) {
        window_add(&parts->window);
        if (!parts->window.has_moved && parts->options->qos > 0)
            count_window(session); /* to see it there, and then that it is gone */
        /* What on_connected announces goes out beside the window. */
        if (parts->state == UP)
            make_room(session);
        return false;
    }
    if (parts->state != UP || is_over(session))
        return false;
    if (MQTTClient_isConnected(session->client)) {
        session_fail(session, EX_SOFTWARE, "Paho refused to publish: is the topic valid, the payload below 256 MB?");
        return false;
    }
    return stay_ready(session);
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
    if (progress && parts->state == UP && !parts->has_waited && course_wants_more(course) && !is_over(session))
        return true;
    parts->has_waited = false;
    while (stay_ready(session)) {
        if (course_wants_more(course))
            return true;
        else if (parts->window.unchecked > 0)
            await_acknowledgements(session, 0, SESSION_TIMEOUT_MS);
        else
            happen(session, COMPLETE);
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
    while (now_us < next_us && MQTTClient_isConnected(session->client) && !is_over(session)) {
        int64_t left_ms = (next_us - now_us) / 1000;
        if (left_ms > 0)
            let_paho_work(session, left_ms < SESSION_TIMEOUT_MS ? (int)left_ms : SESSION_TIMEOUT_MS);
        else
            monotonic_sleep_us(next_us - now_us);
        now_us = monotonic_us();
    }
    parts->has_waited = true;
}

/* --- closing ------------------------------------------------------------------------------------------------- */

/* Whether the program calls MQTTClient_receive. */
static bool receives(const struct session_parts *parts)
{
    return parts->mode == SESSION_ONE_THREAD && parts->has_subscribed;
}

/* Counts what Paho has received and nobody has taken. It hands over a message of QoS 2 when the broker has released it (MQTT
 * 3.1.1 section 4.3.3): that takes a moment. */
static void count_left_over(struct session *session)
{
    struct session_parts *parts = session->parts;
    int64_t deadline_us = monotonic_us() + LEFT_OVER_US;
    unsigned long timeout_ms = parts->options->qos == 2 ? LEFT_OVER_US / 1000 : 0;

    if (!receives(parts))
        return;
    while (MQTTClient_isConnected(session->client) && monotonic_us() < deadline_us) {
        if (!drop_message(session, timeout_ms))
            return;
    }
    parts->left_over.has_more = true; /* perhaps: Paho hands over nothing without a connection */
}

/* Line by line: an end of a line in what is printed would be escaped. */
static void print_summary(const struct session *session)
{
    char text[SUMMARY_SIZE];

    write_summary(session, text);
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

int session_close(struct session *session)
{
    struct session_parts *parts = session->parts;
    char sessions[SUMMARY_SESSIONS_SIZE];

    count_window(session);
    prepare_last_words(session, "closing the connection to");
    if (session_is_connected(session)) {
        if (parts->window.unchecked > 0)
            await_acknowledgements(session, 0, LAST_ACKNOWLEDGEMENTS_MS);
        count_left_over(session);
        count_window(session); /* acknowledgements came with them */
        prepare_last_words(session, "disconnecting from");
        MQTTClient_disconnect(session->client, 0);
    } else if (receives(parts) && parts->options->qos > 0) {
        parts->left_over.has_more = true;
    }
    MQTTClient_destroy(&session->client);
    summary_sessions(&parts->connection, sessions);
    stop_last_words(EX_IOERR, "%sEnded while standard output took nothing more: what was printed last is missing",
                    sessions);
    if (!console_flush())
        session_fail(session, EX_IOERR, NO_OUTPUT);
    print_summary(session);
    remove_sessions(session);
    stop_uninstall();
    int status = parts->course.status;
    if (parts != &without_memory)
        free(parts);
    session->parts = NULL;
    return status;
}
