/* SPDX-License-Identifier: MIT */
#include "lab/sweep_events.h"

#include <stdlib.h>

#include "lab/sweep_document.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/sweep_fixture.h"

/* What was written, one event a line. */
struct written {
    char *text;
    size_t size;
    FILE *output;
};

static void open_written(struct written *written)
{
    *written = (struct written){ .text = NULL };
    written->output = open_memstream(&written->text, &written->size);
    assert_non_null(written->output);
}

/* The only line, read; the caller frees it. */
static cJSON *close_written(struct written *written)
{
    assert_int_equal(fclose(written->output), 0);
    assert_true(written->size > 0 && strchr(written->text, '\n') == written->text + written->size - 1);
    cJSON *event = cJSON_Parse(written->text);
    free(written->text);
    assert_non_null(event);
    return event;
}

static const cJSON *member(const cJSON *event, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(event, name);

    assert_case(name, found != NULL);
    return found;
}

static void a_sweep_begins_with_what_it_will_do(void **state)
{
    struct sweep_fixture fixture;
    struct written written;
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", NULL });
    open_written(&written);

    sweep_events_begin(written.output, &fixture.plan);

    cJSON *event = close_written(&written);
    assert_string_equal(member(event, "event")->valuestring, "begin");
    assert_string_equal(member(event, "kind")->valuestring, "sweep");
    assert_int_equal(member(event, "points")->valueint, 1);
    assert_int_equal(member(event, "repeats")->valueint, 3);
    assert_true(member(event, "expected_s")->valuedouble > 3.7);
    cJSON_Delete(event);
    sweep_fixture_close(&fixture);
}

static void each_measurement_is_an_event_with_the_point_so_far(void **state)
{
    struct sweep_fixture fixture;
    struct written written;
    struct sweep_measurement measurement = sweep_fixture_measurement(20, 50000);
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1,2", "--fan-out=1", NULL });
    sweep_results_add(&fixture.results, 1, &measurement);
    const struct sweep_position position = {
        .plan = &fixture.plan, .done = 2, .of = 6, .turn = { .repeat = 0, .point = 1 }, .left_us = 5120000
    };
    open_written(&written);

    sweep_events_point(written.output, &position, &fixture.results);

    cJSON *event = close_written(&written);
    assert_string_equal(member(event, "event")->valuestring, "point");
    assert_int_equal(member(event, "index")->valueint, 1);
    assert_int_equal(member(event, "repeat")->valueint, 1);
    assert_int_equal(member(event, "done")->valueint, 2);
    assert_int_equal(member(event, "of")->valueint, 6);
    assert_true(member(event, "left_s")->valuedouble == 5.1);
    assert_int_equal(member(member(event, "point"), "clients")->valueint, 2);
    assert_int_equal(member(member(event, "point"), "repeats")->valueint, 1);
    cJSON_Delete(event);
    sweep_fixture_close(&fixture);
}

static void the_end_has_the_whole_document(void **state)
{
    static const struct origin origin = { .command = STR_STATIC("lab sweep") };
    struct sweep_fixture fixture;
    struct written written;
    (void)state;
    sweep_fixture_open(&fixture, (const char *const[]){ "--modes=sync", "--clients=1", "--fan-out=1", NULL });
    cJSON *document = sweep_document(&fixture.results, &origin);
    open_written(&written);

    sweep_events_end(written.output, document);

    cJSON *event = close_written(&written);
    assert_string_equal(member(event, "event")->valuestring, "end");
    assert_true(cJSON_Compare(member(event, "document"), document, true));
    cJSON_Delete(event);
    cJSON_Delete(document);
    sweep_fixture_close(&fixture);
}

static void a_failure_is_one_sentence(void **state)
{
    struct written written;
    (void)state;
    open_written(&written);

    sweep_events_failed(written.output, "the gateway ended: \"why\"\n");

    cJSON *event = close_written(&written);
    assert_string_equal(member(event, "event")->valuestring, "failed");
    assert_string_equal(member(event, "error")->valuestring, "the gateway ended: \"why\"\n");
    cJSON_Delete(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sweep_begins_with_what_it_will_do),
        cmocka_unit_test(each_measurement_is_an_event_with_the_point_so_far),
        cmocka_unit_test(the_end_has_the_whole_document),
        cmocka_unit_test(a_failure_is_one_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
