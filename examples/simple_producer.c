/* Exercise 1, the producer: publishes temperatures as plain numbers.
 *
 * New here: connecting, a topic, MQTTClient_publish at quality of service 0.
 * Partner:  simple_consumer
 * Usage:    simple_producer [--count N] [--interval SECONDS] [--topic TOPIC]
 */
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>

#define TOPIC        "sensor/temperature"
#define QOS          0 /* at most once: nobody acknowledges, a message can get lost */
#define NOT_RETAINED 0 /* the broker keeps no copy for those who subscribe later */

static const struct program program = {
    .purpose = "Publishes the readings of a temperature sensor as plain numbers.",
    .uses = OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_SEED, /* the options it accepts */
};

static void write_reading(struct temperature_sensor *sensor, char *payload, size_t size)
{
    snprintf(payload, size, "%g", temperature_sensor_read(sensor, true /* heating */));
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
        char payload[32];
        int rc;
        write_reading(&sensor, payload, sizeof payload);
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
