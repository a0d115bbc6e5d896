/* action_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/action_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const struct action_descriptor *action)
{
    must_be_text(action->action_type);
    must_be_text(action->action_value);
}

static bool is_zero(const struct action_descriptor *action)
{
    return *action->action_type == 0 && *action->action_value == 0;
}

static bool are_same(const struct action_descriptor *a, const struct action_descriptor *b)
{
    return strcmp(a->action_type, b->action_type) == 0 && strcmp(a->action_value, b->action_value) == 0;
}

FUZZ_DESCRIPTOR(action_descriptor)
