/* SPDX-License-Identifier: MIT */
/*
 * scene - a backend and a gateway as real processes on free ports, for one end-to-end test.
 *
 *     scene_start_backend(scene, OPTIONS("--delay=300ms"));
 *     scene_start_gateway(scene, OPTIONS("--mode=sync"));
 *     … client_fetch(scene->gateway_port, "/task1", &answer) …
 *     scene_test(name_of_the_test)        in the table of tests
 *
 * After the test both are sent SIGTERM and must exit with 0, which under a sanitizer also says that they leaked
 * nothing.
 */
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "tests/support/client.h"
#include "tests/support/process.h"

struct scene {
    struct process backend;
    struct process gateway;
    uint16_t backend_port;
    uint16_t gateway_port;
    uint16_t admin_port;
};

#define OPTIONS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Besides the options: --listen with a free port. */
void scene_start_backend(struct scene *scene, const char *const *options);
/* Besides the options: --listen and --admin with free ports, and --backend with scene->backend_port. */
void scene_start_gateway(struct scene *scene, const char *const *options);
void scene_start(struct scene *scene, const char *const *backend_options, const char *const *gateway_options);
/* Stops both, the gateway first; both must exit with 0. */
void scene_stop(struct scene *scene);

/* For cmocka: *state is the scene. */
int scene_setup(void **state);
int scene_teardown(void **state);
#define scene_test(test) cmocka_unit_test_setup_teardown(test, scene_setup, scene_teardown)

/* That something took as long as theory says, give or take a busy machine of two cores (fair_time). */
void assert_took(uint64_t elapsed_ms, uint64_t theory_ms);
/* That lines with these parts (NULL-terminated) stand in a process's output in this order. */
void assert_order(struct process *process, const char *const *parts);
/* That the text as a whole is of the form of an extended regular expression with ^ and $. */
void assert_matches(struct str text, const char *expression);
/* The answer's body, which must be JSON; to be freed with cJSON_Delete(). */
cJSON *answer_json(const struct answer *answer);
/* The text of a member; "" if there is none. */
const char *json_text(const cJSON *object, const char *name);
/* That it is a problem document with this status and this `error`. */
void assert_problem(const struct answer *answer, int status, const char *error);
/* A number that the admin listener's /metrics has behind that name (with its labels, if it has any); 0: it is not
 * there.
 */
uint64_t scene_metric(uint16_t admin_port, const char *name);
/* A port on which nothing listens, and that is kept free for as long as the test program runs. */
uint16_t scene_closed_port(void);

#endif
