/* event_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/event_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const event_descriptor *event)
{
    must(event->timestamp >= 0 && event->timestamp <= DTO_TIMESTAMP_MAX, "a timestamp is within its range");
    must_be_text(event->event_type);
    must_be_value(&event->event_value);
}

static bool is_zero(const event_descriptor *event)
{
    return event->timestamp == 0 && *event->event_type == 0 && is_zero_value(&event->event_value);
}

static bool are_same(const event_descriptor *a, const event_descriptor *b)
{
    return a->timestamp == b->timestamp && strcmp(a->event_type, b->event_type) == 0 &&
           same_value(&a->event_value, &b->event_value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    event_descriptor read, again;
    char json[DTO_JSON_MAX];

    memset(&read, 0xA5, sizeof read);
    dto_status status = event_descriptor_from_json(&read, (const char *)data, size);
    must_agree_with_grammar(status, data, size);
    if (!dto_is_ok(status)) {
        must(is_zero(&read), "a refused descriptor is zeroed");
        return 0;
    }
    must_be_acceptable(data, size);
    must_be_valid(&read);
    must_be_written(event_descriptor_to_json(&read, json, sizeof json), json);
    memset(&again, 0xA5, sizeof again);
    must(dto_is_ok(event_descriptor_from_json(&again, json, strlen(json))), "what is written can be read");
    must(are_same(&read, &again), "what is written is what was read");
    return 0;
}
