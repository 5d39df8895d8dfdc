/* SPDX-License-Identifier: MIT */
#include "common/http_guard.h"

#include "tests/support/unit.h"

struct header {
    struct str name;
    struct str value;
};

enum { MOST_HEADERS = 4 };

struct head {
    const char *name;
    struct str method;
    struct str target;
    bool is_http_1_0;
    struct header headers[MOST_HEADERS]; /* ends at one without a base */
    int status;
    const char *reason;
};

#define HEADER(name, value)                                                                                            \
    {                                                                                                                  \
        STR_STATIC(name), STR_STATIC(value)                                                                            \
    }
#define HOST HEADER("Host", "127.0.0.1:8080")
#define GET .method = STR_STATIC("GET"), .target = STR_STATIC("/task1")
#define POST .method = STR_STATIC("POST"), .target = STR_STATIC("/fanout")

static int judge(const struct head *head, const char **ret_reason)
{
    struct http_guard guard = { 0 };

    for (size_t i = 0; i < MOST_HEADERS && head->headers[i].name.base != NULL; i++) {
        http_guard_header(&guard, head->headers[i].name, head->headers[i].value);
    }
    return http_guard_verdict(&guard, head->method, head->target, !head->is_http_1_0, ret_reason);
}

static const struct head passing[] = {
    { "a plain request", GET, .headers = { HOST } },
    { "HTTP/1.0 without a host", GET, .is_http_1_0 = true },
    { "HTTP/1.0 with a host", GET, .is_http_1_0 = true, .headers = { HOST } },
    { "a length", POST, .headers = { HOST, HEADER("content-length", "17") } },
    { "a length with blanks", POST, .headers = { HOST, HEADER("Content-Length", " 0\t") } },
    { "the greatest length", POST, .headers = { HOST, HEADER("Content-Length", "9223372036854775807") } },
    { "chunks", POST, .headers = { HOST, HEADER("TRANSFER-ENCODING", "Chunked") } },
    { "chunks with blanks in front", POST, .headers = { HOST, HEADER("Transfer-Encoding", " \tchunked") } },
    { "the expectation there is", POST, .headers = { HOST, HEADER("Expect", " 100-Continue ") } },
    { "an expectation of nothing", POST, .headers = { HOST, HEADER("Expect", "") } },
    { "a header twice", GET, .headers = { HOST, HEADER("Accept", "a"), HEADER("Accept", "b") } },
    { "every byte of a token", GET, .headers = { HOST, HEADER("!#$%&'*+-.^_`|~09azAZ", "x") } },
    { "tabs and bytes beyond ASCII in a value", GET, .headers = { HOST, HEADER("X", "a\tb \x80\xff") } },
    { "an empty value", GET, .headers = { HOST, HEADER("X", "") } },
    { "a host without a port", GET, .headers = { HEADER("hOST", "example.test") } },
    { "a host with an empty port", GET, .headers = { HEADER("Host", "example.test:") } },
    { "a host with blanks around it", GET, .headers = { HEADER("Host", " a ") } },
    { "a host of all allowed bytes", GET, .headers = { HEADER("Host", "-._~!$&'()*+,;=%4a09azAZ") } },
    { "an IPv6 host", GET, .headers = { HEADER("Host", "[::1]") } },
    { "an IPv6 host with a port", GET, .headers = { HEADER("Host", "[2001:db8::1]:65535") } },
    { "OPTIONS *", .method = STR_STATIC("OPTIONS"), .target = STR_STATIC("*"), .headers = { HOST } },
    { "OPTIONS of a path", .method = STR_STATIC("OPTIONS"), .target = STR_STATIC("/"), .headers = { HOST } },
    { "a method of its own", .method = STR_STATIC("PURGE"), .target = STR_STATIC("/"), .headers = { HOST } },
    { "a query", .method = STR_STATIC("GET"), .target = STR_STATIC("/a?b=%20&c=http://x/"), .headers = { HOST } },
    { "two slashes", .method = STR_STATIC("GET"), .target = STR_STATIC("//a/../b"), .headers = { HOST } },
};

static const struct head refused[] = {
    { "two hosts", GET, .headers = { HOST, HOST }, .status = 400,
      .reason = "The request has more than one Host header." },
    { "no host", GET, .status = 400, .reason = "The request has no Host header." },
    { "an empty host", GET, .headers = { HEADER("Host", "") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a port alone", GET, .headers = { HEADER("Host", ":80") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a blank in the host", GET, .headers = { HEADER("Host", "a b") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "two hosts in one", GET, .headers = { HEADER("Host", "a, b") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a user in the host", GET, .headers = { HEADER("Host", "u@a") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a path in the host", GET, .headers = { HEADER("Host", "a/b") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "bytes beyond ASCII in the host", GET, .headers = { HEADER("Host", "\xc3\xa9") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a percent sign cut off", GET, .headers = { HEADER("Host", "a%4") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a percent sign without digits", GET, .headers = { HEADER("Host", "a%zz") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a port too great", GET, .headers = { HEADER("Host", "a:65536") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "a port with letters", GET, .headers = { HEADER("Host", "a:8o") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "an IPv6 host without an end", GET, .headers = { HEADER("Host", "[::1") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "an IPv6 host without brackets", GET, .headers = { HEADER("Host", "::1") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "an IPv6 host with bytes behind it", GET, .headers = { HEADER("Host", "[::1]a") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "brackets around a name", GET, .headers = { HEADER("Host", "[localhost]") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "far too long in brackets", GET,
      .headers = { HEADER("Host", "[0000000000000000000000000000000000000000000000000000]") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "two lengths", POST, .headers = { HOST, HEADER("Content-Length", "5"), HEADER("content-length", "6") },
      .status = 400, .reason = "The request has more than one Content-Length header." },
    { "the same length twice", POST, .headers = { HOST, HEADER("Content-Length", "5"), HEADER("Content-Length", "5") },
      .status = 400, .reason = "The request has more than one Content-Length header." },
    { "two lengths in one", POST, .headers = { HOST, HEADER("Content-Length", "5, 5") }, .status = 400,
      .reason = "The Content-Length header is not a length." },
    { "a signed length", POST, .headers = { HOST, HEADER("Content-Length", "+5") }, .status = 400,
      .reason = "The Content-Length header is not a length." },
    { "a negative length", POST, .headers = { HOST, HEADER("Content-Length", "-1") }, .status = 400,
      .reason = "The Content-Length header is not a length." },
    { "a hexadecimal length", POST, .headers = { HOST, HEADER("Content-Length", "0x5") }, .status = 400,
      .reason = "The Content-Length header is not a length." },
    { "an empty length", POST, .headers = { HOST, HEADER("Content-Length", " ") }, .status = 400,
      .reason = "The Content-Length header is not a length." },
    { "a length that overflows", POST, .headers = { HOST, HEADER("Content-Length", "9223372036854775808") },
      .status = 400, .reason = "The Content-Length header is not a length." },
    { "a length that overflows twice", POST, .headers = { HOST, HEADER("Content-Length", "18446744073709551617") },
      .status = 400, .reason = "The Content-Length header is not a length." },
    { "a length with chunks", POST,
      .headers = { HOST, HEADER("Content-Length", "5"), HEADER("Transfer-Encoding", "chunked") }, .status = 400,
      .reason = "The request has both a Content-Length and a Transfer-Encoding header." },
    { "chunks with a length", POST,
      .headers = { HOST, HEADER("Transfer-Encoding", "chunked"), HEADER("Content-Length", "5") }, .status = 400,
      .reason = "The request has both a Content-Length and a Transfer-Encoding header." },
    { "chunks twice", POST,
      .headers = { HOST, HEADER("Transfer-Encoding", "chunked"), HEADER("Transfer-Encoding", "chunked") },
      .status = 400, .reason = "The request has more than one Transfer-Encoding header." },
    { "another encoding", POST, .headers = { HOST, HEADER("Transfer-Encoding", "gzip, chunked") }, .status = 501,
      .reason = "The only Transfer-Encoding that is understood is chunked." },
    { "almost chunked", POST, .headers = { HOST, HEADER("Transfer-Encoding", "xchunked") }, .status = 501,
      .reason = "The only Transfer-Encoding that is understood is chunked." },
    { "identity", POST, .headers = { HOST, HEADER("Transfer-Encoding", "identity") }, .status = 501,
      .reason = "The only Transfer-Encoding that is understood is chunked." },
    { "an empty encoding", POST, .headers = { HOST, HEADER("Transfer-Encoding", "") }, .status = 501,
      .reason = "The only Transfer-Encoding that is understood is chunked." },
    { "an encoding with a vertical tab", POST, .headers = { HOST, HEADER("Transfer-Encoding", "\vchunked") },
      .status = 400, .reason = "The value of a header has a control byte in it." },
    { "chunks with a blank behind", POST, .headers = { HOST, HEADER("Transfer-Encoding", "chunked ") }, .status = 501,
      .reason = "A Transfer-Encoding with a blank behind it is not understood." },
    { "another expectation", POST, .headers = { HOST, HEADER("Expect", "200-ok") }, .status = 417,
      .reason = "The only expectation that is met is 100-continue." },
    { "two expectations", POST, .headers = { HOST, HEADER("Expect", "100-continue, x") }, .status = 417,
      .reason = "The only expectation that is met is 100-continue." },
    { "chunks in HTTP/1.0", POST, .is_http_1_0 = true, .headers = { HOST, HEADER("Transfer-Encoding", "chunked") },
      .status = 400, .reason = "Transfer-Encoding does not exist before HTTP/1.1." },
    { "a blank before the colon", GET, .headers = { HOST, HEADER("Content-Length ", "5") }, .status = 400,
      .reason = "The name of a header is not a token." },
    { "a header without a name", GET, .headers = { HOST, HEADER("", "5") }, .status = 400,
      .reason = "The name of a header is not a token." },
    { "a folded line", GET, .headers = { HOST, HEADER("\tX", "5") }, .status = 400,
      .reason = "The name of a header is not a token." },
    { "a NUL in a name", GET, .headers = { HOST, HEADER("X\0", "5") }, .status = 400,
      .reason = "The name of a header is not a token." },
    { "a name beyond ASCII", GET, .headers = { HOST, HEADER("\xe9", "5") }, .status = 400,
      .reason = "The name of a header is not a token." },
    { "a NUL in a value", GET, .headers = { HOST, HEADER("X", "a\0b") }, .status = 400,
      .reason = "The value of a header has a control byte in it." },
    { "a carriage return in a value", GET, .headers = { HOST, HEADER("X", "a\rb") }, .status = 400,
      .reason = "The value of a header has a control byte in it." },
    { "a line break in a value", GET, .headers = { HOST, HEADER("X", "a\nb: c") }, .status = 400,
      .reason = "The value of a header has a control byte in it." },
    { "an escape in a value", GET, .headers = { HOST, HEADER("X", "\x1b") }, .status = 400,
      .reason = "The value of a header has a control byte in it." },
    { "a delete in a value", GET, .headers = { HOST, HEADER("X", "\x7f") }, .status = 400,
      .reason = "The value of a header has a control byte in it." },
    { "the first fault is told", GET, .headers = { HEADER("Host", "a b"), HEADER("X", "\x7f") }, .status = 400,
      .reason = "The Host header is not a host." },
    { "an empty target", .method = STR_STATIC("GET"), .target = STR_STATIC(""), .headers = { HOST }, .status = 400,
      .reason = "The request target is not a path." },
    { "a target without a slash", .method = STR_STATIC("GET"), .target = STR_STATIC("task1"), .headers = { HOST },
      .status = 400, .reason = "The request target is not a path." },
    { "absolute form", .method = STR_STATIC("GET"), .target = STR_STATIC("http://a/"), .headers = { HOST },
      .status = 400, .reason = "The request target is not a path." },
    { "GET *", .method = STR_STATIC("GET"), .target = STR_STATIC("*"), .headers = { HOST }, .status = 400,
      .reason = "The request target * is for OPTIONS only." },
    { "a fragment", .method = STR_STATIC("GET"), .target = STR_STATIC("/a#b"), .headers = { HOST }, .status = 400,
      .reason = "The request target has a fragment." },
    { "a blank in the target", .method = STR_STATIC("GET"), .target = STR_STATIC("/a b"), .headers = { HOST },
      .status = 400, .reason = "The request target has bytes outside visible ASCII." },
    { "a NUL in the target", .method = STR_STATIC("GET"), .target = STR_STATIC("/a\0"), .headers = { HOST },
      .status = 400, .reason = "The request target has bytes outside visible ASCII." },
    { "a target beyond ASCII", .method = STR_STATIC("GET"), .target = STR_STATIC("/\xc3\xa9"), .headers = { HOST },
      .status = 400, .reason = "The request target has bytes outside visible ASCII." },
    { "CONNECT", .method = STR_STATIC("CONNECT"), .target = STR_STATIC("a:443"), .headers = { HOST }, .status = 501,
      .reason = "CONNECT is not supported." },
    { "a method that is not a token", .method = STR_STATIC("G@T"), .target = STR_STATIC("/"), .headers = { HOST },
      .status = 400, .reason = "The method is not a token." },
    { "no method", .method = STR_STATIC(""), .target = STR_STATIC("/"), .headers = { HOST }, .status = 400,
      .reason = "The method is not a token." },
};

static void http_guard_lets_unambiguous_requests_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(passing); i++) {
        const char *reason = "untouched";

        int status = judge(&passing[i], &reason);

        assert_case(passing[i].name, status == 0 && strcmp(reason, "untouched") == 0);
    }
}

static void http_guard_refuses_what_could_be_read_two_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(refused); i++) {
        const char *reason = "";

        int status = judge(&refused[i], &reason);

        assert_case(refused[i].name, status == refused[i].status);
        if (strcmp(reason, refused[i].reason) != 0) {
            fail_msg("case \"%s\": %s", refused[i].name, reason);
        }
    }
}

static void http_guard_keeps_the_length_it_read(void **state)
{
    struct http_guard guard = { 0 };
    (void)state;

    http_guard_header(&guard, STR("Content-Length"), STR("1048576"));

    assert_int_equal(guard.content_length, 1048576);
    assert_int_equal(guard.length_count, 1);
}

static void http_guard_suspects_names_that_a_folded_line_could_have_made(void **state)
{
    static const struct {
        const char *name;
        bool is_suspect;
    } cases[] = {
        { "Content-Lengthx", true }, { "content-", true },          { "Transfer-Encodingx", true },
        { "Content-Length", false }, { "Content-Type", false },     { "content-type", false },
        { "Contents", false },       { "X-Content-Length", false },
    };
    (void)state;

    for (size_t i = 0; i < array_length(cases); i++) {
        struct http_guard guard = { 0 };

        http_guard_header(&guard, str_of(cases[i].name), STR("5"));

        assert_case(cases[i].name, guard.is_suspect == cases[i].is_suspect);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_guard_lets_unambiguous_requests_pass),
        cmocka_unit_test(http_guard_refuses_what_could_be_read_two_ways),
        cmocka_unit_test(http_guard_suspects_names_that_a_folded_line_could_have_made),
        cmocka_unit_test(http_guard_keeps_the_length_it_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
