/* SPDX-License-Identifier: MIT */
#include "lab/stage.h"

#include "tests/support/unit.h"
#include "tests/unit/lab/program_folder.h"
#include <signal.h>

/* A folder with programs that are shell scripts, and a stage that plays with them. */
struct theatre {
    struct program_folder folder;
    struct stage stage;
};

static void open_theatre(struct theatre *theatre, const char *backend, const char *gateway)
{
    struct error error;

    program_folder_open(&theatre->folder);
    program_folder_write(&theatre->folder, "backend", backend);
    program_folder_write(&theatre->folder, "gateway", gateway);
    const struct stage_config config = {
        .own_path = theatre->folder.own_path,
        .environment = program_folder_environment(),
        .delay_us = 250000,
        .deadline_us = 60000000,
        .threads = 4,
        .blocking = "task1",
        .log_format = LOG_TEXT,
    };
    assert_int_equal(stage_init(&theatre->stage, &config, &error), 0);
}

static void close_theatre(struct theatre *theatre)
{
    stage_clear(&theatre->stage);
    program_folder_close(&theatre->folder);
}

static void stage_starts_both_programs_with_what_they_need(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };
    struct url gateway;
    char seen[1024] = "";

    (void)state;
    open_theatre(&theatre, PROGRAM_READY, "echo \"$@\" > \"$0.log\"; " PROGRAM_READY);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), 0);
    assert_int_equal(stage_start_gateway(&theatre.stage, MODE_THREADS, &gateway, &error), 0);

    assert_string_equal(theatre.stage.backend.url.authority, "127.0.0.1:1234");
    assert_int_equal(gateway.port, 1234);
    assert_int_equal(stage_check(&theatre.stage, &error), 0);
    program_folder_read(&theatre.folder, "gateway.log", seen, sizeof seen);
    assert_string_equal(seen, "--listen=127.0.0.1:0 --log-format=text --admin=127.0.0.1:0 --mode=threads "
                              "--backend=http://127.0.0.1:1234 --threads=4 --blocking=task1 --deadline=1m\n");
    close_theatre(&theatre);
}

static void stage_tells_why_a_program_did_not_get_ready(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, "echo 'backend: the port is in use' >&2; exit 1", PROGRAM_READY);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_string_equal(error.text, "the backend ended before it was ready: backend: the port is in use");
    close_theatre(&theatre);
}

static void stage_names_a_program_that_is_missing(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, PROGRAM_READY, PROGRAM_READY);
    program_folder_remove(&theatre.folder, "backend");

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_non_null(strstr(error.text, theatre.folder.path));
    assert_non_null(strstr(error.text, "No such file or directory"));
    close_theatre(&theatre);
}

static void stage_notices_that_a_program_has_ended(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, "echo 'listening on 127.0.0.1:1234'; echo 'out of luck' >&2; exit 1", PROGRAM_READY);
    assert_int_equal(stage_start_backend(&theatre.stage, &error), 0);

    while (theatre.stage.backend.child.output >= 0) {
        struct pollfd descriptors[STAGE_DESCRIPTORS];
        stage_descriptors(&theatre.stage, descriptors);
        assert_true(poll(descriptors, STAGE_DESCRIPTORS, 20000) > 0);
        assert_true(stage_serve(&theatre.stage));
    }

    assert_int_equal(stage_check(&theatre.stage, &error), -1);
    assert_string_equal(error.text, "the backend ended while it was in use: out of luck");
    close_theatre(&theatre);
}

static void stage_is_interrupted_by_a_signal_while_it_waits(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, "exec sleep 60", PROGRAM_READY);
    assert_int_equal(raise(SIGINT), 0);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_true(theatre.stage.interrupt.was_seen);
    close_theatre(&theatre);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_starts_both_programs_with_what_they_need),
        cmocka_unit_test(stage_tells_why_a_program_did_not_get_ready),
        cmocka_unit_test(stage_names_a_program_that_is_missing),
        cmocka_unit_test(stage_notices_that_a_program_has_ended),
        cmocka_unit_test(stage_is_interrupted_by_a_signal_while_it_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
