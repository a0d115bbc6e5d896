/* Exercise 6, the consumer: shows the numbers that arrive on the topics of one user, and what is known of each.
 *
 * New here: MQTT 5. What a message is, its unit and how long it is worth something stand in its properties. The broker
 *           keeps the session for as long as it is asked to, and what arrives meanwhile.
 * Partner:  mqtt5_producer; the twin in MQTT 3.1.1 is auth_consumer
 * Usage:    mqtt5_consumer --port 1884 --username NAME --password PASSWORD [--id ID --session-expiry SECONDS]
 */
#include "playground/console.h"
#include "playground/number.h"
#include "playground/options.h"
#include "playground/properties.h"
#include "playground/session.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <string.h>

#define FILTER  "/iot/user/%s/#"
#define QOS     1 /* the most that the broker may use to deliver to us; it keeps nothing at QoS 0 for who is away */
#define IS_UTF8 1 /* a payload format (section 3.3.2.3.2) */

#define SILENCE_NOTE                                                                                                   \
    "Nothing has arrived so far. Does anybody publish? May this user read these topics? A broker grants a "            \
    "subscription that its access control list forbids, and withholds the messages."

static double session_expiry;

static const struct option_row own_options[] = {
    {"session-expiry", &session_expiry, 0, INT32_MAX, "SECONDS",
     "How long the broker keeps the session once the program has ended; 0: not at all"},
    {0}, /* the end of the list */
};

static const struct program program = {
    .purpose = "Shows the numbers that arrive on the topics of a user, with their properties of MQTT 5.",
    .uses = OPTION_NEEDS_USERNAME | OPTION_SUBSCRIBE_TOPIC | OPTION_QOS | OPTION_TIMEOUT,
    .own = own_options,
};

/* Called after every connection that is made, the first and each later one. */
static int on_connected(struct session *session, void *context)
{
    const struct options *options = context; /* what main gave to session_create */
    char filter[OPTIONS_TOPIC_SIZE];

    if (options->topic[0] != '\0')
        snprintf(filter, sizeof filter, "%s", options->topic);
    else
        snprintf(filter, sizeof filter, FILTER, options->connection.username);
    MQTTResponse response = MQTTClient_subscribe5(session->client, filter, options->qos, NULL, NULL);
    return session_subscribed5(session, filter, options->qos, response);
}

/* --- what is known of a message: the text has an end, whatever comes ------------------------------------------- */

enum { TEXT_SIZE = 512 };

static void add_bytes(char text[TEXT_SIZE], const char *bytes, size_t length)
{
    size_t end = strlen(text);

    for (; length > 0 && end < TEXT_SIZE - 1; bytes++, length--, end++) {
        text[end] = *bytes; /* whatever it is, the console makes it harmless */
        if (*bytes == '\0')
            text[end] = ' ';
    }
    text[end] = '\0';
    if (length > 0)
        memcpy(text + TEXT_SIZE - sizeof "...", "...", sizeof "...");
}

static void add_text(char text[TEXT_SIZE], const char *more)
{
    add_bytes(text, more, strlen(more));
}

static void add_properties(char text[TEXT_SIZE], const MQTTProperties *properties)
{
    uint32_t format = 0, expiry;
    size_t length;
    MQTTLenString name, value;
    const char *content_type = properties_bytes(properties, MQTTPROPERTY_CODE_CONTENT_TYPE, &length);

    if (content_type != NULL) {
        add_text(text, ", ");
        add_bytes(text, content_type, length);
    }
    if (properties_number(properties, MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, &format) && format == IS_UTF8)
        add_text(text, ", UTF-8");
    if (properties_number(properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, &expiry)) {
        char seconds[32];
        snprintf(seconds, sizeof seconds, ", expires in %lu s", (unsigned long)expiry);
        add_text(text, seconds);
    }
    for (int i = 0; properties_pair(properties, i, &name, &value) && strlen(text) < TEXT_SIZE - 1; i++) {
        add_text(text, ", ");
        add_bytes(text, name.data, (size_t)name.len);
        add_text(text, "=");
        add_bytes(text, value.data, (size_t)value.len);
    }
}

static void show_message(const char *topic, const MQTTClient_message *message)
{
    char text[TEXT_SIZE];
    double temperature;

    if (number_from_text(message->payload, (size_t)message->payloadlen, &temperature)) {
        snprintf(text, sizeof text, "%.15g", temperature);
        add_properties(text, &message->properties);
        console_received(topic, message, text);
    } else {
        console_refused(topic, message, "not a number");
    }
}

int main(int argc, char **argv)
{
    struct options options = {.connection.mqtt5 = true, .qos = QOS};
    struct session session;
    int status;

    if (!options_read(&options, &program, argc, argv, &status))
        return status;
    options.connection.session_expiry = (uint32_t)session_expiry;
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
