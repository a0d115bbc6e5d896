/* device_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/device_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const struct device_descriptor *device)
{
    must_be_text(device->device_id);
    must_be_text(device->producer);
    must_be_text(device->software_version);
}

static bool is_zero(const struct device_descriptor *device)
{
    return *device->device_id == 0 && *device->producer == 0 && *device->software_version == 0;
}

static bool are_same(const struct device_descriptor *a, const struct device_descriptor *b)
{
    return strcmp(a->device_id, b->device_id) == 0 && strcmp(a->producer, b->producer) == 0 &&
           strcmp(a->software_version, b->software_version) == 0;
}

FUZZ_DESCRIPTOR(device_descriptor)
