/* Paho has a window of its own, and stops for 100 ms whenever it is full: 200 messages a second. So ours is smaller,
 * and is looked after from outside. */
#include "window.h"

void window_init(struct window *window, int size)
{
    *window = (struct window){.size = size > 0 ? size : 1};
}

void window_resize(struct window *window, int size)
{
    window->size = size > 0 ? size : 1;
}

bool window_is_full(const struct window *window)
{
    return window->unchecked >= window->size;
}

void window_add(struct window *window)
{
    window->unchecked++;
}

void window_count(struct window *window, MQTTClient client, int64_t now_us)
{
    MQTTClient_deliveryToken *tokens = NULL, oldest = 0, newest = 0;
    int count = 0, left = 0; /* of those of the last count: up to the one that was the newest then */

    if (MQTTClient_getPendingDeliveryTokens(client, &tokens) != MQTTCLIENT_SUCCESS)
        return; /* no memory: nothing is known that was not known before */
    if (tokens != NULL) {
        for (; tokens[count] != -1; count++) { /* oldest first, as they were published */
            newest = tokens[count];
            if (newest == window->newest)
                left = count + 1;
        }
        oldest = count > 0 ? tokens[0] : 0;
    }
    MQTTClient_free(tokens);
    window->has_moved = window->has_moved || left < window->counted;
    if (oldest != window->oldest)
        window->oldest_since_us = now_us;
    window->oldest = oldest;
    window->newest = newest;
    window->counted = count;
    window->unchecked = count;
}

void window_restart(struct window *window, MQTTClient client, int64_t now_us)
{
    window->oldest = 0; /* whatever it was, it has not been waiting on this connection */
    window_count(window, client, now_us);
}

int64_t window_stalled_us(const struct window *window, int64_t now_us)
{
    return window->oldest == 0 ? 0 : now_us - window->oldest_since_us;
}
