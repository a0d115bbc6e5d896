/* What lies below the session besides Paho: clock, random numbers, signals, the console, the diagnosis of a failed
 * connection, the mailbox's lock. Each does in virtual time what its header in include/playground/ promises. */
#include "fakes.h"

#include "broker.h"
#include "diagnosis.h"
#include "playground/console.h"
#include "playground/monitor.h"
#include "playground/monotonic.h"
#include "playground/random.h"
#include "playground/stop.h"
#include "rules.h"
#include "schedule.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

enum { NAP_US = 50000, PATIENCE_US = 800000, SOON_US = 450000 };

static struct {
    bool is_requested, has_looked;
    unsigned alarm; /* the number of the last alarm that was set: earlier ones do not count */
    int status;
    char words[1024];
    struct console_counts counts;
    int64_t full_until_us;
    bool fails, has_failed, has_unwritten;
} fakes;

static const char signals = 0; /* the channel of those who are woken by one */

/* --- monotonic.h ----------------------------------------------------------------------------------------------- */

int64_t monotonic_us(void)
{
    world_step();
    return world_now() + 1; /* never 0, which means "not yet" */
}

int64_t monotonic_span_us(double seconds)
{
    return (int64_t)(seconds * 1e6);
}

int64_t monotonic_deadline_us(double seconds)
{
    return monotonic_us() + (int64_t)(seconds < 0 ? 0 : seconds * 1e6);
}

void monotonic_sleep_us(int64_t us)
{
    if (us > 0)
        world_block(&signals, world_now() + us);
}

/* --- random.h -------------------------------------------------------------------------------------------------- */

uint32_t random_bits(void)
{
    return (uint32_t)world_below(UINT64_C(1) << 32);
}

double random_fraction(void)
{
    double fraction = random_bits() / (UINT32_MAX + 1.0);

    rule_pause(fraction);
    return fraction;
}

/* --- stop.h ---------------------------------------------------------------------------------------------------- */

static void set_alarm(int64_t us);

static void on_alarm(void *argument)
{
    if ((unsigned)(uintptr_t)argument != fakes.alarm || outcome.how != NOT_ENDED)
        return;
    if (!fakes.has_looked) {
        story("the alarm: %s", fakes.words);
        rule_told_words(fakes.words);
        program_ends(ALARM, fakes.status);
    }
    fakes.has_looked = false;
    set_alarm(SOON_US);
}

static void set_alarm(int64_t us)
{
    fakes.alarm++;
    world_at(world_now() + us, on_alarm, (void *)(uintptr_t)fakes.alarm);
}

static void on_signal(void)
{
    if (outcome.how != NOT_ENDED)
        return;
    story("a signal");
    rule_signal();
    if (fakes.is_requested)
        program_ends(SECOND_SIGNAL, STOP_STATUS_AT_ONCE);
    fakes.is_requested = true;
    fakes.has_looked = false;
    set_alarm(PATIENCE_US);
    world_notify(&signals);
}

void stop_install(void)
{
}

void stop_uninstall(void)
{
    fakes.alarm++; /* the last one rings no more */
}

bool stop_requested(void)
{
    fakes.has_looked = true;
    world_step();
    return fakes.is_requested;
}

bool stop_sleep(int64_t ms)
{
    int64_t end_us = world_now() + ms * 1000;

    while (world_now() < end_us && !stop_requested()) {
        int64_t left_us = end_us - world_now();
        monotonic_sleep_us(left_us < NAP_US ? left_us : NAP_US);
    }
    return !stop_requested();
}

void stop_last_words(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fakes.words, sizeof fakes.words, format, arguments);
    va_end(arguments);
    fakes.status = status;
    if (fakes.is_requested) {
        fakes.has_looked = false;
        set_alarm(SOON_US);
    }
}

/* --- console.h ------------------------------------------------------------------------------------------------- */

void console_sent(const char *topic, int qos, bool retained, const char *payload)
{
    (void)topic, (void)qos, (void)retained, (void)payload;
    fakes.counts.sent++;
    fakes.has_unwritten = true;
}

void console_received(const char *topic, const MQTTClient_message *message, const char *text)
{
    (void)topic, (void)message, (void)text;
    fakes.counts.received++;
    fakes.has_unwritten = true;
}

void console_refused(const char *topic, const MQTTClient_message *message, const char *reason)
{
    (void)topic, (void)message, (void)reason;
    fakes.counts.refused++;
    fakes.has_unwritten = true;
}

struct console_counts console_counts(void)
{
    return fakes.counts;
}

void console_progress(long done, long total)
{
    (void)done, (void)total;
}

void console_note(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    story("says: %s", text);
    rule_note(text);
}

void console_error(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    story("error: %s", text);
    rule_error(text);
}

bool console_flush(void)
{
    if (fakes.full_until_us > world_now())
        world_sleep_until(fakes.full_until_us);
    if (fakes.fails && !fakes.has_failed) {
        story("standard output fails");
        rule_stdout_failed();
    }
    fakes.has_failed = fakes.fails;
    fakes.has_unwritten = fakes.has_unwritten && fakes.has_failed;
    return !fakes.has_failed;
}

bool console_failed(void)
{
    return fakes.has_failed;
}

/* --- diagnosis.h ----------------------------------------------------------------------------------------------- */

/* The same statuses as those of the real one; what it looks for itself, the modelled brokers know. */
struct diagnosis diagnose(const struct broker *broker, const struct connection_settings *settings, int rc)
{
    static const struct diagnosis known[] = {
        [1] = {EX_PROTOCOL, true, "does not speak MQTT 3.1.1"},
        [2] = {EX_PROTOCOL, true, "does not accept the client id"},
        [3] = {EX_UNAVAILABLE, false, "is not ready"},
        [4] = {EX_NOPERM, true, "refused the user name or the password"},
        [5] = {EX_NOPERM, true, "refused the user name or the password"},
    };
    struct diagnosis diagnosis = {.status = EX_UNAVAILABLE, .final = false};
    bool is_lost;

    if (refusal_code(rc) != 0) {
        diagnosis = known[refusal_code(rc)];
    } else if (broker_is_there((int)(broker - settings->brokers), &is_lost)) {
        world_sleep_until(world_now() + (int64_t)world_below(1500000));
        snprintf(diagnosis.text, sizeof diagnosis.text, "takes connections, but does not answer");
    } else {
        world_sleep_until(world_now() + (is_lost ? 1500000 : 1000));
        snprintf(diagnosis.text, sizeof diagnosis.text, "no broker at %.200s", broker->name);
    }
    return diagnosis;
}

/* --- monitor.h: only one actor acts at a time ------------------------------------------------------------------- */

bool monitor_init(struct monitor *monitor)
{
    (void)monitor;
    return true;
}

void monitor_destroy(struct monitor *monitor)
{
    (void)monitor;
}

void monitor_enter(struct monitor *monitor)
{
    (void)monitor;
    world_spend(1); /* others may come first */
}

void monitor_leave(struct monitor *monitor)
{
    (void)monitor;
}

bool monitor_wait(struct monitor *monitor, int64_t deadline_us)
{
    return world_block(monitor, deadline_us) || world_now() < deadline_us;
}

void monitor_notify_all(struct monitor *monitor)
{
    world_notify(monitor);
}

/* --- what goes wrong by the clock ------------------------------------------------------------------------------ */

static void strike(void *argument)
{
    enum fault fault = (enum fault)(intptr_t)argument;

    if (!fault_strikes(fault))
        return;
    if (fault == SIGNAL)
        on_signal();
    else if (fault == STDOUT_FULL)
        fakes.full_until_us = world_now() + fault_amount(fault, 1000, 5000000);
    else
        fakes.fails = true;
}

static void last_signal(void *argument)
{
    (void)argument;
    rule_last_signal();
    if (!fakes.is_requested)
        on_signal();
}

void fakes_begin(void)
{
    memset(&fakes, 0, sizeof fakes);
    snprintf(fakes.words, sizeof fakes.words, "Ended while something was still under way");
    for (enum fault fault = STDOUT_FULL; fault <= SIGNAL; fault++) {
        const struct plan *plan = &schedule.plan[fault];
        for (int i = 0; plan->percent > 0 && i < plan->count; i++)
            world_at(plan->first_us + i * plan->every_us, strike, (void *)(intptr_t)fault);
    }
    world_at(schedule.last_signal_us, last_signal, NULL);
}

bool fakes_have_unwritten(void)
{
    return fakes.has_unwritten;
}

bool fakes_stop_requested(void)
{
    return fakes.is_requested;
}
