/* Threads that share nothing need no locks of their own. This is the one place where the lab's threads meet, and so the
 * only one that has to be thought through once more whenever it is changed. */
#include "playground/mailbox.h"

#include "playground/monitor.h"
#include "playground/monotonic.h"

#include <stdlib.h>
#include <string.h>

/* Stands behind each item: what becomes of it if the mailbox is closed before it was taken. */
enum { LOST_THEN, WITHDRAWN_THEN, WITHDRAWN };

struct mailbox {
    struct monitor monitor; /* guards everything below; notified after every put, take and close */
    size_t capacity;
    size_t item_size;
    uint64_t put;       /* items put since the start; the next one goes to slot put % capacity */
    uint64_t taken;     /* items taken since the start */
    unsigned long lost; /* items refused because the mailbox was full or closed */
    bool in_vain;       /* nobody has taken anything since somebody waited for room in vain */
    bool closed;
    unsigned char slots[];
};

struct mailbox *mailbox_new(size_t capacity, size_t item_size)
{
    struct mailbox *created = NULL;

    if (item_size < SIZE_MAX && capacity <= (SIZE_MAX - sizeof *created) / (item_size + 1))
        created = calloc(1, sizeof *created + capacity * (item_size + 1));
    if (created == NULL)
        return NULL;
    created->capacity = capacity;
    created->item_size = item_size;
    if (monitor_init(&created->monitor))
        return created;
    free(created);
    return NULL;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    monitor_destroy(&mailbox->monitor);
    free(mailbox);
}

static unsigned char *slot(struct mailbox *mailbox, uint64_t number)
{
    return mailbox->slots + number % mailbox->capacity * (mailbox->item_size + 1);
}

static unsigned char *fate(struct mailbox *mailbox, uint64_t number)
{
    return slot(mailbox, number) + mailbox->item_size;
}

static bool is_full(const struct mailbox *mailbox)
{
    return mailbox->put - mailbox->taken == mailbox->capacity;
}

static void put(struct mailbox *mailbox, const void *item, unsigned char if_closed)
{
    memcpy(slot(mailbox, mailbox->put), item, mailbox->item_size);
    *fate(mailbox, mailbox->put) = if_closed;
    mailbox->put++;
    monitor_notify_all(&mailbox->monitor);
}

bool mailbox_put_within(struct mailbox *mailbox, const void *item, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);

    monitor_enter(&mailbox->monitor);
    bool in_time = timeout_ms > 0 && !mailbox->in_vain;
    while (is_full(mailbox) && !mailbox->closed && in_time)
        in_time = monitor_wait(&mailbox->monitor, deadline_us);
    bool accepted = !is_full(mailbox) && !mailbox->closed;
    if (accepted)
        put(mailbox, item, LOST_THEN);
    else
        mailbox->lost++;
    mailbox->in_vain = !accepted;
    monitor_leave(&mailbox->monitor);
    return accepted;
}

bool mailbox_put(struct mailbox *mailbox, const void *item)
{
    return mailbox_put_within(mailbox, item, 0);
}

bool mailbox_hand_over(struct mailbox *mailbox, const void *item)
{
    bool taken = false;

    monitor_enter(&mailbox->monitor);
    while (is_full(mailbox) && !mailbox->closed)
        monitor_wait(&mailbox->monitor, MONITOR_FOREVER);
    if (!mailbox->closed) {
        uint64_t mine = mailbox->put;
        put(mailbox, item, WITHDRAWN_THEN);
        while (mailbox->taken <= mine && !mailbox->closed)
            monitor_wait(&mailbox->monitor, MONITOR_FOREVER);
        taken = mailbox->taken > mine;
        if (!taken)
            *fate(mailbox, mine) = WITHDRAWN;
    }
    monitor_leave(&mailbox->monitor);
    return taken;
}

bool mailbox_take(struct mailbox *mailbox, void *item, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);
    bool in_time = true;

    monitor_enter(&mailbox->monitor);
    while (mailbox->put == mailbox->taken && !mailbox->closed && in_time)
        in_time = monitor_wait(&mailbox->monitor, deadline_us);
    while (mailbox->put != mailbox->taken && *fate(mailbox, mailbox->taken) == WITHDRAWN)
        mailbox->taken++;
    bool any = mailbox->put != mailbox->taken;
    if (any) {
        mailbox->in_vain = false;
        memcpy(item, slot(mailbox, mailbox->taken), mailbox->item_size);
        mailbox->taken++;
        monitor_notify_all(&mailbox->monitor);
    }
    monitor_leave(&mailbox->monitor);
    return any;
}

bool mailbox_sleep(struct mailbox *mailbox, double seconds)
{
    int64_t deadline_us = monotonic_deadline_us(seconds);
    bool in_time = true;

    monitor_enter(&mailbox->monitor);
    while (!mailbox->closed && in_time)
        in_time = monitor_wait(&mailbox->monitor, deadline_us);
    bool open = !mailbox->closed;
    monitor_leave(&mailbox->monitor);
    return open;
}

void mailbox_close(struct mailbox *mailbox)
{
    monitor_enter(&mailbox->monitor);
    mailbox->closed = true;
    monitor_notify_all(&mailbox->monitor);
    monitor_leave(&mailbox->monitor);
}

unsigned long mailbox_lost(struct mailbox *mailbox)
{
    monitor_enter(&mailbox->monitor);
    unsigned long lost = mailbox->lost;
    for (uint64_t i = mailbox->taken; i < mailbox->put && mailbox->closed; i++)
        lost += *fate(mailbox, i) == LOST_THEN;
    monitor_leave(&mailbox->monitor);
    return lost;
}
