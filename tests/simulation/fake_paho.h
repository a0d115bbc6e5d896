/* What the fake Paho knows beyond what the header of the real one tells. */
#ifndef SIMULATION_FAKE_PAHO_H
#define SIMULATION_FAKE_PAHO_H

#include "broker.h"

#include <stdbool.h>
#include <stdint.h>

/* Facts of the first handle, which is the session's. */
struct paho_facts {
    int handles;        /* there are */
    int allocations;    /* that the program has to free */
    bool is_connecting; /* inside MQTTClient_connect */
    int64_t entered_us; /* when the program last called any of its functions */
    bool is_connected;
    bool is_subscribed;   /* on this connection, and the broker has said so */
    bool has_subscribed;  /* asked for it, ever */
    int64_t publish_us;   /* when a PUBLISH was last sent, or sent again */
    int64_t subscribe_us; /* when it did so the last time */
    int accepted;         /* connections */
    int64_t accepted_us;  /* the last one */
    int lost;             /* connections that ended before the end */
    int64_t lost_us;      /* the last one, */
    int64_t lost_accepted_us;
    struct link *lost_link;
    int64_t longest_us; /* that a connection stood before it was found to be lost, or up to now: see paho_longest_us */
    int forgotten;      /* a broker with which there was a session had none any more */
    bool has_session[BROKERS];
    bool only_for_naught[BROKERS]; /* no connection was used since it has one */
    int pending;                   /* messages without their last acknowledgement */
    int denied;                    /* by the broker's acknowledgements that have come: messages, each once */
    int64_t denied_us[256];        /* by reason: when it came first; 0: never */
    int published;
    /* With MQTT 5, on the present connection. */
    int server_keep_alive_s, receive_maximum;
    int keep_alive_s;   /* with either version */
    bool is_for_naught; /* the present connection: the broker wants another keep alive, or does what it must not */
    bool has_acknowledged;
    bool was_let_through; /* granted, or acknowledged, and the client has read it */
    int attempts;
    bool was_disconnected; /* at the very end, by the program itself */
    int unseen;            /* acknowledged at QoS 1 or 2, and dropped before anybody has got them */
    int64_t oldest_us;     /* since when the oldest pending message is the oldest on this connection */
};
const struct paho_facts *paho_facts(void);
int64_t paho_longest_us(void);

/* The program tells when it is its own code that receives. */
extern bool program_receives;

void paho_begin(void);
void paho_end(void); /* frees what a schedule has left behind that ended in the middle */

#endif
