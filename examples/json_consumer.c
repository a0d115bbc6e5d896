/* Exercise 2, the consumer: shows the structured messages that arrive on any topic.
 *
 * New here: message_descriptor_from_json, which says of anything else why it is refused.
 * Partner:  json_producer
 * Usage:    json_consumer [--count N] [--timeout SECONDS] [--topic FILTER]
 */
#include "dto/message_descriptor.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"

#include <MQTTClient.h>
#include <inttypes.h>
#include <stdio.h>

#define FILTER "#" /* every topic but those that start with $ */
#define QOS    0   /* the most that the broker may use to deliver to us */

static const struct program program = {
    .purpose = "Shows the JSON messages that arrive on the topics of its filter.",
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
