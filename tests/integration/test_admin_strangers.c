/* SPDX-License-Identifier: MIT */
/*
 * The admin listener and those it is not for: pages of others in a browser, and clients that hold its connections.
 */
#include "gateway/admin.h"

#include "tests/integration/admin_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { CONNECTIONS = 64 };

static int status_for(const struct admin_bench *bench, const char *target, const char *host)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    struct client client;
    cleanup_buf struct buf request;

    buf_init(&request, 1024);
    (void)buf_add_format(&request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, host);
    client_open(&client, bench->port);
    client_send_bytes(&client, request.base, request.length);
    client_read(&client, &answer);
    client_close(&client);
    return answer.status;
}

static void no_page_is_shown_under_the_name_of_another(void **state)
{
    static const char *const targets[] = { "/", "/healthz", "/metrics", "/config", "/requests", "/events", "/nowhere" };
    struct admin_bench *bench = *state;

    for (size_t i = 0; i < array_length(targets); i++) {
        assert_case(targets[i], status_for(bench, targets[i], "rebound.example:9901") == 421);
        assert_case(targets[i], status_for(bench, targets[i], "127.0.0.1.rebound.example") == 421);
    }
    assert_int_equal(status_for(bench, "/healthz", "127.0.0.1:9901"), 200);
    assert_int_equal(status_for(bench, "/healthz", "localhost"), 200);
}

/* A byte now and then does not keep them. */
static void half_requests_do_not_hold_the_listener_for_long(void **state)
{
    struct admin_bench *bench = *state;
    struct client holding[CONNECTIONS];
    struct client late;
    cleanup_answer struct answer answer = ANSWER_NONE;

    for (size_t i = 0; i < CONNECTIONS; i++) {
        client_open(&holding[i], bench->port);
        client_send(&holding[i], "GET /healthz HTTP/1.1\r\nX: ");
    }
    client_open(&late, bench->port);
    client_get(&late, "/healthz");
    for (int i = 0; i < 4 && !client_sees_input(&late, 1000); i++) {
        for (size_t k = 0; k < CONNECTIONS; k++) {
            client_send(&holding[k], "x");
        }
    }

    client_read(&late, &answer);
    assert_int_equal(answer.status, 200);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        client_close(&holding[i]);
    }
    client_close(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        admin_test(no_page_is_shown_under_the_name_of_another),
        admin_test(half_requests_do_not_hold_the_listener_for_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
