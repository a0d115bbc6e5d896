/* What a server speaks, found out by asking it. For when connecting has failed, and not before. */
#ifndef PLAYGROUND_PROBE_H
#define PLAYGROUND_PROBE_H

#include "dialogue.h"
#include "playground/connection_settings.h"

#include <stdbool.h>

/* Which MQTT the server speaks in the way that the broker's URL names. */
enum spoken {
    SPOKEN_UNKNOWN, /* nobody asked, or it answered no CONNECT */
    SPOKEN_3_1_1,   /* and not MQTT 5 */
    SPOKEN_OTHER,   /* neither */
    SPOKEN_5,
    SPOKEN_5_BADLY /* its CONNACK is not valid */
};

struct findings {
    int lookup;     /* why there is no address for the host: an error of getaddrinfo; 0: there is one */
    int error;      /* why there is no TCP connection: an errno; 0: there is one */
    bool bad_files; /* the files for TLS are not what they should be */

    enum answer handshake; /* of a TLS session */
    long verified;         /* what OpenSSL thinks of the server's certificate, if the handshake was answered with yes */
    int alert;             /* if an answer is ANSWER_ALERT: which, RFC 8446 section 6 */
    bool wants_certificate; /* the server has asked for ours */
    /* Within TLS, if the handshake was answered with yes: */
    enum answer upgrade; /* to the request for a WebSocket that carries MQTT */
    enum answer connect; /* to CONNECT; yes is any CONNACK */
    int http_status;     /* if upgrade is ANSWER_HTTP */
    enum spoken spoken;  /* for who wants MQTT 5 */
};

/* Whether the broker's URL is one of ws:// or wss://. */
bool probe_is_web(const struct broker *broker);

/* The path of the broker's URL, "" if it has none; and the one to ask a web server for: that, or Paho's. */
const char *probe_url_path(const struct broker *broker);
const char *probe_path(const struct broker *broker);

/* Asks what the server speaks, until the first answer that says it. It waits for two seconds at most, beside the time
 * that it takes to look up the host, and ends at a signal. It makes three connections at most, one after the other, and
 * gives no user name, no password, and not our client id.
 * With settings->mqtt5 it has to know the version, too, so that it may take three seconds and four connections: a
 * server that does not answer a CONNECT of MQTT 5 is asked with MQTT 3.1.1; where it answers that, it is asked with
 * MQTT 5 once more, because at first it may only have been slow. */
struct findings probe_server(const struct broker *broker, const struct connection_settings *settings);

#endif
