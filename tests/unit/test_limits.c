/* What a broker of MQTT 5 takes, read from the properties of its CONNACK, and said in words. */
#include "session/limits.h"

#include "unit.h"

#include <string.h>

/* As Paho's table has it, of the properties that a CONNACK may have. */
int MQTTProperty_getType(enum MQTTPropertyCodes code)
{
    switch (code) {
    case MQTTPROPERTY_CODE_MAXIMUM_QOS:
    case MQTTPROPERTY_CODE_RETAIN_AVAILABLE:
    case MQTTPROPERTY_CODE_WILDCARD_SUBSCRIPTION_AVAILABLE:
        return MQTTPROPERTY_TYPE_BYTE;
    case MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE:
    case MQTTPROPERTY_CODE_RECEIVE_MAXIMUM:
    case MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM:
        return MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER;
    case MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE:
    case MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL:
        return MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER;
    default:
        return MQTTPROPERTY_TYPE_UTF_8_ENCODED_STRING;
    }
}

static struct limits limits;
static MQTTProperty array[8];
static MQTTProperties properties;

static int with_no_property(void **state)
{
    (void)state;
    memset(&limits, 0xff, sizeof limits);
    memset(array, 0xff, sizeof array); /* a number that is read too wide is another one */
    properties = (MQTTProperties){.array = array};
    return 0;
}

static void add(enum MQTTPropertyCodes code, uint32_t number)
{
    MQTTProperty *property = &array[properties.count++];

    property->identifier = code;
    if (MQTTProperty_getType(code) == MQTTPROPERTY_TYPE_BYTE)
        property->value.byte = (unsigned char)number;
    else if (MQTTProperty_getType(code) == MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER)
        property->value.integer2 = (unsigned short)number;
    else
        property->value.integer4 = number;
}

static void assert_no_limits(uint32_t session_expiry)
{
    assert_int_equal(limits.receive_maximum, 65535);
    assert_int_equal(limits.maximum_qos, 2);
    assert_int_equal(limits.retain_available, 1);
    assert_int_equal(limits.maximum_packet_size, UINT32_MAX);
    assert_int_equal(limits.topic_alias_maximum, 0);
    assert_int_equal(limits.server_keep_alive, 0);
    assert_int_equal(limits.session_expiry, session_expiry);
}

static void what_is_not_said_is_as_the_specification_has_it(void **state)
{
    (void)state;
    assert_true(limits_read(&limits, NULL, 7));
    assert_no_limits(7);
    memset(&limits, 0xff, sizeof limits);
    assert_true(limits_read(&limits, &properties, 0));
    assert_no_limits(0);
}

static void each_number_is_read(void **state)
{
    (void)state;
    add(MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 20);
    add(MQTTPROPERTY_CODE_MAXIMUM_QOS, 1);
    add(MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 0);
    add(MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 100000);
    add(MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, 10);
    add(MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 300);
    add(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 70000);
    assert_true(limits_read(&limits, &properties, 7));
    assert_int_equal(limits.receive_maximum, 20);
    assert_int_equal(limits.maximum_qos, 1);
    assert_int_equal(limits.retain_available, 0);
    assert_int_equal(limits.maximum_packet_size, 100000);
    assert_int_equal(limits.topic_alias_maximum, 10);
    assert_int_equal(limits.server_keep_alive, 300);
    assert_int_equal(limits.session_expiry, 70000);
}

static void what_nobody_asks_for_is_passed_over(void **state)
{
    (void)state;
    add(MQTTPROPERTY_CODE_WILDCARD_SUBSCRIPTION_AVAILABLE, 0);
    add(MQTTPROPERTY_CODE_ASSIGNED_CLIENT_IDENTIFER, 0); /* Paho spells it so */
    assert_true(limits_read(&limits, &properties, 7));
    assert_no_limits(7);
}

static void a_session_may_end_with_the_connection(void **state)
{
    (void)state;
    add(MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 0);
    assert_true(limits_read(&limits, &properties, 7));
    assert_int_equal(limits.session_expiry, 0);
}

static void what_no_broker_may_say(void **state)
{
    static const enum MQTTPropertyCodes codes[] = {MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
                                                   MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE};

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        properties.count = 0;
        add(codes[i], 0);
        assert_false(limits_read(&limits, &properties, 0));
        properties.count = 0;
        add(codes[i], 1);
        assert_true(limits_read(&limits, &properties, 0));
    }
}

/* --- in words -------------------------------------------------------------------------------------------------- */

static const char *text(int qos)
{
    static char text[LIMITS_TEXT_SIZE];

    limits_text(&limits, qos, text);
    return text;
}

static void only_what_a_program_may_run_against_is_told(void **state)
{
    (void)state;
    limits_read(&limits, NULL, 0);
    assert_string_equal(text(2), "");
    limits.receive_maximum = 1; /* the session keeps to it */
    limits.server_keep_alive = 1;
    assert_string_equal(text(2), "");
    limits.maximum_qos = 1;
    assert_string_equal(text(1), "");
    assert_string_equal(text(2), "QoS 1 at most");
    limits.maximum_packet_size = 4096; /* more than an exercise sends */
    assert_string_equal(text(0), "");
    limits.maximum_packet_size--;
    assert_string_equal(text(0), "packets of 4095 bytes at most");
    limits.retain_available = 0;
    assert_string_equal(text(0), "no retained messages, packets of 4095 bytes at most");
    limits.maximum_qos = 0;
    assert_string_equal(text(1), "QoS 0 at most, no retained messages, packets of 4095 bytes at most");
    limits.maximum_packet_size = UINT32_MAX;
    assert_string_equal(text(1), "QoS 0 at most, no retained messages");
}

#define TEST(function) cmocka_unit_test_setup(function, with_no_property)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_said_is_as_the_specification_has_it),
        TEST(each_number_is_read),
        TEST(what_nobody_asks_for_is_passed_over),
        TEST(a_session_may_end_with_the_connection),
        TEST(what_no_broker_may_say),
        TEST(only_what_a_program_may_run_against_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
