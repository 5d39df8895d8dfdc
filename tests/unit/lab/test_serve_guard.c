/* SPDX-License-Identifier: MIT */
#include "lab/serve_guard.h"

#include "tests/support/unit.h"

enum { PORT = 8000, HEADERS_MOST = 6 };

struct header {
    const char *name, *value;
};

static struct serve_guard guard_at(const char *listen, uint16_t port)
{
    struct serve_guard guard;
    struct address address;
    struct error error;

    assert_int_equal(address_parse(str_of(listen), &address, &error), 0);
    serve_guard_init(&guard, &address, port);
    return guard;
}

static int judge(const struct serve_guard *guard, const char *method, const char *path, const struct header *headers)
{
    struct serve_guard_request request = { .method = str_of(method), .path = str_of(path) };
    const char *reason = NULL;

    for (; headers->name != NULL; headers++) {
        serve_guard_header(&request, str_of(headers->name), str_of(headers->value));
    }
    int status = serve_guard_judge(guard, &request, &reason);
    assert_true((status == 0) == (reason == NULL));
    return status;
}

/* ---- Host ---- */

static const struct {
    const char *listen, *host;
    uint16_t port;
    int status;
} host_rows[] = {
    { "127.0.0.1:8000", "127.0.0.1:8000", PORT, 0 },
    { "127.0.0.1:0", "127.0.0.1:8000", PORT, 0 }, /* port 0: what was bound counts */
    { "127.0.0.1:8000", "localhost:8000", PORT, 0 },
    { "127.0.0.1:8000", "LOCALHOST:8000", PORT, 0 },
    { "127.0.0.1:8000", "[::1]:8000", PORT, 0 },
    { "127.0.0.1:8000", "[0:0::1]:8000", PORT, 0 },
    { "127.5.6.7:8000", "127.5.6.7:8000", PORT, 0 },
    { "localhost:8000", "127.0.0.1:8000", PORT, 0 },
    { "127.0.0.1:80", "127.0.0.1", 80, 0 },
    { "127.0.0.1:80", "[::1]", 80, 0 },
    { "127.0.0.1:80", "localhost:80", 80, 0 },
    { "127.0.0.1:8000", "127.0.0.1", PORT, 421 },
    { "127.0.0.1:8000", "127.0.0.1:8001", PORT, 421 },
    { "127.0.0.1:8000", "127.0.0.1:", PORT, 421 },
    { "127.0.0.1:8000", "127.0.0.2:8000", PORT, 421 },
    { "127.0.0.1:8000", "evil.example:8000", PORT, 421 },
    { "127.0.0.1:8000", "localhost.:8000", PORT, 421 },
    { "127.0.0.1:8000", "localhost.evil.example:8000", PORT, 421 },
    { "127.0.0.1:8000", "127.0.0.1.nip.io:8000", PORT, 421 },
    { "127.0.0.1:8000", "192.168.1.5:8000", PORT, 421 },
    { "127.0.0.1:8000", "", PORT, 421 },
    { "127.0.0.1:8000", "127.0.0.1:8000,evil.example", PORT, 421 },
    { "127.0.0.1:8000", "user@127.0.0.1:8000", PORT, 421 },
    { "192.168.1.5:8000", "192.168.1.5:8000", PORT, 0 },
    { "192.168.1.5:8000", "localhost:8000", PORT, 421 },
    { "192.168.1.5:8000", "127.0.0.1:8000", PORT, 421 },
    { "lab.example:8000", "lab.example:8000", PORT, 0 },
    { "lab.example:8000", "Lab.Example:8000", PORT, 0 },
    { "lab.example:8000", "evil.example:8000", PORT, 421 },
    { "[fd00::1]:8000", "[fd00:0::1]:8000", PORT, 0 },
    { "[fd00::1]:8000", "[fd00::2]:8000", PORT, 421 },
    /* all addresses of the machine: numbers cannot be rebound */
    { "0.0.0.0:8000", "192.168.1.5:8000", PORT, 0 },
    { "0.0.0.0:8000", "0.0.0.0:8000", PORT, 0 },
    { "0.0.0.0:8000", "localhost:8000", PORT, 0 },
    { "[::]:8000", "[fd00::7]:8000", PORT, 0 },
    { "0.0.0.0:8000", "evil.example:8000", PORT, 421 },
    { "0.0.0.0:8000", "192.168.1.5:8001", PORT, 421 },
};

static void only_our_own_address_is_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(host_rows); i++) {
        struct serve_guard guard = guard_at(host_rows[i].listen, host_rows[i].port);
        const struct header headers[] = { { "Host", host_rows[i].host }, { NULL, NULL } };

        int status = judge(&guard, "GET", "/", headers);

        assert_case(host_rows[i].host, status == host_rows[i].status);
    }
}

static void a_request_without_a_host_is_not_ours(void **state)
{
    struct serve_guard guard = guard_at("127.0.0.1:8000", PORT);
    const struct header none[] = { { NULL, NULL } };

    (void)state;
    assert_int_equal(judge(&guard, "GET", "/", none), 421);
}

/* ---- where it comes from ---- */

#define OURS "http://127.0.0.1:8000"

static const struct {
    const char *name;
    const char *method, *path;
    struct header headers[HEADERS_MOST];
    int status;
} origin_rows[] = {
    { "curl", "GET", "/api/runs", { { NULL, NULL } }, 0 },
    { "our page", "GET", "/api/runs", { { "Origin", OURS }, { "Sec-Fetch-Site", "same-origin" } }, 0 },
    { "our page, in other letters", "GET", "/api/runs", { { "ORIGIN", "HTTP://127.0.0.1:8000" } }, 0 },
    { "the address bar", "GET", "/api/runs/1", { { "Sec-Fetch-Site", "none" }, { "Sec-Fetch-Mode", "navigate" } }, 0 },
    { "another site's origin", "GET", "/api/runs", { { "Origin", "http://evil.example" } }, 403 },
    { "another port of this machine", "GET", "/api/runs", { { "Origin", "http://127.0.0.1:9000" } }, 403 },
    { "another name of this machine", "GET", "/api/runs", { { "Origin", "http://localhost:8000" } }, 403 },
    { "https", "GET", "/api/runs", { { "Origin", "https://127.0.0.1:8000" } }, 403 },
    { "no origin at all", "GET", "/api/runs", { { "Origin", "null" } }, 403 },
    { "an empty origin", "GET", "/api/runs", { { "Origin", "" } }, 403 },
    { "an origin with more behind it", "GET", "/api/runs", { { "Origin", OURS ".evil.example" } }, 403 },
    { "an origin with a path", "GET", "/api/runs", { { "Origin", OURS "/" } }, 403 },
    { "the scheme alone", "GET", "/api/runs", { { "Origin", "http://" } }, 403 },
    { "another site's script", "GET", "/api/runs", { { "Sec-Fetch-Site", "cross-site" } }, 403 },
    { "a neighbour's script", "GET", "/api/runs", { { "Sec-Fetch-Site", "same-site" } }, 403 },
    { "a site unheard of", "GET", "/api/runs", { { "Sec-Fetch-Site", "Same-Origin" } }, 403 },
    { "our origin, their site", "GET", "/", { { "Origin", OURS }, { "Sec-Fetch-Site", "cross-site" } }, 403 },
    { "a link to the page",
      "GET",
      "/",
      { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Sec-Fetch-Dest", "document" } },
      0 },
    { "a link from a neighbour",
      "HEAD",
      "/",
      { { "Sec-Fetch-Site", "same-site" }, { "Sec-Fetch-Mode", "navigate" } },
      0 },
    { "a link to something else",
      "GET",
      "/api/runs/1",
      { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" } },
      403 },
    { "the page in a frame",
      "GET",
      "/",
      { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Sec-Fetch-Dest", "iframe" } },
      403 },
    { "the page as a script",
      "GET",
      "/",
      { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "no-cors" } },
      403 },
    { "a form to the page",
      "POST",
      "/",
      { { "Sec-Fetch-Site", "cross-site" }, { "Sec-Fetch-Mode", "navigate" }, { "Content-Type", "application/json" } },
      403 },
    { "two origins", "GET", "/api/runs", { { "Origin", OURS }, { "Origin", "http://evil.example" } }, 400 },
    { "two sites", "GET", "/", { { "Sec-Fetch-Site", "none" }, { "Sec-Fetch-Site", "cross-site" } }, 400 },
};

static void only_our_own_page_may_ask(void **state)
{
    struct serve_guard guard = guard_at("127.0.0.1:8000", PORT);

    (void)state;
    for (size_t i = 0; i < array_length(origin_rows); i++) {
        struct header headers[HEADERS_MOST + 2] = { { "Host", "127.0.0.1:8000" } };
        memcpy(headers + 1, origin_rows[i].headers, sizeof origin_rows[i].headers);

        int status = judge(&guard, origin_rows[i].method, origin_rows[i].path, headers);

        assert_case(origin_rows[i].name, status == origin_rows[i].status);
    }
}

/* ---- what a POST is ---- */

static const struct {
    const char *type; /* NULL: none */
    int status;
} type_rows[] = {
    { "application/json", 0 },
    { "Application/JSON", 0 },
    { "application/json; charset=utf-8", 0 },
    { " application/json ;charset=utf-8", 0 },
    { NULL, 415 },
    { "", 415 },
    { "text/plain", 415 },
    { "text/plain;application/json", 415 },
    { "application/x-www-form-urlencoded", 415 },
    { "multipart/form-data; boundary=x", 415 },
    { "application/jsonp", 415 },
    { "application/json, text/plain", 415 },
};

static void a_post_is_json_or_nothing(void **state)
{
    struct serve_guard guard = guard_at("127.0.0.1:8000", PORT);

    (void)state;
    for (size_t i = 0; i < array_length(type_rows); i++) {
        const struct header headers[] = { { "Host", "127.0.0.1:8000" },
                                          { type_rows[i].type != NULL ? "content-type" : NULL, type_rows[i].type },
                                          { NULL, NULL } };

        int status = judge(&guard, "POST", "/api/runs", headers);

        assert_case(type_rows[i].type != NULL ? type_rows[i].type : "none", status == type_rows[i].status);
        assert_int_equal(judge(&guard, "GET", "/api/runs", headers), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_our_own_address_is_ours),
        cmocka_unit_test(a_request_without_a_host_is_not_ours),
        cmocka_unit_test(only_our_own_page_may_ask),
        cmocka_unit_test(a_post_is_json_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
