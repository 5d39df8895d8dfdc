/* SPDX-License-Identifier: MIT */
#include "tests/integration/http_server_tls_bench.h"

#include "common/clock.h"
#include "tests/support/unit.h"

struct tls_bench_certificates tls_bench_certificates;

int tls_bench_make_certificates(void **state)
{
    struct tls_bench_certificates *all = &tls_bench_certificates;

    (void)state;
    certificate_make(&all->authority, &(struct certificate_wish){ .name = "authority", .is_authority = true });
    certificate_make(&all->first, &(struct certificate_wish){ .name = "127.0.0.1", .issuer = &all->authority });
    certificate_make(&all->second, &(struct certificate_wish){ .issuer = &all->authority });
    return 0;
}

struct http_server_tls tls_bench_of(const struct certificate *certificate)
{
    return (struct http_server_tls){ .certificate = certificate->pem, .key = certificate->key_pem };
}

void tls_bench_restart(struct http_server_bench *bench, uint64_t header_timeout_us)
{
    struct http_server_tls tls = tls_bench_of(&tls_bench_certificates.first);
    struct http_server_config config = bench_config();

    config.tls = &tls;
    config.header_timeout_us = header_timeout_us;
    bench_restart(bench, &config);
}

const struct tls_tunnel_settings tls_bench_usual = { .authority = &tls_bench_certificates.authority };

/* The bench hands its own end over to the server. */
void secured_connect(struct http_server_bench *bench, struct secured *secured,
                     const struct tls_tunnel_settings *settings)
{
    bench_connect(bench, &secured->client);
    tls_tunnel_start(&secured->tunnel, &secured->client, settings);
}

int secured_shake(struct http_server_bench *bench, struct secured *secured)
{
    while (!gate_is_open(&secured->tunnel.is_shaken)) {
        bench_turn_briefly(bench);
    }
    return tls_tunnel_wait(&secured->tunnel);
}

void secured_open(struct http_server_bench *bench, struct secured *secured)
{
    secured_connect(bench, secured, &tls_bench_usual);
    assert_int_equal(secured_shake(bench, secured), 0);
}

void secured_close(struct http_server_bench *bench, struct secured *secured)
{
    uint64_t start_us = clock_monotonic_us();

    client_close(&secured->client);
    /* The tunnel's thread takes its time, and ends when the server has seen that it wants to. */
    while (!gate_is_open(&secured->tunnel.is_over) && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        bench_turn_briefly(bench);
    }
    bench_turn_idly(bench);
    tls_tunnel_close(&secured->tunnel);
    bench_turn_idly(bench); /* the tunnel is a thread of its own: by now it has said what it had to say */
}
