/* The last line of a program: the counts, for how long, and a rate where it says something. */
#include "session/summary.h"

#include "playground/console.h"
#include "unit.h"

#define S INT64_C(1000000) /* a second */

static struct console_counts counts;

struct console_counts console_counts(void)
{
    return counts;
}

int64_t connection_offline_us(const struct connection *connection, int64_t now_us)
{
    (void)now_us;
    return connection->offline_us;
}

static const char *summary(int64_t began_us, int64_t accepted_us, int64_t now_us)
{
    static char text[SUMMARY_SIZE];
    const struct course course = {.began_us = began_us};
    const struct connection connection = {.accepted_us = accepted_us};
    const struct window window = {.size = 1};

    static const struct denials denials;
    summary_write(&course, &connection, &window, &denials, false, (struct left_over){0, false}, now_us, text);
    return text;
}

static void there_is_a_rate_where_it_says_something(void **state)
{
    (void)state;
    counts = (struct console_counts){.sent = 1, .received = 20, .refused = 300};
    assert_string_equal(summary(S, S, 2 * S + S / 2), "Summary: 1 sent, 20 received, 300 refused in 1.500 s (214/s)\n");
    assert_string_equal(summary(S, S, S + S / 10), "Summary: 1 sent, 20 received, 300 refused in 0.100 s (3210/s)\n");
    assert_string_equal(summary(S, S, S + S / 10 - 1), "Summary: 1 sent, 20 received, 300 refused in 0.100 s\n");
    assert_string_equal(summary(S, S, S), "Summary: 1 sent, 20 received, 300 refused in 0.000 s\n");
    counts = (struct console_counts){.sent = 100};
    assert_string_equal(summary(S, S, 100 * S), "Summary: 100 sent in 99.000 s (1/s)\n");
    counts.sent--;
    assert_string_equal(summary(S, S, 99 * S), "Summary: 99 sent in 98.000 s\n");
}

static void what_there_was_none_of_is_not_told(void **state)
{
    static const struct {
        struct console_counts counts;
        const char *told;
    } cases[] = {
        {{.sent = 5}, "Summary: 5 sent in 1.000 s\n"},
        {{.received = 5}, "Summary: 5 received in 1.000 s\n"},
        {{.refused = 5}, "Summary: 5 refused in 1.000 s\n"},
        {{.sent = 5, .refused = 1}, "Summary: 5 sent, 1 refused in 1.000 s\n"},
        {{.received = 5, .refused = 1}, "Summary: 5 received, 1 refused in 1.000 s\n"},
        {{0}, "Summary: no messages in 1.000 s\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        counts = cases[i].counts;
        assert_string_equal(summary(S, S, 2 * S), cases[i].told);
    }
}

static void what_was_announced_counts_even_if_nothing_came_of_the_connection(void **state)
{
    (void)state;
    counts = (struct console_counts){0};
    assert_string_equal(summary(0, S, 2 * S), "");
    counts.sent = 1;
    assert_string_equal(summary(0, S, 2 * S), "Summary: 1 sent in 1.000 s\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_rate_where_it_says_something),
        cmocka_unit_test(what_there_was_none_of_is_not_told),
        cmocka_unit_test(what_was_announced_counts_even_if_nothing_came_of_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
