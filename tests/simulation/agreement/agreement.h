/* What the stories of the agreement stand on. The simulation is worth as much as its fake Paho. So short stories are
 * told twice, by the fake in its world of virtual time, and by the real library with a broker on a real socket, and
 * both have to say the same. Both brokers do what the story's script has for them. */
#ifndef AGREEMENT_H
#define AGREEMENT_H

#include "../broker.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { STEPS = 8, REPLIES = 10, EACH = -1 };

/* What the broker sends, and how long after the packet that it answers. CONNECT: the end of the list. */
struct reply {
    struct packet packet; /* id 0: that of the packet it answers. END_OF_STREAM: it closes; with code 1 it resets */
    int after_ms;
};

/* What it does when it has read such a packet for the nth time; without replies: nothing. */
struct step {
    enum packet_type on;
    int nth; /* EACH: always; 0: the end of the script */
    struct reply replies[REPLIES + 1];
};

enum where { THERE, ABSENT, DEAF }; /* the broker; DEAF: not even TCP answers */

struct story {
    const char *name;
    void (*tell)(void);
    enum where where;
    struct step script[STEPS + 1]; /* what is not in it, it does as brokers do */
    bool has_changed;              /* the fake is like Paho up to 1.3.14; 1.3.16 tells this one otherwise */
};
extern const struct story *story_told;

/* --- two of each: on_fake.c, on_real.c ------------------------------------------------------------------------- */
void tell_story(void);
void print_line(const char *line);
unsigned long actor(void); /* which thread acts */
const char *broker_uri(void);
int64_t now_ms(void);
void pass_ms(int64_t ms);                /* without a call of Paho */
void broker_sends(struct packet packet); /* unasked, on the last connection; it has arrived when this returns */

/* --- script.c -------------------------------------------------------------------------------------------------- */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What it answers to a packet that it has read. */
const struct reply *script_replies(int connection, struct packet packet);
void script_print(void); /* all that it has read */
/* Waits until it has read so many. What it answers at once has arrived then. */
void await_packets(enum packet_type type, int count);
void await(const atomic_int *counter, int count, const char *what);

#endif
