/* What became of it all: the lines that a program says last. */
#ifndef PLAYGROUND_SUMMARY_H
#define PLAYGROUND_SUMMARY_H

#include "connection.h"
#include "course.h"
#include "denials.h"
#include "window.h"

#include <stdbool.h>
#include <stdint.h>

#define SUMMARY_SIZE          960 /* bytes, with the NUL */
#define SUMMARY_SESSIONS_SIZE 1024

/* Messages that Paho has acknowledged in our name, and that nobody will see. */
struct left_over {
    long count;    /* as far as is known */
    bool has_more; /* perhaps */
};

/* Writes some lines, each with its end; none, if there is nothing to tell. */
void summary_write(const struct course *course, const struct connection *connection, const struct window *window,
                   const struct denials *denials, bool has_subscribed, struct left_over left_over, int64_t now_us,
                   char text[SUMMARY_SIZE]);

/* For who has to end inside a call: at which brokers there is a session of ours that will not be removed then. Lines as
 * above. */
void summary_sessions(const struct connection *connection, char text[SUMMARY_SESSIONS_SIZE]);

#endif
