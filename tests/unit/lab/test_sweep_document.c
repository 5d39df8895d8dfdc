/* SPDX-License-Identifier: MIT */
#include "lab/sweep_document.h"

#include <math.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

static const struct origin origin = { .command = STR_STATIC("lab sweep"), .measured_us = 1700000000000000, .seed = 1 };

/* By dots: "latency_ms.p50.median"; NULL: there is none. */
static const cJSON *find(const cJSON *tree, const char *path)
{
    struct str rest = str_of(path);

    while (tree != NULL && rest.length > 0) {
        char name[64];
        struct str one = str_split(&rest, '.');
        (void)snprintf(name, sizeof name, "%.*s", STR_ARGUMENTS(one));
        tree = cJSON_GetObjectItemCaseSensitive(tree, name);
    }
    return tree;
}

static void assert_number(const cJSON *tree, const char *path, double expected)
{
    const cJSON *found = find(tree, path);

    assert_case(path, cJSON_IsNumber(found));
    assert_case(path, fabs(found->valuedouble - expected) < 1e-6);
}

static void assert_null_at(const cJSON *tree, const char *path)
{
    assert_case(path, cJSON_IsNull(find(tree, path)));
}

static void a_point_has_the_documented_members(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50500);
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", NULL });
    measurement.latency[SWEEP_MAX].is_lower_bound = true;
    sweep_fixture_fill(&fixture, &measurement);

    cJSON *point = sweep_document_point(&fixture.results, 0);

    assert_null_at(point, "case");
    assert_string_equal(find(point, "mode")->valuestring, "sync");
    assert_string_equal(find(point, "delay")->valuestring, "50ms");
    assert_string_equal(find(point, "load")->valuestring, "closed");
    assert_number(point, "fan_out", 1);
    assert_number(point, "clients", 1);
    assert_null_at(point, "rate");
    assert_null_at(point, "bytes");
    assert_null_at(point, "backend_concurrency");
    assert_number(point, "repeats", 3);
    assert_number(point, "requests", 60);
    assert_number(point, "failed", 0);
    assert_number(point, "unanswered", 0);
    assert_int_equal(cJSON_GetArraySize(find(point, "errors")), 0);
    assert_number(point, "throughput.median", 20);
    assert_number(point, "latency_ms.p50.median", 50.5);
    assert_number(point, "latency_ms.p99.most", 50.5);
    assert_true(cJSON_IsFalse(find(point, "latency_ms.p99.is_lower_bound")));
    assert_true(cJSON_IsTrue(find(point, "latency_ms.max.is_lower_bound")));
    assert_null_at(point, "uncorrected_ms");
    assert_number(point, "gateway.cpu_us_per_request.median", 100);
    assert_number(point, "gateway.cpu_cores.median", 0.2);
    assert_number(point, "gateway.resident_bytes.median", 11 * 1024 * 1024);
    assert_number(point, "gateway.threads", 3);
    assert_number(point, "gateway.switches_per_request.median", 2.5);
    assert_number(point, "client.cpu_cores.median", 0.1);
    assert_null_at(point, "client.late_p99_ms");
    assert_string_equal(find(point, "limit")->valuestring, "none");
    assert_true(cJSON_IsFalse(find(point, "is_client_limited")));
    assert_number(point, "theory.throughput", 20);
    assert_number(point, "theory.p99_ms", 50);
    assert_null_at(point, "theory.max_ms");
    assert_true(cJSON_IsString(find(point, "theory.why")));
    assert_number(point, "deviation.throughput", 1);
    assert_number(point, "deviation.p50", 1.01);
    cJSON_Delete(point);
    sweep_fixture_close(&fixture);
}

static void what_is_not_known_is_null(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(0, 0);
    (void)state;
    sweep_fixture_open(&fixture,
                       (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", "--delay=0s", NULL });
    measurement.gateway_cpu_us_per_request = NAN;
    sweep_fixture_fill(&fixture, &measurement);

    cJSON *point = sweep_document_point(&fixture.results, 0);

    assert_number(point, "throughput.median", 0);
    assert_null_at(point, "latency_ms.p50");
    assert_null_at(point, "gateway.cpu_us_per_request");
    assert_null_at(point, "theory.throughput");
    assert_null_at(point, "theory.mean_ms");
    assert_null_at(point, "deviation.throughput");
    assert_null_at(point, "deviation.p99");
    cJSON_Delete(point);
    sweep_fixture_close(&fixture);
}

static void what_was_never_sent_has_no_uncorrected_latency(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(0, 3000000);
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--rate=100", "--fan-out=1", NULL });
    measurement.unanswered = 100;
    sweep_fixture_fill(&fixture, &measurement);

    cJSON *point = sweep_document_point(&fixture.results, 0);

    assert_number(point, "latency_ms.p50.median", 3000);
    assert_null_at(point, "uncorrected_ms.p50");
    cJSON_Delete(point);
    sweep_fixture_close(&fixture);
}

static void an_open_loop_has_both_latencies_and_its_failures(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(100, 80000);
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=async", "--rate=100", "--fan-out=10", NULL });
    measurement.uncorrected[SWEEP_P50].value_us = 60000;
    measurement.usage.late_p99_us = 20000;
    measurement.refused = 2;
    measurement.refusal_status = 503;
    measurement.failed[CALL_CONNECTION_TERMINATED] = 1;
    sweep_fixture_fill(&fixture, &measurement);

    cJSON *point = sweep_document_point(&fixture.results, 0);

    assert_string_equal(find(point, "load")->valuestring, "open");
    assert_number(point, "rate", 100);
    assert_number(point, "latency_ms.p50.median", 80);
    assert_number(point, "uncorrected_ms.p50.median", 60);
    assert_number(point, "client.late_p99_ms.median", 20);
    assert_number(point, "failed", 9);
    assert_number(point, "errors.status_503", 6);
    assert_number(point, "errors.connection_terminated", 3);
    cJSON_Delete(point);
    sweep_fixture_close(&fixture);
}

static void a_document_has_what_was_measured(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    struct origin interrupted = origin;
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync,async", "--clients=1,2", "--fan-out=1",
                                                        "--blocking=task1,task7", NULL });
    sweep_results_add(&fixture.results, 0, &measurement);
    sweep_results_add(&fixture.results, 2, &measurement);
    interrupted.was_interrupted = true;

    cJSON *document = sweep_document(&fixture.results, &interrupted);

    assert_number(document, "version", 1);
    assert_string_equal(find(document, "kind")->valuestring, "sweep");
    assert_number(document, "settings.threads", 16);
    assert_number(document, "settings.warm_up_ms", 250);
    assert_number(document, "settings.duration_ms", 1000);
    assert_number(document, "settings.repeats", 3);
    assert_int_equal(cJSON_GetArraySize(find(document, "settings.blocking")), 2);
    assert_string_equal(cJSON_GetArrayItem(find(document, "settings.blocking"), 1)->valuestring, "task7");
    assert_int_equal(cJSON_GetArraySize(find(document, "points")), 2);
    assert_int_equal(cJSON_GetArraySize(find(document, "cases")), 0);
    assert_number(cJSON_GetArrayItem(find(document, "points"), 1), "clients", 2);
    assert_true(cJSON_IsTrue(find(document, "origin.interrupted")));
    cJSON_Delete(document);
    sweep_fixture_close(&fixture);
}

static void a_case_has_title_sentence_axis_and_modes(void **state)
{
    struct sweep_fixture fixture;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--case=cpu-bound", "--repeats=1", NULL });
    sweep_fixture_fill(&fixture, &measurement);

    cJSON *document = sweep_document(&fixture.results, &origin);

    const cJSON *one = cJSON_GetArrayItem(find(document, "cases"), 0);
    assert_int_equal(cJSON_GetArraySize(find(document, "cases")), 1);
    assert_string_equal(find(one, "name")->valuestring, "cpu-bound");
    assert_string_equal(find(one, "axis")->valuestring, "bytes");
    assert_true(strlen(find(one, "title")->valuestring) > 0);
    assert_true(strlen(find(one, "sentence")->valuestring) > 0);
    assert_int_equal(cJSON_GetArraySize(find(one, "modes")), 3);
    assert_string_equal(find(cJSON_GetArrayItem(find(document, "points"), 0), "case")->valuestring, "cpu-bound");
    assert_number(cJSON_GetArrayItem(find(document, "points"), 0), "bytes", 1024);
    cJSON_Delete(document);
    sweep_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_has_the_documented_members),
        cmocka_unit_test(what_is_not_known_is_null),
        cmocka_unit_test(what_was_never_sent_has_no_uncorrected_latency),
        cmocka_unit_test(an_open_loop_has_both_latencies_and_its_failures),
        cmocka_unit_test(a_document_has_what_was_measured),
        cmocka_unit_test(a_case_has_title_sentence_axis_and_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
