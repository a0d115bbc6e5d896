/* Exercise 2, the producer: publishes temperatures as structured messages, in JSON.
 *
 * New here: a descriptor says when the value was measured and what it is; message_descriptor_to_json.
 * Partner:  json_consumer
 * Usage:    json_producer [--count N] [--interval SECONDS] [--topic TOPIC]
 */
#include "dto/message_descriptor.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define TOPIC        "sensor/temperature"
#define QOS          0 /* at most once: nobody acknowledges, a message can get lost */
#define NOT_RETAINED 0 /* the broker keeps no copy for those who subscribe later */

static const struct program program = {
    .purpose = "Publishes the readings of a temperature sensor as JSON messages.",
    .uses = OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_SEED, /* the options it accepts */
};

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
    struct options options = {.topic = TOPIC, .qos = QOS, .count = 1000, .interval = 1};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    session_create(&session, &options, SESSION_ONE_THREAD, NULL, NULL);
    session_connect(&session);

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
            rc = MQTTClient_publish(session.client, options.topic, (int)strlen(payload), payload, options.qos,
                                    NOT_RETAINED, NULL);
        } while (session_wait_to_retry(&session, &rc)); /* true: the connection was lost, and is back; publish again */
        if (rc != MQTTCLIENT_SUCCESS)
            break;
        console_sent(options.topic, options.qos, NOT_RETAINED, payload);
        session_wait(&session, options.interval);
    }
    return session_close(&session);
}
