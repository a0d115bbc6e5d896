/* Threads that share nothing need no locks of their own. This is the one place where the lab's threads meet, and so the
 * only one that has to be thought through once more whenever it is changed. */
#include "playground/mailbox.h"

#include "playground/monitor.h"
#include "playground/monotonic.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    size_t size;                                        /* of the item */
    enum { LOST_THEN, WITHDRAWN_THEN, WITHDRAWN } fate; /* what becomes of it if the mailbox is closed first */
};

struct mailbox {
    struct monitor monitor; /* guards everything below; notified after every put, take and close */
    size_t capacity;
    size_t item_size;   /* of the largest item */
    uint64_t put;       /* items put since the start; the next one goes to place put % capacity */
    uint64_t taken;     /* items taken since the start */
    unsigned long lost; /* items refused because the mailbox was full or closed */
    bool in_vain;       /* nobody has taken anything since somebody waited for room in vain */
    bool closed;
    unsigned char *items;
    struct entry entries[]; /* one for each place; the items themselves follow them */
};

struct mailbox *mailbox_new(size_t capacity, size_t item_size)
{
    size_t place_size = sizeof(struct entry) + item_size;
    struct mailbox *created = NULL;

    if (place_size > item_size && capacity <= (SIZE_MAX - sizeof *created) / place_size)
        created = calloc(1, sizeof *created + capacity * place_size);
    if (created == NULL)
        return NULL;
    created->capacity = capacity;
    created->item_size = item_size;
    created->items = (unsigned char *)(created->entries + capacity);
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

static unsigned char *item_at(struct mailbox *mailbox, uint64_t number)
{
    return mailbox->items + number % mailbox->capacity * mailbox->item_size;
}

static struct entry *entry_at(struct mailbox *mailbox, uint64_t number)
{
    return &mailbox->entries[number % mailbox->capacity];
}

static bool is_full(const struct mailbox *mailbox)
{
    return mailbox->put - mailbox->taken == mailbox->capacity;
}

/* Whether there is no point in waiting for room. */
static bool is_refused(const struct mailbox *mailbox, size_t size)
{
    return mailbox->closed || size > mailbox->item_size;
}

static void put(struct mailbox *mailbox, const void *item, struct entry entry)
{
    memcpy(item_at(mailbox, mailbox->put), item, entry.size);
    *entry_at(mailbox, mailbox->put) = entry;
    mailbox->put++;
    monitor_notify_all(&mailbox->monitor);
}

bool mailbox_put_within(struct mailbox *mailbox, const void *item, size_t size, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);

    monitor_enter(&mailbox->monitor);
    bool in_time = timeout_ms > 0 && !mailbox->in_vain;
    while (is_full(mailbox) && !is_refused(mailbox, size) && in_time)
        in_time = monitor_wait(&mailbox->monitor, deadline_us);
    mailbox->in_vain = is_full(mailbox);
    bool accepted = !is_full(mailbox) && !is_refused(mailbox, size);
    if (accepted)
        put(mailbox, item, (struct entry){size, LOST_THEN});
    else
        mailbox->lost++;
    monitor_leave(&mailbox->monitor);
    return accepted;
}

bool mailbox_put(struct mailbox *mailbox, const void *item, size_t size)
{
    return mailbox_put_within(mailbox, item, size, 0);
}

bool mailbox_hand_over(struct mailbox *mailbox, const void *item, size_t size)
{
    bool taken = false;

    monitor_enter(&mailbox->monitor);
    while (is_full(mailbox) && !is_refused(mailbox, size))
        monitor_wait(&mailbox->monitor, MONITOR_FOREVER);
    if (!is_refused(mailbox, size)) {
        uint64_t mine = mailbox->put;
        put(mailbox, item, (struct entry){size, WITHDRAWN_THEN});
        while (mailbox->taken <= mine && !mailbox->closed)
            monitor_wait(&mailbox->monitor, MONITOR_FOREVER);
        taken = mailbox->taken > mine;
        if (!taken)
            entry_at(mailbox, mine)->fate = WITHDRAWN;
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
    while (mailbox->put != mailbox->taken && entry_at(mailbox, mailbox->taken)->fate == WITHDRAWN)
        mailbox->taken++;
    bool any = mailbox->put != mailbox->taken;
    if (any) {
        mailbox->in_vain = false;
        memcpy(item, item_at(mailbox, mailbox->taken), entry_at(mailbox, mailbox->taken)->size);
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
        lost += entry_at(mailbox, i)->fate == LOST_THEN;
    monitor_leave(&mailbox->monitor);
    return lost;
}
