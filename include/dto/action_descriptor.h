/* What a device is asked to do. */
#ifndef DTO_ACTION_DESCRIPTOR_H
#define DTO_ACTION_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    char action_type[DTO_STRING_SIZE];  /* DTO_SWITCH */
    char action_value[DTO_STRING_SIZE]; /* DTO_SWITCH_ON, DTO_SWITCH_OFF */
} action_descriptor;

/* As dto/value.h says of all descriptors. */
dto_status action_descriptor_to_json(const action_descriptor *action, char *json, size_t size);
dto_status action_descriptor_from_json(action_descriptor *action, const char *json, size_t length);

#endif
