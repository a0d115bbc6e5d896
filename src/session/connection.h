/* The way to the broker: which one, with which credentials and promises, how often it failed, and when to try again.
 * It makes one attempt when it is told to; it never waits between attempts, and prints nothing. */
#ifndef PLAYGROUND_CONNECTION_H
#define PLAYGROUND_CONNECTION_H

#include "diagnosis.h"
#include "limits.h"
#include "playground/connection_settings.h"

#include <MQTTClient.h>
#include <stdbool.h>
#include <stdint.h>

struct connection {
    const struct connection_settings *settings;
    bool keeps_session;     /* the broker's part of a session outlives the connection (MQTT 3.1.1 section 3.1.2.4) */
    const char *will_topic; /* NULL: no will */
    const char *will_payload;
    uint32_t will_delay; /* seconds, with MQTT 5 */

    int keep_alive; /* seconds: ours, or a broker's that wants less */

    int broker;                               /* the one in use or to be tried next, of settings->brokers */
    bool has_session[CONNECTION_BROKER_MAX];  /* there is a session of ours at that broker */
    bool is_ruled_out[CONNECTION_BROKER_MAX]; /* has refused us, and would refuse us again */
    bool was_forgotten;   /* when it was connected to the last time, there was none any more; MQTT 3.1.1 only */
    struct limits limits; /* of the present connection */

    int64_t accepted_us; /* when the present connection was accepted */
    int64_t lost_us;     /* when the last one was lost; 0: it has been made good */
    int64_t back_off_ms; /* the next pause, before jitter */
    int short_lives;     /* connections in a row that were lost soon after they were accepted */

    int losses;         /* for the summary */
    int forgotten;      /* times */
    int64_t offline_us; /* from the losses to the next connections, together */
};

void connection_init(struct connection *connection, const struct connection_settings *settings, bool keeps_session);

/* Makes Paho's handle for one of the brokers. */
int connection_create_client(MQTTClient *client, const struct connection_settings *settings,
                             const struct broker *broker);

/* The broker in use, or to be tried next. */
const struct broker *connection_broker(const struct connection *connection);

/* Makes one attempt, which takes up to five seconds, beside the time to look up the host: three of Paho's, and some to
 * find out why it failed, which is then in *diagnosis. */
bool connection_attempt(struct connection *connection, MQTTClient client, struct diagnosis *diagnosis);

/* Whether the broker that was just connected to wants to hear from us more often than was said to Paho, who does not
 * look at that (MQTT 5 section 3.2.2.3.14): then the connection is to be made once more. */
bool connection_hurries(struct connection *connection);

/* The broker in use is not to be tried again: it has refused a password, say, and asking once more looks like an
 * attack. */
void connection_rule_out(struct connection *connection);

/* Whether there is no other broker left. */
bool connection_is_hopeless(const struct connection *connection);

/* Goes to the next broker of the list that is not ruled out; false at its end, and then the first of these is next. */
bool connection_next_broker(struct connection *connection);

/* The connection has done all it does at its beginning, stands since two seconds, is lost. */
void connection_has_begun(struct connection *connection, int64_t now_us);
void connection_has_settled(struct connection *connection);
void connection_was_lost(struct connection *connection, int64_t now_us);

/* How long to wait before the next round of attempts, in milliseconds: twice as long each time, up to half a minute.
 * The fraction, from 0 to 1, makes it 75 % to 125 % of that: those who lost the same broker do not all come back at
 * once. */
int64_t connection_pause_ms(struct connection *connection, double fraction);

/* How long there was no connection so far, in microseconds. */
int64_t connection_offline_us(const struct connection *connection, int64_t now_us);

/* Ends the connection in good order, and with MQTT 5 also the session, unless it is to outlive the program. */
void connection_end(struct connection *connection, MQTTClient client);

/* Whether the session at the broker in use outlives the program, as was asked for. */
bool connection_stays(const struct connection *connection);

/* Removes our session from the broker with that number, if there is one: a session ends with the next clean one (MQTT
 * 3.1.1 section 3.1.2.4). False if the broker cannot be reached. For when the client itself has disconnected. */
bool connection_remove_session(struct connection *connection, int broker);

#endif
