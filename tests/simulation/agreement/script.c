/* The broker of a story, without its socket: what it has read, and what it answers. */
#include "agreement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 400, LINE = 120, AWAIT_MS = 20000 };

const struct story *story_told;
static char lines[LINES][LINE];
static int line_count;
static atomic_int counts[END_OF_STREAM + 1];

void say(const char *format, ...)
{
    char line[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    print_line(line);
}

static void note(int connection, struct packet packet)
{
    static const char *const names[] = {"CONNECT",  "CONNACK", "PUBLISH",   "PUBACK",     "PUBREC",
                                        "PUBREL",   "PUBCOMP", "SUBSCRIBE", "SUBACK",     "UNSUBSCRIBE",
                                        "UNSUBACK", "PINGREQ", "PINGRESP",  "DISCONNECT", "the end"};
    char *line = lines[line_count];

    if (packet.type == PINGREQ || line_count == LINES - 1) /* how many of them, depends on the time */
        return;
    line_count++;
    int length = snprintf(line, LINE, "broker, connection %d: %s", connection, names[packet.type]);
    size_t left = LINE - (size_t)length;
    if (packet.type == PUBLISH)
        snprintf(line + length, left, " id %d, QoS %d, number %d%s", packet.id, packet.qos, packet.number,
                 packet.flag ? ", DUP" : "");
    else if (packet.type == CONNECT && packet.is_5)
        snprintf(line + length, left, " of MQTT 5, clean start %d, session expiry %u%s, keep alive %d", packet.code,
                 packet.expiry, packet.has_expiry ? "" : " (not said)", packet.keep_alive);
    else if (packet.type == CONNECT)
        snprintf(line + length, left, "%s", packet.code ? ", clean session" : "");
    else if (packet.type == DISCONNECT && packet.has_expiry)
        snprintf(line + length, left, ", session expiry %u", packet.expiry);
    else if (packet.type == SUBSCRIBE)
        snprintf(line + length, left, " id %d, QoS %d", packet.id, packet.qos);
    else if (packet.id != 0)
        snprintf(line + length, left, " id %d", packet.id);
}

void script_print(void)
{
    for (int i = 0; i < line_count; i++)
        print_line(lines[i]);
}

/* What brokers do. */
static struct packet usual_reply(struct packet packet)
{
    switch (packet.type) {
    case CONNECT:
        return (struct packet){.type = CONNACK};
    case SUBSCRIBE:
        return (struct packet){.type = SUBACK, .code = packet.qos};
    case UNSUBSCRIBE:
        return (struct packet){.type = UNSUBACK};
    case PUBLISH:
        return (struct packet){.type = packet.qos == 1 ? PUBACK : packet.qos == 2 ? PUBREC : CONNECT};
    case PUBREC:
        return (struct packet){.type = PUBREL};
    case PUBREL:
        return (struct packet){.type = PUBCOMP};
    case PINGREQ:
        return (struct packet){.type = PINGRESP};
    default:
        return (struct packet){.type = CONNECT};
    }
}

const struct reply *script_replies(int connection, struct packet packet)
{
    static struct reply usual[2];
    int nth = atomic_load(&counts[packet.type]) + 1;

    note(connection, packet);
    atomic_store(&counts[packet.type], nth);
    for (const struct step *step = story_told->script; step->nth != 0; step++)
        if (step->on == packet.type && (step->nth == nth || step->nth == EACH))
            return step->replies;
    usual[0].packet = usual_reply(packet);
    return usual;
}

void await(const atomic_int *counter, int count, const char *what)
{
    int64_t deadline_ms = now_ms() + AWAIT_MS;

    while (atomic_load(counter) < count && now_ms() < deadline_ms)
        pass_ms(5);
    pass_ms(50);
    if (atomic_load(counter) < count)
        say("no %s %d", what, count);
}

void await_packets(enum packet_type type, int count)
{
    await(&counts[type], count, "packet");
}
