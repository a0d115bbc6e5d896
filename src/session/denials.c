/* Paho calls back with the reason of an acknowledgement under a lock of its own, in callback mode on a thread of its
 * own, and tells nobody else. So here it is only counted; the session asks. */
#include "denials.h"

#include "playground/reason.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

enum { PUBACK = 4, PUBREC = 5, IS_ERROR = 0x80 };

void denials_on_published(void *context, int token, int packet_type, MQTTProperties *properties,
                          enum MQTTReasonCodes reason)
{
    struct denials *denials = context;
    uint16_t id = (uint16_t)token;

    (void)properties;
    trace_reason(id, (int)reason);
    bool was_settled = denials->is_settled[id];
    denials->is_settled[id] = true;
    denials->is_settled[(uint16_t)(id + UINT16_MAX / 2)] = false; /* the ids go round: that one is of another message */
    /* A PUBCOMP ends a delivery that the PUBREC has agreed to; what it does not find was delivered. */
    if (was_settled || (int)reason < IS_ERROR || (int)reason > UINT8_MAX ||
        (packet_type != PUBACK && packet_type != PUBREC))
        return;
    atomic_fetch_add(&denials->count, 1);
    if (atomic_fetch_add(&denials->counts[reason], 1) == 0)
        atomic_store(&denials->has_new_reason, true);
}

int denials_next_reason(struct denials *denials)
{
    if (denials->published == 0 || !atomic_load(&denials->has_new_reason))
        return 0;
    atomic_store(&denials->has_new_reason, false); /* what comes from here on sets it again */
    for (int reason = IS_ERROR; reason <= UINT8_MAX; reason++) {
        if (atomic_load(&denials->counts[reason]) == 0 || denials->was_told[reason])
            continue;
        denials->was_told[reason] = true;
        atomic_store(&denials->has_new_reason, true); /* there may be one more */
        return reason;
    }
    return 0;
}

long denials_count(const struct denials *denials)
{
    return denials->published == 0 ? 0 : atomic_load(&denials->count);
}

void denials_text(const struct denials *denials, char text[DENIALS_TEXT_SIZE])
{
    static const char rest[] = ", ...";
    size_t length = 0;

    text[0] = '\0';
    for (int reason = IS_ERROR; reason <= UINT8_MAX; reason++) {
        char part[64];
        long count = atomic_load(&denials->counts[reason]);
        if (count == 0)
            continue;
        size_t size =
            (size_t)snprintf(part, sizeof part, "%s%ld %s", length > 0 ? ", " : "", count, reason_name(reason));
        if (length + size + sizeof rest > DENIALS_TEXT_SIZE) {
            strcpy(text + length, rest);
            return;
        }
        strcpy(text + length, part);
        length += size;
    }
}
