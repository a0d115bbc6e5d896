/* What a schedule is: which program runs, with which options, and what goes wrong. The rest follows. */
#ifndef SIMULATION_SCHEDULE_H
#define SIMULATION_SCHEDULE_H

#include "playground/options.h"

#include <stdbool.h>
#include <stdint.h>

/* What can go wrong. Those of the first group strike at a moment of the clock; the others on an occasion. */
enum fault {
    LOSS,       /* the network resets the connection */
    TWIN,       /* another program takes the client id over, and again, and again */
    RESTART,    /* the broker dies and comes back with its sessions */
    FORGETTING, /* the broker dies and comes back without them */
    SILENCE,    /* the broker is there, but stands still */
    UNREACHABLE,
    STDOUT_FULL,  /* standard output takes nothing for a while */
    STDOUT_FAILS, /* and then never again */
    SIGNAL,
    TIMED_FAULTS,

    CUT = TIMED_FAULTS, /* the connection lives for so long */
    CLOSE_ON_CONNECT,
    REFUSE, /* CONNACK with a code, or the reason of MQTT 5 for the same */
    SLOW_CONNACK,
    NO_CONNACK,
    CLOSE_ON_SUBSCRIBE, /* a broker that denies by closing */
    DENY,               /* SUBACK with 0x80, or with a reason of MQTT 5 */
    SHORT_SUBSCRIBE,    /* the network takes a part of the packet, and no more at once */
    SLOW_SUBACK,
    NO_SUBACK,
    CLOSE_AFTER_SUBACK,
    CLOSE_ON_PUBLISH,
    CLOSE_BEFORE_ACK, /* it has taken the message, and does not come to say so */
    SLOW_ACK,
    NO_ACK,
    PUBACK_FOR_QOS_2,
    DENY_PUBLISH, /* with MQTT 5: a message is not taken, and its acknowledgement says why */
    ACK_TWICE,
    LESS_QOS,      /* SUBACK grants less than was asked for */
    NO_MESSAGES,   /* with MQTT 5: CONNACK with a receive maximum of 0, which no broker may send */
    PAHO_REFUSES,  /* to subscribe or to publish, while the connection stands */
    PROGRAM_FAILS, /* in on_connected */
    NO_HANDLE,     /* MQTTClient_create fails */
    FAULTS
};

extern const char *const fault_names[FAULTS];

struct plan {
    int percent;       /* of the occasions; 0: never */
    int count;         /* for those of the clock: so often */
    unsigned first;    /* for the others: the first occasion, from 0 on */
    unsigned last;     /* and the last one; 0: there is none */
    int64_t first_us;  /* for those of the clock */
    int64_t every_us;  /* for those of the clock */
    int64_t amount_us; /* how slow, how long; 0: random */
    int code;          /* of a refusal */
};

enum program_kind { PRODUCER, CONSUMER, ANSWERER, OBJECT, PROGRAMS };

struct schedule {
    uint64_t seed;
    enum program_kind program;
    struct options options;
    struct plan plan[FAULTS];
    int64_t healthy_us;     /* no fault but those of 100 percent strikes from then on */
    int64_t last_signal_us; /* what ends the program at the latest */
    int64_t latency_us;
    int64_t feed_us; /* others publish so often */
    int feed_qos;
    int feed_count;
    int broker_mask; /* brokers that are there */
    int mailbox_capacity;
    /* With MQTT 5, in each CONNACK. */
    int receive_maximum;    /* of the first broker; the others have more; 0: there is none */
    int server_keep_alive;  /* seconds, 0: the client's */
    int maximum_qos;        /* a broker closes on a PUBLISH above it */
    int64_t longest_expiry; /* of a session, in seconds; -1: as the client wants it */
    bool has_left_sessions; /* of a program that ran before with the same client id */
};

/* A fault that struck: which, and at which of its occasions. A schedule can be told with some of them only. */
struct strike {
    enum fault fault;
    unsigned occasion;
};
enum { STRIKES = 4096 };
struct strikes {
    int count;
    struct strike list[STRIKES];
};

extern struct schedule schedule;

/* A refusal by its code of MQTT 3.1.1, 1 to 5, in the version that is spoken, and back; 0: it is none. */
int refusal_reason(int code);
int refusal_code(int reason);

/* One of each: a broker that is there, others that publish, no faults. */
void schedule_plain(struct schedule *made, enum program_kind program);
void schedule_name_brokers(struct options *options); /* as many as broker_count says */
void schedule_from_seed(struct schedule *made, uint64_t seed);

/* Begins a story with these faults, or with NULL all that the plan has. */
void faults_begin(const struct strikes *only);
void faults_end(void); /* none strikes any more */
const struct strikes *faults_struck(void);

/* Whether the fault strikes on this occasion. */
bool fault_strikes(enum fault fault);
/* A number from least to most that belongs to the last strike of the fault. */
int64_t fault_amount(enum fault fault, int64_t least, int64_t most);

#endif
