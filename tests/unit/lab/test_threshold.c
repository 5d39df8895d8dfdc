/* SPDX-License-Identifier: MIT */
#include "lab/threshold.h"

#include "lab/threshold_metric.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/report_samples.h"

enum { LINE_BYTES = 4096 };

/* ---- what is written ---- */

static void an_expression_is_read_into_its_parts(void **state)
{
    struct threshold threshold;
    struct error error = { { '\0' } };

    (void)state;
    assert_int_equal(threshold_parse(STR(" async[clients=64, delay=50ms].p99 <= 1.5s "), &threshold, &error), 0);

    assert_text(threshold.selector, "async");
    assert_int_equal(threshold.condition_count, 2);
    assert_text(threshold.conditions[0].name, "clients");
    assert_text(threshold.conditions[0].value, "64");
    assert_text(threshold.conditions[1].name, "delay");
    assert_text(threshold.conditions[1].value, "50ms");
    assert_string_equal(threshold.metric->name, "p99");
    assert_int_equal(threshold.operation, THRESHOLD_AT_MOST);
    assert_true(threshold.value == 1500.0);
}

static const struct {
    const char *text;
    enum threshold_operator operation;
    double value;
} good[] = {
    { "async.p99<250ms", THRESHOLD_LESS, 250 },
    { "async.p50<=1s", THRESHOLD_AT_MOST, 1000 },
    { "async.max>0.5ms", THRESHOLD_MORE, 0.5 },
    { "*.throughput>=1000", THRESHOLD_AT_LEAST, 1000 },
    { "sync.failed=0", THRESHOLD_EQUAL, 0 },
    { "sync.memory<64MiB", THRESHOLD_LESS, 64.0 * 1024 * 1024 },
    { "sync.memory<1.5GiB", THRESHOLD_LESS, 1.5 * 1024 * 1024 * 1024 },
    { "sync.memory>16KiB", THRESHOLD_MORE, 16384 },
    { "sync.cpu_us<120.5", THRESHOLD_LESS, 120.5 },
    { "sync.threads<=4", THRESHOLD_AT_MOST, 4 },
    { "sync.ratio<1.15", THRESHOLD_LESS, 1.15 },
    { "my-server.seconds<1s", THRESHOLD_LESS, 1000 },
};

static void every_metric_has_its_unit(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(good); i++) {
        struct threshold threshold;
        struct error error = { { '\0' } };

        assert_case(good[i].text, threshold_parse(str_of(good[i].text), &threshold, &error) == 0);

        assert_case(good[i].text, threshold.operation == good[i].operation);
        assert_case(good[i].text, threshold.value == good[i].value);
    }
}

static const struct {
    const char *text;
    const char *part;
} bad[] = {
    { "", "such as async.p99<250ms" },
    { "async", "such as async.p99<250ms" },
    { "async.p99", "an operator is missing" },
    { "async.p99<", "expected a duration" },
    { ".p99<1s", "in front of the '.'" },
    { "async.p98<1s", "did you mean p90? allowed: p50, p90" },
    { "async.latency<1s", "metric \"latency\" is not known" },
    { "async.p99<250", "expected a duration such as 250ms" },
    { "async.p99<-1ms", "expected a duration" },
    { "async.p99!1s", "an operator is missing" },
    { "async.p99==1s", "\"=1s\": expected a duration" },
    { "async.p99<1s<2s", "\"1s<2s\": expected a duration" },
    { "async.throughput>1e3", "expected a number" },
    { "async.throughput>inf", "expected a number" },
    { "async.throughput>nan", "expected a number" },
    { "async.throughput>0x10", "expected a number" },
    { "async.throughput>-1", "expected a number" },
    { "async.throughput>1.2.3", "expected a number" },
    { "async.throughput>10ms", "expected a number" },
    { "async.throughput>99999999999999999999999999999999999", "expected a number" },
    { "async.memory<64", "a size such as 64MiB" },
    { "async.memory<64MB", "a size such as 64MiB" },
    { "async.memory<MiB", "a size such as 64MiB" },
    { "async.cpu_us<1ms", "a number of microseconds" },
    { "async[clients=64.p99<1s", "behind the conditions" },
    { "async[clients=64]p99<1s", "behind the conditions" },
    { "async[].p99<1s", "expected NAME=VALUE" },
    { "async[clients].p99<1s", "expected NAME=VALUE" },
    { "async[clients=].p99<1s", "expected NAME=VALUE" },
    { "async[clent=1].p99<1s", "did you mean clients?" },
    { "async[a=1].p99<1s", "condition \"a\" is not known" },
    { "async[clients=1,clients=1,clients=1,clients=1,clients=1,clients=1,clients=1,clients=1,clients=1].p99<1s",
      "at most 8 conditions" },
    { "\033[2J.p99<1s", "\\x1B" },
};

static void what_is_no_expression_is_refused_with_what_is_allowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(bad); i++) {
        struct threshold threshold;
        struct error error = { { '\0' } };

        assert_case(bad[i].text, threshold_parse(str_of(bad[i].text), &threshold, &error) == -1);

        if (strstr(error.text, bad[i].part) == NULL) {
            fail_msg("case \"%s\": \"%s\" is not in: %s", bad[i].text, bad[i].part, error.text);
        }
        assert_case(bad[i].text, strchr(error.text, '\033') == NULL);
    }
}

/* ---- what is checked ---- */

static enum threshold_verdict check(const char *expression, struct report_document *documents, size_t count,
                                    struct buf *line, struct error *error)
{
    struct threshold threshold;

    if (threshold_parse(str_of(expression), &threshold, error) < 0) {
        fail_msg("%s", error->text);
    }
    buf_init(line, LINE_BYTES);
    return threshold_check(&threshold, documents, count, line, error);
}

static const struct {
    const char *sample;
    const char *expression;
    enum threshold_verdict verdict;
    const char *part; /* of the line */
} checks[] = {
    { SAMPLE_SWEEP, "async.p99<82ms", THRESHOLD_KEPT,
      "kept: async.p99<82ms: 81.5 ms at clients=64,fan_out=10,delay=50ms in x.json; the worst of 2 figures" },
    { SAMPLE_SWEEP, "async.p99<81.5ms", THRESHOLD_BROKEN, "broken: async.p99<81.5ms: 81.5 ms at clients=64" },
    { SAMPLE_SWEEP, "async.p99<=81.5ms", THRESHOLD_KEPT, "81.5 ms" },
    { SAMPLE_SWEEP, "async.p99<54ms", THRESHOLD_BROKEN,
      "81.5 ms at clients=64,fan_out=10,delay=50ms in x.json; 2 of 2" },
    { SAMPLE_SWEEP, "async[clients=1].p99<60ms", THRESHOLD_KEPT, "54 ms at clients=1" },
    { SAMPLE_SWEEP, "async[clients=1.0].p99<60ms", THRESHOLD_KEPT, "54 ms" },
    { SAMPLE_SWEEP, "async[clients=64,fan_out=10].p99<60ms", THRESHOLD_BROKEN, "81.5 ms" },
    { SAMPLE_SWEEP, "async[delay=0.05s].p50<1s", THRESHOLD_KEPT, "52 ms" },
    { SAMPLE_SWEEP, "async[load=closed].p50<1s", THRESHOLD_KEPT, "52 ms" },
    { SAMPLE_SWEEP, "async.throughput>15", THRESHOLD_KEPT, "19.6 at clients=1" },
    { SAMPLE_SWEEP, "async.throughput>1000", THRESHOLD_BROKEN,
      "19.6 at clients=1,fan_out=10,delay=50ms in x.json; 1 of 2" },
    { SAMPLE_SWEEP, "async.throughput>=19.6", THRESHOLD_KEPT, "19.6" },
    { SAMPLE_SWEEP, "async.cpu_us<=120", THRESHOLD_KEPT, "120 us" },
    { SAMPLE_SWEEP, "async.memory<10.1MiB", THRESHOLD_KEPT, "10 MiB" },
    { SAMPLE_SWEEP, "async.threads=3", THRESHOLD_KEPT, "3 at" },
    { SAMPLE_SWEEP, "async.threads=4", THRESHOLD_BROKEN, "2 of 2" },
    { SAMPLE_SWEEP, "*.failed=0", THRESHOLD_KEPT, "0 in sync" },
    { SAMPLE_SWEEP, "*[clients=64].max>1s", THRESHOLD_BROKEN, "81.5 ms in async at clients=64" },
    /* A lower bound breaks an upper bound whatever it is, and keeps a lower one. */
    { SAMPLE_SWEEP, "sync[clients=64].p99<2s", THRESHOLD_BROKEN, "at least 900 ms" },
    { SAMPLE_SWEEP, "sync[clients=64].p99=900ms", THRESHOLD_BROKEN, "at least 900 ms" },
    { SAMPLE_SWEEP, "sync[clients=64].p99>800ms", THRESHOLD_KEPT, "at least 900 ms" },
    { SAMPLE_SWEEP, "sync[clients=64].p99>900ms", THRESHOLD_BROKEN, "at least 900 ms" },
    /* What was not measured keeps nothing. */
    { SAMPLE_SWEEP, "sync[case=one-client].p99<1h", THRESHOLD_BROKEN, "not measured at case=one-client,clients=1" },
    { SAMPLE_SWEEP, "sync[case=one-client].throughput>0", THRESHOLD_BROKEN, "not measured" },
    { SAMPLE_EXPERIMENT, "sync.total<4.5s", THRESHOLD_KEPT, "kept: sync.total<4.5s: 4.002 s in x.json" },
    { SAMPLE_EXPERIMENT, "sync.total<4s", THRESHOLD_BROKEN, "4.002 s in x.json" },
    { SAMPLE_EXPERIMENT, "async.total<1h", THRESHOLD_BROKEN, "not measured" },
    { SAMPLE_EXPERIMENT, "sync.ratio<=1.0005", THRESHOLD_KEPT, "1.0005" },
    { SAMPLE_EXPERIMENT, "async.failed=0", THRESHOLD_BROKEN, "1 in x.json" },
    { SAMPLE_EXPERIMENT, "sync.seconds<3s", THRESHOLD_BROKEN, "4.002 s at task=task2 in x.json; 1 of 2" },
    { SAMPLE_EXPERIMENT, "sync[task=task1].seconds<3s", THRESHOLD_KEPT, "2.001 s at task=task1" },
    { SAMPLE_HELLO, "published.seconds<500ms", THRESHOLD_KEPT, "464 ms at clients=1" },
    { SAMPLE_HELLO, "published[clients=2].seconds<=413ms", THRESHOLD_KEPT, "413 ms at clients=2" },
    { SAMPLE_HELLO, "sync[clients=1].seconds<1s", THRESHOLD_BROKEN, "1.2 s at clients=1" },
    { SAMPLE_HELLO, "sync.seconds<2s", THRESHOLD_BROKEN, "not measured at clients=2" },
    { SAMPLE_HELLO, "sync.failed=0", THRESHOLD_BROKEN, "3 at clients=1" },
    { SAMPLE_HELLO, "*.failed<=3", THRESHOLD_KEPT, "3 in sync at clients=1 in x.json; the worst of 2" },
};

static void a_threshold_is_kept_or_broken_by_the_worst_figure(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(checks); i++) {
        struct report_document document = { .name = "x.json", .json = cJSON_Parse(checks[i].sample) };
        struct error error = { { '\0' } };
        cleanup_buf struct buf line = { .base = NULL };

        enum threshold_verdict verdict = check(checks[i].expression, &document, 1, &line, &error);

        assert_case(checks[i].expression, verdict == checks[i].verdict);
        if (memmem(line.base, line.length, checks[i].part, strlen(checks[i].part)) == NULL) {
            fail_msg("\"%s\" is not in: %.*s", checks[i].part, STR_ARGUMENTS(buf_view(&line)));
        }
        assert_case(checks[i].expression, memchr(line.base, '\n', line.length) == NULL);
        report_document_clear(&document);
    }
}

static const struct {
    const char *sample;
    const char *expression;
    const char *parts[3];
} without_figures[] = {
    { SAMPLE_SWEEP, "asinc.p99<1s", { "no such figure", "there are sync, async with p50, p90, p99, max, throughput" } },
    { SAMPLE_SWEEP, "threads.p99<1s", { "there are sync, async" } },
    { SAMPLE_SWEEP, "async[clients=7].p99<1s", { "under these conditions" } },
    { SAMPLE_SWEEP, "async[clients=6four].p99<1s", { "under these conditions" } },
    { SAMPLE_SWEEP, "async[rate=5].p99<1s", { "under these conditions" } },
    { SAMPLE_SWEEP, "async[task=task1].p99<1s", { "under these conditions" } },
    { SAMPLE_SWEEP, "async.total<1s", { "no such figure", "failed" } },
    { SAMPLE_EXPERIMENT, "sync.p99<1s", { "there are sync, async with failed, total, ratio, seconds" } },
    { SAMPLE_EXPERIMENT, "sync[task=task1].total<1s", { "under these conditions" } },
    { SAMPLE_EXPERIMENT, "sync[task=task3].seconds<1s", { "under these conditions" } },
    { SAMPLE_HELLO, "published.failed=0", { "no such figure" } },
    { SAMPLE_HELLO, "async.seconds<1s", { "there are published, sync with failed, seconds" } },
    { "{\"version\":1,\"kind\":\"sweep\",\"points\":[]}", "async.p99<1s", { "there is nothing" } },
};

static void a_threshold_that_speaks_of_nothing_is_a_mistake(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(without_figures); i++) {
        struct report_document document = { .name = "x.json", .json = cJSON_Parse(without_figures[i].sample) };
        struct error error = { { '\0' } };
        cleanup_buf struct buf line = { .base = NULL };
        const char *expression = without_figures[i].expression;

        assert_case(expression, check(expression, &document, 1, &line, &error) == THRESHOLD_NO_FIGURE);

        for (size_t k = 0; k < 3 && without_figures[i].parts[k] != NULL; k++) {
            if (strstr(error.text, without_figures[i].parts[k]) == NULL) {
                fail_msg("\"%s\" is not in: %s", without_figures[i].parts[k], error.text);
            }
        }
        report_document_clear(&document);
    }
}

static void the_worst_is_found_in_all_documents(void **state)
{
    struct report_document documents[] = { { .name = "a.json", .json = cJSON_Parse(SAMPLE_HELLO) },
                                           { .name = "b.json", .json = cJSON_Parse(SAMPLE_EXPERIMENT) } };
    struct error error = { { '\0' } };
    cleanup_buf struct buf line = { .base = NULL };

    (void)state;
    enum threshold_verdict verdict = check("*.seconds>1ms", documents, 2, &line, &error);

    assert_int_equal(verdict, THRESHOLD_BROKEN); /* two were not measured */
    assert_non_null(memmem(line.base, line.length, "2 of 8 figures", 14));
    report_document_clear(&documents[0]);
    report_document_clear(&documents[1]);
}

static void foreign_names_cannot_speak_to_the_terminal(void **state)
{
    struct report_document document = { .name = "\033[2Jx.json", .json = cJSON_Parse(SAMPLE_SWEEP) };
    cJSON *point = cJSON_GetObjectItem(document.json, "points")->child;
    struct error error = { { '\0' } };
    cleanup_buf struct buf line = { .base = NULL };

    (void)state;
    assert_non_null(cJSON_SetValuestring(cJSON_GetObjectItem(point, "delay"), "\033[m\n"));

    assert_int_equal(check("sync[clients=1,fan_out=10].p50>1s", &document, 1, &line, &error), THRESHOLD_BROKEN);

    assert_null(memchr(line.base, '\033', line.length));
    assert_null(memchr(line.base, '\n', line.length));
    report_document_clear(&document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_expression_is_read_into_its_parts),
        cmocka_unit_test(every_metric_has_its_unit),
        cmocka_unit_test(what_is_no_expression_is_refused_with_what_is_allowed),
        cmocka_unit_test(a_threshold_is_kept_or_broken_by_the_worst_figure),
        cmocka_unit_test(a_threshold_that_speaks_of_nothing_is_a_mistake),
        cmocka_unit_test(the_worst_is_found_in_all_documents),
        cmocka_unit_test(foreign_names_cannot_speak_to_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
