/* SPDX-License-Identifier: MIT */
/*
 * log_fixture - a sink into memory, and one log before it.
 */
#ifndef TESTS_UNIT_COMMON_LOG_FIXTURE_H
#define TESTS_UNIT_COMMON_LOG_FIXTURE_H

#include "common/log.h"

enum { LOG_FIXTURE_OUTPUT_BYTES = 4 * 1024 * 1024 };

struct log_fixture {
    int descriptor;
    struct log_sink sink;
    struct log log;
    char *output;
};

void log_fixture_open(struct log_fixture *fixture, enum log_format format, enum log_level level);
void log_fixture_close(struct log_fixture *fixture);
/* What has reached the sink; until the next call. */
const char *log_fixture_written(struct log_fixture *fixture);
/* An extended regular expression. */
bool log_fixture_matches(const char *text, const char *pattern);
/* Of all tests of a program: nine hours east of Greenwich, whatever zones are installed. */
int log_fixture_set_time_zone(void **state);

#endif
