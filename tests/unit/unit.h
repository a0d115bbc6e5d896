/* cmocka and the headers that it wants before its own. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* cmocka 1 and cmocka 2 have different names for this. */
#define assert_within(value, min, max) assert_true((min) <= (value) && (value) <= (max))

#endif
