/* What the answer to a CONNECT is, read without Paho, which says -1 for most that it does not like. */
#ifndef PLAYGROUND_CONNACK_H
#define PLAYGROUND_CONNACK_H

#include <stddef.h>

enum connack {
    CONNACK_NONE,    /* it is none */
    CONNACK_3_1_1,   /* of MQTT 3.1.1, which has two bytes after its header */
    CONNACK_VERSION, /* the same, and it refuses the version that was asked for */
    CONNACK_5,       /* of MQTT 5, whether it accepts or refuses */
    CONNACK_BROKEN   /* it is longer than that of MQTT 3.1.1, and not valid MQTT 5 */
};

/* How many bytes the CONNACK has that begins with these, which are up to five. 0: it is none, or they do not tell. */
size_t connack_size(const char *bytes, size_t length);

enum connack connack_read(const char *bytes, size_t length);

#endif
