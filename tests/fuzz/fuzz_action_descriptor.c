/* action_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/action_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const action_descriptor *action)
{
    must_be_text(action->action_type);
    must_be_text(action->action_value);
}

static bool is_zero(const action_descriptor *action)
{
    return *action->action_type == 0 && *action->action_value == 0;
}

static bool are_same(const action_descriptor *a, const action_descriptor *b)
{
    return strcmp(a->action_type, b->action_type) == 0 && strcmp(a->action_value, b->action_value) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    action_descriptor read, again;
    char json[DTO_JSON_MAX];

    memset(&read, 0xA5, sizeof read);
    dto_status status = action_descriptor_from_json(&read, (const char *)data, size);
    must_agree_with_grammar(status, data, size);
    if (!dto_is_ok(status)) {
        must(is_zero(&read), "a refused descriptor is zeroed");
        return 0;
    }
    must_be_acceptable(data, size);
    must_be_valid(&read);
    must_be_written(action_descriptor_to_json(&read, json, sizeof json), json);
    memset(&again, 0xA5, sizeof again);
    must(dto_is_ok(action_descriptor_from_json(&again, json, strlen(json))), "what is written can be read");
    must(are_same(&read, &again), "what is written is what was read");
    return 0;
}
