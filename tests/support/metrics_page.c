/* SPDX-License-Identifier: MIT */
#include "tests/support/metrics_page.h"

#include <poll.h>

#include "common/clock.h"
#include "tests/support/client.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { POLL_MS = 5 };

/* What stands behind the line's last blank. */
static uint64_t number_of(struct str line)
{
    uint64_t value = 0;

    while (str_find(line, ' ') < line.length) {
        line = str_from(line, str_find(line, ' ') + 1);
    }
    assert_int_equal(str_to_number(line, UINT64_MAX, &value), 0);
    return value;
}

/* How many lines begin so, and their sum. */
static size_t add_up(uint16_t admin_port, const char *beginning, uint64_t *ret_sum)
{
    cleanup_answer struct answer page = ANSWER_NONE;
    size_t count = 0;

    client_fetch(admin_port, "/metrics", &page);
    assert_int_equal(page.status, 200);
    struct str rest = answer_body(&page);
    *ret_sum = 0;
    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        if (str_starts_with(line, str_of(beginning))) {
            *ret_sum += number_of(line);
            count++;
        }
    }
    return count;
}

uint64_t metrics_page_value(uint16_t admin_port, const char *beginning)
{
    uint64_t sum = 0;
    size_t count = add_up(admin_port, beginning, &sum);

    if (count != 1) {
        fail_msg("/metrics has %zu lines that begin with %s", count, beginning);
    }
    return sum;
}

uint64_t metrics_page_sum(uint16_t admin_port, const char *beginning)
{
    uint64_t sum = 0;

    (void)add_up(admin_port, beginning, &sum);
    return sum;
}

void metrics_page_wait_for(uint16_t admin_port, const char *beginning, uint64_t value)
{
    uint64_t start_us = clock_monotonic_us();
    uint64_t sum = metrics_page_sum(admin_port, beginning);

    while (sum != value) {
        if (gate_milliseconds_left(start_us, TEST_PATIENCE_MS) == 0) {
            fail_msg("%s is %llu and not %llu", beginning, (unsigned long long)sum, (unsigned long long)value);
        }
        (void)poll(NULL, 0, POLL_MS);
        sum = metrics_page_sum(admin_port, beginning);
    }
}
