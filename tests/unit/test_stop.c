/* Ctrl-C: what the first and the second signal do, and what becomes of a program that is stuck. A signal cannot be
 * taken back, so each test has its own process. */
#include "playground/monotonic.h"
#include "playground/stop.h"

#include "capture.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

enum { LONG_MS = 40000, HANGS_US = 30000000, FINE = 10, WRONG = 11 }; /* 0 is what a stuck child ends with */

static int install_and_look(const void *argument)
{
    (void)argument;
    stop_install();
    return stop_requested() ? WRONG : FINE;
}

static void nothing_is_requested_without_a_signal(void **state)
{
    (void)state;
    assert_int_equal(child_status(install_and_look, NULL), FINE);
}

static int take_one_signal(const void *argument)
{
    stop_install();
    raise(*(const int *)argument);
    return stop_requested() ? FINE : WRONG;
}

static void the_first_signal_is_noticed_and_ends_nothing(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};

    (void)state;
    for (size_t i = 0; i < COUNT(signals); i++)
        assert_int_equal(child_status(take_one_signal, &signals[i]), FINE);
}

static int take_two_signals(const void *argument)
{
    const int *signals = argument;

    stop_install();
    raise(signals[0]);
    if (!stop_requested())
        return WRONG;
    raise(signals[1]);
    return FINE; /* not reached */
}

static void the_second_signal_ends_the_program_with_130(void **state)
{
    static const int signals[][2] = {{SIGINT, SIGINT}, {SIGTERM, SIGTERM}, {SIGINT, SIGTERM}, {SIGTERM, SIGINT}};

    (void)state;
    assert_int_equal(STOP_STATUS_AT_ONCE, 130);
    for (size_t i = 0; i < COUNT(signals); i++)
        assert_int_equal(child_status(take_two_signals, signals[i]), 130);
}

static void end_otherwise(void)
{
    _exit(WRONG);
}

static int take_two_signals_with_an_exit_function(const void *argument)
{
    return atexit(end_otherwise) == 0 ? take_two_signals(argument) : WRONG;
}

static void the_second_signal_runs_no_exit_functions(void **state)
{
    static const int signals[] = {SIGINT, SIGINT};

    (void)state;
    assert_int_equal(child_status(take_two_signals_with_an_exit_function, signals), 130);
}

static int write_to_a_closed_pipe(const void *argument)
{
    int ends[2];

    (void)argument;
    stop_install();
    if (pipe(ends) != 0)
        return WRONG;
    close(ends[0]);
    if (write(ends[1], "x", 1) != -1 || errno != EPIPE)
        return WRONG;
    return stop_requested() ? WRONG : FINE;
}

static void a_closed_pipe_is_an_error_and_no_signal(void **state)
{
    (void)state;
    assert_int_equal(child_status(write_to_a_closed_pipe, NULL), FINE);
}

static int sleep_without_a_signal(const void *argument)
{
    int64_t ms = *(const int64_t *)argument, start_us = monotonic_us();

    stop_install();
    bool goes_on = stop_sleep(ms);
    int64_t slept_us = monotonic_us() - start_us;
    return goes_on && slept_us >= ms * 1000 && slept_us < HANGS_US ? FINE : WRONG;
}

static void sleep_lasts_its_time_without_a_signal(void **state)
{
    static const int64_t times_ms[] = {-1, 0, 1, 49, 50, 51, 120, 1100};

    (void)state;
    for (size_t i = 0; i < COUNT(times_ms); i++)
        assert_int_equal(child_status(sleep_without_a_signal, &times_ms[i]), FINE);
}

static int sleep_after_a_signal(const void *argument)
{
    int64_t start_us = monotonic_us();

    stop_install();
    raise(*(const int *)argument);
    if (stop_sleep(LONG_MS) || stop_sleep(0))
        return WRONG;
    return monotonic_us() - start_us < HANGS_US ? FINE : WRONG;
}

static void there_is_no_sleep_after_a_signal(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};

    (void)state;
    for (size_t i = 0; i < COUNT(signals); i++)
        assert_int_equal(child_status(sleep_after_a_signal, &signals[i]), FINE);
}

static volatile sig_atomic_t signal_at_alarm;

static void on_alarm(int signal)
{
    (void)signal;
    raise(signal_at_alarm);
}

/* The alarm comes a second later: in the middle of the sleep. */
static int sleep_until_a_signal(const void *argument)
{
    struct sigaction action = {.sa_handler = on_alarm};
    int64_t start_us = monotonic_us();

    signal_at_alarm = *(const int *)argument;
    stop_install();
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    alarm(1);
    bool goes_on = stop_sleep(LONG_MS);
    int64_t slept_us = monotonic_us() - start_us;
    return !goes_on && stop_requested() && slept_us >= 900000 && slept_us < HANGS_US ? FINE : WRONG;
}

static void a_signal_ends_a_sleep(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};
    pid_t children[COUNT(signals)];

    (void)state;
    for (size_t i = 0; i < COUNT(signals); i++)
        children[i] = child_start(sleep_until_a_signal, &signals[i]);
    for (size_t i = 0; i < COUNT(signals); i++)
        assert_int_equal(child_wait(children[i]), FINE);
}

static void on_other_signal(int signal)
{
    (void)signal;
}

static void other_signals_do_not_shorten_a_sleep(void **state)
{
    static const int64_t ms = 300;
    struct sigaction action = {.sa_handler = on_other_signal}, before;
    const struct timespec pause = {.tv_nsec = 5000000};
    int64_t start_us = monotonic_us();
    int status = 0;
    pid_t ended;

    (void)state;
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    pid_t child = child_start(sleep_without_a_signal, &ms);
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 && monotonic_us() - start_us < HANGS_US) {
        kill(child, SIGUSR1); /* it inherited the handler */
        nanosleep(&pause, NULL);
    }
    sigaction(SIGUSR1, &before, NULL);
    assert_int_equal(ended, child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), FINE);
}

/* --- a program that is stuck --------------------------------------------------------------------------------- */

enum { SPOKEN = 42 };

static struct capture errors;

static _Noreturn void be_stuck(void)
{
    for (;;)
        pause(); /* as a call that goes on after each signal */
}

static int be_stuck_without_words(const void *argument)
{
    (void)argument;
    stop_install();
    raise(SIGINT);
    be_stuck();
}

static int be_stuck_with_words(const void *argument)
{
    stop_install();
    stop_last_words(WRONG, "not these");
    stop_last_words(SPOKEN, "%s", (const char *)argument);
    raise(SIGTERM);
    be_stuck();
}

/* What a child wrote to standard error before it ended with that status, in less than the time of a hanging one. */
static const char *words_of(int (*run)(const void *argument), const void *argument, int status)
{
    int64_t start_us = monotonic_us();

    capture_start(&errors, stderr);
    int ended = child_status(run, argument);
    capture_stop(&errors);
    assert_int_equal(ended, status);
    assert_true(monotonic_us() - start_us >= 400000);
    assert_true(monotonic_us() - start_us < HANGS_US);
    return errors.text;
}

static void a_stuck_program_says_its_last_words_and_ends(void **state)
{
    (void)state;
    assert_string_equal(words_of(be_stuck_with_words, "farewell", SPOKEN), "farewell\n");
    assert_string_equal(words_of(be_stuck_without_words, NULL, 0), "Ended while something was still under way\n");
}

static void the_longest_last_words_are_a_whole_line(void **state)
{
    static char words[5000];

    (void)state;
    memset(words, 'w', sizeof words - 1);
    words_of(be_stuck_with_words, words, SPOKEN);
    assert_int_equal(errors.length, 2047);
    assert_int_equal(strspn(errors.text, "w"), 2046);
    assert_string_equal(errors.text + 2046, "\n");
}

/* Five times it comes to the next thing where it may get stuck, and has some time more. */
static int have_words_after_the_signal(const void *argument)
{
    int64_t start_us = monotonic_us();

    (void)argument;
    stop_install();
    raise(SIGINT);
    for (int i = 1; i <= 5; i++) {
        while (monotonic_us() - start_us < 200000 * i)
            continue;
        stop_last_words(SPOKEN + i, "words number %d", i);
    }
    be_stuck();
}

static void last_words_after_the_signal_give_some_time_more(void **state)
{
    int64_t start_us = monotonic_us();

    (void)state;
    assert_string_equal(words_of(have_words_after_the_signal, NULL, SPOKEN + 5), "words number 5\n");
    assert_true(monotonic_us() - start_us >= 1400000);
}

static int look_for_two_seconds(const void *argument)
{
    int64_t start_us = monotonic_us();

    (void)argument;
    stop_install();
    stop_last_words(WRONG, "too early");
    raise(SIGINT);
    while (monotonic_us() - start_us < 2000000) {
        if (!stop_requested())
            return WRONG;
    }
    return FINE;
}

static void a_program_that_has_noticed_may_take_its_time(void **state)
{
    (void)state;
    assert_string_equal(words_of(look_for_two_seconds, NULL, FINE), "");
}

static int look_once(const void *argument)
{
    (void)argument;
    stop_install();
    stop_last_words(SPOKEN, "stuck on the way out");
    raise(SIGINT);
    if (!stop_requested())
        return WRONG;
    be_stuck();
}

static void a_program_that_gets_stuck_after_it_has_noticed_ends_too(void **state)
{
    int64_t start_us = monotonic_us();

    (void)state;
    assert_string_equal(words_of(look_once, NULL, SPOKEN), "stuck on the way out\n");
    assert_true(monotonic_us() - start_us >= 1200000); /* the second alarm, not the first */
}

static int look_and_have_words(const void *argument)
{
    (void)argument;
    stop_install();
    raise(SIGINT);
    if (!stop_requested())
        return WRONG;
    stop_last_words(SPOKEN, "stuck at the next thing");
    be_stuck();
}

static void last_words_count_from_when_they_are_had(void **state)
{
    int64_t shortest_us = HANGS_US;

    (void)state;
    for (int i = 0; i < 5 && shortest_us > 1400000; i++) { /* the computer may be busy, but not each time */
        int64_t start_us = monotonic_us();
        assert_string_equal(words_of(look_and_have_words, NULL, SPOKEN), "stuck at the next thing\n");
        int64_t took_us = monotonic_us() - start_us;
        shortest_us = took_us < shortest_us ? took_us : shortest_us;
    }
    assert_true(shortest_us <= 1400000); /* the first alarm, not the second */
}

/* Standard error is a pipe that nobody reads, and full. */
static int be_stuck_without_a_listener(const void *argument)
{
    const char page[4096] = {0};
    int ends[2];

    (void)argument;
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0)
        return WRONG;
    while (write(ends[1], page, sizeof page) > 0)
        continue;
    fcntl(ends[1], F_SETFL, 0);
    dup2(ends[1], STDERR_FILENO);
    return be_stuck_with_words("unheard");
}

static void last_words_that_nobody_takes_keep_no_program_alive(void **state)
{
    (void)state;
    assert_string_equal(words_of(be_stuck_without_a_listener, NULL, SPOKEN), "");
}

static void a_signal_from_outside_is_noticed(void **state)
{
    int64_t start_us = monotonic_us();

    (void)state;
    stop_install();
    stop_last_words(WRONG, "the last test is stuck");
    assert_false(stop_requested());
    assert_true(stop_sleep(60));
    assert_true(monotonic_us() - start_us >= 60000);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_false(stop_sleep(LONG_MS));
    while (monotonic_us() - start_us < 1000000) /* until after the alarm */
        assert_true(stop_requested());
    assert_true(monotonic_us() - start_us < HANGS_US);
    stop_uninstall();
    assert_false(stop_requested());
    monotonic_sleep_us(1000000); /* nobody looks, and no alarm comes of it */
}

static int raise_when_uninstalled(const void *signal)
{
    stop_install();
    stop_uninstall();
    raise(*(const int *)signal);
    return WRONG;
}

static void after_the_end_a_signal_does_what_it_did_before(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        assert_int_equal(child_status(raise_when_uninstalled, &signals[i]), -signals[i]);
}

static int be_hung_up_twice(const void *argument)
{
    (void)argument;
    stop_install();
    raise(SIGHUP);
    raise(SIGHUP); /* a terminal that is closed sends it more than once */
    return stop_requested() ? FINE : WRONG;
}

static int be_hung_up_under_nohup(const void *argument)
{
    (void)argument;
    signal(SIGHUP, SIG_IGN);
    stop_install();
    raise(SIGHUP);
    return stop_requested() ? WRONG : FINE;
}

static void a_terminal_that_is_closed_is_a_request_to_end(void **state)
{
    (void)state;
    assert_int_equal(child_status(be_hung_up_twice, NULL), FINE);
    assert_int_equal(child_status(be_hung_up_under_nohup, NULL), FINE);
}

static void *interrupt(void *argument)
{
    (void)argument;
    raise(SIGINT);
    return NULL;
}

/* The signal comes on another thread, before, while and after the program takes its leave of signals. */
static int end_while_a_signal_is_handled(const void *argument)
{
    (void)argument;
    signal(SIGINT, SIG_IGN);
    for (int i = 0; i < 3000; i++) {
        pthread_t thread;
        stop_install();
        if (pthread_create(&thread, NULL, interrupt, NULL) != 0)
            return WRONG;
        monotonic_sleep_us(i % 100);
        stop_uninstall();
        pthread_join(thread, NULL);
    }
    monotonic_sleep_us(1000000); /* an alarm that was set meanwhile would end the program by now */
    return FINE;
}

static void no_alarm_outlives_the_end(void **state)
{
    (void)state;
    assert_int_equal(child_status(end_while_a_signal_is_handled, NULL), FINE);
}

/* The alarm has gone off, and nobody has taken it yet. */
static int end_while_an_alarm_is_pending(const void *argument)
{
    int64_t deadline_us = monotonic_us() + HANGS_US;
    sigset_t alarms, pending;

    (void)argument;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    stop_install();
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    raise(SIGINT);
    do {
        monotonic_sleep_us(1000);
        sigpending(&pending);
    } while (!sigismember(&pending, SIGALRM) && monotonic_us() < deadline_us);
    bool was_pending = sigismember(&pending, SIGALRM) == 1;
    stop_uninstall();
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    return was_pending ? FINE : WRONG;
}

static void an_alarm_that_is_pending_at_the_end_is_dropped(void **state)
{
    (void)state;
    assert_int_equal(child_status(end_while_an_alarm_is_pending, NULL), FINE);
}

#ifndef __APPLE__

static atomic_bool is_slow, is_inside;

int __real_setitimer(int which, const struct itimerval *new, struct itimerval *old);
int __wrap_setitimer(int which, const struct itimerval *new, struct itimerval *old);

/* In the handler: sets the alarm only when the program has begun to take its leave. */
int __wrap_setitimer(int which, const struct itimerval *new, struct itimerval *old)
{
    int64_t deadline_us = monotonic_us() + HANGS_US / 10;
    struct sigaction ours, now;

    if (new->it_value.tv_usec != 0 && atomic_load(&is_slow)) {
        sigaction(SIGALRM, NULL, &ours);
        atomic_store(&is_inside, true);
        do
            sigaction(SIGALRM, NULL, &now);
        while (now.sa_handler == ours.sa_handler && monotonic_us() < deadline_us);
    }
    return __real_setitimer(which, new, old);
}

static int end_while_a_handler_sets_an_alarm(const void *argument)
{
    pthread_t thread;

    (void)argument;
    atomic_store(&is_slow, true);
    stop_install();
    if (pthread_create(&thread, NULL, interrupt, NULL) != 0)
        return WRONG;
    while (!atomic_load(&is_inside))
        monotonic_sleep_us(100);
    stop_uninstall();
    pthread_join(thread, NULL);
    monotonic_sleep_us(1000000);
    return FINE;
}

static void a_handler_that_is_at_work_at_the_end_is_waited_for(void **state)
{
    (void)state;
    assert_int_equal(child_status(end_while_a_handler_sets_an_alarm, NULL), FINE);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_requested_without_a_signal),
        cmocka_unit_test(the_first_signal_is_noticed_and_ends_nothing),
        cmocka_unit_test(the_second_signal_ends_the_program_with_130),
        cmocka_unit_test(the_second_signal_runs_no_exit_functions),
        cmocka_unit_test(a_closed_pipe_is_an_error_and_no_signal),
        cmocka_unit_test(sleep_lasts_its_time_without_a_signal),
        cmocka_unit_test(there_is_no_sleep_after_a_signal),
        cmocka_unit_test(a_signal_ends_a_sleep),
        cmocka_unit_test(other_signals_do_not_shorten_a_sleep),
        cmocka_unit_test(a_stuck_program_says_its_last_words_and_ends),
        cmocka_unit_test(the_longest_last_words_are_a_whole_line),
        cmocka_unit_test(last_words_after_the_signal_give_some_time_more),
        cmocka_unit_test(a_program_that_has_noticed_may_take_its_time),
        cmocka_unit_test(a_program_that_gets_stuck_after_it_has_noticed_ends_too),
        cmocka_unit_test(last_words_count_from_when_they_are_had),
        cmocka_unit_test(last_words_that_nobody_takes_keep_no_program_alive),
        cmocka_unit_test(a_signal_from_outside_is_noticed),
        cmocka_unit_test(after_the_end_a_signal_does_what_it_did_before),
        cmocka_unit_test(a_terminal_that_is_closed_is_a_request_to_end),
        cmocka_unit_test(no_alarm_outlives_the_end),
        cmocka_unit_test(an_alarm_that_is_pending_at_the_end_is_dropped),
#ifndef __APPLE__
        cmocka_unit_test(a_handler_that_is_at_work_at_the_end_is_waited_for),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
