/* The model programs, as the examples have them: simple_producer, simple_consumer, the same with an answer to each
 * message, and mqtt_smart_object in callback mode with its mailbox. What is left out is what the messages mean. */
#include "programs.h"

#include "fake_paho.h"
#include "playground/console.h"
#include "playground/mailbox.h"
#include "playground/session.h"
#include "rules.h"
#include "schedule.h"
#include "world.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { MAIL = 8192, AT_ONCE_US = 1000 };

static struct {
    struct session session;
    struct mailbox *mailbox;
    int next; /* the number of the next message */
    bool sensor_has_ended;
    int64_t taken_us; /* when the last reading was taken out of the mailbox */
    /* What the mailbox took of the messages, and what it gave back. */
    unsigned put, taken, refused;
    int numbers[MAIL];
} self;

static const struct options *const options = &schedule.options;

static int64_t published_us;

static void note_published(int number, int rc, int qos)
{
    program.was_put[number] = program.was_put[number] || (rc == MQTTCLIENT_SUCCESS && qos > 0);
    published_us = world_now();
}

static int publish_text(int number, const char *payload, int qos)
{
    int rc;

    do {
        rc = MQTTClient_publish(self.session.client, options->topic, (int)strlen(payload), payload, qos, 0, NULL);
        note_published(number, rc, qos);
    } while (session_wait_to_retry(&self.session, &rc));
    return rc;
}

static int publish_text5(int number, const char *payload, int qos)
{
    MQTTResponse response;

    do {
        response =
            MQTTClient_publish5(self.session.client, options->topic, (int)strlen(payload), payload, qos, 0, NULL, NULL);
        note_published(number, (int)response.reasonCode, qos);
    } while (session_wait_to_retry5(&self.session, &response));
    return (int)response.reasonCode;
}

/* Publishes the next number, as the examples publish. */
static int publish(int qos)
{
    char payload[16];
    int number = self.next++;

    if (number >= NUMBERS)
        abort();
    snprintf(payload, sizeof payload, "%d", number);
    int rc = (options->connection.mqtt5 ? publish_text5 : publish_text)(number, payload, qos);
    if (program.beginning > 0 && world_now() - published_us > AT_ONCE_US)
        broken("what on_connected announces does not wait for room", "%.3f s",
               (double)(world_now() - published_us) / 1e6);
    if (rc == MQTTCLIENT_SUCCESS) {
        console_sent(options->topic, options->qos, false, payload);
        program.sent++;
    }
    return rc;
}

static int subscribe(const char *filter, int qos)
{
    struct session *session = &self.session;

    if (options->connection.mqtt5)
        return session_subscribed5(session, filter, qos,
                                   MQTTClient_subscribe5(session->client, filter, qos, NULL, NULL));
    return session_subscribed(session, filter, MQTTClient_subscribe(session->client, filter, qos));
}

static int close_session(void)
{
    program.is_closing = true;
    program.closing_us = world_now();
    return session_close(&self.session);
}

/* --- the producer ---------------------------------------------------------------------------------------------- */

static bool program_fails(struct session *session)
{
    if (!fault_strikes(PROGRAM_FAILS))
        return false;
    program.has_failed = true;
    session_fail(session, EX_SOFTWARE, "the program has a reason of its own");
    return true;
}

static int on_producer_connected(struct session *session, void *context)
{
    (void)context;
    rule_begins();
    int rc = program_fails(session) ? MQTTCLIENT_FAILURE : MQTTCLIENT_SUCCESS;
    rule_has_begun(rc);
    return rc;
}

static int produce(void)
{
    struct session *session = &self.session;

    session_create(session, options, SESSION_ONE_THREAD, on_producer_connected, NULL);
    session_connect(session);
    for (long sent = 0; session_goes_on(session, sent); sent++) {
        rule_paced();
        if (publish(options->qos) != MQTTCLIENT_SUCCESS)
            break;
        session_wait(session, options->interval);
    }
    return close_session();
}

/* --- the consumer, and who answers ----------------------------------------------------------------------------- */

static int on_consumer_connected(struct session *session, void *context)
{
    (void)context;
    rule_begins();
    int rc = subscribe(options->topic, options->qos);
    if (rc == MQTTCLIENT_SUCCESS && program_fails(session))
        rc = MQTTCLIENT_FAILURE;
    rule_has_begun(rc);
    return rc;
}

static int consume(void)
{
    struct session *session = &self.session;

    session_create(session, options, SESSION_ONE_THREAD, on_consumer_connected, NULL);
    session->silence_note = SILENCE_NOTE;
    session_connect(session);
    while (session_goes_on(session, program.received)) {
        char *topic = NULL;
        int topic_length = 0;
        MQTTClient_message *message = NULL;
        rule_goes_on();
        program_receives = true;
        MQTTClient_receive(session->client, &topic, &topic_length, &message, session->timeout_ms);
        program_receives = false;
        if (message == NULL)
            continue;
        program.received++;
        console_received(topic, message, message->payload);
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
        if (schedule.program == ANSWERER)
            publish(options->qos);
    }
    return close_session();
}

/* --- the smart object ------------------------------------------------------------------------------------------ */

struct mail {
    enum { READING_DUE, ACTION_RECEIVED } kind;
    int number;
};

static void sensor_thread(void *argument)
{
    const struct mail mail = {.kind = READING_DUE};

    (void)argument;
    do {
        if (mailbox_hand_over(self.mailbox, &mail, sizeof mail) && world_now() - self.taken_us > AT_ONCE_US)
            broken("who hands over is told at once", "after %.3f s", (double)(world_now() - self.taken_us) / 1e6);
    } while (mailbox_sleep(self.mailbox, options->interval));
    self.sensor_has_ended = true;
    world_notify(&self.sensor_has_ended);
}

static int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message)
{
    struct mail mail = {.kind = ACTION_RECEIVED, .number = atoi(message->payload)};

    (void)context, (void)topic_length;
    if (mailbox_put_within(self.mailbox, &mail, sizeof mail, 100))
        self.numbers[self.put++ % MAIL] = mail.number;
    else
        self.refused++;
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

static void on_connection_lost(void *context, char *cause)
{
    (void)context, (void)cause;
    session_lost(&self.session);
}

static int on_object_connected(struct session *session, void *context)
{
    (void)context;
    rule_begins();
    int rc = subscribe("t", 1);
    if (rc == MQTTCLIENT_SUCCESS)
        rc = publish(0);
    if (rc == MQTTCLIENT_SUCCESS && program_fails(session))
        rc = MQTTCLIENT_FAILURE;
    if (rc == MQTTCLIENT_SUCCESS)
        rc = publish(1);
    rule_has_begun(rc);
    return rc;
}

static void run_object(void)
{
    struct mail mail;
    long readings = 0;

    if (session_goes_on(&self.session, readings))
        publish(0);
    while (session_goes_on(&self.session, readings)) {
        rule_goes_on();
        if (!mailbox_take(self.mailbox, &mail, self.session.timeout_ms))
            continue;
        if (mail.kind == READING_DUE) {
            self.taken_us = world_now();
            publish(0);
            for (int events = readings++ % 3 == 0 ? 2 : 0; events > 0;
                 events--) /* without session_goes_on between them */
                publish(1);
        } else {
            if (self.taken == self.put || self.numbers[self.taken++ % MAIL] != mail.number)
                broken("the mailbox gives what it took, in order", "%d", mail.number);
            program.received++;
            console_received("t", NULL, "");
            publish(0);
        }
    }
}

static int be_an_object(void)
{
    self.mailbox = mailbox_new((size_t)schedule.mailbox_capacity, sizeof(struct mail));
    session_create(&self.session, options, SESSION_CALLBACKS, on_object_connected, NULL);
    MQTTClient_setCallbacks(self.session.client, NULL, on_connection_lost, on_message, NULL);
    session_connect(&self.session);
    world_spawn("sensor", sensor_thread, NULL);
    run_object();
    int64_t closed_us = world_now();
    mailbox_close(self.mailbox);
    while (!self.sensor_has_ended)
        world_block(&self.sensor_has_ended, WORLD_FOREVER);
    if (world_now() - closed_us > AT_ONCE_US)
        broken("a closed mailbox lets everybody go at once", "after %.3f s", (double)(world_now() - closed_us) / 1e6);
    program.says_goodbye = true;
    if (session_is_connected(&self.session))
        publish(1);
    int status = close_session();
    if (mailbox_lost(self.mailbox) != self.refused + self.put - self.taken)
        broken("what the mailbox lost is counted", "%lu instead of %u", mailbox_lost(self.mailbox),
               self.refused + self.put - self.taken);
    return status;
}

/* --------------------------------------------------------------------------------------------------------------- */

void program_main(void *argument)
{
    static int (*const programs[])(void) = {produce, consume, consume, be_an_object};

    (void)argument;
    int status = programs[schedule.program]();
    program_ends(RETURNED, status);
}

void program_begin(void)
{
    memset(&self, 0, sizeof self);
    memset(&program, 0, sizeof program);
}

void program_free(void)
{
    mailbox_free(self.mailbox);
    free(self.session.parts); /* of a program that ended in the middle; NULL after session_close */
}
