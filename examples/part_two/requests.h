/* Exercise 7, the controller: what it wants of a device, the requests by which it asks for that, and what the device
 * says of itself. Knows neither MQTT nor a clock: moments are told, in microseconds as those of monotonic.h.
 *
 * An answer says that a request has arrived. Whether the wish has come true only the device's own telemetry says: the
 * switch may have been turned back since, by somebody else or by a new start. So it is asked for again until the device
 * says that it is so: OFF for as long as it is wanted, ON once. The pauses grow: two who want different things do not
 * get into a storm. */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REQUESTS_MAX = 16,              /* that may wait for their answers; of one more, the oldest is given up */
    REQUESTS_CORRELATION_SIZE = 24, /* "3-5c2a8be0" and its NUL */
    REQUESTS_PAUSE_MIN_MS = 500,    /* between two requests for the same wish; twice as long each time */
    REQUESTS_PAUSE_MAX_MS = 16000,
    REQUESTS_TEXT_SIZE = 256
};

enum position { POSITION_UNKNOWN, POSITION_OFF, POSITION_ON };

struct request {
    uint32_t number;        /* from 1 on */
    enum position position; /* what it asks for */
    int64_t asked_us;
    enum { REQUEST_ANSWERED, REQUEST_OPEN, REQUEST_OVERDUE } state;
    char correlation[REQUESTS_CORRELATION_SIZE];
};

struct requests {
    int64_t limit_us;                  /* for which an answer is waited for */
    uint32_t mark;                     /* by which our requests differ from those of another controller */
    uint32_t count;                    /* requests so far */
    struct request last[REQUESTS_MAX]; /* the one with the number n at n % REQUESTS_MAX */

    enum position wanted; /* POSITION_UNKNOWN: nothing */
    uint32_t first;       /* number of the first request for that */
    bool is_refused;
    int64_t pause_us; /* after the last one, before it is asked for again */

    enum position said; /* by the device, of itself */
    bool has_said;      /* since the first request, and since it came online */
    bool is_offline;

    long unanswered;
    long unasked; /* answers that are none to a request of ours, or the second one to it */
};

void requests_init(struct requests *requests, int64_t limit_us, uint32_t mark);

/* From now on this is wanted, and nothing else. */
void requests_want(struct requests *requests, enum position position);

/* What the device has said: where its switch stands, that it comes or goes, in the words of dto/value.h; and anything
 * else, by which it is there. */
void requests_said(struct requests *requests, const char *position);
void requests_presence(struct requests *requests, const char *presence);
void requests_sign_of_life(struct requests *requests);

/* An answer has come. Returns the request that it belongs to; NULL: none, it is only counted. A refusal ends the asking
 * for what was wanted. */
const struct request *requests_answered(struct requests *requests, const char *correlation, size_t size,
                                        bool is_refusal);

/* The request that is to be sent now; NULL: none. Once it is sent, at whatever moment, requests_sent has to be called.
 */
const struct request *requests_next(struct requests *requests, int64_t now_us);
void requests_sent(struct requests *requests, int64_t now_us);

/* A request whose time for an answer has passed, each once; NULL: none. Its answer may come all the same. */
const struct request *requests_overdue(struct requests *requests, int64_t now_us);

/* How long until one of the two above has something to tell, unless something arrives; `max_ms` at most. */
unsigned long requests_wait_ms(const struct requests *requests, int64_t now_us, unsigned long max_ms);

/* What is true of the device at the end, and what was not answered or not asked for, on one line; empty: nothing. And
 * the same on standard error; without a connection, that it is not known. */
void requests_text(const struct requests *requests, const char *device, char text[REQUESTS_TEXT_SIZE]);
void requests_tell(const struct requests *requests, const char *device, bool is_connected);

const char *position_name(enum position position); /* "on" or "off" */

#endif
