/* What a request and its answer have beside their payloads. The properties of what arrives may say anything: they are
 * copied as far as they make sense, and what does not is named. */
#include "letter.h"

#include "playground/console.h"
#include "playground/properties.h"
#include "playground/topic.h"

#include <string.h>

void letter_read(struct letter *letter, const MQTTProperties *properties)
{
    size_t size;
    const char *bytes = properties_bytes(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, &size);

    *letter = (struct letter){.problem = NULL};
    if (bytes != NULL && size < sizeof letter->response_topic && memchr(bytes, '\0', size) == NULL)
        memcpy(letter->response_topic, bytes, size);
    else if (bytes != NULL)
        letter->problem = "its response topic is too long, or has a NUL in it";
    bytes = properties_bytes(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, &size);
    if (size > sizeof letter->correlation) {
        letter->problem = "its correlation data is too long";
    } else if (bytes != NULL) {
        memcpy(letter->correlation, bytes, size);
        letter->correlation_size = size;
    }
}

bool letter_wants_answer(const struct letter *letter, const char *filter)
{
    const char *topic = letter->response_topic, *problem = letter->problem;

    if (problem == NULL && topic[0] == '\0')
        return false;
    if (problem == NULL && (!topic_matches(filter, topic) || topic[strlen(topic) - 1] == '/'))
        problem = "its response topic is none of this device's";
    if (problem != NULL)
        console_note("Not answered: %s", problem);
    return problem == NULL;
}

void letter_of_request(MQTTProperties *properties, const char *response_topic, const char *correlation,
                       uint32_t expiry_seconds)
{
    properties_add_text(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, response_topic);
    properties_add_data(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, correlation, strlen(correlation));
    properties_add_number(properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, expiry_seconds);
}

void letter_of_answer(MQTTProperties *properties, const struct letter *letter)
{
    if (letter->correlation_size > 0) /* who has sent none gets none */
        properties_add_data(properties, MQTTPROPERTY_CODE_CORRELATION_DATA, letter->correlation,
                            letter->correlation_size);
}
