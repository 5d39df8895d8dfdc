/* SPDX-License-Identifier: MIT */
#include "gateway/plan_graph.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/support/unit.h"

enum { ARENA_BYTES = 1024 * 1024, CALLS_MAXIMUM = 4096, INPUTS_MAXIMUM = 4, END = 99 };

/* A plan of which only the inputs matter. */
struct graph {
    struct arena arena;
    struct plan plan;
    struct plan_call calls[CALLS_MAXIMUM];
    size_t inputs[CALLS_MAXIMUM][INPUTS_MAXIMUM];
};

static struct graph *graph_new(size_t count)
{
    struct graph *graph = calloc(1, sizeof *graph);

    assert_non_null(graph);
    arena_init(&graph->arena, ARENA_BYTES);
    graph->plan = (struct plan){ .call_count = count, .calls = graph->calls };
    for (size_t i = 0; i < count; i++) {
        graph->calls[i].inputs = graph->inputs[i];
    }
    return graph;
}

static void graph_free(struct graph *graph)
{
    arena_clear(&graph->arena);
    free(graph);
}

static void add_input(struct graph *graph, size_t call, size_t input)
{
    graph->inputs[call][graph->calls[call].input_count++] = input;
}

/* Rows of inputs, each up to END. */
static struct graph *graph_of(const size_t (*rows)[INPUTS_MAXIMUM], size_t count)
{
    struct graph *graph = graph_new(count);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < INPUTS_MAXIMUM && rows[i][j] != END; j++) {
            add_input(graph, i, rows[i][j]);
        }
    }
    return graph;
}

/* ---- the way back ---- */

static void plan_graph_link_tells_each_call_who_needs_it(void **state)
{
    /* 1 and 2 need 0; 3 needs both and 0; 4 is alone. */
    static const size_t rows[][INPUTS_MAXIMUM] = { { END }, { 0, END }, { 0, END }, { 2, 1, 0, END }, { END } };
    static const size_t expected[][INPUTS_MAXIMUM] = { { 1, 2, 3 }, { 3 }, { 3 }, { 0 }, { 0 } };
    static const size_t counts[] = { 3, 1, 1, 0, 0 };
    struct graph *graph = graph_of(rows, array_length(rows));
    (void)state;

    assert_int_equal(plan_graph_link(&graph->arena, &graph->plan), 0);

    for (size_t i = 0; i < array_length(rows); i++) {
        assert_int_equal(graph->calls[i].dependent_count, counts[i]);
        for (size_t j = 0; j < counts[i]; j++) {
            assert_int_equal(graph->calls[i].dependents[j], expected[i][j]);
        }
    }
    graph_free(graph);
}

static void plan_graph_link_of_no_calls_is_nothing(void **state)
{
    struct graph *graph = graph_new(0);
    (void)state;

    assert_int_equal(plan_graph_link(&graph->arena, &graph->plan), 0);

    graph_free(graph);
}

static void plan_graph_link_says_that_the_arena_is_full(void **state)
{
    static const size_t rows[][INPUTS_MAXIMUM] = { { END }, { 0, END } };
    struct graph *graph = graph_of(rows, array_length(rows));
    (void)state;
    graph->arena.limit_bytes = 0;

    assert_int_equal(plan_graph_link(&graph->arena, &graph->plan), -ENOMEM);

    assert_int_equal(graph->calls[0].dependent_count, 0);
    graph_free(graph);
}

/* ---- rings ---- */

static const struct {
    const char *name;
    size_t inputs[6][INPUTS_MAXIMUM];
    size_t count;
    size_t ring[6];
    size_t length;
} ring_rows[] = {
    { "no call", { { END } }, 0, { 0 }, 0 },
    { "calls on their own", { { END }, { END } }, 2, { 0 }, 0 },
    { "a diamond", { { END }, { 0, END }, { 0, END }, { 1, 2, END } }, 4, { 0 }, 0 },
    { "a diamond, written backwards", { { 1, 2, END }, { 3, END }, { 3, END }, { END } }, 4, { 0 }, 0 },
    { "itself", { { END }, { 1, END } }, 2, { 1 }, 1 },
    { "two", { { 1, END }, { 0, END } }, 2, { 0, 1 }, 2 },
    { "three the other way round", { { 2, END }, { 0, END }, { 1, END } }, 3, { 0, 2, 1 }, 3 },
    { "entered in the middle", { { 3, END }, { 2, END }, { 3, END }, { 4, END }, { 1, END } }, 5, { 1, 2, 3, 4 }, 4 },
    { "behind a call that is done", { { END }, { 0, 2, END }, { 0, 1, END } }, 3, { 1, 2 }, 2 },
    { "the first of two", { { END }, { 2, END }, { 1, END }, { 4, END }, { 3, END } }, 5, { 1, 2 }, 2 },
};

static void plan_graph_finds_a_ring_and_begins_it_with_its_first_call(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(ring_rows); i++) {
        struct graph *graph = graph_of(ring_rows[i].inputs, ring_rows[i].count);
        size_t ring[array_length(ring_rows[i].inputs)] = { 0 };
        size_t length = END;

        int result = plan_graph_find_ring(&graph->plan, ring, &length);

        assert_case(ring_rows[i].name, result == 0);
        assert_case(ring_rows[i].name, length == ring_rows[i].length);
        assert_case(ring_rows[i].name, memcmp(ring, ring_rows[i].ring, length * sizeof ring[0]) == 0);
        graph_free(graph);
    }
}

static void plan_graph_goes_through_the_longest_chain_without_recursion(void **state)
{
    struct graph *graph = graph_new(CALLS_MAXIMUM);
    size_t *ring = calloc(CALLS_MAXIMUM, sizeof *ring);
    size_t length = END;
    (void)state;
    assert_non_null(ring);
    for (size_t i = 0; i + 1 < CALLS_MAXIMUM; i++) {
        add_input(graph, i, i + 1);
    }

    assert_int_equal(plan_graph_find_ring(&graph->plan, ring, &length), 0);
    assert_int_equal(length, 0);

    add_input(graph, CALLS_MAXIMUM - 1, 0);
    assert_int_equal(plan_graph_find_ring(&graph->plan, ring, &length), 0);
    assert_int_equal(length, CALLS_MAXIMUM);
    assert_int_equal(ring[CALLS_MAXIMUM - 1], CALLS_MAXIMUM - 1);
    free(ring);
    graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_graph_link_tells_each_call_who_needs_it),
        cmocka_unit_test(plan_graph_link_of_no_calls_is_nothing),
        cmocka_unit_test(plan_graph_link_says_that_the_arena_is_full),
        cmocka_unit_test(plan_graph_finds_a_ring_and_begins_it_with_its_first_call),
        cmocka_unit_test(plan_graph_goes_through_the_longest_chain_without_recursion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
