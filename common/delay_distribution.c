/* SPDX-License-Identifier: MIT */
/* What a delay's distribution says by itself, without a draw. */
#include <math.h>
#include <stdbool.h>

#include "common/delay.h"

/* The standard normal distribution's function at `x`. */
static double normal_probability(double x)
{
    return 0.5 * erfc(-x / sqrt(2.0));
}

/* Its inverse, for 0 < fraction < 1: a bisection, which is slow, short, and right in both tails. */
static double normal_quantile(double fraction)
{
    double low = -40;
    double high = 40;

    for (int i = 0; i < 64; i++) {
        double middle = (low + high) / 2;
        if (normal_probability(middle) < fraction) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

static double mix_mean_us(const struct delay *delay)
{
    double sum_us = 0;

    for (size_t i = 0; i < delay->share_count; i++) {
        sum_us += delay->shares[i].probability * (double)delay->shares[i].duration_us;
    }
    return sum_us;
}

double delay_mean_us(const struct delay *delay)
{
    switch (delay->kind) {
    case DELAY_UNIFORM:
        return ((double)delay->low_us + (double)delay->high_us) / 2;
    case DELAY_LOGNORMAL:
        return (double)delay->low_us * exp(delay->sigma * delay->sigma / 2);
    case DELAY_MIX:
        return mix_mean_us(delay);
    case DELAY_EXPONENTIAL:
    case DELAY_CONSTANT:
        break;
    }
    return (double)delay->low_us;
}

/* The probability of all durations up to and with `duration_us`. */
static double mix_probability(const struct delay *delay, uint64_t duration_us)
{
    double sum = 0;

    for (size_t i = 0; i < delay->share_count; i++) {
        sum += delay->shares[i].duration_us <= duration_us ? delay->shares[i].probability : 0;
    }
    return sum;
}

/* The least of its durations up to which the probabilities reach `fraction`; those that never happen do not count. */
static double mix_quantile_us(const struct delay *delay, double fraction)
{
    uint64_t least_us = 0;
    uint64_t longest_us = 0;
    bool is_found = false;

    for (size_t i = 0; i < delay->share_count; i++) {
        uint64_t duration_us = delay->shares[i].duration_us;
        if (delay->shares[i].probability <= 0) {
            continue;
        }
        longest_us = duration_us > longest_us ? duration_us : longest_us;
        if (mix_probability(delay, duration_us) >= fraction && (!is_found || duration_us < least_us)) {
            least_us = duration_us;
            is_found = true;
        }
    }
    return (double)(is_found ? least_us : longest_us);
}

static double lognormal_quantile_us(const struct delay *delay, double fraction)
{
    if (delay->sigma <= 0) {
        return (double)delay->low_us;
    }
    if (fraction <= 0) {
        return 0;
    }
    return fraction >= 1 ? INFINITY : (double)delay->low_us * exp(delay->sigma * normal_quantile(fraction));
}

double delay_quantile_us(const struct delay *delay, double fraction)
{
    switch (delay->kind) {
    case DELAY_UNIFORM:
        return (double)delay->low_us + fraction * (double)(delay->high_us - delay->low_us);
    case DELAY_EXPONENTIAL:
        if (fraction >= 1) {
            return delay->low_us > 0 ? INFINITY : 0;
        }
        return (double)delay->low_us * -log1p(-fraction);
    case DELAY_LOGNORMAL:
        return lognormal_quantile_us(delay, fraction);
    case DELAY_MIX:
        return mix_quantile_us(delay, fraction);
    case DELAY_CONSTANT:
        break;
    }
    return (double)delay->low_us;
}

/* ---- the longest of several ---- */

/* Each duration by the probability that it is the longest of `count`: F^count up to it, less F^count below it. */
static double mix_longest_us(const struct delay *delay, unsigned count)
{
    double sum_us = 0;
    double reached = 0;
    double before_us = -1;

    for (size_t step = 0; step < delay->share_count; step++) {
        double duration_us = INFINITY; /* the next longer one */
        for (size_t i = 0; i < delay->share_count; i++) {
            double candidate_us = (double)delay->shares[i].duration_us;
            duration_us = candidate_us > before_us && candidate_us < duration_us ? candidate_us : duration_us;
        }
        if (isinf(duration_us)) {
            break;
        }
        double probability = pow(mix_probability(delay, (uint64_t)duration_us), count);
        sum_us += (probability - reached) * duration_us;
        reached = probability;
        before_us = duration_us;
    }
    return sum_us;
}

/* The density of the longest of `count` normal draws, times e to the sigma × z, summed over z. */
static double lognormal_longest_us(const struct delay *delay, unsigned count)
{
    static const double step = 0.01;
    static const double reach = 12;
    static const double two_pi = 6.283185307179586;
    double sum = 0;

    for (unsigned i = 0; i * step < 2 * reach + delay->sigma; i++) {
        double z = i * step - reach;
        double density = count * exp(-z * z / 2) / sqrt(two_pi) * pow(normal_probability(z), count - 1);
        sum += density * exp(delay->sigma * z) * step;
    }
    return (double)delay->low_us * sum;
}

/* 1 + 1/2 + … + 1/count */
static double harmonic(unsigned count)
{
    double sum = 0;

    for (unsigned i = 1; i <= count; i++) {
        sum += 1.0 / i;
    }
    return sum;
}

double delay_mean_of_longest_us(const struct delay *delay, unsigned count)
{
    if (count == 0) {
        return 0;
    }
    switch (delay->kind) {
    case DELAY_UNIFORM:
        return (double)delay->low_us + (double)(delay->high_us - delay->low_us) * count / (count + 1.0);
    case DELAY_EXPONENTIAL:
        return (double)delay->low_us * harmonic(count);
    case DELAY_LOGNORMAL:
        return lognormal_longest_us(delay, count);
    case DELAY_MIX:
        return mix_longest_us(delay, count);
    case DELAY_CONSTANT:
        break;
    }
    return (double)delay->low_us;
}
