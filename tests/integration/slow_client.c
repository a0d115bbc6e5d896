/* Stands, preloaded, between a program and its system: a moment passes before a connection is looked at. Whoever closes
 * it at once has done so by then, every time and not once in a hundred. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOMENT_US = 30000 };

int connect(int socket, const struct sockaddr *address, socklen_t size)
{
    int (*real)(int, const struct sockaddr *, socklen_t) =
        (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "connect");
    int rc = real(socket, address, size);
    int error = errno;

    usleep(MOMENT_US);
    errno = error;
    return rc;
}
