/* The last line of a program: the counts, for how long, and a rate where it says something. */
#include "session/summary.h"

#include "playground/console.h"
#include "playground/reason.h"
#include "session/trace.h"
#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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

/* No name is longer. */
const char *reason_name(int code)
{
    return code == 0x87 ? "not authorized" : "subscription identifiers not supported";
}

void trace_reason(uint16_t id, int reason)
{
    (void)id;
    (void)reason;
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

/* --- all lines ------------------------------------------------------------------------------------------------- */

static struct denials denials;

static void what_was_denied_is_told_with_its_reasons(void **state)
{
    const struct course course = {.began_us = S};
    const struct connection connection = {.accepted_us = S};
    const struct window window = {.size = 1, .unchecked = 2};
    char text[SUMMARY_SIZE];

    (void)state;
    memset(&denials, 0, sizeof denials);
    counts = (struct console_counts){.sent = 5};
    denials.published = 1;
    denials.count = denials.counts[0x87] = 1;
    summary_write(&course, &connection, &window, &denials, false, (struct left_over){0, false}, 2 * S, text);
    assert_string_equal(text, "2 messages were not acknowledged\n"
                              "1 message was denied by the broker: 1 not authorized\n"
                              "Summary: 5 sent in 1.000 s\n");
    denials.count = 3;
    denials.counts[0xa1] = 2;
    summary_write(&course, &connection, &window, &denials, false, (struct left_over){0, false}, 2 * S, text);
    assert_non_null(strstr(text, "\n3 messages were denied by the broker: 1 not authorized, "
                                 "2 subscription identifiers not supported\n"));
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

/* In a piece of memory of just that size, for valgrind and the sanitizers. */
static void check_longest(struct left_over left_over, bool has_begun, size_t lines)
{
    const struct course course = {.began_us = has_begun ? 1 : 0};
    const struct connection connection = {
        .accepted_us = 1, .losses = INT_MAX, .forgotten = INT_MAX, .offline_us = INT64_MAX};
    const struct window window = {.size = 1, .unchecked = INT_MAX};
    char *text = malloc(SUMMARY_SIZE);

    assert_non_null(text);
    summary_write(&course, &connection, &window, &denials, true, left_over, INT64_MAX, text);
    assert_int_equal(lines_of(text), lines);
    assert_true(strlen(text) < SUMMARY_SIZE);
    assert_int_equal(text[strlen(text) - 1], '\n');
    const char *last = strstr(text, "\nSummary: ");
    assert_non_null(last);
    assert_string_equal(last + strlen(last) - strlen("/s)\n"), "/s)\n"); /* nothing was cut off */
    free(text);
}

static void the_longest_summary_has_room(void **state)
{
    (void)state;
    counts = (struct console_counts){.sent = LONG_MAX / 3, .received = LONG_MAX / 3, .refused = LONG_MAX / 3};
    denials.published = 1;
    denials.count = LONG_MAX;
    for (int reason = 0x80; reason <= 0xff; reason++)
        denials.counts[reason] = LONG_MAX;
    check_longest((struct left_over){LONG_MAX, true}, true, 6);
    check_longest((struct left_over){0, true}, true, 6);
    check_longest((struct left_over){LONG_MAX, true}, false, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_a_rate_where_it_says_something),
        cmocka_unit_test(what_there_was_none_of_is_not_told),
        cmocka_unit_test(what_was_announced_counts_even_if_nothing_came_of_the_connection),
        cmocka_unit_test(what_was_denied_is_told_with_its_reasons),
        cmocka_unit_test(the_longest_summary_has_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
