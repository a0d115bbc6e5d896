/* Exercise 6, the producer: publishes temperatures that say what they are, and hears if it may not.
 *
 * New here: MQTT 5. Properties travel with every message. The broker acknowledges it with a reason, which the session
 *           tells. A topic alias stands for the topic, at QoS 0, once the broker has had both on this connection.
 * Partner:  mqtt5_consumer; the twin in MQTT 3.1.1 is auth_producer
 * Usage:    mqtt5_producer --port 1884 --username NAME --password PASSWORD [--topic TOPIC] [--expiry SECONDS]
 */
#include "playground/console.h"
#include "playground/options.h"
#include "playground/properties.h"
#include "playground/session.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define TOPIC        "/iot/user/%s/sensor/temperature"
#define QOS          1 /* at least once: only what is acknowledged can be denied with a reason */
#define NOT_RETAINED 0 /* the broker keeps no copy for those who subscribe later */
#define CONTENT_TYPE "text/plain"
#define IS_UTF8      1 /* a payload format (section 3.3.2.3.2) */

static double expiry = 60, topic_alias;

static const struct option_row own_options[] = {
    {"expiry", &expiry, 0, INT32_MAX, "SECONDS", "How long a message is worth being delivered; 0: for ever"},
    {"topic-alias", &topic_alias, 0, UINT16_MAX, "N", "At QoS 0: a number that stands for the topic; 0: none"},
    {0}, /* the end of the list */
};

static const struct program program = {
    .purpose = "Publishes the readings of a temperature sensor with properties of MQTT 5, and says why one is denied.",
    .uses = OPTION_NEEDS_USERNAME | OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_SEED,
    .own = own_options,
};

/* What goes with every message on the present connection. */
struct outgoing {
    MQTTProperties properties;
    bool has_alias;   /* one of the properties is the topic's alias */
    bool knows_alias; /* and the broker has had the topic with it: the topic may be left out */
};

static bool add_properties(MQTTProperties *properties, bool has_alias)
{
    return properties_add_number(properties, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, IS_UTF8) &&
           properties_add_text(properties, MQTTPROPERTY_CODE_CONTENT_TYPE, CONTENT_TYPE) &&
           properties_add_pair(properties, "unit", "Celsius") &&
           (expiry < 1 ||
            properties_add_number(properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, (uint32_t)expiry)) &&
           (!has_alias || properties_add_number(properties, MQTTPROPERTY_CODE_TOPIC_ALIAS, (uint32_t)topic_alias));
}

/* Called after every connection that is made, the first and each later one: what the broker knows of an alias ends with
 * the connection, and so does what it has said about the highest. */
static int on_connected(struct session *session, void *context)
{
    struct outgoing *outgoing = context; /* what main gave to session_create */

    MQTTProperties_free(&outgoing->properties);
    outgoing->has_alias = topic_alias >= 1 && topic_alias <= session->topic_alias_maximum;
    outgoing->knows_alias = false;
    if (topic_alias > session->topic_alias_maximum)
        console_note("Without the topic alias: the highest that this broker takes is %d", session->topic_alias_maximum);
    if (add_properties(&outgoing->properties, outgoing->has_alias))
        return MQTTCLIENT_SUCCESS;
    session_fail(session, EX_SOFTWARE, "there is no memory for the properties");
    return MQTTCLIENT_FAILURE;
}

static void write_reading(struct temperature_sensor *sensor, char *payload, size_t size)
{
    snprintf(payload, size, "%g", temperature_sensor_read(sensor, true /* heating */));
}

int main(int argc, char **argv)
{
    struct options options = {.connection.mqtt5 = true, .qos = QOS, .count = 1000, .interval = 1};
    struct outgoing outgoing = {.properties = MQTTProperties_initializer};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    if (topic_alias > 0 && options.qos > 0) {
        console_error(
            "--topic-alias needs --qos 0: a message that is sent again comes over a connection without aliases");
        return EX_USAGE;
    }
    session_create(&session, &options, SESSION_ONE_THREAD, on_connected, &outgoing);
    session_connect(&session);

    char topic[OPTIONS_TOPIC_SIZE];
    if (options.topic[0] != '\0')
        snprintf(topic, sizeof topic, "%s", options.topic);
    else
        snprintf(topic, sizeof topic, TOPIC, options.connection.username);
    struct temperature_sensor sensor = temperature_sensor_create((uint64_t)options.seed);
    for (long sent = 0; session_goes_on(&session, sent); sent++) {
        char payload[32];
        MQTTResponse response;
        write_reading(&sensor, payload, sizeof payload);
        do { /* the last argument: no need for the token by which one could wait for this delivery */
            response = MQTTClient_publish5(session.client, outgoing.knows_alias ? "" : topic, (int)strlen(payload),
                                           payload, options.qos, NOT_RETAINED, &outgoing.properties, NULL);
            outgoing.knows_alias = outgoing.has_alias && response.reasonCode == MQTTREASONCODE_SUCCESS;
        } while (session_wait_to_retry5(&session, &response)); /* true: a new connection; publish again */
        if (response.reasonCode != MQTTREASONCODE_SUCCESS)
            break;
        console_sent(topic, options.qos, NOT_RETAINED, payload); /* whether it is denied comes later */
        session_wait(&session, options.interval);
    }
    MQTTProperties_free(&outgoing.properties);
    return session_close(&session);
}
