/* The stories told by the fake Paho: its seam, a scripted broker in place of the modelled ones, and no rules. */
#include "../fake_paho.h"
#include "../rules.h"
#include "../schedule.h"
#include "../world.h"
#include "agreement.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINKS = 16, LATENCY_US = 100 };

struct schedule schedule = {.latency_us = LATENCY_US};
struct outcome outcome;
struct program_facts program;
const char links_readable = 0;

static struct link links[LINKS];
static int link_count;

/* A packet under way. */
struct flight {
    struct link *link;
    struct packet packet;
};

static void fly(struct link *link, struct packet packet, int64_t us, world_function *arrive)
{
    struct flight *flight = malloc(sizeof *flight);

    *flight = (struct flight){link, packet};
    world_at(world_now() + us, arrive, flight);
}

static struct flight land(void *argument)
{
    struct flight flight = *(struct flight *)argument;

    free(argument);
    return flight;
}

static void arrive_at_client(void *argument)
{
    struct flight flight = land(argument);
    struct link *link = flight.link;

    link->to_client.packets[link->to_client.tail++ % RING] = flight.packet;
    link->arrived++;
    if (flight.packet.type == END_OF_STREAM) {
        link->end_us = world_now();
        link->writes_fail = flight.packet.code != 0;
    }
    world_notify(&links_readable);
}

static void leave_broker(void *argument)
{
    struct flight flight = land(argument);

    if (flight.link->has_died)
        return;
    flight.link->has_died = flight.packet.type == END_OF_STREAM;
    fly(flight.link, flight.packet, LATENCY_US, arrive_at_client);
}

static void arrive_at_broker(void *argument)
{
    struct flight flight = land(argument);

    if (flight.link->has_died)
        return;
    const struct reply *reply = script_replies((int)(flight.link - links) + 1, flight.packet);
    flight.link->has_died = flight.packet.type == END_OF_STREAM;
    for (; reply->packet.type != CONNECT; reply++) {
        struct packet packet = reply->packet;
        if (packet.id == 0)
            packet.id = flight.packet.id;
        fly(flight.link, packet, reply->after_ms * INT64_C(1000), leave_broker);
    }
}

/* --- the seam of broker.h -------------------------------------------------------------------------------------- */

struct link *broker_connect(int broker, bool *is_lost)
{
    (void)broker;
    *is_lost = story_told->where == DEAF;
    if (story_told->where != THERE)
        return NULL;
    struct link *link = &links[link_count++];
    link->is_open = true;
    return link;
}

/* What is written to a broker that has closed is lost, and makes the next one fail. */
bool link_write(struct link *link, struct packet packet)
{
    if (!link->is_open || link->writes_fail)
        return false;
    link->writes_fail = link->end_us != 0;
    fly(link, packet, LATENCY_US, arrive_at_broker);
    return true;
}

bool link_is_clogged(const struct link *link)
{
    (void)link;
    return false;
}

bool link_can_be_read(const struct link *link)
{
    return link->arrived > 0;
}

bool link_read(struct link *link, struct packet *packet)
{
    *packet = link->to_client.packets[link->to_client.head % RING];
    if (packet->type == END_OF_STREAM)
        return false;
    link->to_client.head++;
    link->arrived--;
    return true;
}

void link_close(struct link *link)
{
    if (link->is_open)
        fly(link, (struct packet){.type = END_OF_STREAM}, LATENCY_US, arrive_at_broker);
    link->is_open = false;
}

/* --- what the simulation would have to say --------------------------------------------------------------------- */

bool fault_strikes(enum fault fault)
{
    (void)fault;
    return false;
}

void broken(const char *rule, const char *format, ...)
{
    (void)rule; /* the stories break the session's promises */
    (void)format;
}

void rule_before_attempt(int broker)
{
    (void)broker;
}

void rule_after_attempt(int broker, int rc)
{
    (void)broker, (void)rc;
}

void rule_published(int rc)
{
    (void)rc;
}

void rule_waits_for_room(int pending)
{
    (void)pending;
}

void rule_receive(void)
{
}

void rule_received(const MQTTClient_message *message)
{
    (void)message;
}

void rule_lost(void)
{
}

/* --- the story ------------------------------------------------------------------------------------------------- */

void print_line(const char *line)
{
    puts(line);
}

unsigned long actor(void)
{
    return (unsigned long)world_actor();
}

const char *broker_uri(void)
{
    return "tcp://broker0";
}

int64_t now_ms(void)
{
    return world_now() / 1000;
}

void pass_ms(int64_t ms)
{
    world_sleep_until(world_now() + ms * 1000);
}

void broker_sends(struct packet packet)
{
    pass_ms(150); /* it has read what was written before */
    fly(&links[link_count - 1], packet, 0, leave_broker);
    pass_ms(50);
}

static void act(void *argument)
{
    (void)argument;
    story_told->tell();
    pass_ms(200);
    script_print();
    fflush(stdout);
    world_end();
}

void tell_story(void)
{
    paho_begin();
    world_run(1, act, NULL);
    paho_end();
}
