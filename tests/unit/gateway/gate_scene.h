/* SPDX-License-Identifier: MIT */
/*
 * gate_scene - a gate and some calls at it, for the tests of backend_gate.
 */
#ifndef TESTS_UNIT_GATEWAY_GATE_SCENE_H
#define TESTS_UNIT_GATEWAY_GATE_SCENE_H

#include <stdatomic.h>

#include "gateway/backend_gate.h"
#include "gateway/metrics.h"
#include "tests/support/unit.h"

enum { VISITORS = 8 };

struct scene;

/* One call at the gate: "a" is the first of a scene, "b" the second. */
struct visitor {
    struct scene *scene;
    struct gate_ticket ticket;
    void (*then)(struct visitor *visitor); /* when it is called in; NULL: it just stays */
};

struct scene {
    struct metrics_backend gauges;
    struct backend_gates gates;
    struct backend_gate *gate;
    struct visitor visitors[VISITORS];
    char called_in[4 * VISITORS]; /* in this order */
    size_t called_in_count;
};

static inline void on_place(void *context)
{
    struct visitor *visitor = context;
    struct scene *scene = visitor->scene;

    assert_false(visitor->ticket.is_waiting);
    assert_true(scene->called_in_count < sizeof scene->called_in - 1);
    scene->called_in[scene->called_in_count++] = (char)('a' + (visitor - scene->visitors));
    if (visitor->then != NULL) {
        visitor->then(visitor);
    }
}

static inline void open_scene(struct scene *scene, size_t in_flight, size_t queue)
{
    *scene = (struct scene){ .called_in_count = 0 };
    scene->gate = backend_gates_get(&scene->gates, STR("users"), &scene->gauges);
    assert_non_null(scene->gate);
    backend_gate_set_limits(scene->gate, in_flight, queue);
    for (size_t i = 0; i < VISITORS; i++) {
        scene->visitors[i].scene = scene;
        scene->visitors[i].ticket = (struct gate_ticket){ .on_place = on_place, .context = &scene->visitors[i] };
    }
}

static inline void close_scene(struct scene *scene)
{
    backend_gate_release(scene->gate);
}

static inline struct gate_ticket *ticket(struct scene *scene, char letter)
{
    return &scene->visitors[letter - 'a'].ticket;
}

static inline enum gate_verdict enter(struct scene *scene, char letter)
{
    return backend_gate_enter(scene->gate, ticket(scene, letter));
}

/* One after the other; all of them get the same verdict. */
static inline void enter_all(struct scene *scene, const char *letters, enum gate_verdict verdict)
{
    for (const char *letter = letters; *letter != '\0'; letter++) {
        if (enter(scene, *letter) != verdict) {
            fail_msg("%c of \"%s\" does not get verdict %d", *letter, letters, (int)verdict);
        }
    }
}

static inline void withdraw_all(struct scene *scene, const char *letters)
{
    for (const char *letter = letters; *letter != '\0'; letter++) {
        backend_gate_withdraw(scene->gate, ticket(scene, *letter));
    }
}

static inline void leave_and_admit(struct scene *scene, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        backend_gate_leave(scene->gate);
    }
    backend_gate_admit(scene->gate);
}

/* Who was called in so far. */
static inline void assert_called_in(const struct scene *scene, const char *letters)
{
    assert_string_equal(scene->called_in, letters);
}

static inline void assert_gauges(const struct scene *scene, unsigned in_flight, unsigned queued)
{
    assert_int_equal(atomic_load(&scene->gauges.in_flight), in_flight);
    assert_int_equal(atomic_load(&scene->gauges.queued), queued);
}

#endif
