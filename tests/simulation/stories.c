/* Short stories: what is known to go wrong between programs and brokers, one row each, with what has to come of it. The
 * seeds meet all of this too, but here it can be read. */
#include "stories.h"

#include "fake_paho.h"
#include "rules.h"
#include "world.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { AT_MOST = 3 };

struct story {
    const char *name;
    enum program_kind program;
    int qos;
    long count;
    double interval, wait, timeout;
    int keep_alive; /* 0: 2 s */
    int feed;       /* messages of others; 0: 1000, -1: none */
    int brokers;    /* 0: one; otherwise so many URLs, of which only the last is there */
    bool all_there;
    bool mqtt5; /* and for it: */
    uint32_t expiry;
    int longest_expiry; /* of the broker's; 0: as the program wants it, -1: it keeps no session */
    int receive_maximum, server_keep_alive;
    int above; /* the maximum QoS is so much less than 2 */
    struct {
        enum fault fault;
        struct plan plan;
    } faults[AT_MOST];
    /* What comes of it. */
    enum how how;
    int status;
    const char *says; /* at some time; NULL: whatever it says */
    double from_s, to_s;
    int from_attempts, to_attempts;
};

#define ALWAYS        .percent = 100
#define AT(us)        .percent = 100, .count = 1, .first_us = (us)
#define NUMBERS(m, n) .percent = 100, .first = (m), .last = (n)
#define EVERY(us, n)  .percent = 100, .count = (n), .first_us = (us), .every_us = (us)

static const struct story stories[] = {
    {"nothing goes wrong: producer", PRODUCER, 2, .count = 30, .how = RETURNED, .status = EX_OK, .to_s = 2,
     .from_attempts = 1, .to_attempts = 2},
    {"nothing goes wrong: consumer", CONSUMER, 1, .count = 10, .how = RETURNED, .status = EX_OK, .to_s = 2,
     .from_attempts = 1, .to_attempts = 2},
    {"nothing goes wrong: who answers", ANSWERER, 1, .count = 10, .how = RETURNED, .status = EX_OK, .to_s = 3,
     .from_attempts = 1, .to_attempts = 2},
    {"nothing goes wrong: smart object", OBJECT, 1, .count = 10, .interval = 0.1, .how = RETURNED, .status = EX_OK,
     .to_s = 3, .from_attempts = 1, .to_attempts = 2},

    {"a reset 1 ms after SUBACK, --wait 0", OBJECT, 1, .interval = 1,
     .faults = {{CLOSE_AFTER_SUBACK, {ALWAYS, .amount_us = 1000}}}, .how = RETURNED, .status = EX_UNAVAILABLE,
     .says = "accepts the connection and then ends it", .to_s = 2, .from_attempts = 1, .to_attempts = 2},
    {"a reset 1 ms after SUBACK, --wait 20: the back-off grows", OBJECT, 1, .interval = 1, .wait = 20,
     .faults = {{CLOSE_AFTER_SUBACK, {ALWAYS, .amount_us = 1000}}}, .how = RETURNED, .status = EX_UNAVAILABLE,
     .says = "accepts the connection and then ends it", .from_s = 20, .to_s = 22, .from_attempts = 5, .to_attempts = 9},
    {"cut every 1.0 s under a consumer", CONSUMER, 1, .count = 60, .faults = {{CUT, {ALWAYS, .amount_us = 1000000}}},
     .how = RETURNED, .status = EX_OK, .says = "3 connections in a row ended within two seconds", .from_s = 5,
     .to_s = 60, .from_attempts = 3, .to_attempts = 10},
    {"cut every 2.6 s: the back-off starts over", CONSUMER, 0, .timeout = 60,
     .faults = {{CUT, {ALWAYS, .amount_us = 2600000}}}, .how = RETURNED, .status = EX_TEMPFAIL,
     .says = "The connection was lost", .from_s = 60, .to_s = 61, .from_attempts = 16, .to_attempts = 22},
    {"the broker closes on PUBLISH", PRODUCER, 0, .count = 10, .interval = 1, .faults = {{CLOSE_ON_PUBLISH, {ALWAYS}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "ended after a PUBLISH: it may not allow", .to_s = 2,
     .from_attempts = 1, .to_attempts = 1},
    {"a subscription denied by closing", CONSUMER, 0, .faults = {{CLOSE_ON_SUBSCRIBE, {ALWAYS}}}, .how = RETURNED,
     .status = EX_PROTOCOL, .says = "ended after SUBSCRIBE to t: it may not allow", .to_s = 1, .from_attempts = 1,
     .to_attempts = 1},
    {"a subscription denied by 0x80", CONSUMER, 1, .faults = {{DENY, {ALWAYS}}}, .how = RETURNED, .status = EX_PROTOCOL,
     .says = "refused the subscription", .to_s = 1, .from_attempts = 1, .to_attempts = 2},
    {"a slow CONNACK", CONSUMER, 0, .count = 3, .faults = {{SLOW_CONNACK, {ALWAYS, .amount_us = 2500000}}},
     .how = RETURNED, .status = EX_OK, .from_s = 2.6, .to_s = 4, .from_attempts = 1, .to_attempts = 1},
    {"a CONNACK that comes too late", CONSUMER, 0, .faults = {{SLOW_CONNACK, {ALWAYS, .amount_us = 3500000}}},
     .how = RETURNED, .status = EX_UNAVAILABLE, .says = "does not answer", .from_s = 3, .to_s = 5.5, .from_attempts = 1,
     .to_attempts = 1},
    {"QoS 2 answered by PUBACK", PRODUCER, 2, .count = 100, .interval = 1, .faults = {{PUBACK_FOR_QOS_2, {ALWAYS}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "has not acknowledged a message at QoS 2 for 10 s", .from_s = 10,
     .to_s = 20, .from_attempts = 1, .to_attempts = 2},
    {"one acknowledgement gets lost", PRODUCER, 1, .count = 30, .interval = 0.1, .faults = {{NO_ACK, {NUMBERS(2, 2)}}},
     .how = RETURNED, .status = EX_OK, .says = "once more, on a new connection", .from_s = 10, .to_s = 15,
     .from_attempts = 3, .to_attempts = 3},
    {"a broker that was slow, no more, is not accused", PRODUCER, 1, .count = 50, .interval = 0.1, .keep_alive = 60,
     .faults = {{SILENCE, {AT(1000000), .amount_us = 13000000}}}, .how = RETURNED, .status = EX_OK, .from_s = 14,
     .to_s = 20, .from_attempts = 2, .to_attempts = 2},
    {"an acknowledgement that comes while the end looks for what is left over", ANSWERER, 2, .feed = 2,
     .faults = {{SLOW_ACK, {NUMBERS(1, 1), .amount_us = 2350000}}, {SIGNAL, {AT(2000000)}}}, .how = RETURNED,
     .status = EX_OK, .from_s = 2.6, .to_s = 4, .from_attempts = 2, .to_attempts = 2},
    {"a CONNACK, and the end 10 us later: the SUBSCRIBE of the connection before is not suspected", OBJECT, 1,
     .interval = 1, .wait = 30, .timeout = 15,
     .faults = {{CLOSE_ON_SUBSCRIBE, {ALWAYS}},
                {SLOW_CONNACK, {NUMBERS(1, 1), .amount_us = 500000}},
                {CUT, {NUMBERS(1, 1), .amount_us = 500010}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "accepts the connection and then ends it", .from_s = 15,
     .to_s = 25, .from_attempts = 3, .to_attempts = 6},
    {"a SUBSCRIBE that is not answered after a loss", OBJECT, 1, .interval = 1,
     .faults = {{CUT, {NUMBERS(0, 1), .amount_us = 1500000}}, {NO_SUBACK, {NUMBERS(2, 2)}}, {SIGNAL, {AT(15000000)}}},
     .how = RETURNED, .status = EX_OK, .says = "has not answered SUBSCRIBE", .from_s = 15, .to_s = 16.5,
     .from_attempts = 5, .to_attempts = 5},
    {"a broker that never answers SUBSCRIBE", CONSUMER, 0, .faults = {{NO_SUBACK, {ALWAYS}}}, .how = RETURNED,
     .status = EX_UNAVAILABLE, .says = "has not answered SUBSCRIBE", .from_s = 5, .to_s = 6, .from_attempts = 1,
     .to_attempts = 1},
    {"acknowledged, and never shown, for SUBSCRIBE was not answered", CONSUMER, 1, .faults = {{NO_SUBACK, {ALWAYS}}},
     .how = RETURNED, .status = EX_UNAVAILABLE, .says = "no connection at the end", .from_s = 5, .to_s = 6,
     .from_attempts = 1, .to_attempts = 2},
    {"a broker that is silent is not accused", PRODUCER, 1, .count = 1000, .interval = 0.1, .keep_alive = 60,
     .faults = {{SILENCE, {AT(1000000), .amount_us = 30000000}}, {SIGNAL, {AT(25000000)}}}, .how = ALARM,
     .status = EX_OK, .says = "nor answered anything else", .from_s = 25, .to_s = 27, .from_attempts = 1,
     .to_attempts = 6},
    {"a guess is the reason when --timeout has passed", PRODUCER, 0, .count = 10, .interval = 1, .wait = 60,
     .timeout = 5, .faults = {{CLOSE_ON_PUBLISH, {ALWAYS}}}, .how = RETURNED, .status = EX_PROTOCOL,
     .says = "it may not allow", .from_s = 5, .to_s = 6, .from_attempts = 3, .to_attempts = 6},
    {"a guess is the reason when --timeout passes before the next connection has begun", CONSUMER, 0, .wait = 60,
     .timeout = 2, .faults = {{CLOSE_ON_SUBSCRIBE, {ALWAYS}}, {SLOW_CONNACK, {NUMBERS(1, 1), .amount_us = 2500000}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "it may not allow", .from_s = 2.5, .to_s = 4, .from_attempts = 2,
     .to_attempts = 2},
    {"nobody publishes", CONSUMER, 0, .timeout = 8, .feed = -1, .how = RETURNED, .status = EX_TEMPFAIL,
     .says = "is anything published", .from_s = 8, .to_s = 9, .from_attempts = 1, .to_attempts = 1},
    {"a forgotten session", CONSUMER, 1, .count = 100, .faults = {{FORGETTING, {AT(1000000), .amount_us = 100000}}},
     .how = RETURNED, .status = EX_OK, .says = "The broker forgot the session 1 time", .from_s = 5, .to_s = 20,
     .from_attempts = 3, .to_attempts = 4},
    {"a restart that keeps the session", PRODUCER, 1, .count = 50, .interval = 0.1,
     .faults = {{RESTART, {AT(2000000), .amount_us = 300000}}}, .how = RETURNED, .status = EX_OK,
     .says = "The connection was lost 1 time", .from_s = 4, .to_s = 8, .from_attempts = 3, .to_attempts = 4},
    {"a broker that stands still", PRODUCER, 0, .count = 1000, .interval = 1,
     .faults = {{SILENCE, {AT(5000000), .amount_us = 60000000}}, {SIGNAL, {AT(45000000)}}}, .how = ALARM,
     .status = EX_OK, .says = "Connection lost", .from_s = 45, .to_s = 46.7, .from_attempts = 2, .to_attempts = 10},
    {"a broker that nobody can reach", CONSUMER, 0, .wait = 3,
     .faults = {{UNREACHABLE, {AT(0), .amount_us = 60000000}}}, .how = RETURNED, .status = EX_UNAVAILABLE, .from_s = 3,
     .to_s = 12, .from_attempts = 1, .to_attempts = 2},
    {"no broker for five minutes: the back-off has its bound", CONSUMER, 0, .wait = 300,
     .faults = {{UNREACHABLE, {AT(0), .amount_us = 400000000}}}, .how = RETURNED, .status = EX_UNAVAILABLE,
     .from_s = 300, .to_s = 310, .from_attempts = 13, .to_attempts = 20},
    {"three URLs, and the last is there", PRODUCER, 1, .count = 3, .brokers = 3, .how = RETURNED, .status = EX_OK,
     .to_s = 1, .from_attempts = 3, .to_attempts = 4},
    {"a wrong password", PRODUCER, 0, .wait = 20, .faults = {{REFUSE, {ALWAYS, .code = 5}}}, .how = RETURNED,
     .status = EX_NOPERM, .to_s = 1, .from_attempts = 1, .to_attempts = 1},
    {"a wrong password at the only one of two that is there", PRODUCER, 0, .wait = 2, .brokers = 2,
     .faults = {{REFUSE, {ALWAYS, .code = 5}}}, .how = RETURNED, .status = EX_UNAVAILABLE,
     .says = "refused the user name or the password", .from_s = 2, .to_s = 3, .from_attempts = 3, .to_attempts = 5},
    {"a wrong password at the only one of two that is there, --wait 0", PRODUCER, 0, .brokers = 2,
     .faults = {{REFUSE, {ALWAYS, .code = 5}}}, .how = RETURNED, .status = EX_UNAVAILABLE,
     .says = "refused the user name or the password", .to_s = 1, .from_attempts = 2, .to_attempts = 2},
    {"a broker that is not ready for a while", PRODUCER, 0, .wait = 3, .faults = {{REFUSE, {ALWAYS, .code = 3}}},
     .how = RETURNED, .status = EX_UNAVAILABLE, .from_s = 3, .to_s = 4, .from_attempts = 3, .to_attempts = 5},
    {"a twin, again and again", CONSUMER, 0, .timeout = 30, .faults = {{TWIN, {EVERY(700000, 100)}}}, .how = RETURNED,
     .status = EX_TEMPFAIL, .says = "another program that uses the client id me, too", .from_s = 30, .to_s = 31,
     .from_attempts = 4, .to_attempts = 20},
    {"standard output fails", CONSUMER, 0, .faults = {{STDOUT_FAILS, {AT(1000000)}}}, .how = RETURNED,
     .status = EX_IOERR, .says = "cannot write standard output", .from_s = 1, .to_s = 2, .from_attempts = 1,
     .to_attempts = 1},
    {"Ctrl-C", PRODUCER, 1, .interval = 10, .faults = {{SIGNAL, {AT(2000000)}}}, .how = RETURNED, .status = EX_OK,
     .from_s = 2, .to_s = 2.3, .from_attempts = 1, .to_attempts = 2},
    {"Ctrl-C while Paho connects", CONSUMER, 0, .faults = {{NO_CONNACK, {ALWAYS}}, {SIGNAL, {AT(1000000)}}},
     .how = ALARM, .status = EX_OK, .from_s = 1, .to_s = 2, .from_attempts = 1, .to_attempts = 1},
    {"Ctrl-C while Paho waits for SUBACK", OBJECT, 1, .interval = 1,
     .faults = {{NO_SUBACK, {ALWAYS}}, {SIGNAL, {AT(1000000)}}}, .how = ALARM, .status = EX_OK, .from_s = 1,
     .to_s = 2.7, .from_attempts = 1, .to_attempts = 1},
    {"Ctrl-C twice", CONSUMER, 0, .faults = {{NO_CONNACK, {ALWAYS}}, {SIGNAL, {EVERY(500000, 2)}}},
     .how = SECOND_SIGNAL, .status = 130, .from_s = 1, .to_s = 1.1, .from_attempts = 1, .to_attempts = 1},
    {"Ctrl-C while standard output is full", CONSUMER, 0,
     .faults = {{STDOUT_FULL, {AT(1000000), .amount_us = 60000000}}, {SIGNAL, {AT(2000000)}}}, .how = ALARM,
     .status = EX_OK, .from_s = 2, .to_s = 3.7, .from_attempts = 1, .to_attempts = 1},

    {"MQTT 5, nothing goes wrong: producer", PRODUCER, 2, .count = 30, .mqtt5 = true, .how = RETURNED, .status = EX_OK,
     .to_s = 2, .from_attempts = 1, .to_attempts = 1},
    {"MQTT 5, nothing goes wrong: consumer", CONSUMER, 1, .count = 10, .mqtt5 = true, .how = RETURNED, .status = EX_OK,
     .to_s = 2, .from_attempts = 1, .to_attempts = 1},
    {"MQTT 5, nothing goes wrong: who answers", ANSWERER, 1, .count = 10, .mqtt5 = true, .how = RETURNED,
     .status = EX_OK, .to_s = 3, .from_attempts = 1, .to_attempts = 1},
    {"MQTT 5, nothing goes wrong: smart object", OBJECT, 1, .count = 10, .interval = 0.1, .mqtt5 = true,
     .how = RETURNED, .status = EX_OK, .to_s = 3, .from_attempts = 1, .to_attempts = 1},
    {"two messages are denied", PRODUCER, 1, .count = 30, .mqtt5 = true, .faults = {{DENY_PUBLISH, {NUMBERS(3, 4)}}},
     .how = RETURNED, .status = EX_OK, .says = "2 messages were denied by the broker: 1 not authorized, 1 ", .to_s = 2,
     .from_attempts = 1, .to_attempts = 1},
    {"one message is denied at QoS 2", PRODUCER, 2, .count = 30, .mqtt5 = true,
     .faults = {{DENY_PUBLISH, {NUMBERS(4, 4)}}}, .how = RETURNED, .status = EX_OK,
     .says = "has denied a message: not authorized (135)", .to_s = 2, .from_attempts = 1, .to_attempts = 1},
    {"a message is denied, and that is told before the next one", PRODUCER, 1, .count = 3, .interval = 30,
     .mqtt5 = true, .faults = {{DENY_PUBLISH, {NUMBERS(1, 1)}}, {SIGNAL, {AT(45000000)}}}, .how = RETURNED,
     .status = EX_OK, .says = "has denied a message: not authorized (135)", .from_s = 45, .to_s = 46,
     .from_attempts = 1, .to_attempts = 1},
    {"every message is denied", PRODUCER, 1, .count = 30, .mqtt5 = true, .faults = {{DENY_PUBLISH, {ALWAYS}}},
     .how = RETURNED, .status = EX_CANTCREAT, .says = "has denied every message: what may this user publish?",
     .to_s = 2, .from_attempts = 1, .to_attempts = 1},
    {"what was acknowledged is denied, the rest is not known", PRODUCER, 1, .count = 100, .interval = 1, .mqtt5 = true,
     .faults = {{DENY_PUBLISH, {ALWAYS}}, {NO_ACK, {NUMBERS(3, 100)}}, {SIGNAL, {AT(6000000)}}}, .how = RETURNED,
     .status = EX_CANTCREAT, .says = "has denied every message that it has acknowledged", .from_s = 6, .to_s = 8,
     .from_attempts = 1, .to_attempts = 1},
    {"denials that come twice", PRODUCER, 2, .count = 5, .mqtt5 = true,
     .faults = {{DENY_PUBLISH, {ALWAYS}}, {ACK_TWICE, {ALWAYS}}}, .how = RETURNED, .status = EX_CANTCREAT,
     .says = "5 messages were denied by the broker: 3 not authorized, 2 ", .to_s = 2, .from_attempts = 1,
     .to_attempts = 1},
    {"all acknowledgements come twice: nothing was denied", PRODUCER, 2, .count = 30, .mqtt5 = true,
     .faults = {{ACK_TWICE, {ALWAYS}}}, .how = RETURNED, .status = EX_OK, .to_s = 2, .from_attempts = 1,
     .to_attempts = 1},
    {"a denial that got lost is no denial, if the message is taken then", PRODUCER, 1, .count = 30, .interval = 0.1,
     .mqtt5 = true, .faults = {{DENY_PUBLISH, {NUMBERS(2, 2)}}, {NO_ACK, {NUMBERS(2, 2)}}}, .how = RETURNED,
     .status = EX_OK, .says = "once more, on a new connection", .from_s = 10, .to_s = 15, .from_attempts = 2,
     .to_attempts = 2},
    {"the broker takes one message at a time", PRODUCER, 1, .count = 100, .mqtt5 = true, .receive_maximum = 1,
     .how = RETURNED, .status = EX_OK, .from_s = 0.3, .to_s = 3, .from_attempts = 1, .to_attempts = 1},
    {"the broker takes one message at a time, of a smart object", OBJECT, 1, .count = 10, .interval = 0.1,
     .mqtt5 = true, .receive_maximum = 1, .how = RETURNED, .status = EX_OK, .to_s = 3, .from_attempts = 1,
     .to_attempts = 1},
    {"the broker takes no messages at all", PRODUCER, 1, .count = 3, .mqtt5 = true, .faults = {{NO_MESSAGES, {ALWAYS}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "allows no messages", .to_s = 1, .from_attempts = 1,
     .to_attempts = 2},
    {"the broker wants to hear more often", CONSUMER, 0, .timeout = 8, .feed = -1, .keep_alive = 60, .mqtt5 = true,
     .server_keep_alive = 2, .how = RETURNED, .status = EX_TEMPFAIL, .says = "is anything published", .from_s = 8,
     .to_s = 9, .from_attempts = 2, .to_attempts = 2},
    {"Ctrl-C while it connects, which takes two calls then", OBJECT, 1, .interval = 1, .keep_alive = 60, .mqtt5 = true,
     .server_keep_alive = 2, .faults = {{SLOW_CONNACK, {ALWAYS, .amount_us = 462000}}, {SIGNAL, {AT(1000)}}},
     .how = ALARM, .status = EX_OK, .from_s = 1.2, .to_s = 1.3, .from_attempts = 2, .to_attempts = 2},
    {"a SUBSCRIBE that is not answered before Paho gives up by the broker's keep alive", OBJECT, 1, .interval = 1,
     .keep_alive = 60, .mqtt5 = true, .server_keep_alive = 1, .faults = {{SLOW_SUBACK, {ALWAYS, .amount_us = 6000000}}},
     .how = RETURNED, .status = EX_UNAVAILABLE, .says = "has not answered SUBSCRIBE", .from_s = 5, .to_s = 7,
     .from_attempts = 2, .to_attempts = 4},
    {"a session to come back to", PRODUCER, 1, .count = 3, .mqtt5 = true, .expiry = 60, .how = RETURNED,
     .status = EX_OK, .says = "broker0:1883 keeps the session for 60 s", .to_s = 1, .from_attempts = 1,
     .to_attempts = 1},
    {"a session that the broker keeps for less", PRODUCER, 1, .count = 3, .mqtt5 = true, .expiry = 60,
     .longest_expiry = 10, .how = RETURNED, .status = EX_OK, .says = "broker0:1883 keeps the session for 10 s",
     .to_s = 1, .from_attempts = 1, .to_attempts = 1},
    {"a session to come back to for who subscribes at QoS 0", CONSUMER, 0, .count = 3, .mqtt5 = true, .expiry = 60,
     .how = RETURNED, .status = EX_OK, .says = "broker0:1883 keeps the session for 60 s", .to_s = 1, .from_attempts = 1,
     .to_attempts = 1},
    {"a broker that takes QoS 1 at most", PRODUCER, 2, .count = 3, .mqtt5 = true, .above = 1, .how = RETURNED,
     .status = EX_PROTOCOL, .says = "ended after a PUBLISH: it takes QoS 1 at most", .to_s = 1, .from_attempts = 1,
     .to_attempts = 2},
    {"a broker that takes QoS 1 at most, and that is enough", PRODUCER, 1, .count = 3, .mqtt5 = true, .above = 1,
     .how = RETURNED, .status = EX_OK, .to_s = 1, .from_attempts = 1, .to_attempts = 1},
    {"a session that the broker does not keep", PRODUCER, 1, .count = 3, .mqtt5 = true, .expiry = 60,
     .longest_expiry = -1, .how = RETURNED, .status = EX_OK, .to_s = 1, .from_attempts = 1, .to_attempts = 1},
    {"sessions to come back to at two brokers", CONSUMER, 1, .count = 60, .brokers = 2, .all_there = true,
     .mqtt5 = true, .expiry = 60, .faults = {{RESTART, {AT(1000000), .amount_us = 30000000}}}, .how = RETURNED,
     .status = EX_OK, .says = "The session of me may stay at broker0", .from_s = 6, .to_s = 10, .from_attempts = 3,
     .to_attempts = 3},
    {"a session that expires while nobody can be reached", PRODUCER, 2, .count = 50, .interval = 0.1, .mqtt5 = true,
     .longest_expiry = 1, .faults = {{LOSS, {AT(2000000)}}, {UNREACHABLE, {AT(1990000), .amount_us = 5000000}}},
     .how = RETURNED, .status = EX_OK, .says = "The connection was lost 1 time", .from_s = 8, .to_s = 20,
     .from_attempts = 2, .to_attempts = 6},
    {"a connection that is lost in the moment of the end: its session is removed by a new one", OBJECT, 1,
     .interval = 1, .mqtt5 = true, .faults = {{DENY, {ALWAYS, .code = 3}}, {CLOSE_BEFORE_ACK, {ALWAYS}}},
     .how = RETURNED, .status = EX_PROTOCOL, .says = "refused the subscription to t: not authorized (135)", .to_s = 2,
     .from_attempts = 2, .to_attempts = 2},
    {"a subscription at less than was asked for", CONSUMER, 1, .count = 3, .mqtt5 = true,
     .faults = {{LESS_QOS, {ALWAYS}}}, .how = RETURNED, .status = EX_OK, .says = "delivers at QoS 0 at most", .to_s = 1,
     .from_attempts = 1, .to_attempts = 1},
    {"a user that may not connect", PRODUCER, 0, .wait = 20, .mqtt5 = true, .faults = {{REFUSE, {ALWAYS, .code = 5}}},
     .how = RETURNED, .status = EX_NOPERM, .to_s = 1, .from_attempts = 1, .to_attempts = 1},
};

static void prepare(const struct story *story)
{
    schedule_plain(&schedule, story->program);
    schedule.options.qos = story->qos;
    schedule.options.count = story->count;
    schedule.options.interval = story->interval;
    schedule.options.wait = story->wait;
    schedule.options.timeout = story->timeout;
    if (story->keep_alive != 0)
        schedule.options.connection.keep_alive = story->keep_alive;
    schedule.feed_count = story->feed == 0 ? 1000 : story->feed < 0 ? 0 : story->feed;
    schedule.feed_qos = story->qos;
    if (story->brokers > 0) {
        schedule.options.connection.broker_count = story->brokers;
        schedule.broker_mask = 1 << (story->brokers - 1);
        schedule_name_brokers(&schedule.options);
    }
    if (story->all_there)
        schedule.broker_mask = (1 << story->brokers) - 1;
    schedule.options.connection.mqtt5 = story->mqtt5;
    schedule.options.connection.session_expiry = story->expiry;
    schedule.longest_expiry = story->longest_expiry == 0 ? -1 : story->longest_expiry < 0 ? 0 : story->longest_expiry;
    schedule.receive_maximum = story->receive_maximum;
    schedule.maximum_qos = 2 - story->above;
    schedule.server_keep_alive = story->server_keep_alive;
    for (int i = 0; i < AT_MOST; i++)
        if (story->faults[i].plan.percent != 0)
            schedule.plan[story->faults[i].fault] = story->faults[i].plan;
}

/* NULL: all is as it has to be. */
static const char *check(const struct story *story)
{
    double ended_s = (double)outcome.ended_us / 1e6;
    int attempts = paho_facts()->attempts;

    if (outcome.rule != NULL)
        return outcome.rule;
    if (outcome.how != story->how)
        return "it ended in another way";
    if (outcome.status != story->status)
        return "the status is another one";
    if (!rules_have_heard())
        return "it has not said so";
    if (ended_s < story->from_s || ended_s > story->to_s)
        return "it took another time";
    if (attempts < story->from_attempts || attempts > story->to_attempts)
        return "it tried to connect more often, or less";
    return NULL;
}

int run_stories(const char *name)
{
    int failed = 0;

    for (const struct story *story = stories; story < stories + sizeof stories / sizeof *stories; story++) {
        if (name != NULL && strcmp(name, story->name) != 0)
            continue;
        prepare(story);
        rules_listen_for(story->says);
        story_to(name != NULL ? stdout : NULL);
        simulate(NULL);
        story_to(NULL);
        const char *wrong = check(story);
        printf("%-60s %s\n", story->name, wrong == NULL ? "ok" : wrong);
        if (wrong != NULL)
            printf("    ended after %.3f s with status %d, %d attempts; %s %s\n", (double)outcome.ended_us / 1e6,
                   outcome.status, paho_facts()->attempts, outcome.reason, outcome.detail);
        failed += wrong != NULL;
    }
    rules_listen_for(NULL);
    return failed == 0 ? 0 : 1;
}
