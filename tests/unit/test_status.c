/* Every status has a text of its own. */
#include "dto_tables.h"

static void every_status_reads_as_a_phrase(void **state)
{
    (void)state;
    for (int rule = 0; rule < DTO_RULE_COUNT; rule++) {
        for (int field = 0; field < DTO_FIELD_COUNT; field++) {
            dto_status status = {.rule = (dto_rule)rule, .field = (dto_field)field};
            const char *phrase = dto_status_string(status);
            const char *name = dto_field_name((dto_field)field);
            assert_int_equal(strncmp(phrase, name, strlen(name)), 0);
            assert_int_equal(phrase[strlen(name)], ' ');
            for (int other = 0; other < rule; other++) {
                dto_status different = {.rule = (dto_rule)other, .field = (dto_field)field};
                assert_string_not_equal(phrase, dto_status_string(different));
            }
        }
    }
}

static void the_phrases_tell_what_to_mend(void **state)
{
    (void)state;
    assert_string_equal(dto_status_string((dto_status){DTO_MISSING, DTO_FIELD_TIMESTAMP}), "timestamp is missing");
    assert_string_equal(dto_status_string((dto_status){DTO_NOT_JSON, DTO_FIELD_PAYLOAD}), "payload is not JSON");
    assert_string_equal(dto_status_string((dto_status){DTO_STRING_TOO_LONG, DTO_FIELD_DEVICE_ID}),
                        "device_id is longer than 127 bytes");
    assert_string_equal(dto_status_string((dto_status){DTO_TOO_LONG, DTO_FIELD_PAYLOAD}),
                        "payload is longer than 4096 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_reads_as_a_phrase),
        cmocka_unit_test(the_phrases_tell_what_to_mend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
