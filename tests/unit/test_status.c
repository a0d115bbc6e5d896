/* Every status has a text of its own. */
#include "dto_tables.h"

static void every_refusal_reads_as_a_phrase(void **state)
{
    (void)state;
    for (int rule = DTO_OK + 1; rule < DTO_RULE_COUNT; rule++) {
        struct dto_status status = dto_status_of((enum dto_rule)rule, "software_version");
        assert_int_equal(strncmp(status.text, "software_version ", strlen("software_version ")), 0);
        assert_true(strlen(status.text) < DTO_TEXT_SIZE - 1); /* nothing was cut */
        for (int other = DTO_OK + 1; other < rule; other++)
            assert_string_not_equal(status.text, dto_status_of((enum dto_rule)other, "software_version").text);
    }
}

static void the_phrases_tell_what_to_mend(void **state)
{
    (void)state;
    assert_string_equal(dto_status_of(DTO_MISSING, "timestamp").text, "timestamp is missing");
    assert_string_equal(dto_status_of(DTO_NOT_JSON, DTO_PAYLOAD).text, "payload is not JSON");
    assert_string_equal(dto_status_of(DTO_STRING_TOO_LONG, "device_id").text, "device_id is longer than 127 bytes");
    assert_string_equal(dto_status_of(DTO_TOO_LONG, DTO_PAYLOAD).text, "payload is longer than 4096 bytes");
    assert_string_equal(dto_status_of(DTO_OK, DTO_PAYLOAD).text, "");
}

static void a_name_that_is_too_long_is_cut(void **state)
{
    char name[2 * DTO_TEXT_SIZE];

    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct dto_status status = dto_status_of(DTO_MISSING, name);
    assert_int_equal(strlen(status.text), DTO_TEXT_SIZE - 1);
    assert_ptr_equal(status.field, name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_reads_as_a_phrase),
        cmocka_unit_test(the_phrases_tell_what_to_mend),
        cmocka_unit_test(a_name_that_is_too_long_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
