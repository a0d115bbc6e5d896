/* What a device is asked to do. */
#ifndef DTO_ACTION_DESCRIPTOR_H
#define DTO_ACTION_DESCRIPTOR_H

#include "dto/value.h"

struct action_descriptor {
    char action_type[DTO_STRING_SIZE];  /* DTO_SWITCH */
    char action_value[DTO_STRING_SIZE]; /* DTO_SWITCH_ON, DTO_SWITCH_OFF */
};

/* As dto/value.h says of all descriptors. */
struct dto_status action_descriptor_to_json(const struct action_descriptor *action, char *json, size_t size);
struct dto_status action_descriptor_from_json(struct action_descriptor *action, const char *json, size_t length);

#endif
