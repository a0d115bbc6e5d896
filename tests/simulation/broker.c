/* A broker that does on purpose what brokers do once a year. It is written from the specification, not from Paho: where
 * both agree, they did not copy one another. */
#include "broker.h"

#include "rules.h"
#include "schedule.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINKS = 512, CLOGGED = 200, OUT = 512, IN_FLIGHT = 20, KNOWN_IDS = 256 };

/* A message on its way to the client. */
struct delivery {
    int id, number, qos;
    bool was_sent;
    bool is_released; /* QoS 2: PUBREC has come, PUBREL was sent */
};

static struct model {
    bool is_up, is_silent, is_unreachable;
    bool has_subscription;
    int subscription_qos;
    int delivery_count;
    struct delivery deliveries[OUT];
    int next_id;
    int known_count; /* ids of messages at QoS 2 that were taken and not yet released */
    int known[KNOWN_IDS];
    unsigned char taken[NUMBERS]; /* numbers taken in this session */
    int last_number;              /* at QoS 2 */
    int64_t expires_us;           /* the session; not while there is a connection */
    struct link *link;
    struct broker_facts facts;
} models[BROKERS];

static struct link links[LINKS];
static int link_count;
static bool was_reached;
static int fed;
const char links_readable = 0;

static int64_t arrival(struct ring *ring, int64_t delay_us)
{
    int64_t time_us = world_now() + delay_us + schedule.latency_us + (int64_t)world_below(20);

    if (time_us < ring->last_us)
        time_us = ring->last_us;
    ring->last_us = time_us;
    return time_us;
}

static void put(struct ring *ring, struct packet packet)
{
    if (ring->tail - ring->head >= RING) {
        fputs("simulation: too many packets under way\n", stderr);
        abort();
    }
    ring->packets[ring->tail++ % RING] = packet;
}

static const char *packet_text(struct packet packet)
{
    static const char *const names[] = {"CONNECT",  "CONNACK", "PUBLISH",   "PUBACK",     "PUBREC",
                                        "PUBREL",   "PUBCOMP", "SUBSCRIBE", "SUBACK",     "UNSUBSCRIBE",
                                        "UNSUBACK", "PINGREQ", "PINGRESP",  "DISCONNECT", "the end"};
    static char text[80];

    if (packet.type == PUBLISH)
        snprintf(text, sizeof text, "PUBLISH id %d, QoS %d, number %d%s", packet.id, packet.qos, packet.number,
                 packet.flag ? ", DUP" : "");
    else if (packet.type == CONNACK)
        snprintf(text, sizeof text, "CONNACK %d%s", packet.code, packet.flag ? ", session present" : "");
    else if (packet.type == SUBACK)
        snprintf(text, sizeof text, "SUBACK 0x%02x", (unsigned)packet.code);
    else if (packet.id != 0 && packet.code != 0)
        snprintf(text, sizeof text, "%s id %d, reason 0x%02x", names[packet.type], packet.id, (unsigned)packet.code);
    else if (packet.id != 0)
        snprintf(text, sizeof text, "%s id %d", names[packet.type], packet.id);
    else
        snprintf(text, sizeof text, "%s", names[packet.type]);
    return text;
}

/* --- to the client --------------------------------------------------------------------------------------------- */

static void arrive_at_client(void *argument)
{
    struct link *link = argument;

    link->arrived++;
    if (link->is_open &&
        link->to_client.packets[(link->to_client.head + link->arrived - 1) % RING].type == END_OF_STREAM)
        link->end_us = world_now();
    world_notify(&links_readable);
}

static void send_later(struct link *link, struct packet packet, int64_t delay_us)
{
    if (link->has_died)
        return;
    put(&link->to_client, packet);
    world_at(arrival(&link->to_client, delay_us), arrive_at_client, link);
}

static void send(struct link *link, struct packet packet)
{
    send_later(link, packet, 0);
}

static void expire(void *argument);

static void end_link(struct link *link, enum ending ending, bool is_reset)
{
    if (link == NULL || link->has_died)
        return;
    story("(broker %d ends the connection)", link->broker);
    send(link, (struct packet){.type = END_OF_STREAM, .code = is_reset});
    link->has_died = true;
    if (link->ending == NOBODY)
        link->ending = ending;
    struct model *model = &models[link->broker];
    if (model->link == link) {
        model->link = NULL;
        model->facts.was_left = link->ending == THE_CLIENT;
        if (model->facts.is_clean)
            model->facts.has_session = false;
        else if (schedule.options.connection.mqtt5 && model->facts.expiry_s != UINT32_MAX)
            world_at(model->expires_us = world_now() + model->facts.expiry_s * 1000000, expire, model);
    }
}

/* A link that is to end later: it may have ended otherwise by then. */
static void cut_link(void *argument)
{
    end_link(argument, THE_NETWORK, true);
}

/* --- what the client is to get --------------------------------------------------------------------------------- */

static void send_delivery(struct model *model, struct delivery *delivery, bool is_again)
{
    delivery->was_sent = true;
    send(model->link, delivery->is_released ? (struct packet){.type = PUBREL, .id = delivery->id}
                                            : (struct packet){.type = PUBLISH,
                                                              .qos = delivery->qos,
                                                              .id = delivery->id,
                                                              .number = delivery->number,
                                                              .flag = is_again});
}

static void send_what_fits(struct model *model)
{
    for (int i = 0; i < model->delivery_count && i < IN_FLIGHT && model->link != NULL; i++)
        if (!model->deliveries[i].was_sent)
            send_delivery(model, &model->deliveries[i], false);
}

static struct delivery *find_delivery(struct model *model, int id)
{
    for (int i = 0; i < model->delivery_count; i++)
        if (model->deliveries[i].id == id && model->deliveries[i].was_sent)
            return &model->deliveries[i];
    return NULL;
}

static void remove_delivery(struct model *model, int id)
{
    struct delivery *found = find_delivery(model, id);

    if (found == NULL)
        return;
    struct delivery *end = model->deliveries + model->delivery_count--;
    memmove(found, found + 1, (size_t)(end - found - 1) * sizeof *found);
    send_what_fits(model);
}

static void offer(struct model *model, int number, int qos)
{
    if (!model->facts.has_session || !model->has_subscription)
        return;
    if (qos > model->subscription_qos)
        qos = model->subscription_qos;
    if (qos == 0) {
        if (model->link != NULL && model->link->to_client.tail - model->link->to_client.head < RING / 2)
            send(model->link, (struct packet){.type = PUBLISH, .number = number});
    } else if (model->delivery_count < OUT) {
        model->next_id = model->next_id % 65535 + 1;
        model->deliveries[model->delivery_count++] =
            (struct delivery){.id = model->next_id, .number = number, .qos = qos};
        send_what_fits(model);
    }
}

static void feed(void *argument)
{
    (void)argument;
    for (int i = 0; i < BROKERS; i++)
        if (models[i].is_up && !models[i].is_silent)
            offer(&models[i], fed, schedule.feed_qos);
    if (++fed < schedule.feed_count)
        world_at(world_now() + schedule.feed_us, feed, NULL);
}

/* --- from the client ------------------------------------------------------------------------------------------- */

static void forget(struct model *model)
{
    model->facts.has_session = false;
    memset(model->taken, 0, sizeof model->taken);
    model->last_number = -1;
    model->has_subscription = false;
    model->delivery_count = 0;
    model->known_count = 0;
}

static void expire(void *argument)
{
    struct model *model = argument;

    if (model->link != NULL || !model->facts.has_session || world_now() < model->expires_us)
        return;
    story("(broker %d: the session has expired)", (int)(model - models));
    forget(model);
}

/* A client from which nothing came for half as long again as its keep alive is gone. */
static void watch(void *argument)
{
    struct link *link = argument;
    int64_t span_us = schedule.server_keep_alive * INT64_C(1500000);

    if (link->has_died)
        return;
    if (!models[link->broker].is_silent && world_now() - link->heard_us >= span_us) {
        rule_silent();
        end_link(link, KEEP_ALIVE, false);
        return;
    }
    world_at(link->heard_us + span_us > world_now() ? link->heard_us + span_us : world_now() + span_us, watch, link);
}

/* What it makes of the client's wishes: MQTT 5 section 3.2.2.3. */
static struct packet accept(struct model *model, struct link *link, struct packet connect)
{
    struct packet connack = {.type = CONNACK};

    model->facts.is_clean = connect.code != 0;
    if (!connect.is_5)
        return connack;
    model->facts.expiry_s = connect.expiry;
    if (schedule.longest_expiry >= 0 && model->facts.expiry_s > schedule.longest_expiry) {
        connack.has_expiry = true;
        model->facts.expiry_s = schedule.longest_expiry;
        connack.expiry = (uint32_t)model->facts.expiry_s;
    }
    model->facts.is_clean = model->facts.expiry_s == 0;
    connack.keep_alive = (unsigned short)schedule.server_keep_alive;
    if (connack.keep_alive > 0)
        watch(link);
    connack.has_maximum_qos = schedule.maximum_qos < 2;
    connack.maximum_qos = (unsigned char)schedule.maximum_qos;
    connack.has_receive_maximum = schedule.receive_maximum > 0;
    connack.receive_maximum =
        (unsigned short)(schedule.receive_maximum == UINT16_MAX ? UINT16_MAX
                                                                : schedule.receive_maximum * (1 + link->broker));
    if (fault_strikes(NO_MESSAGES)) {
        connack.has_receive_maximum = true;
        connack.receive_maximum = 0;
    }
    return connack;
}

static void on_connect(struct model *model, struct link *link, struct packet packet)
{
    link->last_request = CONNECT;
    if (fault_strikes(CLOSE_ON_CONNECT)) {
        end_link(link, A_DENIAL, false);
        return;
    }
    if (fault_strikes(NO_CONNACK)) /* it does not even come to know who it is */
        return;
    if (fault_strikes(REFUSE)) {
        send(link, (struct packet){.type = CONNACK, .code = refusal_reason(schedule.plan[REFUSE].code)});
        end_link(link, A_DENIAL, false);
        return;
    }
    end_link(model->link, A_TWIN, false); /* it has not seen yet that the old one is lost, or is a twin */
    bool is_present = model->facts.has_session && packet.code == 0;
    if (!is_present)
        forget(model);
    model->facts.has_session = true;
    struct packet connack = accept(model, link, packet);
    connack.flag = is_present;
    model->link = link;
    link->is_accepted = true;
    int64_t delay_us = fault_strikes(SLOW_CONNACK) ? fault_amount(SLOW_CONNACK, 1000, 4000000) : 0;
    send_later(link, connack, delay_us);
    for (int i = 0; i < model->delivery_count; i++) {
        if (model->deliveries[i].was_sent)
            send_delivery(model, &model->deliveries[i], true);
    }
    send_what_fits(model);
    if (fault_strikes(CUT))
        world_at(world_now() + fault_amount(CUT, 0, 3000000), cut_link, link);
}

static void on_subscribe(struct model *model, struct link *link, struct packet packet)
{
    link->last_request = SUBSCRIBE;
    if (fault_strikes(CLOSE_ON_SUBSCRIBE)) {
        end_link(link, A_DENIAL, false);
        return;
    }
    if (fault_strikes(NO_SUBACK))
        return;
    static const int denials[] = {0, 0x80, 0x83, 0x87, 0x8f, 0x97};
    bool is_denied = fault_strikes(DENY);
    int denial = schedule.options.connection.mqtt5 ? denials[schedule.plan[DENY].code] : 0x80;
    int granted = packet.qos < schedule.maximum_qos ? packet.qos : schedule.maximum_qos;
    granted -= granted > 0 && fault_strikes(LESS_QOS);
    int64_t delay_us = fault_strikes(SLOW_SUBACK) ? fault_amount(SLOW_SUBACK, 1000, 7000000) : 0;
    if (!is_denied) {
        model->has_subscription = true;
        model->subscription_qos = granted;
        link->suback_given = true;
    }
    send_later(link, (struct packet){.type = SUBACK, .id = packet.id, .code = is_denied ? denial : granted}, delay_us);
    if (fault_strikes(CLOSE_AFTER_SUBACK))
        world_at(world_now() + fault_amount(CLOSE_AFTER_SUBACK, 0, 5000), cut_link, link);
}

static bool is_known(const struct model *model, int id)
{
    for (int i = 0; i < model->known_count; i++)
        if (model->known[i] == id)
            return true;
    return false;
}

static void take(struct model *model, struct packet packet)
{
    struct broker_facts *facts = &model->facts;

    if (packet.qos == 2 && is_known(model, packet.id))
        return;
    if (packet.qos == 2 && model->known_count < KNOWN_IDS)
        model->known[model->known_count++] = packet.id;
    if (packet.qos == 2) {
        facts->doubles += model->taken[packet.number];
        facts->disorder += packet.number < model->last_number && !facts->denied[packet.number];
        model->last_number = packet.number;
    }
    model->taken[packet.number] = 1;
    facts->received[packet.number] = true;
}

static void release(struct model *model, int id)
{
    for (int i = 0; i < model->known_count; i++)
        if (model->known[i] == id)
            model->known[i] = model->known[--model->known_count];
}

static void acknowledge(struct link *link, enum packet_type type, int id, int reason)
{
    const struct packet packet = {.type = type, .id = id, .code = reason};

    if (fault_strikes(NO_ACK))
        return;
    link->taken = true;
    send_later(link, packet, fault_strikes(SLOW_ACK) ? fault_amount(SLOW_ACK, 1000, 15000000) : 0);
    if (fault_strikes(ACK_TWICE))
        send(link, packet);
}

/* The reason why it does not take the message; 0: it does. What was taken before is not denied any more. */
static int denial(const struct model *model, struct packet packet)
{
    if (!schedule.options.connection.mqtt5 || (packet.qos == 2 && is_known(model, packet.id)))
        return 0;
    return !fault_strikes(DENY_PUBLISH) ? 0 : packet.number % 3 == 0 ? 0x97 : 0x87;
}

static void on_publish(struct model *model, struct link *link, struct packet packet)
{
    link->last_request = PUBLISH;
    if (packet.qos > schedule.maximum_qos || fault_strikes(CLOSE_ON_PUBLISH)) {
        end_link(link, A_DENIAL, false);
        return;
    }
    int reason = denial(model, packet);
    if (reason == 0)
        take(model, packet);
    else
        model->facts.denied[packet.number] = true;
    if (packet.qos == 0)
        return;
    if (fault_strikes(CLOSE_BEFORE_ACK))
        end_link(link, THE_NETWORK, true);
    else if (packet.qos == 1 || (reason == 0 && fault_strikes(PUBACK_FOR_QOS_2)))
        acknowledge(link, PUBACK, packet.id, reason);
    else
        acknowledge(link, PUBREC, packet.id, reason);
}

static void on_packet(struct link *link, struct packet packet)
{
    struct model *model = &models[link->broker];
    struct delivery *delivery;
    int reason;

    if (link->has_died)
        return;
    link->heard_us = world_now();
    story("(broker %d reads %s)", link->broker, packet_text(packet));
    switch (packet.type) {
    case CONNECT:
        on_connect(model, link, packet);
        break;
    case SUBSCRIBE:
        on_subscribe(model, link, packet);
        break;
    case UNSUBSCRIBE:
        send(link, (struct packet){.type = UNSUBACK, .id = packet.id});
        break;
    case PUBLISH:
        on_publish(model, link, packet);
        break;
    case PUBREL:
        reason = schedule.options.connection.mqtt5 && !is_known(model, packet.id) ? 0x92 : 0;
        release(model, packet.id);
        acknowledge(link, PUBCOMP, packet.id, reason);
        break;
    case PUBACK:
    case PUBCOMP:
        remove_delivery(model, packet.id);
        break;
    case PUBREC:
        delivery = find_delivery(model, packet.id);
        if (delivery != NULL)
            delivery->is_released = true;
        send(link, (struct packet){.type = PUBREL, .id = packet.id});
        break;
    case PINGREQ:
        send(link, (struct packet){.type = PINGRESP});
        break;
    case DISCONNECT:
        if (packet.has_expiry && model->link == link) {
            model->facts.expiry_s = packet.expiry;
            model->facts.is_clean = packet.expiry == 0;
        }
        end_link(link, THE_CLIENT, false);
        break;
    case END_OF_STREAM:
        end_link(link, THE_CLIENT, false);
        break;
    case CONNACK:
    case SUBACK:
    case UNSUBACK:
    case PINGRESP:
        break; /* these are ours */
    }
}

static void read_next(struct link *link)
{
    on_packet(link, link->to_broker.packets[link->to_broker.head++ % RING]);
}

static void arrive_at_broker(void *argument)
{
    struct link *link = argument;

    if (models[link->broker].is_silent)
        link->held++;
    else
        read_next(link);
}

/* --- the client's side ----------------------------------------------------------------------------------------- */

bool broker_is_there(int broker, bool *is_lost)
{
    *is_lost = models[broker].is_unreachable;
    return models[broker].is_up && !*is_lost;
}

struct link *broker_connect(int broker, bool *is_lost)
{
    if (!broker_is_there(broker, is_lost) || link_count == LINKS)
        return NULL;
    struct link *link = &links[link_count++];
    was_reached = true;
    link->broker = broker;
    link->is_open = true;
    link->is_accepted = link->has_died = link->is_at_end = link->writes_fail = false;
    link->suback_given = link->taken = false;
    link->arrived = link->held = 0;
    link->heard_us = world_now();
    link->end_us = 0;
    link->ending = NOBODY;
    link->last_request = CONNECT;
    link->to_client.head = link->to_client.tail = link->to_broker.head = link->to_broker.tail = 0;
    link->to_client.last_us = link->to_broker.last_us = 0;
    return link;
}

bool link_write(struct link *link, struct packet packet)
{
    if (link->writes_fail || !link->is_open)
        return false;
    if (link->is_at_end) /* the broker has closed: this one is lost, and the answer is a reset */
        link->writes_fail = true;
    put(&link->to_broker, packet);
    world_at(arrival(&link->to_broker, 0), arrive_at_broker, link);
    return true;
}

bool link_is_clogged(const struct link *link)
{
    return link->to_broker.tail - link->to_broker.head >= CLOGGED;
}

/* The end may have come although nobody has read it. */
static void notice_end(struct link *link)
{
    const struct packet *last = &link->to_client.packets[(link->to_client.head + link->arrived - 1) % RING];

    if (link->arrived > 0 && last->type == END_OF_STREAM) {
        link->is_at_end = true;
        link->writes_fail = link->writes_fail || last->code != 0;
    }
}

bool link_can_be_read(const struct link *link)
{
    return link->arrived > 0;
}

bool link_read(struct link *link, struct packet *packet)
{
    notice_end(link);
    *packet = link->to_client.packets[link->to_client.head % RING];
    if (packet->type == END_OF_STREAM)
        return false;
    link->to_client.head++;
    link->arrived--;
    story("reads %s", packet_text(*packet));
    return true;
}

void link_close(struct link *link)
{
    if (!link->is_open)
        return;
    if (link->ending == NOBODY)
        link->ending = THE_CLIENT;
    put(&link->to_broker, (struct packet){.type = END_OF_STREAM});
    world_at(arrival(&link->to_broker, 0), arrive_at_broker, link);
    link->is_open = false;
}

/* --- what goes wrong by the clock ------------------------------------------------------------------------------ */

static void rise(void *argument)
{
    struct model *model = argument;

    model->is_up = true;
    story("(broker %d is up)", (int)(model - models));
}

static void resume(void *argument)
{
    struct model *model = argument;

    model->is_silent = false;
    story("(broker %d goes on)", (int)(model - models));
    for (int i = 0; i < link_count; i++) {
        struct link *link = &links[i];
        for (; &models[link->broker] == model && link->held > 0; link->held--)
            read_next(link);
    }
}

static void be_reachable(void *argument)
{
    ((struct model *)argument)->is_unreachable = false;
}

static void die(struct model *model)
{
    end_link(model->link, THE_BROKER_DIED, true);
    for (int i = 0; i < link_count; i++)
        if (&models[links[i].broker] == model)
            end_link(&links[i], THE_BROKER_DIED, true);
    model->is_up = false;
    model->is_silent = false;
}

/* The broker with the connection, or any. */
static struct model *victim(void)
{
    for (int i = 0; i < BROKERS; i++)
        if (models[i].link != NULL)
            return &models[i];
    return &models[world_below((uint64_t)schedule.options.connection.broker_count)];
}

static void strike(enum fault fault)
{
    struct model *model = victim();
    int64_t now_us = world_now();

    switch (fault) {
    case LOSS:
        end_link(model->link, THE_NETWORK, true);
        break;
    case TWIN:
        if (model->link == NULL)
            break;
        end_link(model->link, A_TWIN, false);
        if (fault_amount(TWIN, 0, 1) == 1) /* with a clean session */
            forget(model);
        break;
    case FORGETTING:
        die(model);
        forget(model);
        model->facts.was_left = false; /* whoever has left it cannot know */
        world_at(now_us + fault_amount(fault, 1000, 3000000), rise, model);
        break;
    case RESTART:
        die(model);
        world_at(now_us + fault_amount(fault, 1000, 3000000), rise, model);
        break;
    case SILENCE:
        if (model->is_silent)
            break;
        model->is_silent = true;
        world_at(now_us + fault_amount(fault, 100000, 30000000), resume, model);
        break;
    case UNREACHABLE:
        model->is_unreachable = true;
        world_at(now_us + fault_amount(fault, 100000, 10000000), be_reachable, model);
        break;
    default:
        break;
    }
}

static void strike_by_the_clock(void *argument)
{
    enum fault fault = (enum fault)(intptr_t)argument;

    if (fault_strikes(fault))
        strike(fault);
}

void brokers_begin(void)
{
    link_count = 0;
    fed = 0;
    was_reached = false;
    for (int i = 0; i < BROKERS; i++) {
        struct model *model = &models[i];
        memset(model, 0, sizeof *model);
        model->is_up = (schedule.broker_mask >> i & 1) != 0;
        model->last_number = -1;
        if (schedule.has_left_sessions) {
            model->facts.has_session = true;
            model->has_subscription = true; /* also for a producer: somebody else's, with its client id */
            model->subscription_qos = 1;
        }
    }
    for (enum fault fault = 0; fault <= UNREACHABLE; fault++) {
        const struct plan *plan = &schedule.plan[fault];
        for (int i = 0; plan->percent > 0 && i < plan->count; i++)
            world_at(plan->first_us + i * plan->every_us, strike_by_the_clock, (void *)(intptr_t)fault);
    }
    world_at(schedule.feed_us, feed, NULL);
}

const struct broker_facts *broker_facts(int broker)
{
    return &models[broker].facts;
}

bool broker_was_reached(void)
{
    return was_reached;
}
