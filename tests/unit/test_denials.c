/* What a broker of MQTT 5 does not take: each message counted once, however often it is acknowledged, each reason told
 * once, and a text of all that fits. */
#include "session/denials.h"

#include "playground/reason.h"
#include "session/trace.h"
#include "unit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PUBACK = 4, PUBREC = 5, PUBCOMP = 7, NOT_AUTHORIZED = 0x87, QUOTA_EXCEEDED = 0x97, FIRST = 0x80, LAST = 0xff };

static struct denials denials;
static char names[LAST + 1][64];
static struct {
    uint16_t id;
    int reason;
} traced;

const char *reason_name(int code)
{
    return names[code];
}

void trace_reason(uint16_t id, int reason)
{
    traced.id = id;
    traced.reason = reason;
}

/* All names have this length: their number, and some more. */
static void name_reasons(int length)
{
    for (int reason = FIRST; reason <= LAST; reason++) {
        memset(names[reason], 'x', (size_t)length);
        memcpy(names[reason],
               (char[]){(char)('0' + reason / 100), (char)('0' + reason / 10 % 10), (char)('0' + reason % 10)}, 3);
        names[reason][length] = '\0';
    }
}

static int with_none(void **state)
{
    (void)state;
    memset(&denials, 0, sizeof denials);
    denials.published = 1;
    memset(&traced, 0, sizeof traced);
    name_reasons(3);
    strcpy(names[NOT_AUTHORIZED], "not authorized");
    strcpy(names[QUOTA_EXCEEDED], "quota exceeded");
    return 0;
}

static void published(int id, int packet_type, int reason)
{
    denials_on_published(&denials, id, packet_type, NULL, (enum MQTTReasonCodes)reason);
}

static const char *text(void)
{
    static char text[DENIALS_TEXT_SIZE];

    denials_text(&denials, text);
    return text;
}

/* --- counting -------------------------------------------------------------------------------------------------- */

static void what_is_taken_is_no_denial(void **state)
{
    static const int reasons[] = {0, 0x10, 0x7f, 0x100, -1};

    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        published((int)(1 + 2 * i), PUBACK, reasons[i]);
        published((int)(2 + 2 * i), PUBREC, reasons[i]);
    }
    assert_int_equal(denials_count(&denials), 0);
    assert_int_equal(denials_next_reason(&denials), 0);
    assert_string_equal(text(), "");
}

static void a_message_is_denied_by_puback_or_pubrec(void **state)
{
    (void)state;
    published(1, PUBACK, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 1);
    published(2, PUBREC, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 2);
    published(3, PUBACK, FIRST);
    published(4, PUBACK, LAST);
    assert_int_equal(denials_count(&denials), 4);
}

/* It ends a delivery that was agreed to before. */
static void a_pubcomp_denies_nothing(void **state)
{
    (void)state;
    published(1, PUBCOMP, 0x92);
    assert_int_equal(denials_count(&denials), 0);
    assert_int_equal(denials_next_reason(&denials), 0);
}

static void who_is_told_twice_counts_once(void **state)
{
    (void)state;
    published(1, PUBACK, NOT_AUTHORIZED);
    published(2, PUBACK, NOT_AUTHORIZED);
    published(1, PUBACK, NOT_AUTHORIZED);
    published(1, PUBACK, QUOTA_EXCEEDED); /* sent again, and denied again, for another reason */
    published(2, PUBREC, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 2);
    assert_string_equal(text(), "2 not authorized");
}

static void what_was_taken_is_not_denied_later(void **state)
{
    (void)state;
    published(1, PUBACK, 0);
    published(1, PUBACK, NOT_AUTHORIZED);
    published(2, PUBCOMP, 0);
    published(2, PUBREC, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 0);
}

static void who_has_published_nothing_was_denied_nothing(void **state)
{
    (void)state;
    denials.published = 0;
    published(1, PUBACK, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 0);
    assert_int_equal(denials_next_reason(&denials), 0);
    denials.published = 1; /* the acknowledgement may be faster than the call that it belongs to */
    assert_int_equal(denials_count(&denials), 1);
    assert_int_equal(denials_next_reason(&denials), NOT_AUTHORIZED);
}

static void the_ids_go_round(void **state)
{
    (void)state;
    for (int round = 1; round <= 3; round++) {
        for (int id = 1; id <= UINT16_MAX; id++)
            published(id, PUBACK, id == 1 || id == 40000 || id == UINT16_MAX ? NOT_AUTHORIZED : 0);
        assert_int_equal(denials_count(&denials), 3 * round);
    }
}

/* An acknowledgement may be late by as many messages as are in flight. */
static void ten_thousand_messages_later_it_is_still_the_same(void **state)
{
    (void)state;
    published(1, PUBACK, NOT_AUTHORIZED);
    for (int id = 2; id <= 10001; id++)
        published(id, PUBACK, 0);
    published(1, PUBACK, NOT_AUTHORIZED);
    assert_int_equal(denials_count(&denials), 1);
}

static void the_trace_hears_of_every_acknowledgement(void **state)
{
    (void)state;
    published(7, PUBACK, 0x10);
    assert_int_equal(traced.id, 7);
    assert_int_equal(traced.reason, 0x10);
    published(UINT16_MAX, PUBCOMP, 0x92);
    assert_int_equal(traced.id, UINT16_MAX);
    assert_int_equal(traced.reason, 0x92);
}

/* --- telling --------------------------------------------------------------------------------------------------- */

static void each_reason_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(denials_next_reason(&denials), 0);
    published(1, PUBACK, QUOTA_EXCEEDED);
    published(2, PUBACK, NOT_AUTHORIZED);
    published(3, PUBACK, NOT_AUTHORIZED);
    assert_int_equal(denials_next_reason(&denials), NOT_AUTHORIZED);
    assert_int_equal(denials_next_reason(&denials), QUOTA_EXCEEDED);
    assert_int_equal(denials_next_reason(&denials), 0);
    published(4, PUBACK, NOT_AUTHORIZED);
    assert_int_equal(denials_next_reason(&denials), 0);
    published(5, PUBACK, FIRST);
    published(6, PUBACK, LAST);
    assert_int_equal(denials_next_reason(&denials), FIRST);
    assert_int_equal(denials_next_reason(&denials), LAST);
    assert_int_equal(denials_next_reason(&denials), 0);
}

static void the_text_has_the_number_for_each_reason(void **state)
{
    (void)state;
    published(1, PUBACK, QUOTA_EXCEEDED);
    assert_string_equal(text(), "1 quota exceeded");
    for (int id = 2; id <= 4; id++)
        published(id, PUBREC, NOT_AUTHORIZED);
    assert_string_equal(text(), "3 not authorized, 1 quota exceeded");
    published(5, PUBACK, FIRST);
    published(6, PUBACK, LAST);
    assert_string_equal(text(), "1 128, 3 not authorized, 1 quota exceeded, 1 255");
}

/* Where not all reasons fit, the text ends with a whole one, as late as it can. */
static void check_cut(int reasons)
{
    static const char rest[] = ", ...";
    static char all[(LAST - FIRST + 1) * sizeof *names];
    size_t length = 0, end;

    for (int reason = FIRST; reason < FIRST + reasons; reason++)
        length +=
            (size_t)sprintf(all + length, "%s%ld %s", length > 0 ? ", " : "", denials.counts[reason], names[reason]);
    const char *cut = text();
    assert_true(strlen(cut) < DENIALS_TEXT_SIZE);
    if (strcmp(cut, all) == 0)
        return;
    end = strlen(cut) - strlen(rest);
    assert_string_equal(cut + end, rest);
    assert_memory_equal(cut, all, end);
    assert_memory_equal(all + end, ", ", 2);
    const char *next = strchr(all + end + 2, ',');
    size_t with_next = next == NULL ? length : (size_t)(next - all);
    assert_true(with_next + sizeof rest > DENIALS_TEXT_SIZE);
}

static void the_text_is_cut_only_between_reasons(void **state)
{
    (void)state;
    for (int name = 3; name <= 40; name++) {
        memset(&denials, 0, sizeof denials);
        denials.published = 1;
        name_reasons(name);
        for (int reasons = 1; reasons <= LAST - FIRST + 1; reasons++) {
            denials.counts[FIRST + reasons - 1] = name % 2 == 0 ? LONG_MAX : 1;
            check_cut(reasons);
        }
    }
}

#define TEST(function) cmocka_unit_test_setup(function, with_none)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_taken_is_no_denial),
        TEST(a_message_is_denied_by_puback_or_pubrec),
        TEST(a_pubcomp_denies_nothing),
        TEST(who_is_told_twice_counts_once),
        TEST(what_was_taken_is_not_denied_later),
        TEST(who_has_published_nothing_was_denied_nothing),
        TEST(the_ids_go_round),
        TEST(ten_thousand_messages_later_it_is_still_the_same),
        TEST(the_trace_hears_of_every_acknowledgement),
        TEST(each_reason_is_told_once),
        TEST(the_text_has_the_number_for_each_reason),
        TEST(the_text_is_cut_only_between_reasons),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
