/* SPDX-License-Identifier: MIT */
/*
 * unit - what every cmocka program includes, in the order cmocka wants it, and two assertions for tables and views.
 */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <string.h>

#include "common/compiler.h"
#include "common/str.h"

/* Of one row of a table: says which row it was. */
#define assert_case(name, condition)                                                                                   \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fail_msg("case \"%s\": %s", (name), #condition);                                                           \
        }                                                                                                              \
    } while (0)

/* That a view (struct str) holds exactly the bytes of a C string. */
#define assert_text(view, expected)                                                                                    \
    do {                                                                                                               \
        struct str seen_ = (view);                                                                                     \
        if (!str_equal(seen_, str_of(expected))) {                                                                     \
            fail_msg("\"%.*s\" is not \"%s\"", STR_ARGUMENTS(seen_), (expected));                                      \
        }                                                                                                              \
    } while (0)

#endif
