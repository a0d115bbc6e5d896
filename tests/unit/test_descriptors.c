/* The rules that are the same for all four descriptors, checked for each of them and each of their fields. */
#include "dto/action_descriptor.h"
#include "dto/device_descriptor.h"
#include "dto/event_descriptor.h"
#include "dto/message_descriptor.h"
#include "dto_tables.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* A descriptor of any kind. */
union any_descriptor {
    struct message_descriptor message;
    struct device_descriptor device;
    struct event_descriptor event;
    struct action_descriptor action;
};

#define WRAP(kind)                                                                                                     \
    static struct dto_status kind##_to_json(const union any_descriptor *any, char *json, size_t size)                  \
    {                                                                                                                  \
        return kind##_descriptor_to_json(any == NULL ? NULL : &any->kind, json, size);                                 \
    }                                                                                                                  \
    static struct dto_status kind##_from_json(union any_descriptor *any, const char *json, size_t length)              \
    {                                                                                                                  \
        return kind##_descriptor_from_json(any == NULL ? NULL : &any->kind, json, length);                             \
    }
WRAP(message)
WRAP(device)
WRAP(event)
WRAP(action)

struct member {
    const char *field;
    const char *value; /* valid, as JSON */
    const char *wrong; /* of a type that the field does not have */
    bool is_string;
};

static const struct kind {
    const char *name;
    struct dto_status (*to_json)(const union any_descriptor *any, char *json, size_t size);
    struct dto_status (*from_json)(union any_descriptor *any, const char *json, size_t length);
    size_t size;
    struct member members[3]; /* in the order of the wire */
    size_t member_count;
} kinds[] = {
    {"message",
     message_to_json,
     message_from_json,
     sizeof(struct message_descriptor),
     {{"timestamp", "1700000000", "\"now\"", false},
      {"value_type", "\"SWITCH\"", "1", true},
      {"value", "\"ON\"", "true", true}},
     3},
    {"device",
     device_to_json,
     device_from_json,
     sizeof(struct device_descriptor),
     {{"device_id", "\"device001\"", "1", true},
      {"producer", "\"ACME \\\"Company\\\"\"", "null", true},
      {"software_version", "\"0.0.1-beta\"", "[]", true}},
     3},
    {"event",
     event_to_json,
     event_from_json,
     sizeof(struct event_descriptor),
     {{"timestamp", "1700000000", "{}", false},
      {"event_type", "\"OVER_HEATING\"", "false", true},
      {"event_value", "35.14", "null", true}},
     3},
    {"action",
     action_to_json,
     action_from_json,
     sizeof(struct action_descriptor),
     {{"action_type", "\"SWITCH\"", "1", true}, {"action_value", "\"OFF\"", "2", true}},
     2},
};

/* Writes the kind's document with `value` instead of the member `which` (none: which < 0); NULL leaves it out. */
static const char *document(const struct kind *kind, int which, const char *value)
{
    static char json[2 * DTO_JSON_MAX];
    const char *separator = "";
    size_t length = (size_t)snprintf(json, sizeof json, "{");

    for (size_t i = 0; i < kind->member_count; i++) {
        const char *written = (int)i == which ? value : kind->members[i].value;
        if (written == NULL)
            continue;
        length += (size_t)snprintf(json + length, sizeof json - length, "%s\"%s\":%s", separator,
                                   kind->members[i].field, written);
        separator = ",";
    }
    snprintf(json + length, sizeof json - length, "}");
    return json;
}

static void assert_read(const struct kind *kind, const char *json, enum dto_rule rule, const char *field)
{
    union any_descriptor any;

    memset(&any, 'x', sizeof any);
    assert_status(json, kind->from_json(&any, json, strlen(json)), rule, field);
    if (rule != DTO_OK)
        assert_zeroed(&any, kind->size);
}

static void what_is_read_is_written_again(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *json = document(&kinds[k], -1, NULL);
        char written[DTO_JSON_MAX];
        union any_descriptor any;
        assert_status(json, kinds[k].from_json(&any, json, strlen(json)), DTO_OK, DTO_PAYLOAD);
        assert_status(json, kinds[k].to_json(&any, written, sizeof written), DTO_OK, DTO_PAYLOAD);
        assert_string_equal(written, json);
    }
}

static void every_field_has_to_be_there_once_and_of_its_type(void **state)
{
    char twice[256];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t i = 0; i < kinds[k].member_count; i++) {
            const struct member *member = &kinds[k].members[i];
            assert_read(&kinds[k], document(&kinds[k], (int)i, NULL), DTO_MISSING, member->field);
            assert_read(&kinds[k], document(&kinds[k], (int)i, member->wrong), DTO_WRONG_TYPE, member->field);
            snprintf(twice, sizeof twice, "%s,\"%s\":%s", member->value, member->field, member->value);
            assert_read(&kinds[k], document(&kinds[k], (int)i, twice), DTO_DUPLICATE_KEY, member->field);
        }
    }
}

static void strings_are_limited(void **state)
{
    char text[DTO_STRING_SIZE + 3];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t i = 0; i < kinds[k].member_count; i++) {
            if (!kinds[k].members[i].is_string)
                continue;
            snprintf(text, sizeof text, "\"%0*d\"", DTO_STRING_MAX, 0);
            assert_read(&kinds[k], document(&kinds[k], (int)i, text), DTO_OK, DTO_PAYLOAD);
            snprintf(text, sizeof text, "\"%0*d\"", DTO_STRING_MAX + 1, 0);
            assert_read(&kinds[k], document(&kinds[k], (int)i, text), DTO_STRING_TOO_LONG, kinds[k].members[i].field);
        }
    }
}

static void unknown_fields_are_ignored(void **state)
{
    char more[256];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        snprintf(more, sizeof more, "%s,\"new\":{\"in\":[\"version\",2]}", kinds[k].members[0].value);
        assert_read(&kinds[k], document(&kinds[k], 0, more), DTO_OK, DTO_PAYLOAD);
    }
}

static void a_payload_cut_anywhere_is_refused(void **state)
{
    char cut[DTO_JSON_MAX];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *json = document(&kinds[k], -1, NULL);
        for (size_t length = 0; length < strlen(json); length++) {
            union any_descriptor any;
            memset(cut, '}', sizeof cut); /* what follows the payload in memory must not count */
            memcpy(cut, json, length);
            memset(&any, 'x', sizeof any);
            assert_false(dto_is_ok(kinds[k].from_json(&any, cut, length)));
            assert_zeroed(&any, kinds[k].size);
        }
    }
}

static void a_buffer_too_small_is_refused_and_not_overrun(void **state)
{
    char written[DTO_JSON_MAX];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *json = document(&kinds[k], -1, NULL);
        union any_descriptor any;
        assert_true(dto_is_ok(kinds[k].from_json(&any, json, strlen(json))));
        for (size_t size = 0; size <= strlen(json); size++) {
            memset(written, '#', sizeof written);
            assert_status("small", kinds[k].to_json(&any, written, size), DTO_BUFFER_TOO_SMALL, DTO_PAYLOAD);
            assert_true(size == 0 || written[0] == '\0');
            for (size_t i = size; i < sizeof written; i++)
                assert_int_equal(written[i], '#');
        }
    }
}

static void the_longest_descriptor_fits_a_payload(void **state)
{
    char written[DTO_JSON_MAX];
    struct device_descriptor device, read;

    (void)state;
    memset(&device, '\x01', sizeof device); /* six bytes each: \u0001 */
    device.device_id[DTO_STRING_MAX] = device.producer[DTO_STRING_MAX] = device.software_version[DTO_STRING_MAX] = '\0';
    assert_status("long", device_descriptor_to_json(&device, written, sizeof written), DTO_OK, DTO_PAYLOAD);
    assert_status("long", device_descriptor_from_json(&read, written, strlen(written)), DTO_OK, DTO_PAYLOAD);
    assert_memory_equal(&read, &device, sizeof device);
}

static void null_arguments_are_refused(void **state)
{
    char written[DTO_JSON_MAX];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        union any_descriptor any;
        memset(&any, 0, sizeof any);
        assert_status("to", kinds[k].to_json(NULL, written, 1), DTO_NULL_ARGUMENT, DTO_PAYLOAD);
        assert_status("to", kinds[k].to_json(&any, NULL, 0), DTO_NULL_ARGUMENT, DTO_PAYLOAD);
        assert_status("from", kinds[k].from_json(NULL, "{}", 2), DTO_NULL_ARGUMENT, DTO_PAYLOAD);
        assert_status("from", kinds[k].from_json(&any, NULL, 2), DTO_NULL_ARGUMENT, DTO_PAYLOAD);
    }
}

static void a_string_without_its_end_is_not_written(void **state)
{
    char written[DTO_JSON_MAX];

    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        union any_descriptor any;
        memset(&any, 'x', sizeof any);
        if (!kinds[k].members[0].is_string)
            any.message.timestamp = 1; /* of an event too: they begin alike */
        const char *first_string = kinds[k].members[kinds[k].members[0].is_string ? 0 : 1].field;
        assert_status(kinds[k].name, kinds[k].to_json(&any, written, sizeof written), DTO_STRING_TOO_LONG,
                      first_string);
        assert_string_equal(written, "");
    }
}

/* --- running out of memory --- */

static long allocations_left; /* until one fails; after it all do */
static long blocks_held;

static void *failing_malloc(size_t size)
{
    if (allocations_left-- <= 0)
        return NULL;
    blocks_held++;
    return malloc(size);
}

static void counting_free(void *block)
{
    if (block != NULL)
        blocks_held--;
    free(block);
}

static void without_memory_nothing_leaks_and_nothing_is_left_over(void **state)
{
    cJSON_Hooks hooks = {.malloc_fn = failing_malloc, .free_fn = counting_free};
    char written[DTO_JSON_MAX];

    (void)state;
    cJSON_InitHooks(&hooks);
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *json = document(&kinds[k], -1, NULL);
        struct dto_status status = {.rule = DTO_NO_MEMORY, .field = DTO_PAYLOAD};
        union any_descriptor any;
        long steps;
        for (steps = 0; !dto_is_ok(status); steps++) {
            memset(&any, 'x', sizeof any);
            allocations_left = steps;
            status = kinds[k].from_json(&any, json, strlen(json));
            assert_int_equal(blocks_held, 0);
            if (dto_is_ok(status))
                break;
            assert_status("from", status, DTO_NO_MEMORY, DTO_PAYLOAD);
            assert_zeroed(&any, kinds[k].size);
        }
        assert_true(steps > (long)kinds[k].member_count); /* it did allocate, and failed at each step */

        allocations_left = 0; /* to write takes none */
        assert_status("to", kinds[k].to_json(&any, written, sizeof written), DTO_OK, DTO_PAYLOAD);
        assert_string_equal(written, json);
    }
    cJSON_InitHooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_read_is_written_again),
        cmocka_unit_test(every_field_has_to_be_there_once_and_of_its_type),
        cmocka_unit_test(strings_are_limited),
        cmocka_unit_test(unknown_fields_are_ignored),
        cmocka_unit_test(a_payload_cut_anywhere_is_refused),
        cmocka_unit_test(a_buffer_too_small_is_refused_and_not_overrun),
        cmocka_unit_test(the_longest_descriptor_fits_a_payload),
        cmocka_unit_test(null_arguments_are_refused),
        cmocka_unit_test(a_string_without_its_end_is_not_written),
        cmocka_unit_test(without_memory_nothing_leaks_and_nothing_is_left_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
