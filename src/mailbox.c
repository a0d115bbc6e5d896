/* Threads that share nothing need no locks of their own. This is the one place where the lab's threads meet, and so the
 * only one that has to be thought through once more whenever it is changed. */
#include "playground/mailbox.h"

#include "playground/monitor.h"
#include "playground/monotonic.h"

#include <stdlib.h>
#include <string.h>

struct mailbox {
    struct monitor monitor; /* guards everything below; notified after every put, take, wake and close */
    size_t capacity;
    size_t item_size;
    uint64_t put;       /* items put since the start; the next one goes to slot put % capacity */
    uint64_t taken;     /* items taken since the start */
    unsigned long lost; /* items refused because the mailbox was full or closed */
    uint64_t withdrawn; /* items of mailbox_hand_over that were still there when the mailbox was closed */
    bool closed;
    unsigned char slots[];
};

struct mailbox *mailbox_new(size_t capacity, size_t item_size)
{
    struct mailbox *created = NULL;

    if (item_size == 0 || capacity <= (SIZE_MAX - sizeof *created) / item_size)
        created = calloc(1, sizeof *created + capacity * item_size);
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
    return mailbox->slots + number % mailbox->capacity * mailbox->item_size;
}

static bool is_full(const struct mailbox *mailbox)
{
    return mailbox->put - mailbox->taken == mailbox->capacity;
}

static void put(struct mailbox *mailbox, const void *item)
{
    memcpy(slot(mailbox, mailbox->put), item, mailbox->item_size);
    mailbox->put++;
    monitor_notify_all(&mailbox->monitor);
}

bool mailbox_put_within(struct mailbox *mailbox, const void *item, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);
    bool in_time = timeout_ms > 0;

    monitor_enter(&mailbox->monitor);
    while (is_full(mailbox) && !mailbox->closed && in_time)
        in_time = monitor_wait(&mailbox->monitor, deadline_us);
    bool accepted = !is_full(mailbox) && !mailbox->closed;
    if (accepted)
        put(mailbox, item);
    else
        mailbox->lost++;
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
        put(mailbox, item);
        uint64_t mine = mailbox->put;
        while (mailbox->taken < mine && !mailbox->closed)
            monitor_wait(&mailbox->monitor, MONITOR_FOREVER);
        taken = mailbox->taken >= mine;
        mailbox->withdrawn += !taken;
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
    bool any = mailbox->put != mailbox->taken;
    if (any) {
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
    uint64_t left = mailbox->closed ? mailbox->put - mailbox->taken - mailbox->withdrawn : 0;
    unsigned long lost = mailbox->lost + (unsigned long)left;
    monitor_leave(&mailbox->monitor);
    return lost;
}
