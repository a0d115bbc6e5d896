/* A learner wants to see the packets that the specification speaks of. Paho's trace shows them between a lot of its own
 * business, and leaves out what matters after a lost connection: whether a message goes out for the second time. */
#include "trace.h"

#include "playground/console.h"

#include <MQTTClient.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool waiting[UINT16_MAX + 1]; /* by packet id: a message was sent that is not yet acknowledged */

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

/* Of what Paho traces, the packets: "-> PUBLISH ..." is one that was sent, "<- PUBACK ..." one that came. */
static void on_trace(enum MQTTCLIENT_TRACE_LEVELS level, char *message)
{
    const char *sent = strstr(message, " -> "), *came = strstr(message, " <- ");
    const char *arrow = sent == NULL || (came != NULL && came < sent) ? came : sent; /* a payload may hold another */

    (void)level;
    if (arrow != NULL)
        console_note("%s%s", arrow + 1, is_duplicate(arrow + 1) ? ", duplicate" : "");
}

void trace_begin(void)
{
    memset(waiting, 0, sizeof waiting);
    MQTTClient_setTraceCallback(on_trace);
    MQTTClient_setTraceLevel(MQTTCLIENT_TRACE_PROTOCOL);
}
