/* Exercise 7, the smart object of exercise 5 (mqtt_smart_object) with MQTT 5: it answers.
 *
 * New here: an action that names a response topic is answered there, with its correlation data: done, unchanged, or
 *           refused, and why. The will waits: a short loss of the network is no alarm.
 * Partner:  mqtt5_controller
 * Usage:    mqtt5_smart_object [--device-id ID] [--will-delay SECONDS] [--interval SECONDS]
 */
#include "dto/action_descriptor.h"
#include "dto/device_descriptor.h"
#include "dto/event_descriptor.h"
#include "dto/message_descriptor.h"
#include "inbox.h"
#include "playground/console.h"
#include "playground/options.h"
#include "playground/session.h"
#include "playground/switch_actuator.h"
#include "playground/temperature_sensor.h"

#include <MQTTClient.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define BASE_TOPIC        "/device"
#define DEVICE_ID         "device001"
#define INFO_TOPIC        "%s/%s/info"
#define TEMPERATURE_TOPIC "%s/%s/telemetry/temperature"
#define SWITCH_TOPIC      "%s/%s/telemetry/switch"
#define EVENT_TOPIC       "%s/%s/event"
#define PRESENCE_TOPIC    "%s/%s/event/presence"
#define ACTION_FILTER     "%s/%s/action/+"
#define ACTION_TOPIC      "%s/%s/action/switch"
#define ANSWER_FILTER     "%s/%s/answer/+"
#define CLIENT_ID         "%s/%s" /* unless --id names another one */
#define TELEMETRY_QOS     0       /* the next reading makes up for a lost one */
#define EVENT_QOS         1       /* at least once: nothing makes up for a lost event */
#define ACTION_QOS        1
#define RETAINED          1
#define NOT_RETAINED      0

static double alert_above = 35;
static double will_delay = 5;

static const struct option_row own_options[] = {
    {"alert-above", &alert_above, -1000, 1000, "CELSIUS", "Publish an event when the temperature rises above this"},
    {"will-delay", &will_delay, 0, 3600, "SECONDS", "Be back within this long, and nobody hears that we were gone"},
    {0}, /* the end of the list */
};

static const struct program program = {
    .purpose = "A device that publishes telemetry and answers actions. Unless --id names it, its id is its topic.",
    .uses = OPTION_DEVICE_ID | OPTION_BASE_TOPIC | OPTION_INTERVAL | OPTION_SEED,
    .own = own_options,
};

struct smart_object {
    struct options options;
    struct session session;
    struct inbox inbox;
    char presence_topic[OPTIONS_TOPIC_SIZE];
    char will[DTO_JSON_MAX]; /* what the broker publishes there when it has lost us */
    struct temperature_sensor sensor;
    struct switch_actuator heater;
    bool is_hot; /* above alert_above, at the last reading */
};

/* --- other threads: they only put mail into the mailbox; those of Paho's do it in inbox.c ----------------------- */

static void *sensor_thread(void *argument)
{
    struct smart_object *object = argument;
    const enum mail_kind due = READING_DUE;

    do
        mailbox_hand_over(object->inbox.mailbox, &due, sizeof due);
    while (mailbox_sleep(object->inbox.mailbox, object->options.interval));
    return NULL;
}

/* --- the main thread: everything else --------------------------------------------------------------------------- */

static char *make_topic(const struct smart_object *object, char topic[OPTIONS_TOPIC_SIZE], const char *format)
{
    snprintf(topic, OPTIONS_TOPIC_SIZE, format, object->options.base_topic, object->options.device_id);
    return topic;
}

/* Publishes what was written to `payload`, unless that was refused. Returns MQTTCLIENT_SUCCESS if Paho took it. */
static int publish(struct smart_object *object, const char *topic, struct dto_status written, char *payload, int qos,
                   int retained, MQTTProperties *properties)
{
    struct session *session = &object->session;
    MQTTResponse response;

    if (!dto_is_ok(written)) {
        session_fail(session, EX_SOFTWARE, written.text);
        return MQTTCLIENT_FAILURE;
    }
    do {
        response =
            MQTTClient_publish5(session->client, topic, (int)strlen(payload), payload, qos, retained, properties, NULL);
    } while (session_wait_to_retry5(session, &response)); /* true: the connection was lost, and is back */
    if (response.reasonCode == MQTTREASONCODE_SUCCESS)
        console_sent(topic, qos, retained, payload);
    return (int)response.reasonCode;
}

static int publish_device_info(struct smart_object *object)
{
    struct device_descriptor device = {.producer = "MQTT Playground in C", .software_version = PLAYGROUND_VERSION};
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];

    dto_set_string(device.device_id, object->options.device_id);
    struct dto_status written = device_descriptor_to_json(&device, payload, sizeof payload);
    return publish(object, make_topic(object, topic, INFO_TOPIC), written, payload, TELEMETRY_QOS, RETAINED, NULL);
}

static void publish_telemetry(struct smart_object *object, const char *format, const char *type, struct dto_value value)
{
    struct message_descriptor message = {.timestamp = time(NULL), .value = value};
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];

    dto_set_string(message.value_type, type);
    struct dto_status written = message_descriptor_to_json(&message, payload, sizeof payload);
    publish(object, make_topic(object, topic, format), written, payload, TELEMETRY_QOS, NOT_RETAINED, NULL);
}

static void publish_switch(struct smart_object *object)
{
    publish_telemetry(object, SWITCH_TOPIC, DTO_SWITCH, dto_string(object->heater.on ? DTO_SWITCH_ON : DTO_SWITCH_OFF));
}

static struct dto_status write_event(const char *type, struct dto_value value, char payload[DTO_JSON_MAX])
{
    struct event_descriptor event = {.timestamp = time(NULL), .event_value = value};

    dto_set_string(event.event_type, type);
    return event_descriptor_to_json(&event, payload, DTO_JSON_MAX);
}

static int publish_event(struct smart_object *object, const char *format, const char *type, struct dto_value value)
{
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];
    struct dto_status written = write_event(type, value, payload);

    return publish(object, make_topic(object, topic, format), written, payload, EVENT_QOS, RETAINED, NULL);
}

/* Leaves with the broker what it is to publish if we vanish without a word. */
static void leave_will(struct smart_object *object)
{
    struct dto_status written = write_event(DTO_PRESENCE, dto_string(DTO_OFFLINE), object->will);

    make_topic(object, object->presence_topic, PRESENCE_TOPIC);
    if (dto_is_ok(written))
        session_set_will(&object->session, object->presence_topic, object->will);
    else
        session_fail(&object->session, EX_SOFTWARE, written.text);
    session_delay_will(&object->session, (uint32_t)will_delay);
}

static int on_connected(struct session *session, void *context)
{
    struct smart_object *object = context;
    char filter[OPTIONS_TOPIC_SIZE];

    make_topic(object, filter, ACTION_FILTER);
    int rc = session_subscribed5(session, filter, ACTION_QOS,
                                 MQTTClient_subscribe5(session->client, filter, ACTION_QOS, NULL, NULL));
    if (rc == MQTTCLIENT_SUCCESS)
        rc = publish_device_info(object);
    if (rc == MQTTCLIENT_SUCCESS)
        rc = publish_event(object, PRESENCE_TOPIC, DTO_PRESENCE, dto_string(DTO_ONLINE));
    return rc;
}

static void on_reading_due(struct smart_object *object)
{
    double temperature = temperature_sensor_read(&object->sensor, object->heater.on);
    bool was_hot = object->is_hot;

    publish_telemetry(object, TEMPERATURE_TOPIC, DTO_TEMPERATURE_SENSOR, dto_number(temperature));
    object->is_hot = temperature > alert_above;
    if (object->is_hot && !was_hot)
        publish_event(object, EVENT_TOPIC, DTO_OVER_HEATING, dto_number(temperature));
}

/* Tells who has asked what became of it; on the topics for answers of this device alone, which is nobody's relay. */
static void answer(struct smart_object *object, const struct mail *mail, const char *verdict, const char *detail)
{
    char filter[OPTIONS_TOPIC_SIZE], text[DTO_STRING_SIZE + DTO_TEXT_SIZE];
    MQTTProperties properties = MQTTProperties_initializer;

    if (!letter_wants_answer(&mail->letter, make_topic(object, filter, ANSWER_FILTER)))
        return;
    snprintf(text, sizeof text, "%s %s", verdict, detail);
    letter_of_answer(&properties, &mail->letter);
    publish(object, mail->letter.response_topic, (struct dto_status){DTO_OK}, text, ACTION_QOS, NOT_RETAINED,
            &properties);
    MQTTProperties_free(&properties);
}

static void refuse(struct smart_object *object, const struct mail *mail, const char *reason)
{
    console_refused(mail->topic, &mail->message, reason);
    answer(object, mail, "REFUSED", reason);
}

/* Where the switch stands is told in any case: who asks may have missed it. */
static void switch_to(struct smart_object *object, const struct mail *mail, const char *position)
{
    bool on = strcmp(position, DTO_SWITCH_ON) == 0;

    if (!on && strcmp(position, DTO_SWITCH_OFF) != 0) {
        refuse(object, mail, "a switch is " DTO_SWITCH_ON " or " DTO_SWITCH_OFF);
        return;
    }
    console_received(mail->topic, &mail->message, position);
    bool has_changed = switch_turn(&object->heater, on);
    publish_switch(object);
    answer(object, mail, has_changed ? "DONE" : "UNCHANGED", position);
}

static void on_action(struct smart_object *object, const struct mail *mail)
{
    struct action_descriptor action;
    const MQTTClient_message *message = &mail->message;
    struct dto_status status = action_descriptor_from_json(&action, message->payload, (size_t)message->payloadlen);
    char expected[OPTIONS_TOPIC_SIZE];

    make_topic(object, expected, ACTION_TOPIC);
    if (message->retained)
        refuse(object, mail, "a retained action is ignored: it may be old");
    else if (!dto_is_ok(status))
        refuse(object, mail, status.text);
    else if (strcmp(mail->topic, expected) != 0 || strcmp(action.action_type, DTO_SWITCH) != 0)
        refuse(object, mail, "unknown action");
    else
        switch_to(object, mail, action.action_value);
}

/* Takes the mail until the session ends. */
static void run(struct smart_object *object)
{
    struct mail mail;
    long readings = 0;

    if (session_goes_on(&object->session, readings))
        publish_switch(object);
    while (session_goes_on(&object->session, readings)) {
        if (!inbox_take(&object->inbox, &mail, object->session.timeout_ms))
            continue;
        if (mail.kind == READING_DUE) {
            on_reading_due(object);
            readings++;
        } else {
            on_action(object, &mail);
        }
    }
}

int main(int argc, char **argv)
{
    struct smart_object object = {
        .options = {.base_topic = BASE_TOPIC, .device_id = DEVICE_ID, .qos = EVENT_QOS, .interval = 1},
        .options.connection = {.client_id = CLIENT_ID, .mqtt5 = true},
        .heater = {.on = true},
    };
    char *client_id = object.options.connection.client_id;
    pthread_t thread;
    int status;

    if (!options_read(&object.options, &program, argc, argv, &status))
        return status;
    if (strcmp(client_id, CLIENT_ID) == 0)
        snprintf(client_id, CONNECTION_TEXT_SIZE, CLIENT_ID, object.options.base_topic, object.options.device_id);
    object.sensor = temperature_sensor_create((uint64_t)object.options.seed);
    if (!inbox_open(&object.inbox, &object.session))
        return EX_SOFTWARE;
    session_create(&object.session, &object.options, SESSION_CALLBACKS, on_connected, &object);
    MQTTClient_setCallbacks(object.session.client, &object.inbox, on_connection_lost, on_message, NULL);
    leave_will(&object);
    session_connect(&object.session);

    if (pthread_create(&thread, NULL, sensor_thread, &object) == 0) {
        run(&object);
        mailbox_close(object.inbox.mailbox); /* the sensor thread ends */
        pthread_join(thread, NULL);
    } else {
        session_fail(&object.session, EX_SOFTWARE, "the sensor's thread cannot be started");
    }
    if (session_is_connected(&object.session))
        publish_event(&object, PRESENCE_TOPIC, DTO_PRESENCE, dto_string(DTO_OFFLINE));
    status = session_close(&object.session);
    inbox_close(&object.inbox);
    return status;
}
