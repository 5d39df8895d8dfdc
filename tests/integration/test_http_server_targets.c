/* SPDX-License-Identifier: MIT */
/*
 * Request targets in absolute form: a server has to understand those that mean it, and no others.
 */
#include <arpa/inet.h>

#include "tests/integration/http_server_bench.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

struct target_case {
    const char *name;
    const char *request; /* a %u stands for the port that the client connected to */
    int status;
    const char *body; /* the bench's: method and target as the owner sees it; NULL: a refusal */
};

#define HOST_US "Host: 127.0.0.1:%u\r\n\r\n"
#define REFUSED_AS_AMBIGUOUS 400, NULL
#define REFUSED_AS_MISDIRECTED 421, NULL

static const struct target_case cases[] = {
    { "its address", "GET http://127.0.0.1:%u/a?b=c HTTP/1.1\r\n" HOST_US, 200, "GET /a?b=c" },
    { "its address, another case of the scheme", "GET HTTP://127.0.0.1:%u/ HTTP/1.1\r\n" HOST_US, 200, "GET /" },
    { "localhost", "GET http://LocalHost:%u/a HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", 200, "GET /a" },
    { "the configured host", "GET http://Gateway.Test:%u/a HTTP/1.1\r\nHost: gateway.test:%u\r\n\r\n", 200, "GET /a" },
    { "HTTP/1.0 without a Host header", "GET http://127.0.0.1:%u/a HTTP/1.0\r\n\r\n", 200, "GET /a" },
    { "an absolute target in a query", "GET /a?u=http://b/ HTTP/1.1\r\n" HOST_US, 200, "GET /a?u=http://b/" },
    { "two slashes", "GET //127.0.0.1/a HTTP/1.1\r\n" HOST_US, 200, "GET //127.0.0.1/a" },
    { "no path", "GET http://127.0.0.1:%u HTTP/1.1\r\n" HOST_US, 200, "GET /" },
    { "no path, but a query", "GET http://127.0.0.1:%u?b=c HTTP/1.1\r\n" HOST_US, 200, "GET /?b=c" },
    { "no path, for OPTIONS", "OPTIONS http://127.0.0.1:%u HTTP/1.1\r\n" HOST_US, 200, "OPTIONS *" },
    { "what is encoded stays so", "GET http://127.0.0.1:%u/%%2e%%2e%%2f%%00 HTTP/1.1\r\n" HOST_US, 200,
      "GET /%2e%2e%2f%00" },
    { "another host in the header", "GET http://127.0.0.1:%u/ HTTP/1.1\r\nHost: b\r\n\r\n", REFUSED_AS_AMBIGUOUS },
    { "the header's port is another", "GET http://127.0.0.1:%u/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
      REFUSED_AS_AMBIGUOUS },
    { "two names of the same", "GET http://127.0.0.1:%u/ HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
      REFUSED_AS_AMBIGUOUS },
    { "no host in it", "GET http:///a HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "a user in it", "GET http://u@127.0.0.1:%u/ HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "a fragment in it", "GET http://127.0.0.1:%u/#a HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "a fragment for a path", "GET http://127.0.0.1:%u#a HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "a scheme and no more", "GET http://127.0.0.1:%ux/ HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "another scheme", "GET ws://127.0.0.1:%u/ HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "an authority alone", "GET 127.0.0.1:%u HTTP/1.1\r\n" HOST_US, REFUSED_AS_AMBIGUOUS },
    { "another server", "GET http://b/ HTTP/1.1\r\nHost: b\r\n\r\n", REFUSED_AS_MISDIRECTED },
    { "another address", "GET http://127.0.0.2:%u/ HTTP/1.1\r\nHost: 127.0.0.2:%u\r\n\r\n", REFUSED_AS_MISDIRECTED },
    { "another port", "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", REFUSED_AS_MISDIRECTED },
    { "another scheme of ours", "GET https://127.0.0.1:%u/ HTTP/1.1\r\n" HOST_US, REFUSED_AS_MISDIRECTED },
    { "another server, without a Host header", "GET http://b/ HTTP/1.0\r\n\r\n", REFUSED_AS_MISDIRECTED },
    { "its address in another notation",
      "GET http://[::ffff:127.0.0.1]:%u/ HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:%u\r\n\r\n", 200, "GET /" },
};

static unsigned server_port(const struct client *client)
{
    struct sockaddr_in peer = { .sin_port = 0 };
    socklen_t length = sizeof peer;

    assert_int_equal(getpeername(client->descriptor, (struct sockaddr *)&peer, &length), 0);
    return ntohs(peer.sin_port);
}

/* The port for each %u, and % for %%. */
static void fill_in(const char *form, unsigned port, struct buf *text)
{
    for (const char *rest = form; *rest != '\0'; rest++) {
        if (rest[0] != '%') {
            (void)buf_add_byte(text, rest[0]);
            continue;
        }
        rest++;
        if (rest[0] == 'u') {
            (void)buf_add_number(text, port);
        } else {
            (void)buf_add_byte(text, '%');
        }
    }
}

static void check(struct http_server_bench *bench, const struct target_case *row)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    cleanup_buf struct buf text;
    bench_connect(bench, &client);
    buf_init(&text, 1024);
    fill_in(row->request, server_port(&client), &text);

    client_send_bytes(&client, text.base, text.length);
    bench_read(bench, &client, &answer);

    if (answer.status != row->status) {
        fail_msg("case \"%s\": %d %.*s", row->name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    if (row->body != NULL) {
        assert_text(answer_body(&answer), row->body);
    } else {
        assert_case(row->name, answer_says_close(&answer) && bench_sees_end(bench, &client, TEST_PATIENCE_MS));
        assert_case(row->name, !bench_has(bench, "request"));
    }
    client_close(&client);
}

static void absolute_targets_that_mean_the_server_are_served_and_no_others(void **state)
{
    struct http_server_bench *bench = *state;
    struct http_server_config config = bench_config();
    config.host = STR("gateway.test");
    bench_restart(bench, &config);

    for (size_t i = 0; i < array_length(cases); i++) {
        buf_reset(&bench->journal);
        check(bench, &cases[i]);
    }
}

static void answer_with_both(struct http_server_bench *bench, struct http_exchange *exchange)
{
    cleanup_buf struct buf text;

    (void)bench;
    buf_init(&text, 1024);
    (void)buf_add_str(&text, http_exchange_target(exchange));
    (void)buf_add_byte(&text, ' ');
    (void)buf_add_str(&text, http_exchange_sent_target(exchange));
    bench_answer(exchange, buf_view(&text));
}

static void the_owner_can_see_what_was_sent_as_well(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    char request[128];
    char expected[128];
    bench->on_request = answer_with_both;
    bench_connect(bench, &client);
    unsigned port = server_port(&client);

    (void)snprintf(request, sizeof request, "GET http://127.0.0.1:%u?q HTTP/1.0\r\n\r\n", port);
    (void)snprintf(expected, sizeof expected, "/?q http://127.0.0.1:%u?q", port);
    client_send(&client, request);

    bench_expect(bench, &client, expected);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(absolute_targets_that_mean_the_server_are_served_and_no_others),
        bench_test(the_owner_can_see_what_was_sent_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
