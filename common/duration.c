/* SPDX-License-Identifier: MIT */
#include "common/duration.h"

#include <errno.h>
#include <inttypes.h>

#include "common/clock.h"

enum { MS = CLOCK_US_PER_MS, SECOND = CLOCK_US_PER_SECOND, MINUTE = 60 * SECOND };
static const uint64_t HOUR = UINT64_C(60) * MINUTE;
static const uint64_t LONGEST_US = UINT64_C(24) * 60 * MINUTE;

static uint64_t unit_us(struct str unit)
{
    const struct {
        const char *name;
        uint64_t us;
    } units[] = { { "us", 1 }, { "ms", MS }, { "s", SECOND }, { "m", MINUTE }, { "h", HOUR } };

    for (size_t i = 0; i < array_length(units); i++) {
        if (str_equal(unit, str_of(units[i].name))) {
            return units[i].us;
        }
    }
    return 0;
}

static struct str take_digits(struct str *rest)
{
    struct str digits = { rest->base, 0 };

    while (digits.length < rest->length && rest->base[digits.length] >= '0' && rest->base[digits.length] <= '9') {
        digits.length++;
    }
    *rest = str_from(*rest, digits.length);
    return digits;
}

/* ".digits" of `unit` in whole microseconds; nine digits count, so that nothing overflows. */
static uint64_t fraction_us(struct str digits, uint64_t unit)
{
    uint64_t sum = 0;
    uint64_t weight = 1;

    for (size_t i = 0; i < digits.length && i < 9; i++) {
        weight *= 10;
        sum = sum * 10 + (uint64_t)(digits.base[i] - '0');
    }
    return sum * unit / weight;
}

int duration_parse(struct str text, uint64_t *ret_us)
{
    struct str rest = text;
    struct str whole = take_digits(&rest);
    struct str fraction = { "", 0 };
    if (rest.length > 0 && rest.base[0] == '.') {
        rest = str_from(rest, 1);
        fraction = take_digits(&rest);
        if (fraction.length == 0) {
            return -EINVAL;
        }
    }
    uint64_t unit = unit_us(rest);
    if (whole.length == 0 || unit == 0) {
        return -EINVAL;
    }

    uint64_t count = 0;
    if (str_to_number(whole, LONGEST_US / unit, &count) < 0) {
        return -ERANGE;
    }
    uint64_t duration_us = count * unit + fraction_us(fraction, unit);
    if (duration_us > LONGEST_US) {
        return -ERANGE;
    }
    *ret_us = duration_us;
    return 0;
}

/* "1.5s": the part below the unit with `digits` places, without zeros at its end. */
static void format_fraction(uint64_t duration_us, uint64_t unit, const char *name, char *text, size_t size)
{
    uint64_t below = duration_us % unit;
    int digits = unit == SECOND ? 6 : 3;

    while (below % 10 == 0) {
        below /= 10;
        digits--;
    }
    (void)snprintf(text, size, "%" PRIu64 ".%0*" PRIu64 "%s", duration_us / unit, digits, below, name);
}

void duration_format(uint64_t duration_us, char *text, size_t size)
{
    if (duration_us == 0) {
        (void)snprintf(text, size, "0s");
    } else if (duration_us % HOUR == 0) {
        (void)snprintf(text, size, "%" PRIu64 "h", duration_us / HOUR);
    } else if (duration_us % MINUTE == 0) {
        (void)snprintf(text, size, "%" PRIu64 "m", duration_us / MINUTE);
    } else if (duration_us % SECOND == 0) {
        (void)snprintf(text, size, "%" PRIu64 "s", duration_us / SECOND);
    } else if (duration_us > SECOND) {
        format_fraction(duration_us, SECOND, "s", text, size);
    } else if (duration_us % MS == 0) {
        (void)snprintf(text, size, "%" PRIu64 "ms", duration_us / MS);
    } else if (duration_us > MS) {
        format_fraction(duration_us, MS, "ms", text, size);
    } else {
        (void)snprintf(text, size, "%" PRIu64 "us", duration_us);
    }
}
