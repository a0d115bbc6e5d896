/* The emulated switch: its two positions and what it answers when it is turned. */
#include "playground/switch_actuator.h"

#include "unit.h"

static void a_turn_says_whether_it_changed_anything(void **state)
{
    static const struct {
        bool before, turned, changed;
    } turns[] = {{false, false, false}, {false, true, true}, {true, false, true}, {true, true, false}};

    (void)state;
    for (size_t i = 0; i < COUNT(turns); i++) {
        struct switch_actuator actuator = {.on = turns[i].before};
        bool changed = switch_turn(&actuator, turns[i].turned);
        if (changed != turns[i].changed || actuator.on != turns[i].turned)
            fail_msg("%d, turned %d: changed %d, on %d", turns[i].before, turns[i].turned, changed, actuator.on);
    }
}

static void switches_are_independent(void **state)
{
    struct switch_actuator one = {.on = false}, other = {.on = false};

    (void)state;
    assert_true(switch_turn(&one, true));
    assert_true(one.on);
    assert_false(other.on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_says_whether_it_changed_anything),
        cmocka_unit_test(switches_are_independent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
