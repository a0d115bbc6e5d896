/* The rules: what the session promises, each in one function with one sentence. They look at what happened (the fakes
 * and the modelled brokers tell) and at what the program said of it; they know nothing of how the session works. */
#include "rules.h"

#include "broker.h"
#include "fake_paho.h"
#include "fakes.h"
#include "programs.h"
#include "schedule.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    PROVEN_US = 500000,
    SETTLED_US = 2000000,
    STALLED_US = 10000000,
    NO_ANSWER_US = 4900000,
    BACK_OFF_MIN_MS = 500,
    BACK_OFF_MAX_MS = 30000,
    SLACK_US = 100000,
    WAITS_US = 450000,
    REMARKED_US = 6000000,
    STUCK_US = 300000,        /* shorter than the shortest alarm */
    JUST_NOW_US = 10,         /* what is lost in the moment in which on_connected returns may count as either */
    ATTEMPT_US = 5000000,     /* Paho's three seconds, and those of the diagnosis */
    SUBSCRIBING_US = 5200000, /* the command timeout, and some of Paho's naps */
    CLOSING_US = 1000000,
    ALL_IS_WELL_US = 150000000,
    NOTICED_WITHIN_S = 6, /* standard output may be full meanwhile */
    LAST_PACKETS_US = 200000,
    REMOVING_US = 1300000 /* for each broker */
};

struct outcome outcome;
struct program_facts program;

static struct {
    bool is_over;
    bool has_signal;
    int64_t signal_us; /* the first */
    bool stdout_failed;
    bool was_proven;
    int notes_of_forgetting, notes_of_loss;
    int told_stays; /* one bit for each broker */
    long told_unacknowledged, told_left_over, told_losses, told_forgotten, told_denied;
    int told_reasons; /* of denials, one line each */
    int told_maximum; /* connections, and that they have a maximum QoS */
    int keeps;        /* the broker that is said to keep the session, and for so many seconds */
    long keeps_s;
    double told_offline_s;
    bool has_summary;
    long drained; /* messages at QoS 1 and 2 that session_close received */

    int losses;         /* of connections on which on_connected had gone well */
    bool is_unclear;    /* one was lost in the moment in which on_connected returned */
    int64_t lost_us;    /* since when there is none; 0: there is one */
    int64_t offline_us; /* before that */

    int64_t pause_us, pause_began_us; /* the one that was drawn last; 0: it is over */
    int64_t back_off_ms;
    int notes_of_silence;
    int last_broker;
    unsigned ruled_out; /* brokers that have refused for good, one bit each */
    int last_begun;     /* connections that had begun when the last pause was drawn */

    int64_t paced_us[2]; /* when the last two messages began; 0: not since the last loss */
    int paced_losses;
} facts;

static const char *awaited_words;
static bool has_heard;

void rules_listen_for(const char *words)
{
    awaited_words = words;
    has_heard = false;
}

bool rules_have_heard(void)
{
    return awaited_words == NULL || has_heard;
}

static void hear(const char *text)
{
    has_heard = has_heard || (awaited_words != NULL && strstr(text, awaited_words) != NULL);
}

void rules_begin(void)
{
    memset(&outcome, 0, sizeof outcome);
    memset(&facts, 0, sizeof facts);
    facts.back_off_ms = BACK_OFF_MIN_MS;
    facts.keeps = -1;
}

void broken(const char *rule, const char *format, ...)
{
    va_list arguments;

    if (outcome.rule == NULL) {
        outcome.rule = rule;
        va_start(arguments, format);
        vsnprintf(outcome.detail, sizeof outcome.detail, format, arguments);
        va_end(arguments);
        story("BROKEN: %s: %s", rule, outcome.detail);
    }
    if (!facts.is_over) {
        facts.is_over = true;
        world_end();
    }
}

void program_ends(enum how how, int status)
{
    static const char *const names[] = {"", "returns", "ends at the second signal", "ends by the alarm"};

    outcome.how = how;
    outcome.status = status;
    outcome.ended_us = world_now();
    facts.is_over = true;
    story("the program %s with status %d", names[how], status);
    faults_end();
    if (how == RETURNED)
        world_sleep_until(world_now() + LAST_PACKETS_US); /* are still on their way */
    world_end();
}

static bool struck(enum fault fault)
{
    const struct strikes *strikes = faults_struck();

    for (int i = 0; i < strikes->count; i++)
        if (strikes->list[i].fault == fault)
            return true;
    return false;
}

/* --- while it runs --------------------------------------------------------------------------------------------- */

/* The pause before a round of attempts is the one that was drawn, grows, and starts over after a settled connection. */
void rule_pause(double fraction)
{
    const struct paho_facts *paho = paho_facts();
    int64_t base_ms = facts.back_off_ms;
    bool may_restart = program.begun != facts.last_begun && program.begun == paho->accepted &&
                       world_now() - paho->accepted_us >= SETTLED_US;
    bool must_restart = may_restart && paho->lost_us - paho->accepted_us >= SETTLED_US &&
                        paho->lost_us - program.begun_us >= JUST_NOW_US;

    facts.last_begun = program.begun;
    facts.pause_began_us = world_now();
    /* Which of the two it was will be seen by the length of the pause. */
    facts.pause_us = (int64_t)((double)base_ms * (0.75 + fraction / 2)) * 1000;
    int64_t restarted_us = (int64_t)(BACK_OFF_MIN_MS * (0.75 + fraction / 2)) * 1000;
    if (must_restart)
        facts.pause_us = restarted_us;
    else if (may_restart)
        facts.pause_us = -restarted_us; /* either */
    facts.back_off_ms = must_restart ? BACK_OFF_MIN_MS * 2 : base_ms * 2;
    if (facts.back_off_ms > BACK_OFF_MAX_MS)
        facts.back_off_ms = BACK_OFF_MAX_MS;
}

static void check_pause(void)
{
    int64_t pause_us = world_now() - facts.pause_began_us;
    int64_t wait_us = (int64_t)(schedule.options.wait * 1e6);
    bool is_cut = !facts.was_proven && world_now() <= wait_us + SLACK_US && world_now() >= wait_us - SLACK_US;

    if (facts.pause_us < 0 && pause_us <= -facts.pause_us + SLACK_US) {
        facts.pause_us = -facts.pause_us; /* it has started over */
        facts.back_off_ms = BACK_OFF_MIN_MS * 2;
    } else if (facts.pause_us < 0) {
        facts.pause_us = pause_us; /* it has not, which is found out after the next one */
    }
    if (is_cut)
        return;
    if (pause_us < facts.pause_us || pause_us > facts.pause_us + SLACK_US)
        broken("the back-off grows, has its jitter, and restarts after a settled connection",
               "a pause of %.3f s instead of %.3f s", (double)pause_us / 1e6, (double)facts.pause_us / 1e6);
}

/* The first broker of the list from that number on that has not refused for good. */
static int next_broker(int from)
{
    while (from < BROKERS && (facts.ruled_out >> from & 1) != 0)
        from++;
    return from;
}

/* The broker wants to hear from the client more often than that had in mind, and the attempt was accepted. */
static bool is_too_quiet(void)
{
    const struct paho_facts *paho = paho_facts();

    return paho->server_keep_alive_s > 0 && paho->server_keep_alive_s < paho->keep_alive_s;
}

void rule_before_attempt(int broker)
{
    bool is_first = paho_facts()->attempts == 0;
    bool has_paused = facts.pause_began_us != 0;

    if (!is_first && !has_paused && is_too_quiet() && broker == facts.last_broker)
        return; /* once more, with the broker's keep alive */
    if ((facts.ruled_out >> broker & 1) != 0)
        broken("who has refused for good is not asked again", "broker %d", broker);
    if (has_paused)
        check_pause();
    if (!is_first && !has_paused && broker <= facts.last_broker)
        broken("the back-off grows, has its jitter, and restarts after a settled connection", "no pause at all");
    if (broker != next_broker(is_first || has_paused ? 0 : facts.last_broker + 1))
        broken("the list of brokers is tried in order", "%d after %d", broker, facts.last_broker);
    facts.last_broker = broker;
    facts.pause_began_us = 0;
}

void rule_after_attempt(int broker, int rc)
{
    int code = refusal_code(rc);

    bool is_unsound =
        rc == MQTTCLIENT_SUCCESS && schedule.options.connection.mqtt5 && paho_facts()->receive_maximum == 0;
    if ((code != 0 && code != 3) || is_unsound) /* 3: "server unavailable" */
        facts.ruled_out |= 1u << broker;
}

/* What may be in flight of messages that are published anew. */
static int window_size(void)
{
    int window = schedule.options.window, receive_maximum = paho_facts()->receive_maximum;

    return schedule.options.connection.mqtt5 && receive_maximum < window ? receive_maximum : window;
}

void rule_published(int rc)
{
    int pending = paho_facts()->pending;

    (void)rc;
    bool ends = program.says_goodbye || facts.has_signal || outcome.reason[0] != '\0';
    bool is_object = schedule.program == OBJECT;
    int last = is_object ? 3 : 2;                           /* two events in a row, and the goodbye */
    int announced = is_object ? paho_facts()->accepted : 0; /* one for each connection, beside the window */
    int more = ends ? announced + last : program.beginning > 0 ? announced : 0;

    int window = more > 0 ? schedule.options.window : window_size();
    if (pending > window + more) /* nothing holds up the end */
        broken("the window is never exceeded", "%d messages in flight", pending);
}

/* Paho stops for 100 ms at a time where its own window is full: with MQTT 5 that is no larger than the broker wants it,
 * and is felt by what goes out beside ours. */
void rule_waits_for_room(int pending)
{
    bool is_beside = program.beginning > 0 || program.says_goodbye || facts.has_signal || outcome.reason[0] != '\0';

    if (!is_beside || pending < paho_facts()->receive_maximum)
        broken("Paho's own window is never full", "%d messages", pending);
}

/* Who is not stuck elsewhere is heard as often as the broker wants. */
void rule_silent(void)
{
    bool is_answered = !struck(SILENCE) && !struck(SLOW_CONNACK) && !struck(SLOW_SUBACK) && !struck(SLOW_ACK);

    if (!struck(STDOUT_FULL) && is_answered) /* the answer to a ping comes behind those */
        broken("the broker's keep alive is kept", "nothing for %.1f s", schedule.server_keep_alive * 1.5);
}

/* The session does not receive in the program's place: not in callback mode, nor once it has subscribed, but at the
 * end. */
void rule_receive(void)
{
    if (program_receives)
        return;
    if (schedule.program == OBJECT || (paho_facts()->has_subscribed && !program.is_closing))
        broken("the session does not receive in the program's place", "MQTTClient_receive");
}

void rule_received(const MQTTClient_message *message)
{
    facts.drained += program.is_closing && message->qos > 0;
}

void rule_begins(void)
{
    if (program.beginning++ > 0)
        broken("on_connected is never nested", "%d deep", program.beginning);
    if (outcome.reason[0] != '\0' || (facts.has_signal && world_now() - facts.signal_us > JUST_NOW_US))
        broken("on_connected is not called after the end", "%s", outcome.reason);
    if (is_too_quiet())
        broken("the broker's keep alive is kept", "%d s, not %d", paho_facts()->keep_alive_s,
               paho_facts()->server_keep_alive_s);
    if (world_now() - paho_facts()->accepted_us > SLACK_US)
        broken("a connection is used as soon as it stands", "after %.3f s",
               (double)(world_now() - paho_facts()->accepted_us) / 1e6);
}

void rule_has_begun(int rc)
{
    program.beginning--;
    if (rc == MQTTCLIENT_SUCCESS && paho_facts()->is_connected && outcome.reason[0] == '\0') {
        program.begun = paho_facts()->accepted;
        program.begun_us = world_now();
        facts.offline_us += facts.lost_us == 0 ? 0 : world_now() - facts.lost_us;
        facts.lost_us = 0;
    }
}

/* The program goes on only where its subscription stands, as far as Paho knows. */
void rule_goes_on(void)
{
    const struct paho_facts *paho = paho_facts();

    if (paho->is_connected && !paho->is_subscribed)
        broken("subscribed again after every connection", "connection %d is without a subscription", paho->accepted);
}

/* Whatever was late: of three messages in a row, the first and the last are an interval apart. */
void rule_paced(void)
{
    int64_t interval_us = (int64_t)(schedule.options.interval * 1e6);
    int attempts = paho_facts()->lost;

    if (attempts != facts.paced_losses) {
        facts.paced_losses = attempts;
        facts.paced_us[0] = facts.paced_us[1] = 0;
    }
    if (facts.paced_us[0] != 0 && world_now() - facts.paced_us[0] < interval_us - 1000)
        broken("the pace is kept, without bursts", "three messages in %.3f s",
               (double)(world_now() - facts.paced_us[0]) / 1e6);
    facts.paced_us[0] = facts.paced_us[1];
    facts.paced_us[1] = world_now();
}

/* On the present connection on_connected has gone well, and not just now. */
static bool has_begun(void)
{
    const struct paho_facts *paho = paho_facts();

    return paho->is_connected && program.begun == paho->accepted && world_now() - program.begun_us >= JUST_NOW_US;
}

static void look_whether_proven(void)
{
    if (has_begun() && world_now() - paho_facts()->accepted_us >= PROVEN_US)
        facts.was_proven = true;
}

void rule_lost(void)
{
    look_whether_proven();
    facts.is_unclear = facts.is_unclear || (program.begun == paho_facts()->accepted && !has_begun());
    if (!has_begun())
        return;
    facts.losses++;
    facts.lost_us = world_now();
}

void rule_signal(void)
{
    if (!facts.has_signal)
        facts.signal_us = world_now();
    facts.has_signal = true;
}

/* Nothing has gone wrong for longer than the longest pause: then the connection stands, and the work is done. */
void rule_last_signal(void)
{
    const struct options *options = &schedule.options;
    unsigned listed = (1u << options->connection.broker_count) - 1;
    bool has_broker = ((unsigned)schedule.broker_mask & listed & ~facts.ruled_out) != 0;

    for (int fault = 0; fault < FAULTS; fault++)
        if (schedule.plan[fault].percent == 100)
            return; /* it never gets better */
    if (schedule.maximum_qos < options->qos)
        return;
    if (outcome.how != NOT_ENDED || facts.has_signal || !has_broker ||
        schedule.last_signal_us - schedule.healthy_us < ALL_IS_WELL_US)
        return;
    if (!paho_facts()->is_connected)
        broken("the session comes back once all is well", "no connection");
    if (schedule.program == PRODUCER && options->count > 0 && options->interval < 0.2)
        broken("the work is done once all is well", "%ld of %ld", program.sent, options->count);
}

void rule_stdout_failed(void)
{
    facts.stdout_failed = true;
}

/* --- what it says ---------------------------------------------------------------------------------------------- */

/* Who suspects a packet has sent it on the connection that ended. */
static void check_guess(const char *text)
{
    const struct paho_facts *paho = paho_facts();

    if (strstr(text, " ended after ") == NULL)
        return;
    if ((strstr(text, "after SUBSCRIBE") != NULL ? paho->subscribe_us : paho->publish_us) < paho->lost_accepted_us)
        broken("who is suspected was there", "%s", text);
}

static void check_stall(const char *text)
{
    const struct paho_facts *paho = paho_facts();

    if (strstr(text, "has not acknowledged a message") == NULL)
        return;
    if (paho->pending == 0 || world_now() - paho->oldest_us < STALLED_US)
        broken("the reason is true", "no message waits for so long: %s", text);
}

static long number_after(const char *text, const char *words)
{
    const char *found = strstr(text, words);

    return found == NULL ? 0 : strtol(found + strlen(words), NULL, 10);
}

/* "3 messages were denied by the broker: 2 not authorized, 1 quota exceeded" */
static void note_denied(const char *text)
{
    long sum = 0;

    facts.told_denied = strtol(text, NULL, 10);
    for (const char *at = strstr(text, "broker: "); at != NULL; at = strchr(at + 1, ','))
        sum += strtol(at + (at[0] == ',' ? 2 : strlen("broker: ")), NULL, 10);
    if (sum != facts.told_denied)
        broken("the summary is true", "%s: together they are %ld", text, sum);
}

static void note_maximum(const char *text)
{
    facts.told_maximum++;
    if (strtol(strstr(text, " takes QoS ") + strlen(" takes QoS "), NULL, 10) != schedule.maximum_qos)
        broken("what a broker takes is told", "%s", text);
}

void rule_note(const char *text)
{
    static const char lost[] = "The connection was lost ", forgot[] = "The broker forgot the session ";
    char name[16];

    hear(text);
    check_guess(text);
    check_stall(text);
    if (strcmp(text, SILENCE_NOTE) == 0 && (facts.notes_of_silence++ > 0 || program.received > 0))
        broken("a silence is remarked once", "%d times, %ld received", facts.notes_of_silence, program.received);
    facts.notes_of_loss += strcmp(text, "Connection lost") == 0;
    if (strstr(text, " not acknowledged") != NULL)
        facts.told_unacknowledged = strtol(text, NULL, 10);
    else if (strstr(text, "denied by the broker: ") != NULL && strchr(text, '\n') == NULL) /* not the last words */
        note_denied(text);
    else if (strstr(text, "acknowledged, but not shown") != NULL)
        facts.told_left_over = strtol(text, NULL, 10);
    else if (strncmp(text, lost, strlen(lost)) == 0) {
        facts.told_losses = strtol(text + strlen(lost), NULL, 10);
        facts.told_offline_s = strtod(strstr(text, "for ") + strlen("for "), NULL);
    } else if (strncmp(text, forgot, strlen(forgot)) == 0)
        facts.told_forgotten = strtol(text + strlen(forgot), NULL, 10);
    else if (strncmp(text, "Summary: ", 9) == 0)
        facts.has_summary = true;
    else if (strstr(text, " takes QoS ") != NULL)
        note_maximum(text);
    else if (strstr(text, "has forgotten the session") != NULL)
        facts.notes_of_forgetting++;
    for (int i = 0; i < BROKERS; i++) {
        snprintf(name, sizeof name, "broker%d:", i);
        if (facts.keeps == i && strstr(text, " may stay at ") != NULL && strstr(text, name) != NULL)
            broken("a session that is said to be kept is kept", "and it may be: %s", text);
        if (strstr(text, " may stay at ") != NULL && strstr(text, name) != NULL)
            facts.told_stays |= 1 << i;
        if (strstr(text, " keeps the session for ") == NULL || strstr(text, name) == NULL)
            continue;
        facts.told_stays |= 1 << i;
        facts.keeps = i;
        facts.keeps_s = number_after(text, " keeps the session for ");
    }
}

/* Who has to end inside a call says in which, and how far it had come. */
void rule_told_words(const char *text)
{
    rule_note(text);
    if (strstr(text, "Summary: ") != NULL && strstr(text, "; the numbers are from before that") == NULL)
        broken("old numbers are told as such", "%s", text);
    if (!paho_facts()->is_connecting)
        return;
    if (strstr(text, "Ended while connecting to") == NULL || (program.begun > 0 && strstr(text, "Summary: ") == NULL))
        broken("the last words say where it hangs", "%s", text);
}

static bool link_was_ended_by_the_other_side(void)
{
    const struct link *link = paho_facts()->lost_link;

    return link != NULL && link->end_us != 0 && link->ending != THE_CLIENT;
}

/* A connection found to be lost so soon after a SUBSCRIBE was closed by the broker; later, nobody knows. */
static int64_t patience_us(void)
{
    int64_t keep_alive_us = (int64_t)paho_facts()->keep_alive_s * 1000000;

    return keep_alive_us != 0 && keep_alive_us < NO_ANSWER_US ? keep_alive_us : NO_ANSWER_US;
}

/* A denial is told when it comes, or after the call that takes longest. */
static void check_denial(const char *text)
{
    int64_t denied_us = paho_facts()->denied_us[number_after(text, " (") & 0xff];

    facts.told_reasons++;
    if (denied_us == 0)
        broken("denials are told", "nothing was denied for that reason: %s", text);
    if (world_now() - denied_us > ATTEMPT_US + SUBSCRIBING_US && !struck(STDOUT_FULL))
        broken("denials are told", "%.3f s later: %s", (double)(world_now() - denied_us) / 1e6, text);
}

/* The status belongs to what is said, and what is said is true. Guesses say that they are some. */
void rule_error(const char *text)
{
    const struct paho_facts *paho = paho_facts();
    const char *const rule = "the reason is true";

    hear(text);
    if (strstr(text, " has denied a message: ") != NULL) {
        check_denial(text);
        return;
    }
    check_guess(text);
    check_stall(text);
    if (outcome.reason[0] != '\0')
        broken("there is one reason, the first", "%s", text);
    snprintf(outcome.reason, sizeof outcome.reason, "%s", text);
    look_whether_proven();
    if (strstr(text, " ended after ") != NULL) {
        if (paho->was_let_through)
            broken(rule, "the broker had let it through: %s", text);
        if (!link_was_ended_by_the_other_side())
            broken(rule, "the broker has not closed: %s", text);
    } else if (strstr(text, "has not answered SUBSCRIBE") != NULL) {
        if (link_was_ended_by_the_other_side() && paho->lost_us - paho->subscribe_us < patience_us())
            broken(rule, "the connection was closed: %s", text);
    } else if (strstr(text, "has not acknowledged") != NULL) {
        if (paho->has_acknowledged)
            broken(rule, "others were acknowledged: %s", text);
    }
}

/* --- at the end ------------------------------------------------------------------------------------------------ */

static bool reason_has(const char *words)
{
    return strstr(outcome.reason, words) != NULL;
}

static bool nothing_was_taken(void)
{
    const struct paho_facts *paho = paho_facts();

    return paho->published == paho->denied + paho->pending;
}

/* Whether what the brokers, the clock and the user did can end the program with this status. */
static bool status_is_allowed(int status)
{
    const struct options *options = &schedule.options;
    int code = schedule.plan[REFUSE].code;
    long done = schedule.program == PRODUCER ? program.sent : program.received;
    bool paho_refused =
        struck(PAHO_REFUSES) && (reason_has("the beginning failed") || reason_has("refused to publish"));

    switch (status) {
    case EX_OK:
        return facts.has_signal || (options->count != 0 && (done >= options->count || schedule.program == OBJECT));
    case EX_UNAVAILABLE:
        return !facts.was_proven && outcome.reason[0] != '\0';
    case EX_TEMPFAIL:
        return options->timeout > 0 && outcome.ended_us >= (int64_t)(options->timeout * 1e6);
    case EX_IOERR:
        return facts.stdout_failed || (outcome.how == ALARM && struck(STDOUT_FULL));
    case EX_NOPERM:
        return struck(REFUSE) && (code == 4 || code == 5) && next_broker(0) >= options->connection.broker_count;
    case EX_PROTOCOL:
        return (struck(REFUSE) && (code == 1 || code == 2)) ||
               (struck(DENY) && reason_has("refused the subscription")) || reason_has(" ended after ") ||
               reason_has("has not acknowledged") || paho_refused ||
               (struck(NO_MESSAGES) && reason_has("allows no messages"));
    case EX_CANTCREAT:
        return paho_facts()->denied > 0 && nothing_was_taken() && reason_has("has denied every message");
    case EX_SOFTWARE:
        return paho_refused || struck(NO_HANDLE) || program.has_failed;
    default:
        return false;
    }
}

static void the_status_is_allowed(void)
{
    if (outcome.how != SECOND_SIGNAL && !status_is_allowed(outcome.status))
        broken("the status is one that the brokers allow", "%d, \"%s\"", outcome.status, outcome.reason);
    if (outcome.how == RETURNED && outcome.status != EX_OK && outcome.reason[0] == '\0')
        broken("who fails says why", "%d", outcome.status);
}

static void what_cannot_be_written_is_told(void)
{
    if (outcome.how == RETURNED && outcome.status == EX_OK && fakes_have_unwritten())
        broken("what cannot be written is told", "standard output has failed");
}

static int sessions_to_remove(void)
{
    int count = 0;

    for (int i = 0; i < BROKERS; i++)
        count += paho_facts()->has_session[i];
    return count;
}

/* A second from the signal, and a second more for each thing that the end still has to do. */
static void ctrl_c_is_quick(void)
{
    int64_t took_us = outcome.ended_us - facts.signal_us;

    int64_t most_us = 2 * CLOSING_US + sessions_to_remove() * REMOVING_US + (struck(STDOUT_FULL) ? 2 * CLOSING_US : 0);

    if (facts.has_signal && took_us > most_us)
        broken("Ctrl-C ends the program soon", "after %.3f s", (double)took_us / 1e6);
}

static void timeout_is_honoured(void)
{
    const struct options *options = &schedule.options;
    int64_t most_us = (int64_t)(options->timeout * 1e6) + ATTEMPT_US + SUBSCRIBING_US + CLOSING_US +
                      sessions_to_remove() * REMOVING_US;

    if (options->timeout > 0 && outcome.ended_us > most_us && !struck(STDOUT_FULL))
        broken("--timeout is honoured", "ended after %.3f s", (double)outcome.ended_us / 1e6);
}

static void wait_is_honoured(void)
{
    int64_t wait_us = (int64_t)(schedule.options.wait * 1e6);
    int64_t round_us = schedule.options.connection.broker_count * (ATTEMPT_US + SUBSCRIBING_US);

    if (outcome.how != RETURNED || outcome.status != EX_UNAVAILABLE)
        return;
    if (outcome.ended_us < wait_us)
        broken("--wait is honoured", "gave up after %.3f s", (double)outcome.ended_us / 1e6);
    if (outcome.ended_us > wait_us + 2 * round_us + CLOSING_US + sessions_to_remove() * REMOVING_US)
        broken("--wait is honoured", "gave up after %.3f s only", (double)outcome.ended_us / 1e6);
}

static void count_is_honoured(void)
{
    long count = schedule.options.count;
    long done = schedule.program == PRODUCER ? program.sent : program.received;

    if (count == 0 || schedule.program == OBJECT)
        return;
    if (done > count)
        broken("--count is honoured", "%ld of %ld", done, count);
    if (outcome.how == RETURNED && outcome.status == EX_OK && !facts.has_signal && facts.told_unacknowledged > 0)
        broken("--count is honoured", "%ld of them were not acknowledged", facts.told_unacknowledged);
}

/* What the program told as sent, less what it told as not acknowledged, has arrived at some broker. */
static void nothing_told_as_acknowledged_is_lost(void)
{
    long missing = 0;

    for (int number = 0; number < NUMBERS; number++) {
        if (!program.was_put[number])
            continue;
        bool arrived = false;
        for (int i = 0; i < BROKERS; i++)
            arrived = arrived || broker_facts(i)->received[number];
        missing += !arrived;
    }
    if (missing > facts.told_unacknowledged + facts.told_denied)
        broken("nothing that was told as acknowledged is lost", "%ld missing, %ld told", missing,
               facts.told_unacknowledged + facts.told_denied);
}

static void qos_2_is_once_and_in_order(void)
{
    for (int i = 0; i < BROKERS; i++) {
        const struct broker_facts *broker = broker_facts(i);
        if (broker->doubles + broker->disorder > 0)
            broken("QoS 2 is once and in order", "%d doubles, %d out of order", broker->doubles, broker->disorder);
    }
}

/* What Paho has acknowledged in the program's name the program has got, or it is told how many it has not. */
static void nothing_is_dropped_unseen(void)
{
    if (schedule.program !=
        CONSUMER) /* a producer wants none; and Paho's thread may read one while it is told to end */
        return;
    if (paho_facts()->unseen > 0 && paho_facts()->was_disconnected) /* otherwise Paho keeps it to itself */
        broken("no acknowledged message is dropped unseen", "%d dropped", paho_facts()->unseen);
    if (facts.drained != facts.told_left_over)
        broken("no acknowledged message is dropped unseen", "%ld at the end, %ld told", facts.drained,
               facts.told_left_over);
}

static void the_summary_is_true(void)
{
    const struct paho_facts *paho = paho_facts();

    if (!facts.has_summary && program.sent + program.received > 0)
        broken("what was shown is summed up", "%ld sent, %ld received", program.sent, program.received);
    if (!facts.has_summary)
        return;
    if (facts.told_unacknowledged != paho->pending)
        broken("the summary is true", "%ld told as not acknowledged, %d are not", facts.told_unacknowledged,
               paho->pending);
    if (facts.told_losses != facts.notes_of_loss)
        broken("the summary is true", "%ld losses told, %d noted", facts.told_losses, facts.notes_of_loss);
    if (facts.told_losses > paho->lost)
        broken("the summary is true", "%ld losses told, %d seen", facts.told_losses, paho->lost);
    if (facts.told_forgotten != paho->forgotten)
        broken("the summary is true", "%ld told as forgotten, %d were", facts.told_forgotten, paho->forgotten);
    if (facts.told_losses < facts.losses - 1) /* the last one may be unseen */
        broken("the summary is true", "%ld losses told, %d were", facts.told_losses, facts.losses);
    double offline_s = (double)(facts.offline_us + (facts.lost_us == 0 ? 0 : outcome.ended_us - facts.lost_us)) / 1e6;
    if (facts.is_unclear)
        return;
    if (facts.told_offline_s > offline_s + 0.001 ||
        facts.told_offline_s < offline_s - NOTICED_WITHIN_S * (facts.losses + 1))
        broken("the summary is true", "offline for %.3f s, told %.3f s", offline_s, facts.told_offline_s);
}

/* Each message once, and each reason once. */
static void denials_are_told(void)
{
    const struct paho_facts *paho = paho_facts();
    int reasons = 0;

    for (int i = 0; i < 256; i++)
        reasons += paho->denied_us[i] != 0;
    if (facts.told_denied != paho->denied)
        broken("denials are told", "%ld told, %d messages were denied", facts.told_denied, paho->denied);
    if (facts.told_reasons != reasons)
        broken("denials are told", "%d reasons told of %d", facts.told_reasons, reasons);
    if (paho->denied > 0 && nothing_was_taken() && outcome.status == EX_OK)
        broken("who publishes in vain fails", "%d denied", paho->denied);
}

/* What somebody wants to come back to. A broker that has lost the connection sooner than the client has begun to count.
 */
static void a_kept_session_is_there(void)
{
    if (facts.keeps < 0)
        return;
    const struct broker_facts *broker = broker_facts(facts.keeps);
    bool is_there = broker->has_session || struck(STDOUT_FULL); /* it may have gone while that was full */
    if (broker->was_left && (!is_there || broker->expiry_s != facts.keeps_s))
        broken("a session that is said to be kept is kept", "for %ld s by broker %d: %s, %lld s", facts.keeps_s,
               facts.keeps, broker->has_session ? "it is" : "it is not", (long long)broker->expiry_s);
}

static void what_a_broker_takes_is_told(void)
{
    bool has_to_be = schedule.maximum_qos < schedule.options.qos && program.begun > 0;

    if (has_to_be && facts.told_maximum == 0)
        broken("what a broker takes is told", "QoS %d at most", schedule.maximum_qos);
    if (!has_to_be && facts.told_maximum > 0 && schedule.maximum_qos >= schedule.options.qos)
        broken("what a broker takes is told", "nobody asks for more than QoS %d", schedule.maximum_qos);
}

/* Who asks for a session to come back to gets it, where the broker keeps one, and the program could say goodbye. */
static void a_session_is_kept_if_asked_for(void)
{
    uint32_t expiry = schedule.options.connection.session_expiry;

    if (expiry > 0 && schedule.longest_expiry != 0 && paho_facts()->was_disconnected && facts.told_stays == 0)
        broken("a session is kept if that was asked for", "for %u s", expiry);
}

static void a_forgotten_session_is_told(void)
{
    if (facts.notes_of_forgetting != paho_facts()->forgotten)
        broken("a forgotten session is told", "%d of %d", facts.notes_of_forgetting, paho_facts()->forgotten);
}

/* The words for who has to end while it connects were written before that: they do not know of a connection that was
 * accepted meanwhile, and closed again. */
static void no_session_stays_untold(void)
{
    for (int i = 0; i < BROKERS; i++)
        if (broker_facts(i)->has_session && !broker_facts(i)->is_clean && paho_facts()->has_session[i] &&
            (facts.told_stays >> i & 1) == 0 && (outcome.how != ALARM || !paho_facts()->only_for_naught[i]))
            broken("sessions that are left behind are told", "broker %d", i);
}

/* Half a second for what is on its way. */
static void the_end_waits_for_acknowledgements(void)
{
    const struct paho_facts *paho = paho_facts();
    int64_t waited_us = paho->lost_us - program.closing_us;

    if (paho->was_disconnected && facts.told_unacknowledged > 0 && waited_us < WAITS_US)
        broken("the end waits for acknowledgements", "%.3f s, for %ld", (double)waited_us / 1e6,
               facts.told_unacknowledged);
}

static void a_silence_is_remarked(void)
{
    int64_t silent_us = program.closing_us - program.begun_us;

    if (schedule.program == CONSUMER && program.received == 0 && program.begun == paho_facts()->accepted &&
        program.begun > 0 && paho_facts()->was_disconnected && silent_us > REMARKED_US && facts.notes_of_silence == 0)
        broken("a silence is remarked once", "not within %.3f s", (double)silent_us / 1e6);
}

/* Whoever is ended by the alarm says no goodbye to the broker: that is for who is stuck in one call. */
static void the_alarm_ends_only_what_is_stuck(void)
{
    int64_t stuck_us = outcome.ended_us - paho_facts()->entered_us;

    if (outcome.how == ALARM && stuck_us < STUCK_US && !struck(STDOUT_FULL))
        broken("the alarm ends only what is stuck", "Paho was called %.3f s before", (double)stuck_us / 1e6);
}

static void nothing_leaks(void)
{
    if (paho_facts()->handles > 0 || paho_facts()->allocations > 0)
        broken("nothing leaks", "%d handles, %d allocations", paho_facts()->handles, paho_facts()->allocations);
}

void rules_at_the_end(void)
{
    if (outcome.rule != NULL)
        return;
    ctrl_c_is_quick();
    the_alarm_ends_only_what_is_stuck();
    the_status_is_allowed();
    what_cannot_be_written_is_told();
    timeout_is_honoured();
    wait_is_honoured();
    count_is_honoured();
    qos_2_is_once_and_in_order();
    if (outcome.how != SECOND_SIGNAL)
        no_session_stays_untold();
    if (outcome.how != RETURNED)
        return; /* what follows is for those who come to say what they have to */
    the_end_waits_for_acknowledgements();
    a_silence_is_remarked();
    nothing_told_as_acknowledged_is_lost();
    nothing_is_dropped_unseen();
    the_summary_is_true();
    a_forgotten_session_is_told();
    denials_are_told();
    a_kept_session_is_there();
    a_session_is_kept_if_asked_for();
    what_a_broker_takes_is_told();
    nothing_leaks();
}
