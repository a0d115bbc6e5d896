/* The names of the reason codes, against the table of the specification, and against Paho's. */
#include "playground/reason.h"

#include "unit.h"

#include <MQTTClient.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const unknown = "unknown reason";
static const char *const no_advice = "the broker's log may say why";

/* MQTT 5, section 2.4. */
static const struct {
    int code;
    const char *name;
} expected[] = {
    {0x00, "success"},
    {0x01, "granted QoS 1"},
    {0x02, "granted QoS 2"},
    {0x04, "disconnect with will message"},
    {0x10, "no matching subscribers"},
    {0x11, "no subscription existed"},
    {0x18, "continue authentication"},
    {0x19, "re-authenticate"},
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "implementation specific error"},
    {0x84, "unsupported protocol version"},
    {0x85, "client identifier not valid"},
    {0x86, "bad user name or password"},
    {0x87, "not authorized"},
    {0x88, "server unavailable"},
    {0x89, "server busy"},
    {0x8A, "banned"},
    {0x8B, "server shutting down"},
    {0x8C, "bad authentication method"},
    {0x8D, "keep alive timeout"},
    {0x8E, "session taken over"},
    {0x8F, "topic filter invalid"},
    {0x90, "topic name invalid"},
    {0x91, "packet identifier in use"},
    {0x92, "packet identifier not found"},
    {0x93, "receive maximum exceeded"},
    {0x94, "topic alias invalid"},
    {0x95, "packet too large"},
    {0x96, "message rate too high"},
    {0x97, "quota exceeded"},
    {0x98, "administrative action"},
    {0x99, "payload format invalid"},
    {0x9A, "retain not supported"},
    {0x9B, "QoS not supported"},
    {0x9C, "use another server"},
    {0x9D, "server moved"},
    {0x9E, "shared subscriptions not supported"},
    {0x9F, "connection rate exceeded"},
    {0xA0, "maximum connect time"},
    {0xA1, "subscription identifiers not supported"},
    {0xA2, "wildcard subscriptions not supported"},
};

static void each_reason_has_the_name_that_the_specification_gives_it(void **state)
{
    (void)state;
    assert_int_equal(COUNT(expected), 43);
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(reason_name(expected[i].code), expected[i].name);
}

static void there_are_no_other_reasons(void **state)
{
    static const int far_away[] = {INT32_MIN, -1000, 1000, 0x10087, INT32_MAX};
    size_t known = 0;

    (void)state;
    for (int code = -256; code <= 512; code++)
        known += strcmp(reason_name(code), unknown) != 0;
    assert_int_equal(known, COUNT(expected));
    for (size_t i = 0; i < COUNT(far_away); i++) {
        assert_string_equal(reason_name(far_away[i]), unknown);
        assert_string_equal(reason_advice(far_away[i]), no_advice);
    }
}

/* Paho calls 17 "No subscription found", against the specification. */
static void paho_means_the_same_where_it_knows_a_reason(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        const char *name = MQTTReasonCode_toString((enum MQTTReasonCodes)code);
        if (name != NULL && code != MQTTREASONCODE_NO_SUBSCRIPTION_FOUND)
            assert_int_equal(strcasecmp(reason_name(code), name), 0);
    }
}

static void what_somebody_can_do_something_about_has_an_advice(void **state)
{
    static const struct {
        int code;
        const char *words;
    } advice[] = {
        {0x83, "limit"},      {0x8F, "topic filter"}, {0x90, "topic"},      {0x91, "session"}, {0x95, "smaller"},
        {0x96, "slowly"},     {0x97, "wait"},         {0x99, "UTF-8"},      {0x9A, "retain"},  {0x9B, "lower QoS"},
        {0x9E, "$share"},     {0xA1, "identifier"},   {0xA2, "+ and #"},    {0x80, "log"},     {0x84, "MQTT 5"},
        {0x85, "identifier"}, {0x86, "password"},     {0x10, "subscribed"},
    };

    (void)state;
    assert_string_equal(reason_advice(0x87), "check what this user may publish, or subscribe to");
    for (size_t i = 0; i < COUNT(advice); i++) {
        assert_non_null(strstr(reason_advice(advice[i].code), advice[i].words));
        assert_string_not_equal(reason_advice(advice[i].code), no_advice);
    }
}

/* It stands behind a name, in a sentence. */
static void each_error_has_an_advice_of_its_own_that_fits_into_a_line(void **state)
{
    (void)state;
    for (int code = 0; code < 256; code++) {
        const char *advice = reason_advice(code);
        assert_non_null(advice);
        assert_within(strlen(advice), 1, 100);
        assert_true(advice[strlen(advice) - 1] != '.' && !isupper((unsigned char)*advice));
        assert_true(code < 0x80 || code > 0xA2 || strcmp(advice, no_advice) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_the_name_that_the_specification_gives_it),
        cmocka_unit_test(there_are_no_other_reasons),
        cmocka_unit_test(paho_means_the_same_where_it_knows_a_reason),
        cmocka_unit_test(what_somebody_can_do_something_about_has_an_advice),
        cmocka_unit_test(each_error_has_an_advice_of_its_own_that_fits_into_a_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
