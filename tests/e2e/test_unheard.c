/* SPDX-License-Identifier: MIT */
/*
 * Requests that no route saw, in what the gateway tells: one line each with the client's address, a record, and counts,
 * whoever refused them, and nothing of it reaches a backend.
 */
#include "common/clock.h"
#include "tests/support/config_scene.h"
#include "tests/support/gate.h"
#include "tests/support/metrics_page.h"
#include "tests/support/microhttpd_version.h"
#include "tests/support/unit.h"

struct refused_case {
    const char *name;
    const char *bytes;
    int status;          /* answered; CLOSED */
    const char *request; /* as the log has it */
    const char *logged;  /* status and phrase */
};

/* 400, or none where microhttpd just closes and nobody knows why. */
enum { CLOSED = -1 };

#define POST_HEAD "POST /task1 HTTP/1.1\r\nHost: a\r\n"

static const struct refused_case cases[] = {
    { "no request line", "GARBAGE\r\n\r\n", CLOSED, "- - -", "400 Bad Request" },
    { "another version", "GET /task1 HTTP/7.0\r\nHost: a\r\n\r\n", 505, "- - -", "505 HTTP Version Not Supported" },
    { "no colon", "GET /task1 HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400, "- /task1 -", "400 Bad Request" },
    { "a length that is none", POST_HEAD "Content-Length: x\r\n\r\n", 400, "- /task1 -", "400 Bad Request" },
    { "a chunk that is none", POST_HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\n", 400, "POST /task1 HTTP/1.1",
      "400 Bad Request" },
    { "ours: two hosts", "GET /task1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "GET /task1 HTTP/1.1",
      "400 Bad Request" },
    { "ours: a host that is none", "GET /task1 HTTP/1.1\r\nHost: /\r\n\r\n", 400, "GET /task1 HTTP/1.1",
      "400 Bad Request" },
    { "bytes for a terminal", "GET /\x1b[31m\"\\\x7f\xff HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400,
      "- /\\x1B[31m\\x22\\x5C\\x7F\\xFF -", "400 Bad Request" },
    { "a slow head", "GET /task1 HTTP/1.1\r\nHost: a\r\nX: ", 408, "- /task1 -", "408 Request Timeout" },
    { "a slow request line", "GET /ta", 408, "- - -", "408 Request Timeout" },
    { "a slow body", POST_HEAD "Content-Length: 9\r\n\r\nhalf", 408, "POST /task1 HTTP/1.1", "408 Request Timeout" },
};

#define CONFIG(timeout)                                                                                                \
    "{'limits': {'header_timeout': '" timeout "', 'body_timeout': '" timeout "'},"                                     \
    " 'backends': {'b': {'servers': ['http://@0']}},"                                                                  \
    " 'routes': [{'path': '/{task}', 'calls': {'a': {'backend': 'b', 'path': '/{task}'}}}]}"

#define COUNT_OF(status) "fanlight_requests_total{route=\"none\",mode=\"async\",status=\"" status "\"} "

static uint16_t be_refused(uint16_t port, const struct refused_case *refused)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_open(&client, port);
    client_send(&client, refused->bytes);
    client_read(&client, &answer);
    int closed_status = microhttpd_tells_of_what_is_no_request_line() ? 400 : 0;
    if (answer.status != (refused->status == CLOSED ? closed_status : refused->status)) {
        fail_msg("case \"%s\": %d", refused->name, answer.status);
    }
    uint16_t local_port = client.local_port;
    client_close(&client);
    return local_port;
}

/* config_scene starts programs that log JSON; here the later option wins. */
static void each_has_one_line_with_its_clients_address(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--log-format=text"), CONFIG("1s"));

    for (size_t i = 0; i < array_length(cases); i++) {
        char line[512];
        char address[64];
        uint16_t port = be_refused(scene->gateway_port, &cases[i]);
        (void)snprintf(address, sizeof address, "127.0.0.1:%u - ", (unsigned)port);
        (void)snprintf(line, sizeof line, "INFO:     %s\"%s\" %s", address, cases[i].request, cases[i].logged);
        process_wait_for_count(&scene->gateway, line, 1);
        assert_int_equal(process_count_lines(&scene->gateway, address), 1);
    }

    metrics_page_wait_for(scene->admin_port, "fanlight_requests_refused_total ", array_length(cases));
    assert_int_equal(process_count_lines(&scene->backends[0], "received"), 0);
}

static const cJSON *record_of(const cJSON *records, uint16_t port)
{
    const cJSON *record = NULL;
    char address[64];

    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    cJSON_ArrayForEach(record, records)
    {
        if (strcmp(json_text(record, "client"), address) == 0) {
            return record;
        }
    }
    fail_msg("no record of %s", address);
    return NULL;
}

/* Once there are as many: the worker hands them over a moment after their lines. */
static cJSON *fetch_records(struct config_scene *scene, int count)
{
    uint64_t start_us = clock_monotonic_us();
    cJSON *records = NULL;

    do {
        cleanup_answer struct answer page = ANSWER_NONE;
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        cJSON_Delete(records);
        client_fetch(scene->admin_port, "/requests", &page);
        records = answer_json(&page);
    } while (cJSON_GetArraySize(records) < count);
    return records;
}

static void each_has_a_record_that_is_json(void **state)
{
    struct config_scene *scene = *state;
    uint16_t ports[array_length(cases)];
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--allow-mode-override"), CONFIG("1s"));

    for (size_t i = 0; i < array_length(cases); i++) {
        ports[i] = be_refused(scene->gateway_port, &cases[i]);
        process_wait_for_count(&scene->gateway, "\"event\":\"done\"", i + 1);
    }

    cJSON *records = fetch_records(scene, array_length(cases));
    assert_int_equal(cJSON_GetArraySize(records), array_length(cases));
    for (size_t i = 0; i < array_length(cases); i++) {
        const cJSON *record = record_of(records, ports[i]);
        assert_int_equal(json_number(record, "status"), strtoul(cases[i].logged, NULL, 10));
        assert_true(strlen(json_text(record, "request_id")) == 32);
        assert_true(json_number(record, "total_us") < 60U * 1000 * 1000);
        assert_string_equal(json_text(record, "mode"), "async");
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(record, "calls")), 0);
    }
    cJSON_Delete(records);
    metrics_page_wait_for(scene->admin_port, COUNT_OF("408"), 3);
    metrics_page_wait_for(scene->admin_port, COUNT_OF("400"), 7);
}

/* It was not refused: nobody knows what it would have been. */
static void a_client_that_leaves_in_the_middle_is_a_499_and_not_refused(void **state)
{
    struct config_scene *scene = *state;
    static const char *const halves[] = { "GET /task1 HTTP/1.1\r\nHo", POST_HEAD "Content-Length: 9\r\n\r\nhalf" };
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--log-format=text"), CONFIG("50s"));

    for (size_t i = 0; i < 2 * array_length(halves); i++) {
        struct client client;
        client_open(&client, scene->gateway_port);
        client_send(&client, halves[i / 2]);
        if (i % 2 == 0) {
            client_shut(&client);
            assert_true(client_sees_end(&client, TEST_PATIENCE_MS));
            client_close(&client);
        } else {
            client_wait_until_read(&client); /* what is not read by then, nobody hears of */
            client_reset(&client);
        }
        process_wait_for_count(&scene->gateway, "499 Client Closed Request", i + 1);
    }

    assert_int_equal(scene_metric(scene->admin_port, "fanlight_requests_refused_total"), 0);
    metrics_page_wait_for(scene->admin_port, COUNT_OF("499"), 4);
    assert_int_equal(process_count_lines(&scene->backends[0], "received"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(each_has_one_line_with_its_clients_address),
        config_scene_test(each_has_a_record_that_is_json),
        config_scene_test(a_client_that_leaves_in_the_middle_is_a_499_and_not_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
