/* event_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/event_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const struct event_descriptor *event)
{
    must(event->timestamp >= 0 && event->timestamp <= DTO_TIMESTAMP_MAX, "a timestamp is within its range");
    must_be_text(event->event_type);
    must_be_value(&event->event_value);
}

static bool is_zero(const struct event_descriptor *event)
{
    return event->timestamp == 0 && *event->event_type == 0 && is_zero_value(&event->event_value);
}

static bool are_same(const struct event_descriptor *a, const struct event_descriptor *b)
{
    return a->timestamp == b->timestamp && strcmp(a->event_type, b->event_type) == 0 &&
           same_value(&a->event_value, &b->event_value);
}

FUZZ_DESCRIPTOR(event_descriptor)
