/* SPDX-License-Identifier: MIT */
/*
 * config_scene - backends with files of answers, and a gateway with a configuration file, as real processes on free
 * ports.
 *
 *     (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/users/7': {'id': 7}}");
 *     config_scene_start(scene, OPTIONS("--threads=4"),
 *                        "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': […]}");
 *     config_scene_get(scene, "threads", "/users/7", &answer);
 *     assert_answer(&answer, 200, "{'user':{'id':7}}");
 *     cJSON *done = config_scene_account(scene);          … of that request, from the gateway's log
 *
 * In all JSON that these functions take, ' stands for ", and in a configuration @0 to @9 for the address of that
 * backend,
 * @p for the port of the first one, @x for an address where nobody listens. Both programs log JSON. The gateway is
 * started with --allow-mode-override unless told otherwise, and each request has an id of its own, so that both sides'
 * lines of it can be found.
 *
 * After the test all are sent SIGTERM and must exit with 0.
 */
#ifndef TESTS_SUPPORT_CONFIG_SCENE_H
#define TESTS_SUPPORT_CONFIG_SCENE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/support/client.h"
#include "tests/support/process.h"
#include "tests/support/scene.h"

enum { CONFIG_SCENE_BACKENDS = 4 };

struct config_scene {
    struct process backends[CONFIG_SCENE_BACKENDS];
    uint16_t backend_ports[CONFIG_SCENE_BACKENDS]; /* a test may set one to a port of its own, and backend_count */
    size_t backend_count;
    struct process gateway;
    uint16_t gateway_port;
    uint16_t admin_port;
    bool forbids_mode_override; /* started without --allow-mode-override */
    unsigned request_count;
    char request_id[16]; /* of the last request */
};

extern const char *const config_scene_modes[]; /* NULL-terminated */

/* Besides the options: --listen with a free port, and --answers with these (NULL: none). Its index. */
size_t config_scene_add_backend(struct config_scene *scene, const char *const *options, const char *answers);
/* One that the test plays itself. */
size_t config_scene_add_port(struct config_scene *scene, uint16_t port);
/* Besides the options: --listen, --admin and --config. */
void config_scene_start(struct config_scene *scene, const char *const *options, const char *config);
/* The text of a configuration: with " for ', and addresses for @0 to @9 and @x. Adds to *text. */
void config_scene_render(const struct config_scene *scene, const char *config, struct buf *text);
/* Stops the gateway alone; it must exit with 0. */
void config_scene_stop_gateway(struct config_scene *scene);

/* On a connection of its own, with a new request id, and with Fanlight-Mode (NULL: without). */
void config_scene_get(struct config_scene *scene, const char *mode, const char *target, struct answer *answer);
void config_scene_ask(struct config_scene *scene, const char *mode, const char *method, const char *target,
                      const char *fields, const char *body, struct answer *answer);
/* Sends it on a connection that is opened for it, to be read and closed by the test. */
void config_scene_send(struct config_scene *scene, const char *mode, const char *target, struct client *client);

/* The gateway's `done` event of the last request; of one with that id. Waits for it. To be freed with cJSON_Delete().
 */
cJSON *config_scene_account(struct config_scene *scene);
cJSON *config_scene_account_of(struct config_scene *scene, const char *request_id);
/* A program's events of that kind ("received", "done") that belong to the request, as an array, once there are at least
 * as many. To be freed. */
cJSON *process_events(struct process *process, const char *event, const char *request_id, size_t at_least);
/* How many there are now. */
size_t process_count_events(struct process *process, const char *event, const char *request_id);

/* That the first backend saw `count` requests for the last request, and that `cancelled_count` of them were cancelled.
 */
void assert_backend_saw(struct config_scene *scene, size_t cancelled_count, size_t count);

/* The account of a call; `index` -1: one without; fails the test if there is none. */
const cJSON *account_call(const cJSON *account, const char *name, int index);
/* A number; fails the test if it is null or missing. */
uint64_t json_number(const cJSON *object, const char *name);
bool json_is_null(const cJSON *object, const char *name);

/* Status, and the whole body with ' for ". */
void assert_answer(const struct answer *answer, int status, const char *body);
/* That a text is this one with ' for ". */
void assert_json_text(struct str text, const char *expected);
/* That the body is this one with ' for ", in which # stands for any number. */
void assert_answer_like(const struct answer *answer, int status, const char *pattern);

int config_scene_setup(void **state);
int config_scene_teardown(void **state);
#define config_scene_test(test) cmocka_unit_test_setup_teardown(test, config_scene_setup, config_scene_teardown)

#endif
