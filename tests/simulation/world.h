/* The world of one schedule: virtual time, what is to happen in it, and those who act in it. Nothing in it depends on
 * the real clock, on threads, or on memory left by the schedule before: the same seed is the same story. */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define WORLD_FOREVER INT64_MAX

#ifdef __GNUC__
#define WORLD_PRINTF __attribute__((format(printf, 1, 2)))
#else
#define WORLD_PRINTF
#endif

typedef void world_function(void *argument);

/* Lets `first` act, as the actor "main", and all that comes of it, until somebody calls world_end. */
void world_run(uint64_t seed, world_function *first, void *argument);
_Noreturn void world_end(void); /* by an actor, or by an event */

/* Somebody else who acts from now on: a thread. */
void world_spawn(const char *name, world_function *function, void *argument);

/* An event: `function` is called at that moment, on whichever stack; it must not wait. */
void world_at(int64_t time_us, world_function *function, void *argument);

int64_t world_now(void);

/* Time passes only in these three. The second: until then, or until somebody notifies the channel (any address); true
 * if notified. */
void world_sleep_until(int64_t time_us);
bool world_block(const void *channel, int64_t until_us);
void world_spend(int64_t us); /* what a call costs */
void world_notify(const void *channel);

/* Which actor acts; a number for tables, and its name. */
int world_actor(void);

/* A step without any time: too many of them, or too much time, and the schedule is over. */
void world_step(void);
void world_set_limit(int64_t time_us, world_function *over);

uint64_t world_hash(uint64_t a, uint64_t b, uint64_t c);
uint64_t world_below(uint64_t limit); /* a random number, in the order of the story */

/* A line of the story, if one is wanted. */
extern bool story_is_wanted;
void story_to(void *file); /* a FILE */
void story_tell(const char *format, ...) WORLD_PRINTF;
#define story(...)                                                                                                     \
    do {                                                                                                               \
        if (story_is_wanted)                                                                                           \
            story_tell(__VA_ARGS__);                                                                                   \
    } while (0)

#endif
