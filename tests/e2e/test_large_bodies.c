/* SPDX-License-Identifier: MIT */
/*
 * Bodies of a megabyte, which are received where they stay and sent from there: they arrive byte for byte, among others
 * and on kept connections, and their memory is used again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] = "{'blocking': 'a', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
                             " {'path': '/one', 'calls': {'a': {'backend': 'b', 'path': '/x?bytes=1048576'}}},"
                             " {'path': '/among', 'calls': {"
                             "   'front': {'backend': 'b', 'path': '/small'},"
                             "   'a': {'backend': 'b', 'path': '/x?bytes=700000'},"
                             "   'middle': {'backend': 'b', 'path': '/small'},"
                             "   'b': {'backend': 'b', 'path': '/x?bytes=65537'},"
                             "   'list': {'backend': 'b', 'path': '/x?bytes=200000', 'each': '{front}'},"
                             "   'text': {'backend': 'b', 'path': '/x?bytes=100000', 'as': 'text'},"
                             "   'lost': {'backend': 'b', 'path': '/x?status=500', 'required': false}}},"
                             " {'path': '/passed', 'pass': true, 'calls': {"
                             "   'a': {'backend': 'b', 'path': '/x?bytes=1048576'}}}]}";

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/small': [1, 2]}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);
}

/* What the backend answers to it. */
static void fetch(struct config_scene *scene, const char *target, struct answer *answer)
{
    client_fetch(scene->backend_ports[0], target, answer);
    assert_int_equal(answer->status, 200);
}

static void add(struct buf *text, const char *front, const struct answer *body)
{
    (void)buf_add_text(text, front);
    (void)buf_add_str(text, answer_body(body));
}

static void assert_body(const char *mode, const struct answer *answer, struct str expected)
{
    assert_case(mode, answer->status == 200 && answer->is_complete);
    assert_case(mode, str_equal(answer_body(answer), expected));
}

/* Twice on the same connection: a backend's connection that was kept carries them as well. */
static void assert_twice(struct config_scene *scene, const char *mode, const char *target, struct str expected)
{
    struct client client;
    char fields[64];

    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    client_open(&client, scene->gateway_port);
    for (int i = 0; i < 2; i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_request(&client, "GET", target, fields, NULL);
        client_read(&client, &answer);
        assert_body(mode, &answer, expected);
    }
    client_close(&client);
}

static void a_body_of_a_megabyte_arrives_byte_for_byte_in_every_mode(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer body = ANSWER_NONE;
    cleanup_buf struct buf expected;
    start(scene);
    buf_init(&expected, SIZE_MAX);
    fetch(scene, "/x?bytes=1048576", &body);
    add(&expected, "{\"a\":", &body);
    (void)buf_add_text(&expected, "}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        assert_twice(scene, *mode, "/one", buf_view(&expected));
        assert_twice(scene, *mode, "/passed", answer_body(&body));
    }
}

static void long_bodies_keep_their_places_among_short_ones_and_lists(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer a = ANSWER_NONE;
    cleanup_answer struct answer b = ANSWER_NONE;
    cleanup_answer struct answer element = ANSWER_NONE;
    cleanup_answer struct answer text = ANSWER_NONE;
    cleanup_buf struct buf expected;
    start(scene);
    buf_init(&expected, SIZE_MAX);
    fetch(scene, "/x?bytes=700000", &a);
    fetch(scene, "/x?bytes=65537", &b);
    fetch(scene, "/x?bytes=200000", &element);
    fetch(scene, "/x?bytes=100000", &text);
    add(&expected, "{\"front\":[1, 2],\"a\":", &a);
    add(&expected, ",\"middle\":[1, 2],\"b\":", &b);
    add(&expected, ",\"list\":[", &element);
    add(&expected, ",", &element);
    (void)buf_add_text(&expected, "],\"text\":");
    (void)buf_add_json_string(&expected, answer_body(&text));
    (void)buf_add_text(&expected, ",\"lost\":null,\"_errors\":[");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        config_scene_get(scene, *mode, "/among", &answer);
        assert_case(*mode, answer_body(&answer).length > expected.length);
        answer.body.length = expected.length; /* how long the lost call took is another matter */
        assert_body(*mode, &answer, buf_view(&expected));
    }
}

/* ---- memory ---- */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

enum { ROUNDS = 20, AT_ONCE = 6 /* within what is kept */, PAGES_OF_A_BODY = 256 };

/* Pages that the kernel had to find for it. */
static uint64_t count_faults(const struct process *process)
{
    char path[64];
    char text[1024];

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    const char *field = strrchr(text, ')'); /* behind the name, which may hold anything: minflt is the eighth */
    for (int i = 0; field != NULL && i < 8; i++) {
        field = strchr(field + 1, ' ');
    }
    if (field == NULL) {
        fail_msg("no faults are told of: %s", text);
        return 0;
    }
    return strtoull(field, NULL, 10);
}

static void ask_at_once(struct config_scene *scene, const char *mode)
{
    struct client clients[AT_ONCE];
    struct answer answers[AT_ONCE];
    char fields[64];

    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    for (size_t i = 0; i < AT_ONCE; i++) {
        answer_init(&answers[i]);
        client_open(&clients[i], scene->gateway_port);
        client_request(&clients[i], "GET", "/one", fields, NULL);
    }
    client_read_all(clients, answers, AT_ONCE);
    for (size_t i = 0; i < AT_ONCE; i++) {
        assert_int_equal(answers[i].status, 200);
        answer_clear(&answers[i]);
        client_close(&clients[i]);
    }
}

static void memory_for_large_bodies_is_used_again(void **state)
{
    struct config_scene *scene = *state;
    static const char *const modes[] = { "async", "wire" };
    start(scene);

    for (size_t i = 0; i < array_length(modes); i++) {
        uint64_t before = 0;
        for (int round = 0; round < 2 * ROUNDS; round++) {
            ask_at_once(scene, modes[i]);
            before = round + 1 == ROUNDS ? count_faults(&scene->gateway) : before;
        }

        uint64_t faults = count_faults(&scene->gateway) - before;

        print_message("%s: %llu pages for a body\n", modes[i], (unsigned long long)faults / (ROUNDS * AT_ONCE));
        assert_case(modes[i], faults < (uint64_t)ROUNDS * AT_ONCE * PAGES_OF_A_BODY / 2);
    }
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(a_body_of_a_megabyte_arrives_byte_for_byte_in_every_mode),
        config_scene_test(long_bodies_keep_their_places_among_short_ones_and_lists),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        config_scene_test(memory_for_large_bodies_is_used_again),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
