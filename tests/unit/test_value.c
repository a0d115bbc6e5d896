/* Strings of descriptors, and values that are numbers or strings. */
#include "dto/message_descriptor.h"
#include "dto_tables.h"

static void strings_are_copied_whole_or_not_at_all(void **state)
{
    char longest[DTO_STRING_SIZE + 1], string[DTO_STRING_SIZE];

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_status("too long", dto_set_string(string, longest), DTO_STRING_TOO_LONG, DTO_FIELD_VALUE);
    assert_string_equal(string, "");
    longest[DTO_STRING_MAX] = '\0';
    assert_status("longest", dto_set_string(string, longest), DTO_OK, DTO_FIELD_VALUE);
    assert_string_equal(string, longest);
    assert_status("empty", dto_set_string(string, ""), DTO_OK, DTO_FIELD_VALUE);
    assert_string_equal(string, "");
    strcpy(string, "before");
    assert_status("not UTF-8", dto_set_string(string, "a\xFF"), DTO_INVALID_UTF8, DTO_FIELD_VALUE);
    assert_string_equal(string, "");
    assert_status("none", dto_set_string(string, NULL), DTO_NULL_ARGUMENT, DTO_FIELD_VALUE);
}

static void values_read_as_people_write_them(void **state)
{
    static const struct {
        double number;
        const char *text;
    } numbers[] = {{28.53, "28.53"}, {20, "20"}, {-0.01, "-0.01"}, {1e300, "1e+300"}, {0.1 + 0.2, "0.3"}};
    char text[DTO_STRING_SIZE];
    dto_value value;

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
    message_descriptor message = {.timestamp = 1, .value_type = DTO_SWITCH};

    (void)state;
    memset(text, 'x', DTO_STRING_MAX);
    message.value = dto_string(text);
    assert_status("longest", message_descriptor_to_json(&message, json, sizeof json), DTO_OK, DTO_FIELD_PAYLOAD);
    text[DTO_STRING_MAX] = 'x';
    message.value = dto_string(text);
    assert_status("too long", message_descriptor_to_json(&message, json, sizeof json), DTO_STRING_TOO_LONG,
                  DTO_FIELD_VALUE);
    message.value = dto_string("\xC3");
    assert_status("not UTF-8", message_descriptor_to_json(&message, json, sizeof json), DTO_INVALID_UTF8,
                  DTO_FIELD_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_copied_whole_or_not_at_all),
        cmocka_unit_test(a_string_too_long_is_kept_for_the_descriptor_to_refuse),
        cmocka_unit_test(values_read_as_people_write_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
