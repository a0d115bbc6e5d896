/* A broker of MQTT 5 says what it takes before anything is sent; who does not listen is disconnected for it. Paho hands
 * over the properties, keeps to the receive maximum by itself, and leaves the rest to its user. */
#include "limits.h"

#include <stdio.h>
#include <string.h>

enum { LARGE = 4096 }; /* bytes: no packet of an exercise is longer */

static void read_number(const MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t *number)
{
    for (int i = 0; i < properties->count; i++) {
        const MQTTProperty *property = &properties->array[i];
        if (property->identifier != code)
            continue;
        switch (MQTTProperty_getType(code)) {
        case MQTTPROPERTY_TYPE_BYTE:
            *number = property->value.byte;
            break;
        case MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER:
            *number = property->value.integer2;
            break;
        default:
            *number = property->value.integer4;
        }
    }
}

bool limits_read(struct limits *limits, const MQTTProperties *properties, uint32_t session_expiry)
{
    *limits = (struct limits){.receive_maximum = UINT16_MAX,
                              .maximum_qos = 2,
                              .retain_available = 1,
                              .maximum_packet_size = UINT32_MAX,
                              .session_expiry = session_expiry};
    if (properties == NULL)
        return true;
    read_number(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, &limits->receive_maximum);
    read_number(properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, &limits->maximum_qos);
    read_number(properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, &limits->retain_available);
    read_number(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, &limits->maximum_packet_size);
    read_number(properties, MQTTPROPERTY_CODE_TOPIC_ALIAS_MAXIMUM, &limits->topic_alias_maximum);
    read_number(properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, &limits->server_keep_alive);
    read_number(properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, &limits->session_expiry);
    return limits->receive_maximum > 0 && limits->maximum_packet_size > 0;
}

static void add(char text[LIMITS_TEXT_SIZE], const char *format, uint32_t number)
{
    size_t length = strlen(text);

    length += (size_t)snprintf(text + length, LIMITS_TEXT_SIZE - length, "%s", length > 0 ? ", " : "");
    snprintf(text + length, LIMITS_TEXT_SIZE - length, format, number);
}

void limits_text(const struct limits *limits, int qos, char text[LIMITS_TEXT_SIZE])
{
    text[0] = '\0';
    if ((int)limits->maximum_qos < qos)
        add(text, "QoS %u at most", limits->maximum_qos);
    if (limits->retain_available == 0)
        add(text, "no retained messages", 0);
    if (limits->maximum_packet_size < LARGE)
        add(text, "packets of %u bytes at most", limits->maximum_packet_size);
}
