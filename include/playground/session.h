/* A connection to a broker that stays: made, kept alive, made again when it is lost, and closed in good order.
 *
 * What the exercises are about stays in the open: they call MQTTClient_publish, MQTTClient_subscribe and
 * MQTTClient_receive themselves, on session.client. A session does the rest, and remembers the first thing that went
 * wrong: from then on session_goes_on is false, and session_close returns the exit status. So a program looks like
 *
 *     struct session session;
 *     session_create(&session, &options, SESSION_ONE_THREAD, on_connected, NULL);
 *     session_connect(&session);
 *     for (long sent = 0; session_goes_on(&session, sent); sent++) {
 *         int rc;
 *         do
 *             rc = MQTTClient_publish(session.client, ...);
 *         while (session_wait_to_retry(&session, &rc));
 *         session_wait(&session, options.interval);
 *     }
 *     return session_close(&session);
 *
 * All functions may be called with a session that has failed: session_goes_on is false then, session_close says why,
 * and the others do nothing. Paho's may not where session.client is NULL, for want of memory: ask session_goes_on
 * before the first call. All but session_lost are for one thread: the one that created the session.
 *
 * A process has one session at a time: it takes over SIGINT, SIGTERM, SIGHUP, SIGALRM (and alarm and setitimer with it)
 * until session_close, ignores SIGPIPE and SIGXFSZ, removes http_proxy and https_proxy from the environment unless it
 * goes over WebSockets (Paho would send plain MQTT through them, too), and what console.h counts is that of the
 * process. Call console_open before it. */
#ifndef PLAYGROUND_SESSION_H
#define PLAYGROUND_SESSION_H

#include "playground/options.h"

#include <MQTTClient.h>
#include <stdbool.h>

/* How long a program waits at a time before it looks for Ctrl-C and a lost connection. */
#define SESSION_TIMEOUT_MS 50

/* How the program takes part in the work of Paho's synchronous client. */
enum session_mode {
    /* One thread. Paho works only while it is called: MQTTClient_receive, session_wait. */
    SESSION_ONE_THREAD,
    /* Paho works on a thread of its own and calls back: MQTTClient_setCallbacks, between create and connect. */
    SESSION_CALLBACKS
};

struct session;

/* What a session needs of struct options is its connection (with at least one broker, and a keep alive of at least 1),
 * and qos, window, count, wait, timeout and debug. `qos` is the highest that the program publishes or subscribes with:
 * at 1 and 2 the broker is asked to keep the session. */

/* Called after every connection that is made, the first and each later one, as soon as it stands and before
 * session_connect or session_goes_on returns: the place to subscribe (a new connection starts without subscriptions)
 * and to announce oneself. It must not call session_connect, session_goes_on or session_close. Returns
 * MQTTCLIENT_SUCCESS or the code of the Paho call that failed. */
typedef int session_on_connected(struct session *session, void *context);

struct session {
    MQTTClient client;        /* Paho's handle */
    unsigned long timeout_ms; /* for MQTTClient_receive: 0 while messages keep coming, SESSION_TIMEOUT_MS otherwise */
    const char *silence_note; /* set it, and it is printed once if nothing has arrived for 5 s */
    int topic_alias_maximum;  /* with MQTT 5: the present connection's (section 3.2.2.3.8); 0: no alias may be used */

    struct session_parts *parts; /* everything else, which belongs to src/session/ */
};

/* Makes Paho's handle for the first of options->connection.brokers. `options` and `context` have to live until
 * session_close, which always has to follow. */
void session_create(struct session *session, const struct options *options, enum session_mode mode,
                    session_on_connected *on_connected, void *context);

/* Leaves a will (MQTT 3.1.1 section 3.1.2.5): a message that the broker publishes, retained and at QoS 1, if the
 * connection ends in any other way than by session_close. To be called before session_connect; topic and payload are
 * not copied and have to live until session_close. */
void session_set_will(struct session *session, const char *topic, const char *payload);

/* With MQTT 5: the broker waits for so many seconds before it publishes the will, and does not if we are back by then
 * (MQTT 5 section 3.1.3.2.2). It waits no longer than the session lives, which the broker keeps only for who uses QoS 1
 * or 2; so a program that ends without a connection does not remove its session then. To be called with
 * session_set_will. */
void session_delay_will(struct session *session, uint32_t seconds);

/* Connects: to the first broker of the list that answers, again and again for options->wait seconds; a broker that has
 * refused for good, a wrong password say, is not asked again. Prints what went wrong, if nothing comes of it. A
 * connection that ends within half a second is none yet. */
void session_connect(struct session *session);

/* Whether the program should do one thing more. False after options->count messages (all of them acknowledged, at
 * QoS 1 and 2), after Ctrl-C, after options->timeout, and after anything that cannot be mended. A lost connection can:
 * it is made again here, which takes as long as it takes. `done` is the number of messages so far. */
bool session_goes_on(struct session *session, long done);

/* To be asked after every MQTTClient_publish with its return code: true if the same message has to be published again,
 * because Paho did not take it (the connection was lost, and now there is a new one). False if it was taken, or if
 * there is no point in trying: then *rc is not MQTTCLIENT_SUCCESS. At QoS 1 and 2 it also keeps the number of
 * unacknowledged messages within options->window, and waits for acknowledgements where it must, as session_goes_on does
 * after a loss, when what was in flight is in flight again; with SESSION_ONE_THREAD what arrives meanwhile waits, too.
 * In on_connected it never waits, nor asks for another try: that is called again with the next connection. */
bool session_wait_to_retry(struct session *session, int *rc);

/* The same for MQTTClient_publish5, whose response it frees: only response->reasonCode is left of it. What the broker
 * thinks of a message comes later, with its acknowledgement (MQTT 5 section 3.4.2.1), which Paho hands to nobody else:
 * a session says so the first time that a message is denied for a reason, and counts how many were. If no message at
 * all was taken, its status is EX_CANTCREAT. At QoS 0 a broker is silent about that. */
bool session_wait_to_retry5(struct session *session, MQTTResponse *response);

/* To be called by the callback of Paho's for lost connections, with SESSION_CALLBACKS: Paho calls it on a thread that
 * it starts for that, and nobody else hears when it was. It must neither wait nor call Paho: Paho waits for it, for
 * five seconds at most. The one function here that any thread may call. */
void session_lost(struct session *session);

/* Whether the connection stands, as far as is known. */
bool session_is_connected(const struct session *session);

/* Waits until `seconds` after the last call's end, so that the pace does not depend on how long the work between takes.
 * Not at all after the last message, or if `seconds` is not above 0; otherwise it writes out what was printed before
 * it. Meanwhile acknowledgements and pings are handled; Ctrl-C and a lost connection end it early. With
 * SESSION_ONE_THREAD it is for programs that subscribe to nothing: what arrives is only counted, for the summary. */
void session_wait(struct session *session, double seconds);

/* To be called with the return code of MQTTClient_subscribe: prints "Subscribed to: FILTER" if it is
 * MQTTCLIENT_SUCCESS, and returns it. A subscription that the broker refuses (MQTT 3.1.1 section 3.9.3) ends the
 * session with EX_PROTOCOL. */
int session_subscribed(struct session *session, const char *filter, int rc);

/* The same for MQTTClient_subscribe5, whose response it frees. It says why the broker refuses, and if it has granted
 * less than `qos`. */
int session_subscribed5(struct session *session, const char *filter, int qos, MQTTResponse response);

/* Ends the program's work for a reason of its own: prints `text` as an error and makes session_goes_on false and
 * `status`, one of <sysexits.h>, the exit status. Only the first failure of a session counts. */
void session_fail(struct session *session, int status, const char *text);

/* Ends the session: gives messages in flight half a second, disconnects, frees everything, prints how many messages
 * went. Returns the exit status: 0, or one of <sysexits.h> that was explained on standard error. */
int session_close(struct session *session);

#endif
