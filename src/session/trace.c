/* A learner wants to see the packets that the specification speaks of. Paho's trace shows them between a lot of its own
 * business, and leaves out what matters after a lost connection: whether a message goes out for the second time. */
#include "trace.h"

#include "playground/console.h"
#include "playground/reason.h"

#include <MQTTClient.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* By packet id: a message was sent that is not yet acknowledged; with what reason it was, until that is traced. */
static bool waiting[UINT16_MAX + 1];
static uint8_t reasons[UINT16_MAX + 1];

/* The packet id in a line of Paho's trace that begins with `words`; 0, which is none, in any other. */
static uint16_t packet_id(const char *words, const char *line)
{
    size_t length = strlen(words);

    return strncmp(line, words, length) == 0 ? (uint16_t)strtoul(line + length, NULL, 10) : 0;
}

/* Whether a packet is a message that was sent before and has not been acknowledged: then it carries the flag DUP
 * (MQTT 3.1.1 section 3.3.1.1), of which Paho's trace says nothing. Paho traces one line at a time, on any thread. */
static bool is_duplicate(const char *packet)
{
    uint16_t sent = packet_id("-> PUBLISH msgid: ", packet);
    bool again = waiting[sent];

    waiting[packet_id("<- PUBACK msgid: ", packet)] = false;
    waiting[packet_id("<- PUBREC msgid: ", packet)] = false;
    waiting[sent] = sent != 0;
    return again;
}

/* With what reason the packet acknowledges a message; 0: with none, or it is another packet. */
static int reason_of(const char *packet)
{
    static const char *const acknowledgements[] = {"<- PUBACK msgid: ", "<- PUBREC msgid: ", "<- PUBCOMP msgid: "};
    int reason = 0;

    for (int i = 0; i < 3 && reason == 0; i++) {
        uint16_t id = packet_id(acknowledgements[i], packet);
        reason = reasons[id];
        reasons[id] = 0;
    }
    return reason;
}

/* Of what Paho traces, the packets: "-> PUBLISH ..." is one that was sent, "<- PUBACK ..." one that came. */
static void on_trace(enum MQTTCLIENT_TRACE_LEVELS level, char *message)
{
    const char *sent = strstr(message, " -> "), *came = strstr(message, " <- ");
    const char *arrow = sent == NULL || (came != NULL && came < sent) ? came : sent; /* a payload may hold another */

    (void)level;
    if (arrow == NULL)
        return;
    bool again = is_duplicate(arrow + 1);
    int reason = reason_of(arrow + 1);
    if (reason > 0)
        console_note("%s, reason %d: %s", arrow + 1, reason, reason_name(reason));
    else
        console_note("%s%s", arrow + 1, again ? ", duplicate" : "");
}

void trace_reason(uint16_t id, int reason)
{
    reasons[id] = (uint8_t)reason;
}

void trace_begin(void)
{
    memset(waiting, 0, sizeof waiting);
    memset(reasons, 0, sizeof reasons);
    MQTTClient_setTraceCallback(on_trace);
    MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_PROTOCOL);
}
