/* SPDX-License-Identifier: MIT */
/*
 * metrics_page - single numbers of a gateway's /metrics.
 *
 *     metrics_page_wait_for(admin_port, "fanlight_requests_in_flight ", 0);
 *
 * `beginning` is a line up to its number, with the blank. Functions end the running test when there is no such line, or
 * when it takes longer than TEST_PATIENCE_MS.
 */
#ifndef TESTS_SUPPORT_METRICS_PAGE_H
#define TESTS_SUPPORT_METRICS_PAGE_H

#include <stdint.h>

uint64_t metrics_page_value(uint16_t admin_port, const char *beginning);
/* Of all lines that begin so, whatever their labels; 0 if there are none. */
uint64_t metrics_page_sum(uint16_t admin_port, const char *beginning);
void metrics_page_wait_for(uint16_t admin_port, const char *beginning, uint64_t value);

#endif
