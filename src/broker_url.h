/* Brokers as people write them: as a URL, or as a host and a port. */
#ifndef PLAYGROUND_BROKER_URL_H
#define PLAYGROUND_BROKER_URL_H

#include "playground/connection_settings.h"

#include <stdbool.h>

/* Whether `host` is a name, an IPv4 address or an IPv6 address without its brackets, of less than CONNECTION_HOST_SIZE
 * bytes. It is not looked up. */
bool broker_host_is_valid(const char *host);

/* Adds a broker to those of `connection`: scheme://host, scheme://host:port or scheme://[IPv6 address]:port, where
 * scheme is mqtt, mqtts, ws or wss, and a path may follow with the last two. Without a port it is the one that the
 * scheme is known by. NULL, or in a few words, not to be freed, why nothing was added: another form, or
 * CONNECTION_BROKER_MAX are there. */
const char *broker_add_url(struct connection_settings *connection, const char *url);

/* Fills in the rest of a broker whose `host` is valid and whose `port` is 1 to 65535, or 0: 1883, with TLS 8883. */
void broker_from_host(struct broker *broker, bool has_tls);

/* Whether the brokers are all spoken to in one way, such as mqtts://. True if there are none. */
bool brokers_are_of_one_kind(const struct broker *brokers, int count);

#endif
