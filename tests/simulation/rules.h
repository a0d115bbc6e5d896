/* What every story is held to, whatever its faults were. */
#ifndef SIMULATION_RULES_H
#define SIMULATION_RULES_H

#include <MQTTClient.h>
#include <stdbool.h>
#include <stdint.h>

#define SILENCE_NOTE "nothing comes"

enum how { NOT_ENDED, RETURNED, SECOND_SIGNAL, ALARM };

struct outcome {
    const char *rule; /* the first that was broken; NULL: none */
    char detail[300];
    enum how how;
    int status;
    int64_t ended_us;
    char reason[512]; /* the last line of console_error */
};
extern struct outcome outcome;

void rules_begin(void);

/* Ends the story, if it goes on. */
void broken(const char *rule, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The program ends here: how, with which status. */
_Noreturn void program_ends(enum how how, int status);

/* --- what happens, told by the fakes ---------------------------------------------------------------------------- */
void rule_before_attempt(int broker);
void rule_after_attempt(int broker, int rc);
void rule_published(int rc);
void rule_silent(void);                /* nothing came for longer than the broker's keep alive */
void rule_waits_for_room(int pending); /* Paho, in its publish */
void rule_receive(void);
void rule_received(const MQTTClient_message *message);
void rule_lost(void);
void rule_pause(double fraction);
void rule_note(const char *text);
void rule_error(const char *text);
void rule_signal(void);
void rule_last_signal(void);
void rule_stdout_failed(void);
void rule_told_words(const char *text);

/* --- told by the program ---------------------------------------------------------------------------------------- */
struct program_facts {
    long sent; /* messages that Paho took */
    long received;
    bool is_closing;
    int64_t closing_us;
    bool says_goodbye;
    bool has_failed; /* by session_fail */
    int beginning;   /* depth of on_connected */
    int begun;       /* connections on which on_connected succeeded */
    int64_t begun_us;
    bool was_put[2048]; /* numbers that Paho took at QoS 1 or 2 */
};
extern struct program_facts program;

void rule_begins(void);
void rule_has_begun(int rc);
void rule_goes_on(void);
void rule_paced(void);

/* Whether the program says these words at any time. */
void rules_listen_for(const char *words);
bool rules_have_heard(void);

/* At the very end. */
void rules_at_the_end(void);

#endif
