/* Ctrl-C: the first SIGINT or SIGTERM, or SIGHUP, asks for a clean end, a second one ends the program at once. So does
 * the first, within a second, if the program is stuck in a call then that no signal ends: a broker that does not
 * answer, a full pipe that nobody reads. */
#ifndef PLAYGROUND_STOP_H
#define PLAYGROUND_STOP_H

#include <stdbool.h>
#include <stdint.h>

#define STOP_STATUS_AT_ONCE 130 /* the exit status after the second signal: 128 + SIGINT, as shells have it */

#ifdef __GNUC__
#define STOP_PRINTF __attribute__((format(printf, 2, 3))) /* the compiler checks the arguments */
#else
#define STOP_PRINTF
#endif

/* Catches SIGINT, SIGTERM, SIGALRM, and SIGHUP where it was not ignored, from now on, and ignores SIGPIPE and
 * SIGXFSZ: a closed pipe and a file that may not grow are noticed where they are written to. To be called before any
 * thread is started. */
void stop_install(void);

/* Leaves them to whoever had them before, and forgets that one has come. */
void stop_uninstall(void);

/* Whether a signal has come. To ask is a sign of life, too: who does not ask for most of a second after the signal is
 * stuck. */
bool stop_requested(void);

/* Sleeps for `ms` milliseconds, but not beyond a signal. Returns !stop_requested(). */
bool stop_sleep(int64_t ms);

/* What to write to standard error, without the end of the last line, and the status to end with, should the program be
 * stuck from here on; it has half a second more for that if a signal has come. A signal handler can neither format nor
 * flush, so it has to be ready beforehand. Not for the inner loop. */
void stop_last_words(int status, const char *format, ...) STOP_PRINTF;

#endif
