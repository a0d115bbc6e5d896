/* The life of a session, as a table of states and events. */
#ifndef PLAYGROUND_STATES_H
#define PLAYGROUND_STATES_H

#include "playground/session.h"

#include <stdbool.h>

/* Lets happen what is to happen: true when the connection stands and nothing else is to be done, false at the end. */
bool states_stay_up(struct session *session);

/* The same, and there is room for one more message. */
bool states_stay_ready(struct session *session);

/* All that was wanted is done, and acknowledged: the end. */
void states_complete(struct session *session);

#endif
