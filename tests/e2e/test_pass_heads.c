/* SPDX-License-Identifier: MIT */
/*
 * `"pass": true`: which header fields of a backend's response go on to the client, and which heads do not.
 */
#include "tests/support/config_scene.h"
#include "tests/support/scripted_server.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'blocking': 'res', 'backends': {"
    "   'b': {'servers': ['http://@0'], 'timeout': '10s', 'response_header_bytes': 16384}},"
    " 'routes': [{'path': '/pass', 'pass': true, 'calls': {'res': {'backend': 'b', 'path': '/'}}}]}";

#define BINARY                                                                                                         \
    "\x1f\x8b\0\r\n\r\n\xff"                                                                                           \
    "end"
#define ODD_RESPONSE                                                                                                   \
    "HTTP/1.1 103 Early Hints\r\nLink: </early>\r\n\r\n"                                                               \
    "HTTP/1.1 200 Not Your Phrase\r\n"                                                                                 \
    "X-First: 1\r\n"                                                                                                   \
    "Set-Cookie: a=1; Path=/\r\n"                                                                                      \
    "Content-Type: application/x-odd\r\n"                                                                              \
    "Connection: X-Hop, keep-alive\r\n"                                                                                \
    "set-cookie: b=2\r\n"                                                                                              \
    "X-Hop: gone\r\n"                                                                                                  \
    "Keep-Alive: timeout=5\r\n"                                                                                        \
    "Connection: x-second-hop\r\n"                                                                                     \
    "X-Second-Hop: gone\r\n"                                                                                           \
    "Proxy-Connection: keep-alive\r\n"                                                                                 \
    "Upgrade: h2c\r\n"                                                                                                 \
    "TE: trailers\r\n"                                                                                                 \
    "Trailer: X-Trailer\r\n"                                                                                           \
    "Content-Encoding: gzip\r\n"                                                                                       \
    "Vary: Accept\r\n"                                                                                                 \
    "Vary: Cookie\r\n"                                                                                                 \
    "ETag: \"x\"\r\n"                                                                                                  \
    "X-Blank:    a  b\t \r\n"                                                                                          \
    "X-Latin: Zo\xeb\r\n"                                                                                              \
    "Location: http://elsewhere.example/\r\n"                                                                          \
    "X-Request-Id: theirs\r\n"                                                                                         \
    "Server-Timing: db;dur=5\r\n"                                                                                      \
    "Proxy-Status: them; error=dns_error\r\n"                                                                          \
    "Fanlight-Complete: perhaps\r\n"                                                                                   \
    "Fanlight-Secret: 1\r\n"                                                                                           \
    "Content-Length: 11\r\n"                                                                                           \
    "X-Last: z\r\n\r\n" BINARY

/* The fields of a head without those that the gateway or its library make. */
static void list_fields(const struct answer *answer, struct buf *list)
{
    static const char *const own[] = { "Date", "Content-Length", "Server-Timing", "X-Request-Id", "Connection" };
    struct str rest = buf_view(&answer->head);

    (void)str_split(&rest, '\n');
    while (rest.length > 2) {
        struct str line = str_split(&rest, '\n');
        struct str name = { line.base, str_find(line, ':') };
        bool is_own = str_starts_with(line, STR("Fanlight-"));
        for (size_t i = 0; i < array_length(own); i++) {
            is_own = is_own || str_equal_ignoring_case(name, str_of(own[i]));
        }
        if (!is_own) {
            (void)buf_add(list, line.base, line.length - 1);
            (void)buf_add_byte(list, '\n');
        }
    }
}

static void fields_go_on_in_their_order_but_for_those_of_one_connection_and_our_own(void **state)
{
    static const struct scripted_step steps[] = { { .bytes = ODD_RESPONSE, .length = sizeof ODD_RESPONSE - 1 } };
    struct config_scene *scene = *state;
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    (void)config_scene_add_port(scene, scripted_server_port(server));
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_buf struct buf list;
        buf_init(&list, 65536);

        config_scene_get(scene, *mode, "/pass", &answer);

        list_fields(&answer, &list);
        assert_text(buf_view(&list), "X-First: 1\nSet-Cookie: a=1; Path=/\nContent-Type: application/x-odd\n"
                                     "set-cookie: b=2\nContent-Encoding: gzip\nVary: Accept\nVary: Cookie\n"
                                     "ETag: \"x\"\nX-Blank: a  b\nX-Latin: Zo\xeb\n"
                                     "Location: http://elsewhere.example/\nX-Last: z\n");
        assert_true(str_starts_with(buf_view(&answer.head), STR("HTTP/1.1 200 OK\r\n")));
        assert_text(answer_header(&answer, "X-Request-Id"), scene->request_id);
        assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        assert_int_equal(answer_count_headers(&answer, "Server-Timing"), 1);
        assert_int_equal(answer_count_headers(&answer, "X-Request-Id"), 1);
        assert_null(answer_header(&answer, "Fanlight-Secret").base);
        assert_true(str_equal(answer_body(&answer), STR(BINARY)));
    }
    config_scene_stop_gateway(scene);
    scripted_server_stop(server);
}

#define CHUNKED_WITH_TRAILERS(first)                                                                                   \
    SCRIPTED_OK_HEAD "Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n\r\n"                                        \
                     "3\r\nabc\r\n2\r\nde\r\n0\r\n" first "X-Trailer: late\r\n\r\n"

/* A line that would be a status line elsewhere is no trailer either. */
static void check_trailers(struct config_scene *scene, const char *bytes, const char *error)
{
    const struct scripted_step steps[] = { { .bytes = bytes } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    (void)config_scene_add_port(scene, scripted_server_port(server));
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/pass", &answer);

        if (error != NULL) {
            assert_problem(&answer, 502, error);
            continue;
        }
        assert_answer(&answer, 200, "abcde");
        assert_text(answer_header(&answer, "Content-Length"), "5");
        assert_text(answer_header(&answer, "Content-Type"), "application/json");
        assert_null(answer_header(&answer, "X-Trailer").base);
        assert_null(answer_header(&answer, "Trailer").base);
    }
    config_scene_stop_gateway(scene);
    scripted_server_stop(server);
}

static void a_chunked_body_goes_on_whole_and_its_trailers_do_not(void **state)
{
    check_trailers(*state, CHUNKED_WITH_TRAILERS(""), NULL);
}

static void trailers_that_are_no_fields_are_a_problem(void **state)
{
    check_trailers(*state, CHUNKED_WITH_TRAILERS("HTTP/1.1 599 No: 1\r\n"), "http_protocol_error");
}

static const struct {
    const char *name;
    const char *bytes;
    const char *error; /* NULL: it is passed on */
    const char *odd;   /* then: the value of X-Odd */
} head_cases[] = {
    { "empty value", SCRIPTED_OK_HEAD "X-Odd:\r\nContent-Length: 2\r\n\r\n{}", NULL, "" },
    { "tab", SCRIPTED_OK_HEAD "X-Odd: a\tb\r\nContent-Length: 2\r\n\r\n{}", NULL, "a b" },
    { "until the end of the connection", SCRIPTED_OK_HEAD "X-Odd: 1\r\n\r\n{}", NULL, "1" },
    { "control byte",
      SCRIPTED_OK_HEAD "X-Odd: a\x01"
                       "b\r\nContent-Length: 2\r\n\r\n{}",
      "http_protocol_error", NULL },
    { "bare CR", SCRIPTED_OK_HEAD "X-Odd: a\rSet-Cookie: x\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error",
      NULL },
    { "blank in a name", SCRIPTED_OK_HEAD "X Odd: a\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error", NULL },
    { "folded", SCRIPTED_OK_HEAD "X-Odd: a\r\n b\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error", NULL },
    { "no colon", SCRIPTED_OK_HEAD "X-Odd\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error", NULL },
    { "status 600", "HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error", NULL },
    { "status 99", "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}", "http_protocol_error", NULL },
    { "coding that is not ours to undo",
      SCRIPTED_OK_HEAD "X-Odd: 1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "http_response_transfer_coding",
      NULL },
};

static void a_head_that_could_be_read_two_ways_is_a_problem(void **state)
{
    struct config_scene *scene = *state;

    for (size_t i = 0; i < array_length(head_cases); i++) {
        const struct scripted_step steps[] = { { .bytes = head_cases[i].bytes, .after = SCRIPTED_CLOSE } };
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        config_scene_start(scene, OPTIONS("--threads=4"), config);

        for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
            cleanup_answer struct answer answer = ANSWER_NONE;
            print_message("%s: %s\n", *mode, head_cases[i].name);

            config_scene_get(scene, *mode, "/pass", &answer);

            if (head_cases[i].error != NULL) {
                assert_problem(&answer, 502, head_cases[i].error);
            } else {
                assert_answer(&answer, 200, "{}");
                assert_text(answer_header(&answer, "X-Odd"), head_cases[i].odd);
            }
        }
        config_scene_stop_gateway(scene);
        scripted_server_stop(server);
    }
}

/* ---- heads that are long ---- */

enum { LINE_BYTES = 500 };

static void build_long_response(struct buf *response, size_t line_count)
{
    buf_init(response, 65536);
    (void)buf_add_text(response, "HTTP/1.1 200 OK\r\n");
    for (size_t i = 0; i < line_count; i++) {
        (void)buf_add_format(response, "X-Long-%zu: %0*d\r\n", i, LINE_BYTES, 7);
    }
    (void)buf_add_format(response, "Content-Length: 2\r\n\r\n{}%c", '\0');
    assert_false(response->failed);
}

static void a_long_head_goes_on_whole_or_is_a_problem_and_never_cut(void **state)
{
    static const size_t line_counts[] = { 4, 16, 20, 28, 31 };
    struct config_scene *scene = *state;

    for (size_t i = 0; i < array_length(line_counts); i++) {
        cleanup_buf struct buf response;
        cleanup_answer struct answer answer = ANSWER_NONE;
        build_long_response(&response, line_counts[i]);
        const struct scripted_step steps[] = { { .bytes = response.base } };
        struct scripted_server *server = scripted_server_start(steps, array_length(steps));
        scene->backend_count = 0;
        (void)config_scene_add_port(scene, scripted_server_port(server));
        config_scene_start(scene, OPTIONS("--threads=4"), config);

        config_scene_get(scene, "async", "/pass", &answer);

        if (line_counts[i] <= 16) {
            char last[16];
            (void)snprintf(last, sizeof last, "X-Long-%zu", line_counts[i] - 1);
            assert_answer(&answer, 200, "{}");
            assert_int_equal(answer_header(&answer, last).length, LINE_BYTES);
        } else {
            assert_problem(&answer, 502, "http_response_header_section_size");
            cJSON *account = config_scene_account(scene);
            assert_string_equal(json_text(account_call(account, "res", -1), "error"),
                                "http_response_header_section_size");
            cJSON_Delete(account);
        }
        config_scene_stop_gateway(scene);
        scripted_server_stop(server);
    }
}

/* Both heads share one connection's memory at the gateway. */
static void a_long_head_behind_a_long_request_is_a_problem_and_not_a_silence(void **state)
{
    static const int request_bytes[] = { 10, 4000, 15000 };
    struct config_scene *scene = *state;
    cleanup_buf struct buf response;
    build_long_response(&response, 16);
    const struct scripted_step steps[] = { { .bytes = response.base } };
    struct scripted_server *server = scripted_server_start(steps, array_length(steps));
    (void)config_scene_add_port(scene, scripted_server_port(server));
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (size_t i = 0; i < array_length(request_bytes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_buf struct buf fields;
        buf_init(&fields, 65536);
        (void)buf_add_format(&fields, "X-Filler: %0*d\r\n%c", request_bytes[i], 7, '\0');

        config_scene_ask(scene, "async", "GET", "/pass", fields.base, NULL, &answer);

        if (request_bytes[i] < 10000) {
            assert_answer(&answer, 200, "{}");
            assert_int_equal(answer_header(&answer, "X-Long-15").length, LINE_BYTES);
        } else {
            assert_problem(&answer, 502, "http_response_header_section_size");
        }
    }
    config_scene_stop_gateway(scene);
    scripted_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(fields_go_on_in_their_order_but_for_those_of_one_connection_and_our_own),
        config_scene_test(a_chunked_body_goes_on_whole_and_its_trailers_do_not),
        config_scene_test(trailers_that_are_no_fields_are_a_problem),
        config_scene_test(a_head_that_could_be_read_two_ways_is_a_problem),
        config_scene_test(a_long_head_goes_on_whole_or_is_a_problem_and_never_cut),
        config_scene_test(a_long_head_behind_a_long_request_is_a_problem_and_not_a_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
