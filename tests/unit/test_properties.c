/* Properties of MQTT 5, written to Paho's list and read from it. Paho's lists need a client, but no broker. */
#include "playground/properties.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 65535 };

static MQTTClient client;
static MQTTProperties properties;

static int create_client(void **state)
{
    MQTTClient_createOptions options = MQTTClient_createOptions_initializer;

    (void)state;
    options.MQTTVersion = MQTTVERSION_5;
    return MQTTClient_createWithOptions(&client, "tcp://localhost:1", "properties", MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                        &options);
}

static int destroy_client(void **state)
{
    (void)state;
    MQTTClient_destroy(&client);
    return 0;
}

static int with_no_property(void **state)
{
    (void)state;
    properties = (MQTTProperties)MQTTProperties_initializer;
    return 0;
}

static int free_properties(void **state)
{
    (void)state;
    MQTTProperties_free(&properties);
    assert_int_equal(properties.count, 0);
    return 0;
}

/* Paho writes so many bytes into a packet. */
static void assert_list(int count, int length)
{
    assert_int_equal(properties.count, count);
    assert_int_equal(properties.length, length);
}

static char *text_of_length(size_t length)
{
    char *text = malloc(length + 1);

    assert_non_null(text);
    memset(text, 'a', length);
    text[length] = '\0';
    return text;
}

static void an_empty_list_has_nothing(void **state)
{
    uint32_t number = 42;
    size_t size = 42;
    MQTTLenString name, value;

    (void)state;
    for (int code = -1; code <= 300; code++) {
        assert_false(properties_number(&properties, (enum MQTTPropertyCodes)code, &number));
        assert_null(properties_bytes(&properties, (enum MQTTPropertyCodes)code, &size));
        assert_int_equal(size, 0);
    }
    assert_int_equal(number, 42);
    assert_false(properties_pair(&properties, 0, &name, &value));
    assert_false(properties_pair(&properties, -1, &name, &value));
}

/* Paho's getNumericValue would return the largest as -1, which is also an error. */
static void numbers_are_as_large_as_their_type_and_no_larger(void **state)
{
    static const struct {
        enum MQTTPropertyCodes code;
        uint32_t max;
        int length;
    } types[] = {
        {MQTTPROPERTY_CODE_PAYLOAD_FORMAT_INDICATOR, 255, 2},
        {MQTTPROPERTY_CODE_TOPIC_ALIAS, 65535, 3},
        {MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, 4294967295, 5},
        {MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 268435455, 5},
    };

    for (size_t i = 0; i < COUNT(types); i++) {
        const uint32_t numbers[] = {types[i].max, types[i].max - 1, types[i].max / 2 + 1};
        for (size_t j = 0; j < COUNT(numbers); j++) {
            uint32_t number = 42;
            with_no_property(state);
            assert_true(properties_add_number(&properties, types[i].code, numbers[j]));
            assert_list(1, types[i].length);
            assert_true(types[i].max == UINT32_MAX ||
                        !properties_add_number(&properties, types[i].code, types[i].max + 1));
            assert_true(types[i].max == UINT32_MAX || !properties_add_number(&properties, types[i].code, UINT32_MAX));
            assert_list(1, types[i].length);
            assert_true(properties_number(&properties, types[i].code, &number));
            assert_int_equal(number, numbers[j]);
            free_properties(state);
        }
    }
    with_no_property(state);
}

static void zero_is_a_number_too(void **state)
{
    static const enum MQTTPropertyCodes codes[] = {MQTTPROPERTY_CODE_MAXIMUM_QOS, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM,
                                                   MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};

    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        uint32_t number = 42;
        assert_true(properties_add_number(&properties, codes[i], 0));
        assert_true(properties_number(&properties, codes[i], &number));
        assert_int_equal(number, 0);
    }
    assert_list(3, 2 + 3 + 5);
}

static void a_text_has_at_most_65535_bytes(void **state)
{
    static const size_t lengths[] = {0, 1, 300, LONGEST};
    char *too_long = text_of_length(LONGEST + 1);

    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *text = text_of_length(lengths[i]);
        size_t size = 42;
        with_no_property(state);
        assert_true(properties_add_text(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, text));
        assert_false(properties_add_text(&properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, too_long));
        assert_list(1, 3 + (int)lengths[i]);
        const char *read = properties_bytes(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, &size);
        assert_non_null(read);
        assert_int_equal(size, lengths[i]);
        assert_memory_equal(read, text, size);
        assert_ptr_not_equal(read, text);
        free(text);
        free_properties(state);
    }
    free(too_long);
    with_no_property(state);
}

static void data_is_read_as_it_was_whatever_is_in_it(void **state)
{
    static const char data[] = {'\0', 'a', '\0', '\xFF', '\n', '\0'};
    char *long_data = text_of_length(LONGEST + 1);
    size_t size;

    (void)state;
    assert_true(properties_add_data(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, data, sizeof data));
    assert_true(properties_add_data(&properties, MQTTPROPERTY_CODE_AUTHENTICATION_DATA, long_data, LONGEST));
    assert_false(properties_add_data(&properties, MQTTPROPERTY_CODE_AUTHENTICATION_DATA, long_data, LONGEST + 1));
    assert_false(properties_add_data(&properties, MQTTPROPERTY_CODE_AUTHENTICATION_DATA, long_data, SIZE_MAX));
    const char *read = properties_bytes(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, &size);
    assert_int_equal(size, sizeof data);
    assert_memory_equal(read, data, sizeof data);
    read = properties_bytes(&properties, MQTTPROPERTY_CODE_AUTHENTICATION_DATA, &size);
    assert_int_equal(size, LONGEST);
    assert_memory_equal(read, long_data, LONGEST);
    free(long_data);
}

static void no_data_is_not_the_same_as_empty_data(void **state)
{
    size_t size = 42;

    (void)state;
    assert_true(properties_add_data(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, "", 0));
    assert_non_null(properties_bytes(&properties, MQTTPROPERTY_CODE_CORRELATION_DATA, &size));
    assert_int_equal(size, 0);
    assert_null(properties_bytes(&properties, MQTTPROPERTY_CODE_AUTHENTICATION_DATA, &size));
}

/* Where malloc(0) is NULL, Paho has this. */
static void an_empty_text_may_be_at_null(void **state)
{
    MQTTProperty array[] = {{.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE},
                            {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY}};
    MQTTProperties list = {.count = COUNT(array), .max_count = COUNT(array), .array = array};
    MQTTLenString name, value;
    size_t size = 42;

    (void)state;
    memset(&array[0].value, 0, sizeof array[0].value);
    memset(&array[1].value, 0, sizeof array[1].value);
    assert_non_null(properties_bytes(&list, MQTTPROPERTY_CODE_CONTENT_TYPE, &size));
    assert_int_equal(size, 0);
    assert_true(properties_pair(&list, 0, &name, &value));
    assert_non_null(name.data);
    assert_non_null(value.data);
}

static void assert_pair(int number, const char *expected_name, const char *expected_value)
{
    MQTTLenString name, value;

    assert_true(properties_pair(&properties, number, &name, &value));
    assert_int_equal(name.len, strlen(expected_name));
    assert_memory_equal(name.data, expected_name, strlen(expected_name));
    assert_int_equal(value.len, strlen(expected_value));
    assert_memory_equal(value.data, expected_value, strlen(expected_value));
}

static void pairs_come_in_their_order_and_one_name_may_come_twice(void **state)
{
    MQTTLenString name, value;

    (void)state;
    assert_true(properties_add_pair(&properties, "room", "kitchen"));
    assert_true(properties_add_text(&properties, MQTTPROPERTY_CODE_CONTENT_TYPE, "text/plain"));
    assert_true(properties_add_pair(&properties, "", "no name"));
    assert_true(properties_add_pair(&properties, "room", ""));
    assert_list(4, 5 + 4 + 7 + 3 + 10 + 5 + 0 + 7 + 5 + 4);
    assert_pair(0, "room", "kitchen");
    assert_pair(1, "", "no name");
    assert_pair(2, "room", "");
    assert_false(properties_pair(&properties, 3, &name, &value));
    assert_false(properties_pair(&properties, -1, &name, &value));
}

static void neither_half_of_a_pair_may_be_too_long(void **state)
{
    char *longest = text_of_length(LONGEST), *too_long = text_of_length(LONGEST + 1);

    (void)state;
    assert_false(properties_add_pair(&properties, too_long, "value"));
    assert_false(properties_add_pair(&properties, "name", too_long));
    assert_list(0, 0);
    assert_true(properties_add_pair(&properties, longest, longest));
    assert_list(1, 5 + 2 * LONGEST);
    assert_pair(0, longest, longest);
    free(longest);
    free(too_long);
}

/* Paho's list begins with room for ten. */
static void a_list_grows(void **state)
{
    char name[32], value[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name %d", i);
        snprintf(value, sizeof value, "value %d", i * i);
        assert_true(properties_add_pair(&properties, name, value));
    }
    assert_int_equal(properties.count, 100);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "name %d", i);
        snprintf(value, sizeof value, "value %d", i * i);
        assert_pair(i, name, value);
    }
}

static void of_several_the_first_is_read(void **state)
{
    uint32_t number;
    size_t size;

    (void)state;
    assert_true(properties_add_number(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS, 258));
    assert_true(properties_add_number(&properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 7));
    assert_true(properties_add_number(&properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, 8));
    assert_true(properties_add_text(&properties, MQTTPROPERTY_CODE_REASON_STRING, "first"));
    assert_true(properties_add_text(&properties, MQTTPROPERTY_CODE_REASON_STRING, "the second"));
    assert_true(properties_number(&properties, MQTTPROPERTY_CODE_SUBSCRIPTION_IDENTIFIER, &number));
    assert_int_equal(number, 7);
    assert_true(properties_number(&properties, MQTTPROPERTY_CODE_TOPIC_ALIAS, &number));
    assert_int_equal(number, 258);
    assert_memory_equal(properties_bytes(&properties, MQTTPROPERTY_CODE_REASON_STRING, &size), "first", 5);
    assert_int_equal(size, 5);
}

/* Section 2.2.2.2: b, a number of one byte; w, of two; d, of four; v, of variable length; t, text; r, data; p, a pair.
 */
static const char types[] = ".bdt....tr.v.....dtw.tr"
                            "bdbt.t..t.wwwbbpdbbb";

static void each_property_has_one_type_and_takes_no_other(void **state)
{
    (void)state;
    for (int i = -1; i <= 300; i++) {
        enum MQTTPropertyCodes code = (enum MQTTPropertyCodes)i;
        char type = i > 0 && i < (int)sizeof types - 1 ? types[i] : '.';
        uint32_t number = 42;
        size_t size;
        with_no_property(state);
        assert_int_equal(properties_add_number(&properties, code, 1), strchr("bwdv", type) != NULL);
        assert_int_equal(properties_add_text(&properties, code, "text"), type == 't');
        assert_int_equal(properties_add_data(&properties, code, "data", 4), type == 'r');
        assert_int_equal(properties.count, type != '.' && type != 'p');
        if (type == 'p')
            assert_true(properties_add_pair(&properties, "name", "value"));
        assert_int_equal(properties_number(&properties, code, &number), strchr("bwdv", type) != NULL);
        assert_int_equal(number, strchr("bwdv", type) == NULL ? 42 : 1);
        assert_int_equal(properties_bytes(&properties, code, &size) != NULL, type == 't' || type == 'r');
        free_properties(state);
    }
    with_no_property(state);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, with_no_property, free_properties)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_list_has_nothing),
        TEST(numbers_are_as_large_as_their_type_and_no_larger),
        TEST(zero_is_a_number_too),
        TEST(a_text_has_at_most_65535_bytes),
        TEST(data_is_read_as_it_was_whatever_is_in_it),
        TEST(no_data_is_not_the_same_as_empty_data),
        TEST(an_empty_text_may_be_at_null),
        TEST(pairs_come_in_their_order_and_one_name_may_come_twice),
        TEST(neither_half_of_a_pair_may_be_too_long),
        TEST(a_list_grows),
        TEST(of_several_the_first_is_read),
        TEST(each_property_has_one_type_and_takes_no_other),
    };

    return cmocka_run_group_tests(tests, create_client, destroy_client);
}
