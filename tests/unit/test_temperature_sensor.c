/* The emulated thermometer: its range, its steps, and that it repeats itself for the same seed. */
#include "playground/temperature_sensor.h"

#include "unit.h"

#include <math.h>

static const uint64_t seeds[] = {0, 1, 2, 42, 1700000000, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};

static void the_readings_of_a_seed_are_the_same_on_every_platform(void **state)
{
    static const struct {
        uint64_t seed;
        struct {
            bool heating;
            double temperature;
        } readings[8];
    } runs[] = {
        {0,
         {{false, 25.55},
          {false, 24.97},
          {false, 24.28},
          {false, 24.04},
          {true, 25.43},
          {true, 26.77},
          {true, 27.91},
          {true, 29.18}}},
        {1,
         {{true, 27.38},
          {true, 28.69},
          {true, 29.96},
          {true, 30.89},
          {true, 31.73},
          {true, 32.61},
          {true, 33.45},
          {true, 34.06}}},
        {UINT64_MAX,
         {{false, 25.56},
          {true, 27.12},
          {false, 26.29},
          {true, 27.58},
          {false, 26.91},
          {true, 28.3},
          {false, 27.64},
          {true, 28.73}}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct temperature_sensor sensor = temperature_sensor_create(runs[i].seed);
        for (size_t j = 0; j < COUNT(runs[i].readings); j++) {
            double temperature = temperature_sensor_read(&sensor, runs[i].readings[j].heating);
            if (fabs(temperature - runs[i].readings[j].temperature) > 1e-9)
                fail_msg("run %zu, reading %zu: %.17g", i, j, temperature);
        }
    }
}

static void sensors_of_the_same_seed_read_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temperature_sensor one = temperature_sensor_create(seeds[i]);
        struct temperature_sensor other = temperature_sensor_create(seeds[i]);
        for (int reading = 0; reading < 1000; reading++) {
            bool heating = reading / 50 % 2 == 0;
            assert_true(temperature_sensor_read(&one, heating) == temperature_sensor_read(&other, heating));
        }
    }
}

static void sensors_of_different_seeds_read_differently(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        for (size_t j = i + 1; j < COUNT(seeds); j++) {
            struct temperature_sensor one = temperature_sensor_create(seeds[i]);
            struct temperature_sensor other = temperature_sensor_create(seeds[j]);
            int different = 0;
            for (int reading = 0; reading < 100; reading++)
                different += temperature_sensor_read(&one, true) != temperature_sensor_read(&other, true);
            assert_true(different > 50);
        }
    }
}

static void a_sensor_starts_in_a_room_of_26_degrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temperature_sensor sensor = temperature_sensor_create(seeds[i]);
        assert_true(sensor.temperature == 26);
        double first = temperature_sensor_read(&sensor, false);
        assert_true(first > 25 && first < 26); /* a tenth of the way to 20, and 0.2 of noise */
    }
}

static void every_reading_is_in_range_and_in_steps_of_a_hundredth(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temperature_sensor sensor = temperature_sensor_create(seeds[i]);
        for (int reading = 0; reading < 20000; reading++) {
            double temperature = temperature_sensor_read(&sensor, reading / 100 % 2 == 0);
            assert_true(temperature >= TEMPERATURE_MIN && temperature <= TEMPERATURE_MAX);
            assert_true(temperature == round(temperature * 100) / 100);
        }
    }
}

static void a_room_out_of_range_reads_as_its_bounds(void **state)
{
    struct temperature_sensor sensor = temperature_sensor_create(1);

    (void)state;
    sensor.temperature = 1000;
    assert_true(temperature_sensor_read(&sensor, true) == TEMPERATURE_MAX);
    sensor.temperature = -1000;
    assert_true(temperature_sensor_read(&sensor, false) == TEMPERATURE_MIN);
}

/* The noise is at most 0.2 a reading, a tenth is forgotten at every one: never more than 2 degrees off the model. */
static void a_heated_room_climbs_above_37_and_stays_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temperature_sensor sensor = temperature_sensor_create(seeds[i]);
        for (int reading = 1; reading <= 1000; reading++) {
            double temperature = temperature_sensor_read(&sensor, true);
            if (reading > 40)
                assert_true(temperature > 37);
        }
    }
}

static void a_room_that_is_not_heated_falls_below_25_and_stays_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct temperature_sensor sensor = temperature_sensor_create(seeds[i]);
        sensor.temperature = TEMPERATURE_MAX;
        for (int reading = 1; reading <= 1000; reading++) {
            double temperature = temperature_sensor_read(&sensor, false);
            if (reading > 40)
                assert_true(temperature < 25);
        }
    }
}

static void every_reading_goes_a_tenth_of_the_way(void **state)
{
    static const struct {
        double from;
        bool heating;
        double to;
    } steps[] = {{30, true, 30.95}, {30, false, 29}, {35, true, 35.45}, {39, false, 37.1}, {21, true, 22.85}};
    enum { RUNS = 2000 };

    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        double sum = 0, lowest = 100, highest = 0;
        for (uint64_t seed = 0; seed < RUNS; seed++) {
            struct temperature_sensor sensor = temperature_sensor_create(seed);
            sensor.temperature = steps[i].from;
            double temperature = temperature_sensor_read(&sensor, steps[i].heating);
            sum += temperature;
            lowest = fmin(lowest, temperature);
            highest = fmax(highest, temperature);
        }
        assert_true(fabs(sum / RUNS - steps[i].to) < 0.02); /* the noise favours no side */
        assert_true(lowest >= steps[i].to - 0.2051 && lowest < steps[i].to - 0.15);
        assert_true(highest <= steps[i].to + 0.2051 && highest > steps[i].to + 0.15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_readings_of_a_seed_are_the_same_on_every_platform),
        cmocka_unit_test(sensors_of_the_same_seed_read_the_same),
        cmocka_unit_test(sensors_of_different_seeds_read_differently),
        cmocka_unit_test(a_sensor_starts_in_a_room_of_26_degrees),
        cmocka_unit_test(every_reading_is_in_range_and_in_steps_of_a_hundredth),
        cmocka_unit_test(a_room_out_of_range_reads_as_its_bounds),
        cmocka_unit_test(a_heated_room_climbs_above_37_and_stays_there),
        cmocka_unit_test(a_room_that_is_not_heated_falls_below_25_and_stays_there),
        cmocka_unit_test(every_reading_goes_a_tenth_of_the_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
