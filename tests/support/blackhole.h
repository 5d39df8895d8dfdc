/* SPDX-License-Identifier: MIT */
/*
 * blackhole - a listening socket whose queue is full: a connection to it is neither accepted nor refused.
 */
#ifndef TESTS_SUPPORT_BLACKHOLE_H
#define TESTS_SUPPORT_BLACKHOLE_H

#include <stdint.h>

struct blackhole {
    int descriptor;
    uint16_t port;
    int fillers[8];
};

void blackhole_open(struct blackhole *blackhole);
void blackhole_close(struct blackhole *blackhole);

#endif
