/* Why and when a program ends, and what it says last. */
#ifndef PLAYGROUND_ENDING_H
#define PLAYGROUND_ENDING_H

#include "playground/session.h"
#include "summary.h"

#include <stdbool.h>

/* The program ends with this status of <sysexits.h> for the reason in `text`; or, if it was never let through and there
 * is a guess why, for that one. As session_fail: only the first reason is told. */
void ending_for(struct session *session, int status, const char *text);

/* Whether there is no point in going on: Ctrl-C, a reason that was told, standard output that cannot be written, or
 * the time of --timeout. */
bool ending_has_come(struct session *session);

/* If nothing that the program has published was taken, that is why it has failed. */
void ending_for_denials(struct session *session);

/* Standard output cannot be written. */
void ending_for_output(struct session *session);

/* The summary as it is now. */
void ending_summary(const struct session *session, char text[SUMMARY_SIZE]);

/* Before a call that may take seconds: `under_way` says what is done then, up to the broker's name. */
void ending_words_before(const struct session *session, const char *under_way);

/* While messages come and go: without numbers, for they would be old ones. */
void ending_words_while_up(const struct session *session);

#endif
