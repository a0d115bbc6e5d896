/* An emulated switch with two positions, as it is told and as it tells them: "ON" and "OFF". */
#ifndef PLAYGROUND_SWITCH_ACTUATOR_H
#define PLAYGROUND_SWITCH_ACTUATOR_H

#include <stdbool.h>

struct switch_actuator {
    bool on;
};

typedef enum {
    SWITCH_CHANGED,
    SWITCH_UNCHANGED, /* it was in that position already */
    SWITCH_REFUSED    /* no such position */
} switch_outcome;

/* "ON" or "OFF". A string constant. */
const char *switch_position(const struct switch_actuator *actuator);

/* Moves the switch to `position`, "ON" or "OFF" in capitals. */
switch_outcome switch_move(struct switch_actuator *actuator, const char *position);

#endif
