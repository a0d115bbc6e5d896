/* Paho's list of properties, by type: what Paho takes without a look would damage a packet (a number that its type does
 * not hold, a text that its length does not), and what Paho returns as an int is unsigned. */
#include "playground/properties.h"

#include <string.h>

/* Sections 1.5.4 to 1.5.6. */
enum { BYTES_MAX = 65535, VARIABLE_MAX = 268435455 };

static bool is_copied(const MQTTLenString *bytes)
{
    return bytes->data != NULL || bytes->len == 0;
}

/* Where there is no memory, Paho takes a text all the same, at NULL; and its list loses all it had when it cannot grow.
 */
static bool add(MQTTProperties *properties, const MQTTProperty *property, bool has_bytes)
{
    const MQTTProperties before = *properties;

    if (MQTTProperties_add(properties, property) != 0) {
        *properties = before;
        return false;
    }
    const MQTTProperty *added = &properties->array[before.count];
    if (!has_bytes || (is_copied(&added->value.data) && is_copied(&added->value.value)))
        return true;
    if (added->value.data.data != NULL)
        MQTTClient_free(added->value.data.data);
    if (added->value.value.data != NULL)
        MQTTClient_free(added->value.value.data);
    properties->count = before.count;
    properties->length = before.length;
    return false;
}

bool properties_add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t number)
{
    MQTTProperty property = {.identifier = code};
    uint32_t max;

    switch (MQTTProperty_getType(code)) {
    case MQTTPROPERTY_TYPE_BYTE:
        max = UINT8_MAX;
        property.value.byte = (unsigned char)number;
        break;
    case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER:
        max = UINT16_MAX;
        property.value.integer2 = (unsigned short)number;
        break;
    case MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER:
        max = UINT32_MAX;
        property.value.integer4 = number;
        break;
    case MQTTPROPERTY_TYPE_VARIABLE_BYTE_INTEGER:
        max = VARIABLE_MAX; /* of a larger one Paho writes more bytes than it counts */
        property.value.integer4 = number;
        break;
    default:
        return false;
    }
    return number <= max && add(properties, &property, false);
}

/* Paho's strings are not const, but it only copies them. */
static MQTTLenString bytes_at(const void *data, size_t size)
{
    return (MQTTLenString){.len = (int)size, .data = (char *)data};
}

static bool add_bytes(MQTTProperties *properties, enum MQTTPropertyCodes code, enum MQTTPropertyTypes type,
                      const void *data, size_t size)
{
    MQTTProperty property = {.identifier = code};

    if (MQTTProperty_getType(code) != (int)type || size > BYTES_MAX)
        return false;
    property.value.data = bytes_at(data, size);
    property.value.value = bytes_at(NULL, 0); /* an initializer leaves it open what the rest of a union holds */
    return add(properties, &property, true);
}

bool properties_add_text(MQTTProperties *properties, enum MQTTPropertyCodes code, const char *text)
{
    return add_bytes(properties, code, MQTTPROPERTY_TYPE_UTF_8_ENCODED_STRING, text, strlen(text));
}

bool properties_add_data(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *data, size_t size)
{
    return add_bytes(properties, code, MQTTPROPERTY_TYPE_BINARY_DATA, data, size);
}

bool properties_add_pair(MQTTProperties *properties, const char *name, const char *value)
{
    MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY};
    size_t name_size = strlen(name), value_size = strlen(value);

    if (name_size > BYTES_MAX || value_size > BYTES_MAX)
        return false;
    property.value.data = bytes_at(name, name_size);
    property.value.value = bytes_at(value, value_size);
    return add(properties, &property, true);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static const MQTTProperty *find(const MQTTProperties *properties, enum MQTTPropertyCodes code, int number)
{
    for (int i = 0; i < properties->count; i++)
        if (properties->array[i].identifier == code && number-- == 0)
            return &properties->array[i];
    return NULL;
}

bool properties_number(const MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t *number)
{
    const MQTTProperty *property = find(properties, code, 0);

    if (property == NULL)
        return false;
    switch (MQTTProperty_getType(code)) {
    case MQTTPROPERTY_TYPE_BYTE:
        *number = property->value.byte;
        return true;
    case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER:
        *number = property->value.integer2;
        return true;
    case MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER:
    case MQTTPROPERTY_TYPE_VARIABLE_BYTE_INTEGER:
        *number = property->value.integer4;
        return true;
    default:
        return false;
    }
}

/* An empty text can be at NULL: that depends on what the system's malloc does. */
static MQTTLenString never_null(MQTTLenString bytes)
{
    return bytes.data == NULL ? bytes_at("", 0) : bytes;
}

const char *properties_bytes(const MQTTProperties *properties, enum MQTTPropertyCodes code, size_t *size)
{
    const MQTTProperty *property = find(properties, code, 0);
    int type = MQTTProperty_getType(code);

    *size = 0;
    if (property == NULL || (type != MQTTPROPERTY_TYPE_UTF_8_ENCODED_STRING && type != MQTTPROPERTY_TYPE_BINARY_DATA))
        return NULL;
    MQTTLenString bytes = never_null(property->value.data);
    *size = (size_t)bytes.len;
    return bytes.data;
}

bool properties_pair(const MQTTProperties *properties, int number, MQTTLenString *name, MQTTLenString *value)
{
    const MQTTProperty *property = find(properties, MQTTPROPERTY_CODE_USER_PROPERTY, number);

    if (property == NULL)
        return false;
    *name = never_null(property->value.data);
    *value = never_null(property->value.value);
    return true;
}
