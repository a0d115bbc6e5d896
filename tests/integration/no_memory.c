/* Stands, preloaded, between a program and its memory: of the allocations that the program itself makes, or cJSON for
 * it, the one with the number NO_MEMORY_AT fails. Not those of Paho, which dies of it. How many there were is in the
 * file NO_MEMORY_COUNT when the program has ended. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library's own, below the names that this library takes from it. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);

static atomic_int allocations;

static bool is_ours(const void *caller)
{
    Dl_info of_caller;

    if (dladdr(caller, &of_caller) == 0 || of_caller.dli_fname == NULL)
        return false;
    return strstr(of_caller.dli_fname, ".so") == NULL || strstr(of_caller.dli_fname, "libcjson") != NULL;
}

static bool fails(const void *caller)
{
    const char *at = getenv("NO_MEMORY_AT");

    return is_ours(caller) && atomic_fetch_add(&allocations, 1) + 1 == (at == NULL ? 0 : atoi(at));
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("NO_MEMORY_COUNT");
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (file == NULL)
        return;
    fprintf(file, "%d", atomic_load(&allocations));
    fclose(file);
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}
