/* SPDX-License-Identifier: MIT */
#include "lab/run_request.h"

#include <stdio.h>

#include "tests/support/unit.h"

enum { LINE_BYTES = 4096, BODY_BYTES = 64 * 1024 };

/* "experiment --events --tasks=…"; or "FIELD: sentence". */
static void read_into(const char *body, char line[LINE_BYTES])
{
    struct run_request request;
    struct run_refusal refusal = { .field = NULL };
    size_t length = 0;

    if (run_request_read(&request, str_of(body), &refusal) < 0) {
        (void)snprintf(line, LINE_BYTES, "%s: %s", refusal.field != NULL ? refusal.field : "-", refusal.sentence.text);
    } else {
        for (size_t i = 0; i < request.argument_count; i++) {
            length +=
                (size_t)snprintf(line + length, LINE_BYTES - length, "%s%s", i > 0 ? " " : "", request.arguments[i]);
        }
        assert_null(request.arguments[request.argument_count]);
    }
    run_request_clear(&request);
}

static const struct {
    const char *body, *arguments;
} good_rows[] = {
    { "{\"kind\":\"experiment\"}", "experiment --events --tasks=task1,task2 --delay=2s "
                                   "--modes=sync,async,mixed,threads --threads=16 --blocking=task1" },
    { " {\"tasks\":[\"a\",\"b.c-d_E\"],\"delay\":\"1ms\",\"modes\":[\"threads\"],\"threads\":64,\"blocking\":[],"
      "\"kind\":\"experiment\"}\n",
      "experiment --events --tasks=a,b.c-d_E --delay=1ms --modes=threads --threads=64 --blocking=" },
    { "{\"kind\":\"experiment\",\"modes\":[\"wire\"]}",
      "experiment --events --tasks=task1,task2 --delay=2s --modes=wire --threads=16 --blocking=task1" },
    { "{\"kind\":\"experiment\",\"delay\":\"10s\",\"modes\":[\"async\",\"sync\"],\"threads\":1}",
      "experiment --events --tasks=task1,task2 --delay=10s --modes=async,sync --threads=1 --blocking=task1" },
    { "{\"kind\":\"experiment\",\"tasks\":[\"\\u0061\"],\"blocking\":[\"x\"],\"modes\":[\"\\u0073ync\"],\"delay\":"
      "\"0.0015s\"}",
      "experiment --events --tasks=a --delay=1.5ms --modes=sync --threads=16 --blocking=x" },
    { "{\"kind\":\"sweep\"}", "sweep --events --modes=sync,async,mixed,threads --clients=1,4,16,64 --delay=50ms "
                              "--fan-out=1,10 --duration=1s --repeats=3" },
    { "{\"kind\":\"sweep\",\"modes\":[\"async\"],\"clients\":[512,1],\"delay\":\"2s\",\"fan_out\":[1,2,3,39],"
      "\"rate\":null,\"duration\":\"10s\",\"repeats\":5}",
      "sweep --events --modes=async --clients=512,1 --delay=2s --fan-out=1,2,3,39 --duration=10s --repeats=5" },
    { "{\"kind\":\"sweep\",\"modes\":[\"async\"],\"clients\":[2],\"rate\":20000,\"duration\":\"100ms\"}",
      "sweep --events --modes=async --clients=2 --delay=50ms --fan-out=1,10 --duration=100ms --repeats=3 "
      "--rate=20000" },
    { "{\"kind\":\"sweep\",\"modes\":[\"async\"],\"rate\":1}", /* the command knows how many connections that takes */
      "sweep --events --modes=async --delay=50ms --fan-out=1,10 --duration=1s --repeats=3 --rate=1" },
    { "{\"kind\":\"sweep\",\"case\":\"one-client\"}", "sweep --events --case=one-client" },
};

static void what_is_good_becomes_a_command_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(good_rows); i++) {
        char line[LINE_BYTES] = "";

        read_into(good_rows[i].body, line);

        assert_string_equal(line, good_rows[i].arguments);
    }
}

#define EXPERIMENT(members) "{\"kind\":\"experiment\"," members "}"
#define SWEEP(members) "{\"kind\":\"sweep\"," members "}"
#define NAMES "1 to 64 of A-Z a-z 0-9 . _ - that do not begin with _"
#define SEVENTEEN "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"
#define NAME_65 "a123456789012345678901234567890123456789012345678901234567890abcd"

static const struct {
    const char *body, *refusal;
} bad_rows[] = {
    /* the whole */
    { "", "-: The body is not valid JSON: " },
    { "{", "-: The body is not valid JSON: " },
    { "{\"kind\":\"experiment\"}x", "-: The body is not valid JSON: trailing bytes at byte 21." },
    { "[[[[[1]]]]]", "-: The body is not valid JSON: nested too deep" },
    { "[]", "-: The body must be an object, not an array." },
    { "\"experiment\"", "-: The body must be an object, not a string." },
    { "{}", "kind: kind must be \"experiment\" or \"sweep\"." },
    { "{\"kind\":\"send\"}", "kind: kind must be \"experiment\" or \"sweep\"." },
    { "{\"kind\":1}", "kind: kind must be \"experiment\" or \"sweep\"." },
    { "{\"kind\":\"experiment\\u0000\"}", "kind: kind must be \"experiment\" or \"sweep\"." },
    { EXPERIMENT("\"kind\":\"sweep\""), "kind: kind stands twice." },
    { EXPERIMENT("\"delay\":\"1s\",\"delay\":\"2s\""), "delay: delay stands twice." },
    { EXPERIMENT("\"dealy\":\"1s\""), "-: An experiment has no member \"dealy\"; did you mean delay?" },
    { EXPERIMENT("\"gateway\":\"sync=http://x\""), "-: An experiment has no member \"gateway\"." },
    { EXPERIMENT("\"report\":\"/etc/passwd\""), "-: An experiment has no member \"report\"." },
    { EXPERIMENT("\"--json\":\"x\""), "-: An experiment has no member \"--json\"." },
    { EXPERIMENT("\"clients\":[1]"), "-: An experiment has no member \"clients\"." },
    { EXPERIMENT("\"\":1"), "-: An experiment has no member \"\"." },
    { EXPERIMENT("\"a\\nb\xC3\xA9\":1"), "-: An experiment has no member \"a\\x5Cnb\\xC3\\xA9\"." },
    { SWEEP("\"tasks\":[\"a\"]"), "-: A sweep has no member \"tasks\"" },
    /* tasks and blocking */
    { EXPERIMENT("\"tasks\":[]"), "tasks: tasks must be a list of 1 to 16 values." },
    { EXPERIMENT("\"tasks\":\"task1\""), "tasks: tasks must be a list of 1 to 16 values." },
    { EXPERIMENT("\"tasks\":null"), "tasks: tasks must be a list of 1 to 16 values." },
    { EXPERIMENT("\"tasks\":[" SEVENTEEN "]"), "tasks: tasks must be a list of 1 to 16 values." },
    { EXPERIMENT("\"tasks\":[1]"), "tasks: tasks must be a string, not a number." },
    { EXPERIMENT("\"tasks\":[\"\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"a,b\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"a b\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"../x\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"..\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"a?x\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"_a\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"a\\n--json=x\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"<b>\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"" NAME_65 "\"]"), "tasks: tasks must be names, each " NAMES ", not " },
    { EXPERIMENT("\"tasks\":[\"a\\u0000\"]"), "tasks: tasks must be a text of at most 1024 bytes without a NUL." },
    { EXPERIMENT("\"tasks\":[\"a\",\"b\",\"a\"]"), "tasks: tasks has \"a\" twice; each name may stand once." },
    { EXPERIMENT("\"blocking\":[" SEVENTEEN "]"), "blocking: blocking must be a list of 0 to 16 values." },
    { EXPERIMENT("\"blocking\":[\"a,b\"]"), "blocking: blocking must be names, each " NAMES },
    { EXPERIMENT("\"blocking\":\"task1\""), "blocking: blocking must be a list of 0 to 16 values." },
    /* delay */
    { EXPERIMENT("\"delay\":\"999us\""), "delay: delay must be a duration from 1ms to 10s, such as " },
    { EXPERIMENT("\"delay\":\"0s\""), "delay: delay must be a duration from 1ms to 10s, such as " },
    { EXPERIMENT("\"delay\":\"10001ms\""), "delay: delay must be a duration from 1ms to 10s, such as " },
    { EXPERIMENT("\"delay\":\"-1s\""), "delay: delay must be a duration from 1ms to 10s, such as " },
    { EXPERIMENT("\"delay\":\"2\""), "delay: delay must be a duration from 1ms to 10s, such as " },
    { EXPERIMENT("\"delay\":\"exp(1s)\""),
      "delay: delay must be a duration from 1ms to 10s, such as \"250ms\" or \"2s\", not \"exp(1s)\"." },
    { EXPERIMENT("\"delay\":2"), "delay: delay must be a string, not a number." },
    /* modes */
    { EXPERIMENT("\"modes\":[]"), "modes: modes must be a list of 1 to 5 values." },
    { EXPERIMENT("\"modes\":[\"sync\",\"async\",\"mixed\",\"threads\",\"wire\",\"sync\"]"),
      "modes: modes must be a list of 1 to 5 values." },
    { EXPERIMENT("\"modes\":[\"sync\",\"sync\"]"), "modes: modes has sync twice; each mode may stand once." },
    { EXPERIMENT("\"modes\":[\"SYNC\"]"), "modes: modes must be of: sync, async, mixed, threads, wire; not " },
    { EXPERIMENT("\"modes\":[\"sync,async\"]"), "modes: modes must be of: sync, async, mixed, threads, wire; not " },
    { EXPERIMENT("\"modes\":[{}]"), "modes: modes must be of: sync, async, mixed, threads, wire; not {}." },
    { EXPERIMENT("\"modes\":{\"a\":\"sync\"}"), "modes: modes must be a list of 1 to 5 values." },
    /* threads */
    { EXPERIMENT("\"threads\":0"), "threads: threads must be a whole number from 1 to 64, not 0." },
    { EXPERIMENT("\"threads\":65"), "threads: threads must be a whole number from 1 to 64, not 65." },
    { EXPERIMENT("\"threads\":-1"), "threads: threads must be a whole number from 1 to 64, not -1." },
    { EXPERIMENT("\"threads\":1.5"), "threads: threads must be a whole number from 1 to 64, not 1.5." },
    { EXPERIMENT("\"threads\":1e1"), "threads: threads must be a whole number from 1 to 64, not 1e1." },
    { EXPERIMENT("\"threads\":18446744073709551617"), "threads: threads must be a whole number from 1 to 64, not " },
    { EXPERIMENT("\"threads\":\"16\""), "threads: threads must be a whole number from 1 to 64, not \"16\"." },
    { EXPERIMENT("\"threads\":null"), "threads: threads must be a whole number from 1 to 64, not null." },
    /* a sweep's numbers */
    { SWEEP("\"clients\":[]"), "clients: clients must be a list of 1 to 12 values." },
    { SWEEP("\"clients\":[1,2,3,4,5,6,7,8,9,10,11,12,13]"), "clients: clients must be a list of 1 to 12 values." },
    { SWEEP("\"clients\":[0]"), "clients: clients must be a whole number from 1 to 512, not 0." },
    { SWEEP("\"clients\":[513]"), "clients: clients must be a whole number from 1 to 512, not 513." },
    { SWEEP("\"clients\":[1,2,1]"), "clients: clients has 1 twice; each number may stand once." },
    { SWEEP("\"clients\":4"), "clients: clients must be a list of 1 to 12 values." },
    { SWEEP("\"fan_out\":[65]"), "fan_out: fan_out must be a whole number from 1 to 64, not 65." },
    { SWEEP("\"fan_out\":[1,2,3,4,5]"), "fan_out: fan_out must be a list of 1 to 4 values." },
    { SWEEP("\"clients\":[512],\"fan_out\":[40]"),
      "clients: clients and fan_out together make 20480 calls at once, and at most 20000 are allowed." },
    { SWEEP("\"delay\":\"2001ms\""), "delay: delay must be a duration from 1ms to 2s, such as " },
    { SWEEP("\"rate\":0"), "rate: rate must be a whole number from 1 to 20000, not 0." },
    { SWEEP("\"rate\":20001"), "rate: rate must be a whole number from 1 to 20000, not 20001." },
    { SWEEP("\"rate\":[1]"), "rate: rate must be a whole number from 1 to 20000, not [1]." },
    { SWEEP("\"duration\":\"99ms\""), "duration: duration must be a duration from 100ms to 10s, such as " },
    { SWEEP("\"duration\":\"11s\""), "duration: duration must be a duration from 100ms to 10s, such as " },
    { SWEEP("\"repeats\":0"), "repeats: repeats must be a whole number from 1 to 5, not 0." },
    { SWEEP("\"repeats\":6"), "repeats: repeats must be a whole number from 1 to 5, not 6." },
    { SWEEP("\"case\":\"all\""), "case: case must be one of: one-client, " },
    { SWEEP("\"case\":null"), "case: case must be one of: one-client, " },
    { SWEEP("\"case\":\"one-client\",\"clients\":[1]"), "clients: clients is part of the case; a case is asked for " },
};

static void what_is_not_is_refused_with_the_field_and_the_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(bad_rows); i++) {
        char line[LINE_BYTES] = "";

        read_into(bad_rows[i].body, line);

        if (strncmp(line, bad_rows[i].refusal, strlen(bad_rows[i].refusal)) != 0) {
            fail_msg("%s\n   is: %s\n  not: %s", bad_rows[i].body, line, bad_rows[i].refusal);
        }
    }
}

/* The table of a page that sends as much as it may. */
static void a_body_of_many_values_is_refused_at_its_count(void **state)
{
    char *body = calloc(1, BODY_BYTES);
    char line[LINE_BYTES];
    size_t length = 0;

    (void)state;
    assert_non_null(body);
    length += (size_t)snprintf(body, BODY_BYTES, "{\"kind\":\"sweep\",\"clients\":[1");
    while (length < BODY_BYTES - 10) {
        length += (size_t)snprintf(body + length, BODY_BYTES - length, ",1");
    }
    (void)snprintf(body + length, BODY_BYTES - length, "]}");

    read_into(body, line);

    assert_string_equal(line, "clients: clients must be a list of 1 to 12 values.");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_good_becomes_a_command_line),
        cmocka_unit_test(what_is_not_is_refused_with_the_field_and_the_bound),
        cmocka_unit_test(a_body_of_many_values_is_refused_at_its_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
