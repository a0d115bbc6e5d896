/* An emulated thermometer in a heated room: a first-order thermal model with a little noise.
 *
 * While the heater is on the temperature climbs towards 39.5 degrees Celsius, while it is off it falls towards 20,
 * a tenth of the way at every reading. It depends on nothing but the seed and the order of the calls. */
#ifndef PLAYGROUND_TEMPERATURE_SENSOR_H
#define PLAYGROUND_TEMPERATURE_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#define TEMPERATURE_MIN 20.0 /* degrees Celsius */
#define TEMPERATURE_MAX 40.0

struct temperature_sensor {
    double temperature; /* of the room, before rounding */
    uint64_t random;    /* state of the noise */
};

/* A sensor in a room at 26 degrees. Sensors of the same seed read the same. */
struct temperature_sensor temperature_sensor_create(uint64_t seed);

/* The next reading: degrees Celsius, TEMPERATURE_MIN to TEMPERATURE_MAX, in steps of 0.01. */
double temperature_sensor_read(struct temperature_sensor *sensor, bool heating);

#endif
