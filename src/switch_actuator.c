/* The switch of exercise 5 knows nothing of MQTT, nor by which words it is told: what an action does to it can be read,
 * tested and replaced by a real one without a broker. */
#include "playground/switch_actuator.h"

bool switch_turn(struct switch_actuator *actuator, bool on)
{
    bool was_on = actuator->on;

    actuator->on = on;
    return on != was_on;
}
