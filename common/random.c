/* SPDX-License-Identifier: MIT */
#include "common/random.h"

#include <sys/random.h>

#include "common/clock.h"
#include "common/compiler.h"

static uint64_t rotate_left(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

void random_source_seed(struct random_source *source, uint64_t seed)
{
    for (size_t i = 0; i < array_length(source->state); i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t mixed = seed;
        mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
        source->state[i] = mixed ^ (mixed >> 31);
    }
}

void random_source_seed_from_system(struct random_source *source)
{
    ssize_t count = getrandom(source->state, sizeof source->state, 0);

    /* Only a kernel without getrandom() comes here; nothing is secret, so that the time of start will do. */
    if (count != (ssize_t)sizeof source->state) {
        random_source_seed(source, clock_wall_us() ^ (clock_monotonic_us() << 32) ^ (uint64_t)(uintptr_t)source);
    }
    source->state[3] |= 1; /* an all-zero state would stay so for ever */
}

uint64_t random_source_next(struct random_source *source)
{
    uint64_t *state = source->state;
    uint64_t result = rotate_left(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;

    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate_left(state[3], 45);
    return result;
}
