/* device_descriptor_from_json on any bytes, and back and forth again when it accepts them. */
#include "dto/device_descriptor.h"

#include "fuzz.h"

static void must_be_valid(const device_descriptor *device)
{
    must_be_text(device->device_id);
    must_be_text(device->producer);
    must_be_text(device->software_version);
}

static bool is_zero(const device_descriptor *device)
{
    return *device->device_id == 0 && *device->producer == 0 && *device->software_version == 0;
}

static bool are_same(const device_descriptor *a, const device_descriptor *b)
{
    return strcmp(a->device_id, b->device_id) == 0 && strcmp(a->producer, b->producer) == 0 &&
           strcmp(a->software_version, b->software_version) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    device_descriptor read, again;
    char json[DTO_JSON_MAX];

    memset(&read, 0xA5, sizeof read);
    dto_status status = device_descriptor_from_json(&read, (const char *)data, size);
    must_agree_with_grammar(status, data, size);
    if (!dto_is_ok(status)) {
        must(is_zero(&read), "a refused descriptor is zeroed");
        return 0;
    }
    must_be_acceptable(data, size);
    must_be_valid(&read);
    must_be_written(device_descriptor_to_json(&read, json, sizeof json), json);
    memset(&again, 0xA5, sizeof again);
    must(dto_is_ok(device_descriptor_from_json(&again, json, strlen(json))), "what is written can be read");
    must(are_same(&read, &again), "what is written is what was read");
    return 0;
}
