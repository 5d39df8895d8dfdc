/* SPDX-License-Identifier: MIT */
/*
 * fuzz_duration - durations of any bytes, and any number of microseconds.
 */
#include <errno.h>
#include <string.h>

#include "common/duration.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_BYTES = 32 };
static const uint64_t longest_us = UINT64_C(24) * 60 * 60 * 1000 * 1000;

static long double unit_us(const char *unit)
{
    static const struct {
        const char *name;
        long double us;
    } units[] = { { "us", 1 }, { "ms", 1e3L }, { "s", 1e6L }, { "m", 60e6L }, { "h", 3600e6L } };

    for (size_t i = 0; i < array_length(units); i++) {
        if (strcmp(unit, units[i].name) == 0) {
            return units[i].us;
        }
    }
    return 0;
}

/* As a floating-point number of microseconds; below 0: it is none. */
static long double read_plainly(struct str text)
{
    cleanup_free char *copy = strndup(text.base, text.length);
    char *end = NULL;

    fuzz_check(copy != NULL);
    if (strlen(copy) != text.length || strspn(copy, "0123456789") == 0) {
        return -1;
    }
    size_t length = strspn(copy, "0123456789.");
    if (copy[length - 1] == '.' || unit_us(copy + length) == 0) {
        return -1;
    }
    long double unit = unit_us(copy + length);
    copy[length] = '\0';
    long double number = strtold(copy, &end);
    return *end == '\0' ? number * unit : -1;
}

static void check_written(uint64_t duration_us)
{
    char text[TEXT_BYTES];
    uint64_t again = 0;

    duration_format(duration_us, text, sizeof text);
    fuzz_check(strlen(text) < sizeof text - 1);
    fuzz_check(duration_parse(str_of(text), &again) == 0 && again == duration_us);
}

void fuzz_one(struct str input)
{
    uint64_t duration_us = UINT64_MAX;
    uint64_t any = 0;

    int result = duration_parse(input, &duration_us);
    long double expected = input.length > 0 ? read_plainly(input) : -1;
    if (result == 0) {
        fuzz_check(duration_us <= longest_us);
        /* Down to whole microseconds, and with nine digits behind the point. */
        fuzz_check((long double)duration_us <= expected + 0.001L && (long double)duration_us > expected - 5);
        check_written(duration_us);
    } else if (result == -ERANGE) {
        fuzz_check(expected >= (long double)longest_us && duration_us == UINT64_MAX);
    } else {
        fuzz_check(result == -EINVAL && expected < 0 && duration_us == UINT64_MAX);
    }
    if (input.length > 0) {
        memcpy(&any, input.base, input.length < sizeof any ? input.length : sizeof any);
    }
    check_written(any % (longest_us + 1));
}
