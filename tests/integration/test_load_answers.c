/* SPDX-License-Identifier: MIT */
/* What a load makes of servers that answer in all kinds of ways, and of those that do not. */
#include "tests/integration/load_bench.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

enum { REQUESTS = 5 };

#define HEAD "HTTP/1.1 200 OK\r\n"

struct answer_case {
    const char *name;
    struct scripted_step step;
    uint64_t answered;
    uint64_t refused;
    enum call_error error; /* of all REQUESTS, where it is one */
    size_t connections;    /* that the server saw */
};

static const struct answer_case cases[] = {
    { .name = "a length", .step = { .json = "{}" }, .answered = REQUESTS, .connections = 1 },
    { .name = "chunks",
      .step = { .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" },
      .answered = REQUESTS,
      .connections = 1 },
    { .name = "until the connection ends",
      .step = { .bytes = HEAD "\r\nHello", .after = SCRIPTED_CLOSE },
      .answered = REQUESTS,
      .connections = REQUESTS },
    { .name = "closed after each answer",
      .step = { .bytes = HEAD "Connection: close\r\nContent-Length: 2\r\n\r\n{}", .after = SCRIPTED_CLOSE },
      .answered = REQUESTS,
      .connections = REQUESTS },
    { .name = "the server says that it will close, and waits",
      .step = { .bytes = HEAD "Connection: close\r\nContent-Length: 2\r\n\r\n{}", .after = SCRIPTED_HOLD },
      .answered = REQUESTS,
      .connections = REQUESTS },
    { .name = "HTTP/1.0",
      .step = { .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", .after = SCRIPTED_CLOSE },
      .answered = REQUESTS,
      .connections = REQUESTS },
    { .name = "1xx in front",
      .step = { .bytes = "HTTP/1.1 100 Continue\r\n\r\n" HEAD "Content-Length: 2\r\n\r\n{}" },
      .answered = REQUESTS,
      .connections = 1 },
    { .name = "stray bytes behind each answer",
      .step = { .bytes = HEAD "Content-Length: 2\r\n\r\n{}stray" },
      .answered = REQUESTS,
      .connections = REQUESTS },
    { .name = "refusals on a kept connection",
      .step = { .bytes = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n" },
      .refused = REQUESTS,
      .connections = 1 },
    { .name = "refusals that close",
      .step = { .bytes = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                .after = SCRIPTED_CLOSE },
      .refused = REQUESTS,
      .connections = REQUESTS },
    { .name = "closed instead of an answer",
      .step = { .bytes = "", .after = SCRIPTED_CLOSE },
      .error = CALL_CONNECTION_TERMINATED,
      .connections = REQUESTS },
    { .name = "reset instead of an answer",
      .step = { .bytes = "", .after = SCRIPTED_RESET },
      .error = CALL_CONNECTION_TERMINATED,
      .connections = REQUESTS },
    { .name = "half a head",
      .step = { .bytes = "HTTP/1.1 200", .after = SCRIPTED_CLOSE },
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .connections = REQUESTS },
    { .name = "half a body",
      .step = { .bytes = HEAD "Content-Length: 2\r\n\r\n{", .after = SCRIPTED_CLOSE },
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .connections = REQUESTS },
    { .name = "half a body, and a reset",
      .step = { .bytes = HEAD "Content-Length: 2\r\n\r\n{", .after = SCRIPTED_RESET },
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .connections = REQUESTS },
    { .name = "half of the chunks",
      .step = { .bytes = HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", .after = SCRIPTED_CLOSE },
      .error = CALL_HTTP_RESPONSE_INCOMPLETE,
      .connections = REQUESTS },
    { .name = "garbage",
      .step = { .bytes = "SSH-2.0-OpenSSH_9.2p1\r\n", .after = SCRIPTED_HOLD },
      .error = CALL_HTTP_PROTOCOL_ERROR,
      .connections = REQUESTS },
    { .name = "two lengths",
      .step = { .bytes = HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", .after = SCRIPTED_HOLD },
      .error = CALL_HTTP_PROTOCOL_ERROR,
      .connections = REQUESTS },
};

static void each_kind_of_answer_is_counted_as_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct answer_case *row = &cases[i];
        struct scripted_server *server = scripted_server_start(&row->step, 1);
        struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");
        setup.request_limit = REQUESTS;

        struct load_result result = load_bench_run(&setup);

        assert_case(row->name, result.answered == row->answered && result.refused == row->refused);
        assert_case(row->name, row->error == CALL_OK || result.failed[row->error] == REQUESTS);
        assert_case(row->name, load_result_failures(&result) == REQUESTS - row->answered);
        assert_case(row->name, result.latency.count == row->answered);
        assert_case(row->name, scripted_server_connection_count(server) == row->connections);
        load_result_clear(&result);
        scripted_server_stop(server);
    }
}

static void a_head_without_end_is_not_read_on(void **state)
{
    static char head[20000] = HEAD "X: ";
    memset(head + strlen(head), 'a', sizeof head - 1 - strlen(head));
    const struct scripted_step step = { .bytes = head, .after = SCRIPTED_HOLD };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.request_limit = REQUESTS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.failed[CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE], REQUESTS);
    assert_int_equal(load_result_failures(&result), REQUESTS);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void the_first_refusal_is_told(void **state)
{
    static const struct scripted_step steps[] = {
        { .json = "{}" },
        { .bytes = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n" },
        { .bytes = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n" },
    };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.request_limit = REQUESTS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 1);
    assert_int_equal(result.refused, REQUESTS - 1);
    assert_int_equal(result.first_refusal_status, 429);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void a_request_is_what_the_url_says_and_nothing_else(void **state)
{
    static const struct scripted_step step = { .json = "{}" };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/task1?delay=1ms&x=%20");
    char expected[256];

    (void)state;
    setup.request_limit = 2;
    struct load_result result = load_bench_run(&setup);

    (void)snprintf(expected, sizeof expected, "GET /task1?delay=1ms&x=%%20 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
                   scripted_server_port(server));
    assert_string_equal(scripted_server_request(server, 0), expected);
    assert_string_equal(scripted_server_request(server, 1), expected);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void that_nobody_listens_is_a_result(void **state)
{
    struct load_setup setup = load_bench_setup(load_bench_free_port(), "");

    (void)state;
    setup.request_limit = REQUESTS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.failed[CALL_CONNECTION_REFUSED], REQUESTS);
    assert_int_equal(load_result_failures(&result), REQUESTS);
    load_result_clear(&result);
}

/* Else a second of nobody listening were a hundred thousand failures, and a processor at full speed. */
static void a_client_rests_where_it_cannot_connect(void **state)
{
    struct load_setup setup = load_bench_setup(load_bench_free_port(), "");

    (void)state;
    setup.connections = 4;
    setup.duration_us = 200 * CLOCK_US_PER_MS;
    struct load_result result = load_bench_run(&setup);

    assert_in_range(result.failed[CALL_CONNECTION_REFUSED], 4, 4 * 21);
    load_result_clear(&result);
}

static void a_connection_that_ends_between_two_requests_harms_none(void **state)
{
    static const struct scripted_step step = { .json = "{}", .after = SCRIPTED_CLOSE };
    struct scripted_server *server = scripted_server_start(&step, 1);
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.rate_per_second = 2; /* half a second in which the connection ends */
    setup.duration_us = 1 * CLOCK_US_PER_SECOND;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 2);
    assert_int_equal(load_result_failures(&result), 0);
    assert_int_equal(scripted_server_connection_count(server), 2);
    load_result_clear(&result);
    scripted_server_stop(server);
}

static void a_request_on_a_connection_that_has_ended_is_never_sent_twice(void **state)
{
    static const struct scripted_step steps[] = { { .json = "{}" }, { .bytes = "", .after = SCRIPTED_CLOSE } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    struct load_setup setup = load_bench_setup(scripted_server_port(server), "/");

    (void)state;
    setup.request_limit = REQUESTS;
    struct load_result result = load_bench_run(&setup);

    assert_int_equal(result.answered, 1);
    assert_int_equal(result.failed[CALL_CONNECTION_TERMINATED], REQUESTS - 1);
    assert_int_equal(scripted_server_request_count(server), REQUESTS);
    load_result_clear(&result);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_answer_is_counted_as_what_it_is),
        cmocka_unit_test(a_head_without_end_is_not_read_on),
        cmocka_unit_test(the_first_refusal_is_told),
        cmocka_unit_test(a_request_is_what_the_url_says_and_nothing_else),
        cmocka_unit_test(that_nobody_listens_is_a_result),
        cmocka_unit_test(a_client_rests_where_it_cannot_connect),
        cmocka_unit_test(a_connection_that_ends_between_two_requests_harms_none),
        cmocka_unit_test(a_request_on_a_connection_that_has_ended_is_never_sent_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
