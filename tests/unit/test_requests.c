/* What the controller of exercise 7 wants of a device, and how often it asks for it. */
#include "requests.h"

#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define S     INT64_C(1000000) /* a second */
#define MS    INT64_C(1000)
#define LIMIT (2 * S)
#define MARK  0x5c2a8be0

static struct requests begin(enum position wanted)
{
    struct requests requests;

    requests_init(&requests, LIMIT, MARK);
    if (wanted != POSITION_UNKNOWN)
        requests_want(&requests, wanted);
    return requests;
}

/* Asks at this moment, which has to be due. Returns the number. */
static uint32_t ask(struct requests *requests, int64_t now_us)
{
    const struct request *request = requests_next(requests, now_us);

    assert_non_null(request);
    assert_int_equal(request->position, requests->wanted);
    requests_sent(requests, now_us);
    return request->number;
}

static const struct request *answer(struct requests *requests, uint32_t number, bool is_refusal)
{
    char correlation[REQUESTS_CORRELATION_SIZE];

    snprintf(correlation, sizeof correlation, "%" PRIu32 "-5c2a8be0", number);
    return requests_answered(requests, correlation, strlen(correlation), is_refusal);
}

static void assert_text(const struct requests *requests, const char *expected)
{
    char text[REQUESTS_TEXT_SIZE];

    requests_text(requests, "d", text);
    assert_string_equal(text, expected);
}

/* How many requests are sent in that time to an object that answers at once, and does not what it says; looked at every
 * 10 ms. */
static int count_in(struct requests *requests, int64_t from_us, int64_t until_us)
{
    int count = 0;

    for (int64_t now_us = from_us; now_us < until_us; now_us += 10 * MS) {
        const struct request *request = requests_next(requests, now_us);
        if (request == NULL)
            continue;
        count++;
        answer(requests, request->number, false);
        requests_said(requests, "ON");
    }
    return count;
}

static void who_wants_nothing_asks_for_nothing(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    requests_presence(&requests, "ONLINE");
    requests_said(&requests, "ON");
    assert_null(requests_next(&requests, 0));
    assert_int_equal(requests_wait_ms(&requests, 0, 50), 50);
    assert_text(&requests, "d is switched on");
}

static void a_wish_is_asked_for_at_once_and_then_waits_for_its_answer(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    assert_int_equal(requests_wait_ms(&requests, 5 * S, 50), 0);
    assert_int_equal(ask(&requests, 5 * S), 1);
    assert_string_equal(requests.last[1].correlation, "1-5c2a8be0");
    assert_null(requests_next(&requests, 5 * S));
    assert_null(requests_next(&requests, 5 * S + LIMIT - 1));
    assert_null(requests_overdue(&requests, 5 * S + LIMIT - 1));
    const struct request *overdue = requests_overdue(&requests, 5 * S + LIMIT);
    assert_int_equal(overdue->number, 1);
    assert_null(requests_overdue(&requests, 5 * S + LIMIT)); /* each once */
    assert_int_equal(ask(&requests, 5 * S + LIMIT), 2);
    assert_text(&requests, "d has not said that it is switched off; requests without an answer: 1");
}

static void its_time_begins_when_it_is_sent(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    requests_next(&requests, 0);
    requests_sent(&requests, 10 * S); /* there was no connection before */
    assert_null(requests_overdue(&requests, 10 * S + LIMIT - 1));
    assert_non_null(requests_overdue(&requests, 10 * S + LIMIT));
}

static void an_answer_alone_settles_nothing(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    assert_int_equal(answer(&requests, ask(&requests, 0), false)->position, POSITION_OFF);
    assert_null(requests_next(&requests, REQUESTS_PAUSE_MIN_MS * MS - 1));
    assert_text(&requests, "d has not said that it is switched off");
    assert_int_equal(ask(&requests, REQUESTS_PAUSE_MIN_MS * MS), 2);
}

static void what_the_device_says_of_itself_settles_it(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    requests_said(&requests, "OFF");
    assert_null(requests_next(&requests, 1000 * S));
    assert_text(&requests, "d stays switched off");
    /* Its answer is still waited for: who does not answer is told. */
    assert_non_null(requests_overdue(&requests, LIMIT));
}

static void what_it_said_before_it_was_asked_settles_nothing(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    requests_said(&requests, "OFF");
    requests_want(&requests, POSITION_OFF);
    assert_text(&requests, "d has not said that it is switched off");
    answer(&requests, ask(&requests, 0), false);
    assert_int_equal(ask(&requests, S), 2);
    requests_want(&requests, POSITION_OFF);
    requests_said(&requests, "OFF"); /* on its way when it was asked */
    answer(&requests, ask(&requests, 2 * S), false);
    assert_int_equal(ask(&requests, 3 * S), 4);
}

static void answers_that_nobody_has_asked_for_are_counted(void **state)
{
    static const char *const strange[] = {"", "1", "1-", "1-5c2a8be1", "2-5c2a8be0", "01-5c2a8be0", "1-5c2a8be0 "};
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    for (size_t i = 0; i < COUNT(strange); i++)
        assert_null(requests_answered(&requests, strange[i], strlen(strange[i]), true));
    assert_null(requests_answered(&requests, "1-5c2a8be0", 11, true)); /* the NUL is one byte too many */
    assert_null(requests_answered(&requests, "1-5c2a8be0", 9, true));
    assert_int_equal(requests.unasked, 9);
    assert_false(requests.is_refused);
    assert_non_null(answer(&requests, 1, false));
    assert_null(answer(&requests, 1, false)); /* the second one to it */
    assert_int_equal(requests.unasked, 10);
    assert_text(&requests, "d has not said that it is switched off; answers that nobody has asked for: 10");
}

static void a_late_answer_is_one_all_the_same(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    requests_overdue(&requests, LIMIT);
    assert_int_equal(requests.unanswered, 1);
    assert_non_null(answer(&requests, 1, false));
    assert_int_equal(requests.unanswered, 0);
    assert_int_equal(requests.unasked, 0);
}

static void any_number_wait_for_their_answers_and_each_gets_its_own(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    for (uint32_t number = 1; number <= REQUESTS_MAX; number++) {
        requests_want(&requests, number % 2 ? POSITION_OFF : POSITION_ON);
        assert_int_equal(ask(&requests, number), number);
    }
    for (uint32_t number = REQUESTS_MAX; number > 0; number--) {
        const struct request *request = answer(&requests, number, false);
        assert_int_equal(request->number, number);
        assert_int_equal(request->position, number % 2 ? POSITION_OFF : POSITION_ON);
    }
    assert_int_equal(requests.unasked, 0);
}

static void of_one_more_the_oldest_is_given_up(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    for (uint32_t number = 1; number <= REQUESTS_MAX + 1; number++) {
        requests_want(&requests, POSITION_OFF);
        ask(&requests, number);
    }
    assert_int_equal(requests.unanswered, 1);
    assert_null(answer(&requests, 1, false));
    assert_int_equal(answer(&requests, 2, false)->number, 2);
    assert_int_equal(answer(&requests, REQUESTS_MAX + 1, false)->number, REQUESTS_MAX + 1);
}

static void a_refusal_ends_the_asking_for_this_wish(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    answer(&requests, ask(&requests, 0), true);
    requests_said(&requests, "ON");
    requests_presence(&requests, "ONLINE");
    assert_null(requests_next(&requests, 1000 * S));
    assert_text(&requests, "d has refused to be switched off");
    requests_want(&requests, POSITION_ON);
    assert_int_equal(ask(&requests, 1000 * S), 2);
}

static void the_refusal_of_an_earlier_wish_ends_nothing(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    requests_want(&requests, POSITION_ON);
    assert_int_equal(ask(&requests, S), 2);
    assert_int_equal(answer(&requests, 1, true)->number, 1);
    assert_false(requests.is_refused);
    answer(&requests, 2, false);
    assert_int_equal(ask(&requests, 3 * S), 3);
}

static void off_is_wanted_for_as_long_as_it_is_wanted(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    answer(&requests, ask(&requests, 0), false);
    requests_said(&requests, "OFF");
    assert_null(requests_next(&requests, 60 * S));
    requests_said(&requests, "ON"); /* by somebody else's hand */
    assert_int_equal(requests_wait_ms(&requests, 60 * S, 50), 0);
    assert_int_equal(ask(&requests, 60 * S), 2);
}

static void who_comes_back_online_is_asked_again(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    answer(&requests, ask(&requests, 0), false);
    requests_said(&requests, "OFF");
    requests_presence(&requests, "ONLINE"); /* killed and started again before anybody heard of it */
    assert_text(&requests, "d has not said that it is switched off");
    assert_int_equal(ask(&requests, 60 * S), 2);
    requests_said(&requests, "OFF");
    requests_presence(&requests, "OFFLINE");
    assert_text(&requests, "d went offline");
    requests_presence(&requests, "ONLINE");
    answer(&requests, 2, false);
    assert_int_equal(ask(&requests, 120 * S), 3);
}

static void who_is_offline_is_not_asked_until_there_is_a_sign_of_life(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    requests_presence(&requests, "OFFLINE");
    requests_want(&requests, POSITION_ON);
    assert_null(requests_next(&requests, 0));
    assert_int_equal(requests_wait_ms(&requests, 0, 50), 50);
    assert_text(&requests, "d went offline");
    requests_sign_of_life(&requests);
    answer(&requests, ask(&requests, 0), false);
    requests_presence(&requests, "OFFLINE");
    requests_said(&requests, "OFF"); /* who speaks is there, whatever others say */
    ask(&requests, S);
}

static void on_is_wanted_once(void **state)
{
    struct requests requests = begin(POSITION_ON);

    (void)state;
    answer(&requests, ask(&requests, 0), false);
    assert_text(&requests, "d has not said that it is switched on");
    requests_said(&requests, "OFF");
    assert_text(&requests, "d has not said that it is switched on");
    assert_int_equal(ask(&requests, S), 2);
    requests_said(&requests, "ON");
    assert_text(&requests, "d is switched on");
    requests_said(&requests, "OFF"); /* by somebody's hand, who may */
    answer(&requests, 2, false);
    assert_null(requests_next(&requests, 1000 * S));
    assert_text(&requests, "d stays switched off");
}

static void against_who_fights_the_pauses_grow_to_a_maximum(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    assert_int_equal(count_in(&requests, 0, 1 * S), 2);         /* at 0 and 0.5 s */
    assert_int_equal(count_in(&requests, 1 * S, 16 * S), 4);    /* at 1.5, 3.5, 7.5 and 15.5 s */
    assert_int_equal(count_in(&requests, 16 * S, 176 * S), 10); /* every 16 s */
    requests_want(&requests, POSITION_OFF);
    assert_int_equal(count_in(&requests, 176 * S, 177 * S), 2); /* another wish */
}

static void a_storm_of_new_starts_makes_none_of_requests(void **state)
{
    struct requests requests = begin(POSITION_OFF);
    int count = 0;

    (void)state;
    for (int64_t now_us = 0; now_us < 16 * S; now_us += MS) {
        requests_presence(&requests, "ONLINE");
        const struct request *request = requests_next(&requests, now_us);
        if (request != NULL) {
            count++;
            answer(&requests, request->number, false);
            requests_said(&requests, "OFF");
        }
    }
    assert_int_equal(count, 6);
}

static void the_wait_ends_with_the_next_thing_to_do(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    assert_int_equal(requests_wait_ms(&requests, 0, 60000), 2000);
    assert_int_equal(requests_wait_ms(&requests, 0, 50), 50);
    assert_int_equal(requests_wait_ms(&requests, LIMIT - 1, 50), 1); /* not a moment too early, for nothing */
    assert_int_equal(requests_wait_ms(&requests, LIMIT, 50), 0);
    answer(&requests, 1, false);
    assert_int_equal(requests_wait_ms(&requests, 0, 60000), REQUESTS_PAUSE_MIN_MS);
    requests_said(&requests, "OFF");
    assert_int_equal(requests_wait_ms(&requests, 0, 60000), 60000);
}

static void of_the_switch_nothing_may_be_known(void **state)
{
    struct requests requests = begin(POSITION_UNKNOWN);

    (void)state;
    assert_text(&requests, "");
    answer(&requests, 1, false);
    assert_text(&requests, "d has not said where its switch stands now; answers that nobody has asked for: 1");
    requests.unasked = 0;
    requests_said(&requests, "OFF");
    assert_text(&requests, "d stays switched off");
    requests_presence(&requests, "ONLINE");
    assert_text(&requests, "");
}

static void other_words_are_not_taken_for_these(void **state)
{
    struct requests requests = begin(POSITION_OFF);

    (void)state;
    ask(&requests, 0);
    requests_said(&requests, "OFF");
    requests_presence(&requests, "ASLEEP");
    assert_text(&requests, "d stays switched off");
    requests_said(&requests, "off"); /* it is at another position now, whichever */
    assert_text(&requests, "d has not said that it is switched off");
}

static void the_longest_text_fits(void **state)
{
    struct requests requests = begin(POSITION_OFF);
    char device[65] = {0}, text[REQUESTS_TEXT_SIZE];

    (void)state;
    memset(device, 'd', sizeof device - 1);
    requests.unanswered = requests.unasked = INT64_MAX;
    requests_text(&requests, device, text);
    assert_true(strstr(text, "for: 9223372036854775807") != NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_wants_nothing_asks_for_nothing),
        cmocka_unit_test(a_wish_is_asked_for_at_once_and_then_waits_for_its_answer),
        cmocka_unit_test(its_time_begins_when_it_is_sent),
        cmocka_unit_test(an_answer_alone_settles_nothing),
        cmocka_unit_test(what_the_device_says_of_itself_settles_it),
        cmocka_unit_test(what_it_said_before_it_was_asked_settles_nothing),
        cmocka_unit_test(answers_that_nobody_has_asked_for_are_counted),
        cmocka_unit_test(a_late_answer_is_one_all_the_same),
        cmocka_unit_test(any_number_wait_for_their_answers_and_each_gets_its_own),
        cmocka_unit_test(of_one_more_the_oldest_is_given_up),
        cmocka_unit_test(a_refusal_ends_the_asking_for_this_wish),
        cmocka_unit_test(the_refusal_of_an_earlier_wish_ends_nothing),
        cmocka_unit_test(off_is_wanted_for_as_long_as_it_is_wanted),
        cmocka_unit_test(who_comes_back_online_is_asked_again),
        cmocka_unit_test(who_is_offline_is_not_asked_until_there_is_a_sign_of_life),
        cmocka_unit_test(on_is_wanted_once),
        cmocka_unit_test(against_who_fights_the_pauses_grow_to_a_maximum),
        cmocka_unit_test(a_storm_of_new_starts_makes_none_of_requests),
        cmocka_unit_test(the_wait_ends_with_the_next_thing_to_do),
        cmocka_unit_test(of_the_switch_nothing_may_be_known),
        cmocka_unit_test(other_words_are_not_taken_for_these),
        cmocka_unit_test(the_longest_text_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
