/* SPDX-License-Identifier: MIT */
/*
 * Reloads under constant load: not a request is lost, each is answered by one file from end to end, by the one in use,
 * and what a reload takes is given back.
 *
 * Each good file has a number, which is in every answer. A request that is sent after number 7 was taken over, and
 * answered before number 9 was written, must be answered by 7 or 8.
 */
#include <poll.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/reload_scene.h"
#include "tests/support/unit.h"

enum {
    KEEPING_CALLERS = 8, /* one connection for all requests */
    FRESH_CALLERS = 4,   /* one for each */
    CALLERS = KEEPING_CALLERS + FRESH_CALLERS,
    WARM_UP_RELOADS = 45,
    RELOADS = 100,
    ANSWERS_PER_RELOAD = 2 * CALLERS,
    SPARE_ROUTES = 200, /* so that a file that is not given back is seen */
    CONFIG_BYTES = 1024 * 1024,
    RESIDENT_GROWTH_KIB = 3 * 1024,
    TURN_MS = 5,
};

/* Sanitizers keep what was freed for a while, and tell by themselves what never was. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool has_sanitizer = true;
#else
static const bool has_sanitizer = false;
#endif

struct caller {
    struct client client;
    bool is_open;
    bool is_waiting;       /* for an answer */
    unsigned count;        /* of its requests */
    unsigned least_number; /* of a file that may answer it */
};

struct load {
    struct reload_scene *reload;
    struct caller callers[CALLERS];
    bool is_ending;          /* no more requests */
    unsigned written_number; /* of the newest good file */
    unsigned taken_number;   /* of the newest one that was taken over */
    size_t reload_count;
    size_t bad_count;
    const char *awaited; /* in a log line; NULL: no reload is under way */
    size_t answer_count;
    size_t answers_before_reload;
    uint64_t last_event_us;
};

/* ---- files ---- */

/* Those with an even number make two calls to one backend, those with an odd one three to another. */
static size_t call_count_of(unsigned number)
{
    return number % 2 == 0 ? 2 : 3;
}

static void add_calls(unsigned number, struct buf *text)
{
    for (size_t i = 0; i < call_count_of(number); i++) {
        char name = (char)('a' + i);
        (void)buf_add_format(text, "%s'%c': {'backend': '%s', 'path': '/%u/%c?echo=1'}", i > 0 ? ", " : "", name,
                             number % 2 == 0 ? "even" : "odd", number, name);
    }
}

static void render_good(unsigned number, struct buf *text)
{
    (void)buf_add_text(text, "{'backends': {'even': {'servers': ['http://@0']}, 'odd': {'servers': ['http://@0']}},"
                             " 'routes': [");
    for (unsigned i = 0; i < SPARE_ROUTES; i++) {
        (void)buf_add_format(text, "{'path': '/spare/%u/{id}', 'calls': {", i);
        add_calls(number, text);
        (void)buf_add_text(text, "}}, ");
    }
    (void)buf_add_format(text, "{'path': '/hello', 'respond': {'text': '%u'}}, {'path': '/calls', 'calls': {", number);
    add_calls(number, text);
    (void)buf_add_format(text, "}}]}%c", '\0');
}

static void write_good(struct load *load)
{
    cleanup_buf struct buf text;

    buf_init(&text, CONFIG_BYTES);
    render_good(++load->written_number, &text);
    assert_false(text.failed);
    reload_scene_write(load->reload, text.base);
}

static void write_bad(struct load *load)
{
    load->bad_count++;
    reload_scene_write(load->reload, "{'backends': {}, 'routes': [{'path': '/hello', 'respond': {'text': 'bad'}},"
                                     " {'path': '/calls', 'calls': {'a': {'backend': 'nobody', 'path': '/'}}}]}");
}

/* Good, good, bad, and so on. */
static void begin_reload(struct load *load)
{
    bool is_bad = load->reload_count % 3 == 2;

    if (is_bad) {
        write_bad(load);
    } else {
        write_good(load);
    }
    load->awaited = is_bad ? "reload refused" : "reloaded ";
    reload_scene_hang_up(load->reload);
}

static void hear_of_reload(struct load *load)
{
    const char *line = process_line(&load->reload->scene->gateway, 0);

    for (; line != NULL; line = process_line(&load->reload->scene->gateway, 0)) {
        if (load->awaited != NULL && strstr(line, load->awaited) != NULL) {
            load->awaited = NULL;
            load->taken_number = load->written_number;
            load->reload_count++;
            load->answers_before_reload = load->answer_count + ANSWERS_PER_RELOAD;
            load->last_event_us = clock_monotonic_us();
        }
    }
}

/* ---- answers ---- */

/* The numbers behind `mark`, which must all be the same; how many. */
static size_t find_numbers(const char *body, const char *mark, unsigned *ret_number)
{
    size_t count = 0;

    for (const char *place = strstr(body, mark); place != NULL; place = strstr(place, mark)) {
        place += strlen(mark);
        unsigned number = (unsigned)strtoul(place, NULL, 10);
        if (count > 0 && number != *ret_number) {
            fail_msg("an answer of two files: %s", body);
        }
        *ret_number = number;
        count++;
    }
    return count;
}

static bool asks_for_calls(const struct caller *caller)
{
    return caller->count % 4 != 0;
}

static void judge(const struct load *load, const struct caller *caller, const struct answer *answer)
{
    cleanup_free char *body = strndup(answer->body.length > 0 ? answer->body.base : "", answer->body.length);
    unsigned number = 0;

    if (answer->status != 200 || !answer->is_complete || answer_says_close(answer)) {
        fail_msg("after %zu reloads: %.*s%s", load->reload_count, STR_ARGUMENTS(buf_view(&answer->head)), body);
    }
    if (asks_for_calls(caller)) {
        size_t count = find_numbers(body, "\"path\":\"/", &number);
        assert_int_equal(count, call_count_of(number));
    } else {
        number = (unsigned)strtoul(body, NULL, 10);
    }
    if (number < caller->least_number || number > load->written_number) {
        fail_msg("answered by file %u, though %u was taken over when it was asked, and %u is the newest", number,
                 caller->least_number, load->written_number);
    }
}

/* ---- callers ---- */

static void ask(const struct load *load, struct caller *caller)
{
    if (!caller->is_open) {
        client_open(&caller->client, load->reload->scene->gateway_port);
        caller->is_open = true;
    }
    caller->count++;
    caller->least_number = load->taken_number;
    client_get(&caller->client, asks_for_calls(caller) ? "/calls" : "/hello");
    caller->is_waiting = true;
}

static void close_caller(struct caller *caller)
{
    if (caller->is_open) {
        client_close(&caller->client);
        caller->is_open = false;
    }
}

static void hear_of_answer(struct load *load, size_t index)
{
    struct caller *caller = &load->callers[index];
    cleanup_answer struct answer answer = ANSWER_NONE;

    if (!client_poll(&caller->client, &answer)) {
        return;
    }
    judge(load, caller, &answer);
    caller->is_waiting = false;
    load->answer_count++;
    load->last_event_us = answer.received_us;
    if (index >= KEEPING_CALLERS) {
        close_caller(caller);
    }
}

static bool is_anybody_waiting(const struct load *load)
{
    bool is_waiting = false;

    for (size_t i = 0; i < CALLERS; i++) {
        is_waiting = is_waiting || load->callers[i].is_waiting;
    }
    return is_waiting;
}

static void take_a_turn(struct load *load)
{
    struct pollfd entries[CALLERS];

    for (size_t i = 0; i < CALLERS; i++) {
        struct caller *caller = &load->callers[i];
        if (!caller->is_waiting && !load->is_ending) {
            ask(load, caller);
        }
        entries[i] = (struct pollfd){ .fd = caller->is_waiting ? caller->client.descriptor : -1, .events = POLLIN };
    }
    (void)poll(entries, CALLERS, TURN_MS);
    for (size_t i = 0; i < CALLERS; i++) {
        if (entries[i].fd >= 0 && entries[i].revents != 0) {
            hear_of_answer(load, i);
        }
    }
    hear_of_reload(load);
    if (gate_milliseconds_left(load->last_event_us, TEST_PATIENCE_MS) == 0) {
        fail_msg("after %zu answers and %zu reloads nothing happens any more", load->answer_count, load->reload_count);
    }
}

/* As many reloads more, each under way while requests are, with answers in between. */
static void carry(struct load *load, size_t reload_count)
{
    size_t goal = load->reload_count + reload_count;

    load->is_ending = false;
    load->last_event_us = clock_monotonic_us();
    while (load->reload_count < goal || load->awaited != NULL) {
        if (load->awaited == NULL && load->answer_count >= load->answers_before_reload) {
            begin_reload(load);
        }
        take_a_turn(load);
    }
    load->is_ending = true;
    while (is_anybody_waiting(load)) {
        take_a_turn(load);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        close_caller(&load->callers[i]);
    }
}

/* ---- what it takes ---- */

struct usage {
    size_t threads;
    size_t descriptors;
    size_t resident_kib;
};

static struct usage measure(const struct load *load)
{
    const struct process *gateway = &load->reload->scene->gateway;
    uint64_t start_us = clock_monotonic_us();

    while (reload_scene_metric(load->reload, "fanlight_client_connections ") > 0) {
        assert_true(gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0);
        (void)poll(NULL, 0, 5);
    }
    return (struct usage){
        .threads = process_thread_count(gateway),
        .descriptors = process_descriptor_count(gateway),
        .resident_kib = process_resident_kib(gateway),
    };
}

/* Connections to backends are kept, as many as there were calls at once: that hangs on chance. */
static void assert_nothing_grew(const struct usage *before, const struct usage *after)
{
    print_message("threads %zu, %zu; descriptors %zu, %zu; resident %zu KiB, %zu KiB\n", before->threads,
                  after->threads, before->descriptors, after->descriptors, before->resident_kib, after->resident_kib);
    assert_int_equal(after->threads, before->threads);
    assert_true(after->descriptors <= before->descriptors + RELOADS / 2);
    if (!has_sanitizer) {
        assert_true(after->resident_kib <= before->resident_kib + RESIDENT_GROWTH_KIB);
    }
}

static void hold_out(struct reload_scene *reload, const char *const *options)
{
    cleanup_free struct load *load = calloc(1, sizeof *load);
    cleanup_buf struct buf first;
    assert_non_null(load);
    buf_init(&first, CONFIG_BYTES);
    render_good(0, &first);
    load->reload = reload;
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=1ms", "--log-level=warn"), NULL);
    reload_scene_start(reload, options, first.base);

    carry(load, WARM_UP_RELOADS);
    struct usage before = measure(load);
    carry(load, RELOADS);
    struct usage after = measure(load);

    assert_nothing_grew(&before, &after);
    assert_int_equal(load->reload_count, WARM_UP_RELOADS + RELOADS);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"good\"} "),
                     load->written_number);
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"bad\"} "), load->bad_count);
}

static void async_loses_no_request_and_grows_by_nothing(void **state)
{
    hold_out(*state, OPTIONS("--mode=async", "--log-format=text"));
}

static void async_with_two_workers_loses_no_request_and_grows_by_nothing(void **state)
{
    hold_out(*state, OPTIONS("--mode=async", "--workers=2", "--log-format=text"));
}

static void threads_lose_no_request_and_grow_by_nothing(void **state)
{
    hold_out(*state, OPTIONS("--mode=threads", "--threads=8", "--log-format=text"));
}

static void sync_loses_no_request_and_grows_by_nothing(void **state)
{
    hold_out(*state, OPTIONS("--mode=sync", "--workers=2", "--log-format=text"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(async_loses_no_request_and_grows_by_nothing),
        reload_test(async_with_two_workers_loses_no_request_and_grows_by_nothing),
        reload_test(threads_lose_no_request_and_grow_by_nothing),
        reload_test(sync_loses_no_request_and_grows_by_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
