/* The switch of exercise 5 knows nothing of MQTT: what an action does to it can be read, tested and replaced by a real one
 * without a broker. */
#include "playground/switch_actuator.h"

#include <string.h>

const char *switch_position(const struct switch_actuator *actuator)
{
    return actuator->on ? "ON" : "OFF";
}

switch_outcome switch_move(struct switch_actuator *actuator, const char *position)
{
    bool on = strcmp(position, "ON") == 0;

    if (!on && strcmp(position, "OFF") != 0)
        return SWITCH_REFUSED;
    if (on == actuator->on)
        return SWITCH_UNCHANGED;
    actuator->on = on;
    return SWITCH_CHANGED;
}
