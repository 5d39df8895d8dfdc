/* SPDX-License-Identifier: MIT */
#include "common/log.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "common/clock.h"
#include "tests/support/unit.h"

enum { OUTPUT_BYTES = 4 * 1024 * 1024 };

/* A sink into memory, and one log before it. */
struct fixture {
    int descriptor;
    struct log_sink sink;
    struct log log;
    char *output;
};

static void open_fixture(struct fixture *fixture, enum log_format format, enum log_level level)
{
    const struct log_options options = { .format = (int)format, .level = (int)level };

    fixture->descriptor = memfd_create("log", MFD_CLOEXEC);
    assert_true(fixture->descriptor >= 0);
    fixture->output = calloc(1, OUTPUT_BYTES);
    assert_non_null(fixture->output);
    log_sink_init(&fixture->sink, fixture->descriptor, &options);
    log_init(&fixture->log, &fixture->sink);
}

static void close_fixture(struct fixture *fixture)
{
    log_clear(&fixture->log);
    log_sink_clear(&fixture->sink);
    (void)close(fixture->descriptor);
    free(fixture->output);
}

/* What has reached the sink. */
static const char *written(struct fixture *fixture)
{
    ssize_t count = pread(fixture->descriptor, fixture->output, OUTPUT_BYTES - 1, 0);

    assert_true(count >= 0);
    fixture->output[count] = '\0';
    return fixture->output;
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

/* Nine hours east of Greenwich, whatever zones are installed. */
static int set_time_zone(void **state)
{
    (void)state;
    return setenv("TZ", "EAST-9", 1);
}

static void log_text_line_has_local_time_and_milliseconds(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, UINT64_C(1713567544572999)), "Received task1 Request!!");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(written(&fixture), "2024-04-20 07:59:04,572 - Received task1 Request!!\n");
    close_fixture(&fixture);
}

static void log_json_line_has_universal_time_and_microseconds(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, UINT64_C(1767323045123456)), ",\"event\":\"x\"}");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(written(&fixture), "{\"ts\":\"2026-01-02T03:04:05.123456+00:00\",\"event\":\"x\"}\n");
    close_fixture(&fixture);
}

/* A machine whose clock was never set. */
static void log_json_line_has_its_time_in_the_clocks_first_second_too(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    (void)buf_add_text(log_begin(&fixture.log, 1), ",\"event\":\"x\"}");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(written(&fixture), "{\"ts\":\"1970-01-01T00:00:00.000001+00:00\",\"event\":\"x\"}\n");
    close_fixture(&fixture);
}

static void log_stamp_follows_the_clock_in_both_directions(void **state)
{
    const uint64_t second_us = CLOCK_US_PER_SECOND;
    const uint64_t start_us = UINT64_C(1713567544000000);
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    const uint64_t times_us[] = { start_us, start_us + 999999, start_us + second_us, start_us - 1, 0 };
    for (size_t i = 0; i < array_length(times_us); i++) {
        (void)log_begin(&fixture.log, times_us[i]);
        log_end(&fixture.log);
    }
    log_flush(&fixture.log);

    assert_string_equal(written(&fixture), "2024-04-20 07:59:04,000 - \n"
                                           "2024-04-20 07:59:04,999 - \n"
                                           "2024-04-20 07:59:05,000 - \n"
                                           "2024-04-20 07:59:03,999 - \n"
                                           "1970-01-01 09:00:00,000 - \n");
    close_fixture(&fixture);
}

static void log_bare_line_has_no_stamp(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    (void)buf_add_text(log_begin_bare(&fixture.log), "INFO:     x");
    log_end(&fixture.log);
    log_flush(&fixture.log);

    assert_string_equal(written(&fixture), "INFO:     x\n");
    close_fixture(&fixture);
}

static void log_line_formats_its_arguments(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "listening on %s:%d", "127.0.0.1", 8080);
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - "
                                           "listening on 127\\.0\\.0\\.1:8080\n$"));
    close_fixture(&fixture);
}

static void log_json_message_is_an_object_with_level_and_message(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    log_line(&fixture.log, LOG_WARN, "a \"quoted\" %s\n%c", "word", 0x1b);
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture),
                        "^\\{\"ts\":\"[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}\\+00:00\",\"event\":\"log\",\"level\":\"warn\","
                        "\"message\":\"a \\\\\"quoted\\\\\" word\\\\u000a\\\\u001b\"\\}\n$"));
    cJSON *tree = cJSON_Parse(fixture.output);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(tree, "message")), "a \"quoted\" word\n\x1b");
    cJSON_Delete(tree);
    close_fixture(&fixture);
}

static void log_text_message_stays_on_one_line(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "a\r\nINFO:     %s\x7f\xc3\xa9", "forged\n");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), " - a  INFO:     forged  \xc3\xa9\n$"));
    assert_ptr_equal(strchr(fixture.output, '\n'), strrchr(fixture.output, '\n'));
    close_fixture(&fixture);
}

static void log_text_message_shows_a_terminal_nothing_it_would_obey(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "a\x1b[2J\xc2\x9b\x32J b\xe2\x80\xae\xe2\x80\xac c\x9b d\xe2\x82");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), " - a \\[2J  2J b       c  d  \n$"));
    close_fixture(&fixture);
}

static void log_leaves_out_lines_below_its_level(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_WARN);

    log_line(&fixture.log, LOG_ERROR, "one");
    log_line(&fixture.log, LOG_WARN, "two");
    log_line(&fixture.log, LOG_INFO, "three");
    log_line(&fixture.log, LOG_DEBUG, "four");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), " - one\n[0-9].* - two\n$"));
    assert_true(log_wants(&fixture.log, LOG_WARN));
    assert_false(log_wants(&fixture.log, LOG_INFO));
    close_fixture(&fixture);
}

static void log_announces_at_every_level(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_ERROR);

    log_line(&fixture.log, LOG_INFO, "quiet");
    log_announce(&fixture.log, "listening on %s", "127.0.0.1:8080");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[^\n]{23} - listening on 127\\.0\\.0\\.1:8080\n$"));
    close_fixture(&fixture);
}

static void log_writes_nothing_before_it_is_flushed(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "one");
    assert_string_equal(written(&fixture), "");
    log_flush(&fixture.log);
    size_t length = strlen(written(&fixture));
    assert_true(length > 0);
    log_flush(&fixture.log);
    assert_int_equal(strlen(written(&fixture)), length);

    close_fixture(&fixture);
}

static void log_clear_flushes_first(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "last words");
    log_clear(&fixture.log);

    assert_true(matches(written(&fixture), "last words\n$"));
    close_fixture(&fixture);
}

static void log_that_is_full_flushes_by_itself(void **state)
{
    struct fixture fixture;
    size_t lines = 0;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    for (int i = 0; i < 20000; i++) {
        log_line(&fixture.log, LOG_INFO, "line %d with some more words to make it long", i);
        assert_in_range(fixture.log.lines.length, 1, 512 * 1024);
    }
    assert_true(strlen(written(&fixture)) > 0);
    log_flush(&fixture.log);

    for (const char *at = written(&fixture); *at != '\0'; at++) {
        lines += *at == '\n';
    }
    assert_int_equal(lines, 20000);
    close_fixture(&fixture);
}

static void log_cuts_a_text_line_that_is_too_long(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "before");
    struct buf *line = log_begin_bare(&fixture.log);
    for (int i = 0; i < 1000000; i++) {
        (void)buf_add_byte(line, 'x');
    }
    log_end(&fixture.log);
    log_line(&fixture.log, LOG_INFO, "after");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[^\n]* - before\nx+\n[^\n]* - after\n$"));
    assert_in_range(strlen(fixture.output), 256 * 1024, 257 * 1024);
    close_fixture(&fixture);
}

static void log_replaces_a_json_line_that_is_too_long(void **state)
{
    struct fixture fixture;
    cleanup_free char *message = malloc(400000);
    (void)state;
    assert_non_null(message);
    memset(message, 'x', 399999);
    message[399999] = '\0';
    open_fixture(&fixture, LOG_JSON, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "before");
    log_line(&fixture.log, LOG_INFO, "%s", message);
    log_line(&fixture.log, LOG_INFO, "after");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[^\n]*\"before\"\\}\n[^\n]*a line of over 256 KiB was left out\"\\}\n"
                                           "[^\n]*\"after\"\\}\n$"));
    assert_true(strlen(fixture.output) < 1000);
    close_fixture(&fixture);
}

static void log_that_cannot_be_written_is_dropped(void **state)
{
    struct fixture fixture;
    int ends[2];
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);
    assert_int_equal(pipe(ends), 0);
    (void)close(ends[0]);
    void (*former)(int) = signal(SIGPIPE, SIG_IGN);

    fixture.sink.descriptor = ends[1];
    log_line(&fixture.log, LOG_INFO, "nobody reads this");
    log_flush(&fixture.log);
    assert_int_equal(fixture.log.lines.length, 0);
    fixture.sink.descriptor = -1;
    log_line(&fixture.log, LOG_INFO, "nor this");
    log_flush(&fixture.log);
    assert_int_equal(fixture.log.lines.length, 0);

    (void)signal(SIGPIPE, former);
    (void)close(ends[1]);
    close_fixture(&fixture);
}

/* Reads one end of a pipe to its end, in small pieces, once `may_start` is set. */
struct reader {
    int descriptor;
    const atomic_int *may_start;
    int start_value;
    char *text;
    size_t length;
};

static void *read_slowly(void *context)
{
    struct reader *reader = context;
    ssize_t count = 1;
    sigset_t all;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    while (atomic_load(reader->may_start) < reader->start_value) {
        (void)usleep(1000);
    }
    while (count > 0) {
        count = read(reader->descriptor, reader->text + reader->length, 777);
        reader->length += count > 0 ? (size_t)count : 0;
    }
    return NULL;
}

static atomic_int alarm_count;

static void count_alarm(int signal_number)
{
    (void)signal_number;
    (void)atomic_fetch_add(&alarm_count, 1);
}

/* A pipe of one page, into which a log with far more than that is flushed while a thread reads. */
static void flush_into_a_small_pipe(int flags, const atomic_int *may_start, int start_value)
{
    struct fixture fixture;
    struct reader reader = { .may_start = may_start, .start_value = start_value };
    pthread_t thread;
    int ends[2];
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
    reader.descriptor = ends[0];
    reader.text = malloc(OUTPUT_BYTES);
    assert_non_null(reader.text);
    fixture.sink.descriptor = ends[1];
    for (int i = 0; i < 2000; i++) {
        (void)buf_add_format(log_begin_bare(&fixture.log), "line %04d", i);
        log_end(&fixture.log);
    }
    assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);

    log_flush(&fixture.log);

    (void)close(ends[1]);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reader.length, 2000 * 10);
    assert_memory_equal(reader.text, "line 0000\nline 0001\n", 20);
    assert_memory_equal(reader.text + reader.length - 20, "line 1998\nline 1999\n", 20);
    free(reader.text);
    (void)close(ends[0]);
    close_fixture(&fixture);
}

static void log_waits_for_a_reader_that_is_slow(void **state)
{
    const atomic_int at_once = 1;
    (void)state;

    flush_into_a_small_pipe(O_NONBLOCK, &at_once, 1);
    flush_into_a_small_pipe(0, &at_once, 1);
}

/* The reader does not begin before the writer was interrupted several times in its blocked write or wait. */
static void log_goes_on_after_a_signal(void **state)
{
    const struct sigaction action = { .sa_handler = count_alarm };
    const struct itimerval often = { { 0, 2000 }, { 0, 2000 } };
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };
    struct sigaction former;
    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, &former), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);

    atomic_store(&alarm_count, 0);
    flush_into_a_small_pipe(0, &alarm_count, 5);
    atomic_store(&alarm_count, 0);
    flush_into_a_small_pipe(O_NONBLOCK, &alarm_count, 5);

    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &former, NULL), 0);
}

enum { WRITER_LINES = 3000 };

static void *write_lines(void *context)
{
    struct log log;

    log_init(&log, context);
    for (int i = 0; i < WRITER_LINES; i++) {
        log_line(&log, LOG_INFO, "the quick brown fox");
        if (i % 7 == 0) {
            log_flush(&log);
        }
    }
    log_clear(&log);
    return NULL;
}

static void log_of_several_threads_has_whole_lines_only(void **state)
{
    struct fixture fixture;
    pthread_t threads[3];
    size_t lines = 0;
    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);

    for (size_t i = 0; i < array_length(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &fixture.sink), 0);
    }
    for (size_t i = 0; i < array_length(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }

    struct str rest = str_of(written(&fixture));
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        assert_int_equal(line.length, 45);
        assert_text(str_from(line, 23), " - the quick brown fox");
        lines++;
    }
    assert_int_equal(lines, array_length(threads) * WRITER_LINES);
    close_fixture(&fixture);
}

static void log_that_could_not_be_written_says_how_much_is_lost_once_it_can(void **state)
{
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);
    int kept = dup(fixture.descriptor);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(kept >= 0 && full >= 0);

    assert_true(dup2(full, fixture.descriptor) >= 0);
    log_line(&fixture.log, LOG_INFO, "lost");
    log_flush(&fixture.log);
    log_line(&fixture.log, LOG_INFO, "lost, too");
    log_flush(&fixture.log);
    assert_true(dup2(kept, fixture.descriptor) >= 0);
    log_line(&fixture.log, LOG_INFO, "kept");
    log_flush(&fixture.log);
    log_line(&fixture.log, LOG_INFO, "the next one");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[^\n]* - kept\n"
                                           "[^\n]* - 67 bytes of the log are lost, because it could not be written: No "
                                           "space left on device\n"
                                           "[^\n]* - the next one\n$"));
    (void)close(kept);
    (void)close(full);
    close_fixture(&fixture);
}

static void log_ends_the_half_line_that_got_out_before_the_next_one(void **state)
{
    const struct rlimit tight = { .rlim_cur = 40, .rlim_max = RLIM_INFINITY };
    const struct rlimit wide = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
    struct fixture fixture;

    (void)state;
    open_fixture(&fixture, LOG_TEXT, LOG_INFO);
    (void)signal(SIGXFSZ, SIG_IGN);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    log_line(&fixture.log, LOG_INFO, "this is longer than there is room for");
    log_flush(&fixture.log);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &wide), 0);
    log_line(&fixture.log, LOG_INFO, "kept");
    log_flush(&fixture.log);

    assert_true(matches(written(&fixture), "^[^\n]* - this is longer[^\n]*\n"
                                           "[^\n]* - kept\n"
                                           "[^\n]* - 24 bytes of the log are lost, because it could not be written: "
                                           "File too large\n$"));
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_text_line_has_local_time_and_milliseconds),
        cmocka_unit_test(log_json_line_has_universal_time_and_microseconds),
        cmocka_unit_test(log_json_line_has_its_time_in_the_clocks_first_second_too),
        cmocka_unit_test(log_stamp_follows_the_clock_in_both_directions),
        cmocka_unit_test(log_bare_line_has_no_stamp),
        cmocka_unit_test(log_line_formats_its_arguments),
        cmocka_unit_test(log_json_message_is_an_object_with_level_and_message),
        cmocka_unit_test(log_text_message_stays_on_one_line),
        cmocka_unit_test(log_text_message_shows_a_terminal_nothing_it_would_obey),
        cmocka_unit_test(log_leaves_out_lines_below_its_level),
        cmocka_unit_test(log_announces_at_every_level),
        cmocka_unit_test(log_writes_nothing_before_it_is_flushed),
        cmocka_unit_test(log_clear_flushes_first),
        cmocka_unit_test(log_that_is_full_flushes_by_itself),
        cmocka_unit_test(log_cuts_a_text_line_that_is_too_long),
        cmocka_unit_test(log_replaces_a_json_line_that_is_too_long),
        cmocka_unit_test(log_that_cannot_be_written_is_dropped),
        cmocka_unit_test(log_that_could_not_be_written_says_how_much_is_lost_once_it_can),
        cmocka_unit_test(log_ends_the_half_line_that_got_out_before_the_next_one),
        cmocka_unit_test(log_waits_for_a_reader_that_is_slow),
        cmocka_unit_test(log_goes_on_after_a_signal),
        cmocka_unit_test(log_of_several_threads_has_whole_lines_only),
    };

    return cmocka_run_group_tests(tests, set_time_zone, NULL);
}
