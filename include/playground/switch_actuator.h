/* An emulated switch with two positions. */
#ifndef PLAYGROUND_SWITCH_ACTUATOR_H
#define PLAYGROUND_SWITCH_ACTUATOR_H

#include <stdbool.h>

struct switch_actuator {
    bool on;
};

/* Turns the switch on or off. False if that is how it was already. */
bool switch_turn(struct switch_actuator *actuator, bool on);

#endif
