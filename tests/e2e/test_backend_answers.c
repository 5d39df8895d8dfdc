/* SPDX-License-Identifier: MIT */
/*
 * The backend with a file of answers.
 */
#include "tests/support/scene.h"
#include "tests/support/unit.h"

#define SUCCESS "{\"message\":\"success\"}"

struct draft {
    char path[64];
    char option[96];
};

static void draft_write(struct draft *draft, const char *text)
{
    (void)snprintf(draft->path, sizeof draft->path, "/tmp/fanlight-answers-XXXXXX");
    int descriptor = mkstemp(draft->path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(descriptor);
    (void)snprintf(draft->option, sizeof draft->option, "--answers=%s", draft->path);
}

#define ADA "{\"id\": 9007199254740993, \"price\": 1.10,\n  \"name\": \"Ada\"}"

static const struct {
    const char *name; /* the target */
    const char *method;
    int status;
    const char *body; /* NULL: not looked at */
} answer_cases[] = {
    { "/users/7", "GET", 200, ADA },
    { "/users/7", "POST", 200, ADA },
    { "/users/7?page=2", "GET", 200, ADA },
    { "/users/7?status=503", "GET", 503, ADA },
    { "/users/7?status=204", "GET", 204, "" },
    { "/users/7?bytes=3", "GET", 200, "\"x\"" },
    { "/users/7?echo=1", "GET", 200, NULL },
    { "/users/7?fault=bad-json", "GET", 200, "{\"message\":\"success\"" },
    { "/users/7?fault=reset", "GET", 0, NULL },
    { "/users/8", "GET", 200, SUCCESS },
    { "/users/77", "GET", 200, SUCCESS },
    { "/items/1", "GET", 200, "1" },
    { "/items/1/x", "GET", 200, "[ ]" },
    { "/hello", "GET", 200, "Hello world" },
    { "/healthz", "GET", 200, "{\"status\":\"ok\"}" },
    { "/users/7?fault=close-next", "GET", 200, ADA },
};

static void answers_are_given_where_the_file_has_them_and_knobs_win(void **state)
{
    struct scene *scene = *state;
    struct draft draft;
    draft_write(&draft, "{\"/users/7\": " ADA ",\n\"/items/*\": [ ], \"/items/1\": 1, \"/hello\": 2, \"/healthz\": 3}");
    scene_start_backend(scene, OPTIONS("--delay=0ms", draft.option));
    (void)unlink(draft.path); /* it was read once, at start */

    for (size_t i = 0; i < array_length(answer_cases); i++) {
        struct client client;
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_open(&client, scene->backend_port);

        client_request(&client, answer_cases[i].method, answer_cases[i].name, "", NULL);
        client_read(&client, &answer);

        assert_case(answer_cases[i].name, answer.status == answer_cases[i].status);
        if (answer_cases[i].body != NULL) {
            assert_text(answer_body(&answer), answer_cases[i].body);
        }
        client_close(&client);
    }
}

static void answers_wait_the_delay_like_all_others(void **state)
{
    struct scene *scene = *state;
    struct client client;
    struct draft draft;
    cleanup_answer struct answer answer = ANSWER_NONE;
    draft_write(&draft, "{\"/*\": [1, 2]}");
    scene_start_backend(scene, OPTIONS("--delay=300ms", draft.option));
    (void)unlink(draft.path);
    client_open(&client, scene->backend_port);

    client_get(&client, "/any");
    client_read(&client, &answer);
    assert_text(answer_body(&answer), "[1, 2]");
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
    assert_took(answer.elapsed_ms, 300);
    client_request(&client, "HEAD", "/any?delay=0ms", "", NULL);
    client_read(&client, &answer);

    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Content-Length"), "6");
    client_close(&client);
}

static const struct {
    const char *name; /* the file's text */
    const char *sentence;
} bad_answers[] = {
    { "{\"/a\": 1,\n \"/b\": }", ":2:8: not JSON" },
    { "[]", ":1:1: expected an object" },
    { "{\"a\": 1}", ":1:2: \"a\" is no path" },
    { "{\"/a\": 1,\n \"/a\": 1}", ":2:2: \"/a\" stands twice" },
};

static void a_bad_file_of_answers_is_one_line_and_exit_code_2(void **state)
{
    struct scene *scene = *state;

    for (size_t i = 0; i <= array_length(bad_answers); i++) {
        struct draft draft;
        bool is_missing = i == array_length(bad_answers);
        const char *sentence = is_missing ? "\": No such file or directory" : bad_answers[i].sentence;
        draft_write(&draft, is_missing ? "" : bad_answers[i].name);
        if (is_missing) {
            (void)unlink(draft.path);
        }
        process_start(&scene->backend, "backend", OPTIONS("--listen=127.0.0.1:0", draft.option));

        int exit_code = process_wait(&scene->backend);

        cleanup_free char *errors = process_errors(&scene->backend);
        char *place = strstr(errors, draft.path);
        (void)unlink(draft.path);
        assert_case(sentence, exit_code == 2);
        assert_case(sentence,
                    strncmp(errors, "backend: ", 9) == 0 && strchr(errors, '\n') == errors + strlen(errors) - 1);
        assert_case(sentence, place != NULL && strncmp(place + strlen(draft.path), sentence, strlen(sentence)) == 0);
        assert_int_equal(process_count_lines(&scene->backend, "listening on "), 0);
        process_clear(&scene->backend);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(answers_are_given_where_the_file_has_them_and_knobs_win),
        scene_test(answers_wait_the_delay_like_all_others),
        scene_test(a_bad_file_of_answers_is_one_line_and_exit_code_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
