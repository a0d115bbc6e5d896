/* Strings of descriptors, and values that are numbers or strings. */
#include "dto/device_descriptor.h"
#include "dto/message_descriptor.h"
#include "dto_tables.h"

static void a_string_that_cannot_be_copied_is_refused_by_its_fields_name(void **state)
{
    static const char *const device = "{\"device_id\":\"%s\",\"producer\":\"\",\"software_version\":\"\"}";
    char longest[DTO_STRING_SIZE + 1], json[DTO_JSON_MAX], expected[DTO_JSON_MAX];
    struct device_descriptor descriptor = {0};

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    dto_set_string(descriptor.device_id, longest);
    assert_status("too long", device_descriptor_to_json(&descriptor, json, sizeof json), DTO_STRING_TOO_LONG,
                  "device_id");
    assert_string_equal(descriptor.producer, "");
    longest[DTO_STRING_MAX] = '\0';
    dto_set_string(descriptor.device_id, longest);
    assert_status("longest", device_descriptor_to_json(&descriptor, json, sizeof json), DTO_OK, DTO_PAYLOAD);
    snprintf(expected, sizeof expected, device, longest);
    assert_string_equal(json, expected);
    dto_set_string(descriptor.device_id, "");
    assert_status("empty", device_descriptor_to_json(&descriptor, json, sizeof json), DTO_OK, DTO_PAYLOAD);
    snprintf(expected, sizeof expected, device, "");
    assert_string_equal(json, expected);
    dto_set_string(descriptor.device_id, "a\xFF");
    assert_status("not UTF-8", device_descriptor_to_json(&descriptor, json, sizeof json), DTO_INVALID_UTF8,
                  "device_id");
}

static void values_read_as_people_write_them(void **state)
{
    static const struct {
        double number;
        const char *text;
    } numbers[] = {{28.53, "28.53"}, {20, "20"}, {-0.01, "-0.01"}, {1e300, "1e+300"}, {0.1 + 0.2, "0.3"}};
    char text[DTO_STRING_SIZE];
    struct dto_value value;

    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        value = dto_number(numbers[i].number);
        assert_int_equal(value.type, DTO_NUMBER);
        assert_string_equal(dto_value_text(&value, text), numbers[i].text);
    }
    value = dto_string("OFF");
    assert_int_equal(value.type, DTO_STRING);
    assert_string_equal(dto_value_text(&value, text), "OFF");
}

static void a_string_too_long_is_kept_for_the_descriptor_to_refuse(void **state)
{
    char text[DTO_STRING_SIZE + 1] = "", json[DTO_JSON_MAX];
    struct message_descriptor message = {.timestamp = 1, .value_type = DTO_SWITCH};

    (void)state;
    memset(text, 'x', DTO_STRING_MAX);
    message.value = dto_string(text);
    assert_status("longest", message_descriptor_to_json(&message, json, sizeof json), DTO_OK, DTO_PAYLOAD);
    text[DTO_STRING_MAX] = 'x';
    message.value = dto_string(text);
    assert_status("too long", message_descriptor_to_json(&message, json, sizeof json), DTO_STRING_TOO_LONG, "value");
    message.value = dto_string("\xC3");
    assert_status("not UTF-8", message_descriptor_to_json(&message, json, sizeof json), DTO_INVALID_UTF8, "value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_that_cannot_be_copied_is_refused_by_its_fields_name),
        cmocka_unit_test(a_string_too_long_is_kept_for_the_descriptor_to_refuse),
        cmocka_unit_test(values_read_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
