/* Swarm testing: a schedule in which everything goes wrong finds less than many in each of which a few things do, for a
 * fault hides those behind it. So each seed takes some kinds of faults, and leaves out the rest. */
#include "schedule.h"

#include "world.h"

#include <stdio.h>
#include <string.h>

const char *const fault_names[FAULTS] = {
    [LOSS] = "loss",
    [TWIN] = "twin",
    [RESTART] = "restart",
    [FORGETTING] = "forgetting",
    [SILENCE] = "silence",
    [UNREACHABLE] = "unreachable",
    [STDOUT_FULL] = "stdout-full",
    [STDOUT_FAILS] = "stdout-fails",
    [SIGNAL] = "signal",
    [CUT] = "cut",
    [CLOSE_ON_CONNECT] = "close-on-connect",
    [REFUSE] = "refuse",
    [SLOW_CONNACK] = "slow-connack",
    [NO_CONNACK] = "no-connack",
    [CLOSE_ON_SUBSCRIBE] = "close-on-subscribe",
    [DENY] = "deny",
    [SHORT_SUBSCRIBE] = "short-subscribe",
    [SLOW_SUBACK] = "slow-suback",
    [NO_SUBACK] = "no-suback",
    [CLOSE_AFTER_SUBACK] = "close-after-suback",
    [CLOSE_ON_PUBLISH] = "close-on-publish",
    [CLOSE_BEFORE_ACK] = "close-before-ack",
    [SLOW_ACK] = "slow-ack",
    [NO_ACK] = "no-ack",
    [PUBACK_FOR_QOS_2] = "puback-for-qos-2",
    [DENY_PUBLISH] = "deny-publish",
    [ACK_TWICE] = "ack-twice",
    [LESS_QOS] = "less-qos",
    [NO_MESSAGES] = "no-messages",
    [PAHO_REFUSES] = "paho-refuses",
    [PROGRAM_FAILS] = "program-fails",
    [NO_HANDLE] = "no-handle",
};

struct schedule schedule;

static struct {
    const struct strikes *only;
    struct strikes struck;
    unsigned seen[FAULTS];
    unsigned last[FAULTS];
    bool are_over;
} faults;

void faults_begin(const struct strikes *only)
{
    faults.only = only;
    faults.are_over = false;
    faults.struck.count = 0;
    memset(faults.seen, 0, sizeof faults.seen);
}

void faults_end(void)
{
    faults.are_over = true;
}

const struct strikes *faults_struck(void)
{
    return &faults.struck;
}

static bool is_wanted(enum fault fault, unsigned occasion)
{
    if (faults.only == NULL)
        return true;
    for (int i = 0; i < faults.only->count; i++)
        if (faults.only->list[i].fault == fault && faults.only->list[i].occasion == occasion)
            return true;
    return false;
}

bool fault_strikes(enum fault fault)
{
    const struct plan *plan = &schedule.plan[fault];
    unsigned occasion = faults.seen[fault]++;

    if (plan->last != 0 && (occasion < plan->first || occasion > plan->last))
        return false;
    if (plan->percent == 0 || faults.are_over || (world_now() >= schedule.healthy_us && plan->percent < 100))
        return false;
    if (world_hash(schedule.seed, fault, occasion) % 100 >= (uint64_t)plan->percent || !is_wanted(fault, occasion))
        return false;
    faults.last[fault] = occasion;
    if (faults.struck.count < STRIKES)
        faults.struck.list[faults.struck.count++] = (struct strike){fault, occasion};
    story("! %s@%u", fault_names[fault], occasion);
    return true;
}

int64_t fault_amount(enum fault fault, int64_t least, int64_t most)
{
    uint64_t span = (uint64_t)(most - least + 1);

    if (schedule.plan[fault].amount_us != 0)
        return schedule.plan[fault].amount_us;
    return least + (int64_t)(world_hash(schedule.seed, 100u + fault, faults.last[fault]) % span);
}

static const int reasons[] = {0, 0x84, 0x85, 0x88, 0x86, 0x87};

int refusal_reason(int code)
{
    return schedule.options.connection.mqtt5 ? reasons[code] : code;
}

int refusal_code(int reason)
{
    for (int code = 1; code <= 5; code++)
        if (refusal_reason(code) == reason)
            return code;
    return 0;
}

/* --- from a seed ----------------------------------------------------------------------------------------------- */

static uint64_t drawn, draws;

static int64_t draw(int64_t least, int64_t most)
{
    return least + (int64_t)(world_hash(drawn, 7, draws++) % (uint64_t)(most - least + 1));
}

static int64_t one_of(int count, const int64_t *values)
{
    return values[draw(0, count - 1)];
}
#define ONE_OF(...) one_of((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (const int64_t[]){__VA_ARGS__})

void schedule_name_brokers(struct options *options)
{
    struct connection_settings *connection = &options->connection;

    snprintf(options->topic, sizeof options->topic, "t");
    snprintf(connection->client_id, sizeof connection->client_id, "me");
    for (int i = 0; i < connection->broker_count; i++) {
        struct broker *broker = &connection->brokers[i];
        snprintf(broker->host, sizeof broker->host, "broker%d", i);
        snprintf(broker->name, sizeof broker->name, "broker%d:1883", i);
        snprintf(broker->uri, sizeof broker->uri, "tcp://broker%d:1883", i);
        broker->port = 1883;
    }
}

void schedule_plain(struct schedule *made, enum program_kind program)
{
    memset(made, 0, sizeof *made);
    made->program = program;
    made->seed = 1;
    made->latency_us = 1000;
    made->healthy_us = INT64_MAX;
    made->last_signal_us = 3600000000;
    made->feed_us = 100000;
    made->feed_count = 0;
    made->broker_mask = 1;
    made->mailbox_capacity = 64;
    made->longest_expiry = -1;
    made->maximum_qos = 2;
    made->options.window = 20;
    made->options.connection.keep_alive = 10;
    made->options.connection.broker_count = 1;
    schedule_name_brokers(&made->options);
}

static void draw_options(struct schedule *made)
{
    struct options *options = &made->options;
    struct connection_settings *connection = &options->connection;

    options->qos = (int)draw(0, 2);
    options->window = (int)ONE_OF(1, 2, 5, 20);
    options->wait = (double)ONE_OF(0, 0, 1, 5, 20);
    connection->keep_alive = (int)ONE_OF(1, 2, 5, 10);
    connection->broker_count = (int)ONE_OF(1, 1, 1, 2, 3);
    made->broker_mask = draw(0, 5) == 0 ? (int)draw(0, 7) : 7;
    if (made->program == PRODUCER) {
        options->count = ONE_OF(0, 1, 3, 10, 30, 60, 120);
        options->interval = (double)ONE_OF(0, 0, 1, 10, 100, 1000) / 1000;
        if (options->count == 0 && options->interval < 0.1)
            options->interval = 0.1;
    } else if (made->program == CONSUMER || made->program == ANSWERER) {
        options->count = ONE_OF(0, 1, 5, 20);
        options->timeout = (double)ONE_OF(0, 0, 1, 5, 20);
    } else {
        options->qos = 1;
        options->count = ONE_OF(0, 0, 3, 10);
        options->interval = (double)ONE_OF(250, 1000) / 1000;
    }
    schedule_name_brokers(options);
}

static void draw_faults(struct schedule *made)
{
    int kinds = (int)ONE_OF(0, 1, 1, 2, 2, 3, 4, 6);

    for (int i = 0; i < kinds; i++) {
        enum fault fault = (enum fault)draw(0, FAULTS - 1);
        struct plan *plan = &made->plan[fault];
        plan->percent = (int)ONE_OF(5, 30, 30, 60, 100);
        plan->count = (int)ONE_OF(1, 1, 2, 5, 10);
        plan->first_us = ONE_OF(1000, 100000, 1000000, 10000000);
        plan->first_us = draw(0, plan->first_us);
        plan->every_us = draw(1000, ONE_OF(100000, 1000000, 5000000));
        plan->code = (int)draw(1, 5);
    }
}

/* Half of the programs speak MQTT 5. */
static void draw_version(struct schedule *made)
{
    struct connection_settings *connection = &made->options.connection;

    connection->mqtt5 = draw(0, 1) == 1;
    if (!connection->mqtt5)
        return;
    connection->session_expiry = (uint32_t)ONE_OF(0, 0, 0, 2, 60, UINT32_MAX);
    made->receive_maximum = (int)ONE_OF(0, 0, 1, 2, 5, 65535);
    made->server_keep_alive = (int)ONE_OF(0, 0, 0, 1, 3, 20);
    made->longest_expiry = ONE_OF(-1, -1, -1, 0, 1, 10);
    made->maximum_qos = (int)ONE_OF(2, 2, 2, 2, 2, 2, 1, 0);
}

void schedule_from_seed(struct schedule *made, uint64_t seed)
{
    memset(made, 0, sizeof *made);
    drawn = seed;
    draws = 0;
    made->seed = seed;
    made->program = (enum program_kind)draw(0, PROGRAMS - 1);
    made->latency_us = ONE_OF(20, 100, 1000, 20000);
    made->healthy_us = ONE_OF(2, 10, 30) * 1000000;
    made->last_signal_us = made->healthy_us + ONE_OF(1, 5, 30, 150) * 1000000 + draw(0, 1000000);
    made->feed_us = ONE_OF(1000, 10000, 100000, 500000);
    made->feed_qos = (int)draw(0, 2);
    made->feed_count = (int)ONE_OF(10, 50, 100);
    made->mailbox_capacity = (int)ONE_OF(1, 4, 64);
    made->has_left_sessions = draw(0, 3) == 0;
    made->longest_expiry = -1;
    made->maximum_qos = 2;
    draw_options(made);
    draw_faults(made);
    draw_version(made);
}
