/* The message descriptor: timestamps, values that are numbers or strings, and documents that are refused. */
#include "dto/message_descriptor.h"
#include "dto_tables.h"

#include <math.h>

static struct message_descriptor sample(void)
{
    return (struct message_descriptor){
        .timestamp = 1700000000, .value_type = DTO_TEMPERATURE_SENSOR, .value = dto_number(28.53)};
}

static void the_fields_are_written_in_order(void **state)
{
    struct message_descriptor message = sample();
    char json[DTO_JSON_MAX];

    (void)state;
    assert_status("a number", message_descriptor_to_json(&message, json, sizeof json), DTO_OK, DTO_PAYLOAD);
    assert_string_equal(json, "{\"timestamp\":1700000000,\"value_type\":\"TEMPERATURE_SENSOR\",\"value\":28.53}");

    strcpy(message.value_type, DTO_SWITCH);
    message.value = dto_string(DTO_SWITCH_OFF);
    assert_status("a string", message_descriptor_to_json(&message, json, sizeof json), DTO_OK, DTO_PAYLOAD);
    assert_string_equal(json, "{\"timestamp\":1700000000,\"value_type\":\"SWITCH\",\"value\":\"OFF\"}");
}

static void every_value_survives_a_round_trip(void **state)
{
    static const int64_t timestamps[] = {0, 1, 1700000000, 4102444800, DTO_TIMESTAMP_MAX};
    static const double numbers[] = {0, -0.01, 20, 28.53, 39.99, 1e-300, -1e308, 123456789012345};
    char json[DTO_JSON_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(timestamps); i++) {
        for (size_t j = 0; j < COUNT(numbers); j++) {
            struct message_descriptor written = sample(), read;
            written.timestamp = timestamps[i];
            written.value = dto_number(numbers[j]);
            assert_true(dto_is_ok(message_descriptor_to_json(&written, json, sizeof json)));
            assert_true(dto_is_ok(message_descriptor_from_json(&read, json, strlen(json))));
            assert_true(read.timestamp == timestamps[i]);
            assert_int_equal(read.value.type, DTO_NUMBER);
            assert_true(read.value.as.number == numbers[j]);
            assert_string_equal(read.value_type, DTO_TEMPERATURE_SENSOR);
        }
    }
}

static void every_string_survives_a_round_trip(void **state)
{
    static const char *const strings[] = {
        "", "ON", "\"\\/\b\f\n\r\t", "\x01\x1f\x7f", "città 28 °C", "\xF0\x9F\x8C\xA1", "a/b"};
    char json[DTO_JSON_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct message_descriptor written = sample(), read;
        dto_set_string(written.value_type, strings[i]);
        written.value = dto_string(strings[i]);
        assert_true(dto_is_ok(message_descriptor_to_json(&written, json, sizeof json)));
        assert_true(dto_is_ok(message_descriptor_from_json(&read, json, strlen(json))));
        assert_string_equal(read.value_type, strings[i]);
        assert_int_equal(read.value.type, DTO_STRING);
        assert_string_equal(read.value.as.string, strings[i]);
    }
}

static void valid_documents_are_accepted(void **state)
{
    static const char *const documents[] = {
        "{\"timestamp\":1,\"value_type\":\"T\",\"value\":2}",
        "{\"value\":2,\"value_type\":\"T\",\"timestamp\":1}",
        " \t\r\n{ \"timestamp\" : 1 , \"value_type\" : \"T\" , \"value\" : 2 } \n",
        "{\"timestamp\":1.0,\"value_type\":\"T\",\"value\":2e0}",
        "{\"timestamp\":1e0,\"value_type\":\"\\u0054\",\"value\":0.2E+1}",
        "{\"timestamp\":1,\"value_type\":\"T\",\"value\":2,\"unit\":\"C\"}",
        "{\"unit\":{\"of\":[\"C\",null,true,false,-1]},\"timestamp\":1,\"value_type\":\"T\",\"value\":2}",
        "{\"Value\":\"other\",\"timestamp\":1,\"value_type\":\"T\",\"value\":2}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        struct message_descriptor message;
        assert_status(documents[i], message_descriptor_from_json(&message, documents[i], strlen(documents[i])), DTO_OK,
                      DTO_PAYLOAD);
        assert_true(message.timestamp == 1);
        assert_string_equal(message.value_type, "T");
        assert_true(message.value.as.number == 2);
    }
}

static void every_broken_rule_has_its_status(void **state)
{
    static const struct refusal refusals[] = {
        {"{}", DTO_MISSING, "timestamp"},
        {"{\"Timestamp\":1,\"value_type\":\"T\",\"value\":2}", DTO_MISSING, "timestamp"},
        {"{\"timestamp\":\"1\",\"value_type\":\"T\",\"value\":2}", DTO_WRONG_TYPE, "timestamp"},
        {"{\"timestamp\":null,\"value_type\":\"T\",\"value\":2}", DTO_WRONG_TYPE, "timestamp"},
        {"{\"timestamp\":1,\"value_type\":1,\"value\":2}", DTO_WRONG_TYPE, "value_type"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":true}", DTO_WRONG_TYPE, "value"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":[2]}", DTO_WRONG_TYPE, "value"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":{}}", DTO_WRONG_TYPE, "value"},
        {"{\"timestamp\":1.5,\"value_type\":\"T\",\"value\":2}", DTO_NOT_INTEGRAL, "timestamp"},
        {"{\"timestamp\":1e999,\"value_type\":\"T\",\"value\":2}", DTO_NOT_FINITE, "timestamp"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":-1e999}", DTO_NOT_FINITE, "value"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":1.7976931348623157e308}", DTO_OUT_OF_RANGE, "value"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":-1.01e308}", DTO_OUT_OF_RANGE, "value"},
        {"{\"timestamp\":-1,\"value_type\":\"T\",\"value\":2}", DTO_OUT_OF_RANGE, "timestamp"},
        {"{\"timestamp\":1000000000000000,\"value_type\":\"T\",\"value\":2}", DTO_OUT_OF_RANGE, "timestamp"},
        {"{\"timestamp\":1,\"timestamp\":1,\"value_type\":\"T\",\"value\":2}", DTO_DUPLICATE_KEY, "timestamp"},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":2,\"valu\\u0065\":3}", DTO_DUPLICATE_KEY, "value"},
        {"{\"x\":1,\"x\":1,\"timestamp\":1,\"value_type\":\"T\",\"value\":2}", DTO_DUPLICATE_KEY, DTO_PAYLOAD},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":2}x", DTO_TRAILING_BYTES, DTO_PAYLOAD},
        {"{\"timestamp\":1,\"value_type\":\"T\",\"value\":2}{}", DTO_TRAILING_BYTES, DTO_PAYLOAD},
        {"{\"timestamp\":1,\"value_type\":\"\\u0000\",\"value\":2}", DTO_NUL, DTO_PAYLOAD},
        {"{\"timestamp\":1,\"value_type\":\"\xFF\",\"value\":2}", DTO_INVALID_UTF8, DTO_PAYLOAD},
        {"[1]", DTO_NOT_AN_OBJECT, DTO_PAYLOAD},
        {"28.53", DTO_NOT_AN_OBJECT, DTO_PAYLOAD},
        {"null", DTO_NOT_AN_OBJECT, DTO_PAYLOAD},
        {"nonsense", DTO_NOT_JSON, DTO_PAYLOAD},
        {"", DTO_EMPTY, DTO_PAYLOAD},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct message_descriptor message = sample();
        struct dto_status status = message_descriptor_from_json(&message, refusals[i].json, strlen(refusals[i].json));
        assert_status(refusals[i].json, status, refusals[i].rule, refusals[i].field);
        assert_zeroed(&message, sizeof message);
    }
}

static void what_cannot_be_written_is_refused(void **state)
{
    struct message_descriptor broken[8];
    static const struct {
        enum dto_rule rule;
        const char *field;
    } expected[COUNT(broken)] = {
        {DTO_NOT_FINITE, "value"},       {DTO_NOT_FINITE, "value"},        {DTO_OUT_OF_RANGE, "timestamp"},
        {DTO_OUT_OF_RANGE, "timestamp"}, {DTO_INVALID_UTF8, "value_type"}, {DTO_STRING_TOO_LONG, "value_type"},
        {DTO_WRONG_TYPE, "value"},       {DTO_OUT_OF_RANGE, "value"},
    };
    char json[DTO_JSON_MAX];

    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++)
        broken[i] = sample();
    broken[0].value.as.number = NAN;
    broken[1].value.as.number = -INFINITY;
    broken[2].timestamp = -1;
    broken[3].timestamp = DTO_TIMESTAMP_MAX + 1;
    strcpy(broken[4].value_type, "\xC3");
    memset(broken[5].value_type, 'x', DTO_STRING_SIZE);
    broken[6].value.type = (enum dto_value_type)2;
    broken[7].value.as.number = -1.7976931348623157e308;
    for (size_t i = 0; i < COUNT(broken); i++) {
        strcpy(json, "before");
        assert_status("broken", message_descriptor_to_json(&broken[i], json, sizeof json), expected[i].rule,
                      expected[i].field);
        assert_string_equal(json, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fields_are_written_in_order),    cmocka_unit_test(every_value_survives_a_round_trip),
        cmocka_unit_test(every_string_survives_a_round_trip), cmocka_unit_test(valid_documents_are_accepted),
        cmocka_unit_test(every_broken_rule_has_its_status),   cmocka_unit_test(what_cannot_be_written_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
