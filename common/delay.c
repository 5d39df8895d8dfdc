/* SPDX-License-Identifier: MIT */
#include "common/delay.h"

#include <math.h>
#include <string.h>

#include "common/duration.h"

/* The standard normal distribution's 99th percentile. */
static const double normal_p99 = 2.3263478740408408;
static const double two_pi = 6.283185307179586;
/* How far from 1 the probabilities of a mix may add up to. */
static const double mix_tolerance = 1e-6;

/* ---- parsing ---- */

static int parse_uniform(struct str arguments, struct delay *delay)
{
    struct str low = str_split(&arguments, ',');

    if (duration_parse(str_trim(low), &delay->low_us) < 0 || duration_parse(str_trim(arguments), &delay->high_us) < 0) {
        return -1;
    }
    return delay->low_us <= delay->high_us ? 0 : -1;
}

static int parse_exponential(struct str arguments, struct delay *delay)
{
    return duration_parse(str_trim(arguments), &delay->low_us);
}

static int parse_lognormal(struct str arguments, struct delay *delay)
{
    struct str median = str_trim(str_split(&arguments, ','));
    struct str tail = str_trim(arguments);
    uint64_t p99_us = 0;

    if (!str_starts_with(tail, STR("p99=")) || duration_parse(median, &delay->low_us) < 0 ||
        duration_parse(str_from(tail, STR("p99=").length), &p99_us) < 0) {
        return -1;
    }
    if (delay->low_us == 0 || p99_us < delay->low_us) {
        return -1;
    }
    delay->sigma = log((double)p99_us / (double)delay->low_us) / normal_p99;
    return 0;
}

/* Digits with perhaps a point; strtod() alone would take "inf", "0x1" and "1e9", too. */
static int parse_probability(struct str text, double *ret_probability)
{
    char copy[32];
    char *end = NULL;

    if (text.length == 0 || text.length >= sizeof copy) {
        return -1;
    }
    memcpy(copy, text.base, text.length);
    copy[text.length] = '\0';
    if (strspn(copy, "0123456789.") != text.length) {
        return -1;
    }
    *ret_probability = strtod(copy, &end);
    return end == copy + text.length && *ret_probability <= 1.0 ? 0 : -1;
}

static int parse_share(struct str text, struct delay_share *share)
{
    struct str probability = str_split(&text, ':');

    if (parse_probability(str_trim(probability), &share->probability) < 0) {
        return -1;
    }
    return duration_parse(str_trim(text), &share->duration_us);
}

static int parse_mix(struct str arguments, struct delay *delay)
{
    double sum = 0;
    bool is_last = false;

    while (!is_last) {
        is_last = str_find(arguments, ',') == arguments.length;
        struct str share = str_split(&arguments, ',');
        if (delay->share_count == DELAY_MIX_MAXIMUM || parse_share(share, &delay->shares[delay->share_count]) < 0) {
            return -1;
        }
        sum += delay->shares[delay->share_count].probability;
        delay->share_count++;
    }
    return fabs(sum - 1.0) <= mix_tolerance ? 0 : -1;
}

struct distribution {
    const char *name;
    enum delay_kind kind;
    int (*parse)(struct str arguments, struct delay *delay);
    const char *allowed;
};

static const struct distribution distributions[] = {
    { "uniform", DELAY_UNIFORM, parse_uniform,
      "uniform(LEAST,MOST) with two durations, the smaller one first, such as uniform(50ms,150ms)" },
    { "exp", DELAY_EXPONENTIAL, parse_exponential, "exp(MEAN) with a duration, such as exp(100ms)" },
    { "lognormal", DELAY_LOGNORMAL, parse_lognormal,
      "lognormal(MEDIAN,p99=DURATION) with a median over 0 and no longer than the p99, such as "
      "lognormal(50ms,p99=400ms)" },
    { "mix", DELAY_MIX, parse_mix,
      "mix(PROBABILITY:DURATION,…) with 1 to 16 durations whose probabilities add up to 1, such as "
      "mix(0.95:20ms,0.05:2s)" },
};

static const struct distribution *find_distribution(struct str name)
{
    for (size_t i = 0; i < array_length(distributions); i++) {
        if (str_equal(name, str_of(distributions[i].name))) {
            return &distributions[i];
        }
    }
    return NULL;
}

static int parse_constant(struct str text, struct delay *ret_delay, struct error *allowed)
{
    struct delay delay = { .kind = DELAY_CONSTANT };

    if (duration_parse(text, &delay.low_us) < 0) {
        return error_set(allowed, "%s", DELAY_ALLOWED);
    }
    *ret_delay = delay;
    return 0;
}

int delay_parse(struct str text, struct delay *ret_delay, struct error *allowed)
{
    text = str_trim(text);
    if (text.length == 0 || text.base[text.length - 1] != ')') {
        return parse_constant(text, ret_delay, allowed);
    }

    struct str arguments = { text.base, text.length - 1 };
    const struct distribution *distribution = find_distribution(str_split(&arguments, '('));
    if (distribution == NULL) {
        return error_set(allowed, "%s", DELAY_ALLOWED);
    }
    struct delay delay = { .kind = distribution->kind };
    if (distribution->parse(arguments, &delay) < 0) {
        return error_set(allowed, "%s", distribution->allowed);
    }
    *ret_delay = delay;
    return 0;
}

int delay_option_parse(const struct option *option, const char *text, void *target, struct error *allowed)
{
    (void)option;
    return delay_parse(str_of(text), target, allowed);
}

/* ---- sampling ---- */

/* Over 0 and up to 1, so that it has a logarithm. */
static double next_fraction(struct random_source *random)
{
    return ((double)(random_source_next(random) >> 11) + 1.0) * 0x1p-53;
}

/* Box and Muller. */
static double next_normal(struct random_source *random)
{
    double radius = sqrt(-2.0 * log(next_fraction(random)));

    return radius * cos(two_pi * next_fraction(random));
}

static double sample_mix(const struct delay *delay, struct random_source *random)
{
    double left = next_fraction(random);

    for (size_t i = 0; i + 1 < delay->share_count; i++) {
        left -= delay->shares[i].probability;
        if (left <= 0) {
            return (double)delay->shares[i].duration_us;
        }
    }
    return (double)delay->shares[delay->share_count - 1].duration_us;
}

static double sample_us(const struct delay *delay, struct random_source *random)
{
    switch (delay->kind) {
    case DELAY_UNIFORM:
        return (double)delay->low_us + next_fraction(random) * (double)(delay->high_us - delay->low_us);
    case DELAY_EXPONENTIAL:
        return (double)delay->low_us * -log(next_fraction(random));
    case DELAY_LOGNORMAL:
        return (double)delay->low_us * exp(delay->sigma * next_normal(random));
    case DELAY_MIX:
        return sample_mix(delay, random);
    case DELAY_CONSTANT:
        break;
    }
    return (double)delay->low_us;
}

uint64_t delay_sample(const struct delay *delay, struct random_source *random)
{
    double sample = sample_us(delay, random);

    return sample < (double)DELAY_LONGEST_US ? (uint64_t)sample : DELAY_LONGEST_US;
}
