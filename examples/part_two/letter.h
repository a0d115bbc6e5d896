/* Exercise 7, both programs: what MQTT 5 adds to a message so that it can be answered (section 4.10): where the answer
 * is to go, and by what the asker knows it again. */
#ifndef LETTER_H
#define LETTER_H

#include "playground/session.h"

#include <MQTTClient.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LETTER_CORRELATION_MAX 64 /* bytes that we give back; MQTT allows 65535, at our expense */

/* Of a message that has arrived. */
struct letter {
    char response_topic[OPTIONS_TOPIC_SIZE]; /* where the answer is to go; empty: nobody waits for one */
    char correlation[LETTER_CORRELATION_MAX];
    size_t correlation_size;
    const char *problem; /* why there is no answer, though somebody may wait for one; NULL: there is no reason */
};

void letter_read(struct letter *letter, const MQTTProperties *properties);

/* Whether it is to be answered, and can be: on a topic that the filter matches, whose last level is not empty. If it is
 * to be and cannot, that is said. */
bool letter_wants_answer(const struct letter *letter, const char *filter);

/* The properties of a message that is to be answered, and those of an answer. Without memory some are missing: whoever
 * waits for the answer waits in vain. */
void letter_of_request(MQTTProperties *properties, const char *response_topic, const char *correlation,
                       uint32_t expiry_seconds);
void letter_of_answer(MQTTProperties *properties, const struct letter *letter);

#endif
