/* Paho has names for the reason codes, too, but no advice; and the simulation, which has no Paho, runs this file. */
#include "playground/reason.h"

#include <stddef.h>

struct reason {
    int code;
    const char *name;
    const char *advice; /* NULL: none is better than to look at the broker's log */
};

/* In the order of section 2.4. From 128 on they are errors. */
static const struct reason reasons[] = {
    {0, "success", NULL},
    {1, "granted QoS 1", NULL},
    {2, "granted QoS 2", NULL},
    {4, "disconnect with will message", NULL},
    {16, "no matching subscribers", "nobody has subscribed to this topic"},
    {17, "no subscription existed", "check the topic filter: this client has not subscribed to it"},
    {24, "continue authentication", NULL},
    {25, "re-authenticate", NULL},
    {128, "unspecified error", "the broker does not say why: its log may"},
    {129, "malformed packet", "a name, a topic or a property may hold what MQTT does not allow"},
    {130, "protocol error", "a property may have a value that MQTT does not allow, or be there twice"},
    {131, "implementation specific error",
     "it may be a limit of this broker: its configuration or its log may say which"},
    {132, "unsupported protocol version", "this broker may not speak MQTT 5"},
    {133, "client identifier not valid", "choose another client identifier: shorter, or of letters and digits only"},
    {134, "bad user name or password", "check the user name and the password"},
    {135, "not authorized", "check what this user may publish, or subscribe to"},
    {136, "server unavailable", "try again later"},
    {137, "server busy", "try again later"},
    {138, "banned", "ask who runs the broker"},
    {139, "server shutting down", "try again when the broker runs again"},
    {140, "bad authentication method", "check which authentication methods the broker knows"},
    {141, "keep alive timeout", "the broker heard nothing for too long: a longer keep alive may help"},
    {142, "session taken over", "another client has the same client identifier: choose another one"},
    {143, "topic filter invalid", "check the topic filter: the broker does not accept it"},
    {144, "topic name invalid", "check the topic: the broker does not accept it"},
    {145, "packet identifier in use", "the broker has an older session of this client: end that one, or start clean"},
    {146, "packet identifier not found", "the broker has lost this client's session, and messages of it perhaps"},
    {147, "receive maximum exceeded", "have fewer messages in flight at a time"},
    {148, "topic alias invalid", "use a topic alias that the broker allows, and tell its topic first"},
    {149, "packet too large", "send smaller messages, or allow larger ones in the broker"},
    {150, "message rate too high", "send more slowly"},
    {151, "quota exceeded",
     "the broker holds no more for this client: wait until messages are taken, or raise its limits"},
    {152, "administrative action", "ask who runs the broker"},
    {153, "payload format invalid", "the payload is not the UTF-8 text that its payload format indicator promises"},
    {154, "retain not supported", "publish without retain: this broker keeps no messages"},
    {155, "QoS not supported", "use a lower QoS"},
    {156, "use another server", "connect to another broker, for now"},
    {157, "server moved", "connect to another broker from now on"},
    {158, "shared subscriptions not supported", "subscribe without $share: this broker does not share subscriptions"},
    {159, "connection rate exceeded", "connect less often"},
    {160, "maximum connect time", "connect again: this broker ends every connection after some time"},
    {161, "subscription identifiers not supported", "subscribe without a subscription identifier"},
    {162, "wildcard subscriptions not supported", "subscribe without + and #"},
};

static const struct reason *find(int code)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].code == code)
            return &reasons[i];
    return NULL;
}

const char *reason_name(int code)
{
    const struct reason *reason = find(code);

    return reason == NULL ? "unknown reason" : reason->name;
}

const char *reason_advice(int code)
{
    const struct reason *reason = find(code);

    return reason == NULL || reason->advice == NULL ? "the broker's log may say why" : reason->advice;
}
