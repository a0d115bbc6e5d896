/* Why coroutines: the session is written as people write programs, with calls that wait. In a world where time is a
 * number a call that waits is one that lets everybody else act first; so each actor needs a stack of its own, and only
 * one acts at a time. They change places only where one of them waits, which makes every story repeatable. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#ifdef HAS_ASAN /* it has to know which stack is in use */
#include <sanitizer/common_interface_defs.h>
#define BEFORE_SWITCH(from, to)                                                                                        \
    __sanitizer_start_switch_fiber((from)->ends ? NULL : &(from)->fake_stack, (to)->bottom, (to)->size)
#define AFTER_SWITCH(self, from) __sanitizer_finish_switch_fiber((self)->fake_stack, &(from)->bottom, &(from)->size)
#define STACK_SIZE               262144
#else
#define BEFORE_SWITCH(from, to)  ((void)0)
#define AFTER_SWITCH(self, from) ((void)0)
#define STACK_SIZE               65536
#endif

enum { ACTORS = 16, EVENTS = 16384, STEPS = 20000000 };

struct actor {
    ucontext_t context;
    const char *name;
    world_function *function;
    void *argument;
    const void *channel; /* what it waits for; NULL: only for its time */
    int64_t wake_us;
    bool is_used;
    bool was_notified;
    bool ends;
    const void *bottom; /* of its stack */
    size_t size;
    void *fake_stack;
};

static struct event {
    int64_t time_us;
    uint64_t order;
    world_function *function;
    void *argument;
} events[EVENTS]; /* a heap: the next one is the first */

static struct {
    int64_t now_us;
    uint64_t random;
    uint64_t order;
    int event_count;
    long steps;
    int64_t limit_us;
    world_function *over;
    struct actor *self;
    struct actor *previous; /* who acted before */
} world;

static struct actor actors[ACTORS];
static struct actor root;
static unsigned char stacks[ACTORS][STACK_SIZE];

bool story_is_wanted;
static FILE *story_file;

/* --- random numbers -------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

uint64_t world_hash(uint64_t a, uint64_t b, uint64_t c)
{
    return mix(mix(mix(a + 0x9E3779B97F4A7C15u) + b) + 0x9E3779B97F4A7C15u * (c + 1));
}

uint64_t world_below(uint64_t limit)
{
    world.random += 0x9E3779B97F4A7C15u;
    return mix(world.random) % limit;
}

/* --- the story ------------------------------------------------------------------------------------------------- */

void story_to(void *file)
{
    story_file = file;
    story_is_wanted = file != NULL;
}

void story_tell(const char *format, ...)
{
    va_list arguments;

    fprintf(story_file, "%12.6f  %-8s  ", (double)world.now_us / 1e6, world.self == NULL ? "" : world.self->name);
    va_start(arguments, format);
    vfprintf(story_file, format, arguments);
    va_end(arguments);
    putc('\n', story_file);
}

/* --- events ---------------------------------------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

void world_at(int64_t time_us, world_function *function, void *argument)
{
    struct event event = {time_us, world.order++, function, argument};
    int i = world.event_count++;

    if (world.event_count == EVENTS) {
        fputs("simulation: too many events\n", stderr);
        abort();
    }
    for (; i > 0 && is_before(&event, &events[(i - 1) / 2]); i = (i - 1) / 2)
        events[i] = events[(i - 1) / 2];
    events[i] = event;
}

static struct event next_event(void)
{
    struct event first = events[0];
    struct event last = events[--world.event_count];
    int i = 0;

    for (int child = 1; child < world.event_count; child = 2 * i + 1) {
        if (child + 1 < world.event_count && is_before(&events[child + 1], &events[child]))
            child++;
        if (!is_before(&events[child], &last))
            break;
        events[i] = events[child];
        i = child;
    }
    events[i] = last;
    return first;
}

/* --- actors ---------------------------------------------------------------------------------------------------- */

static void switch_to(struct actor *actor)
{
    struct actor *self = world.self;

    world.previous = self;
    world.self = actor;
    BEFORE_SWITCH(self, actor);
    swapcontext(&self->context, &actor->context);
    AFTER_SWITCH(self, world.previous);
}

static struct actor *next_actor(void)
{
    struct actor *next = NULL;

    for (struct actor *actor = actors; actor < actors + ACTORS; actor++)
        if (actor->is_used && (next == NULL || actor->wake_us < next->wake_us))
            next = actor;
    return next;
}

/* Lets the world go on until it is this actor's turn again. */
static void pass_turn(void)
{
    struct actor *self = world.self;

    for (;;) {
        struct actor *actor = next_actor();
        int64_t wake_us = actor == NULL ? WORLD_FOREVER : actor->wake_us;
        bool is_event = world.event_count > 0 && events[0].time_us <= wake_us;
        int64_t next_us = is_event ? events[0].time_us : wake_us;
        world_step();
        if (next_us > world.now_us)
            world.now_us = next_us;
        if (world.now_us > world.limit_us)
            world.over(NULL);
        if (is_event) {
            struct event event = next_event();
            event.function(event.argument);
        } else if (actor == self) {
            return;
        } else {
            switch_to(actor);
            return; /* somebody has found that it is our turn */
        }
    }
}

void world_step(void)
{
    if (++world.steps > STEPS)
        world.over(NULL);
}

void world_set_limit(int64_t time_us, world_function *over)
{
    world.limit_us = time_us;
    world.over = over;
}

static bool wait_for(const void *channel, int64_t until_us)
{
    struct actor *self = world.self;

    self->channel = channel;
    self->wake_us = until_us;
    self->was_notified = false;
    pass_turn();
    self->channel = NULL;
    return self->was_notified;
}

bool world_block(const void *channel, int64_t until_us)
{
    return wait_for(channel, until_us);
}

void world_sleep_until(int64_t time_us)
{
    wait_for(NULL, time_us);
}

void world_spend(int64_t us)
{
    int64_t then_us = world.now_us + us;
    bool is_alone = world.event_count == 0 || events[0].time_us > then_us;

    world_step();
    for (int i = 0; i < ACTORS && is_alone; i++)
        is_alone = !actors[i].is_used || &actors[i] == world.self || actors[i].wake_us > then_us;
    if (is_alone)
        world.now_us = then_us;
    else
        wait_for(NULL, then_us);
}

void world_notify(const void *channel)
{
    for (struct actor *actor = actors; actor < actors + ACTORS; actor++) {
        if (actor->is_used && actor->channel == channel) {
            actor->wake_us = world.now_us;
            actor->was_notified = true;
        }
    }
}

int world_actor(void)
{
    return (int)(world.self - actors);
}

int64_t world_now(void)
{
    return world.now_us;
}

static void act(void)
{
    struct actor *self = world.self;

    AFTER_SWITCH(self, world.previous);
    self->function(self->argument);
    self->is_used = false;
    self->ends = true;
    pass_turn();
    abort(); /* nobody is left who could wake it */
}

void world_spawn(const char *name, world_function *function, void *argument)
{
    int i = 0;

    while (i < ACTORS && (actors[i].is_used || &actors[i] == world.self))
        i++;
    if (i == ACTORS) {
        fputs("simulation: too many actors\n", stderr);
        abort();
    }
    struct actor *actor = &actors[i];
    actor->name = name;
    actor->function = function;
    actor->argument = argument;
    actor->channel = NULL;
    actor->wake_us = world.now_us;
    actor->is_used = true;
    actor->was_notified = false;
    actor->bottom = stacks[i];
    actor->size = STACK_SIZE;
    actor->fake_stack = NULL;
    actor->ends = false;
    getcontext(&actor->context);
    actor->context.uc_stack.ss_sp = stacks[i];
    actor->context.uc_stack.ss_size = STACK_SIZE;
    actor->context.uc_link = NULL;
    makecontext(&actor->context, act, 0);
}

void world_run(uint64_t seed, world_function *first, void *argument)
{
    memset(&world, 0, sizeof world);
    for (int i = 0; i < ACTORS; i++)
        actors[i].is_used = false;
    world.random = world_hash(seed, 1, 1);
    world.limit_us = WORLD_FOREVER;
    world.self = &root;
    root.name = "";
    world_spawn("main", first, argument);
    switch_to(&actors[0]);
    world.self = NULL;
}

void world_end(void)
{
    struct actor *self = world.self;

    self->ends = true;
    world.previous = self;
    world.self = &root;
    BEFORE_SWITCH(self, &root);
    setcontext(&root.context);
    abort();
}
