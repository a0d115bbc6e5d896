/* Stands, preloaded, between a program and its system, and lets one call to it go wrong: the call FAULT_CALL, the time
 * FAULT_NUMBER that it is made for a connection (1: the first), as FAULT_KIND says: the number of an error, or "short"
 * for one byte, or "end" for what the other side's goodbye looks like. How often each call was made is in the file
 * FAULT_COUNTS when the program has ended, and which one went wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CONNECT, POLL, RECV, READ, WRITEV, WRITE, CALLS };
enum { FINE = 0, SHORT = -1, END = -2 };

static const char *const names[CALLS] = {"connect", "poll", "recv", "read", "writev", "write"};
static atomic_int counts[CALLS];
static atomic_int done;

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static int is_connection(int descriptor)
{
    struct stat status;

    return fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* What becomes of this call: FINE, SHORT, END, or the number of an error. */
static int fate(enum call call)
{
    const char *which = getenv("FAULT_CALL"), *kind = getenv("FAULT_KIND"), *number = getenv("FAULT_NUMBER");
    int count = atomic_fetch_add(&counts[call], 1) + 1;

    if (which == NULL || kind == NULL || number == NULL || strcmp(which, names[call]) != 0 || count != atoi(number))
        return FINE;
    atomic_store(&done, 1);
    return strcmp(kind, "short") == 0 ? SHORT : strcmp(kind, "end") == 0 ? END : atoi(kind);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("FAULT_COUNTS");
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (file == NULL)
        return;
    for (int i = 0; i < CALLS; i++)
        fprintf(file, "%s %d\n", names[i], atomic_load(&counts[i]));
    fprintf(file, "done %d\n", atomic_load(&done));
    fclose(file);
}

static int fail(int error)
{
    errno = error;
    return -1;
}

int connect(int socket, const struct sockaddr *address, socklen_t size)
{
    int error = fate(CONNECT);

    return error > 0 ? fail(error) : REAL(connect)(socket, address, size);
}

int poll(struct pollfd *descriptors, nfds_t count, int timeout_ms)
{
    int error = fate(POLL);

    return error > 0 ? fail(error) : REAL(poll)(descriptors, count, timeout_ms);
}

ssize_t recv(int socket, void *data, size_t size, int flags)
{
    int what = fate(RECV);

    if (what > 0)
        return fail(what);
    if (what == END)
        return 0;
    return REAL(recv)(socket, data, what == SHORT && size > 1 ? 1 : size, flags);
}

ssize_t read(int descriptor, void *data, size_t size)
{
    int what = is_connection(descriptor) ? fate(READ) : FINE;

    if (what > 0)
        return fail(what);
    if (what == END)
        return 0;
    return REAL(read)(descriptor, data, what == SHORT && size > 1 ? 1 : size);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count)
{
    int what = is_connection(descriptor) ? fate(WRITEV) : FINE;

    if (what > 0)
        return fail(what);
    if (what == SHORT) {
        struct iovec first = {parts[0].iov_base, parts[0].iov_len > 1 ? 1 : parts[0].iov_len};
        return REAL(writev)(descriptor, &first, 1);
    }
    return REAL(writev)(descriptor, parts, count);
}

ssize_t write(int descriptor, const void *data, size_t size)
{
    int what = is_connection(descriptor) ? fate(WRITE) : FINE;

    if (what > 0)
        return fail(what);
    return REAL(write)(descriptor, data, what == SHORT && size > 1 ? 1 : size);
}
