/* Everything that MQTTClient_connect has to be told, which is much and has bad defaults, stands here and only here. */
#include "connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    CONNECT_TIMEOUT_S = 3, /* and some time to find out why: five seconds together */
    REMOVE_TIMEOUT_S = 1,
    BACK_OFF_MIN_MS = 500,
    BACK_OFF_MAX_MS = 30000,
    SHORT_US = 2000000, /* a connection that lived no longer than this */
    /* Paho's publish stops for 100 ms at a time when its own window is full, so that one is never reached: it has room
     * for as many messages as there are packet ids (MQTT 3.1.1 section 2.3.1). */
    WINDOW_OF_PAHO = 65535,
    NO_MEMORY_OF_PAHO = -99 /* its header does not name it */
};

void connection_init(struct connection *connection, const struct connection_settings *settings, bool keeps_session)
{
    *connection =
        (struct connection){.settings = settings, .keeps_session = keeps_session, .back_off_ms = BACK_OFF_MIN_MS};
    if (strncmp(settings->brokers[0].uri, "ws", 2) != 0) {
        unsetenv("http_proxy"); /* Paho would send plain MQTT through them */
        unsetenv("https_proxy");
    }
}

const struct broker *connection_broker(const struct connection *connection)
{
    return &connection->settings->brokers[connection->broker];
}

/* --- attempts ------------------------------------------------------------------------------------------------ */

static const char *text_or_null(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* What is the same for the client and for the one that only removes its session. It goes into a copy of the options:
 * they outlive what it points to. */
static int connect_client(const struct connection_settings *settings, MQTTClient client, const struct broker *broker,
                          MQTTClient_connectOptions *options)
{
    const char *uri = broker->uri;
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_connectOptions connect = *options;

    connect.MQTTVersion = MQTTVERSION_3_1_1; /* the default tries a second time with 3.1, whatever went wrong */
    connect.keepAliveInterval = settings->keep_alive;
    connect.reliable = 0; /* otherwise, without a maximum, Paho allows one message in flight */
    connect.maxInflightMessages = WINDOW_OF_PAHO;
    connect.username = text_or_null(settings->username);
    connect.password = text_or_null(settings->password);
    connect.serverURIcount = 1;
    connect.serverURIs = (char *const *)&uri;
    if (broker->has_tls) {
        tls.trustStore = text_or_null(settings->ca_file);
        tls.keyStore = text_or_null(settings->certificate);
        tls.privateKey = text_or_null(settings->key);
        tls.verify = !settings->insecure; /* is the certificate for this host? By default Paho does not look */
        connect.ssl = &tls;
    }
    int rc = MQTTClient_connect(client, &connect);
    options->returned = connect.returned;
    return rc;
}

/* Why there is no connection. */
static struct diagnosis explain(const struct connection *connection, int rc)
{
    const struct broker *broker = connection_broker(connection);
    struct diagnosis diagnosis = {.status = EX_SOFTWARE, .final = true};

    if (rc != NO_MEMORY_OF_PAHO && (rc > MQTTCLIENT_BAD_UTF8_STRING || rc < MQTTCLIENT_0_LEN_WILL_TOPIC))
        return diagnose(broker, connection->settings, rc);
    /* It has not even tried: it was told what it cannot do. */
    snprintf(diagnosis.text, sizeof diagnosis.text, "Paho cannot connect to %.200s: %s (its code %d)", broker->name,
             MQTTClient_strerror(rc), rc);
    return diagnosis;
}

bool connection_attempt(struct connection *connection, MQTTClient client, struct diagnosis *diagnosis)
{
    const struct broker *broker = connection_broker(connection);
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;
    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;

    connect.cleansession = !connection->keeps_session;
    connect.connectTimeout = CONNECT_TIMEOUT_S;
    if (connection->will_topic != NULL) {
        will.topicName = connection->will_topic;
        will.message = connection->will_payload;
        will.qos = 1;
        will.retained = 1;
        connect.will = &will;
    }
    int rc = connect_client(connection->settings, client, broker, &connect);
    /* Paho sends again what was in flight before it returns: where that was too much for the broker, or the network, it
     * had accepted the connection all the same, and Paho does not tell whether it knew the session. */
    bool lost_at_once = rc == MQTTCLIENT_DISCONNECTED;
    if (rc != MQTTCLIENT_SUCCESS && !lost_at_once) {
        *diagnosis = explain(connection, rc);
        return false;
    }
    bool *has_session = &connection->has_session[connection->broker];
    connection->was_forgotten = *has_session && !lost_at_once && connect.returned.sessionPresent == 0;
    if (connection->was_forgotten)
        connection->forgotten++;
    *has_session = connection->keeps_session;
    return true;
}

void connection_rule_out(struct connection *connection)
{
    connection->is_ruled_out[connection->broker] = true;
}

bool connection_is_hopeless(const struct connection *connection)
{
    for (int i = 0; i < connection->settings->broker_count; i++) {
        if (!connection->is_ruled_out[i])
            return false;
    }
    return true;
}

bool connection_next_broker(struct connection *connection)
{
    int count = connection->settings->broker_count, before = connection->broker;

    for (int i = 1; i <= count; i++) {
        connection->broker = (before + i) % count;
        if (!connection->is_ruled_out[connection->broker])
            break;
    }
    return connection->broker > before;
}

/* --- what becomes of them ------------------------------------------------------------------------------------ */

int64_t connection_offline_us(const struct connection *connection, int64_t now_us)
{
    return connection->offline_us + (connection->lost_us == 0 ? 0 : now_us - connection->lost_us);
}

void connection_has_begun(struct connection *connection, int64_t now_us)
{
    connection->offline_us = connection_offline_us(connection, now_us);
    connection->lost_us = 0;
}

void connection_has_settled(struct connection *connection)
{
    connection->back_off_ms = BACK_OFF_MIN_MS;
}

void connection_was_lost(struct connection *connection, int64_t now_us)
{
    connection->losses++;
    connection->lost_us = now_us;
    connection->short_lives = now_us - connection->accepted_us < SHORT_US ? connection->short_lives + 1 : 0;
    connection->broker = connection->settings->broker_count - 1; /* the list is tried in order at every loss */
}

int64_t connection_pause_ms(struct connection *connection, double fraction)
{
    int64_t pause_ms = (int64_t)((double)connection->back_off_ms * (0.75 + fraction / 2));

    connection->back_off_ms *= 2;
    if (connection->back_off_ms > BACK_OFF_MAX_MS)
        connection->back_off_ms = BACK_OFF_MAX_MS;
    return pause_ms;
}

/* --- what is left behind ------------------------------------------------------------------------------------- */

/* Paho connects and disconnects sooner with a handle that has no callbacks. */
bool connection_remove_session(struct connection *connection, int broker)
{
    const struct broker *place = &connection->settings->brokers[broker];
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;
    MQTTClient client = NULL;
    bool removed = false;

    if (!connection->has_session[broker])
        return true;
    connect.cleansession = 1;
    connect.connectTimeout = REMOVE_TIMEOUT_S;
    if (MQTTClient_create(&client, place->uri, connection->settings->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL) ==
            MQTTCLIENT_SUCCESS &&
        connect_client(connection->settings, client, place, &connect) == MQTTCLIENT_SUCCESS) {
        MQTTClient_disconnect(client, 0);
        removed = true;
    }
    MQTTClient_destroy(&client);
    connection->has_session[broker] = !removed;
    return removed;
}
