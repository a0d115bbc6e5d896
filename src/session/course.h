/* The course of a program: how far it is, at which pace it goes, and why and when it ends. The first reason to end is
 * the one that counts. It prints nothing and never waits. */
#ifndef PLAYGROUND_COURSE_H
#define PLAYGROUND_COURSE_H

#include <stdbool.h>
#include <stdint.h>

struct course {
    int status;         /* to exit with, of <sysexits.h>; not EX_OK: something went wrong, and the program ends */
    long count;         /* messages wanted, 0: no end is known */
    long done;          /* messages so far */
    int64_t timeout_us; /* from started_us on; 0: none */
    int64_t started_us;
    int64_t began_us; /* when the program had its first connection; 0: it had none */
    int64_t next_us;  /* when the next message is due */
};

void course_init(struct course *course, long count, int64_t timeout_us, int64_t now_us);

/* True if this is the first reason to end with a status other than EX_OK: then it is the one to tell. */
bool course_fail(struct course *course, int status);

bool course_has_ended(const struct course *course);

/* When the time given by --timeout is over; INT64_MAX: never. */
int64_t course_deadline_us(const struct course *course);

bool course_wants_more(const struct course *course);

/* When the message after the next one is due, if they are to be `span_us` apart: no matter how long the work between
 * takes, and without a burst where it fell behind. */
int64_t course_pace(struct course *course, int64_t span_us, int64_t now_us);

/* Whether the message that is being sent is the last one, after which there is nothing to wait for. */
bool course_is_at_last(const struct course *course);

#endif
