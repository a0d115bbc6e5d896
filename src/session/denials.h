/* The messages at QoS 1 and 2 that a broker of MQTT 5 has acknowledged with a reason why it does not take them (section
 * 3.4.2.1 and 3.5.2.1). A broker of MQTT 3.1.1 has no way to say so. */
#ifndef PLAYGROUND_DENIALS_H
#define PLAYGROUND_DENIALS_H

#include <MQTTClient.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DENIALS_TEXT_SIZE = 256 };

struct denials {
    /* Written on Paho's thread, in callback mode. */
    atomic_long count;               /* messages */
    atomic_long counts[256];         /* by reason */
    atomic_bool has_new_reason;      /* one that was not told yet */
    bool is_settled[UINT16_MAX + 1]; /* by packet id, of late: only the first acknowledgement of a message counts */

    long published;     /* messages that the program has published: who has published none was denied none */
    bool was_told[256]; /* the reason */
};

/* For MQTTClient_setPublished, with the denials as context. */
void denials_on_published(void *denials, int token, int packet_type, MQTTProperties *properties,
                          enum MQTTReasonCodes reason);

/* The next reason that was not told yet, which is then taken for told; 0: there is none. */
int denials_next_reason(struct denials *denials);

/* How many messages were denied, and why: "3 not authorized, 1 quota exceeded". As many reasons as there is room for;
 * "..." stands for the rest. */
long denials_count(const struct denials *denials);
void denials_text(const struct denials *denials, char text[DENIALS_TEXT_SIZE]);

#endif
