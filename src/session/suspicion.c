/* A broker of MQTT 3.1.1 that does not allow something closes the connection and says nothing (section 4.8): the last
 * packet before the end is suspected, no more. By a program that was let through once, not even that. */
#include "suspicion.h"

#include "delivery.h"
#include "parts.h"
#include "playground/monotonic.h"

#include <MQTTClient.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sysexits.h>

enum { NO_ANSWER_US = 4900000 }; /* as good as the timeout of a command, five seconds: Paho rounds */

static const char PUBLISH[] = "a PUBLISH"; /* for last_packet */

void suspicion_restart(struct session_parts *parts)
{
    parts->last_packet = parts->window.unchecked > 0 ? PUBLISH : NULL; /* Paho has sent it again */
    parts->awaits_answer = parts->last_packet != NULL;
}

void suspicion_sent(struct session_parts *parts, const char *packet, int rc)
{
    if (rc <= MQTTCLIENT_DISCONNECTED && rc != SENT_IN_PART)
        return; /* for a reason of its own Paho has not even tried to send it */
    parts->last_packet = packet;
    parts->awaits_answer = true;
}

void suspicion_published(struct session_parts *parts, int rc)
{
    suspicion_sent(parts, PUBLISH, rc);
}

void suspicion_of_last_packet(struct session *session)
{
    struct session_parts *parts = session->parts;
    const char *name = connection_broker(&parts->connection)->name;
    struct diagnosis *failure = &parts->failure;
    char takes[LIMITS_TEXT_SIZE];

    delivery_count(session); /* the last that came may have been an acknowledgement */
    *failure = (struct diagnosis){.status = EX_UNAVAILABLE};
    parts->is_guess = !parts->let_through && parts->last_packet != NULL;
    limits_text(&parts->connection.limits, parts->options->qos, takes);
    if (parts->is_guess) {
        failure->status = EX_PROTOCOL;
        snprintf(failure->text, sizeof failure->text, "the connection to %.200s ended after %s: it %s%s", name,
                 parts->last_packet, takes[0] == '\0' ? "may not allow that to this user" : "takes ", takes);
    } else if (!parts->was_proven) {
        snprintf(failure->text, sizeof failure->text,
                 "%.200s accepts the connection and then ends it: its log may say why", name);
    }
}

/* Paho ends a connection for lack of an answer to a SUBSCRIBE, or to a ping. In callback mode it waits on where nothing
 * can come. */
bool suspicion_was_soon(const struct session_parts *parts)
{
    long lost_at = atomic_load(&parts->lost_at);
    int64_t ended_us = lost_at == 0 ? monotonic_us() : parts->course.started_us + (int64_t)lost_at * 10000;
    int64_t answered_us = parts->answered_us;
    int64_t patience_us = (int64_t)parts->connection.keep_alive * 1000000;

    if (parts->last_packet == PUBLISH && parts->window.oldest_since_us > answered_us)
        answered_us = parts->window.oldest_since_us;
    if (patience_us > NO_ANSWER_US)
        patience_us = NO_ANSWER_US;
    return ended_us - answered_us < patience_us;
}
