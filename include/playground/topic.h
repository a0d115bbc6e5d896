/* Topic names and topic filters, MQTT 3.1.1 section 4.7. */
#ifndef PLAYGROUND_TOPIC_H
#define PLAYGROUND_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#define TOPIC_MAX       65535 /* bytes of the longest topic: its length travels in 16 bits (section 1.5.3) */
#define TOPIC_LEVEL_MAX 64    /* bytes of a device id or a user name in this lab's topics */

/* Whether a message on `topic` goes to a subscription of `filter` (sections 4.7.1 and 4.7.2): `+` stands for one
 * level, `#` at the end for any number of levels and its parent, and neither at the start of the filter for a topic
 * that starts with `$`. An invalid filter or topic matches nothing. */
bool topic_matches(const char *filter, const char *topic);

/* Whether a message can be published to `topic`: 1 to TOPIC_MAX bytes of UTF-8, no wildcard, no control character. */
bool topic_is_valid(const char *topic);

/* Whether one can subscribe to `filter`: as above, but `+` may stand alone in a level, and `#` alone in the last. */
bool topic_filter_is_valid(const char *filter);

/* Whether `level` can be put into a topic as one level of it, as a device id or a user name is: 1 to TOPIC_LEVEL_MAX
 * bytes of UTF-8 without `/`, `+`, `#` and control characters. */
bool topic_level_is_valid(const char *level);

#endif
