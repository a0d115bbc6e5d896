/* message_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/message_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const message_descriptor *message)
{
    must(message->timestamp >= 0 && message->timestamp <= DTO_TIMESTAMP_MAX, "a timestamp is within its range");
    must_be_text(message->value_type);
    must_be_value(&message->value);
}

static bool is_zero(const message_descriptor *message)
{
    return message->timestamp == 0 && *message->value_type == 0 && is_zero_value(&message->value);
}

static bool are_same(const message_descriptor *a, const message_descriptor *b)
{
    return a->timestamp == b->timestamp && strcmp(a->value_type, b->value_type) == 0 &&
           same_value(&a->value, &b->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    message_descriptor read, again;
    char json[DTO_JSON_MAX];

    memset(&read, 0xA5, sizeof read);
    dto_status status = message_descriptor_from_json(&read, (const char *)data, size);
    must_agree_with_grammar(status, data, size);
    if (!dto_is_ok(status)) {
        must(is_zero(&read), "a refused descriptor is zeroed");
        return 0;
    }
    must_be_acceptable(data, size);
    must_be_valid(&read);
    must_be_written(message_descriptor_to_json(&read, json, sizeof json), json);
    memset(&again, 0xA5, sizeof again);
    must(dto_is_ok(message_descriptor_from_json(&again, json, strlen(json))), "what is written can be read");
    must(are_same(&read, &again), "what is written is what was read");
    return 0;
}
