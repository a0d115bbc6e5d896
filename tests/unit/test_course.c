/* The course of a program: its end and its pace. */
#include "session/course.h"

#include "unit.h"

#include <sysexits.h>

#define S INT64_C(1000000) /* a second */

static void the_first_reason_to_end_counts(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 0, 0);
    assert_false(course_has_ended(&course));
    assert_true(course_fail(&course, EX_PROTOCOL));
    assert_true(course_has_ended(&course));
    assert_false(course_fail(&course, EX_IOERR));
    assert_int_equal(course.status, EX_PROTOCOL);
}

static void the_deadline_is_the_timeout_after_the_start_or_never(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 0, 7 * S);
    assert_true(course_deadline_us(&course) == INT64_MAX);
    course_init(&course, 0, 3 * S / 2, 7 * S);
    assert_int_equal(course_deadline_us(&course), 8 * S + S / 2);
}

static void the_longest_timeout_is_no_overflow(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 1000000000 * S, 1000000000 * S);
    assert_true(course_deadline_us(&course) == 2000000000 * S);
}

static void more_is_wanted_until_the_count_is_reached(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 3, 0, 0);
    for (course.done = 0; course.done < 3; course.done++) {
        assert_true(course_wants_more(&course));
        assert_int_equal(course_is_at_last(&course), course.done == 2);
    }
    assert_false(course_wants_more(&course));
    assert_true(course_is_at_last(&course));
}

static void without_a_count_there_is_no_last_one(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 0, 0);
    course.done = 1000000;
    assert_true(course_wants_more(&course));
    assert_false(course_is_at_last(&course));
}

static void messages_are_due_at_even_distances_however_long_the_work_takes(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 0, 0);
    assert_int_equal(course_pace(&course, 1 * S, 10 * S), 11 * S);
    assert_int_equal(course_pace(&course, 1 * S, 11 * S + 1), 12 * S);
    assert_int_equal(course_pace(&course, 1 * S, 12 * S + S / 2), 13 * S);
    assert_int_equal(course_pace(&course, S / 4, 13 * S), 13 * S + S / 4);
}

static void who_fell_behind_catches_up_without_a_burst(void **state)
{
    struct course course;

    (void)state;
    course_init(&course, 0, 0, 0);
    assert_int_equal(course_pace(&course, 1 * S, 10 * S), 11 * S);
    assert_int_equal(course_pace(&course, 1 * S, 20 * S), 20 * S); /* at once */
    assert_int_equal(course_pace(&course, 1 * S, 20 * S + 1), 21 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_reason_to_end_counts),
        cmocka_unit_test(the_deadline_is_the_timeout_after_the_start_or_never),
        cmocka_unit_test(the_longest_timeout_is_no_overflow),
        cmocka_unit_test(more_is_wanted_until_the_count_is_reached),
        cmocka_unit_test(without_a_count_there_is_no_last_one),
        cmocka_unit_test(messages_are_due_at_even_distances_however_long_the_work_takes),
        cmocka_unit_test(who_fell_behind_catches_up_without_a_burst),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
