/* SPDX-License-Identifier: MIT */
#include "tests/integration/serve_bench.h"

#include <stdio.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { SCRIPT_BYTES = 16 * 1024, PAUSE_US = 2000 };

int serve_bench_setup(void **state)
{
    struct serve_bench *bench = calloc(1, sizeof *bench);
    const struct log_options options = { .format = LOG_TEXT, .level = LOG_INFO };

    assert_non_null(bench);
    program_folder_open(&bench->folder);
    bench->log_descriptor = memfd_create("log", MFD_CLOEXEC);
    log_sink_init(&bench->sink, bench->log_descriptor, &options);
    log_init(&bench->log, &bench->sink);
    *state = bench;
    return 0;
}

/* Children die with the thread that started them: it starts and ends them all. */
static void *run(void *context)
{
    struct serve_bench *bench = context;
    const struct serve_config config = {
        .listen = { .host = "127.0.0.1" },
        .log = &bench->log,
        .environment = program_folder_environment(),
        .own_path = bench->folder.own_path,
    };
    char address[64];

    bench->has_failed = serve_open(&bench->serve, bench->loop, &config, &bench->error) < 0;
    if (!bench->has_failed) {
        serve_format_address(&bench->serve, address, sizeof address);
        bench->port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
    }
    gate_open(&bench->ready);
    if (!bench->has_failed) {
        (void)loop_run(bench->loop);
        serve_close(&bench->serve);
    }
    return NULL;
}

void serve_bench_start(struct serve_bench *bench, const char *script)
{
    char text[SCRIPT_BYTES];

    assert_true(
        snprintf(text, sizeof text,
                 "FOLDER='%s'; count=0\n"
                 "wait_for_test() { count=$((count+1)); until [ -e \"$FOLDER/go.$count\" ]; do sleep 0.01; done; }\n"
                 "%s",
                 bench->folder.path, script) < (int)sizeof text);
    program_folder_write(&bench->folder, "lab", text);
    gate_init(&bench->ready);
    bench->loop = loop_new();
    assert_non_null(bench->loop);
    assert_int_equal(pthread_create(&bench->thread, NULL, run, bench), 0);
    bench->is_running = true;
    assert_true(gate_wait(&bench->ready, TEST_PATIENCE_MS));
    if (bench->has_failed) { /* the thread has ended */
        fail_msg("%s", bench->error.text);
    }
}

void serve_bench_stop(struct serve_bench *bench)
{
    if (bench->is_running) {
        loop_stop(bench->loop);
        (void)pthread_join(bench->thread, NULL);
        loop_free(bench->loop);
        gate_clear(&bench->ready);
        log_flush(&bench->log);
        bench->is_running = false;
    }
}

int serve_bench_teardown(void **state)
{
    struct serve_bench *bench = *state;

    serve_bench_stop(bench);
    log_clear(&bench->log);
    log_sink_clear(&bench->sink);
    (void)close(bench->log_descriptor);
    program_folder_close(&bench->folder);
    free(bench);
    return 0;
}

void serve_bench_go_on(struct serve_bench *bench)
{
    char name[32];

    bench->go_count++;
    (void)snprintf(name, sizeof name, "go.%u", bench->go_count);
    program_folder_write(&bench->folder, name, "");
}

int serve_bench_post(const struct serve_bench *bench, const char *target, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    page_post(bench->port, target, body, &answer);
    return answer.status;
}

void serve_bench_wait_for_file(const struct serve_bench *bench, const char *name, char *text, size_t size)
{
    uint64_t start_us = clock_monotonic_us();
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", bench->folder.path, name);
    while (access(path, R_OK) < 0) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("%s is never written", name);
        }
        (void)usleep(PAUSE_US);
    }
    program_folder_read(&bench->folder, name, text, size);
}

char *serve_bench_log(const struct serve_bench *bench)
{
    off_t size = lseek(bench->log_descriptor, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);

    assert_non_null(text);
    assert_true(pread(bench->log_descriptor, text, (size_t)size, 0) == size);
    return text;
}
