/* Ctrl-C: the first SIGINT or SIGTERM asks for a clean end, a second one ends the program at once. */
#ifndef PLAYGROUND_STOP_H
#define PLAYGROUND_STOP_H

#include <stdbool.h>
#include <stdint.h>

#define STOP_STATUS_AT_ONCE 130 /* the exit status after the second signal: 128 + SIGINT, as shells have it */

/* Catches SIGINT and SIGTERM from now on, and ignores SIGPIPE: a closed pipe is noticed where it is written to.
 * To be called once, before any thread is started. */
void stop_install(void);

/* Whether a signal has come. */
bool stop_requested(void);

/* While it is true the first signal, too, ends the program at once, with status 0: for calls that no signal ends, as long
 * as there is nothing yet to end cleanly. Standard output is not flushed then. */
void stop_at_once(bool at_once);

/* Sleeps for `ms` milliseconds, but not beyond a signal. Returns !stop_requested(). */
bool stop_sleep(int64_t ms);

#endif
