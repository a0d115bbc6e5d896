/* A sensor without hardware that behaves as one: it warms up and cools down slowly, so that a controller has something
 * to control; and with the same seed it reads the same on every computer, so that a text can show what it will say. */
#include "playground/temperature_sensor.h"

#include <math.h>

#define START      26.0
#define TARGET_ON  39.5
#define TARGET_OFF 20.0
#define APPROACH   0.1 /* of the distance to the target, at every reading */
#define NOISE      0.4 /* degrees, from the lowest to the highest */

struct temperature_sensor temperature_sensor_create(uint64_t seed)
{
    return (struct temperature_sensor){.temperature = START, .random = seed};
}

/* A number from 0 to below 1: SplitMix64 by Steele, Lea and Flood, the same on every platform. */
static double next_random(uint64_t *state)
{
    uint64_t bits = *state += UINT64_C(0x9E3779B97F4A7C15);

    bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
    bits ^= bits >> 31;
    return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

double temperature_sensor_read(struct temperature_sensor *sensor, bool heating)
{
    double target = heating ? TARGET_ON : TARGET_OFF;
    double noise = (next_random(&sensor->random) - 0.5) * NOISE;
    double temperature = sensor->temperature + APPROACH * (target - sensor->temperature) + noise;

    sensor->temperature = fmin(fmax(temperature, TEMPERATURE_MIN), TEMPERATURE_MAX);
    return round(sensor->temperature * 100) / 100;
}
