/* SPDX-License-Identifier: MIT */
/*
 * What /metrics says, judged by Prometheus' own promtool (Debian's package prometheus). Without it the program ends
 * with 77, which ctest takes for skipped.
 */
#include "gateway/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { EXIT_SKIPPED = 77, TEXT_BYTES = 8 * 1024 * 1024 };

/* ---- promtool ---- */

/* Runs it with that as its standard input. Its exit code, and what it said in *ret_said; -errno: it cannot be run. */
static int run_promtool(const char *const *words, struct str input, struct buf *ret_said)
{
    int in = memfd_create("input", MFD_CLOEXEC);
    int out = memfd_create("output", MFD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    char *arguments[8] = { NULL };
    int status = 0;
    pid_t pid = 0;

    assert_true(in >= 0 && out >= 0);
    assert_int_equal(pwrite(in, input.base, input.length, 0), input.length);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO), 0);
    for (size_t i = 0; words[i] != NULL; i++) {
        arguments[i] = (char *)(uintptr_t)words[i];
    }
    int result = posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (result == 0) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        off_t length = lseek(out, 0, SEEK_END);
        char *room = buf_reserve(ret_said, (size_t)length);
        assert_true(room != NULL && pread(out, room, (size_t)length, 0) == length);
        ret_said->length += (size_t)length;
    }
    (void)close(in);
    (void)close(out);
    return result != 0 ? -result : WEXITSTATUS(status);
}

static int check_metrics(struct str text, struct buf *ret_said)
{
    return run_promtool((const char *const[]){ "promtool", "check", "metrics", NULL }, text, ret_said);
}

static void assert_approved(struct str text)
{
    cleanup_buf struct buf said;
    buf_init(&said, TEXT_BYTES);

    int result = check_metrics(text, &said);

    if (result != 0 || said.length > 0) {
        fail_msg("promtool, %d: %.*s", result, STR_ARGUMENTS(buf_view(&said)));
    }
}

static bool has_promtool(void)
{
    cleanup_buf struct buf said;
    buf_init(&said, TEXT_BYTES);

    return run_promtool((const char *const[]){ "promtool", "--version", NULL }, STR(""), &said) == 0;
}

/* ---- tests ---- */

static const char *const bad_texts[] = {
    "fanlight_without_help 1\n",
    "# HELP fanlight_a a\n# TYPE fanlight_a counter\nfanlight_a 1\n",
    "# HELP fanlight_a_total a\n# TYPE fanlight_a_total counter\nfanlight_a_total{a=\"b\"c\"} 1\n",
};

static void promtool_objects_to_what_is_wrong(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(bad_texts); i++) {
        cleanup_buf struct buf said;
        buf_init(&said, TEXT_BYTES);

        int result = check_metrics(str_of(bad_texts[i]), &said);

        assert_case(bad_texts[i], result > 0);
        assert_case(bad_texts[i], said.length > 0);
    }
}

static void promtool_approves_of_a_gateway_at_work(void **state)
{
    static const char *const targets[] = { "/hello", "/task1", "/fanout?n=5", "/fanout?n=0", "/task2?fault=reset" };
    struct scene *scene = *state;
    cleanup_answer struct answer idle = ANSWER_NONE;
    cleanup_answer struct answer busy = ANSWER_NONE;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--mode=async", "--workers=2"));

    client_fetch(scene->admin_port, "/metrics", &idle);
    for (size_t i = 0; i < array_length(targets); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_fetch(scene->gateway_port, targets[i], &answer);
    }
    client_fetch(scene->admin_port, "/metrics", &busy);

    assert_int_equal(idle.status, 200);
    assert_text(answer_header(&idle, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_approved(answer_body(&idle));
    assert_approved(answer_body(&busy));
}

static void promtool_approves_of_every_label_value(void **state)
{
    struct metrics *metrics = metrics_new();
    struct metrics_process process = { .version = "1\"2", .libraries = "a\\b\nc", .started_wall_us = 1 };
    cleanup_buf struct buf text;
    (void)state;
    assert_non_null(metrics);
    buf_init(&text, TEXT_BYTES);
    atomic_store(&process.config_loaded_wall_us, 1);

    for (unsigned byte = 0; byte < 256; byte++) {
        const char bytes[] = { 'a', (char)byte, '"', '\0', '}', (char)byte };
        struct str value = { bytes, byte % 2 == 0 ? sizeof bytes : 2 };
        metrics_count_request(metrics, &(struct metrics_request){ .route = value, .mode = value, .status = 200 });
        metrics_count_call(metrics, &(struct metrics_call){ .backend = value, .server = value, .error = value });
    }
    assert_int_equal(metrics_render(&metrics, 1, &process, &text), 0);

    assert_approved(buf_view(&text));
    metrics_free(metrics);
}

static void promtool_approves_of_as_many_series_as_there_can_be(void **state)
{
    struct metrics *metrics = metrics_new();
    struct metrics_process process = { .version = "" };
    cleanup_buf struct buf text;
    (void)state;
    assert_non_null(metrics);
    buf_init(&text, TEXT_BYTES);

    for (size_t i = 0; i < METRICS_SERIES + 1; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "/name/%zu", i);
        metrics_count_request(metrics, &(struct metrics_request){ .route = str_of(name), .status = 200 });
        metrics_count_call(metrics, &(struct metrics_call){ .backend = str_of(name), .attempts = 1 });
    }
    assert_int_equal(metrics_render(&metrics, 1, &process, &text), 0);

    assert_approved(buf_view(&text));
    metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promtool_objects_to_what_is_wrong),
        scene_test(promtool_approves_of_a_gateway_at_work),
        cmocka_unit_test(promtool_approves_of_every_label_value),
        cmocka_unit_test(promtool_approves_of_as_many_series_as_there_can_be),
    };

    if (!has_promtool()) {
        print_message("skipped: there is no promtool here; 'script/bootstrap slow' installs it\n");
        return EXIT_SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
