/* Exercise 3, the producer: a device announces itself, then publishes temperatures on topics of its own.
 *
 * New here: topics made from the device id; a retained message, which the broker keeps for those who come later;
 *           on_connected, which is called after every connection that is made.
 * Partner:  device_consumer
 * Usage:    device_producer [--device-id ID] [--count N] [--interval SECONDS]
 */
#include "dto/device_descriptor.h"
#include "dto/message_descriptor.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define DEVICE_ID         "device001"
#define INFO_TOPIC        "device/%s/info"
#define TEMPERATURE_TOPIC "device/%s/sensor/temperature"
#define QOS               0 /* at most once: nobody acknowledges, a message can get lost */
#define RETAINED          1 /* whoever subscribes later gets the last one at once */
#define NOT_RETAINED      0 /* the broker keeps no copy for those who subscribe later */

static const struct program program = {
    .purpose = "Announces a device, retained, then publishes the readings of its temperature sensor.",
    .uses = OPTION_DEVICE_ID | OPTION_QOS | OPTION_INTERVAL | OPTION_SEED, /* the options it accepts */
};

static int publish_device_info(struct session *session, const char *device_id)
{
    struct device_descriptor device = {.producer = "MQTT Playground in C", .software_version = PLAYGROUND_VERSION};
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];

    dto_set_string(device.device_id, device_id);
    struct dto_status written = device_descriptor_to_json(&device, payload, sizeof payload);
    if (!dto_is_ok(written)) {
        session_fail(session, EX_SOFTWARE, written.text);
        return MQTTCLIENT_FAILURE;
    }
    snprintf(topic, sizeof topic, INFO_TOPIC, device_id);
    int rc = MQTTClient_publish(session->client, topic, (int)strlen(payload), payload, QOS, RETAINED, NULL);
    session_wait_to_retry(session, &rc); /* always false here: on_connected is called again with the next connection */
    if (rc == MQTTCLIENT_SUCCESS)
        console_sent(topic, QOS, RETAINED, payload);
    return rc;
}

static int on_connected(struct session *session, void *context)
{
    const struct options *options = context;

    return publish_device_info(session, options->device_id);
}

static struct dto_status write_reading(struct temperature_sensor *sensor, char *payload, size_t size)
{
    struct message_descriptor message = {
        .timestamp = time(NULL),
        .value_type = DTO_TEMPERATURE_SENSOR,
        .value = dto_number(temperature_sensor_read(sensor, true /* heating */)),
    };

    return message_descriptor_to_json(&message, payload, size);
}

int main(int argc, char **argv)
{
    struct options options = {.device_id = DEVICE_ID, .qos = QOS, .count = 1000, .interval = 1};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    session_create(&session, &options, SESSION_ONE_THREAD, on_connected, &options);
    session_connect(&session);

    char topic[OPTIONS_TOPIC_SIZE];
    snprintf(topic, sizeof topic, TEMPERATURE_TOPIC, options.device_id);
    struct temperature_sensor sensor = temperature_sensor_create((uint64_t)options.seed);
    for (long sent = 0; session_goes_on(&session, sent); sent++) {
        char payload[DTO_JSON_MAX];
        int rc;
        struct dto_status written = write_reading(&sensor, payload, sizeof payload);
        if (!dto_is_ok(written)) {
            session_fail(&session, EX_SOFTWARE, written.text);
            break;
        }
        do { /* the last argument: no need for the token by which one could wait for this delivery */
            rc = MQTTClient_publish(session.client, topic, (int)strlen(payload), payload, options.qos, NOT_RETAINED,
                                    NULL);
        } while (session_wait_to_retry(&session, &rc)); /* true: the connection was lost, and is back; publish again */
        if (rc != MQTTCLIENT_SUCCESS)
            break;
        console_sent(topic, options.qos, NOT_RETAINED, payload);
        session_wait(&session, options.interval);
    }
    return session_close(&session);
}
