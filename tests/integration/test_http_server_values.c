/* SPDX-License-Identifier: MIT */
/*
 * What an owner is shown of a header's value: without the blanks around it (RFC 9110 §5.5), wherever the header stands.
 */
#include <stdio.h>

#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

enum { MANY_HEADERS = 40, TEXT_BYTES = 4096 };

struct seen {
    struct buf *text;
};

static void add_if_x(void *context, struct str name, struct str value)
{
    const struct seen *seen = context;

    if (str_equal_ignoring_case(name, STR("X"))) {
        (void)buf_add_format(seen->text, "[%.*s]", STR_ARGUMENTS(value));
    }
}

/* The first by its name, then each of that name. */
static void answer_with_values(struct http_server_bench *bench, struct http_exchange *exchange)
{
    cleanup_buf struct buf text;
    struct str first = http_exchange_header(exchange, "x");

    (void)bench;
    buf_init(&text, TEXT_BYTES);
    (void)buf_add_format(&text, "%.*s:", STR_ARGUMENTS(first));
    http_exchange_each_header(exchange, add_if_x, &(struct seen){ &text });
    bench_answer(exchange, buf_view(&text));
}

static const struct {
    const char *fields;
    const char *text;
} cases[] = {
    { "X: a\r\n", "a:[a]" },
    { "X:a \r\n", "a:[a]" },
    { "X: \t a b\t \r\n", "a b:[a b]" },
    { "X:\r\nX: \t\r\nX: c \r\n", ":[][][c]" },
};

static void send_with(struct client *client, size_t other_headers, const char *fields)
{
    char line[32];

    client_send(client, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 0; i < other_headers; i++) {
        (void)snprintf(line, sizeof line, "Y%zu: z\r\n", i);
        client_send(client, line);
    }
    client_send(client, fields);
    client_send(client, "\r\n");
}

/* Those behind the first few are looked up in another way. */
static void values_are_shown_without_the_blanks_around_them(void **state)
{
    static const size_t others[] = { 0, MANY_HEADERS };
    struct http_server_bench *bench = *state;
    bench->on_request = answer_with_values;

    for (size_t i = 0; i < array_length(cases) * array_length(others); i++) {
        struct client client;
        bench_connect(bench, &client);
        send_with(&client, others[i % array_length(others)], cases[i / array_length(others)].fields);
        bench_expect(bench, &client, cases[i / array_length(others)].text);
        client_close(&client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(values_are_shown_without_the_blanks_around_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
