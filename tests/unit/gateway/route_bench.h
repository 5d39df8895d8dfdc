/* SPDX-License-Identifier: MIT */
/*
 * route_bench - a table of routes to match against, for tests.
 */
#ifndef TESTS_UNIT_GATEWAY_ROUTE_BENCH_H
#define TESTS_UNIT_GATEWAY_ROUTE_BENCH_H

#include "common/compiler.h"
#include "gateway/route_table.h"

#include "tests/support/unit.h"

enum { ROUTE_BENCH_BYTES = 1024 * 1024 };

struct route_bench {
    struct arena arena; /* to be cleared by the test */
    const struct route *routes;
    const struct route_table *table;
};

/* Among the built-in routes. */
static inline struct route_match route_bench_match(struct route_bench *bench, struct str method, struct str target)
{
    struct route_match match;
    size_t count = 0;

    arena_init(&bench->arena, ROUTE_BENCH_BYTES);
    bench->routes = route_built_in(&bench->arena, &count);
    assert_non_null(bench->routes);
    bench->table = route_table_build(&bench->arena, bench->routes, count);
    assert_non_null(bench->table);
    assert_int_equal(route_match(bench->table, &bench->arena, method, target, &match), 0);
    return match;
}

#endif
