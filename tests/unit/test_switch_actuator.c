/* The emulated switch: its two positions and what it answers when it is moved. */
#include "playground/switch_actuator.h"

#include "unit.h"

static void every_move_has_its_outcome(void **state)
{
    static const struct {
        bool before;
        const char *position;
        switch_outcome outcome;
        bool after;
    } moves[] = {
        {false, "ON", SWITCH_CHANGED, true},    {true, "OFF", SWITCH_CHANGED, false},
        {true, "ON", SWITCH_UNCHANGED, true},   {false, "OFF", SWITCH_UNCHANGED, false},
        {false, "on", SWITCH_REFUSED, false},   {true, "off", SWITCH_REFUSED, true},
        {false, "On", SWITCH_REFUSED, false},   {true, "Off", SWITCH_REFUSED, true},
        {false, "", SWITCH_REFUSED, false},     {true, "", SWITCH_REFUSED, true},
        {false, "O", SWITCH_REFUSED, false},    {true, "OF", SWITCH_REFUSED, true},
        {false, "ON ", SWITCH_REFUSED, false},  {true, " OFF", SWITCH_REFUSED, true},
        {false, "ONE", SWITCH_REFUSED, false},  {true, "OFFF", SWITCH_REFUSED, true},
        {false, "1", SWITCH_REFUSED, false},    {true, "0", SWITCH_REFUSED, true},
        {false, "true", SWITCH_REFUSED, false}, {true, "false", SWITCH_REFUSED, true},
        {false, "ON\n", SWITCH_REFUSED, false}, {true, "TOGGLE", SWITCH_REFUSED, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(moves); i++) {
        struct switch_actuator actuator = {.on = moves[i].before};
        switch_outcome outcome = switch_move(&actuator, moves[i].position);
        if (outcome != moves[i].outcome || actuator.on != moves[i].after)
            fail_msg("\"%s\": outcome %d, on %d", moves[i].position, (int)outcome, actuator.on);
    }
}

static void the_position_is_told_as_it_is_taken(void **state)
{
    struct switch_actuator actuator = {.on = false};

    (void)state;
    assert_string_equal(switch_position(&actuator), "OFF");
    assert_int_equal(switch_move(&actuator, "ON"), SWITCH_CHANGED);
    assert_string_equal(switch_position(&actuator), "ON");
    assert_int_equal(switch_move(&actuator, switch_position(&actuator)), SWITCH_UNCHANGED);
    assert_int_equal(switch_move(&actuator, "OFF"), SWITCH_CHANGED);
    assert_string_equal(switch_position(&actuator), "OFF");
    assert_int_equal(switch_move(&actuator, switch_position(&actuator)), SWITCH_UNCHANGED);
}

static void switches_are_independent(void **state)
{
    struct switch_actuator one = {.on = false}, other = {.on = false};

    (void)state;
    assert_int_equal(switch_move(&one, "ON"), SWITCH_CHANGED);
    assert_string_equal(switch_position(&one), "ON");
    assert_string_equal(switch_position(&other), "OFF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_move_has_its_outcome),
        cmocka_unit_test(the_position_is_told_as_it_is_taken),
        cmocka_unit_test(switches_are_independent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
