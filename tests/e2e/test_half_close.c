/* SPDX-License-Identifier: MIT */
/*
 * A client that closes its sending half behind its requests: with calls under way it counts as gone, as with nginx;
 * what is answered without waiting for anybody is answered.
 */
#include <stdio.h>

#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

enum { SEES_END_MS = 10000, REQUESTS_AT_MOST = 2 };

static const char config[] =
    "{'deadline': '100s', 'backends': {'b': {'servers': ['http://@0'], 'timeout': '90s'}},"
    " 'routes': [{'path': '/hello', 'respond': {'text': 'Hello world'}},"
    "            {'path': '/slow', 'calls': {'res': {'backend': 'b', 'path': '/x?delay=60s'}}},"
    "            {'path': '/brief', 'calls': {'res': {'backend': 'b', 'path': '/x?delay=50ms'}}}]}";

enum moment { AT_ONCE, DURING_THE_CALL };

static const struct {
    const char *name;
    const char *targets[REQUESTS_AT_MOST]; /* pipelined */
    enum moment moment;
    size_t answered;  /* of the first ones, with 200 */
    const char *gone; /* the target of the one that ends with 499; NULL: none */
} cases[] = {
    { "a call", { "/slow" }, AT_ONCE, 0, "/slow" },
    { "a call that has begun", { "/slow" }, DURING_THE_CALL, 0, "/slow" },
    { "no call", { "/hello" }, AT_ONCE, 1, NULL },
    { "twice no call", { "/hello", "/hello" }, AT_ONCE, 2, NULL },
    { "no call, and then one", { "/hello", "/slow" }, AT_ONCE, 1, "/slow" },
    { "no call, and then one that has begun", { "/hello", "/slow" }, DURING_THE_CALL, 1, "/slow" },
    { "a call, and behind it none", { "/slow", "/hello" }, AT_ONCE, 0, "/slow" },
    { "a call that has begun, and behind it none", { "/slow", "/hello" }, DURING_THE_CALL, 0, "/slow" },
    { "two calls, the first has begun", { "/slow", "/slow" }, DURING_THE_CALL, 0, "/slow" },
};

/* Those that see it while a call runs. */
static const char *const modes[] = { "async", "wire", "threads", "mixed" };

/* Their ids are `name`-0 and `name`-1. Returns how many. */
static size_t send_pipelined(struct client *client, const char *const targets[REQUESTS_AT_MOST], const char *mode,
                             const char *name)
{
    cleanup_buf struct buf requests;
    size_t count = 0;

    buf_init(&requests, 4096);
    for (; count < REQUESTS_AT_MOST && targets[count] != NULL; count++) {
        (void)buf_add_format(&requests, "GET %s HTTP/1.1\r\nHost: a\r\nX-Request-Id: %s-%zu\r\n", targets[count], name,
                             count);
        (void)buf_add_format(&requests, "Fanlight-Mode: %s\r\n\r\n", mode);
    }
    assert_false(requests.failed);
    client_send_bytes(client, requests.base, requests.length);
    return count;
}

static void read_answers(struct client *client, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(client, &answer);
        assert_case(name, answer.status == 200 && answer.is_complete);
    }
}

static void check(struct config_scene *scene, size_t index, const char *mode)
{
    struct client client;
    char name[32];
    char gone_id[64];
    (void)snprintf(name, sizeof name, "%s.%zu", mode, index);
    (void)snprintf(gone_id, sizeof gone_id, "%s-%zu", name, cases[index].answered);
    client_open(&client, scene->gateway_port);
    size_t count = send_pipelined(&client, cases[index].targets, mode, name);
    if (cases[index].moment == DURING_THE_CALL) {
        cJSON_Delete(process_events(&scene->backends[0], "received", gone_id, 1));
    }

    client_shut(&client);
    read_answers(&client, cases[index].answered, cases[index].name);

    if (cases[index].gone != NULL) {
        assert_case(cases[index].name, client_sees_end(&client, SEES_END_MS));
        cJSON *account = config_scene_account_of(scene, gone_id);
        assert_case(cases[index].name, json_number(account, "status") == 499);
        assert_string_equal(json_text(account, "target"), cases[index].gone);
        cJSON_Delete(account);
    }
    for (size_t i = cases[index].answered + 1; i < count; i++) {
        char next_id[64];
        (void)snprintf(next_id, sizeof next_id, "%s-%zu", name, i);
        assert_int_equal(process_count_events(&scene->gateway, "received", next_id), 0);
    }
    client_close(&client);
}

static void a_client_that_half_closes_behind_its_requests_is_gone_for_calls_only(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=8", "--workers=1"), config);

    for (size_t i = 0; i < array_length(cases); i++) {
        for (size_t j = 0; j < array_length(modes); j++) {
            check(scene, i, modes[j]);
        }
    }
}

static const char *const brief_targets[REQUESTS_AT_MOST] = { "/brief", "/hello" };

/* It sees nothing while it blocks, and finds the client waiting for its answer. */
static void sync_answers_a_client_that_half_closed(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--workers=1"), config);

    for (int moment = AT_ONCE; moment <= DURING_THE_CALL; moment++) {
        struct client client;
        client_open(&client, scene->gateway_port);
        const char *name = moment == AT_ONCE ? "once" : "during";
        size_t count = send_pipelined(&client, brief_targets, "sync", name);
        if (moment == DURING_THE_CALL) {
            char first_id[16];
            (void)snprintf(first_id, sizeof first_id, "%s-0", name);
            cJSON_Delete(process_events(&scene->backends[0], "received", first_id, 1));
        }

        client_shut(&client);

        read_answers(&client, count, name);
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_client_that_half_closes_behind_its_requests_is_gone_for_calls_only),
        config_scene_test(sync_answers_a_client_that_half_closed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
