/* The session under every kind of fault, some thousand times: src/session/ and src/mailbox.c as they are, linked with a fake
 * Paho, modelled brokers and a clock that is a number. See DESIGN.md, section 9.
 *
 *     simulation [--seed N] [--count N] [--seconds S] [--story] [--only FAULT@N,...]
 *
 * A schedule that breaks a rule is told event by event, shortened before to the faults that it takes. */
#include "broker.h"
#include "fake_paho.h"
#include "fakes.h"
#include "programs.h"
#include "rules.h"
#include "schedule.h"
#include "stories.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_AFTER_THE_LAST_SIGNAL_US = 20000000 };

static void over(void *argument)
{
    (void)argument;
    broken("every end is reached", "too many steps, or too much time");
}

static void begin(void *argument)
{
    world_set_limit(schedule.last_signal_us + LIMIT_AFTER_THE_LAST_SIGNAL_US, over);
    brokers_begin();
    fakes_begin();
    program_main(argument);
}

/* Lets the schedule happen, with all of its faults or with some; true: no rule was broken. */
bool simulate(const struct strikes *only)
{
    faults_begin(only);
    rules_begin();
    paho_begin();
    program_begin();
    world_run(schedule.seed, begin, NULL);
    rules_at_the_end();
    program_free();
    paho_end();
    return outcome.rule == NULL;
}

/* --- a shorter story ------------------------------------------------------------------------------------------- */

/* Without the faults from `from` on, `count` of them, is the same rule broken? */
static bool is_broken_without(struct strikes *strikes, int from, int count, const char *rule)
{
    static struct strikes fewer;

    fewer.count = 0;
    for (int i = 0; i < strikes->count; i++)
        if (i < from || i >= from + count)
            fewer.list[fewer.count++] = strikes->list[i];
    if (simulate(&fewer) || strcmp(outcome.rule, rule) != 0)
        return false;
    *strikes = fewer;
    return true;
}

/* Delta debugging: halves, quarters, ... down to single faults, as long as something can be left out. */
static void shorten(struct strikes *strikes, const char *rule)
{
    for (int chunk = (strikes->count + 1) / 2; chunk > 0; chunk = chunk == 1 ? 0 : (chunk + 1) / 2)
        for (int from = 0; from < strikes->count;)
            if (!is_broken_without(strikes, from, chunk, rule))
                from += chunk;
}

static void print_options(FILE *file)
{
    static const char *const programs[] = {"producer", "consumer", "smart object"};
    const struct options *options = &schedule.options;

    fprintf(file,
            "%s: QoS %d, window %d, count %ld, interval %g s, timeout %g s, wait %g s, keep alive %d s, %d brokers "
            "(mask %d), latency %g ms, others publish every %g s at QoS %d\n",
            programs[schedule.program], options->qos, options->window, options->count, options->interval,
            options->timeout, options->wait, options->connection.keep_alive, options->connection.broker_count,
            schedule.broker_mask, (double)schedule.latency_us / 1e3, (double)schedule.feed_us / 1e6,
            schedule.feed_qos);
}

static void tell(FILE *file, const struct strikes *only)
{
    print_options(file);
    story_to(file);
    simulate(only);
    story_to(NULL);
    if (outcome.rule != NULL)
        fprintf(file, "BROKEN RULE: %s: %s\n", outcome.rule, outcome.detail);
}

static void tell_failure(const char *path)
{
    static struct strikes strikes;
    const char *rule = outcome.rule;
    FILE *file = fopen(path, "w");

    strikes = *faults_struck();
    shorten(&strikes, rule);
    fprintf(stderr, "seed %llu breaks a rule; the story is in %s\n", (unsigned long long)schedule.seed, path);
    for (int i = 0; i < 2; i++) {
        FILE *to = i == 0 ? stderr : file;
        if (to == NULL)
            continue;
        fprintf(to, "simulation --seed %llu --story --only ", (unsigned long long)schedule.seed);
        for (int k = 0; k < strikes.count; k++)
            fprintf(to, "%s%s@%u", k == 0 ? "" : ",", fault_names[strikes.list[k].fault], strikes.list[k].occasion);
        fprintf(to, "%s\n", strikes.count == 0 ? "none" : "");
        tell(to, &strikes);
    }
    if (file != NULL)
        fclose(file);
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static bool read_only(char *text, struct strikes *only)
{
    for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
        char *at = strchr(word, '@');
        enum fault fault = 0;
        if (strcmp(word, "none") == 0)
            continue;
        if (at == NULL)
            return false;
        *at = '\0';
        while (fault < FAULTS && strcmp(fault_names[fault], word) != 0)
            fault++;
        if (fault == FAULTS || only->count == STRIKES)
            return false;
        only->list[only->count++] = (struct strike){fault, (unsigned)strtoul(at + 1, NULL, 10)};
    }
    return true;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int usage(void)
{
    fputs("simulation [--seed N|random] [--count N] [--seconds S] [--story] [--only FAULT@N,...] [--keep-going] "
          "[--failure FILE] [--stories]\n",
          stderr);
    return 64;
}

int main(int argc, char **argv)
{
    static struct strikes only;
    const char *path = "simulation-failure.txt";
    uint64_t seed = 1;
    long count = 1, failed = 0, done = 0;
    double seconds = 0;
    bool wants_story = false, has_only = false, keeps_going = false, has_count = false;

    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--story") == 0) {
            wants_story = true;
        } else if (strcmp(argv[i], "--keep-going") == 0) {
            keeps_going = true;
        } else if (strcmp(argv[i], "--stories") == 0) {
            return run_stories(has_value ? argv[i + 1] : NULL);
        } else if (strcmp(argv[i], "--seed") == 0 && has_value) {
            seed = strcmp(argv[++i], "random") == 0 ? world_hash((uint64_t)time(NULL), 0, 0) % 1000000000000
                                                    : strtoull(argv[i], NULL, 10);
        } else if (strcmp(argv[i], "--count") == 0 && has_value) {
            count = strtol(argv[++i], NULL, 10);
            has_count = true;
        } else if (strcmp(argv[i], "--seconds") == 0 && has_value) {
            seconds = strtod(argv[++i], NULL);
        } else if (strcmp(argv[i], "--failure") == 0 && has_value) {
            path = argv[++i];
        } else if (strcmp(argv[i], "--only") == 0 && has_value && read_only(argv[++i], &only)) {
            has_only = true;
        } else {
            return usage();
        }
    }
    if (wants_story) {
        schedule_from_seed(&schedule, seed);
        tell(stdout, has_only ? &only : NULL);
        return outcome.rule == NULL ? 0 : 1;
    }
    double began = seconds_now();
    for (; (seconds == 0 || has_count) ? done < count : seconds_now() - began < seconds; done++) {
        schedule_from_seed(&schedule, seed + (uint64_t)done);
        if (simulate(has_only ? &only : NULL))
            continue;
        failed++;
        if (keeps_going) {
            printf("%llu\t%s\t%s\n", (unsigned long long)schedule.seed, outcome.rule, outcome.detail);
            continue;
        }
        tell_failure(path);
        break;
    }
    double took = seconds_now() - began;
    fprintf(stderr, "%ld schedules from seed %llu, %ld broke a rule, %.0f a minute\n", done, (unsigned long long)seed,
            failed, (double)done * 60 / took);
    return failed == 0 ? 0 : 1;
}
