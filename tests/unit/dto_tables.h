/* The tables that the tests of the four descriptors have in common: what is refused, by which rule and which field. */
#ifndef DTO_TABLES_H
#define DTO_TABLES_H

#include "dto/status.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* A document and what reading it has to say. */
struct refusal {
    const char *json;
    enum dto_rule rule;
    const char *field;
};

static inline void assert_status(const char *what, struct dto_status status, enum dto_rule rule, const char *field)
{
    if (status.rule != rule || strcmp(status.field, field) != 0)
        fail_msg("%s: \"%s\", expected: \"%s\"", what, status.text, dto_status_of(rule, field).text);
}

static inline void assert_zeroed(const void *descriptor, size_t size)
{
    static const char zeros[2048];

    assert_true(size <= sizeof zeros);
    assert_memory_equal(descriptor, zeros, size);
}

#endif
