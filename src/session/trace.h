/* --debug: the packets that Paho sends and receives, one line each. */
#ifndef PLAYGROUND_TRACE_H
#define PLAYGROUND_TRACE_H

#include <stdint.h>

/* From now on, for the whole process: Paho has one trace for all of its clients. */
void trace_begin(void);

/* The next acknowledgement with this packet id has this reason (MQTT 5 section 3.4.2.1): Paho's trace does not say it,
 * and tells the reason before it traces the packet. */
void trace_reason(uint16_t id, int reason);

#endif
