/* The session under every kind of fault, some thousand times: src/session/ and src/mailbox.c as they are, linked with a
 * fake Paho, modelled brokers and a clock that is a number.
 *
 *     simulation --stories [NAME]                  the stories that have a name; with NAME that one, told event by
 * event simulation [--seed N|random] [--count N | --seconds S] [--jobs N] [--keep-going] [--failure FILE] simulation
 * --seed N --story [--only FAULT@N,...]   one schedule, told event by event; with some of its faults only
 *
 * A schedule that breaks a rule is told, shortened before to the faults that it takes, on standard error and in a file.
 *
 *     world.c      virtual time, events, coroutines        broker.c     the modelled brokers: what they do on purpose
 *     fake_paho.c  MQTTClient_*, as Paho 1.3.12 does it    fakes.c      clock, signals, console and the rest below
 *     programs.c   a producer, two consumers, an object    rules.c      what every story is held to
 *     schedule.c   a seed becomes options and faults       stories.c    the stories that have a name
 *
 * Timers are left out, as are the examples themselves, TLS and retained messages; and that no data race is possible
 * here proves nothing about threads. ThreadSanitizer and the integration tests look after all that. */
#include "broker.h"
#include "fake_paho.h"
#include "fakes.h"
#include "programs.h"
#include "rules.h"
#include "schedule.h"
#include "stories.h"
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

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
    static const char *const programs[] = {"producer", "consumer", "consumer that answers", "smart object"};
    const struct options *options = &schedule.options;

    fprintf(file,
            "%s: QoS %d, window %d, count %ld, interval %g s, timeout %g s, wait %g s, keep alive %d s, %d brokers "
            "(mask %d), latency %g ms, others publish every %g s at QoS %d",
            programs[schedule.program], options->qos, options->window, options->count, options->interval,
            options->timeout, options->wait, options->connection.keep_alive, options->connection.broker_count,
            schedule.broker_mask, (double)schedule.latency_us / 1e3, (double)schedule.feed_us / 1e6, schedule.feed_qos);
    if (options->connection.mqtt5)
        fprintf(
            file,
            "; MQTT 5, session expiry %u s (of %d at most), receive maximum %d, server keep alive %d s, maximum QoS %d",
            options->connection.session_expiry, (int)schedule.longest_expiry, schedule.receive_maximum,
            schedule.server_keep_alive, schedule.maximum_qos);
    fputs("\n", file);
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

/* --- many of them ---------------------------------------------------------------------------------------------- */

static struct {
    uint64_t seed;
    long count;
    double seconds; /* instead of a count; 0: none */
    int jobs;
    const char *failure; /* the file for the story of one that fails */
    bool keeps_going;
} run = {.seed = 1, .count = 1, .jobs = 1, .failure = "simulation-failure.txt"};

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* An assertion of the session, or worse. */
static void on_crash(int number)
{
    fprintf(stderr, "signal %d: simulation --seed %llu --story\n", number, (unsigned long long)schedule.seed);
    signal(number, SIG_DFL);
    raise(number);
}

/* Every jobs-th schedule from `first` on. Returns how many it has done; *failed: how many broke a rule. */
static long simulate_many(int first, long *failed)
{
    double began = seconds_now();
    long done = 0;

    for (long i = first; run.seconds > 0 ? seconds_now() - began < run.seconds : i < run.count; i += run.jobs) {
        schedule_from_seed(&schedule, run.seed + (uint64_t)i);
        done++;
        if (simulate(NULL))
            continue;
        ++*failed;
        if (!run.keeps_going) {
            tell_failure(run.failure);
            break;
        }
        printf("%llu\t%s\t%s\n", (unsigned long long)schedule.seed, outcome.rule, outcome.detail);
    }
    return done;
}

struct result {
    long done, failed;
};

/* In a process of its own: a world has no room for another one. */
static int start_job(int first, int *pid)
{
    int ends[2];

    if (pipe(ends) != 0 || (*pid = fork()) < 0) {
        perror("simulation");
        exit(EX_OSERR);
    }
    if (*pid == 0) {
        struct result result = {0};
        result.done = simulate_many(first, &result.failed);
        fflush(stdout);
        exit(write(ends[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : EX_OSERR);
    }
    close(ends[1]);
    return ends[0];
}

static int simulate_all(void)
{
    enum { JOBS = 64 };
    int pipes[JOBS], pids[JOBS];
    struct result all = {0};
    double began = seconds_now();
    bool well = true;

    fprintf(stderr, "simulation --seed %llu ...\n", (unsigned long long)run.seed);
    setvbuf(stdout, NULL, _IOLBF, 0); /* several jobs write to it */
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    run.jobs = run.jobs < 1 ? 1 : run.jobs > JOBS ? JOBS : run.jobs;
    for (int i = 0; i < run.jobs; i++)
        pipes[i] = start_job(i, &pids[i]);
    for (int i = 0; i < run.jobs; i++) {
        struct result result = {0};
        int status = 0;
        well = read(pipes[i], &result, sizeof result) == (ssize_t)sizeof result && well;
        close(pipes[i]);
        waitpid(pids[i], &status, 0);
        well = well && status == 0 && result.failed == 0;
        all.done += result.done;
        all.failed += result.failed;
    }
    fprintf(stderr, "%ld schedules from seed %llu on, %ld broke a rule, %.0f a minute\n", all.done,
            (unsigned long long)run.seed, all.failed, (double)all.done * 60 / (seconds_now() - began));
    return well ? 0 : 1;
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

static uint64_t read_seed(const char *text)
{
    if (strcmp(text, "random") == 0)
        return world_hash((uint64_t)time(NULL), (uint64_t)getpid(), 0) % 1000000000000;
    return strtoull(text, NULL, 10);
}

int main(int argc, char **argv)
{
    static struct strikes only;
    bool wants_story = false, has_only = false;

    for (int i = 1; i < argc; i++) {
        const char *option = argv[i];
        char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(option, "--stories") == 0)
            return run_stories(value);
        if (strcmp(option, "--story") == 0) {
            wants_story = true;
            continue;
        }
        if (strcmp(option, "--keep-going") == 0) {
            run.keeps_going = true;
            continue;
        }
        i++; /* the others have a value */
        if (value != NULL && strcmp(option, "--seed") == 0)
            run.seed = read_seed(value);
        else if (value != NULL && strcmp(option, "--count") == 0)
            run.count = strtol(value, NULL, 10);
        else if (value != NULL && strcmp(option, "--seconds") == 0)
            run.seconds = strtod(value, NULL);
        else if (value != NULL && strcmp(option, "--jobs") == 0)
            run.jobs = (int)strtol(value, NULL, 10);
        else if (value != NULL && strcmp(option, "--failure") == 0)
            run.failure = value;
        else if (value != NULL && strcmp(option, "--only") == 0 && read_only(value, &only))
            has_only = true;
        else {
            fputs("simulation: see the beginning of tests/simulation/main.c for its options\n", stderr);
            return EX_USAGE;
        }
    }
    if (!wants_story)
        return simulate_all();
    schedule_from_seed(&schedule, run.seed);
    tell(stdout, has_only ? &only : NULL);
    return outcome.rule == NULL ? 0 : 1;
}
