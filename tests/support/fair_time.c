/* SPDX-License-Identifier: MIT */
#include "tests/support/fair_time.h"

#include <stdio.h>

/* Percent, 0 to 100. */
static double share_of_waiting(void)
{
    FILE *file = fopen("/proc/pressure/cpu", "re");
    double percent = 0;

    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "some avg10=%lf", &percent) != 1 || percent < 0 ||
        percent > 100) { /* NOLINT(cert-err34-c): checked */
        percent = 0;
    }
    (void)fclose(file);
    return percent;
}

uint64_t fair_ms(uint64_t elapsed_ms)
{
    return (uint64_t)((double)elapsed_ms * (100 - share_of_waiting()) / 100);
}
