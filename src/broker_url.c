/* MQTT's users write mqtt:// and mqtts://, Paho wants tcp:// and ssl://, and an IPv6 address has its brackets here and
 * not there. A URL that Paho does not understand ends in an error that names nothing: so it is taken apart before, and
 * what is not wholly understood is refused. */
#include "broker_url.h"

#include "playground/number.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { PLACE_SIZE = CONNECTION_HOST_SIZE + sizeof "[]:65535" }; /* host and port, as in a URL */

struct scheme {
    const char *prefix, *paho; /* as MQTT's users write it, and as Paho does */
    int port;
    bool has_path; /* only where there is a web server */
    bool has_tls;
};

/* The first is that of --host without TLS, the second that with it. */
static const struct scheme schemes[] = {
    {"mqtt://", "tcp", 1883, false, false},
    {"mqtts://", "ssl", 8883, false, true},
    {"ws://", "ws", 80, true, false},
    {"wss://", "wss", 443, true, true},
};

bool broker_host_is_valid(const char *host)
{
    if (strchr(host, ':') != NULL) /* an IPv6 address is told by its colons */
        return strspn(host, "0123456789abcdefABCDEF:.") == strlen(host) && strlen(host) < CONNECTION_HOST_SIZE;
    return text_is_valid(host, CONNECTION_HOST_SIZE - 1) && strpbrk(host, " /@[]?#%\\") == NULL;
}

/* `broker` has its host, and its port or 0. */
static void complete(struct broker *broker, const struct scheme *scheme, const char *path)
{
    const char *format = strchr(broker->host, ':') != NULL ? "[%s]:%d" : "%s:%d";
    char name[sizeof broker->name];

    if (broker->port == 0)
        broker->port = scheme->port;
    broker->has_tls = scheme->has_tls;
    snprintf(name, sizeof name, format, broker->host, broker->port);
    memcpy(broker->name, name, sizeof name);
    snprintf(broker->uri, sizeof broker->uri, "%s://%s%s", scheme->paho, name, path);
}

/* Reads host, host:port or [IPv6 address]:port; cuts `place` into its parts. The port is 0 if there is none. */
static bool read_place(struct broker *broker, char *place)
{
    bool has_brackets = *place == '[';
    char *host = place + has_brackets;
    char *end = host + strcspn(host, has_brackets ? "]" : ":");
    char *rest = end + (has_brackets && *end == ']');
    double port = 0;

    if (has_brackets && rest == end)
        return false;
    if (*rest != '\0' && (*rest != ':' || !whole_number_from_text(rest + 1, 1, 65535, &port)))
        return false;
    *end = '\0';
    if (!broker_host_is_valid(host) || has_brackets != (strchr(host, ':') != NULL))
        return false;
    memcpy(broker->host, host, strlen(host) + 1);
    broker->port = (int)port;
    return true;
}

static bool read_url(struct broker *broker, const char *url)
{
    const struct scheme *scheme = schemes, *end = schemes + sizeof schemes / sizeof *schemes;
    char place[PLACE_SIZE];

    while (scheme < end && strncmp(url, scheme->prefix, strlen(scheme->prefix)) != 0)
        scheme++;
    if (scheme == end || !text_is_valid(url, CONNECTION_TEXT_SIZE))
        return false;

    const char *start = url + strlen(scheme->prefix);
    const char *path = start + strcspn(start, "/");
    size_t length = (size_t)(path - start);
    if (length >= sizeof place || (*path != '\0' && !scheme->has_path) ||
        strlen("mqtts://") + sizeof place + strlen(path) > sizeof broker->uri)
        return false;
    memcpy(place, start, length);
    place[length] = '\0';
    if (!read_place(broker, place))
        return false;
    complete(broker, scheme, path);
    return true;
}

const char *broker_add_url(struct connection_settings *connection, const char *url)
{
    struct broker broker;

    if (!read_url(&broker, url))
        return "not of the form mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://...";
    if (connection->broker_count == CONNECTION_BROKER_MAX)
        return "one broker too many";
    connection->brokers[connection->broker_count++] = broker;
    return NULL;
}

void broker_from_host(struct broker *broker, bool has_tls)
{
    complete(broker, &schemes[has_tls ? 1 : 0], "");
}

bool brokers_are_of_one_kind(const struct broker *brokers, int count)
{
    for (int i = 1; i < count; i++) {
        if (strncmp(brokers[0].uri, brokers[i].uri, strcspn(brokers[0].uri, ":") + 1) != 0)
            return false;
    }
    return true;
}
