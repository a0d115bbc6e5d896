/* message_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/message_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const struct message_descriptor *message)
{
    must(message->timestamp >= 0 && message->timestamp <= DTO_TIMESTAMP_MAX, "a timestamp is within its range");
    must_be_text(message->value_type);
    must_be_value(&message->value);
}

static bool is_zero(const struct message_descriptor *message)
{
    return message->timestamp == 0 && *message->value_type == 0 && is_zero_value(&message->value);
}

static bool are_same(const struct message_descriptor *a, const struct message_descriptor *b)
{
    return a->timestamp == b->timestamp && strcmp(a->value_type, b->value_type) == 0 &&
           same_value(&a->value, &b->value);
}

FUZZ_DESCRIPTOR(message_descriptor)
