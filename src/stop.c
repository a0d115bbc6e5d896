#include "playground/stop.h"

#include "playground/monotonic.h"

#include <signal.h>
#include <stddef.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum { NAP_US = 50000 }; /* a signal that comes just before a nap is noticed after it */

static volatile sig_atomic_t requested = 0;
static volatile sig_atomic_t ends_at_once = 0;

static void on_signal(int signal)
{
    (void)signal;
    if (ends_at_once)
        _exit(EX_OK); /* not exit: a signal handler may not flush or run atexit functions */
    if (requested)
        _exit(STOP_STATUS_AT_ONCE);
    requested = 1;
}

void stop_install(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

bool stop_requested(void)
{
    return requested != 0;
}

void stop_at_once(bool at_once)
{
    ends_at_once = at_once;
    if (at_once && requested)
        _exit(EX_OK);
}

bool stop_sleep(int64_t ms)
{
    int64_t end_us = monotonic_deadline_us((double)ms / 1000);

    for (int64_t left_us = end_us - monotonic_us(); left_us > 0 && !stop_requested();
         left_us = end_us - monotonic_us()) {
        int64_t nap_us = left_us < NAP_US ? left_us : NAP_US;
        struct timespec nap = {.tv_sec = 0, .tv_nsec = (long)(nap_us * 1000)};
        nanosleep(&nap, NULL);
    }
    return !stop_requested();
}
