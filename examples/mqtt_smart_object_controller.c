/* Exercise 5, the controller: keeps a smart object from over-heating.
 *
 * New here: deciding on what others measure; a timer, which lets the main thread go on instead of waiting.
 * Partner:  mqtt_smart_object
 * Usage:    mqtt_smart_object_controller [--device-id ID] [--threshold CELSIUS] [--off-seconds SECONDS]
 */
#include "dto/action_descriptor.h"
#include "dto/device_descriptor.h"
#include "dto/event_descriptor.h"
#include "dto/message_descriptor.h"
#include "inbox.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/timer.h"

#include <MQTTClient.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define BASE_TOPIC       "/device"
#define DEVICE_ID        "device001"
#define INFO_TOPIC       "%s/%s/info"
#define TELEMETRY_FILTER "%s/%s/telemetry/#"
#define EVENT_TOPIC      "%s/%s/event"
#define PRESENCE_TOPIC   "%s/%s/event/presence"
#define ACTION_TOPIC     "%s/%s/action/switch"
#define QOS              1
#define NOT_RETAINED     0 /* a command is for now, not for whoever subscribes tomorrow */

static double threshold = 37;
static double off_seconds = 10;

static const struct option_row own_options[] = {
    {"threshold", &threshold, -1000, 1000, "CELSIUS", "Switch off when the temperature is above this"},
    {"off-seconds", &off_seconds, 0, 86400, "SECONDS", "Switch on again after this long"},
    {0},
};

static const struct program program = {
    .purpose = "Watches a smart object, switches it off when it is too hot, and on again after a while.",
    .uses = OPTION_DEVICE_ID | OPTION_BASE_TOPIC | OPTION_TIMEOUT,
    .own = own_options,
};

struct controller {
    struct options options;
    struct session session;
    struct inbox inbox;
    struct timer timer;
    bool is_off; /* we switched the object off, and the timer runs */
};

/* --- other threads: they only put mail into the mailbox; those of Paho's do it in inbox.c ----------------------- */

static void on_timer(void *argument)
{
    struct controller *controller = argument;
    const enum mail_kind due = SWITCH_ON_DUE;

    mailbox_hand_over(controller->inbox.mailbox, &due, sizeof due);
}

/* --- the main thread: everything else --------------------------------------------------------------------------- */

static void make_topic(const struct controller *controller, char topic[OPTIONS_TOPIC_SIZE], const char *format)
{
    snprintf(topic, OPTIONS_TOPIC_SIZE, format, controller->options.base_topic, controller->options.device_id);
}

static int on_connected(struct session *session, void *context)
{
    static const char *const formats[] = {INFO_TOPIC, TELEMETRY_FILTER, EVENT_TOPIC, PRESENCE_TOPIC};
    int rc = MQTTCLIENT_SUCCESS;

    for (size_t i = 0; i < sizeof formats / sizeof *formats && rc == MQTTCLIENT_SUCCESS; i++) {
        char filter[OPTIONS_TOPIC_SIZE];
        make_topic(context, filter, formats[i]);
        rc = session_subscribed(session, filter, MQTTClient_subscribe(session->client, filter, QOS));
    }
    return rc;
}

static void send_switch(struct controller *controller, const char *position)
{
    struct session *session = &controller->session;
    struct action_descriptor action = {.action_type = DTO_SWITCH};
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];
    int rc;

    dto_set_string(action.action_value, position);
    struct dto_status written = action_descriptor_to_json(&action, payload, sizeof payload);
    if (!dto_is_ok(written)) {
        session_fail(session, EX_SOFTWARE, written.text);
        return;
    }
    make_topic(controller, topic, ACTION_TOPIC);
    do {
        rc = MQTTClient_publish(session->client, topic, (int)strlen(payload), payload, QOS, NOT_RETAINED, NULL);
    } while (session_wait_to_retry(session, &rc)); /* true: the connection was lost, and is back; publish again */
    if (rc == MQTTCLIENT_SUCCESS)
        console_sent(topic, QOS, NOT_RETAINED, payload);
}

/* While the timer runs, further hot readings change nothing. */
static void decide(struct controller *controller, double temperature)
{
    if (controller->is_off || temperature <= threshold)
        return;
    send_switch(controller, DTO_SWITCH_OFF);
    if (timer_start(&controller->timer, off_seconds, on_timer, controller) == 0)
        controller->is_off = true;
    else
        session_fail(&controller->session, EX_SOFTWARE, "the timer cannot be started");
}

static void on_switch_on_due(struct controller *controller)
{
    timer_join(&controller->timer); /* it has run: this frees what it holds */
    controller->is_off = false;
    send_switch(controller, DTO_SWITCH_ON);
}

static struct dto_status on_device_info(const char *topic, const MQTTClient_message *message)
{
    struct device_descriptor device;
    struct dto_status status = device_descriptor_from_json(&device, message->payload, (size_t)message->payloadlen);
    char text[512];

    if (!dto_is_ok(status))
        return status;
    snprintf(text, sizeof text, "device %s, producer %s, software version %s", device.device_id, device.producer,
             device.software_version);
    console_received(topic, message, text);
    return status;
}

static struct dto_status on_event(const char *topic, const MQTTClient_message *message)
{
    struct event_descriptor event;
    struct dto_status status = event_descriptor_from_json(&event, message->payload, (size_t)message->payloadlen);
    char text[512], value[DTO_STRING_SIZE];

    if (!dto_is_ok(status))
        return status;
    snprintf(text, sizeof text, "timestamp %" PRId64 ", %s %s", event.timestamp, event.event_type,
             dto_value_text(&event.event_value, value));
    console_received(topic, message, text);
    return status;
}

static struct dto_status on_telemetry(struct controller *controller, const char *topic,
                                      const MQTTClient_message *message)
{
    struct message_descriptor reading;
    struct dto_status status = message_descriptor_from_json(&reading, message->payload, (size_t)message->payloadlen);
    char text[512], value[DTO_STRING_SIZE];

    if (!dto_is_ok(status))
        return status;
    snprintf(text, sizeof text, "timestamp %" PRId64 ", %s %s", reading.timestamp, reading.value_type,
             dto_value_text(&reading.value, value));
    console_received(topic, message, text);
    /* A retained reading tells how hot it was, not how hot it is. */
    if (!message->retained && strcmp(reading.value_type, DTO_TEMPERATURE_SENSOR) == 0 &&
        reading.value.type == DTO_NUMBER)
        decide(controller, reading.value.as.number);
    return status;
}

static void on_received(struct controller *controller, const char *topic, const MQTTClient_message *message)
{
    char info[OPTIONS_TOPIC_SIZE], event[OPTIONS_TOPIC_SIZE], presence[OPTIONS_TOPIC_SIZE];
    struct dto_status status;

    make_topic(controller, info, INFO_TOPIC);
    make_topic(controller, event, EVENT_TOPIC);
    make_topic(controller, presence, PRESENCE_TOPIC);
    if (strcmp(topic, info) == 0)
        status = on_device_info(topic, message);
    else if (strcmp(topic, event) == 0 || strcmp(topic, presence) == 0)
        status = on_event(topic, message);
    else
        status = on_telemetry(controller, topic, message);
    if (!dto_is_ok(status))
        console_refused(topic, message, status.text);
}

/* Takes the mail until the session ends. */
static void run(struct controller *controller)
{
    struct mail mail;
    long received = 0;

    while (session_goes_on(&controller->session, received)) {
        if (!inbox_take(&controller->inbox, &mail, controller->session.timeout_ms))
            continue;
        if (mail.kind == SWITCH_ON_DUE) {
            on_switch_on_due(controller);
        } else {
            on_received(controller, mail.topic, &mail.message);
            received++;
        }
    }
}

int main(int argc, char **argv)
{
    struct controller controller = {.options = {.base_topic = BASE_TOPIC, .device_id = DEVICE_ID, .qos = QOS}};
    int status;

    if (!options_read(&controller.options, &program, argc, argv, &status))
        return status;
    if (!inbox_open(&controller.inbox, &controller.session))
        return EX_SOFTWARE;
    session_create(&controller.session, &controller.options, SESSION_CALLBACKS, on_connected, &controller);
    MQTTClient_setCallbacks(controller.session.client, &controller.inbox, on_connection_lost, on_message, NULL);
    session_connect(&controller.session);

    run(&controller);
    mailbox_close(controller.inbox.mailbox);
    if (controller.is_off) {
        timer_cancel(&controller.timer);
        timer_join(&controller.timer);
        console_note("%s stays switched off", controller.options.device_id);
    }
    status = session_close(&controller.session);
    inbox_close(&controller.inbox);
    return status;
}
