/* Paho's synchronous client as it behaves, with the faults it has: written after its source (1.3.12) and after what was
 * measured of it. It speaks with the modelled brokers. Its times are virtual, its naps are not shorter for that. */
#include "fake_paho.h"

#include "rules.h"
#include "schedule.h"
#include "world.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HANDLES = 4,
    OUTBOUND = 256,
    INBOUND = 4096,
    CALL_US = 3,
    YIELD_MS = 100,
    SOCKET_ERROR = -1,
    SOCKET_INTERRUPTED = -22,
    RETRY_AFTER_US =
        10000000 /* what was sent again on a second reconnection goes out again and again: see MQTTProtocol_retries */
};

struct outbound {
    int id, qos, number;
    bool is_received; /* QoS 2: PUBREC has come, PUBCOMP is next */
    bool is_denied;   /* with the last acknowledgement that came for it */
    int64_t touched_us;
};

struct queued {
    MQTTClient_message *message;
    char *topic;
};

enum connect_state { NOT_IN_PROGRESS, WAIT_FOR_CONNACK, DISCONNECTING };

struct handle {
    bool is_used;
    int broker;
    struct link *link;
    bool connected;
    enum connect_state connect_state;
    int version;
    bool clean, clean_start;
    int keep_alive_s, max_inflight;
    int64_t command_timeout_us;
    int last_id;
    int out_count;
    struct outbound out[OUTBOUND];
    int in_count; /* QoS 2, not yet released */
    struct packet in[INBOUND];
    int queue_count;
    struct queued queue[INBOUND];
    int64_t last_sent_us, last_received_us, last_ping_us;
    bool ping_outstanding;
    int connect_sent, connect_count;
    void *context;
    MQTTClient_connectionLost *lost;
    MQTTClient_messageArrived *arrived;
    MQTTClient_deliveryComplete *complete;
    void *published_context;
    MQTTClient_published *published;
    bool has_pack; /* the answer that somebody waits for */
    bool was_posted;
    struct packet pack;
};

static struct handle handles[HANDLES];
static struct paho_facts facts;
static bool running, to_stop;
static int run_actor;
static int64_t last_retry_us, retry_interval_us;
static unsigned in_callback; /* actors, one bit each */

bool program_receives;

static bool is_session(const struct handle *m)
{
    return m == &handles[0];
}

static bool in_a_callback(void)
{
    return (in_callback >> (unsigned)world_actor() & 1u) != 0;
}

static void enter(const char *function)
{
    if (in_a_callback())
        broken("no call of Paho inside a callback", "%s", function);
    facts.entered_us = world_now();
    world_spend(CALL_US);
}

/* --- sessions, as Paho keeps them ------------------------------------------------------------------------------ */

static void free_message(MQTTClient_message *message)
{
    facts.allocations -= 2;
    free(message->payload);
    free(message);
}

static void empty_queue(struct handle *m)
{
    for (int i = 0; i < m->queue_count; i++) {
        facts.unseen += m->queue[i].message->qos > 0 && is_session(m);
        free_message(m->queue[i].message);
        facts.allocations--;
        free(m->queue[i].topic);
    }
    m->queue_count = 0;
}

static void clean_session(struct handle *m)
{
    m->out_count = 0;
    m->in_count = 0;
    m->last_id = 0;
    empty_queue(m);
}

static bool write_packet(struct handle *m, struct packet packet)
{
    m->last_sent_us = world_now();
    return m->link != NULL && link_write(m->link, packet);
}

static void close_session(struct handle *m, const MQTTProperties *properties)
{
    struct packet disconnect = {.type = DISCONNECT};

    if (properties != NULL && properties->count > 0) /* there is one only that anybody uses */
        disconnect =
            (struct packet){.type = DISCONNECT, .has_expiry = true, .expiry = properties->array[0].value.integer4};
    if (is_session(m) && m->connected && disconnect.has_expiry && disconnect.expiry == 0)
        facts.has_session[m->broker] = false; /* as far as anybody can know: nobody acknowledges a DISCONNECT */
    m->ping_outstanding = false;
    if (m->link != NULL) {
        if (m->connected)
            write_packet(m, disconnect);
        link_close(m->link);
        m->link = NULL;
    }
    m->connected = false;
    m->connect_state = NOT_IN_PROGRESS;
    if (m->clean)
        clean_session(m);
}

static void run_thread(void *argument);

static void call_connection_lost(void *argument)
{
    struct handle *m = argument;

    story("connectionLost");
    in_callback |= 1u << (unsigned)world_actor();
    m->lost(m->context, NULL);
    in_callback &= ~(1u << (unsigned)world_actor());
}

static void sleep_ms(int64_t ms)
{
    world_sleep_until(world_now() + ms * 1000);
}

static void stop(void)
{
    if (!running || to_stop)
        return;
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].is_used && (handles[i].connected || handles[i].connect_state == WAIT_FOR_CONNACK))
            return;
    to_stop = true;
    if (world_actor() == run_actor)
        return;
    for (int i = 0; running && i < 100; i++)
        sleep_ms(100);
}

static int64_t stood_us(void)
{
    return facts.is_connected ? world_now() - facts.accepted_us : 0;
}

int64_t paho_longest_us(void)
{
    return stood_us() > facts.longest_us ? stood_us() : facts.longest_us;
}

static void disconnect1(struct handle *m, bool calls_lost, bool stops, const MQTTProperties *properties)
{
    bool was_connected = m->connected;

    if (m->connected || m->connect_state != NOT_IN_PROGRESS) {
        m->connect_state = m->connected ? DISCONNECTING : m->connect_state;
        if (was_connected && is_session(m) && facts.is_for_naught && !calls_lost) {
            facts.is_connected = false; /* nobody has used it */
        } else if (was_connected && is_session(m)) {
            rule_lost();
            facts.longest_us = paho_longest_us();
            facts.is_connected = false;
            facts.is_subscribed = false;
            facts.was_disconnected = !calls_lost && program.is_closing;
            facts.lost += !facts.was_disconnected;
            facts.lost_us = world_now();
            facts.lost_accepted_us = facts.accepted_us;
            facts.lost_link = m->link;
        }
        if (was_connected && calls_lost)
            story("finds the connection lost");
        close_session(m, properties);
    }
    if (stops)
        stop();
    if (calls_lost && m->lost != NULL && was_connected) {
        world_spawn("lost", call_connection_lost, m);
        if (world_below(2) == 0)
            world_spend(CALL_US); /* it may have run before this call of Paho returns */
    }
}

static void disconnect_internal(struct handle *m)
{
    disconnect1(m, true, true, NULL);
}

/* --- packets --------------------------------------------------------------------------------------------------- */

static void enqueue(struct handle *m, struct packet packet)
{
    char text[16];
    MQTTClient_message initial = MQTTClient_message_initializer;
    MQTTClient_message *message = malloc(sizeof *message);
    char *topic = malloc(2);

    snprintf(text, sizeof text, "%d", packet.number);
    *message = initial;
    message->payloadlen = (int)strlen(text);
    message->payload = malloc(sizeof text);
    memcpy(message->payload, text, sizeof text);
    message->qos = packet.qos;
    message->dup = packet.qos == 2 ? 0 : packet.flag;
    message->msgid = packet.id;
    memcpy(topic, "t", 2);
    facts.allocations += 3;
    if (m->queue_count == INBOUND)
        abort();
    m->queue[m->queue_count++] = (struct queued){message, topic};
}

static struct packet *find_inbound(struct handle *m, int id)
{
    for (int i = 0; i < m->in_count; i++)
        if (m->in[i].id == id)
            return &m->in[i];
    return NULL;
}

static int handle_publish(struct handle *m, struct packet packet)
{
    bool written = true;
    struct packet *inbound;

    switch (packet.qos) {
    case 0:
        enqueue(m, packet);
        break;
    case 1:
        written = write_packet(m, (struct packet){.type = PUBACK, .id = packet.id});
        enqueue(m, packet); /* also if it could not be acknowledged */
        break;
    default:
        inbound = find_inbound(m, packet.id);
        if (inbound == NULL && m->in_count < INBOUND)
            inbound = &m->in[m->in_count++];
        if (inbound != NULL)
            *inbound = packet;
        written = write_packet(m, (struct packet){.type = PUBREC, .id = packet.id});
        break;
    }
    return written ? 0 : SOCKET_ERROR;
}

static int handle_pubrel(struct handle *m, int id)
{
    struct packet *inbound = find_inbound(m, id);
    bool written = write_packet(m, (struct packet){.type = PUBCOMP, .id = id});

    if (inbound != NULL) {
        enqueue(m, *inbound);
        *inbound = m->in[--m->in_count];
    }
    return written ? 0 : SOCKET_ERROR;
}

static struct outbound *find_outbound(struct handle *m, int id)
{
    for (int i = 0; i < m->out_count; i++)
        if (m->out[i].id == id)
            return &m->out[i];
    return NULL;
}

static void count_pending(struct handle *m)
{
    if (is_session(m))
        facts.pending = m->out_count;
}

static void remove_outbound(struct handle *m, struct outbound *out)
{
    if (out == m->out && is_session(m))
        facts.oldest_us = world_now();
    m->out_count--;
    memmove(out, out + 1, (size_t)(m->out + m->out_count - out) * sizeof *out);
    count_pending(m);
    facts.has_acknowledged = facts.has_acknowledged || is_session(m);
    facts.was_let_through = facts.was_let_through || is_session(m);
}

/* MQTTClient_published is told of a PUBREC only if it is a denial, and before anything is done about the packet. */
static void call_published(struct handle *m, struct packet packet)
{
    static const int types[] = {[PUBACK] = 4, [PUBREC] = 5, [PUBCOMP] = 7};
    struct outbound *out = find_outbound(m, packet.id);
    bool is_denial = packet.code >= MQTTREASONCODE_UNSPECIFIED_ERROR;

    if (m->version < MQTTVERSION_5)
        return;
    if (out != NULL && is_denial && !out->is_denied && packet.type != PUBCOMP) {
        out->is_denied = true;
        facts.denied += is_session(m);
        if (is_session(m) && facts.denied_us[packet.code] == 0)
            facts.denied_us[packet.code] = world_now();
    }
    if (m->published == NULL || (packet.type == PUBREC && !is_denial))
        return;
    in_callback |= 1u << (unsigned)world_actor();
    m->published(m->published_context, packet.id, types[packet.type], NULL, (enum MQTTReasonCodes)packet.code);
    in_callback &= ~(1u << (unsigned)world_actor());
}

static int handle_acknowledgement(struct handle *m, struct packet packet)
{
    struct outbound *out = find_outbound(m, packet.id);

    if (packet.type == PUBREC) { /* it is answered, whatever it is for, but where it ends the delivery */
        if (out != NULL && out->qos == 2 && !out->is_received) {
            if (m->version >= MQTTVERSION_5 && packet.code >= MQTTREASONCODE_UNSPECIFIED_ERROR) {
                remove_outbound(m, out);
                return 0;
            }
            out->is_received = true;
            out->touched_us = world_now();
        }
        return write_packet(m, (struct packet){.type = PUBREL, .id = packet.id}) ? 0 : SOCKET_ERROR;
    }
    if (out == NULL)
        return 0;
    if ((packet.type == PUBACK && out->qos == 1) || (packet.type == PUBCOMP && out->qos == 2 && out->is_received))
        remove_outbound(m, out);
    return 0; /* a PUBACK for QoS 2 is ignored, and the message waits for ever */
}

static void send_outbound(struct handle *m, struct outbound *out, bool is_again)
{
    struct packet packet = {.type = out->is_received ? PUBREL : PUBLISH, .id = out->id};

    if (!out->is_received) {
        packet.qos = out->qos;
        packet.number = out->number;
        packet.flag = is_again;
    }
    out->touched_us = world_now();
    if (!write_packet(m, packet))
        disconnect_internal(m);
}

/* MQTTProtocol_retries, with its counter that is never set back. */
static void retries(struct handle *m, bool regardless)
{
    if (!regardless && m->connect_sent == m->connect_count)
        return;
    if (regardless)
        m->connect_count = m->out_count;
    else if (m->connect_sent < m->connect_count)
        regardless = true;
    if (is_session(m))
        facts.publish_us = world_now();
    for (int i = 0; i < m->out_count && m->connected; i++) {
        struct outbound *out = &m->out[i];
        if (!regardless && world_now() - out->touched_us <= RETRY_AFTER_US)
            continue;
        m->connect_sent += regardless;
        send_outbound(m, out, true);
    }
}

static void keep_alive(struct handle *m)
{
    int64_t now_us = world_now(), span_us = m->keep_alive_s * INT64_C(1000000);

    if (!m->connected || m->keep_alive_s == 0)
        return;
    if (m->ping_outstanding) {
        if (now_us - m->last_ping_us >= span_us + span_us / 2 && now_us - m->last_received_us >= span_us + span_us / 2)
            disconnect_internal(m);
    } else if (now_us - m->last_sent_us >= span_us || now_us - m->last_received_us >= span_us) {
        m->ping_outstanding = true;
        m->last_ping_us = now_us;
        if (!link_is_clogged(m->link) && !write_packet(m, (struct packet){.type = PINGREQ}))
            disconnect_internal(m);
    }
}

static void retry_all(void)
{
    if (world_now() - last_retry_us < retry_interval_us)
        return;
    last_retry_us = world_now();
    for (int i = 0; i < HANDLES; i++) {
        keep_alive(&handles[i]);
        if (handles[i].connected)
            retries(&handles[i], false);
    }
}

/* Reads a packet of this link and does what is to be done; true: it is one that somebody waits for. */
static bool read_packet(struct handle *m, struct packet *packet, int *rc)
{
    *rc = 0;
    if (!link_read(m->link, packet)) {
        *rc = SOCKET_ERROR;
        return false;
    }
    m->last_received_us = world_now();
    switch (packet->type) {
    case PUBLISH:
        *rc = handle_publish(m, *packet);
        return false;
    case PUBACK:
    case PUBREC:
    case PUBCOMP:
        call_published(m, *packet);
        *rc = handle_acknowledgement(m, *packet);
        if (m->complete != NULL && packet->type != PUBREC)
            m->complete(m->context, packet->id);
        return false;
    case PUBREL:
        *rc = handle_pubrel(m, packet->id);
        return false;
    case PINGRESP:
        m->ping_outstanding = false;
        return false;
    default:
        return true;
    }
}

static struct handle *readable(void)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].is_used && handles[i].link != NULL && link_can_be_read(handles[i].link) &&
            (handles[i].connected || handles[i].connect_state == WAIT_FOR_CONNACK))
            return &handles[i];
    return NULL;
}

/* MQTTClient_cycle: waits for a packet of any handle, and handles it. */
static struct handle *cycle(int64_t timeout_us, struct packet *packet, bool *is_answer, int *rc)
{
    int64_t deadline_us = world_now() + timeout_us;
    struct handle *m;

    *is_answer = false;
    *rc = 0;
    while ((m = readable()) == NULL && world_now() < deadline_us)
        world_block(&links_readable, deadline_us);
    if (m != NULL)
        *is_answer = read_packet(m, packet, rc);
    world_spend(CALL_US);
    retry_all();
    return m;
}

/* --- Paho's thread --------------------------------------------------------------------------------------------- */

static void post(struct handle *m, bool has_pack, struct packet packet)
{
    m->has_pack = has_pack;
    m->pack = packet;
    m->was_posted = true;
    world_notify(&m->was_posted);
}

static void call_message_arrived(struct handle *m)
{
    struct queued first = m->queue[0];

    in_callback |= 1u << (unsigned)world_actor();
    int taken = m->arrived(m->context, first.topic, 0, first.message);
    in_callback &= ~(1u << (unsigned)world_actor());
    if (taken != 0)
        memmove(m->queue, m->queue + 1, (size_t)--m->queue_count * sizeof *m->queue);
}

static void run_thread(void *argument)
{
    int64_t timeout_us = 10000;

    (void)argument;
    running = true;
    run_actor = world_actor();
    while (!to_stop) {
        struct packet packet = {0};
        bool is_answer;
        int rc;
        struct handle *m = cycle(timeout_us, &packet, &is_answer, &rc);
        if (to_stop)
            break;
        timeout_us = 100000;
        if (m == NULL || !m->is_used || m->link == NULL)
            continue;
        if (rc == SOCKET_ERROR && m->connected) {
            disconnect_internal(m);
        } else if (rc == SOCKET_ERROR) {
            link_close(m->link);
            m->connect_state = NOT_IN_PROGRESS;
            post(m, false, packet);
        } else {
            if (m->queue_count > 0)
                call_message_arrived(m);
            if (is_answer)
                post(m, true, packet);
        }
    }
    running = to_stop = false;
}

/* MQTTClient_waitfor */
static bool wait_for(struct handle *m, enum packet_type type, int64_t timeout_us, struct packet *answer)
{
    int64_t start_us = world_now();

    if (running) {
        while (!m->was_posted && world_now() < start_us + timeout_us)
            world_block(&m->was_posted, start_us + timeout_us);
        bool has = m->was_posted && m->has_pack;
        *answer = m->pack;
        m->was_posted = m->has_pack = false;
        return has && answer->type == type;
    }
    do {
        bool is_answer;
        int rc;
        struct handle *read = cycle(100000, answer, &is_answer, &rc);
        if (read == m && rc == SOCKET_ERROR)
            return false;
        if (read == m && is_answer && answer->type == type)
            return true;
    } while (world_now() - start_us <= timeout_us);
    return false;
}

/* --- what the header of Paho has ------------------------------------------------------------------------------- */

int MQTTClient_createWithOptions(MQTTClient *handle, const char *serverURI, const char *clientId, int persistence_type,
                                 void *persistence_context, MQTTClient_createOptions *options)
{
    struct handle *m = handles;

    (void)clientId;
    (void)persistence_type;
    (void)persistence_context;
    *handle = NULL;
    if (facts.attempts == 0 && fault_strikes(NO_HANDLE))
        return MQTTCLIENT_FAILURE;
    for (; m->is_used || (m == handles && facts.attempts > 0); m++) /* the first one is never used again */
        if (m == &handles[HANDLES - 1])
            abort();
    memset(m, 0, sizeof *m);
    m->is_used = true;
    m->broker = serverURI[strlen("tcp://broker")] - '0';
    m->command_timeout_us = 10000000;
    m->version = options == NULL ? MQTTVERSION_DEFAULT : options->MQTTVersion;
    facts.handles++;
    *handle = m;
    return MQTTCLIENT_SUCCESS;
}

int MQTTClient_create(MQTTClient *handle, const char *serverURI, const char *clientId, int persistence_type,
                      void *persistence_context)
{
    return MQTTClient_createWithOptions(handle, serverURI, clientId, persistence_type, persistence_context, NULL);
}

void MQTTClient_destroy(MQTTClient *handle)
{
    struct handle *m = *handle;

    enter("MQTTClient_destroy");
    if (m == NULL)
        return;
    if (m->connected)
        broken("a connection is closed before its handle", "MQTTClient_destroy"); /* its socket would stay */
    empty_queue(m);
    m->is_used = false;
    facts.handles--;
    *handle = NULL;
    stop();
}

int MQTTClient_setCallbacks(MQTTClient handle, void *context, MQTTClient_connectionLost *cl,
                            MQTTClient_messageArrived *ma, MQTTClient_deliveryComplete *dc)
{
    struct handle *m = handle;

    if (m == NULL || ma == NULL || m->connect_state != NOT_IN_PROGRESS)
        return MQTTCLIENT_FAILURE;
    m->context = context;
    m->lost = cl;
    m->arrived = ma;
    m->complete = dc;
    return MQTTCLIENT_SUCCESS;
}

int MQTTClient_setPublished(MQTTClient handle, void *context, MQTTClient_published *published)
{
    struct handle *m = handle;

    if (m == NULL || m->connect_state != NOT_IN_PROGRESS)
        return MQTTCLIENT_FAILURE;
    m->published_context = context;
    m->published = published;
    return MQTTCLIENT_SUCCESS;
}

int MQTTClient_setCommandTimeout(MQTTClient handle, unsigned long milliSeconds)
{
    struct handle *m = handle;

    if (m == NULL || milliSeconds < 5000)
        return MQTTCLIENT_FAILURE;
    m->command_timeout_us = (int64_t)milliSeconds * 1000;
    return MQTTCLIENT_SUCCESS;
}

static int on_connack(struct handle *m)
{
    m->connected = true;
    m->connect_state = NOT_IN_PROGRESS;
    m->last_received_us = world_now();
    if (is_session(m)) {
        facts.is_connected = true;
        facts.accepted++;
        facts.accepted_us = facts.oldest_us = world_now();
    }
    if (m->clean || m->clean_start)
        clean_session(m);
    if (m->out_count > 0)
        retries(m, true);
    return m->connected ? MQTTCLIENT_SUCCESS : MQTTCLIENT_DISCONNECTED;
}

/* What the broker has in its CONNACK. */
static MQTTProperties *copy_properties(struct packet connack)
{
    MQTTProperties *properties = malloc(sizeof *properties);
    MQTTProperty maximum_qos = {.identifier = MQTTPROPERTY_CODE_MAXIMUM_QOS};
    MQTTProperty receive_maximum = {.identifier = MQTTPROPERTY_CODE_RECEIVE_MAXIMUM};
    MQTTProperty keep_alive = {.identifier = MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE};
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

    facts.allocations++;
    *properties = (MQTTProperties)MQTTProperties_initializer;
    receive_maximum.value.integer2 = connack.receive_maximum;
    keep_alive.value.integer2 = connack.keep_alive;
    expiry.value.integer4 = connack.expiry;
    maximum_qos.value.byte = connack.maximum_qos;
    if (connack.has_maximum_qos)
        MQTTProperties_add(properties, &maximum_qos);
    if (connack.has_receive_maximum)
        MQTTProperties_add(properties, &receive_maximum);
    if (connack.keep_alive > 0)
        MQTTProperties_add(properties, &keep_alive);
    if (connack.has_expiry)
        MQTTProperties_add(properties, &expiry);
    return properties;
}

static struct packet connect_packet(const struct handle *m, const MQTTProperties *properties)
{
    struct packet packet = {.type = CONNECT,
                            .code = m->clean || m->clean_start,
                            .is_5 = m->version >= MQTTVERSION_5,
                            .keep_alive = (unsigned short)m->keep_alive_s};

    for (int i = 0; properties != NULL && i < properties->count; i++) {
        if (properties->array[i].identifier != MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL)
            continue;
        packet.has_expiry = true;
        packet.expiry = properties->array[i].value.integer4;
    }
    return packet;
}

static int connect_uri(struct handle *m, MQTTClient_connectOptions *options, const char *uri,
                       const MQTTProperties *properties, struct packet *connack)
{
    int64_t start_us = world_now(), timeout_us = options->connectTimeout * INT64_C(1000000);
    bool is_lost;

    m->keep_alive_s = options->keepAliveInterval;
    retry_interval_us = m->keep_alive_s * INT64_C(100000);
    retry_interval_us = retry_interval_us < 100000 ? 100000 : retry_interval_us > 5000000 ? 5000000 : retry_interval_us;
    m->version = options->MQTTVersion;
    m->clean = m->version < MQTTVERSION_5 && options->cleansession;
    m->clean_start = m->version >= MQTTVERSION_5 && options->cleanstart;
    m->max_inflight = options->maxInflightMessages > 0 ? options->maxInflightMessages : options->reliable ? 1 : 10;
    if (m->arrived != NULL && !running) {
        world_spawn("paho", run_thread, NULL);
        sleep_ms(100);
    }
    m->broker = uri[strlen("tcp://broker")] - '0';
    m->link = broker_connect(m->broker, &is_lost);
    if (m->link == NULL) {
        world_sleep_until(is_lost ? start_us + timeout_us : world_now() + 2 * schedule.latency_us);
        return SOCKET_ERROR;
    }
    sleep_ms(m->arrived != NULL ? 110 : 100); /* Paho's poll looks for input only */
    m->connect_state = WAIT_FOR_CONNACK;
    m->was_posted = m->has_pack = false;
    write_packet(m, connect_packet(m, properties));
    if (!wait_for(m, CONNACK, start_us + timeout_us - world_now(), connack))
        return SOCKET_ERROR;
    return connack->code == 0 ? on_connack(m) : connack->code;
}

/* The receive maximum lowers Paho's own window, but only once what was in flight was sent again. */
static MQTTResponse answer(struct handle *m, int rc, struct packet connack)
{
    MQTTResponse response = MQTTResponse_initializer;

    response.reasonCode = (enum MQTTReasonCodes)rc;
    if (m->version < MQTTVERSION_5 || (rc != MQTTCLIENT_SUCCESS && rc != MQTTCLIENT_DISCONNECTED))
        return response;
    response.properties = copy_properties(connack);
    if (rc == MQTTCLIENT_SUCCESS && connack.has_receive_maximum && m->max_inflight > connack.receive_maximum)
        m->max_inflight = connack.receive_maximum;
    if (is_session(m)) {
        facts.server_keep_alive_s = connack.keep_alive;
        facts.receive_maximum = connack.has_receive_maximum ? connack.receive_maximum : UINT16_MAX;
        facts.is_for_naught =
            facts.receive_maximum == 0 || (connack.keep_alive > 0 && connack.keep_alive < m->keep_alive_s);
        facts.only_for_naught[m->broker] = facts.is_for_naught;
    }
    return response;
}

static MQTTResponse connect_any(struct handle *m, MQTTClient_connectOptions *options, const MQTTProperties *properties)
{
    const char *uri = options->serverURIs[0];
    if (m->connected)
        broken("a connection that stands is not made again", "MQTTClient_connect");
    if (is_session(m))
        rule_before_attempt(m->broker = uri[strlen("tcp://broker")] - '0');
    facts.attempts++;
    if (is_session(m)) {
        facts.server_keep_alive_s = 0;
        facts.is_for_naught = false;
        facts.keep_alive_s = options->keepAliveInterval;
    }
    story("MQTTClient_connect to %s%s", uri,
          options->cleansession ? ", clean session"
          : options->cleanstart ? ", clean start"
                                : "");
    facts.is_connecting = is_session(m);
    struct packet connack = {.type = CONNACK};
    int rc = connect_uri(m, options, uri, properties, &connack);
    bool session_present = connack.flag;
    bool is_clean = m->version < MQTTVERSION_5
                        ? m->clean
                        : (connack.has_expiry ? connack.expiry : connect_packet(m, properties).expiry) == 0;
    if (rc == MQTTCLIENT_SUCCESS) /* otherwise the old value stays */
        options->returned.sessionPresent = m->version < MQTTVERSION_5 && session_present;
    else
        disconnect1(m, false, false, NULL);
    facts.is_connecting = false;
    story("MQTTClient_connect: %d", rc);
    MQTTResponse response = answer(m, rc, connack);
    if (is_session(m))
        rule_after_attempt(m->broker, rc);
    if (is_session(m) && (rc == MQTTCLIENT_SUCCESS || rc == MQTTCLIENT_DISCONNECTED)) { /* accepted, and perhaps lost */
        facts.forgotten += rc == MQTTCLIENT_SUCCESS && m->version < MQTTVERSION_5 && !m->clean &&
                           facts.has_session[m->broker] && !session_present;
        facts.has_session[m->broker] = !is_clean;
    }
    return response;
}

int MQTTClient_connect(MQTTClient handle, MQTTClient_connectOptions *options)
{
    struct handle *m = handle;

    enter("MQTTClient_connect");
    return m->version >= MQTTVERSION_5 ? MQTTCLIENT_WRONG_MQTT_VERSION : (int)connect_any(m, options, NULL).reasonCode;
}

MQTTResponse MQTTClient_connect5(MQTTClient handle, MQTTClient_connectOptions *options, MQTTProperties *properties,
                                 MQTTProperties *will_properties)
{
    struct handle *m = handle;
    MQTTResponse response = MQTTResponse_initializer;

    (void)will_properties;
    enter("MQTTClient_connect5");
    if (m->version >= MQTTVERSION_5 && options->cleansession == 0)
        return connect_any(m, options, properties);
    response.reasonCode =
        (enum MQTTReasonCodes)(m->version < MQTTVERSION_5 ? MQTTCLIENT_WRONG_MQTT_VERSION : MQTTCLIENT_BAD_MQTT_OPTION);
    return response;
}

int MQTTClient_disconnect5(MQTTClient handle, int timeout, enum MQTTReasonCodes reason, MQTTProperties *properties)
{
    (void)timeout;
    (void)reason;
    enter("MQTTClient_disconnect");
    if (handle == NULL)
        return MQTTCLIENT_FAILURE;
    disconnect1(handle, false, true, properties);
    story("MQTTClient_disconnect");
    return MQTTCLIENT_SUCCESS; /* also where there was no connection */
}

int MQTTClient_disconnect(MQTTClient handle, int timeout)
{
    return MQTTClient_disconnect5(handle, timeout, MQTTREASONCODE_NORMAL_DISCONNECTION, NULL);
}

int MQTTClient_isConnected(MQTTClient handle)
{
    struct handle *m = handle;

    enter("MQTTClient_isConnected");
    return m != NULL && m->connected;
}

static int request(struct handle *m, struct packet packet, enum packet_type type, struct packet *answer)
{
    if (m == NULL)
        return MQTTCLIENT_FAILURE;
    if (!m->connected)
        return MQTTCLIENT_DISCONNECTED;
    m->last_id = m->last_id % 65535 + 1;
    packet.id = m->last_id;
    m->was_posted = m->has_pack = false;
    if (write_packet(m, packet) && wait_for(m, type, m->command_timeout_us, answer))
        return MQTTCLIENT_SUCCESS;
    disconnect_internal(m);
    return SOCKET_ERROR;
}

static int subscribe(struct handle *m, const char *topic, int qos)
{
    MQTTClient handle = m;
    struct packet answer = {0};

    enter("MQTTClient_subscribe");
    if (handle == NULL) /* the real one ends there with SIGSEGV */
        broken("Paho is not called without a handle", "MQTTClient_subscribe");
    facts.has_subscribed = true;
    facts.subscribe_us = world_now();
    if (handle != NULL && m->connected && fault_strikes(PAHO_REFUSES))
        return MQTTCLIENT_MAX_MESSAGES_INFLIGHT;
    if (handle != NULL && m->connected && fault_strikes(SHORT_SUBSCRIBE))
        return SOCKET_INTERRUPTED;
    int rc = request(m, (struct packet){.type = SUBSCRIBE, .qos = qos}, SUBACK, &answer);
    if (rc == MQTTCLIENT_SUCCESS && answer.code >= MQTT_BAD_SUBSCRIBE)
        rc = answer.code;
    else if (rc == MQTTCLIENT_SUCCESS) {
        facts.is_subscribed = m->connected;
        facts.was_let_through = true;
        rc = m->version >= MQTTVERSION_5 ? answer.code : rc;
    }
    story("MQTTClient_subscribe to %s: %d", topic, rc);
    return rc;
}

int MQTTClient_subscribe(MQTTClient handle, const char *topic, int qos)
{
    const struct handle *m = handle;

    return m != NULL && m->version >= MQTTVERSION_5 ? MQTTCLIENT_WRONG_MQTT_VERSION : subscribe(handle, topic, qos);
}

MQTTResponse MQTTClient_subscribe5(MQTTClient handle, const char *topic, int qos, MQTTSubscribe_options *options,
                                   MQTTProperties *properties)
{
    MQTTResponse response = MQTTResponse_initializer;

    (void)options;
    (void)properties;
    response.reasonCode = (enum MQTTReasonCodes)subscribe(handle, topic, qos);
    return response;
}

int MQTTClient_unsubscribe(MQTTClient handle, const char *topic)
{
    struct packet answer;

    enter("MQTTClient_unsubscribe");
    if (handle == NULL) /* the real one ends there with SIGSEGV */
        broken("Paho is not called without a handle", "MQTTClient_unsubscribe");
    int rc = request(handle, (struct packet){.type = UNSUBSCRIBE}, UNSUBACK, &answer);
    story("MQTTClient_unsubscribe from %s: %d", topic, rc);
    return rc;
}

/* MQTTClient_yield */
static void yield(void)
{
    int64_t deadline_us = world_now() + YIELD_MS * 1000;

    if (running) {
        sleep_ms(YIELD_MS);
        return;
    }
    do {
        struct packet packet;
        bool is_answer;
        int rc;
        int64_t left_us = deadline_us - world_now();
        struct handle *m = cycle(left_us > 0 ? left_us : 0, &packet, &is_answer, &rc);
        if (m != NULL && rc == SOCKET_ERROR && m->connect_state != DISCONNECTING)
            disconnect_internal(m);
    } while (world_now() < deadline_us);
}

static int publish(struct handle *m, int number, int qos, MQTTClient_deliveryToken *token)
{
    if (m == NULL)
        return MQTTCLIENT_FAILURE;
    if (!m->connected)
        return MQTTCLIENT_DISCONNECTED;
    if (fault_strikes(PAHO_REFUSES))
        return MQTTCLIENT_BAD_UTF8_STRING;
    if (m->out_count >= m->max_inflight)
        rule_waits_for_room(m->out_count);
    while (m->out_count >= m->max_inflight || link_is_clogged(m->link)) {
        yield();
        if (!m->connected)
            return MQTTCLIENT_FAILURE;
    }
    struct outbound out = {.qos = qos, .number = number, .touched_us = world_now()};
    if (qos > 0) {
        do
            m->last_id = m->last_id % 65535 + 1;
        while (find_outbound(m, m->last_id) != NULL);
        out.id = m->last_id;
        if (token != NULL)
            *token = out.id;
        if (m->out_count == OUTBOUND)
            abort();
        if (m->out_count == 0 && is_session(m))
            facts.oldest_us = world_now();
        m->out[m->out_count++] = out;
        count_pending(m);
    }
    if (write_packet(m, (struct packet){.type = PUBLISH, .id = out.id, .qos = qos, .number = number}))
        return MQTTCLIENT_SUCCESS;
    disconnect_internal(m);
    return qos > 0 ? MQTTCLIENT_SUCCESS : MQTTCLIENT_FAILURE; /* it is kept, and sent again */
}

static int publish_text(MQTTClient handle, const char *topicName, int payloadlen, const void *payload, int qos,
                        MQTTClient_deliveryToken *dt)
{
    char text[16];

    enter("MQTTClient_publish");
    if (handle == NULL) /* the real one ends there with SIGSEGV */
        broken("Paho is not called without a handle", "MQTTClient_publish");
    facts.publish_us = world_now();
    snprintf(text, sizeof text, "%.*s", payloadlen, (const char *)payload);
    int rc = publish(handle, atoi(text), qos, dt);
    story("MQTTClient_publish %s to %s at QoS %d: %d", text, topicName, qos, rc);
    facts.published += rc == MQTTCLIENT_SUCCESS;
    rule_published(rc);
    return rc;
}

int MQTTClient_publish(MQTTClient handle, const char *topicName, int payloadlen, const void *payload, int qos,
                       int retained, MQTTClient_deliveryToken *dt)
{
    const struct handle *m = handle;

    (void)retained;
    if (m != NULL && m->version >= MQTTVERSION_5)
        return MQTTCLIENT_WRONG_MQTT_VERSION;
    return publish_text(handle, topicName, payloadlen, payload, qos, dt);
}

MQTTResponse MQTTClient_publish5(MQTTClient handle, const char *topicName, int payloadlen, const void *payload, int qos,
                                 int retained, MQTTProperties *properties, MQTTClient_deliveryToken *dt)
{
    MQTTResponse response = MQTTResponse_initializer;

    (void)retained;
    (void)properties;
    response.reasonCode = (enum MQTTReasonCodes)publish_text(handle, topicName, payloadlen, payload, qos, dt);
    return response;
}

int MQTTClient_receive(MQTTClient handle, char **topicName, int *topicLen, MQTTClient_message **message,
                       unsigned long timeout)
{
    struct handle *m = handle;
    int64_t start_us, timeout_us = (int64_t)timeout * 1000;
    int rc = 0;

    enter("MQTTClient_receive");
    rule_receive();
    if (m == NULL || running)
        return MQTTCLIENT_FAILURE;
    if (!m->connected)
        return MQTTCLIENT_DISCONNECTED;
    *topicName = NULL;
    *message = NULL;
    start_us = world_now();
    if (m->queue_count > 0)
        timeout_us = 0;
    do {
        struct packet packet;
        bool is_answer;
        int64_t left_us = start_us + timeout_us - world_now();
        struct handle *read = cycle(left_us > 0 ? left_us : 0, &packet, &is_answer, &rc);
        if (rc == SOCKET_ERROR && read == m)
            break;
    } while (world_now() - start_us < timeout_us && m->queue_count == 0);
    if (m->queue_count > 0) {
        *message = m->queue[0].message;
        *topicName = m->queue[0].topic;
        *topicLen = 1;
        memmove(m->queue, m->queue + 1, (size_t)--m->queue_count * sizeof *m->queue);
        story("MQTTClient_receive: %d, message %s", rc, (const char *)(*message)->payload);
        rule_received(*message);
    }
    if (rc == SOCKET_ERROR)
        disconnect_internal(m);
    return rc;
}

void MQTTClient_yield(void)
{
    enter("MQTTClient_yield");
    yield();
}

int MQTTClient_getPendingDeliveryTokens(MQTTClient handle, MQTTClient_deliveryToken **tokens)
{
    struct handle *m = handle;

    enter("MQTTClient_getPendingDeliveryTokens");
    *tokens = NULL;
    if (m == NULL)
        return MQTTCLIENT_FAILURE;
    if (m->out_count == 0)
        return MQTTCLIENT_SUCCESS;
    *tokens = malloc(sizeof **tokens * (size_t)(m->out_count + 1));
    facts.allocations++;
    for (int i = 0; i < m->out_count; i++)
        (*tokens)[i] = m->out[i].id;
    (*tokens)[m->out_count] = -1;
    return MQTTCLIENT_SUCCESS;
}

void MQTTClient_freeMessage(MQTTClient_message **message)
{
    free_message(*message);
    *message = NULL;
}

void MQTTClient_free(void *ptr)
{
    facts.allocations -= ptr != NULL;
    free(ptr);
}

/* --- properties, and what comes with them --- */

int MQTTProperties_add(MQTTProperties *properties, const MQTTProperty *property)
{
    enum { ROOM = 10 };

    if (properties->array == NULL) {
        properties->array = malloc(ROOM * sizeof *properties->array);
        facts.allocations++;
    }
    if (properties->count == ROOM)
        abort();
    properties->array[properties->count++] = *property;
    return 0;
}

void MQTTProperties_free(MQTTProperties *properties)
{
    facts.allocations -= properties->array != NULL;
    free(properties->array);
    *properties = (MQTTProperties)MQTTProperties_initializer;
}

/* Of those that a number can be. */
int MQTTProperty_getType(enum MQTTPropertyCodes code)
{
    switch (code) {
    case MQTTPROPERTY_CODE_MAXIMUM_QOS:
    case MQTTPROPERTY_CODE_RETAIN_AVAILABLE:
        return MQTTPROPERTY_TYPE_BYTE;
    case MQTTPROPERTY_CODE_RECEIVE_MAXIMUM:
    case MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE:
    case MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM:
        return MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER;
    default:
        return MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER;
    }
}

void MQTTResponse_free(MQTTResponse response)
{
    if (response.properties == NULL)
        return;
    MQTTProperties_free(response.properties);
    free(response.properties);
    facts.allocations--;
}

const char *MQTTClient_strerror(int code)
{
    return code == MQTTCLIENT_FAILURE ? "Failure" : code == MQTTCLIENT_DISCONNECTED ? "Disconnected" : NULL;
}

void MQTTClient_setTraceCallback(MQTTClient_traceCallback *callback)
{
    (void)callback;
}

void MQTTClient_setTraceLevel(enum MQTTCLIENT_TRACE_LEVELS level)
{
    (void)level;
}

/* --- for the simulation ---------------------------------------------------------------------------------------- */

const struct paho_facts *paho_facts(void)
{
    return &facts;
}

void paho_begin(void)
{
    memset(&facts, 0, sizeof facts);
    running = to_stop = false;
    run_actor = -1;
    last_retry_us = 0;
    retry_interval_us = 5000000;
    in_callback = 0;
    program_receives = false;
    for (int i = 0; i < HANDLES; i++)
        handles[i].is_used = false;
}

void paho_end(void)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].is_used)
            empty_queue(&handles[i]);
}
