/* Why and when a program ends. */
#ifndef PLAYGROUND_ENDING_H
#define PLAYGROUND_ENDING_H

#include "playground/session.h"

#include <stdbool.h>

/* The program ends with this status of <sysexits.h> for the reason in `text`; or, if it was never let through and there
 * is a guess why, for that one. As session_fail: only the first reason is told. */
void ending_for(struct session *session, int status, const char *text);

/* Whether there is no point in going on: Ctrl-C, a reason that was told, standard output that cannot be written, or
 * the time of --timeout. */
bool ending_has_come(struct session *session);

/* Standard output cannot be written. */
void ending_for_output(struct session *session);

#endif
