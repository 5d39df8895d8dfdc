/* SPDX-License-Identifier: MIT */
/*
 * upstream_tls_bench - one upstream strategy, and a server behind TLS that it may or may not trust.
 *
 * Memory: tls_scene_close().   Threads: the test's own, and the server's.
 */
#ifndef TESTS_INTEGRATION_UPSTREAM_TLS_BENCH_H
#define TESTS_INTEGRATION_UPSTREAM_TLS_BENCH_H

#include "gateway/tls_settings.h"
#include "tests/integration/upstream_bench.h"
#include "tests/support/secure_server.h"

enum { DAY_S = 24 * CERTIFICATE_HOUR_S };

struct tls_authorities {
    struct certificate ours;
    struct certificate other;
    struct certificate expired;
};

/* Of all tests of a program: made once, by its group's set-up. */
extern struct tls_authorities tls_authorities;
int tls_authorities_make(void **state);

/* ---- settings ---- */

struct tls_file tls_file_of(const char *text);
/* Gives them the fingerprint of what they hold. */
void tls_identify(struct tls_settings *tls);
/* Settings that trust this authority and no other. */
struct tls_settings tls_trusting(const struct certificate *authority);

/* ---- a server, and one try after another ---- */

struct tls_scene {
    struct upstream_bench bench;
    struct secure_server *server;
    struct trial trial; /* ready for the first try */
};

void tls_scene_open(struct tls_scene *scene, enum bench_strategy strategy,
                    const struct secure_server_settings *settings, const struct tls_settings *tls);
void tls_scene_close(struct tls_scene *scene);
/* Another try, with these settings. */
enum call_error tls_scene_run_again(struct tls_scene *scene, const struct tls_settings *tls);

#define expect_in(strategy, what, condition)                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fail_msg("%s, %s: %s", bench_strategy_names[strategy], (what), #condition);                                \
        }                                                                                                              \
    } while (0)

/* The last try was answered. */
void tls_scene_expect_answer(struct tls_scene *scene, enum bench_strategy strategy, const char *what);

#endif
