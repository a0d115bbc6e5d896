/* What a session knows, in parts. Those with a header of their own are passive; the rest is what the session itself
 * keeps. */
#ifndef PLAYGROUND_PARTS_H
#define PLAYGROUND_PARTS_H

#include "connection.h"
#include "course.h"
#include "denials.h"
#include "diagnosis.h"
#include "playground/options.h"
#include "playground/session.h"
#include "summary.h"
#include "window.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PACKET_SIZE = 256 };

enum state {
    OFFLINE,    /* waiting until it is time to try */
    CONNECTING, /* MQTTClient_connect is next, or at work */
    BEGINNING,  /* on_connected is next, or at work */
    UP,
    FAILED, /* it did not work; decides at once what comes of that */
    ENDED
};

struct session_parts {
    enum state state;
    struct connection connection;
    struct window window;
    struct course course;
    struct denials denials;

    const struct options *options;
    enum session_mode mode;
    session_on_connected *on_connected;
    void *context;

    int64_t due_us;      /* when to try again */
    int64_t give_up_us;  /* when to give up, as long as no connection was proven */
    int64_t answered_us; /* when on_connected last had an answer from the broker, or it was connected */
    int64_t looked_us;   /* when the window was last counted for the sake of it */
    bool has_subscribed;
    bool was_proven;         /* a connection, at least once */
    bool let_through;        /* the broker has granted or acknowledged something, or a connection was proven */
    bool is_settled;         /* the present connection */
    bool has_waited;         /* since session_goes_on looked at the connection */
    const char *last_packet; /* sent on the present connection, in words; NULL: none but CONNECT */
    bool awaits_answer;      /* that packet, as far as we know */
    char subscribe[PACKET_SIZE];
    int on_connected_rc;
    /* When Paho's thread lost the present connection, in hundredths of a second (for 248 days, where a long has 32
     * bits) since course.started_us; 0: it has not. */
    atomic_long lost_at;

    struct left_over left_over;
    struct diagnosis failure;      /* the last one; an empty text: a connection that had been good was lost */
    struct diagnosis open_failure; /* the last one that is not final */
    bool is_guess;                 /* of who is to blame: to be told, not to be acted on */
};

#endif
