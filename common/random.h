/* SPDX-License-Identifier: MIT */
/*
 * random - a small, fast generator that repeats from a seed: for ids and for delays, not for secrets.
 *
 * Source: xoshiro256** of Blackman and Vigna, seeded by splitmix64; https://prng.di.unimi.it
 *
 * Memory: the struct alone.   Threads: one generator belongs to one thread.
 */
#ifndef COMMON_RANDOM_H
#define COMMON_RANDOM_H

#include <stdint.h>

struct random_source {
    uint64_t state[4]; /* not all zero */
};

/* The same seed gives the same numbers, on every machine. */
void random_source_seed(struct random_source *source, uint64_t seed);
/* Differs from every other one: getrandom(2). */
void random_source_seed_from_system(struct random_source *source);
/* 64 random bits. */
uint64_t random_source_next(struct random_source *source);

#endif
