#include "playground/mailbox.h"

#include "playground/monotonic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mailbox {
    pthread_mutex_t mutex;  /* guards everything below */
    pthread_cond_t changed; /* signalled after every put, take and close */
    size_t capacity;
    size_t item_size;
    uint64_t put;       /* items put since the start; the next one goes to slot put % capacity */
    uint64_t taken;     /* items taken since the start */
    unsigned long lost; /* items refused because the mailbox was full */
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
    if (pthread_mutex_init(&created->mutex, NULL) != 0)
        goto free_memory;
    if (!monotonic_condition_init(&created->changed))
        goto destroy_mutex;
    return created;

destroy_mutex:
    pthread_mutex_destroy(&created->mutex);
free_memory:
    free(created);
    return NULL;
}

void mailbox_free(struct mailbox *mailbox)
{
    if (mailbox == NULL)
        return;
    pthread_cond_destroy(&mailbox->changed);
    pthread_mutex_destroy(&mailbox->mutex);
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
    pthread_cond_broadcast(&mailbox->changed);
}

bool mailbox_put_within(struct mailbox *mailbox, const void *item, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);
    bool in_time = timeout_ms > 0;

    pthread_mutex_lock(&mailbox->mutex);
    while (is_full(mailbox) && !mailbox->closed && in_time)
        in_time = monotonic_wait(&mailbox->changed, &mailbox->mutex, deadline_us);
    bool full = is_full(mailbox);
    bool accepted = !full && !mailbox->closed;
    if (accepted)
        put(mailbox, item);
    else if (full)
        mailbox->lost++;
    pthread_mutex_unlock(&mailbox->mutex);
    return accepted;
}

bool mailbox_put(struct mailbox *mailbox, const void *item)
{
    return mailbox_put_within(mailbox, item, 0);
}

bool mailbox_hand_over(struct mailbox *mailbox, const void *item)
{
    bool taken = false;

    pthread_mutex_lock(&mailbox->mutex);
    while (is_full(mailbox) && !mailbox->closed)
        pthread_cond_wait(&mailbox->changed, &mailbox->mutex);
    if (!mailbox->closed) {
        put(mailbox, item);
        uint64_t mine = mailbox->put;
        while (mailbox->taken < mine && !mailbox->closed)
            pthread_cond_wait(&mailbox->changed, &mailbox->mutex);
        taken = mailbox->taken >= mine;
    }
    pthread_mutex_unlock(&mailbox->mutex);
    return taken;
}

bool mailbox_take(struct mailbox *mailbox, void *item, unsigned long timeout_ms)
{
    int64_t deadline_us = monotonic_deadline_us((double)timeout_ms / 1000);
    bool in_time = true;

    pthread_mutex_lock(&mailbox->mutex);
    while (mailbox->put == mailbox->taken && !mailbox->closed && in_time)
        in_time = monotonic_wait(&mailbox->changed, &mailbox->mutex, deadline_us);
    bool any = mailbox->put != mailbox->taken;
    if (any) {
        memcpy(item, slot(mailbox, mailbox->taken), mailbox->item_size);
        mailbox->taken++;
        pthread_cond_broadcast(&mailbox->changed);
    }
    pthread_mutex_unlock(&mailbox->mutex);
    return any;
}

bool mailbox_sleep(struct mailbox *mailbox, double seconds)
{
    int64_t deadline_us = monotonic_deadline_us(seconds);
    bool in_time = true;

    pthread_mutex_lock(&mailbox->mutex);
    while (!mailbox->closed && in_time)
        in_time = monotonic_wait(&mailbox->changed, &mailbox->mutex, deadline_us);
    bool open = !mailbox->closed;
    pthread_mutex_unlock(&mailbox->mutex);
    return open;
}

void mailbox_close(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    mailbox->closed = true;
    pthread_cond_broadcast(&mailbox->changed);
    pthread_mutex_unlock(&mailbox->mutex);
}

unsigned long mailbox_lost(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->mutex);
    unsigned long lost = mailbox->lost;
    pthread_mutex_unlock(&mailbox->mutex);
    return lost;
}
