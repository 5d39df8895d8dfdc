/* SPDX-License-Identifier: MIT */
/*
 * A whole gateway in the test's process, before a scripted upstream.
 */
#include "gateway/gateway.h"

#include "gateway/transfer.h"
#include "tests/integration/gateway_host.h"
#include "tests/support/client.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

struct fixture {
    struct gateway_host host;
    struct scripted_server *server;
};

/* One thread in its pool, so that calls that follow each other use the same connection. */
static void open_fixture(struct fixture *fixture, enum mode mode, const struct scripted_step *steps, size_t count)
{
    print_message("%s\n", mode_names[mode]);
    fixture->server = scripted_server_start(steps, count);
    gateway_host_init(&fixture->host, mode, scripted_server_port(fixture->server));
    fixture->host.config->settings.threads = 1;
    if (!gateway_host_start(&fixture->host)) {
        fail_msg("%s", fixture->host.error.text);
    }
}

static void close_fixture(struct fixture *fixture)
{
    gateway_host_clear(&fixture->host);
    scripted_server_stop(fixture->server);
}

/* That a request of its own gets this status and body (NULL: not looked at). */
static void assert_fetch(const struct gateway_host *host, const char *target, int status, const char *body)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(host->port, target, &answer);
    if (answer.status != status) {
        fail_msg("%s: %d %.*s", target, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    if (body != NULL) {
        assert_text(answer_body(&answer), body);
    }
}

/* Of the only call of the n-th request; after gateway_host_stop(). */
static void assert_account(const struct gateway_host *host, size_t index, const char *error, int attempts)
{
    cJSON *done = gateway_host_done_event(host, index);
    const cJSON *call = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(done, "calls"), 0);
    const char *seen = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call, "error"));

    assert_non_null(call);
    assert_string_equal(seen != NULL ? seen : "good", error);
    assert_int_equal((int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(call, "attempts")), attempts);
    cJSON_Delete(done);
}

/* ---- two in one process ---- */

static void two_gateways_live_in_one_process_in_different_modes(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct gateway_host hosts[MODE_COUNT];
    (void)state;
    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        gateway_host_init(&hosts[mode], mode, scripted_server_port(server));
        assert_true(gateway_host_start(&hosts[mode]));
    }

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_fetch(hosts[mode].port, "/fanout?n=3", &answer);
        assert_text(answer_body(&answer), "{\"task1\":1,\"task2\":1,\"task3\":1}");
        assert_text(answer_header(&answer, "Fanlight-Mode"), mode_names[mode]);
    }
    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        gateway_host_stop(&hosts[mode]); /* one after the other: those that are left go on serving */
        for (enum mode left = mode + 1; left < MODE_COUNT; left++) {
            assert_fetch(&hosts[left], "/task1", 200, "{\"res\":1}");
        }
        gateway_host_clear(&hosts[mode]);
    }
    scripted_server_stop(server);
}

static void a_gateway_that_cannot_start_leaves_nothing_running(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct fixture fixture;
    struct gateway_host second;
    (void)state;
    open_fixture(&fixture, MODE_THREADS, steps, array_length(steps));
    gateway_host_init(&second, MODE_THREADS, 9);
    second.config->settings.listen.port = fixture.host.port;

    bool has_started = gateway_host_start(&second);
    gateway_host_stop(&second);

    assert_false(has_started);
    assert_non_null(strstr(second.error.text, "Address already in use"));
    assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");
    gateway_host_clear(&second);
    gateway_host_stop(&fixture.host);
    close_fixture(&fixture);
}

static void several_workers_drain_and_end_together(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        struct gateway_host host;
        struct client late;
        gateway_host_init(&host, mode, scripted_server_port(server));
        host.config->settings.workers = 4;
        assert_true(gateway_host_start(&host));
        for (int i = 0; i < 8; i++) {
            assert_fetch(&host, "/task1", 200, "{\"res\":1}");
        }

        gateway_host_stop(&host);

        assert_int_equal(client_try_open(&late, host.port), -1);
        gateway_host_clear(&host);
        scripted_server_stop(server);
    }
}

/* ---- one more attempt ---- */

static void a_get_whose_kept_connection_ended_is_tried_once_more_on_a_fresh_one(void **state)
{
    static const struct scripted_step steps[] = {
        { .json = "1" },
        { .bytes = "", .after = SCRIPTED_CLOSE }, /* as the second request arrives */
        { .json = "2" },
    };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        open_fixture(&fixture, mode, steps, array_length(steps));

        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");
        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":2}");

        gateway_host_stop(&fixture.host);
        assert_account(&fixture.host, 0, "good", 1);
        assert_account(&fixture.host, 1, "good", 2);
        assert_int_equal(scripted_server_request_count(fixture.server), 3);
        close_fixture(&fixture);
    }
}

static void there_is_no_third_attempt(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" }, { .bytes = "", .after = SCRIPTED_CLOSE } };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        open_fixture(&fixture, mode, steps, array_length(steps));

        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");
        assert_fetch(&fixture.host, "/task1", 502, NULL);

        gateway_host_stop(&fixture.host);
        assert_account(&fixture.host, 1, "connection_terminated", 2);
        assert_int_equal(scripted_server_request_count(fixture.server), 3);
        close_fixture(&fixture);
    }
}

static void a_fresh_connection_that_ends_is_not_tried_again(void **state)
{
    static const struct scripted_step steps[] = { { .bytes = "", .after = SCRIPTED_CLOSE }, { .json = "2" } };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        open_fixture(&fixture, mode, steps, array_length(steps));

        assert_fetch(&fixture.host, "/task1", 502, NULL);

        gateway_host_stop(&fixture.host);
        assert_account(&fixture.host, 0, "connection_terminated", 1);
        assert_int_equal(scripted_server_request_count(fixture.server), 1);
        close_fixture(&fixture);
    }
}

static void a_kept_connection_that_ended_while_idle_is_not_seen_by_clients(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1", .after = SCRIPTED_CLOSE } };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        open_fixture(&fixture, mode, steps, array_length(steps));

        for (int i = 0; i < 20; i++) {
            assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");
        }

        gateway_host_stop(&fixture.host);
        assert_int_equal(scripted_server_request_count(fixture.server), 20);
        close_fixture(&fixture);
    }
}

static void every_client_gets_its_own_answer_whatever_stray_bytes_come(void **state)
{
    struct gate sent;
    const struct scripted_step steps[] = {
        { .json = "\"A\"", .stray = "HTTP/1.1 299 Stray\r\nContent-Length: 8\r\n\r\n\"poison\"", .stray_sent = &sent },
        { .json = "\"B\"" },
        { .json = "\"C\"" },
    };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        gate_init(&sent);
        open_fixture(&fixture, mode, steps, array_length(steps));

        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":\"A\"}");
        assert_true(gate_wait(&sent, TEST_PATIENCE_MS));
        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":\"B\"}");
        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":\"C\"}");

        gateway_host_stop(&fixture.host);
        close_fixture(&fixture);
        gate_clear(&sent);
    }
}

/* ---- clients ---- */

static void pipelined_requests_are_answered_in_their_order(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" }, { .json = "2" }, { .json = "3" } };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        struct client client;
        open_fixture(&fixture, mode, steps, array_length(steps));
        client_open(&client, fixture.host.port);

        client_send(&client, "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /b HTTP/1.1\r\nHost: a\r\n\r\n");

        static const char *const bodies[] = { "{\"res\":1}", "Hello world", "{\"res\":2}" };
        for (size_t i = 0; i < array_length(bodies); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            client_read(&client, &answer);
            assert_int_equal(answer.status, 200);
            assert_text(answer_body(&answer), bodies[i]);
        }
        client_close(&client);
        gateway_host_stop(&fixture.host);
        close_fixture(&fixture);
    }
}

static void a_client_that_sends_nothing_or_half_a_request_holds_up_nobody(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    static const char *const beginnings[] = { "", "GE", "GET /task1 HTTP/1.1\r\nHo",
                                              "POST /fanout HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{" };
    (void)state;

    for (enum mode mode = MODE_SYNC; mode < MODE_COUNT; mode++) {
        struct fixture fixture;
        struct client clients[array_length(beginnings)];
        open_fixture(&fixture, mode, steps, array_length(steps));
        for (size_t i = 0; i < array_length(beginnings); i++) {
            client_open(&clients[i], fixture.host.port);
            client_send(&clients[i], beginnings[i]);
        }

        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");

        for (size_t i = 0; i < array_length(beginnings); i++) {
            client_close(&clients[i]);
        }
        assert_fetch(&fixture.host, "/task1", 200, "{\"res\":1}");
        gateway_host_stop(&fixture.host);
        close_fixture(&fixture);
    }
}

static void clients_over_the_connection_limit_wait_until_others_leave(void **state)
{
    static const struct scripted_step steps[] = { { .json = "1" } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct gateway_host host;
    struct client clients[5];
    (void)state;
    gateway_host_init(&host, MODE_ASYNC, scripted_server_port(server));
    host.config->limits.connections = 2;
    assert_true(gateway_host_start(&host));

    for (size_t i = 0; i < array_length(clients); i++) {
        client_open(&clients[i], host.port);
        client_get(&clients[i], "/task1");
    }
    for (size_t i = 0; i < array_length(clients); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_read(&clients[i], &answer);
        assert_int_equal(answer.status, 200);
        if (i == 1) { /* two are in, and keep their places */
            assert_false(client_sees_input(&clients[2], 100));
            client_close(&clients[0]);
        }
        if (i > 0) {
            client_close(&clients[i]);
        }
    }

    gateway_host_stop(&host);
    gateway_host_clear(&host);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gateways_live_in_one_process_in_different_modes),
        cmocka_unit_test(a_gateway_that_cannot_start_leaves_nothing_running),
        cmocka_unit_test(several_workers_drain_and_end_together),
        cmocka_unit_test(a_get_whose_kept_connection_ended_is_tried_once_more_on_a_fresh_one),
        cmocka_unit_test(there_is_no_third_attempt),
        cmocka_unit_test(a_fresh_connection_that_ends_is_not_tried_again),
        cmocka_unit_test(a_kept_connection_that_ended_while_idle_is_not_seen_by_clients),
        cmocka_unit_test(every_client_gets_its_own_answer_whatever_stray_bytes_come),
        cmocka_unit_test(pipelined_requests_are_answered_in_their_order),
        cmocka_unit_test(a_client_that_sends_nothing_or_half_a_request_holds_up_nobody),
        cmocka_unit_test(clients_over_the_connection_limit_wait_until_others_leave),
    };

    if (transfer_global_init() < 0) {
        return 1;
    }
    int failed_count = cmocka_run_group_tests(tests, NULL, NULL);
    transfer_global_clear();
    return failed_count;
}
