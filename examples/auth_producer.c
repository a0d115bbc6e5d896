/* Exercise 4, the producer: publishes temperatures on the topics of one user.
 *
 * New here: a user name and a password, which the broker asks for on port 1884; a topic that holds the user name,
 *           which is all that the broker's access control list lets this user write to.
 * Partner:  auth_consumer
 * Usage:    auth_producer --port 1884 --username NAME --password PASSWORD [--count N] [--interval SECONDS]
 */
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>

#define TOPIC        "/iot/user/%s/sensor/temperature"
#define QOS          0 /* at most once: nobody acknowledges, a message can get lost */
#define NOT_RETAINED 0 /* the broker keeps no copy for those who subscribe later */

static const struct program program = {
    .purpose = "Publishes the readings of a temperature sensor on the topics of a user.",
    .uses = OPTION_NEEDS_USERNAME | OPTION_QOS | OPTION_INTERVAL | OPTION_SEED, /* the options it accepts */
};

static void write_reading(struct temperature_sensor *sensor, char *payload, size_t size)
{
    snprintf(payload, size, "%g", temperature_sensor_read(sensor, true /* heating */));
}

int main(int argc, char **argv)
{
    struct options options = {.qos = QOS, .count = 1000, .interval = 1};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    session_create(&session, &options, SESSION_ONE_THREAD, NULL, NULL);
    session_connect(&session);

    char topic[OPTIONS_TOPIC_SIZE];
    snprintf(topic, sizeof topic, TOPIC, options.connection.username);
    struct temperature_sensor sensor = temperature_sensor_create((uint64_t)options.seed);
    for (long sent = 0; session_goes_on(&session, sent); sent++) {
        char payload[32];
        int rc;
        write_reading(&sensor, payload, sizeof payload);
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
