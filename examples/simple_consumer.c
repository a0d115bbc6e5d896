/* Exercise 1, the consumer: shows the numbers that arrive on any topic.
 *
 * New here: a topic filter, MQTTClient_subscribe, MQTTClient_receive, freeing what was received.
 * Partner:  simple_producer
 * Usage:    simple_consumer [--count N] [--timeout SECONDS] [--topic FILTER]
 */
#include "playground/console.h"
#include "playground/number.h"
#include "playground/options.h"
#include "playground/session.h"

#include <MQTTClient.h>
#include <stdio.h>

#define FILTER "#" /* every topic but those that start with $ */
#define QOS    0   /* the most that the broker may use to deliver to us */

static const struct program program = {
    .purpose = "Shows the numbers that arrive on the topics of its filter.",
    .uses = OPTION_SUBSCRIBE_TOPIC | OPTION_QOS | OPTION_TIMEOUT, /* the options it accepts */
};

/* Called after every connection that is made, the first and each later one. */
static int on_connected(struct session *session, void *context)
{
    const struct options *options = context; /* what main gave to session_create */
    int rc = MQTTClient_subscribe(session->client, options->topic, options->qos);

    return session_subscribed(session, options->topic, rc);
}

static void show_message(const char *topic, const MQTTClient_message *message)
{
    char text[64];
    double temperature;

    if (number_from_text(message->payload, (size_t)message->payloadlen, &temperature)) {
        snprintf(text, sizeof text, "%.15g", temperature);
        console_received(topic, message, text);
    } else {
        console_refused(topic, message, "not a number");
    }
}

int main(int argc, char **argv)
{
    struct options options = {.topic = FILTER, .qos = QOS};
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
