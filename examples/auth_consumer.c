/* Exercise 4, the consumer: shows the numbers that arrive on the topics of one user.
 *
 * New here: a user name and a password; a topic filter below which this user may read. Filters beyond that are
 *           granted too, but the broker withholds the messages.
 * Partner:  auth_producer
 * Usage:    auth_consumer --port 1884 --username NAME --password PASSWORD [--count N] [--timeout SECONDS]
 */
#include "playground/console.h"
#include "playground/number.h"
#include "playground/options.h"
#include "playground/session.h"

#include <MQTTClient.h>
#include <stdio.h>

#define FILTER "/iot/user/%s/#"
#define QOS    0 /* the most that the broker may use to deliver to us */

#define SILENCE_NOTE                                                                                                   \
    "Nothing has arrived so far. Does anybody publish? May this user read these topics? A broker grants a "            \
    "subscription that its access control list forbids, and withholds the messages."

static const struct program program = {
    .purpose = "Shows the numbers that arrive on the topics of a user.",
    .uses = OPTION_NEEDS_USERNAME | OPTION_QOS | OPTION_TIMEOUT, /* the options it accepts */
};

/* Called after every connection that is made, the first and each later one. */
static int on_connected(struct session *session, void *context)
{
    const struct options *options = context; /* what main gave to session_create */
    char filter[OPTIONS_TOPIC_SIZE];

    snprintf(filter, sizeof filter, FILTER, options->connection.username);
    int rc = MQTTClient_subscribe(session->client, filter, options->qos);
    return session_subscribed(session, filter, rc);
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
    struct options options = {.qos = QOS};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    session_create(&session, &options, SESSION_ONE_THREAD, on_connected, &options);
    session.silence_note = SILENCE_NOTE;
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
