/* Ctrl-C has to work at every moment: while the program waits, which is easy, and while it is inside a call of a
 * library that comes back when it likes. No thread is needed for that, only an alarm: the first signal sets it, and
 * shortly after it its handler looks whether the program has noticed. */
#include "playground/stop.h"

#include "playground/monotonic.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    NAP_US = 50000,       /* a signal that comes just before a nap is noticed after it */
    PATIENCE_US = 800000, /* so that all of it, the end of the program included, is within a second */
    SOON_US = 450000,     /* for each further step of the end: from there on no call should take longer */
    WORDS_SIZE = 2048
};

/* Of these types, because a handler interrupts, on whichever thread, what the others are doing. */
static atomic_bool requested;
static atomic_bool has_looked;   /* since the signal, or since the last alarm */
static atomic_bool is_installed; /* otherwise a handler that begins late does nothing any more */
static atomic_int handlers;      /* that are at work, on whichever threads */

static struct words {
    int status;
    char line[WORDS_SIZE];
} words[2] = {{EX_OK, "Ended while something was still under way\n"}};
static atomic_int current; /* which of the two a handler may read */

/* alarm knows whole seconds only. POSIX does not promise that a handler may call setitimer; but where alarm is a system
 * call, as on Linux and macOS, so is this. */
static void set_alarm(suseconds_t us)
{
    const struct itimerval once = {.it_value = {.tv_usec = us}};

    setitimer(ITIMER_REAL, &once, NULL);
}

static void handle_signal(int signal)
{
    bool is_second = atomic_exchange(&requested, true);

    /* A terminal that is closed sends SIGHUP more than once. And not exit: a handler may not flush or run atexit
     * functions. */
    if (is_second && signal != SIGHUP)
        _exit(STOP_STATUS_AT_ONCE);
    atomic_store(&has_looked, false);
    set_alarm(PATIENCE_US);
}

static void handle_alarm(void)
{
    const struct words *last = &words[atomic_load(&current)];
    struct pollfd error = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (!atomic_exchange(&has_looked, false)) {
        if (poll(&error, 1, 0) != 0) { /* not into a full pipe: that may be where the program is stuck */
            ssize_t written = write(STDERR_FILENO, last->line, strlen(last->line));
            (void)written; /* there is nobody left to tell */
        }
        _exit(last->status);
    }
    set_alarm(SOON_US);
}

static void on_signal(int signal)
{
    atomic_fetch_add(&handlers, 1);
    bool is_ours = atomic_load(&is_installed);
    if (is_ours && signal == SIGALRM)
        handle_alarm();
    else if (is_ours)
        handle_signal(signal);
    atomic_fetch_sub(&handlers, 1);
}

static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
enum { CAUGHT = sizeof caught / sizeof *caught };
static struct sigaction before[CAUGHT];

void stop_install(void)
{
    /* Without SA_RESTART a write to a pipe that is full would fail, as if the disk were. Waits end all the same. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    atomic_store(&is_installed, true);
    for (int i = 0; i < CAUGHT; i++) {
        sigaction(caught[i], &action, &before[i]);
        if (caught[i] == SIGHUP && before[i].sa_handler == SIG_IGN)
            sigaction(SIGHUP, &before[i], NULL); /* as nohup wants it */
    }
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL);
}

/* A handler may still be at work, or about to begin, on another thread. */
static void end_alarms(void)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};

    atomic_store(&is_installed, false);
    sigaction(SIGALRM, &ignore, NULL); /* one that is under way is dropped */
    while (atomic_load(&handlers) > 0)
        monotonic_sleep_us(100);
    set_alarm(0); /* and nobody sets another one */
}

void stop_uninstall(void)
{
    for (int i = 0; i < CAUGHT; i++) {
        if (caught[i] == SIGALRM)
            end_alarms(); /* the others were given back before: no signal is dropped meanwhile */
        sigaction(caught[i], &before[i], NULL);
    }
    atomic_store(&requested, false);
}

bool stop_requested(void)
{
    atomic_store_explicit(&has_looked, true, memory_order_relaxed);
    return atomic_load_explicit(&requested, memory_order_relaxed);
}

bool stop_sleep(int64_t ms)
{
    int64_t end_us = monotonic_deadline_us((double)ms / 1000);

    for (int64_t left_us = end_us - monotonic_us(); left_us > 0 && !stop_requested(); left_us = end_us - monotonic_us())
        monotonic_sleep_us(left_us < NAP_US ? left_us : NAP_US);
    return !stop_requested();
}

void stop_last_words(int status, const char *format, ...)
{
    int other = 1 - atomic_load(&current);
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(words[other].line, WORDS_SIZE - 1, format, arguments); /* room for the end of the line */
    va_end(arguments);
    if (length < 0)
        return;
    strcat(words[other].line, "\n");
    words[other].status = status;
    atomic_store(&current, other);
    if (atomic_load(&requested)) {
        atomic_store(&has_looked, false);
        set_alarm(SOON_US);
    }
}
