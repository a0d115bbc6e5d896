/* The modelled brokers: a few processes that speak MQTT 3.1.1, or 5, with one client, whatever it is called, and do to
 * it what the schedule has for it. What they did is written down, for the rules. */
#ifndef SIMULATION_BROKER_H
#define SIMULATION_BROKER_H

#include <stdbool.h>
#include <stdint.h>

enum { BROKERS = 3, NUMBERS = 2048, RING = 512 };

enum packet_type {
    CONNECT,
    CONNACK,
    PUBLISH,
    PUBACK,
    PUBREC,
    PUBREL,
    PUBCOMP,
    SUBSCRIBE,
    SUBACK,
    UNSUBSCRIBE,
    UNSUBACK,
    PINGREQ,
    PINGRESP,
    DISCONNECT,
    END_OF_STREAM /* the other side has closed; no packet, but it comes in their order */
};

struct packet {
    enum packet_type type;
    int qos;   /* of PUBLISH, and of the subscription */
    int code;  /* of CONNACK and acknowledgements; what SUBACK grants; of CONNECT: a clean session; 1: a reset */
    bool flag; /* DUP; of CONNACK: the session is present */
    int id;
    int number; /* what is published: the payload is a number */
    /* Of CONNECT, CONNACK and DISCONNECT, with MQTT 5. */
    bool is_5, has_expiry, has_receive_maximum, has_maximum_qos;
    unsigned char maximum_qos;
    unsigned short keep_alive; /* 0 in CONNACK: as the client wants it */
    unsigned short receive_maximum;
    uint32_t expiry; /* seconds */
};

struct ring {
    struct packet packets[RING];
    unsigned head, tail; /* put at the tail, taken from the head */
    int64_t last_us;     /* when the last one arrives: the order stays */
};

/* Who ended a connection. */
enum ending { NOBODY, THE_CLIENT, THE_NETWORK, THE_BROKER_DIED, A_TWIN, A_DENIAL, KEEP_ALIVE };

/* A TCP connection. */
struct link {
    int broker;
    bool is_open;     /* as far as the client has not closed it */
    bool is_accepted; /* the broker has answered CONNECT with 0 */
    bool has_died;    /* the broker holds it no more */
    int64_t heard_us; /* when the broker read its last packet */
    int64_t end_us;   /* when the client could know that it has ended; 0: it has not */
    bool is_at_end;   /* the client has read all, and then the end */
    bool writes_fail;
    unsigned arrived; /* packets of to_client that can be read */
    unsigned held;    /* packets of to_broker that a silent broker has not read */
    enum ending ending;
    struct ring to_client, to_broker;
    bool suback_given;             /* a subscription was granted on it */
    bool taken;                    /* a message was acknowledged on it */
    enum packet_type last_request; /* the last SUBSCRIBE or PUBLISH, or CONNECT, that the broker has read */
};

/* To connect takes no time here. NULL: refused, or *is_lost: no answer at all. */
struct link *broker_connect(int broker, bool *is_lost);
bool broker_is_there(int broker, bool *is_lost);
bool link_write(struct link *link, struct packet packet); /* false: it is broken */
bool link_is_clogged(const struct link *link);            /* the other side has stopped reading */
bool link_can_be_read(const struct link *link);
bool link_read(struct link *link, struct packet *packet); /* false: the end */
void link_close(struct link *link);

/* The channel that is notified whenever any link can be read. */
extern const char links_readable;

void brokers_begin(void);

/* What they did. */
struct broker_facts {
    bool has_session;
    bool is_clean;          /* and it ends with the connection */
    int64_t expiry_s;       /* with MQTT 5: for so long it stays after the connection; UINT32_MAX: for ever */
    bool was_left;          /* the last connection was ended by the client, and by nobody before it */
    bool received[NUMBERS]; /* taken from the client, ever */
    bool denied[NUMBERS];   /* at some time */
    int doubles;            /* numbers at QoS 2 that were taken twice in one session */
    int disorder;           /* and those that were taken after a greater one */
};
const struct broker_facts *broker_facts(int broker);
bool broker_was_reached(void); /* at least one could be connected to */

#endif
