/* Everything that MQTTClient_connect has to be told, which is much and has bad defaults, stands here and only here. */
#include "connection.h"

#include "playground/stop.h"

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
    NO_MEMORY_OF_PAHO = -99, /* its header does not name it */
    CUT_S = 3600 /* with MQTT 5 a session that ends with the program is kept for so long after a cut, or a crash */
};

void connection_init(struct connection *connection, const struct connection_settings *settings, bool keeps_session)
{
    *connection = (struct connection){.settings = settings,
                                      .keeps_session = keeps_session,
                                      .keep_alive = settings->keep_alive,
                                      .back_off_ms = BACK_OFF_MIN_MS};
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

int connection_create_client(MQTTClient *client, const struct connection_settings *settings,
                             const struct broker *broker)
{
    MQTTClient_createOptions options = MQTTClient_createOptions_initializer;

    options.MQTTVersion = settings->mqtt5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    return MQTTClient_createWithOptions(client, broker->uri, settings->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                        &options);
}

/* How one attempt differs from another. */
struct attempt {
    const struct broker *broker;
    int timeout_s;
    int keep_alive;
    bool clean; /* the session begins anew, and ends with the connection */
    uint32_t session_expiry;
    MQTTClient_willOptions *will;
    uint32_t will_delay;
    bool session_present; /* what came of it */
};

/* Adds a number of four bytes. Without memory it is missing, and the broker does what it would do without. */
static void add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t number)
{
    MQTTProperty property = {.identifier = code};

    property.value.integer4 = number;
    if (number > 0)
        MQTTProperties_add(properties, &property);
}

/* The one place where the versions differ. The response is to be freed. */
static MQTTResponse connect_as(const struct connection_settings *settings, MQTTClient client,
                               MQTTClient_connectOptions *connect, const struct attempt *attempt)
{
    MQTTResponse response = MQTTResponse_initializer;

    if (!settings->mqtt5) {
        connect->MQTTVersion = MQTTVERSION_3_1_1; /* the default tries a second time with 3.1, whatever went wrong */
        connect->cleansession = attempt->clean;
        response.reasonCode = (enum MQTTReasonCodes)MQTTClient_connect(client, connect);
        return response;
    }
    MQTTProperties properties = MQTTProperties_initializer, will_properties = MQTTProperties_initializer;
    connect->MQTTVersion = MQTTVERSION_5;
    connect->cleansession = 0; /* it has another name there */
    connect->cleanstart = attempt->clean;
    add_number(&properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, attempt->session_expiry);
    add_number(&will_properties, MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL, attempt->will_delay);
    response = MQTTClient_connect5(client, connect, &properties, attempt->will != NULL ? &will_properties : NULL);
    MQTTProperties_free(&properties);
    MQTTProperties_free(&will_properties);
    return response;
}

/* What the settings say goes into Paho's options here: these point to it no longer than this takes. */
static MQTTResponse connect_client(const struct connection_settings *settings, MQTTClient client,
                                   struct attempt *attempt)
{
    const char *uri = attempt->broker->uri;
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;

    connect.connectTimeout = attempt->timeout_s;
    connect.keepAliveInterval = attempt->keep_alive;
    connect.will = attempt->will;
    connect.reliable = 0; /* otherwise, without a maximum, Paho allows one message in flight */
    connect.maxInflightMessages = WINDOW_OF_PAHO;
    connect.username = text_or_null(settings->username);
    connect.password = text_or_null(settings->password);
    connect.serverURIcount = 1;
    connect.serverURIs = (char *const *)&uri;
    if (attempt->broker->has_tls) {
        tls.trustStore = text_or_null(settings->ca_file);
        tls.keyStore = text_or_null(settings->certificate);
        tls.privateKey = text_or_null(settings->key);
        tls.verify = !settings->insecure; /* is the certificate for this host? By default Paho does not look */
        connect.ssl = &tls;
    }
    MQTTResponse response = connect_as(settings, client, &connect, attempt);
    attempt->session_present = connect.returned.sessionPresent != 0;
    return response;
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

/* Once; and once more, where the broker of MQTT 5 wants to hear from us more often than we had in mind (section
 * 3.2.2.3.14): Paho does not look at that. */
static int connect_twice(struct connection *connection, MQTTClient client, struct attempt *attempt, bool *is_sound)
{
    struct limits *limits = &connection->limits;
    int rc = MQTTCLIENT_SUCCESS;

    for (int i = 0; i < 2; i++) {
        MQTTResponse response = connect_client(connection->settings, client, attempt);
        *is_sound = limits_read(limits, response.properties, attempt->session_expiry);
        rc = (int)response.reasonCode;
        MQTTResponse_free(response);
        if (rc == MQTTCLIENT_SUCCESS || rc == MQTTCLIENT_DISCONNECTED) /* accepted: there is one, whatever comes next */
            connection->has_session[connection->broker] = connection->keeps_session && limits->session_expiry > 0;
        bool is_slow = limits->server_keep_alive > 0 && (int)limits->server_keep_alive < attempt->keep_alive;
        if (rc != MQTTCLIENT_SUCCESS || (*is_sound && (!is_slow || i > 0)))
            break;
        stop_requested(); /* who comes here is not stuck in a call, which the alarm would end */
        MQTTClient_disconnect(client, 0);
        if (!*is_sound)
            break;
        attempt->keep_alive = (int)limits->server_keep_alive;
    }
    return rc;
}

bool connection_attempt(struct connection *connection, MQTTClient client, struct diagnosis *diagnosis)
{
    const struct connection_settings *settings = connection->settings;
    MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
    struct attempt attempt = {.broker = connection_broker(connection),
                              .timeout_s = CONNECT_TIMEOUT_S,
                              .keep_alive = connection->keep_alive,
                              .clean = !connection->keeps_session};

    if (connection->keeps_session)
        attempt.session_expiry = settings->session_expiry > 0 ? settings->session_expiry : CUT_S;
    if (connection->will_topic != NULL) {
        will.topicName = connection->will_topic;
        will.message = connection->will_payload;
        will.qos = 1;
        will.retained = 1;
        attempt.will = &will;
        attempt.will_delay = connection->will_delay;
    }
    bool is_sound, had_session = connection->has_session[connection->broker];
    int rc = connect_twice(connection, client, &attempt, &is_sound);
    if (!is_sound) {
        *diagnosis = (struct diagnosis){.status = EX_PROTOCOL, .final = true};
        snprintf(diagnosis->text, sizeof diagnosis->text,
                 "%.200s allows no messages or no bytes in its CONNACK, which MQTT 5 forbids: use another broker",
                 attempt.broker->name);
        return false;
    }
    /* Paho sends again what was in flight before it returns: where that was too much for the broker, or the network, it
     * had accepted the connection all the same, and Paho does not tell whether it knew the session. */
    bool lost_at_once = rc == MQTTCLIENT_DISCONNECTED;
    connection->keep_alive = attempt.keep_alive;
    if (rc != MQTTCLIENT_SUCCESS && !lost_at_once) {
        *diagnosis = explain(connection, rc);
        return false;
    }
    /* With MQTT 5, Paho 1.3.12 always says that there was no session. */
    connection->was_forgotten = had_session && !lost_at_once && !settings->mqtt5 && !attempt.session_present;
    if (connection->was_forgotten)
        connection->forgotten++;
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

void connection_end(struct connection *connection, MQTTClient client)
{
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL}; /* 0: with this packet */
    MQTTProperties properties = MQTTProperties_initializer;
    bool *has_session = &connection->has_session[connection->broker];

    if (!connection->settings->mqtt5 || !*has_session || connection->settings->session_expiry > 0) {
        MQTTClient_disconnect(client, 0);
        return;
    }
    /* Where the connection was lost a moment ago, Paho sends nothing, and returns 0 all the same. */
    bool ends = MQTTProperties_add(&properties, &expiry) == 0 && MQTTClient_isConnected(client);
    int rc = MQTTClient_disconnect5(client, 0, MQTTREASONCODE_NORMAL_DISCONNECTION, &properties);
    *has_session = !ends || rc != MQTTCLIENT_SUCCESS;
    MQTTProperties_free(&properties);
}

bool connection_stays(const struct connection *connection)
{
    return connection->has_session[connection->broker] && connection->settings->session_expiry > 0;
}

/* Paho connects and disconnects sooner with a handle that has no callbacks. */
bool connection_remove_session(struct connection *connection, int broker)
{
    struct attempt attempt = {.broker = &connection->settings->brokers[broker],
                              .timeout_s = REMOVE_TIMEOUT_S,
                              .keep_alive = connection->settings->keep_alive,
                              .clean = true};
    MQTTClient client = NULL;
    bool removed = false;

    if (!connection->has_session[broker])
        return true;
    if (connection_create_client(&client, connection->settings, attempt.broker) == MQTTCLIENT_SUCCESS) {
        MQTTResponse response = connect_client(connection->settings, client, &attempt);
        removed = (int)response.reasonCode == MQTTCLIENT_SUCCESS;
        MQTTResponse_free(response);
    }
    if (removed)
        MQTTClient_disconnect(client, 0);
    MQTTClient_destroy(&client);
    connection->has_session[broker] = !removed;
    return removed;
}
