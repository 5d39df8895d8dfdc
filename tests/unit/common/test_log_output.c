/* SPDX-License-Identifier: MIT */
/*
 * How lines get out of a log: when they are written, together with those of others, and what becomes of them when that
 * fails.
 */
#include "common/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "tests/support/unit.h"
#include "tests/unit/common/log_fixture.h"

static void log_writes_nothing_before_it_is_flushed(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "one");
    assert_string_equal(log_fixture_written(&fixture), "");
    log_flush(&fixture.log);
    size_t length = strlen(log_fixture_written(&fixture));
    assert_true(length > 0);
    log_flush(&fixture.log);
    assert_int_equal(strlen(log_fixture_written(&fixture)), length);

    log_fixture_close(&fixture);
}

static void log_clear_flushes_first(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    log_line(&fixture.log, LOG_INFO, "last words");
    log_clear(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture), "last words\n$"));
    log_fixture_close(&fixture);
}

static void log_that_is_full_flushes_by_itself(void **state)
{
    struct log_fixture fixture;
    size_t lines = 0;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    for (int i = 0; i < 20000; i++) {
        log_line(&fixture.log, LOG_INFO, "line %d with some more words to make it long", i);
        assert_in_range(fixture.log.lines.length, 1, 512 * 1024);
    }
    assert_true(strlen(log_fixture_written(&fixture)) > 0);
    log_flush(&fixture.log);

    for (const char *at = log_fixture_written(&fixture); *at != '\0'; at++) {
        lines += *at == '\n';
    }
    assert_int_equal(lines, 20000);
    log_fixture_close(&fixture);
}

static void log_that_cannot_be_written_is_dropped(void **state)
{
    struct log_fixture fixture;
    int ends[2];
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
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
    log_fixture_close(&fixture);
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
    struct log_fixture fixture;
    struct reader reader = { .may_start = may_start, .start_value = start_value };
    pthread_t thread;
    int ends[2];
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
    reader.descriptor = ends[0];
    reader.text = malloc(LOG_FIXTURE_OUTPUT_BYTES);
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
    log_fixture_close(&fixture);
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

static void log_flushed_at_once_is_written_where_there_is_room(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    assert_true(log_flush_at_once(&fixture.log)); /* of nothing */
    log_line(&fixture.log, LOG_INFO, "one");
    assert_true(log_flush_at_once(&fixture.log));

    assert_int_equal(fixture.log.lines.length, 0);
    assert_true(log_fixture_matches(log_fixture_written(&fixture), "^[^\n]* - one\n$"));
    log_fixture_close(&fixture);
}

static void log_flushed_at_once_stays_where_there_is_no_room(void **state)
{
    struct log_fixture fixture;
    char page[4096] = "";
    int ends[2];
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, sizeof page), sizeof page);
    assert_int_equal(write(ends[1], page, sizeof page), sizeof page);
    fixture.sink.descriptor = ends[1];

    log_line(&fixture.log, LOG_INFO, "one");
    size_t length = fixture.log.lines.length;
    assert_false(log_flush_at_once(&fixture.log));
    assert_int_equal(fixture.log.lines.length, length);
    assert_int_equal(read(ends[0], page, sizeof page), sizeof page);
    assert_true(log_flush_at_once(&fixture.log));
    assert_int_equal(read(ends[0], page, sizeof page), length);

    (void)close(ends[0]);
    (void)close(ends[1]);
    log_fixture_close(&fixture);
}

static void log_flushed_at_once_stays_while_another_thread_writes(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
    log_line(&fixture.log, LOG_INFO, "one");

    (void)pthread_mutex_lock(&fixture.sink.lock);
    assert_false(log_flush_at_once(&fixture.log));
    (void)pthread_mutex_unlock(&fixture.sink.lock);

    assert_string_equal(log_fixture_written(&fixture), "");
    assert_true(log_flush_at_once(&fixture.log));
    log_fixture_close(&fixture);
}

static void log_flushed_at_once_is_dropped_where_it_can_never_be_written(void **state)
{
    struct log_fixture fixture;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);

    fixture.sink.descriptor = full;
    log_line(&fixture.log, LOG_INFO, "lost");
    assert_true(log_flush_at_once(&fixture.log));

    assert_int_equal(fixture.log.lines.length, 0);
    (void)close(full);
    log_fixture_close(&fixture);
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
    struct log_fixture fixture;
    pthread_t threads[3];
    size_t lines = 0;
    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);

    for (size_t i = 0; i < array_length(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &fixture.sink), 0);
    }
    for (size_t i = 0; i < array_length(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }

    struct str rest = str_of(log_fixture_written(&fixture));
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        assert_int_equal(line.length, 45);
        assert_text(str_from(line, 23), " - the quick brown fox");
        lines++;
    }
    assert_int_equal(lines, array_length(threads) * WRITER_LINES);
    log_fixture_close(&fixture);
}

static void log_that_could_not_be_written_says_how_much_is_lost_once_it_can(void **state)
{
    struct log_fixture fixture;

    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
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

    assert_true(log_fixture_matches(log_fixture_written(&fixture),
                                    "^[^\n]* - kept\n"
                                    "[^\n]* - 67 bytes of the log are lost, because it could not be written: No "
                                    "space left on device\n"
                                    "[^\n]* - the next one\n$"));
    (void)close(kept);
    (void)close(full);
    log_fixture_close(&fixture);
}

static void log_ends_the_half_line_that_got_out_before_the_next_one(void **state)
{
    const struct rlimit tight = { .rlim_cur = 40, .rlim_max = RLIM_INFINITY };
    const struct rlimit wide = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
    struct log_fixture fixture;

    (void)state;
    log_fixture_open(&fixture, LOG_TEXT, LOG_INFO);
    (void)signal(SIGXFSZ, SIG_IGN);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    log_line(&fixture.log, LOG_INFO, "this is longer than there is room for");
    log_flush(&fixture.log);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &wide), 0);
    log_line(&fixture.log, LOG_INFO, "kept");
    log_flush(&fixture.log);

    assert_true(log_fixture_matches(log_fixture_written(&fixture),
                                    "^[^\n]* - this is longer[^\n]*\n"
                                    "[^\n]* - kept\n"
                                    "[^\n]* - 24 bytes of the log are lost, because it could not be written: "
                                    "File too large\n$"));
    log_fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_writes_nothing_before_it_is_flushed),
        cmocka_unit_test(log_clear_flushes_first),
        cmocka_unit_test(log_that_is_full_flushes_by_itself),
        cmocka_unit_test(log_that_cannot_be_written_is_dropped),
        cmocka_unit_test(log_that_could_not_be_written_says_how_much_is_lost_once_it_can),
        cmocka_unit_test(log_ends_the_half_line_that_got_out_before_the_next_one),
        cmocka_unit_test(log_waits_for_a_reader_that_is_slow),
        cmocka_unit_test(log_goes_on_after_a_signal),
        cmocka_unit_test(log_flushed_at_once_is_written_where_there_is_room),
        cmocka_unit_test(log_flushed_at_once_stays_where_there_is_no_room),
        cmocka_unit_test(log_flushed_at_once_stays_while_another_thread_writes),
        cmocka_unit_test(log_flushed_at_once_is_dropped_where_it_can_never_be_written),
        cmocka_unit_test(log_of_several_threads_has_whole_lines_only),
    };

    return cmocka_run_group_tests(tests, log_fixture_set_time_zone, NULL);
}
