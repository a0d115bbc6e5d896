/* Who a device is: published once, retained, so that whoever subscribes later learns it too. */
#ifndef DTO_DEVICE_DESCRIPTOR_H
#define DTO_DEVICE_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    char device_id[DTO_STRING_SIZE];
    char producer[DTO_STRING_SIZE]; /* who made it */
    char software_version[DTO_STRING_SIZE];
} device_descriptor;

/* As dto/value.h says of all descriptors. */
dto_status device_descriptor_to_json(const device_descriptor *device, char *json, size_t size);
dto_status device_descriptor_from_json(device_descriptor *device, const char *json, size_t length);

#endif
