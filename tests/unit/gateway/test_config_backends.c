/* SPDX-License-Identifier: MIT */
/* What is refused of a backend is in tests/config/bad: backend*.json, server*.json. */
#include "common/clock.h"
#include "gateway/mode.h"
#include "tests/unit/gateway/config_bench.h"

#define HELLO "\"routes\":[{\"path\":\"/\",\"respond\":{\"text\":\"\"}}]"

static void config_backends_have_what_the_file_says(void **state)
{
    (void)state;

    struct config *config =
        config_bench_read("{\"backends\":{\"b-1\":{\"servers\":[\"http://h:81/v1/\",\"https://[::1]\"],"
                          "\"timeout\":\"2s\",\"connect_timeout\":\"3ms\",\"response_bytes\":4,"
                          "\"response_header_bytes\":500,\"max_in_flight\":6,\"queue\":7,\"queue_timeout\":\"8m\","
                          "\"mode\":\"sync\"}}," HELLO "}");

    const struct config_backend *backend = &config->backends[0];
    assert_int_equal(config->backend_count, 1);
    assert_text(backend->name, "b-1");
    assert_int_equal(backend->server_count, 2);
    assert_string_equal(backend->servers[0].name, "h:81");
    assert_string_equal(backend->servers[0].url.path, "/v1");
    assert_string_equal(backend->servers[1].name, "[::1]:443");
    assert_true(backend->servers[1].url.is_tls);
    assert_int_equal(backend->timeout_us, 2 * CLOCK_US_PER_SECOND);
    assert_int_equal(backend->connect_timeout_us, 3 * CLOCK_US_PER_MS);
    assert_int_equal(backend->response_bytes, 4);
    assert_int_equal(backend->response_header_bytes, 500);
    assert_int_equal(backend->max_in_flight, 6);
    assert_int_equal(backend->queue, 7);
    assert_int_equal(backend->queue_timeout_us, 480ULL * CLOCK_US_PER_SECOND);
    assert_int_equal(backend->mode, MODE_SYNC);
    config_release(config);
}

static void config_backends_have_defaults_for_the_rest(void **state)
{
    (void)state;

    struct config *config = config_bench_read("{\"backends\":{\"b\":{\"servers\":[\"http://h\"]}}," HELLO "}");

    const struct config_backend *backend = &config->backends[0];
    assert_int_equal(backend->timeout_us, config_backend_default.timeout_us);
    assert_int_equal(backend->connect_timeout_us, config_backend_default.connect_timeout_us);
    assert_int_equal(backend->response_bytes, config_backend_default.response_bytes);
    assert_int_equal(backend->response_header_bytes, config_backend_default.response_header_bytes);
    assert_int_equal(backend->max_in_flight, SIZE_MAX);
    assert_int_equal(backend->queue, config_backend_default.queue);
    assert_int_equal(backend->mode, MODE_INHERITED);
    config_release(config);
}

static void config_backends_are_in_the_order_of_the_file(void **state)
{
    (void)state;

    struct config *config = config_bench_read("{\"backends\":{\"z\":{\"servers\":[\"http://x\"]},"
                                              "\"a\":{\"servers\":[\"http://y\"]},\"m\":{\"servers\":[\"http://z\"]}},"
                                              "\"routes\":[{\"path\":\"/\",\"calls\":{"
                                              "\"x\":{\"backend\":\"m\",\"path\":\"/\"},"
                                              "\"y\":{\"backend\":\"z\",\"path\":\"/\"}}}]}");

    assert_int_equal(config->backend_count, 3);
    assert_text(config->backends[0].name, "z");
    assert_text(config->backends[1].name, "a");
    assert_text(config->backends[2].name, "m");
    assert_int_equal(config->routes[0].plan.calls[0].backend, 2);
    assert_int_equal(config->routes[0].plan.calls[1].backend, 0);
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_backends_have_what_the_file_says),
        cmocka_unit_test(config_backends_have_defaults_for_the_rest),
        cmocka_unit_test(config_backends_are_in_the_order_of_the_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
