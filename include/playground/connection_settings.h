/* Where the broker is, who we are to it, and what we demand of the way there: what src/session/connection.c needs to
 * make a connection, whoever fills it in (here it is options.c, from the command line). */
#ifndef PLAYGROUND_CONNECTION_SETTINGS_H
#define PLAYGROUND_CONNECTION_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#define CONNECTION_TEXT_SIZE  1024 /* bytes of any text, its terminating NUL included */
#define CONNECTION_HOST_SIZE  256
#define CONNECTION_BROKER_MAX 8

/* A place where a broker may be. */
struct broker {
    char host[CONNECTION_HOST_SIZE]; /* name or address; an IPv6 address without its brackets */
    int port;
    char name[CONNECTION_HOST_SIZE + 8]; /* as people read it: host:port */
    char uri[CONNECTION_TEXT_SIZE];      /* as Paho wants it: tcp, ssl, ws or wss://host:port/path */
    bool has_tls;                        /* the connection is encrypted, and the broker has to prove who it is */
};

struct connection_settings {
    struct broker brokers[CONNECTION_BROKER_MAX]; /* to be tried in this order */
    int broker_count;                             /* at least 1 */
    char username[CONNECTION_TEXT_SIZE];          /* empty: none */
    char password[CONNECTION_TEXT_SIZE];          /* empty: none */
    char client_id[CONNECTION_TEXT_SIZE];
    int keep_alive; /* seconds, 1 to 65535 (MQTT 3.1.1 section 3.1.2.10) */

    bool mqtt5; /* speak MQTT 5; false: MQTT 3.1.1. A program says it, before session_create */
    /* With MQTT 5: for how many seconds the broker is to keep the session once the program has ended (MQTT 5 section
     * 3.1.2.11.2). 0: not at all. The largest number would mean for ever, but Paho 1.3.12 sends it as 255. */
    uint32_t session_expiry;

    /* With TLS: files in PEM format; empty: none. */
    char ca_file[CONNECTION_TEXT_SIZE];     /* whom to trust; empty: those that the system trusts */
    char certificate[CONNECTION_TEXT_SIZE]; /* our own, for a broker that asks for one */
    char key[CONNECTION_TEXT_SIZE];         /* our own private key */
    bool insecure;                          /* do not check that the certificate is for this host */
};

#endif
