/* A broker closes the connection of who publishes to a/+ or subscribes to a#, and gives no reason (MQTT 3.1.1
 * section 4.7). Here the mistake is found before there is a connection, and can be named. */
#include "playground/topic.h"

#include "text.h"

#include <string.h>

bool topic_is_valid(const char *topic)
{
    return text_is_valid(topic, TOPIC_MAX) && strpbrk(topic, "+#") == NULL;
}

bool topic_level_is_valid(const char *level)
{
    return text_is_valid(level, TOPIC_LEVEL_MAX) && strpbrk(level, "/+#") == NULL;
}

bool topic_filter_is_valid(const char *filter)
{
    if (!text_is_valid(filter, TOPIC_MAX))
        return false;
    for (const char *wildcard = strpbrk(filter, "+#"); wildcard != NULL; wildcard = strpbrk(wildcard + 1, "+#")) {
        bool starts_level = wildcard == filter || wildcard[-1] == '/';
        bool ends_level = wildcard[1] == '\0' || (wildcard[1] == '/' && *wildcard == '+');
        if (!starts_level || !ends_level)
            return false;
    }
    return true;
}

bool topic_matches(const char *filter, const char *topic)
{
    if (!topic_filter_is_valid(filter) || !topic_is_valid(topic))
        return false;
    if (*topic == '$' && *filter != '$')
        return false;
    while (*filter != '\0' && *filter != '#') {
        if (*filter == '+') {
            filter++;
            topic += strcspn(topic, "/");
        } else if (*filter == *topic) {
            filter++;
            topic++;
        } else {
            return *topic == '\0' && strcmp(filter, "/#") == 0; /* `a/#` matches its parent `a` too */
        }
    }
    return *filter == '#' || *topic == '\0';
}
