/* What a broker of MQTT 5 says in its CONNACK (section 3.2.2.3): what it takes, and what it makes of our wishes. */
#ifndef PLAYGROUND_LIMITS_H
#define PLAYGROUND_LIMITS_H

#include <MQTTClient.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIMITS_TEXT_SIZE = 128 };

struct limits {
    uint32_t receive_maximum; /* messages at QoS 1 and 2 that may wait for their acknowledgements */
    uint32_t maximum_qos;
    uint32_t retain_available;    /* 0: it refuses retained messages */
    uint32_t maximum_packet_size; /* bytes */
    uint32_t topic_alias_maximum;
    uint32_t server_keep_alive; /* seconds; 0: what we asked for */
    uint32_t session_expiry;    /* seconds */
};

/* Reads them; what is not in the list is as the specification has it for that, and the session's expiry is then the one
 * that we asked for. False if the broker says what it must not: 0 messages or bytes. */
bool limits_read(struct limits *limits, const MQTTProperties *properties, uint32_t session_expiry);

/* Those that a program may run against, in words: "QoS 1 at most, no retained messages"; empty if there are none.
 * `qos` is the highest that it uses. */
void limits_text(const struct limits *limits, int qos, char text[LIMITS_TEXT_SIZE]);

#endif
