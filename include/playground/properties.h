/* The properties of MQTT 5 (section 2.2.2), as the programs of part two write and read them: Paho has one list for all,
 * and leaves to its users which of them is a number, a text, or a pair of texts.
 *
 * A list begins as MQTTProperties_initializer and ends with MQTTProperties_free, which frees nothing unless a client
 * exists: make and free them between session_create and session_close. */
#ifndef PLAYGROUND_PROPERTIES_H
#define PLAYGROUND_PROPERTIES_H

#include <MQTTClient.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Adds a number, of as many bytes as the property's type has: one, two, four, or up to four of variable length. Texts
 * and data are copied, and have at most 65535 bytes (sections 1.5.4 and 1.5.6). False, and the list is as it was: the
 * number is too large, the text too long, the property of another type, or there is no memory. */
bool properties_add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t number);
bool properties_add_text(MQTTProperties *properties, enum MQTTPropertyCodes code, const char *text);
bool properties_add_data(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *data, size_t size);
bool properties_add_pair(MQTTProperties *properties, const char *name, const char *value); /* a user property */

/* Whether there is such a number, and which: the first, if there are several. */
bool properties_number(const MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t *number);

/* A text, or data, as they came: not ended by a NUL, perhaps with NULs and invalid UTF-8 in them. They belong to the
 * list. NULL: there is none; then *size is 0. */
const char *properties_bytes(const MQTTProperties *properties, enum MQTTPropertyCodes code, size_t *size);

/* The user property with that number, from 0 on: its name and its value, as above. False: there are no more. */
bool properties_pair(const MQTTProperties *properties, int number, MQTTLenString *name, MQTTLenString *value);

#endif
