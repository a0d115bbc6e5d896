/* Exercise 7, the controller of exercise 5 (mqtt_smart_object_controller) with MQTT 5: it wants an answer.
 *
 * New here: a request that names a topic for its answer, a mark by which that is known again (correlation data), and
 *           its end (message expiry); asking again, see requests.h, until the telemetry says that it is so.
 * Partner:  mqtt5_smart_object
 * Usage:    mqtt5_controller [--device-id ID] [--threshold CELSIUS] [--off-seconds SECONDS] [--answer-within SECONDS]
 */
#include "dto/action_descriptor.h"
#include "dto/device_descriptor.h"
#include "dto/event_descriptor.h"
#include "dto/message_descriptor.h"
#include "inbox.h"
#include "letter.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/options.h"
#include "playground/random.h"
#include "playground/session.h"
#include "playground/timer.h"
#include "requests.h"

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
#define ANSWER_TOPIC     "%s/%s/answer/controller-%08x" /* nobody else's */
#define EXPIRY_SECONDS   5 /* a command that has waited for longer is not to be obeyed any more */
#define QOS              1
#define NOT_RETAINED     0 /* a command is for now, not for whoever subscribes tomorrow */

static double threshold = 37, off_seconds = 10, answer_within = 2;

static const struct option_row own_options[] = {
    {"threshold", &threshold, -1000, 1000, "CELSIUS", "Switch off when the temperature is above this"},
    {"off-seconds", &off_seconds, 0, 86400, "SECONDS", "Switch on again after this long"},
    {"answer-within", &answer_within, 0.01, 3600, "SECONDS", "An answer that takes longer is missed"},
    {0},
};

static const struct program program = {
    .purpose = "Switches a smart object off when it is too hot, and on again, and asks until it is.",
    .uses = OPTION_DEVICE_ID | OPTION_BASE_TOPIC | OPTION_TIMEOUT,
    .own = own_options,
};

struct controller {
    struct options options;
    struct session session;
    struct inbox inbox;
    struct timer timer;
    bool is_off;                           /* we switched the object off, and the timer runs */
    char answer_topic[OPTIONS_TOPIC_SIZE]; /* where the answers to our requests arrive */
    struct requests requests;
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

static int subscribe(struct session *session, const char *filter)
{
    return session_subscribed5(session, filter, QOS, MQTTClient_subscribe5(session->client, filter, QOS, NULL, NULL));
}

static int on_connected(struct session *session, void *context)
{
    static const char *const formats[] = {INFO_TOPIC, TELEMETRY_FILTER, EVENT_TOPIC, PRESENCE_TOPIC};
    const struct controller *controller = context;
    int rc = subscribe(session, controller->answer_topic);

    for (size_t i = 0; i < sizeof formats / sizeof *formats && rc == MQTTCLIENT_SUCCESS; i++) {
        char filter[OPTIONS_TOPIC_SIZE];
        make_topic(controller, filter, formats[i]);
        rc = subscribe(session, filter);
    }
    return rc;
}

static void send_request(struct controller *controller, const struct request *request)
{
    struct session *session = &controller->session;
    struct action_descriptor action = {.action_type = DTO_SWITCH};
    char topic[OPTIONS_TOPIC_SIZE], payload[DTO_JSON_MAX];
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTResponse response;

    dto_set_string(action.action_value, request->position == POSITION_ON ? DTO_SWITCH_ON : DTO_SWITCH_OFF);
    struct dto_status written = action_descriptor_to_json(&action, payload, sizeof payload);
    if (!dto_is_ok(written)) {
        session_fail(session, EX_SOFTWARE, written.text);
        return;
    }
    make_topic(controller, topic, ACTION_TOPIC);
    letter_of_request(&properties, controller->answer_topic, request->correlation, EXPIRY_SECONDS);
    do {
        response = MQTTClient_publish5(session->client, topic, (int)strlen(payload), payload, QOS, NOT_RETAINED,
                                       &properties, NULL);
    } while (session_wait_to_retry5(session, &response)); /* true: the connection was lost, and is back */
    if (response.reasonCode == MQTTREASONCODE_SUCCESS)
        console_sent(topic, QOS, NOT_RETAINED, payload);
    MQTTProperties_free(&properties);
}

/* Says what was not answered in time, and sends what is to be sent. */
static void ask(struct controller *controller)
{
    struct requests *requests = &controller->requests;
    const struct request *request;

    while ((request = requests_overdue(requests, monotonic_us())) != NULL)
        console_note("%s has not answered request %" PRIu32 " (%s) within %g s", controller->options.device_id,
                     request->number, position_name(request->position), answer_within);
    if ((request = requests_next(requests, monotonic_us())) != NULL) {
        send_request(controller, request);
        requests_sent(requests, monotonic_us());
    }
}

/* While the timer runs, further hot readings change nothing. */
static void decide(struct controller *controller, double temperature)
{
    if (controller->is_off || temperature <= threshold)
        return;
    requests_want(&controller->requests, POSITION_OFF);
    if (timer_start(&controller->timer, off_seconds, on_timer, controller) == 0)
        controller->is_off = true;
    else
        session_fail(&controller->session, EX_SOFTWARE, "the timer cannot be started");
}

static void on_switch_on_due(struct controller *controller)
{
    timer_join(&controller->timer); /* it has run: this frees what it holds */
    controller->is_off = false;
    requests_want(&controller->requests, POSITION_ON);
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

/* Whose it is, its correlation data says, and nothing else. */
static struct dto_status on_answer(struct controller *controller, const struct mail *mail)
{
    const MQTTClient_message *message = &mail->message;
    char text[512];
    bool is_refusal = message->payloadlen >= 8 && memcmp(message->payload, "REFUSED ", 8) == 0;
    const struct request *request =
        requests_answered(&controller->requests, mail->letter.correlation, mail->letter.correlation_size, is_refusal);

    snprintf(text, sizeof text, "answer %" PRIu32 ", %.*s", request != NULL ? request->number : 0, message->payloadlen,
             (const char *)message->payload);
    if (request != NULL)
        console_received(mail->topic, message, text);
    else
        console_refused(mail->topic, message, "an answer that nobody has asked for");
    return (struct dto_status){.rule = DTO_OK};
}

static struct dto_status on_event(struct controller *controller, const char *topic, const MQTTClient_message *message)
{
    struct event_descriptor event;
    struct dto_status status = event_descriptor_from_json(&event, message->payload, (size_t)message->payloadlen);
    char text[512], value[DTO_STRING_SIZE];

    if (!dto_is_ok(status))
        return status;
    snprintf(text, sizeof text, "timestamp %" PRId64 ", %s %s", event.timestamp, event.event_type,
             dto_value_text(&event.event_value, value));
    console_received(topic, message, text);
    if (strcmp(event.event_type, DTO_PRESENCE) == 0 && event.event_value.type == DTO_STRING)
        requests_presence(&controller->requests, event.event_value.as.string);
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
    if (message->retained)
        return status; /* it tells how hot it was, not how hot it is */
    requests_sign_of_life(&controller->requests);
    if (strcmp(reading.value_type, DTO_TEMPERATURE_SENSOR) == 0 && reading.value.type == DTO_NUMBER)
        decide(controller, reading.value.as.number);
    if (strcmp(reading.value_type, DTO_SWITCH) == 0 && reading.value.type == DTO_STRING)
        requests_said(&controller->requests, reading.value.as.string);
    return status;
}

static void on_received(struct controller *controller, const struct mail *mail)
{
    const char *topic = mail->topic;
    const MQTTClient_message *message = &mail->message;
    char info[OPTIONS_TOPIC_SIZE], event[OPTIONS_TOPIC_SIZE], presence[OPTIONS_TOPIC_SIZE];
    struct dto_status status;

    make_topic(controller, info, INFO_TOPIC);
    make_topic(controller, event, EVENT_TOPIC);
    make_topic(controller, presence, PRESENCE_TOPIC);
    if (strcmp(topic, controller->answer_topic) == 0)
        status = on_answer(controller, mail);
    else if (strcmp(topic, info) == 0)
        status = on_device_info(topic, message);
    else if (strcmp(topic, event) == 0 || strcmp(topic, presence) == 0)
        status = on_event(controller, topic, message);
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
        ask(controller);
        if (!inbox_take(&controller->inbox, &mail,
                        requests_wait_ms(&controller->requests, monotonic_us(), controller->session.timeout_ms)))
            continue;
        if (mail.kind == SWITCH_ON_DUE) {
            on_switch_on_due(controller);
        } else {
            on_received(controller, &mail);
            received++;
        }
    }
}

int main(int argc, char **argv)
{
    struct controller controller = {.options = {.base_topic = BASE_TOPIC, .device_id = DEVICE_ID, .qos = QOS},
                                    .options.connection.mqtt5 = true};
    int status;

    if (!options_read(&controller.options, &program, argc, argv, &status))
        return status;
    requests_init(&controller.requests, monotonic_span_us(answer_within), random_bits());
    snprintf(controller.answer_topic, sizeof controller.answer_topic, ANSWER_TOPIC, controller.options.base_topic,
             controller.options.device_id, (unsigned)controller.requests.mark);
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
    }
    requests_tell(&controller.requests, controller.options.device_id, session_is_connected(&controller.session));
    status = session_close(&controller.session);
    inbox_close(&controller.inbox);
    return status;
}
