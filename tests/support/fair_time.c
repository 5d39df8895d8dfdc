/* SPDX-License-Identifier: MIT */
#include "tests/support/fair_time.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What waits counts, be it as nice as can be: no more than this is the machine's. */
enum { PERCENT_AT_MOST = 75 };

/* Percent, 0 to PERCENT_AT_MOST: of the file's first line, "some avg10=1.23 avg60=…". */
static double share_of_waiting(void)
{
    static const char before[] = "some avg10=";
    char line[128] = "";
    FILE *file = fopen("/proc/pressure/cpu", "re");

    if (file == NULL) {
        return 0;
    }
    bool is_told = fgets(line, sizeof line, file) != NULL && strncmp(line, before, sizeof before - 1) == 0;
    double percent = is_told ? strtod(line + sizeof before - 1, NULL) : 0;
    (void)fclose(file);
    if (!(percent > 0)) {
        return 0;
    }
    return percent < PERCENT_AT_MOST ? percent : PERCENT_AT_MOST;
}

uint64_t fair_ms(uint64_t elapsed_ms)
{
    return (uint64_t)((double)elapsed_ms * (100 - share_of_waiting()) / 100);
}
