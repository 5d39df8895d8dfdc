/* SPDX-License-Identifier: MIT */
#include "lab/service.h"

#include <signal.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/program_folder.h"

/* A program that is a shell script, and the service that it is. */
struct scene {
    struct program_folder folder;
    struct service_place place;
    struct service service;
};

static void open_scene(struct scene *scene, const char *script)
{
    struct error error;

    *scene = (struct scene){ .service = { .title = "the gateway" } };
    program_folder_open(&scene->folder);
    program_folder_write(&scene->folder, "gateway", script);
    assert_int_equal(service_place_init(&scene->place, scene->folder.own_path, program_folder_environment(), &error),
                     0);
}

static void close_scene(struct scene *scene)
{
    service_stop(&scene->service, SERVICE_GRACE_US);
    program_folder_close(&scene->folder);
}

static int start(struct scene *scene, struct error *error)
{
    return service_start(&scene->service, &scene->place, "gateway", (const char *const[]){ "--a=1", "--b", NULL },
                         error);
}

static void service_finds_programs_beside_its_own(void **state)
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

        service_program_path(rows[i].own_path, "gateway", path, sizeof path);

        assert_string_equal(path, rows[i].expected);
    }
}

static void service_reads_the_address_from_the_ready_line_only(void **state)
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

        int status = service_read_address(str_of(rows[i].line), STR("listening on "), &url);

        assert_case(rows[i].line, (status == 0) == (rows[i].expected != NULL));
        assert_case(rows[i].line, str_equal(str_of(url.authority), str_of(rows[i].expected)));
    }
}

static void service_is_ready_when_it_says_where_it_listens(void **state)
{
    struct scene scene;
    struct error error = { { '\0' } };
    char seen[256];

    (void)state;
    open_scene(&scene, "echo \"$@\" > \"$0.log\"; echo 'x - admin on 127.0.0.1:5678'; " PROGRAM_READY);

    assert_int_equal(start(&scene, &error), 0);
    assert_false(scene.service.is_ready);
    assert_int_equal(service_wait_ready(&scene.service, NULL, &error), 0);

    assert_true(scene.service.is_ready);
    assert_int_equal(scene.service.url.port, 1234);
    assert_true(scene.service.has_admin);
    assert_int_equal(scene.service.admin.port, 5678);
    assert_int_equal(service_check(&scene.service, &error), 0);
    program_folder_read(&scene.folder, "gateway.log", seen, sizeof seen);
    assert_string_equal(seen, "--listen=127.0.0.1:0 --a=1 --b\n");
    close_scene(&scene);
    assert_false(scene.service.is_ready);
}

static void service_without_an_admin_listener_has_none(void **state)
{
    struct scene scene;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, PROGRAM_READY);

    assert_int_equal(start(&scene, &error), 0);
    assert_int_equal(service_wait_ready(&scene.service, NULL, &error), 0);

    assert_false(scene.service.has_admin);
    close_scene(&scene);
}

static void service_tells_why_it_did_not_get_ready(void **state)
{
    struct scene scene;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, "echo 'gateway: the port is in use' >&2; exit 1");

    assert_int_equal(start(&scene, &error), 0);
    assert_int_equal(service_wait_ready(&scene.service, NULL, &error), -1);

    assert_string_equal(error.text, "the gateway ended before it was ready: gateway: the port is in use");
    close_scene(&scene);
}

static void service_names_a_program_that_is_missing(void **state)
{
    struct scene scene;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, PROGRAM_READY);
    program_folder_remove(&scene.folder, "gateway");

    assert_int_equal(start(&scene, &error), -1);

    assert_non_null(strstr(error.text, scene.folder.path));
    assert_non_null(strstr(error.text, "No such file or directory"));
    close_scene(&scene);
}

static void service_refuses_more_arguments_than_it_has_room_for(void **state)
{
    const char *arguments[SERVICE_ARGUMENTS_MOST + 2];
    struct scene scene;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, PROGRAM_READY);
    for (size_t i = 0; i < array_length(arguments); i++) {
        arguments[i] = "--x=1";
    }
    arguments[SERVICE_ARGUMENTS_MOST + 1] = NULL;

    assert_int_equal(service_start(&scene.service, &scene.place, "gateway", arguments, &error), -1);
    assert_non_null(strstr(error.text, "its command line is too long"));
    arguments[SERVICE_ARGUMENTS_MOST] = NULL;
    assert_int_equal(service_start(&scene.service, &scene.place, "gateway", arguments, &error), 0);

    close_scene(&scene);
}

static void service_that_has_ended_is_noticed(void **state)
{
    struct scene scene;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, "echo 'listening on 127.0.0.1:1234'; echo 'out of luck' >&2; exit 1");
    assert_int_equal(start(&scene, &error), 0);
    assert_int_equal(service_wait_ready(&scene.service, NULL, &error), 0);

    while (child_read(&scene.service.child)) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(&scene.service.child, descriptors);
        assert_true(poll(descriptors, CHILD_DESCRIPTORS, 20000) > 0);
    }

    assert_int_equal(service_check(&scene.service, &error), -1);
    assert_string_equal(error.text, "the gateway ended while it was in use: out of luck");
    close_scene(&scene);
}

static void service_that_never_ran_is_no_fault_and_can_be_stopped(void **state)
{
    struct service service = { .title = "the gateway" };
    struct error error = { { '\0' } };

    (void)state;
    assert_int_equal(service_check(&service, &error), 0);
    service_stop(&service, SERVICE_GRACE_US);
}

static void service_stops_waiting_when_interrupted(void **state)
{
    struct scene scene;
    struct interrupt interrupt;
    struct error error = { { '\0' } };

    (void)state;
    open_scene(&scene, "exec sleep 60");
    assert_int_equal(interrupt_open(&interrupt, &error), 0);
    assert_int_equal(start(&scene, &error), 0);
    assert_int_equal(raise(SIGINT), 0);

    assert_int_equal(service_wait_ready(&scene.service, &interrupt, &error), -1);

    assert_true(interrupt.was_seen);
    interrupt_close(&interrupt);
    close_scene(&scene);
}

static void service_finds_its_place_by_itself(void **state)
{
    struct service_place place;
    struct error error = { { '\0' } };

    (void)state;
    assert_int_equal(service_place_init(&place, NULL, program_folder_environment(), &error), 0);

    assert_non_null(strstr(place.own_path, "/test_unit_lab_service"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(service_finds_programs_beside_its_own),
        cmocka_unit_test(service_finds_its_place_by_itself),
        cmocka_unit_test(service_reads_the_address_from_the_ready_line_only),
        cmocka_unit_test(service_is_ready_when_it_says_where_it_listens),
        cmocka_unit_test(service_without_an_admin_listener_has_none),
        cmocka_unit_test(service_tells_why_it_did_not_get_ready),
        cmocka_unit_test(service_names_a_program_that_is_missing),
        cmocka_unit_test(service_refuses_more_arguments_than_it_has_room_for),
        cmocka_unit_test(service_that_has_ended_is_noticed),
        cmocka_unit_test(service_that_never_ran_is_no_fault_and_can_be_stopped),
        cmocka_unit_test(service_stops_waiting_when_interrupted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
