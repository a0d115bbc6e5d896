/* Which packet a broker may have closed the connection for. */
#ifndef PLAYGROUND_SUSPICION_H
#define PLAYGROUND_SUSPICION_H

#include "parts.h"

#include <stdbool.h>

/* What Paho returns for a SUBSCRIBE of which the network has taken only a part at once; its header does not name it. */
enum { SENT_IN_PART = -22 };

/* A new connection: only what Paho has sent again is suspected. */
void suspicion_restart(struct session_parts *parts);

/* A packet, in words, was sent with this result; the words have to live as long as the connection. */
void suspicion_sent(struct session_parts *parts, const char *packet, int rc);

/* A PUBLISH was sent with this result. */
void suspicion_published(struct session_parts *parts, int rc);

/* Writes to parts->failure what the end of the connection may mean, and to parts->is_guess whether that is a guess. */
void suspicion_of_last_packet(struct session *session);

/* Whether the connection ended so soon after the last answer that it was the broker who ended it, and not Paho, for
 * lack of another one. */
bool suspicion_was_soon(const struct session_parts *parts);

#endif
