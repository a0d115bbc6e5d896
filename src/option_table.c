/* What an option is called, what it takes and how its help reads is one row of a table: what is said about an option in
 * one place cannot contradict what another does. A new option is a new row here. */
#include "option_table.h"

#include "playground/options.h"

#include <limits.h>

/* The largest number for a long, below which a double tells all of them apart. */
#define WHOLE_MAX (LONG_MAX < 999999999999999 ? (double)LONG_MAX : 999999999999999.0)

#define AT(member) offsetof(struct options, member), sizeof((struct options *)NULL)->member

/* Use, name, letter, kind, place, limits of a number; environment, unit, what is special; help, which tells these in
 * the order that they have here. */
const struct option_definition option_table[] = {
    /* clang-format off */
    {0, "host", 'h', HOST, AT(connection.brokers[0].host), 0, 0, "MQTT_HOST", "HOST", HAS_DEFAULT | NO_URL,
     "Broker's name or address"},
    {0, "port", 'p', WHOLE, AT(connection.brokers[0].port), 1, 65535, "MQTT_PORT", "PORT", NO_URL,
     "Broker's port (default: 1883, with TLS 8883)"},
    {0, "url", 'L', URL, AT(connection), 0, 0, NULL, "URL", 0,
     "Broker as mqtt:// or mqtts://host:port, ws:// or wss://host:port/path; may be repeated: to be tried in order"},
    {0, "username", 'u', NAME, AT(connection.username), 0, 0, "MQTT_USERNAME", "NAME", 0, "User name"},
    {0, "password", 'P', PASSWORD, AT(connection.password), 0, 0, "MQTT_PASSWORD", "PASSWORD", 0, "Password"},
    {0, "password-file", 0, PASSWORD_FILE, AT(connection.password), 0, 0, NULL, "FILE", 0,
     "Password is the first line of this file"},
    {0, "id", 'i', NAME, AT(connection.client_id), 0, 0, NULL, "ID", 0,
     "Client id (default: the program's name and a random suffix)"},
    {0, "cafile", 0, FILE_NAME, AT(connection.ca_file), 0, 0, NULL, "FILE", 0,
     "TLS: certificates of the authorities to trust, instead of the system's; without --url it means TLS"},
    {0, "cert", 0, FILE_NAME, AT(connection.certificate), 0, 0, NULL, "FILE", 0, "TLS: our own certificate"},
    {0, "key", 0, FILE_NAME, AT(connection.key), 0, 0, NULL, "FILE", 0, "TLS: our own private key"},
    {0, "insecure", 0, FLAG, AT(connection.insecure), 0, 0, NULL, NULL, 0,
     "TLS: do not check that the certificate is for this host"},
    {0, "keepalive", 'k', WHOLE, AT(connection.keep_alive), 1, 65535, NULL, "SECONDS", HAS_DEFAULT,
     "Keep alive: how often to make sure that the broker is there"},
    {0, "wait", 0, NUMBER, AT(wait), 0, 86400, NULL, "SECONDS", HAS_DEFAULT,
     "Keep trying this long for the first connection"},
    {OPTION_PUBLISH_TOPIC, "topic", 't', TOPIC, AT(topic), 0, 0, NULL, "TOPIC", HAS_DEFAULT, "Topic to publish to"},
    {OPTION_SUBSCRIBE_TOPIC, "topic", 't', FILTER, AT(topic), 0, 0, NULL, "FILTER", HAS_DEFAULT,
     "Topic filter to subscribe to"},
    {OPTION_QOS, "qos", 'q', WHOLE, AT(qos), 0, 2, NULL, "0|1|2", HAS_DEFAULT, "Quality of service"},
    {OPTION_QOS | OPTION_INTERVAL, "window", 0, WHOLE, AT(window), 1, OPTIONS_WINDOW_MAX, NULL, "N", 0,
     "Messages that may wait for acknowledgement (default: at QoS 1 100, at QoS 2 20)"},
    {0, "count", 'C', LONG, AT(count), 0, WHOLE_MAX, NULL, "N", HAS_DEFAULT,
     "End after this many messages; 0: when stopped"},
    {OPTION_INTERVAL, "interval", 0, NUMBER, AT(interval), 0, 86400, NULL, "SECONDS", HAS_DEFAULT,
     "Seconds between messages; 0: as fast as possible"},
    {OPTION_TIMEOUT, "timeout", 'W', NUMBER, AT(timeout), 0, 1e9, NULL, "SECONDS", HAS_DEFAULT,
     "Give up after this long; 0: never"},
    {OPTION_DEVICE_ID, "device-id", 0, LEVEL, AT(device_id), 0, 0, NULL, "ID", HAS_DEFAULT, "Device id"},
    {OPTION_BASE_TOPIC, "base-topic", 0, TOPIC, AT(base_topic), 0, 0, NULL, "TOPIC", HAS_DEFAULT,
     "What the topics start with"},
    {OPTION_SEED, "seed", 0, LONG, AT(seed), 0, WHOLE_MAX, NULL, "N", 0,
     "The same number gives the same readings (default: always others)"},
    {0, "quiet", 0, FLAG, AT(quiet), 0, 0, NULL, NULL, 0, "Print no line per message"},
    {0, "json", 0, FLAG, AT(json), 0, 0, NULL, NULL, 0, "Print each message as a JSON object, one a line"},
    {0, "debug", 'd', FLAG, AT(debug), 0, 0, NULL, NULL, 0, "Print the protocol's packets"},
    /* clang-format on */
};
