/* What the code under test writes to a file descriptor, and how a child process ends. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between capture_start and capture_stop nothing may be asserted: a failed assertion would not restore the stream. */
struct capture {
    FILE *stream;
    int saved; /* where the stream's descriptor led before */
    int file;
    size_t length;
    char text[65536]; /* what was written, as far as there is room, with a terminating NUL */
};

#define TEMPORARY_PATH_SIZE 4096

/* Makes a temporary file, open for reading and writing, and says where. */
static inline int temporary_file(char path[TEMPORARY_PATH_SIZE])
{
    const char *folder = getenv("TMPDIR");

    snprintf(path, TEMPORARY_PATH_SIZE, "%s/unit.XXXXXX", folder != NULL && *folder != '\0' ? folder : "/tmp");
    int file = mkstemp(path);
    assert_true(file >= 0);
    return file;
}

/* A temporary file that is open, but has no name any more. */
static inline int capture_file(void)
{
    char path[TEMPORARY_PATH_SIZE];
    int file = temporary_file(path);

    unlink(path);
    return file;
}

/* Leads `stream`, standard output or standard error, to a temporary file. */
static inline void capture_start(struct capture *capture, FILE *stream)
{
    fflush(stream);
    capture->stream = stream;
    capture->file = capture_file();
    capture->saved = dup(fileno(stream));
    assert_true(capture->saved >= 0);
    assert_true(dup2(capture->file, fileno(stream)) >= 0);
}

/* Reads what was written so far and has left the stream's buffer. */
static inline void capture_read(struct capture *capture)
{
    ssize_t length = pread(capture->file, capture->text, sizeof capture->text - 1, 0);

    capture->length = length > 0 ? (size_t)length : 0;
    capture->text[capture->length] = '\0';
}

/* Leads the stream back to where it went before. */
static inline void capture_stop(struct capture *capture)
{
    fflush(capture->stream);
    dup2(capture->saved, fileno(capture->stream));
    close(capture->saved);
    capture_read(capture);
    close(capture->file);
}

/* Starts a process of its own that runs `run` and ends with the status that it returns, without cleaning up after
 * the parent. There `run` must not use cmocka's assertions. A child that hangs ends with SIGALRM. */
static inline pid_t child_start(int (*run)(const void *argument), const void *argument)
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(50);
        _exit(run(argument));
    }
    return child;
}

/* Waits for the child to end. Returns its exit status, or minus the signal that ended it. */
static inline int child_wait(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline int child_status(int (*run)(const void *argument), const void *argument)
{
    return child_wait(child_start(run, argument));
}

#endif
