/* SPDX-License-Identifier: MIT */
/*
 * The bodies of one request are bounded together while they come, and not only once they are whole: a backend that
 * begins long answers and never ends them holds no more than limits.answer_bytes.
 */
#include "tests/support/config_scene.h"
#include "tests/support/gate.h"
#include "tests/support/metrics_page.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

/* Two whole ones are too much, and so are the fronts of two; one is not. */
enum { BODY_BYTES = 300000, FRONT_BYTES = 200000 };

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"

static const char config[] = "{'limits': {'answer_bytes': 393216},"
                             " 'backends': {'b': {'servers': ['http://@0'], 'timeout': '20s'}},"
                             " 'routes': [{'path': '/two', 'deadline': '20s', 'calls': {"
                             "   'first': {'backend': 'b', 'path': '/1', 'required': false},"
                             "   'second': {'backend': 'b', 'path': '/2', 'required': false}}}]}";

static const char in_flight[] = "fanlight_calls_in_flight{backend=\"b\"} ";

struct texts {
    char front[sizeof HEAD + FRONT_BYTES];
    char rest[BODY_BYTES - FRONT_BYTES + 1];
    char no_json[sizeof HEAD + BODY_BYTES];
    char whole[sizeof HEAD + BODY_BYTES];
};

/* One JSON string. */
static void write_texts(struct texts *texts)
{
    char *body = texts->whole + sizeof HEAD - 1;

    memset(texts, 0, sizeof *texts);
    memcpy(texts->whole, HEAD, sizeof HEAD - 1);
    memset(body, 'x', BODY_BYTES);
    memcpy(texts->no_json, texts->whole, sizeof HEAD - 1 + BODY_BYTES);
    body[0] = '"';
    body[BODY_BYTES - 1] = '"';
    memcpy(texts->front, texts->whole, sizeof HEAD - 1 + FRONT_BYTES);
    memcpy(texts->rest, body + FRONT_BYTES, BODY_BYTES - FRONT_BYTES);
}

static size_t count(const struct answer *answer, const char *text)
{
    struct str rest = buf_view(&answer->body);
    size_t found = 0;

    while (rest.length > 0) {
        const char *at = memmem(rest.base, rest.length, text, strlen(text));
        found += at != NULL ? 1 : 0;
        rest = at != NULL ? str_from(rest, (size_t)(at - rest.base) + strlen(text)) : STR("");
    }
    return found;
}

static void expect_one_of_two(const struct answer *answer, const char *mode, const char *error)
{
    if (answer->status != 200 || count(answer, "null") == 0 || count(answer, error) != 1 ||
        count(answer, "\"error\"") != 1 || answer->body.length < BODY_BYTES) {
        fail_msg("%s: %d, %zu bytes, %zu times %s", mode, answer->status, answer->body.length, count(answer, error),
                 error);
    }
}

/* Both are in the middle of their body when there is no room for more. */
static void bodies_that_have_only_begun_count_too(void **state)
{
    static const char *const modes[] = { "threads", "async", "wire" };
    static struct texts texts;
    struct config_scene *scene = *state;
    struct gate gate;
    write_texts(&texts);
    const struct scripted_step step = { .bytes = texts.front, .before_stray = &gate, .stray = texts.rest };

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        struct scripted_server *server = scripted_server_start(&step, 1);
        struct client client;
        gate_init(&gate);
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        config_scene_start(scene, OPTIONS("--threads=4"), config);

        config_scene_send(scene, modes[i], "/two", &client);
        scripted_server_wait_for_requests(server, 2);
        metrics_page_wait_for(scene->admin_port, in_flight, 1);
        gate_open(&gate);
        client_read(&client, &answer);

        expect_one_of_two(&answer, modes[i], "http_response_body_size");
        client_close(&client);
        config_scene_stop_gateway(scene);
        scripted_server_stop(server);
        gate_clear(&gate);
    }
}

/* One after the other. */
static void what_a_failed_call_held_is_free_for_the_next(void **state)
{
    static struct texts texts;
    cleanup_answer struct answer answer = ANSWER_NONE;
    struct config_scene *scene = *state;
    write_texts(&texts);
    const struct scripted_step steps[] = { { .bytes = texts.no_json }, { .bytes = texts.whole } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    (void)config_scene_add_port(scene, scripted_server_port(server));
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    config_scene_get(scene, "sync", "/two", &answer);

    expect_one_of_two(&answer, "sync", "invalid_json");
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(bodies_that_have_only_begun_count_too),
        config_scene_test(what_a_failed_call_held_is_free_for_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
