/* Exercise 3, the consumer: shows who the devices are and what they measure.
 *
 * New here: two topic filters with wildcards; telling by the topic what a message is.
 * Partner:  device_producer
 * Usage:    device_consumer [--count N] [--timeout SECONDS]
 */
#include "dto/device_descriptor.h"
#include "dto/message_descriptor.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/topic.h"

#include <MQTTClient.h>
#include <inttypes.h>
#include <stdio.h>

#define INFO_FILTER   "device/+/info"     /* + stands for one level of the topic: any device */
#define SENSOR_FILTER "device/+/sensor/#" /* # stands for all that follows: any sensor of any device */
#define QOS           0                   /* the most that the broker may use to deliver to us */

static const struct program program = {
    .purpose = "Shows the announcements of devices and the readings of their sensors.",
    .uses = OPTION_QOS | OPTION_TIMEOUT, /* the options it accepts */
};

/* Called after every connection that is made, the first and each later one. */
static int on_connected(struct session *session, void *context)
{
    const struct options *options = context; /* what main gave to session_create */
    int rc = MQTTClient_subscribe(session->client, INFO_FILTER, options->qos);

    if (session_subscribed(session, INFO_FILTER, rc) != MQTTCLIENT_SUCCESS)
        return rc;
    rc = MQTTClient_subscribe(session->client, SENSOR_FILTER, options->qos);
    return session_subscribed(session, SENSOR_FILTER, rc);
}

static void show_device_info(const char *topic, const MQTTClient_message *message)
{
    struct device_descriptor device;
    struct dto_status status = device_descriptor_from_json(&device, message->payload, (size_t)message->payloadlen);
    char text[512];

    if (dto_is_ok(status)) {
        snprintf(text, sizeof text, "device %s, producer %s, software version %s", device.device_id, device.producer,
                 device.software_version);
        console_received(topic, message, text);
    } else {
        console_refused(topic, message, status.text);
    }
}

static void show_reading(const char *topic, const MQTTClient_message *message)
{
    struct message_descriptor descriptor;
    struct dto_status status = message_descriptor_from_json(&descriptor, message->payload, (size_t)message->payloadlen);
    char text[512], value[DTO_STRING_SIZE];

    if (dto_is_ok(status)) {
        snprintf(text, sizeof text, "timestamp %" PRId64 ", %s %s", descriptor.timestamp, descriptor.value_type,
                 dto_value_text(&descriptor.value, value));
        console_received(topic, message, text);
    } else {
        console_refused(topic, message, status.text);
    }
}

static void show_message(const char *topic, const MQTTClient_message *message)
{
    if (topic_matches(INFO_FILTER, topic))
        show_device_info(topic, message);
    else
        show_reading(topic, message);
}

int main(int argc, char **argv)
{
    struct options options = {.qos = QOS};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    session_create(&session, &options, SESSION_ONE_THREAD, on_connected, &options);
    session_connect(&session);

    long received = 0;
    while (session_goes_on(&session, received)) {
        char *topic = NULL;
        int topic_length = 0;
        MQTTClient_message *message = NULL;
        MQTTClient_receive(session.client, &topic, &topic_length, &message, session.timeout_ms);
        if (message == NULL)
            continue; /* none came in time, or the connection was lost: session_goes_on makes a new one */
        received++;
        show_message(topic, message);
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    }
    return session_close(&session);
}
