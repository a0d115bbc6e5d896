/* The delivery window: the messages at QoS 1 and 2 that were published and are not yet acknowledged, and how many may
 * be. (MQTT 3.1.1 leaves that to both sides; MQTT 5 section 4.9 calls it flow control.) It never waits. */
#ifndef PLAYGROUND_WINDOW_H
#define PLAYGROUND_WINDOW_H

#include <MQTTClient.h>
#include <stdbool.h>
#include <stdint.h>

struct window {
    int size;
    /* Messages that may still be in flight: those of the last count, and all that were published since. To count costs
     * more than to publish, so that it is done only when this number fills the window. */
    int unchecked;
    MQTTClient_deliveryToken oldest; /* of the last count; 0: none */
    MQTTClient_deliveryToken newest; /* of the last count; 0: none */
    int counted;                     /* messages in flight, by the last count */
    int64_t oldest_since_us;         /* when that one was first seen to be the oldest */
    bool has_moved;                  /* at least one message was seen to be acknowledged */
};

/* `size`: 1 or more; it is taken for 1 if it is less. */
void window_init(struct window *window, int size);

/* Whether it is time to count, and to wait if that does not help. */
bool window_is_full(const struct window *window);

/* A message was published. */
void window_add(struct window *window);

/* Counts what is in flight. */
void window_count(struct window *window, MQTTClient client, int64_t now_us);

/* The broker takes no more than so many at a time: see window_init. */
void window_resize(struct window *window, int size);

/* A new connection: what was not acknowledged is sent again, and the broker has all its time again. */
void window_restart(struct window *window, MQTTClient client, int64_t now_us);

/* For how long the oldest message has been waiting, as of the last count, in microseconds; 0 if none is. */
int64_t window_stalled_us(const struct window *window, int64_t now_us);

#endif
