/* SPDX-License-Identifier: MIT */
#include "tests/unit/common/log_fixture.h"

#include <regex.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/support/unit.h"

void log_fixture_open(struct log_fixture *fixture, enum log_format format, enum log_level level)
{
    const struct log_options options = { .format = (int)format, .level = (int)level };

    fixture->descriptor = memfd_create("log", MFD_CLOEXEC);
    assert_true(fixture->descriptor >= 0);
    fixture->output = calloc(1, LOG_FIXTURE_OUTPUT_BYTES);
    assert_non_null(fixture->output);
    log_sink_init(&fixture->sink, fixture->descriptor, &options);
    log_init(&fixture->log, &fixture->sink);
}

void log_fixture_close(struct log_fixture *fixture)
{
    log_clear(&fixture->log);
    log_sink_clear(&fixture->sink);
    (void)close(fixture->descriptor);
    free(fixture->output);
}

const char *log_fixture_written(struct log_fixture *fixture)
{
    ssize_t count = pread(fixture->descriptor, fixture->output, LOG_FIXTURE_OUTPUT_BYTES - 1, 0);

    assert_true(count >= 0);
    fixture->output[count] = '\0';
    return fixture->output;
}

bool log_fixture_matches(const char *text, const char *pattern)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool is_match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return is_match;
}

int log_fixture_set_time_zone(void **state)
{
    (void)state;
    return setenv("TZ", "EAST-9", 1);
}
