/* SPDX-License-Identifier: MIT */
/*
 * Bytes that break lines, JSON, metrics or terminals, in every place of a request: what is logged, shown and answered
 * is read back with a strict reader.
 */
#include <stdio.h>

#include "tests/support/metrics_page.h"
#include "tests/support/page_client.h"
#include "tests/support/scene.h"
#include "tests/support/strict_reader.h"
#include "tests/support/unit.h"

struct hostile {
    const char *name;
    struct str bytes;
};

/* STR() is no constant expression. */
#define BYTES(literal)                                                                                                 \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const struct hostile hostiles[] = {
    { "nothing odd", BYTES("a") },
    { "ESC", BYTES("\x1b[2J\x1b]0;x\x07") },
    { "CR", BYTES("a\rINFO:     1.2.3.4:5 - \"GET / HTTP/1.1\" 200 OK") },
    { "LF", BYTES("a\nINFO:     1.2.3.4:5 - \"GET / HTTP/1.1\" 200 OK") },
    { "CR LF", BYTES("a\r\nX-Forged: 1") },
    { "NUL", BYTES("a\0b") },
    { "tab", BYTES("a\tb") },
    { "backspaces", BYTES("a\b\b\b\bx") },
    { "DEL", BYTES("a\x7f\x7f") },
    { "quotes", BYTES("\",\"event\":\"done\",\"status\":\"200") },
    { "quotes of a label", BYTES("a\"} 1\nforged{x=\"y") },
    { "backslash", BYTES("a\\") },
    { "what looks escaped", BYTES("\\x41\\u0041\\n") },
    { "C1, bare", BYTES("\x9b"
                        "31m\x85") },
    { "C1 as UTF-8", BYTES("\xc2\x9b"
                           "31m\xc2\x85") },
    { "no UTF-8", BYTES("\xff\xfe\xc3") },
    { "overlong", BYTES("\xc0\xaf\xc0\x8a\xe0\x80\x8a") },
    { "a surrogate", BYTES("\xed\xa0\x80") },
    { "separators of lines", BYTES("a\xe2\x80\xa8z\xe2\x80\xa9") },
    { "right to left", BYTES("\xe2\x80\xaegnp.exe\xe2\x81\xa6\xd8\x9c\xe2\x81\xa9\xe2\x80\xac") },
    { "letters", BYTES("gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x8c\x8d") },
    { "percent-encoded line breaks", BYTES("%0d%0aX-Forged:%201%00%1b%5b2J") },
    { "percent-encoded C1 and directions", BYTES("%c2%9b%e2%80%ae%ff") },
    { "markup", BYTES("<script>alert(1)</script>&'") },
    { "a format", BYTES("%s%n%1$s{}$(id)`id`") },
};

/* Where they stand: between `before` and `after`. */
static const struct {
    const char *name;
    const char *before;
    const char *after;
} places[] = {
    { "method", "GET", " /task1 HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "path", "GET /task", " HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "path of segments", "GET /a/", "/../b HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "query", "GET /task1?x=", " HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "query that names calls", "GET /fanout?tasks=", ",b HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "query's number", "GET /fanout?n=", " HTTP/1.1\r\nHost: a\r\n\r\n" },
    { "version", "GET /task1 HTTP/1.1", "\r\nHost: a\r\n\r\n" },
    { "host", "GET /task1 HTTP/1.1\r\nHost: a", "\r\n\r\n" },
    { "name of a field", "GET /task1 HTTP/1.1\r\nHost: a\r\nX", ": 1\r\n\r\n" },
    { "field", "GET /task1 HTTP/1.1\r\nHost: a\r\nUser-Agent: ", "\r\n\r\n" },
    { "request id", "GET /task1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: a", "\r\n\r\n" },
    { "trace", "GET /task1 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-", "-b7ad6b7169203331-01\r\n\r\n" },
    { "trace state",
      "GET /task1 HTTP/1.1\r\nHost: a\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
      "tracestate: ",
      "\r\n\r\n" },
    { "mode", "GET /task1 HTTP/1.1\r\nHost: a\r\nFanlight-Mode: ", "\r\n\r\n" },
    { "deadline", "GET /task1 HTTP/1.1\r\nHost: a\r\nFanlight-Deadline-Ms: 9", "\r\n\r\n" },
    { "connection", "GET /task1 HTTP/1.1\r\nHost: a\r\nConnection: ", "\r\n\r\n" },
    { "explanation", "GET /task1?y=", " HTTP/1.1\r\nHost: a\r\nFanlight-Explain: 1\r\n\r\n" },
    { "expectation", "POST /fanout HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: ", "\r\n\r\n{}" },
    { "length", "POST /fanout HTTP/1.1\r\nHost: a\r\nContent-Length: 2", "\r\n\r\n{}" },
    { "chunk", "POST /fanout HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;", "\r\n{}\r\n0\r\n\r\n" },
};

/* In a body, whose length has to be right. */
static const char *const bodies[][2] = {
    { "{\"tasks\":[{\"name\":\"", "\",\"path\":\"/x\"}]}" },
    { "{\"tasks\":[{\"name\":\"a\",\"path\":\"/x", "\"}]}" },
    { "{\"", "\":1}" },
    { "", "" },
};

static void add_all(struct buf *request, const char *before, struct str bytes, const char *after)
{
    (void)buf_add_text(request, before);
    (void)buf_add_str(request, bytes);
    (void)buf_add_text(request, after);
}

static bool is_json(const struct answer *answer)
{
    struct str type = answer_header(answer, "Content-Type");

    return str_equal(type, STR("application/json")) || str_equal(type, STR("application/problem+json"));
}

/* It may be refused in any way, also without a word; what comes must be in order. */
static void ask(uint16_t port, struct str request)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(&client, port);
    client_send_bytes(&client, request.base, request.length);
    client_shut(&client);
    client_read(&client, &answer);
    client_reset(&client);
    if (answer.status == 0) {
        return;
    }
    strict_read_head(buf_view(&answer.head), false);
    if (is_json(&answer)) {
        strict_read_json(answer_body(&answer));
    }
}

static void ask_everything(uint16_t port)
{
    for (size_t i = 0; i < array_length(hostiles); i++) {
        for (size_t j = 0; j < array_length(places); j++) {
            cleanup_buf struct buf request;
            buf_init(&request, 4096);
            add_all(&request, places[j].before, hostiles[i].bytes, places[j].after);
            ask(port, buf_view(&request));
        }
        for (size_t j = 0; j < array_length(bodies); j++) {
            cleanup_buf struct buf request;
            cleanup_buf struct buf body;
            buf_init(&request, 4096);
            buf_init(&body, 4096);
            add_all(&body, bodies[j][0], hostiles[i].bytes, bodies[j][1]);
            (void)buf_add_format(&request, "POST /fanout HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n",
                                 body.length);
            (void)buf_add_str(&request, buf_view(&body));
            ask(port, buf_view(&request));
        }
    }
}

static void read_pages(uint16_t admin_port)
{
    static const char *const pages[] = { "/requests", "/config" };
    cleanup_answer struct answer metrics = ANSWER_NONE;

    client_fetch(admin_port, "/metrics", &metrics);
    strict_read_metrics(answer_body(&metrics));
    for (size_t i = 0; i < array_length(pages); i++) {
        cleanup_answer struct answer page = ANSWER_NONE;
        client_fetch(admin_port, pages[i], &page);
        assert_int_equal(page.status, 200);
        strict_read_json(answer_body(&page));
    }
}

/* All of it, also a NUL; the process has ended. */
static struct str output_of(const struct process *process)
{
    return buf_view(&process->text);
}

static void check(struct scene *scene, const char *mode, bool is_text)
{
    const char *format = is_text ? "--log-format=text" : "--log-format=json";
    struct page_stream stream;
    scene_start(scene, OPTIONS("--delay=0ms", format),
                OPTIONS(mode, format, "--allow-mode-override", "--allow-explain", "--threads=4"));
    page_stream_open(&stream, scene->admin_port, "/events", "");
    page_stream_wait(&stream, ": connected");

    ask_everything(scene->gateway_port);

    metrics_page_wait_for(scene->admin_port, "fanlight_client_connections ", 0);
    uint64_t counted = metrics_page_sum(scene->admin_port, "fanlight_requests_total{");
    page_stream_wait_count(&stream, "\nevent: done\n", counted);
    assert_true(strict_read_events(answer_body(&stream.answer)) >= counted);
    read_pages(scene->admin_port);
    page_stream_close(&stream);
    assert_int_equal(process_stop(&scene->gateway), 0);
    assert_int_equal(process_stop(&scene->backend), 0);
    size_t logged =
        is_text ? strict_read_text_log(output_of(&scene->gateway)) : strict_read_json_log(output_of(&scene->gateway));
    (void)(is_text ? strict_read_text_log(output_of(&scene->backend))
                   : strict_read_json_log(output_of(&scene->backend)));
    assert_true(logged >= counted);
    scene_stop(scene);
}

static const char *const modes[] = { "--mode=async", "--mode=wire", "--mode=threads", "--mode=mixed", "--mode=sync" };

static void no_byte_of_a_request_breaks_a_text_log_a_metric_or_a_page(void **state)
{
    for (size_t i = 0; i < array_length(modes); i++) {
        check(*state, modes[i], true);
    }
}

static void no_byte_of_a_request_breaks_a_json_log(void **state)
{
    for (size_t i = 0; i < array_length(modes); i++) {
        check(*state, modes[i], false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(no_byte_of_a_request_breaks_a_text_log_a_metric_or_a_page),
        scene_test(no_byte_of_a_request_breaks_a_json_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
