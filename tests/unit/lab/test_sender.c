/* SPDX-License-Identifier: MIT */
#include "lab/sender.h"

#include <errno.h>
#include <sys/mman.h>

#include "common/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

enum { TASKS_MOST = 4, LINES_BYTES = 1024 * 1024 };

#define OK_ANSWER(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

/* One run of the sender, and its log without the stamps. */
struct run {
    struct sender_task tasks[TASKS_MOST];
    struct sender_result results[TASKS_MOST];
    size_t count;
    uint64_t answer_timeout_us;
    struct company *company;
    int status;
    struct buf lines;
};

static void add_task(struct run *run, const char *name, const char *host, uint16_t port, const char *path)
{
    char text[512];
    struct error error;

    (void)snprintf(text, sizeof text, "http://%s:%u%s", host, port, path);
    run->tasks[run->count].name = name;
    assert_int_equal(url_parse(str_of(text), &run->tasks[run->count].url, &error), 0);
    run->count++;
}

static void keep_lines_without_stamps(struct run *run, int descriptor)
{
    static const char sample[] = "2024-04-20 07:59:04,569 - ";
    cleanup_free char *bytes = calloc(1, LINES_BYTES);
    ssize_t length = pread(descriptor, bytes, LINES_BYTES, 0);
    assert_true(length >= 0);
    struct str rest = { bytes, (size_t)length };

    buf_init(&run->lines, LINES_BYTES);
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        for (size_t i = 0; i < sizeof sample - 1; i++) {
            bool is_digit = sample[i] >= '0' && sample[i] <= '9';
            assert_true(line.length >= sizeof sample - 1);
            assert_true(is_digit ? line.base[i] >= '0' && line.base[i] <= '9' : line.base[i] == sample[i]);
        }
        (void)buf_add_str(&run->lines, str_from(line, sizeof sample - 1));
        (void)buf_add_byte(&run->lines, '\n');
    }
}

static void run_sender(struct run *run)
{
    const struct log_options options = { .format = LOG_TEXT, .level = LOG_INFO };
    int descriptor = memfd_create("lines", MFD_CLOEXEC);
    struct log_sink sink;
    struct log log;
    struct sender_config config = {
        .dial = { .company = run->company },
        .log = &log,
        .answer_timeout_us = run->answer_timeout_us != 0 ? run->answer_timeout_us : CLOCK_NEVER_US,
    };

    log_sink_init(&sink, descriptor, &options);
    log_init(&log, &sink);
    run->status = sender_run(&config, run->tasks, run->results, run->count);
    log_clear(&log);
    log_sink_clear(&sink);
    keep_lines_without_stamps(run, descriptor);
    (void)close(descriptor);
}

static void clear_run(struct run *run)
{
    buf_clear(&run->lines);
}

static void sender_writes_all_requests_in_order_before_any_answer(void **state)
{
    static const char *const answers[] = { OK_ANSWER("{\"res\":{\"message\":\"success\"}}"), OK_ANSWER("{}"),
                                           OK_ANSWER("") };
    struct scripted_server server;
    struct run run = { .count = 0 };

    (void)state;
    scripted_server_start(&server, answers, array_length(answers), 0);
    add_task(&run, "task1", "127.0.0.1", server.port, "/task1");
    add_task(&run, "task2", "127.0.0.1", server.port, "/task2?a=b");
    add_task(&run, "task3", "localhost", server.port, "/task3");

    run_sender(&run);
    scripted_server_stop(&server);

    assert_int_equal(run.status, 0);
    assert_int_equal(server.request_count, 3);
    assert_true(str_starts_with(str_of(server.requests[0]), STR("GET /task1 HTTP/1.1\r\nHost: 127.0.0.1:")));
    assert_true(str_starts_with(str_of(server.requests[1]), STR("GET /task2?a=b HTTP/1.1\r\n")));
    assert_true(str_starts_with(str_of(server.requests[2]), STR("GET /task3 HTTP/1.1\r\nHost: localhost:")));
    for (size_t i = 0; i < run.count; i++) {
        assert_int_equal(run.results[i].status, 200);
        assert_true(run.results[i].ended_us >= run.results[i].sent_us);
        assert_true(i == 0 || run.results[i].sent_us >= run.results[i - 1].sent_us);
    }
    assert_true(run.results[0].ended_us >= run.results[2].sent_us);
    clear_run(&run);
}

static void sender_log_is_that_of_the_notes(void **state)
{
    static const char *const answers[] = { OK_ANSWER("{\"res\":{\"message\":\"success\"}}"),
                                           "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 3\r\n\r\na\nb" };
    struct scripted_server server;
    struct run run = { .count = 0 };

    (void)state;
    scripted_server_start(&server, answers, array_length(answers), 20 * CLOCK_US_PER_MS);
    add_task(&run, "task1", "127.0.0.1", server.port, "/task1");
    add_task(&run, "task2", "127.0.0.1", server.port, "/task2");

    run_sender(&run);
    scripted_server_stop(&server);

    assert_text(buf_view(&run.lines), "--- task1 -----\n"
                                      "--- task1 Send!!\n"
                                      "--- task2 -----\n"
                                      "--- task2 Send!!\n"
                                      "--- task1 status = 200\n"
                                      "--- task1{\"res\":{\"message\":\"success\"}}\n"
                                      "--- task2 status = 504\n"
                                      "--- task2a\\x0Ab\n");
    clear_run(&run);
}

static void sender_names_the_cause_of_a_failure(void **state)
{
    static const struct {
        const char *answer;
        enum call_error expected;
    } rows[] = {
        { "", CALL_CONNECTION_TERMINATED },
        { NULL, CALL_CONNECTION_TERMINATED },
        { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", CALL_HTTP_RESPONSE_INCOMPLETE },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", CALL_HTTP_RESPONSE_INCOMPLETE },
        { "this is no HTTP\r\n\r\n", CALL_HTTP_PROTOCOL_ERROR },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        const char *name = rows[i].answer != NULL ? rows[i].answer : "reset";
        char expected[256];
        struct scripted_server server;
        struct run run = { .count = 0 };
        scripted_server_start(&server, &rows[i].answer, 1, 0);
        add_task(&run, "task1", "127.0.0.1", server.port, "/task1");

        run_sender(&run);
        scripted_server_stop(&server);

        assert_case(name, run.results[0].status == 0);
        assert_case(name, run.results[0].error == rows[i].expected);
        (void)snprintf(expected, sizeof expected, "--- task1 -----\n--- task1 Send!!\n--- task1 error = %s\n",
                       call_error_name(rows[i].expected));
        assert_text(buf_view(&run.lines), expected);
        clear_run(&run);
    }
}

static void sender_goes_on_when_one_task_cannot_be_sent(void **state)
{
    static const char *const answers[] = { OK_ANSWER("{}") };
    struct scripted_server server;
    struct run run = { .count = 0 };
    uint16_t refused_port = 0;
    int reserved = scripted_server_reserve(&refused_port);

    (void)state;
    scripted_server_start(&server, answers, 1, 0);
    add_task(&run, "task1", "127.0.0.1", refused_port, "/task1");
    add_task(&run, "task2", "127.0.0.1", server.port, "/task2");

    run_sender(&run);
    scripted_server_stop(&server);

    assert_int_equal(run.status, 0);
    assert_int_equal(run.results[0].error, CALL_CONNECTION_REFUSED);
    assert_true(run.results[0].sent_us == CLOCK_NEVER_US);
    assert_int_equal(run.results[1].status, 200);
    assert_text(buf_view(&run.lines), "--- task1 -----\n"
                                      "--- task1 error = connection_refused\n"
                                      "--- task2 -----\n"
                                      "--- task2 Send!!\n"
                                      "--- task2 status = 200\n"
                                      "--- task2{}\n");
    clear_run(&run);
    (void)close(reserved);
}

static void sender_gives_up_on_an_answer_that_does_not_come(void **state)
{
    struct run run = { .answer_timeout_us = 50 * CLOCK_US_PER_MS };
    uint16_t port = 0;
    int silent = scripted_server_listen(&port);

    (void)state;
    add_task(&run, "task1", "127.0.0.1", port, "/task1");

    run_sender(&run);

    assert_int_equal(run.results[0].error, CALL_HTTP_RESPONSE_TIMEOUT);
    assert_true(run.results[0].ended_us - run.results[0].sent_us >= 40 * CLOCK_US_PER_MS);
    clear_run(&run);
    (void)close(silent);
}

static void sender_bounds_what_it_shows_and_what_it_takes(void **state)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    static const struct {
        const char *name;
        size_t body_bytes;
        enum call_error expected;
    } rows[] = {
        { "more than is shown", SENDER_SHOWN_BYTES + 1, CALL_OK },
        { "as much as is taken", SENDER_BODY_BYTES, CALL_OK },
        { "more than is taken", SENDER_BODY_BYTES + 1, CALL_HTTP_RESPONSE_BODY_SIZE },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        size_t size = sizeof head + rows[i].body_bytes;
        cleanup_free char *answer = malloc(size);
        struct scripted_server server;
        struct run run = { .count = 0 };
        assert_non_null(answer);
        memset(answer, 'x', size);
        memcpy(answer, head, sizeof head - 1);
        answer[size - 1] = '\0';
        const char *const answers[] = { answer };
        scripted_server_start(&server, answers, 1, 0);
        add_task(&run, "task1", "127.0.0.1", server.port, "/task1");

        run_sender(&run);
        scripted_server_stop(&server);

        assert_case(rows[i].name, run.results[0].error == rows[i].expected);
        assert_case(rows[i].name, run.lines.length < 2 * SENDER_SHOWN_BYTES);
        assert_case(rows[i].name, (run.results[0].status == 200) == (rows[i].expected == CALL_OK));
        clear_run(&run);
    }
}

/* Has something to do every few milliseconds, and gives up after so many turns. */
struct impatient {
    struct company company;
    unsigned turns_left;
};

static bool give_up_after_some_turns(struct company *company, uint64_t *ret_due_us)
{
    struct impatient *impatient = container_of(company, struct impatient, company);

    *ret_due_us = clock_monotonic_us() + 5 * CLOCK_US_PER_MS;
    if (impatient->turns_left == 0) {
        return false;
    }
    impatient->turns_left--;
    return true;
}

static void sender_stops_when_its_company_gives_up(void **state)
{
    struct impatient impatient = { .company = { .on_turn = give_up_after_some_turns }, .turns_left = 20 };
    struct run run = { .company = &impatient.company };
    uint16_t port = 0;
    int silent = scripted_server_listen(&port);

    (void)state;
    add_task(&run, "task1", "127.0.0.1", port, "/task1");

    run_sender(&run);

    assert_int_equal(run.status, -ECANCELED);
    assert_int_equal(run.results[0].error, CALL_CANCELLED);
    assert_text(buf_view(&run.lines), "--- task1 -----\n--- task1 Send!!\n");
    clear_run(&run);
    (void)close(silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sender_writes_all_requests_in_order_before_any_answer),
        cmocka_unit_test(sender_log_is_that_of_the_notes),
        cmocka_unit_test(sender_names_the_cause_of_a_failure),
        cmocka_unit_test(sender_goes_on_when_one_task_cannot_be_sent),
        cmocka_unit_test(sender_gives_up_on_an_answer_that_does_not_come),
        cmocka_unit_test(sender_bounds_what_it_shows_and_what_it_takes),
        cmocka_unit_test(sender_stops_when_its_company_gives_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
