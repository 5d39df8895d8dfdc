/* SPDX-License-Identifier: MIT */
#include "tests/integration/unheard_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

void read_to_the_end(struct http_server_bench *bench, struct client *client)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(client);
        bench_turn_briefly(bench);
    }
    assert_true(client->is_at_end);
}

int answered_status(struct client *client)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    (void)client_poll(client, &answer);
    return answer.status;
}

void assert_unheard(struct http_server_bench *bench, const char *name, const char *expected)
{
    bench_turn_idly(bench);
    if (!str_equal(buf_view(&bench->unheard), str_of(expected))) {
        fail_msg("case \"%s\": \"%.*s\" instead of \"%s\"", name, STR_ARGUMENTS(buf_view(&bench->unheard)), expected);
    }
    buf_reset(&bench->unheard);
}

static int expected_status(const struct unheard_case *unheard)
{
    if (unheard->status != CLOSED) {
        return unheard->status;
    }
    return microhttpd_tells_of_what_is_no_request_line() ? 400 : 0;
}

void check_unheard(struct http_server_bench *bench, const struct unheard_case *unheard, bool is_kept)
{
    struct client client;
    bench_connect(bench, &client);
    if (is_kept) {
        client_get(&client, "/first");
        bench_expect(bench, &client, "GET /first");
        bench_turn_idly(bench);
    }
    buf_reset(&bench->journal);

    client_send(&client, unheard->bytes);
    read_to_the_end(bench, &client);

    int status = answered_status(&client);
    if (status != expected_status(unheard)) {
        fail_msg("case \"%s\": answered %d", unheard->name, status);
    }
    assert_unheard(bench, unheard->name, unheard->told);
    assert_case(unheard->name, !bench_has(bench, "request") && !bench_has(bench, "refused"));
    client_close(&client);
}
