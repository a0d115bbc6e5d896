/* A bounded queue by which threads hand work to one another, after Python's queue.Queue: the items are copied in and
 * out, so that no two threads ever share one. Of each as many bytes are copied as it has: a short one among long ones
 * costs little. */
#ifndef PLAYGROUND_MAILBOX_H
#define PLAYGROUND_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;

/* A mailbox for up to `capacity` items of at most `item_size` bytes each, all memory taken now. NULL if there is not
 * enough. To be freed with mailbox_free, once no other thread uses it. */
struct mailbox *mailbox_new(size_t capacity, size_t item_size);
void mailbox_free(struct mailbox *mailbox);

/* Puts a copy of the item, which has `size` bytes, and never waits, so a callback of a library may use it. False if the
 * mailbox is full or closed, or the item too large for it, which counts the item as lost. */
bool mailbox_put(struct mailbox *mailbox, const void *item, size_t size);

/* The same, but waits for room for up to `timeout_ms` milliseconds. In a callback of a library that is time in which it
 * does nothing else; so whoever has waited in vain does not wait again before somebody takes: the one who would take
 * may be waiting for that library. */
bool mailbox_put_within(struct mailbox *mailbox, const void *item, size_t size, unsigned long timeout_ms);

/* Puts a copy of the item, waiting for room, and returns once it was taken. For threads whose item must not get lost
 * and must not pile up either. False if the mailbox was closed first, or the item is too large for it. */
bool mailbox_hand_over(struct mailbox *mailbox, const void *item, size_t size);

/* Takes the oldest item, waiting for one up to `timeout_ms` milliseconds. False if none came. There has to be room for
 * the largest item at `item`; behind the bytes of this one it stays as it was. */
bool mailbox_take(struct mailbox *mailbox, void *item, unsigned long timeout_ms);

/* Sleeps for `seconds`, or until the mailbox is closed. False if it is closed: time for a thread to end. */
bool mailbox_sleep(struct mailbox *mailbox, double seconds);

/* Wakes every thread that waits in one of the functions above; from now on nothing can be put. */
void mailbox_close(struct mailbox *mailbox);

/* How many items of mailbox_put and mailbox_put_within were lost so far: refused; and, once the mailbox is closed,
 * those that nobody has taken. Who hands over an item knows for himself. */
unsigned long mailbox_lost(struct mailbox *mailbox);

#endif
