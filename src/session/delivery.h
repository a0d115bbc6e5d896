/* Messages on their way, and the time that Paho is given to handle them. */
#ifndef PLAYGROUND_DELIVERY_H
#define PLAYGROUND_DELIVERY_H

#include "parts.h"

#include <stdbool.h>
#include <stdint.h>

/* Says why messages were denied, each reason once. */
void delivery_tell_denials(struct session *session);

/* Whether the program calls MQTTClient_receive. */
bool delivery_receives(const struct session_parts *parts);

/* Lets Paho work for up to `ms` milliseconds; once the program has subscribed, for 100 ms. */
void delivery_let_paho_work(struct session *session, int ms);

/* Counts what is in flight. */
void delivery_count(struct session *session);

/* Handles acknowledgements until no more than `limit` messages wait for theirs; for up to `patience_ms`. */
void delivery_await(struct session *session, int limit, int64_t patience_ms);

/* If a message has not been acknowledged for ten seconds, finds out whether the broker lives, and tells what comes of
 * it. */
void delivery_check_stall(struct session *session);

/* Waits until one more message fits into the window, the connection is lost, or the end has come. */
void delivery_make_room(struct session *session);

/* Counts what Paho has received and nobody has taken; for up to 0.1 s. */
void delivery_count_left_over(struct session *session);

#endif
