/* SPDX-License-Identifier: MIT */
/*
 * The admin listener's pages.
 */
#include "gateway/admin.h"

#include "tests/integration/admin_bench.h"
#include "tests/support/unit.h"

static const struct {
    const char *method;
    const char *target;
    int status;
    const char *type;
} pages[] = {
    { "GET", "/", 200, "text/plain; charset=utf-8" },
    { "GET", "/healthz", 200, "application/json" },
    { "GET", "/readyz", 200, "application/json" },
    { "GET", "/readyz?verbose", 200, "application/json" },
    { "GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8" },
    { "GET", "/config", 503, "application/problem+json" },
    { "GET", "/requests", 200, "application/json" },
    { "GET", "/requests?limit=0", 200, "application/json" },
    { "GET", "/requests?x=1&limit=5", 200, "application/json" },
    { "GET", "/requests?limit=", 400, "application/problem+json" },
    { "GET", "/requests?limit=-1", 400, "application/problem+json" },
    { "GET", "/requests?limit=ten", 400, "application/problem+json" },
    { "GET", "/requests?limit=99999999999999999999", 400, "application/problem+json" },
    { "GET", "/nowhere", 404, "application/problem+json" },
    { "GET", "/healthz/", 404, "application/problem+json" },
    { "GET", "//", 404, "application/problem+json" },
    { "GET", "/%68ealthz", 404, "application/problem+json" },
    { "POST", "/nowhere", 404, "application/problem+json" },
    { "POST", "/", 405, "application/problem+json" },
    { "PUT", "/config", 405, "application/problem+json" },
    { "DELETE", "/requests", 405, "application/problem+json" },
    { "OPTIONS", "/events", 405, "application/problem+json" },
};

static void admin_answers_its_pages_and_refuses_all_else(void **state)
{
    struct admin_bench *bench = *state;
    struct client client;
    client_open(&client, bench->port);

    for (size_t i = 0; i < array_length(pages); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        client_request(&client, pages[i].method, pages[i].target, "", NULL);
        client_read(&client, &answer);

        assert_case(pages[i].target, answer.status == pages[i].status);
        assert_case(pages[i].target, str_equal(answer_header(&answer, "Content-Type"), str_of(pages[i].type)));
        struct str allow = answer_header(&answer, "Allow");
        assert_case(pages[i].target, (allow.base != NULL) == (pages[i].status == 405));
        assert_case(pages[i].target, allow.base == NULL || str_equal(allow, STR("GET, HEAD")));
        assert_case(pages[i].target, answer.is_complete);
    }
    client_close(&client);
}

static void admin_answers_head_with_the_head_alone(void **state)
{
    static const char *const targets[] = { "/", "/healthz", "/metrics", "/config", "/requests", "/events", "/readyz" };
    struct admin_bench *bench = *state;
    admin_bench_publish(bench, 1, 1);
    admin_set_config(bench->admin, strdup("{}"), 2);

    for (size_t i = 0; i < array_length(targets); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        cleanup_answer struct answer next = ANSWER_NONE;
        struct client client;
        client_open(&client, bench->port);
        client_request(&client, "HEAD", targets[i], "", NULL);
        client_read(&client, &answer);

        assert_case(targets[i], answer.status == 200);
        assert_case(targets[i], answer.body.length == 0);
        if (!answer_says_close(&answer)) {
            client_get(&client, "/healthz");
            client_read(&client, &next);
            assert_case(targets[i], next.status == 200);
            assert_text(answer_body(&next), "{\"status\":\"ok\"}");
        }
        client_close(&client);
    }
}

static void admin_lists_its_pages(void **state)
{
    static const char *const paths[] = { "/healthz", "/readyz", "/metrics", "/config", "/requests", "/events" };
    struct admin_bench *bench = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;

    client_fetch(bench->port, "/", &answer);

    for (size_t i = 0; i < array_length(paths); i++) {
        assert_case(paths[i], answer_has(&answer, paths[i]));
    }
}

static void admin_is_not_ready_while_it_drains(void **state)
{
    struct admin_bench *bench = *state;
    cleanup_answer struct answer ready = ANSWER_NONE;
    cleanup_answer struct answer health = ANSWER_NONE;

    atomic_store(&bench->is_draining, true);
    client_fetch(bench->port, "/readyz", &ready);
    client_fetch(bench->port, "/healthz", &health);

    assert_int_equal(ready.status, 503);
    assert_text(answer_body(&ready), "{\"status\":\"draining\"}");
    assert_int_equal(health.status, 200);
}

static void admin_shows_the_configuration_that_was_set_last(void **state)
{
    static const char *const texts[] = { "{\"mode\":\"async\"}", "{\"mode\":\"sync\",\"workers\":4}", "{}" };
    struct admin_bench *bench = *state;

    for (size_t i = 0; i < array_length(texts); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        admin_set_config(bench->admin, strdup(texts[i]), strlen(texts[i]));
        client_fetch(bench->port, "/config", &answer);

        assert_int_equal(answer.status, 200);
        assert_text(answer_body(&answer), texts[i]);
        assert_text(answer_header(&answer, "Content-Type"), "application/json");
    }
}

static void admin_shows_what_the_workers_count(void **state)
{
    struct admin_bench *bench = *state;
    const struct metrics_request request = { .route = STR("/a"), .mode = STR("sync"), .status = 200, .duration_us = 7 };
    cleanup_answer struct answer answer = ANSWER_NONE;

    for (size_t i = 0; i < ADMIN_BENCH_WORKERS; i++) {
        metrics_count_request(bench->workers[i], &request);
    }
    client_fetch(bench->port, "/metrics", &answer);

    assert_true(answer_has(&answer, "fanlight_requests_total{route=\"/a\",mode=\"sync\",status=\"200\"} 2\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        admin_test(admin_answers_its_pages_and_refuses_all_else),
        admin_test(admin_answers_head_with_the_head_alone),
        admin_test(admin_lists_its_pages),
        admin_test(admin_is_not_ready_while_it_drains),
        admin_test(admin_shows_the_configuration_that_was_set_last),
        admin_test(admin_shows_what_the_workers_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
