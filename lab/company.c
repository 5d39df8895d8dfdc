/* SPDX-License-Identifier: MIT */
#include "lab/company.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "common/clock.h"

int company_poll_timeout_ms(uint64_t due_us)
{
    uint64_t now_us = clock_monotonic_us();

    if (due_us == CLOCK_NEVER_US) {
        return -1;
    }
    if (due_us <= now_us) {
        return 0;
    }
    uint64_t wait_ms = (due_us - now_us + CLOCK_US_PER_MS - 1) / CLOCK_US_PER_MS;
    return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

int company_wait(struct company *company, int descriptor, short events, uint64_t due_us)
{
    struct pollfd waited[COMPANY_DESCRIPTORS_MOST + 1];

    for (;;) {
        uint64_t turn_us = CLOCK_NEVER_US;
        nfds_t count = 1;
        if (company != NULL && !company->on_turn(company, &turn_us)) {
            return -ECANCELED;
        }
        waited[0] = (struct pollfd){ .fd = descriptor, .events = events };
        for (size_t i = 0; company != NULL && i < company->count; i++) {
            waited[count++] = company->descriptors[i];
        }
        int ready = poll(waited, count, company_poll_timeout_ms(turn_us < due_us ? turn_us : due_us));
        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
        if (ready > 0 && waited[0].revents != 0) {
            return 1;
        }
        if (clock_monotonic_us() >= due_us) {
            return 0;
        }
    }
}
