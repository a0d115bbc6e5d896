/* What a program says last if it has to end inside a call that no signal ends. */
#ifndef PLAYGROUND_LAST_WORDS_H
#define PLAYGROUND_LAST_WORDS_H

#include "playground/session.h"
#include "summary.h"

/* The summary as it is now. */
void last_words_summary(const struct session *session, char text[SUMMARY_SIZE]);

/* Before a call that may take seconds: `under_way` says what is done then, up to the broker's name. */
void last_words_prepare(const struct session *session, const char *under_way);

/* While messages come and go: without numbers, for they would be old ones. */
void last_words_prepare_while_up(const struct session *session);

#endif
