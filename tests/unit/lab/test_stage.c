/* SPDX-License-Identifier: MIT */
#include "lab/stage.h"

#include <signal.h>
#include <sys/stat.h>

#include "tests/support/unit.h"

/* A folder with programs that are shell scripts, and a stage that plays with them. */
struct theatre {
    char folder[64];
    char own_path[128];
    struct stage stage;
};

static void write_program(const struct theatre *theatre, const char *name, const char *script)
{
    char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", theatre->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fprintf(file, "#!/bin/sh\n%s\n", script);
    (void)fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

static void open_theatre(struct theatre *theatre, const char *backend, const char *gateway)
{
    static char *const environment[] = { (char *)(uintptr_t) "PATH=/usr/bin:/bin", NULL };
    struct error error;

    *theatre = (struct theatre){ .folder = "/tmp/fanlight-stage-XXXXXX" };
    assert_non_null(mkdtemp(theatre->folder));
    (void)snprintf(theatre->own_path, sizeof theatre->own_path, "%s/lab", theatre->folder);
    write_program(theatre, "backend", backend);
    write_program(theatre, "gateway", gateway);
    const struct stage_config config = {
        .own_path = theatre->own_path,
        .environment = environment,
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
    char path[256];

    stage_clear(&theatre->stage);
    (void)snprintf(path, sizeof path, "%s/backend", theatre->folder);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/gateway", theatre->folder);
    (void)unlink(path);
    assert_int_equal(rmdir(theatre->folder), 0);
}

static void stage_finds_programs_beside_its_own(void **state)
{
    static const struct {
        const char *own_path, *expected;
    } rows[] = {
        { "/opt/build/bin/lab", "/opt/build/bin/gateway" },
        { "/usr/bin/fanlight-lab", "/usr/bin/fanlight-gateway" },
        { "/opt/fanlight-1/lab", "/opt/fanlight-1/gateway" },
        { "lab", "gateway" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char path[256];

        stage_program_path(rows[i].own_path, "gateway", path, sizeof path);

        assert_string_equal(path, rows[i].expected);
    }
}

static void stage_reads_the_address_from_the_ready_line_only(void **state)
{
    static const struct {
        const char *line;
        const char *expected; /* NULL: none */
    } rows[] = {
        { "2024-04-20 07:59:04,569 - listening on 127.0.0.1:8080", "127.0.0.1:8080" },
        { "2024-04-20 07:59:04,569 - listening on [::1]:8080", "[::1]:8080" },
        { "{\"event\":\"log\",\"message\":\"listening on 127.0.0.1:8080\"}", "127.0.0.1:8080" },
        { "2024-04-20 07:59:04,569 - admin on 127.0.0.1:9901", NULL },
        { "2024-04-20 07:59:04,569 - listening on nothing", NULL },
        { "listening on ", NULL },
        { "", NULL },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct url url = { .port = 0 };

        int status = stage_read_address(str_of(rows[i].line), &url);

        assert_case(rows[i].line, (status == 0) == (rows[i].expected != NULL));
        assert_case(rows[i].line, str_equal(str_of(url.authority), str_of(rows[i].expected)));
    }
}

/* Lets its arguments be seen as the "address": a script that listens nowhere. */
#define READY "echo 'starting'; echo \"- listening on 127.0.0.1:1234\"; exec sleep 60"

static void stage_starts_both_programs_with_what_they_need(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };
    struct url gateway;
    char log[256];
    char seen[1024] = "";

    (void)state;
    open_theatre(&theatre, READY, "echo \"$@\" > \"$0.log\"; " READY);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), 0);
    assert_int_equal(stage_start_gateway(&theatre.stage, MODE_THREADS, &gateway, &error), 0);

    assert_string_equal(theatre.stage.backend_url.authority, "127.0.0.1:1234");
    assert_int_equal(gateway.port, 1234);
    assert_int_equal(stage_check(&theatre.stage, &error), 0);
    (void)snprintf(log, sizeof log, "%s/gateway.log", theatre.folder);
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    assert_non_null(fgets(seen, sizeof seen, file));
    (void)fclose(file);
    (void)unlink(log);
    assert_string_equal(seen, "--listen=127.0.0.1:0 --log-format=text --admin=off --mode=threads "
                              "--backend=http://127.0.0.1:1234 --threads=4 --blocking=task1 --deadline=1m\n");
    close_theatre(&theatre);
}

static void stage_tells_why_a_program_did_not_get_ready(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, "echo 'backend: the port is in use' >&2; exit 1", READY);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_string_equal(error.text, "the backend ended before it was ready: backend: the port is in use");
    close_theatre(&theatre);
}

static void stage_names_a_program_that_is_missing(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };
    char path[256];

    (void)state;
    open_theatre(&theatre, READY, READY);
    (void)snprintf(path, sizeof path, "%s/backend", theatre.folder);
    (void)unlink(path);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_non_null(strstr(error.text, path));
    assert_non_null(strstr(error.text, "No such file or directory"));
    close_theatre(&theatre);
}

static void stage_notices_that_a_program_has_ended(void **state)
{
    struct theatre theatre;
    struct error error = { { '\0' } };

    (void)state;
    open_theatre(&theatre, "echo 'listening on 127.0.0.1:1234'; echo 'out of luck' >&2; exit 1", READY);
    assert_int_equal(stage_start_backend(&theatre.stage, &error), 0);

    while (theatre.stage.backend.output >= 0) {
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
    open_theatre(&theatre, "exec sleep 60", READY);
    assert_int_equal(raise(SIGINT), 0);

    assert_int_equal(stage_start_backend(&theatre.stage, &error), -1);

    assert_true(theatre.stage.is_interrupted);
    close_theatre(&theatre);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stage_finds_programs_beside_its_own),
        cmocka_unit_test(stage_reads_the_address_from_the_ready_line_only),
        cmocka_unit_test(stage_starts_both_programs_with_what_they_need),
        cmocka_unit_test(stage_tells_why_a_program_did_not_get_ready),
        cmocka_unit_test(stage_names_a_program_that_is_missing),
        cmocka_unit_test(stage_notices_that_a_program_has_ended),
        cmocka_unit_test(stage_is_interrupted_by_a_signal_while_it_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
