/* SPDX-License-Identifier: MIT */
#include "common/http_bare_answer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/unit.h"

struct pair {
    int client;
    int server;
};

/* TCP, because a reset is TCP's. */
static struct pair connect_pair(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    struct pair pair = { .client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(pair.client, (const struct sockaddr *)&address, sizeof address), 0);
    pair.server = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert_true(pair.server >= 0);
    (void)close(listening);
    return pair;
}

/* Behind a reset there is no connection any more, on this side either. Linux shows what came before it; others may not.
 */
static bool was_reset(int descriptor)
{
    struct tcp_info info = { 0 };
    socklen_t length = sizeof info;

    assert_int_equal(getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length), 0);
    return info.tcpi_state == TCP_CLOSE;
}

/* All that comes until the end. */
static ssize_t read_all(int descriptor, char *text, size_t size)
{
    size_t length = 0;
    ssize_t count = 0;

    do {
        count = recv(descriptor, text + length, size - 1 - length, 0);
        length += count > 0 ? (size_t)count : 0;
    } while (count > 0);
    text[length] = '\0';
    return (ssize_t)length;
}

static void assert_bare(const char *text, const char *status_line)
{
    assert_true(strncmp(text, status_line, strlen(status_line)) == 0);
    assert_non_null(strstr(text, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(text, "\r\nContent-Length: 0\r\n"));
    assert_non_null(strstr(text, " GMT\r\n"));
    assert_string_equal(text + strlen(text) - 4, "\r\n\r\n");
}

static void an_answer_has_a_head_and_nothing_else(void **state)
{
    char text[HTTP_BARE_ANSWER_BYTES];
    (void)state;

    size_t length = http_bare_answer(408, text);

    assert_int_equal(length, strlen(text));
    assert_bare(text, "HTTP/1.1 408 Request Timeout\r\n");
    assert_null(strstr(text, "Retry-After"));
}

static void a_refusal_comes_with_an_orderly_end_whatever_was_sent_before(void **state)
{
    static const size_t sizes[] = { 0, 1, 5000, 50000 };
    static char request[50000];
    (void)state;

    for (size_t i = 0; i < array_length(sizes); i++) {
        struct pair pair = connect_pair();
        char text[512];
        assert_int_equal(send(pair.client, request, sizes[i], 0), sizes[i]);

        http_bare_answer_refuse(pair.server);
        ssize_t length = read_all(pair.client, text, sizeof text);

        assert_true(length > 0);
        assert_false(was_reset(pair.client));
        assert_bare(text, "HTTP/1.1 503 Service Unavailable\r\n");
        assert_non_null(strstr(text, "\r\nRetry-After: 1\r\n"));
        assert_int_equal(close(pair.server), -1); /* it is closed */
        (void)close(pair.client);
    }
}

/* A flood is not read for ever. */
static void more_than_is_read_of_a_request_ends_in_a_reset(void **state)
{
    struct pair pair = connect_pair();
    static char flood[400000];
    char text[512];
    (void)state;
    while (send(pair.client, flood, sizeof flood, MSG_DONTWAIT) > 0) {
    }

    http_bare_answer_refuse(pair.server);

    (void)read_all(pair.client, text, sizeof text);
    assert_true(was_reset(pair.client));
    (void)close(pair.client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_a_head_and_nothing_else),
        cmocka_unit_test(a_refusal_comes_with_an_orderly_end_whatever_was_sent_before),
        cmocka_unit_test(more_than_is_read_of_a_request_ends_in_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
