#include "playground/session.h"

#include "diagnosis.h"
#include "playground/console.h"
#include "playground/mailbox.h"
#include "playground/monotonic.h"
#include "playground/stop.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/* A test of a thousand reconnections has less time. */
#ifndef SESSION_BACK_OFF_MS
#define SESSION_BACK_OFF_MS 500
#define SESSION_SHORT_MAX   5
#endif

enum {
    CONNECT_TIMEOUT_S = 3, /* and some time to find out why: five seconds together */
    COMMAND_TIMEOUT_MS = 5000,
    BACK_OFF_MIN_MS = SESSION_BACK_OFF_MS,
    BACK_OFF_MAX_MS = 30000,
    LAST_ACKNOWLEDGEMENTS_MS = 500,
    SHORT_MS = 2000,               /* a connection that lived no longer than this */
    SHORT_MAX = SESSION_SHORT_MAX, /* so many of them in a row are no accident */
    SILENCE_MS = 5000,
    PACKETS_PER_COUNT = 20,
    NAP_MIN_US = 20,
    NAP_MAX_US = 1000,
    /* Paho's publish stops for 100 ms at a time when its own window is full, so that one is never reached. */
    WINDOW_OF_PAHO = OPTIONS_WINDOW_MAX + 1
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
        session_fail(session, EX_IOERR, "cannot write standard output: is the disk full, the pipe closed?");
    else if (has_timed_out(session))
        session_fail(session, EX_TEMPFAIL, "the time of --timeout has passed: is anything published on these topics?");
    return session->status == EX_OK;
}

/* --- Paho at work ------------------------------------------------------------------------------------------ */

/* How many messages were published at QoS 1 or 2 and not yet acknowledged. */
static int in_flight(const struct session *session)
{
    MQTTClient_deliveryToken *tokens = NULL;
    int count = 0;

    if (MQTTClient_getPendingDeliveryTokens(session->client, &tokens) == MQTTCLIENT_SUCCESS && tokens != NULL) {
        while (tokens[count] != -1)
            count++;
        MQTTClient_free(tokens);
    }
    return count;
}

/* Lets Paho work for up to `ms` milliseconds. */
static void pump(const struct session *session, MQTTClient client, int ms)
{
    if (session->mode == SESSION_CALLBACKS) {
        stop_sleep(ms); /* Paho's thread works */
        return;
    }
    char *topic = NULL;
    int topic_length = 0;
    MQTTClient_message *message = NULL;
    MQTTClient_receive(client, &topic, &topic_length, &message, (unsigned long)ms);
    if (message != NULL) {
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    }
}

/* --- connecting ---------------------------------------------------------------------------------------------- */

/* The packet id in a line of Paho's trace that begins with `words`; 0, which is none, in any other. */
static uint16_t packet_id(const char *words, const char *line)
{
    size_t length = strlen(words);

    return strncmp(line, words, length) == 0 ? (uint16_t)strtoul(line + length, NULL, 10) : 0;
}

/* Whether a packet is a message that was sent before and has not been acknowledged: then it carries the flag DUP
 * (MQTT 3.1.1 section 3.3.1.1), of which Paho's trace says nothing. Paho traces one line at a time, on any thread. */
static bool is_duplicate(const char *packet)
{
    static bool waiting[UINT16_MAX + 1]; /* by packet id, for an acknowledgement */
    uint16_t sent = packet_id("-> PUBLISH msgid: ", packet);
    bool again = waiting[sent];

    waiting[packet_id("<- PUBACK msgid: ", packet)] = false;
    waiting[packet_id("<- PUBREC msgid: ", packet)] = false;
    waiting[sent] = sent != 0;
    return again;
}

/* Of what Paho traces, the packets: "-> PUBLISH ..." is one that was sent, "<- PUBACK ..." one that came. */
static void on_trace(enum MQTTCLIENT_TRACE_LEVELS level, char *message)
{
    const char *sent = strstr(message, " -> "), *came = strstr(message, " <- ");
    const char *arrow = sent == NULL || (came != NULL && came < sent) ? came : sent; /* a payload may hold another */

    (void)level;
    if (arrow != NULL)
        console_note("%s%s", arrow + 1, is_duplicate(arrow + 1) ? ", duplicate" : "");
}

void session_create(struct session *session, const struct options *options, enum session_mode mode,
                    session_on_connected *on_connected, void *context)
{
    *session = (struct session){.options = options, .mode = mode, .on_connected = on_connected, .context = context};
    session->started_us = monotonic_us();
    session->broker = &options->brokers[0];
    stop_install();
    if (strncmp(session->broker->uri, "ws", 2) != 0) {
        unsetenv("http_proxy"); /* Paho would send plain MQTT through them */
        unsetenv("https_proxy");
    }
    if (options->debug) {
        MQTTClient_setTraceCallback(on_trace);
        MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_PROTOCOL);
    }
    int rc = MQTTClient_create(&session->client, session->broker->uri, options->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                               NULL);
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

void session_set_will(struct session *session, const char *topic, const char *payload)
{
    session->will_topic = topic;
    session->will_payload = payload;
}

static int connect_client(const struct session *session, MQTTClient client, const struct broker *broker,
                          bool clean_session, bool with_will)
{
    const struct options *options = session->options;
    const char *uri = broker->uri;
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;

    connect.MQTTVersion = MQTTVERSION_3_1_1; /* the default tries a second time with 3.1, whatever went wrong */
    connect.cleansession = clean_session;
    connect.keepAliveInterval = options->keep_alive;
    connect.connectTimeout = CONNECT_TIMEOUT_S;
    connect.reliable = 0; /* otherwise Paho allows one message in flight */
    connect.maxInflightMessages = WINDOW_OF_PAHO;
    connect.username = options->username[0] == '\0' ? NULL : options->username;
    connect.password = options->password[0] == '\0' ? NULL : options->password;
    connect.serverURIcount = 1;
    connect.serverURIs = (char *const *)&uri;
    if (broker->has_tls) {
        tls.trustStore = options->ca_file[0] == '\0' ? NULL : options->ca_file;
        tls.keyStore = options->certificate[0] == '\0' ? NULL : options->certificate;
        tls.privateKey = options->key[0] == '\0' ? NULL : options->key;
        tls.verify = !options->insecure; /* is the certificate for this host? By default Paho does not look */
        connect.ssl = &tls;
    }
    if (with_will && session->will_topic != NULL) {
        will.topicName = session->will_topic;
        will.message = session->will_payload;
        will.qos = 1;
        will.retained = 1;
        connect.will = &will;
    }
    return MQTTClient_connect(client, &connect);
}

/* One call of MQTTClient_connect, and why it failed. */
struct attempt {
    struct session *session;
    const struct broker *broker;
    struct mailbox *finished; /* holds the return code in the end */
    struct diagnosis diagnosis;
};

static int try_to_connect(struct attempt *attempt)
{
    struct session *session = attempt->session;
    int rc = connect_client(session, session->client, attempt->broker, !keeps_session(session), true);

    if (rc != MQTTCLIENT_SUCCESS)
        attempt->diagnosis = diagnose(attempt->broker, session->options, rc);
    return rc;
}

static void *attempt_thread(void *argument)
{
    struct attempt *attempt = argument;
    int rc = try_to_connect(attempt);

    mailbox_put(attempt->finished, &rc);
    return NULL;
}

static bool connect_first(struct session *session, const struct broker *broker, struct diagnosis *diagnosis)
{
    struct attempt attempt = {.session = session, .broker = broker};

    stop_at_once(true);
    int rc = try_to_connect(&attempt);
    stop_at_once(false);
    *diagnosis = attempt.diagnosis;
    return rc == MQTTCLIENT_SUCCESS;
}

static bool connect_on_a_thread(struct session *session, const struct broker *broker, struct diagnosis *diagnosis)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    int rc = MQTTCLIENT_FAILURE;
    pthread_t thread;

    *diagnosis = (struct diagnosis){.status = EX_SOFTWARE, .final = true, .text = "no memory for another thread"};
    if (attempt == NULL)
        return false;
    attempt->session = session;
    attempt->broker = broker;
    attempt->finished = mailbox_new(1, sizeof rc);
    if (attempt->finished == NULL || pthread_create(&thread, NULL, attempt_thread, attempt) != 0)
        goto free_attempt;
    while (!mailbox_take(attempt->finished, &rc, SESSION_TIMEOUT_MS)) {
        if (stop_requested()) {
            session->is_abandoned = true; /* session_close knows what to do: the thread still uses the attempt */
            return false;
        }
    }
    pthread_join(thread, NULL);
    *diagnosis = attempt->diagnosis;

free_attempt:
    mailbox_free(attempt->finished);
    free(attempt);
    return rc == MQTTCLIENT_SUCCESS;
}

/* Connects, unless the user has enough of it: MQTTClient_connect takes seconds where nobody answers, and cannot be called
 * off. Before the first connection nothing is at stake, and Ctrl-C may end the program as it stands. Later there are
 * messages to account for, and it is called on a thread that can be left behind. Not always: with a second thread,
 * even one that has ended, every lock of the C library and of Paho costs more; publishing takes a tenth more time. */
static bool attempt_connection(struct session *session, const struct broker *broker, struct diagnosis *diagnosis)
{
    return session->was_connected ? connect_on_a_thread(session, broker, diagnosis)
                                  : connect_first(session, broker, diagnosis);
}

/* Whether the connection stays as long as nothing is sent. */
static bool stays_idle(const struct session *session, MQTTClient client)
{
    int64_t end_us = monotonic_us() + SHORT_MS * INT64_C(1000);

    while (monotonic_us() < end_us && MQTTClient_isConnected(client) && !stop_requested())
        pump(session, client, SESSION_TIMEOUT_MS);
    return MQTTClient_isConnected(client);
}

/* A broker disconnects the older one of two clients with the same id (MQTT 3.1.1 section 3.1.4) and does not tell it
 * why. Two such clients then take turns for ever. It looks like a bad network; but a bad network would not treat
 * another client id any better. So, after some short lives: does this connection end although it is idle, while one
 * with another id stays? */
static bool is_taken_over(struct session *session, const struct broker *broker)
{
    char id[OPTIONS_TEXT_SIZE + sizeof "-check"], text[DIAGNOSIS_SIZE];
    MQTTClient other = NULL;
    bool other_stays = false;

    session->short_lives = 0;
    if (stays_idle(session, session->client) || stop_requested())
        return false;
    snprintf(id, sizeof id, "%s-check", session->options->client_id);
    if (MQTTClient_create(&other, broker->uri, id, MQTTCLIENT_PERSISTENCE_NONE, NULL) == MQTTCLIENT_SUCCESS &&
        connect_client(session, other, broker, true, false) == MQTTCLIENT_SUCCESS) {
        other_stays = stays_idle(session, other);
        MQTTClient_disconnect(other, 0);
    }
    MQTTClient_destroy(&other);
    if (!other_stays || stop_requested())
        return false;
    snprintf(text, sizeof text,
             "another program uses the client id %.200s, and the broker lets only one of them stay: "
             "choose another with --id",
             session->options->client_id);
    session_fail(session, EX_UNAVAILABLE, text);
    return true;
}

/* One connection to one broker, with everything the program does at its beginning. */
static bool connect_to(struct session *session, const struct broker *broker, struct diagnosis *diagnosis)
{
    if (!attempt_connection(session, broker, diagnosis))
        return false;
    session->broker = broker;
    session->connected_us = monotonic_us();
    session->unchecked = in_flight(session); /* Paho sends again what was not acknowledged */
    console_note("Connected to %s as %s", broker->name, session->options->client_id);
    if (session->short_lives >= SHORT_MAX && is_taken_over(session, broker))
        return false;
    if (session->on_connected == NULL || session->on_connected(session, session->context) == MQTTCLIENT_SUCCESS) {
        if (!session->was_connected)
            session->began_us = monotonic_us();
        session->was_connected = true;
        return true;
    }
    MQTTClient_disconnect(session->client, 0);
    session->short_lives++;
    *diagnosis = (struct diagnosis){.status = EX_UNAVAILABLE};
    snprintf(diagnosis->text, sizeof diagnosis->text,
             "the broker closed the connection at once: perhaps another program uses the client id %.200s",
             session->options->client_id);
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
    int64_t lost_us = monotonic_us();
    bool was_short = lost_us - session->connected_us < SHORT_MS * INT64_C(1000);

    console_note("Connection lost");
    session->losses++;
    session->short_lives = was_short ? session->short_lives + 1 : 0;
    bool is_back = stop_sleep(BACK_OFF_MIN_MS * (75 + lost_us % 51) / 100) && connect_until(session, INT64_MAX);
    session->offline_us += monotonic_us() - lost_us;
    return is_back;
}

int session_subscribed(struct session *session, const char *filter, int rc)
{
    char text[DIAGNOSIS_SIZE];

    if (rc == MQTTCLIENT_SUCCESS) {
        session->has_subscribed = true;
        console_note("Subscribed to: %s", filter);
    } else if (rc == MQTT_BAD_SUBSCRIBE) {
        snprintf(text, sizeof text, "the broker refused the subscription to %.200s: check what this user may read",
                 filter);
        session_fail(session, EX_PROTOCOL, text);
    }
    return rc;
}

/* --- the delivery window ------------------------------------------------------------------------------------- */

static void nap(int64_t us)
{
    struct timespec time = {.tv_nsec = (long)us * 1000};

    if (us > 0)
        nanosleep(&time, NULL);
}

/* Handles acknowledgements until no more than `limit` messages wait for theirs; for up to `patience_ms`. MQTTClient_receive
 * with a timeout would not return before it, whatever acknowledgement comes: so it is asked without one, and after naps,
 * longer and longer, where nothing has come. Paho reads one packet at a time, and to count what is in flight costs more
 * than that: so it reads some before each count. */
static void await_acknowledgements(struct session *session, int limit, int64_t patience_ms)
{
    int64_t deadline_us = monotonic_us() + patience_ms * 1000;
    int64_t nap_us = 0;
    int packets = session->options->qos > 0 ? PACKETS_PER_COUNT : 1; /* at QoS 0 there are only pings */

    do {
        int before = session->unchecked;
        nap(nap_us);
        for (int i = 0; i < packets; i++)
            pump(session, session->client, 0);
        session->unchecked = in_flight(session);
        if (session->unchecked < before)
            nap_us = 0;
        else
            nap_us = nap_us == 0 ? NAP_MIN_US : nap_us * 2 < NAP_MAX_US ? nap_us * 2 : NAP_MAX_US;
    } while (session->unchecked > limit && MQTTClient_isConnected(session->client) && monotonic_us() < deadline_us);
}

/* Waits until one more message fits into the window. `unchecked` counts as if nothing had been acknowledged; when that
 * fills the window it is time to look. The window only slides: emptying it in one go would leave nothing to send, and
 * TCP would then hold back our last bytes until the other side's delayed acknowledgement (Nagle's algorithm): 40 ms,
 * every time. */
static void make_room(struct session *session)
{
    int window = session->options->window;

    while (session->unchecked >= window && may_continue(session) && MQTTClient_isConnected(session->client))
        await_acknowledgements(session, window - 1, SESSION_TIMEOUT_MS);
}

bool session_retry(struct session *session, int *rc)
{
    if (*rc == MQTTCLIENT_SUCCESS) {
        session->unchecked++;
        make_room(session);
        return false;
    }
    if (session->is_beginning || !may_continue(session))
        return false;
    if (!MQTTClient_isConnected(session->client) && connect_again(session)) {
        make_room(session);
        return true;
    }
    if (!may_continue(session))
        return false;
    session_fail(session, EX_SOFTWARE, "Paho refused to publish: is the topic valid, the payload below 256 MB?");
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

static void remark_silence(struct session *session)
{
    if (session->silence_note == NULL || !session->was_connected ||
        monotonic_us() - session->began_us < SILENCE_MS * INT64_C(1000))
        return;
    console_note("%s", session->silence_note);
    session->silence_note = NULL; /* once is enough */
}

bool session_is_connected(const struct session *session)
{
    return !session->is_abandoned && session->client != NULL && MQTTClient_isConnected(session->client);
}

bool session_goes_on(struct session *session, long done)
{
    bool progress = done != session->done;

    session->done = done;
    session->timeout_ms = progress ? 0 : SESSION_TIMEOUT_MS;
    if (!progress)
        console_flush();
    if (done == 0)
        remark_silence(session);
    console_progress(done, session->options->count);
    while (may_continue(session)) {
        bool wants_more = session->options->count == 0 || done < session->options->count;
        bool has_room = session->unchecked < session->options->window;
        if (wants_more && has_room && progress)
            return true; /* a connection that was good a moment ago: if it is lost, Paho's next call finds out */
        if (!MQTTClient_isConnected(session->client))
            connect_again(session);
        else if (!has_room)
            make_room(session); /* a lost connection left a full window: one more, and the broker may drop it */
        else if (wants_more)
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
    session->next_us = next_us > now_us ? next_us : now_us; /* what fell behind is not caught up with in a burst */
    while (now_us < session->next_us && may_continue(session) && MQTTClient_isConnected(session->client)) {
        int64_t left_ms = (session->next_us - now_us) / 1000;
        if (left_ms > 0) {
            pump(session, session->client, left_ms < SESSION_TIMEOUT_MS ? (int)left_ms : SESSION_TIMEOUT_MS);
        } else {
            struct timespec left = {.tv_nsec = (long)(session->next_us - now_us) * 1000};
            nanosleep(&left, NULL);
        }
        now_us = monotonic_us();
    }
}

/* --- closing ------------------------------------------------------------------------------------------------- */

/* Leaves nothing behind at the broker: a session that was to outlive its connection ends with the next clean one
 * (MQTT 3.1.1 section 3.1.2.4). Paho connects and disconnects sooner with a handle that has no callbacks. */
static void remove_session(const struct session *session)
{
    MQTTClient client = NULL;

    if (MQTTClient_create(&client, session->broker->uri, session->options->client_id, MQTTCLIENT_PERSISTENCE_NONE,
                          NULL) == MQTTCLIENT_SUCCESS &&
        connect_client(session, client, session->broker, true, false) == MQTTCLIENT_SUCCESS)
        MQTTClient_disconnect(client, 0);
    MQTTClient_destroy(&client);
}

static void print_summary(const struct session *session, int unacknowledged)
{
    struct console_counts counts = console_counts();
    char rate[32] = "";
    double seconds = (double)(monotonic_us() - session->began_us) / 1e6;

    if (unacknowledged > 0)
        console_note("%d messages were not acknowledged", unacknowledged);
    if (session->losses > 0)
        console_note("The connection was lost %d %s, for %.3f s together%s", session->losses,
                     session->losses == 1 ? "time" : "times", (double)session->offline_us / 1e6,
                     session->has_subscribed ? ": what was published meanwhile may be missing" : "");
    if (seconds >= 0.1) /* below, a rate says nothing */
        snprintf(rate, sizeof rate, " (%.1f/s)", (double)(counts.sent + counts.received + counts.refused) / seconds);
    console_note("Summary: %ld sent, %ld received, %ld refused in %.3f s%s", counts.sent, counts.received,
                 counts.refused, seconds, rate);
}

int session_close(struct session *session)
{
    int unacknowledged = session->is_abandoned || session->client == NULL ? session->unchecked : in_flight(session);

    if (!session->is_abandoned && session->client != NULL) {
        bool was_connected = MQTTClient_isConnected(session->client);
        if (was_connected) {
            if (unacknowledged > 0)
                await_acknowledgements(session, 0, LAST_ACKNOWLEDGEMENTS_MS);
            unacknowledged = in_flight(session);
            MQTTClient_disconnect(session->client, 0);
        }
        MQTTClient_destroy(&session->client);
        if (was_connected && keeps_session(session))
            remove_session(session);
    }
    if (!console_flush())
        session_fail(session, EX_IOERR, "cannot write standard output: is the disk full, the pipe closed?");
    if (session->was_connected)
        print_summary(session, unacknowledged);
    if (session->is_abandoned)
        _exit(session->status); /* a thread is still connecting, with memory that would be freed */
    return session->status;
}
