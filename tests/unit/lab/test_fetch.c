/* SPDX-License-Identifier: MIT */
#include "lab/fetch.h"

#include <errno.h>

#include "common/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

enum { BODY_BYTES = 64 * 1024, PATIENCE_US = 20 * CLOCK_US_PER_SECOND };

static struct url url_of(uint16_t port)
{
    struct url url;
    struct error error;
    char text[64];

    (void)snprintf(text, sizeof text, "http://127.0.0.1:%u", port);
    assert_int_equal(url_parse(str_of(text), &url, &error), 0);
    return url;
}

/* What comes of a server that answers with these bytes; `request`: what it was asked. */
static int fetch_answer(const char *answer, struct buf *body, char *request)
{
    const char *const answers[] = { answer };
    struct scripted_server server;

    scripted_server_start(&server, answers, 1, 0);
    struct url url = url_of(server.port);
    int status = fetch_page(&url, "/requests?limit=2", NULL, clock_monotonic_us() + PATIENCE_US, body);
    scripted_server_stop(&server);
    (void)snprintf(request, SERVER_REQUEST_BYTES, "%s", server.requests[0]);
    return status;
}

static void fetch_asks_for_the_page_and_keeps_its_body(void **state)
{
    char request[SERVER_REQUEST_BYTES];
    cleanup_buf struct buf body = { .base = NULL };

    (void)state;
    buf_init(&body, BODY_BYTES);

    int status = fetch_answer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[1,\r\n\r\n2]", &body, request);

    assert_int_equal(status, 0);
    assert_text(buf_view(&body), "[1,\r\n\r\n2]");
    assert_true(strstr(request, "GET /requests?limit=2 HTTP/1.0\r\nHost: 127.0.0.1:") == request);
}

static void fetch_refuses_what_is_no_page(void **state)
{
    static const struct {
        const char *name;
        const char *answer;
        int status;
    } rows[] = {
        { "another status", "HTTP/1.1 404 Not Found\r\n\r\n[]", -EPROTO },
        { "a status like it", "HTTP/1.1 2000 OK\r\n\r\n[]", -EPROTO },
        { "no HTTP", "220 mail.example ESMTP\r\n\r\n", -EPROTO },
        { "a head that does not end", "HTTP/1.1 200 OK\r\n", -EPROTO },
        { "a close", "", -EPROTO },
        { "a reset", NULL, -ECONNRESET },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        char request[SERVER_REQUEST_BYTES];
        cleanup_buf struct buf body = { .base = NULL };
        buf_init(&body, BODY_BYTES);

        assert_case(rows[i].name, fetch_answer(rows[i].answer, &body, request) == rows[i].status);
    }
}

static void fetch_takes_no_more_than_the_buffer_may_hold(void **state)
{
    char request[SERVER_REQUEST_BYTES];
    cleanup_buf struct buf body = { .base = NULL };

    (void)state;
    buf_init(&body, 1024);

    assert_int_equal(fetch_answer("HTTP/1.1 200 OK\r\n\r\n[]", &body, request), -ENOBUFS);
}

static void fetch_waits_no_longer_than_it_may(void **state)
{
    uint16_t port = 0;
    int silent = scripted_server_listen(&port);
    struct url url = url_of(port);
    cleanup_buf struct buf body = { .base = NULL };

    (void)state;
    buf_init(&body, BODY_BYTES);

    assert_int_equal(fetch_page(&url, "/", NULL, clock_monotonic_us() + 20000, &body), -ETIMEDOUT);

    (void)close(silent);
}

static bool give_up(struct company *company, uint64_t *ret_due_us)
{
    (void)company;
    *ret_due_us = CLOCK_NEVER_US;
    return false;
}

static void fetch_gives_up_with_its_company_and_where_nobody_listens(void **state)
{
    struct company company = { .on_turn = give_up };
    uint16_t port = 0;
    int silent = scripted_server_listen(&port);
    struct url url = url_of(port);
    cleanup_buf struct buf body = { .base = NULL };

    (void)state;
    buf_init(&body, BODY_BYTES);

    assert_int_equal(fetch_page(&url, "/", &company, clock_monotonic_us() + PATIENCE_US, &body), -ECANCELED);

    (void)close(silent);
    int reserved = scripted_server_reserve(&port);
    url = url_of(port);
    assert_int_equal(fetch_page(&url, "/", NULL, clock_monotonic_us() + PATIENCE_US, &body), -ECONNREFUSED);
    (void)close(reserved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetch_asks_for_the_page_and_keeps_its_body),
        cmocka_unit_test(fetch_refuses_what_is_no_page),
        cmocka_unit_test(fetch_takes_no_more_than_the_buffer_may_hold),
        cmocka_unit_test(fetch_waits_no_longer_than_it_may),
        cmocka_unit_test(fetch_gives_up_with_its_company_and_where_nobody_listens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
