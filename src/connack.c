/* Whether a server speaks MQTT 5 shows in its CONNACK. Paho 1.3 reads the short one of MQTT 3.1.1 as if it had
 * properties, and what it returns for properties that are wrong says nothing of them: so they are read here, too. */
#include "connack.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    HEADER = 0x20,        /* of a CONNACK */
    BAD_VERSION = 1,      /* MQTT 3.1.1 section 3.2.2.3 */
    USER_PROPERTY = 0x26, /* the only one that may come more than once */
    IDENTIFIERS = 0x2b    /* MQTT 5 section 2.2.2.2: above the last one */
};

struct cursor {
    const unsigned char *at, *end;
};

/* A variable byte integer, MQTT 5 section 1.5.5. False: it does not end. */
static bool read_length(struct cursor *cursor, size_t *length)
{
    *length = 0;
    for (int shift = 0; shift < 28 && cursor->at < cursor->end; shift += 7) {
        *length |= (size_t)(*cursor->at & 0x7f) << shift;
        if (*cursor->at++ < 0x80)
            return true;
    }
    return false;
}

static bool skip(struct cursor *cursor, size_t count)
{
    if ((size_t)(cursor->end - cursor->at) < count)
        return false;
    cursor->at += count;
    return true;
}

/* A string, or binary data: two bytes with its length come first. */
static bool skip_text(struct cursor *cursor)
{
    const unsigned char *length = cursor->at;

    return skip(cursor, 2) && skip(cursor, (size_t)length[0] << 8 | length[1]);
}

/* Up to the end: each is one that CONNACK has (MQTT 5 section 3.2.2.3), whole, and there once. */
static bool properties_are_valid(struct cursor *cursor)
{
    /* The number of its bytes; 't': a text; 'p': a pair of them; 0: none of CONNACK's. */
    static const char kinds[IDENTIFIERS] = {
        [0x11] = 4,   [0x12] = 't', [0x13] = 2, [0x15] = 't', [0x16] = 't', [0x1a] = 't',
        [0x1c] = 't', [0x1f] = 't', [0x21] = 2, [0x22] = 2,   [0x24] = 1,   [0x25] = 1,
        [0x26] = 'p', [0x27] = 4,   [0x28] = 1, [0x29] = 1,   [0x2a] = 1};
    bool is_there[IDENTIFIERS] = {false};

    while (cursor->at < cursor->end) {
        unsigned identifier = *cursor->at++;
        int kind = identifier < IDENTIFIERS ? kinds[identifier] : 0;
        if (kind == 0 || (is_there[identifier] && identifier != USER_PROPERTY))
            return false;
        is_there[identifier] = true;
        bool is_whole = kind == 't'   ? skip_text(cursor)
                        : kind == 'p' ? skip_text(cursor) && skip_text(cursor)
                                      : skip(cursor, (size_t)kind);
        if (!is_whole)
            return false;
    }
    return true;
}

size_t connack_size(const char *bytes, size_t length)
{
    struct cursor cursor = {(const unsigned char *)bytes, (const unsigned char *)bytes + length};
    size_t rest;

    if (!skip(&cursor, 1) || bytes[0] != HEADER || !read_length(&cursor, &rest))
        return 0;
    return (size_t)(cursor.at - (const unsigned char *)bytes) + rest;
}

enum connack connack_read(const char *bytes, size_t length)
{
    struct cursor cursor = {(const unsigned char *)bytes, (const unsigned char *)bytes + length};
    size_t rest;

    if (!skip(&cursor, 1) || bytes[0] != HEADER || !read_length(&cursor, &rest) || rest < 2 || !skip(&cursor, 2))
        return CONNACK_NONE;
    unsigned flags = cursor.at[-2], code = cursor.at[-1];
    if (rest == 2)
        return code == BAD_VERSION ? CONNACK_VERSION : CONNACK_3_1_1;
    if (flags > 1 || (size_t)(cursor.end - cursor.at) != rest - 2 || !read_length(&cursor, &rest) ||
        (size_t)(cursor.end - cursor.at) != rest || !properties_are_valid(&cursor))
        return CONNACK_BROKEN;
    return CONNACK_5;
}
