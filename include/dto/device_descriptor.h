/* Who a device is: published once, retained, so that whoever subscribes later learns it too. */
#ifndef DTO_DEVICE_DESCRIPTOR_H
#define DTO_DEVICE_DESCRIPTOR_H

#include "dto/value.h"

struct device_descriptor {
    char device_id[DTO_STRING_SIZE];
    char producer[DTO_STRING_SIZE]; /* who made it */
    char software_version[DTO_STRING_SIZE];
};

/* As dto/value.h says of all descriptors. */
struct dto_status device_descriptor_to_json(const struct device_descriptor *device, char *json, size_t size);
struct dto_status device_descriptor_from_json(struct device_descriptor *device, const char *json, size_t length);

#endif
