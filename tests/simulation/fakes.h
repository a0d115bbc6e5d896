/* Clock, signals, console and the rest, ready for a new story. */
#ifndef SIMULATION_FAKES_H
#define SIMULATION_FAKES_H

#include <stdbool.h>

void fakes_begin(void);
bool fakes_stop_requested(void); /* a signal has come; unlike stop_requested no sign of life */
bool fakes_have_unwritten(void); /* something was printed and is not on standard output */

#endif
