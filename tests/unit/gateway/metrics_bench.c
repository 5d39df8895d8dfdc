/* SPDX-License-Identifier: MIT */
#include "tests/unit/gateway/metrics_bench.h"

#include <stdio.h>

#include "tests/support/unit.h"

enum { TEXT_BYTES = 8 * 1024 * 1024 };

int metrics_bench_setup(void **state)
{
    struct metrics_bench *bench = calloc(1, sizeof *bench);

    assert_non_null(bench);
    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        bench->workers[i] = metrics_new();
        assert_non_null(bench->workers[i]);
    }
    buf_init(&bench->text, TEXT_BYTES);
    *state = bench;
    return 0;
}

int metrics_bench_teardown(void **state)
{
    struct metrics_bench *bench = *state;

    for (size_t i = 0; i < METRICS_BENCH_WORKERS; i++) {
        metrics_free(bench->workers[i]);
    }
    buf_clear(&bench->text);
    free(bench);
    return 0;
}

const struct metrics_request request_200 = {
    .route = STR_STATIC("/a"), .mode = STR_STATIC("async"), .status = 200, .duration_us = 1500
};

void metrics_bench_count_routes(struct metrics *metrics, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        char route[32];
        struct metrics_request request = request_200;
        (void)snprintf(route, sizeof route, "/route/%zu", i);
        request.route = str_of(route);
        metrics_count_request(metrics, &request);
    }
}

/* ---- reading the text ---- */

double metrics_bench_value(const struct metrics_bench *bench, const char *name)
{
    struct str rest = buf_view(&bench->text);
    size_t length = strlen(name);

    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        if (str_starts_with(line, (struct str){ name, length }) && line.length > length && line.base[length] == ' ') {
            return strtod(line.base + length + 1, NULL);
        }
    }
    return -1;
}

double metrics_bench_sum(const struct metrics_bench *bench, const char *beginning)
{
    struct str rest = buf_view(&bench->text);
    double sum = 0;

    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        const char *last_blank = memrchr(line.base, ' ', line.length);
        if (str_starts_with(line, str_of(beginning)) && last_blank != NULL) {
            sum += strtod(last_blank + 1, NULL);
        }
    }
    return sum;
}

static int compare_lines(const void *a, const void *b)
{
    const struct str *one = a;
    const struct str *other = b;
    size_t length = one->length < other->length ? one->length : other->length;
    int order = memcmp(one->base, other->base, length);

    return order != 0 ? order : (one->length > other->length) - (one->length < other->length);
}

static void assert_well_formed(const struct metrics_bench *bench)
{
    static struct str samples[65536];
    struct str rest = buf_view(&bench->text);
    struct str family = STR("");
    size_t count = 0;

    while (rest.length > 0) {
        struct str line = str_split(&rest, '\n');
        if (str_starts_with(line, STR("# HELP "))) {
            struct str next = rest;
            struct str type_line = str_split(&next, '\n');
            struct str help = str_from(line, 7);
            family = str_split(&help, ' ');
            assert_true(help.length > 0);
            assert_true(str_starts_with(type_line, STR("# TYPE ")));
            assert_true(str_starts_with(str_from(type_line, 7), family));
        } else if (!str_starts_with(line, STR("# TYPE "))) {
            const char *last_blank = memrchr(line.base, ' ', line.length);
            assert_true(str_starts_with(line, family) && last_blank != NULL && count < array_length(samples));
            samples[count++] = (struct str){ line.base, (size_t)(last_blank - line.base) };
        }
    }
    qsort(samples, count, sizeof samples[0], compare_lines);
    for (size_t i = 1; i < count; i++) {
        if (str_equal(samples[i - 1], samples[i])) {
            fail_msg("twice: %.*s", STR_ARGUMENTS(samples[i]));
        }
    }
}

void metrics_bench_render(struct metrics_bench *bench, size_t worker_count)
{
    buf_reset(&bench->text);
    assert_int_equal(metrics_render(bench->workers, worker_count, &bench->process, &bench->text), 0);
    assert_well_formed(bench);
}
