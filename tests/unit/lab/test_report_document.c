/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "common/buf.h"
#include "lab/report.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/report_samples.h"

enum { TEXT_BYTES = 16 * 1024 * 1024 };

static const char *const samples[] = { SAMPLE_EXPERIMENT, SAMPLE_PLAIN_EXPERIMENT, SAMPLE_HELLO, SAMPLE_SWEEP };

/* `text` with the first `old` in it replaced. */
static void add_changed(struct buf *buf, const char *text, const char *old, const char *new)
{
    const char *place = strstr(text, old);

    if (place == NULL) {
        fail_msg("\"%s\" is not in the sample", old);
        return;
    }
    buf_init(buf, TEXT_BYTES);
    (void)buf_add(buf, text, (size_t)(place - text));
    (void)buf_add_text(buf, new);
    (void)buf_add_text(buf, place + strlen(old));
}

/* That reading fails, and that the sentence has `part` in it. */
static void assert_refused(struct str text, const char *name, const char *part)
{
    struct report_document document = { .json = NULL };
    struct error error = { { '\0' } };

    if (report_document_read(text, "x.json", &document, &error) == 0) {
        report_document_clear(&document);
        fail_msg("case \"%s\" was read", name);
    }
    if (strstr(error.text, part) == NULL) {
        fail_msg("case \"%s\": \"%s\" is not in: %s", name, part, error.text);
    }
    assert_case(name, strncmp(error.text, "x.json: ", 8) == 0);
    assert_case(name, document.json == NULL);
}

static void every_kind_of_document_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        struct report_document document = { .json = NULL };
        struct error error = { { '\0' } };

        if (report_document_read(str_of(samples[i]), "x.json", &document, &error) < 0) {
            fail_msg("%s", error.text);
        }

        assert_non_null(document.json);
        report_document_clear(&document);
        assert_null(document.json);
    }
}

static void members_that_nobody_knows_are_let_be(void **state)
{
    cleanup_buf struct buf text = { .base = NULL };
    struct report_document document = { .json = NULL };
    struct error error;

    (void)state;
    add_changed(&text, SAMPLE_SWEEP, "\"points\":[{", "\"news\":[[[{\"a\":1e400}]]],\"points\":[{\"more\":null,");

    assert_int_equal(report_document_read(buf_view(&text), "x.json", &document, &error), 0);

    report_document_clear(&document);
}

static const struct {
    const char *name;
    const char *text;
    const char *part;
} no_documents[] = {
    { "nothing", "", "line 1, column 1" },
    { "no JSON", "{\"version\":1,}", "line 1, column 14" },
    { "a place in the second line", "{\"version\":1,\n\"kind\":sweep}", "line 2, column 8" },
    { "bytes that are no UTF-8",
      "{\"version\":1,\"kind\":\"sw\xff"
      "eep\"}",
      "not UTF-8" },
    { "stray bytes behind", SAMPLE_HELLO "x", "trailing" },
    { "half a surrogate", "{\"version\":1,\"kind\":\"\\ud800\"}", "surrogate" },
    { "a number", "1", "expected an object" },
    { "an array", "[" SAMPLE_HELLO "]", "expected an object" },
    { "no version", "{\"kind\":\"hello\"}", "version: expected 1" },
    { "a version as a text", "{\"version\":\"1\",\"kind\":\"hello\"}", "version: expected 1" },
    { "a later version", "{\"version\":2,\"kind\":\"hello\"}", "version: expected 1" },
    { "no kind", "{\"version\":1}", "kind: is missing" },
    { "an unknown kind", "{\"version\":1,\"kind\":\"<script>\"}", "\"<script>\" is not known" },
    { "a misspelt kind", "{\"version\":1,\"kind\":\"sweeep\"}", "did you mean sweep?" },
    { "a kind that is no text", "{\"version\":1,\"kind\":7}", "kind: \"\" is not known" },
    { "modes that are no array", "{\"version\":1,\"modes\":{}}", "kind: is missing" },
    { "an experiment and nothing else", "{\"version\":1,\"kind\":\"experiment\"}", "\"delay_ms\" is missing" },
    { "a hello and nothing else", "{\"version\":1,\"kind\":\"hello\"}", "\"requests\" is missing" },
    { "a sweep and nothing else", "{\"version\":1,\"kind\":\"sweep\"}", "\"points\" is missing" },
};

static void what_is_no_document_is_refused_with_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(no_documents); i++) {
        assert_refused(str_of(no_documents[i].text), no_documents[i].name, no_documents[i].part);
    }
}

static const struct {
    const char *name;
    const char *sample;
    const char *old, *new; /* what is changed in it */
    const char *part;      /* of the sentence */
} changes[] = {
    { "another type", SAMPLE_SWEEP, "\"latency_ms\":{\"p50\"", "\"latency_ms\":\"fast\",\"x\":{\"p50\"",
      "points[0].latency_ms: expected an object, not a text" },
    { "an array for an object", SAMPLE_SWEEP, "\"gateway\":{", "\"gateway\":[],\"x\":{",
      "points[0].gateway: expected an object, not an array" },
    { "null where there must be a figure", SAMPLE_SWEEP, "\"clients\":1,", "\"clients\":null,",
      "points[0].clients: expected a number, not null" },
    { "a missing member", SAMPLE_SWEEP, "\"mode\":\"sync\",\"delay\"", "\"delay\"", "points[0]: \"mode\" is missing" },
    { "a missing member deep inside", SAMPLE_SWEEP, "{\"median\":51,", "{", "points[0].latency_ms.p50: \"median\" is" },
    { "an unknown mode", SAMPLE_SWEEP, "\"mode\":\"async\"", "\"mode\":\"asynch\"",
      "points[1].mode: \"asynch\" is none of sync" },
    { "a member twice", SAMPLE_SWEEP, "\"clients\":64,", "\"clients\":64,\"clients\":65,",
      "points[1]: \"clients\" stands there twice" },
    { "an unknown member twice", SAMPLE_SWEEP, "\"clients\":64,", "\"clients\":64,\"x\":1,\"x\":2,",
      "points[1]: \"x\" stands there twice" },
    { "beyond all numbers", SAMPLE_SWEEP, "\"median\":51,", "\"median\":1e999,",
      "points[0].latency_ms.p50.median: inf" },
    { "a negative time", SAMPLE_SWEEP, "\"median\":51,", "\"median\":-1,",
      "points[0].latency_ms.p50.median: -1 is not" },
    { "a number out of all reason", SAMPLE_SWEEP, "\"clients\":64,", "\"clients\":1e300,",
      "points[1].clients: 1e+300" },
    { "NaN", SAMPLE_SWEEP, "\"clients\":64,", "\"clients\":NaN,", "line 1" },
    { "a number as a text", SAMPLE_SWEEP, "\"clients\":64,", "\"clients\":\"64\",", "expected a number, not a text" },
    { "no such case", SAMPLE_SWEEP, "\"case\":\"one-client\"", "\"case\":\"two\"",
      "points[4].case: \"two\" is none of the document's cases" },
    { "an unknown limit", SAMPLE_SWEEP, "\"limit\":\"none\"", "\"limit\":\"=cmd\"", "points[0].limit: \"=cmd\"" },
    { "errors that are no numbers", SAMPLE_SWEEP, "\"errors\":{}", "\"errors\":{\"a b\":\"<b>\"}",
      "points[0].errors.a b: expected a number" },
    { "an origin that is none", SAMPLE_SWEEP, "\"origin\":{", "\"origin\":5,\"x\":{", "origin: expected an object" },
    { "versions that are no texts", SAMPLE_SWEEP, "\"versions\":[\"", "\"versions\":[1,\"",
      "origin.versions[0]: expected" },
    { "too few figures", SAMPLE_HELLO, "\"seconds\":[0.464,0.413]", "\"seconds\":[0.464]",
      "rows[0].seconds: expected 2 elements" },
    { "too many figures", SAMPLE_HELLO, "\"theory_s\":[1,2]", "\"theory_s\":[1,2,3]", "rows[1].theory_s: expected 2" },
    { "a text among figures", SAMPLE_HELLO, "[0.464,0.413]", "[0.464,\"x\"]",
      "rows[0].seconds[1]: expected a number or an object" },
    { "a row of another kind", SAMPLE_HELLO, "\"kind\":\"published\"", "\"kind\":\"invented\"",
      "rows[0].kind: \"invented\"" },
    { "answered before it was sent", SAMPLE_EXPERIMENT, "\"sent_ms\":0,", "\"sent_ms\":3000,",
      "modes[0].tasks[0]: answered before it was sent" },
    { "a part that ends before it starts", SAMPLE_EXPERIMENT, "\"start_ms\":2001,\"end_ms\":4002",
      "\"start_ms\":4002,\"end_ms\":2001", "modes[0].tasks[1].parts[1]: ends before it starts" },
    { "parts that overlap", SAMPLE_EXPERIMENT, "\"start_ms\":2001,\"end_ms\":4002", "\"start_ms\":1500,\"end_ms\":4002",
      "modes[0].tasks[1].parts[1]: starts before the one in front has ended" },
    { "an unknown part", SAMPLE_EXPERIMENT, "\"kind\":\"waiting\"", "\"kind\":\"\\\"><svg onload=x>\"",
      "modes[0].tasks[1].parts[0].kind:" },
    { "a status that is none", SAMPLE_EXPERIMENT, "\"status\":200", "\"status\":1000",
      "status: 1000 is not from 0 to 999" },
    { "a verdict in words", SAMPLE_EXPERIMENT, "\"ok\":true", "\"ok\":\"true\"", "ok: expected a boolean, not a text" },
};

static void what_is_not_in_the_form_it_should_have_is_refused_with_the_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(changes); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        add_changed(&text, changes[i].sample, changes[i].old, changes[i].new);

        assert_refused(buf_view(&text), changes[i].name, changes[i].part);
    }
}

/* `count` times `piece`, between what stands in front of and behind `mark` in the sample. */
static void add_many(struct buf *buf, const char *sample, const char *mark, const char *piece, size_t count)
{
    const char *place = strstr(sample, mark);

    assert_non_null(place);
    buf_init(buf, TEXT_BYTES);
    (void)buf_add(buf, sample, (size_t)(place - sample));
    (void)buf_add_text(buf, mark);
    for (size_t i = 0; i < count; i++) {
        (void)buf_add_text(buf, piece);
    }
    (void)buf_add_text(buf, place + strlen(mark));
}

static void what_is_larger_than_any_result_is_refused(void **state)
{
    static const struct {
        const char *name, *sample, *mark, *piece;
        size_t count;
        const char *part;
    } rows[] = {
        { "a huge array", SAMPLE_HELLO, "\"findings\":[", "\"x\",", 100, "findings: at most 32" },
        { "an array of arrays without end", SAMPLE_HELLO, "\"findings\":[", "[[]],", 300000, "too large" },
        { "deep nesting", SAMPLE_HELLO, "\"findings\":[", "[", 100000, "too deep" },
        { "nesting that closes", "{\"version\":1,\"kind\":\"sweep\",\"points\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}",
          "[", "", 0, "too deep" },
        { "a long name of a task", SAMPLE_EXPERIMENT, "\"name\":\"", "aaaaaaaaaa", 20, "name: a text of at most 128" },
        { "a text of megabytes", SAMPLE_SWEEP, "\"sentence\":\"", "aaaaaaaaaaaaaaaa", 600000, "too large" },
        { "more points than there can be", SAMPLE_SWEEP, "\"points\":[", "{},", 2000, "points: at most 2000" },
        { "many members", SAMPLE_SWEEP, "\"machine\":{", "\"a\":1,", 70, "at most 64 are allowed" },
        { "spaces for megabytes", SAMPLE_SWEEP, "{", "                ", 600000, "too large" },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        cleanup_buf struct buf text = { .base = NULL };
        add_many(&text, rows[i].sample, rows[i].mark, rows[i].piece, rows[i].count);

        assert_refused(buf_view(&text), rows[i].name, rows[i].part);
    }
}

/* Nothing but a document is read, and nothing is read out of bounds (the sanitizers watch). */
static void a_document_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        size_t length = strlen(samples[i]);
        for (size_t cut = 0; cut < length; cut += 7) {
            struct report_document document = { .json = NULL };
            struct error error;
            cleanup_free char *copy = malloc(cut + 1);

            assert_non_null(copy);
            memcpy(copy, samples[i], cut);
            assert_int_equal(report_document_read((struct str){ copy, cut }, "x.json", &document, &error), -1);
        }
    }
}

/* What stays a document under any change of a byte can be shown. */
static void a_document_with_a_byte_changed_is_refused_or_shown(void **state)
{
    static const char bytes[] = "0-9\"{}[]:,e<\\n\x01\xff";
    size_t read_count = 0;

    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        size_t length = strlen(samples[i]);
        for (size_t at = 0; at < length; at += 11) {
            struct report_document document = { .json = NULL };
            struct error error;
            cleanup_buf struct buf html = { .base = NULL };
            cleanup_free char *copy = strdup(samples[i]);

            copy[at] = bytes[(at / 11) % (sizeof bytes - 1)];
            if (report_document_read((struct str){ copy, length }, "x.json", &document, &error) == 0) {
                buf_init(&html, TEXT_BYTES);
                assert_int_equal(report_add_html(&html, &document, 1), 0);
                assert_int_equal(report_add_csv(&html, &document, 1), 0);
                report_document_clear(&document);
                read_count++;
            }
        }
    }
    assert_true(read_count > 0);
}

static void several_results_are_read_from_one_file(void **state)
{
    struct report_documents documents = { .count = 0 };
    struct report_documents again = { .count = 0 };
    struct error error = { { '\0' } };
    cleanup_buf struct buf json = { .base = NULL };

    (void)state;
    for (size_t i = 0; i < array_length(samples); i++) {
        assert_int_equal(report_documents_read(&documents, str_of(samples[i]), "x.json", &error), 0);
    }
    buf_init(&json, TEXT_BYTES);
    assert_int_equal(report_add_json(&json, documents.all, documents.count), 0);

    int status = report_documents_read(&again, buf_view(&json), "all.json", &error);

    assert_int_equal(status, 0);
    assert_int_equal(again.count, array_length(samples));
    for (size_t i = 0; i < again.count; i++) {
        assert_true(cJSON_Compare(again.all[i].json, documents.all[i].json, true));
        assert_string_equal(again.all[i].name, "all.json");
    }
    report_documents_clear(&documents);
    report_documents_clear(&again);
}

static void no_more_results_are_read_than_fit_into_a_report(void **state)
{
    struct report_documents documents = { .count = 0 };
    struct error error = { { '\0' } };

    (void)state;
    for (size_t i = 0; i < REPORT_DOCUMENTS_MOST; i++) {
        assert_int_equal(report_documents_read(&documents, str_of(SAMPLE_PLAIN_EXPERIMENT), "x.json", &error), 0);
    }

    assert_int_equal(report_documents_read(&documents, str_of(SAMPLE_PLAIN_EXPERIMENT), "x.json", &error), -1);

    assert_non_null(strstr(error.text, "at most 16"));
    report_documents_clear(&documents);
}

static void a_bundle_with_a_fault_in_it_is_refused(void **state)
{
    static const char *const bundles[] = {
        "{\"version\":1,\"kind\":\"report\"}",
        "{\"version\":1,\"kind\":\"report\",\"documents\":[]}",
        "{\"version\":1,\"kind\":\"report\",\"documents\":{}}",
        "{\"version\":1,\"kind\":\"report\",\"documents\":[" SAMPLE_PLAIN_EXPERIMENT ",7]}",
        "{\"version\":1,\"kind\":\"report\",\"documents\":[{\"version\":1,\"kind\":\"report\",\"documents\":[]}]}",
    };

    (void)state;
    for (size_t i = 0; i < array_length(bundles); i++) {
        struct report_documents documents = { .count = 0 };
        struct error error = { { '\0' } };

        assert_case(bundles[i], report_documents_read(&documents, str_of(bundles[i]), "x.json", &error) == -1);

        report_documents_clear(&documents);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_document_is_read),
        cmocka_unit_test(members_that_nobody_knows_are_let_be),
        cmocka_unit_test(what_is_no_document_is_refused_with_the_place),
        cmocka_unit_test(what_is_not_in_the_form_it_should_have_is_refused_with_the_place),
        cmocka_unit_test(what_is_larger_than_any_result_is_refused),
        cmocka_unit_test(a_document_cut_anywhere_is_refused),
        cmocka_unit_test(a_document_with_a_byte_changed_is_refused_or_shown),
        cmocka_unit_test(several_results_are_read_from_one_file),
        cmocka_unit_test(no_more_results_are_read_than_fit_into_a_report),
        cmocka_unit_test(a_bundle_with_a_fault_in_it_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
