/* SPDX-License-Identifier: MIT */
#include "tests/integration/refusal_bench.h"

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

void read_all(struct http_server_bench *bench, struct client *client)
{
    uint64_t start_us = clock_monotonic_us();

    while (!client->is_at_end && gate_milliseconds_left(start_us, TEST_PATIENCE_MS) > 0) {
        client_gather(client);
        bench_turn_idly(bench);
    }
}

/* A page of microhttpd's own may speak of HTTP/1.1, too. */
size_t count_heads(const struct buf *bytes)
{
    struct str rest = buf_view(bytes);
    size_t count = 0;

    for (const char *place = memmem(rest.base, rest.length, "HTTP/1.1 ", 9); place != NULL;
         place = memmem(rest.base, rest.length, "HTTP/1.1 ", 9)) {
        rest = str_from(rest, (size_t)(place - rest.base) + 9);
        count += rest.length > 0 && rest.base[0] >= '1' && rest.base[0] <= '5' ? 1 : 0;
    }
    return count;
}

/* By on_refused or on_unheard, which ends with a semicolon. */
size_t count_told(const struct http_server_bench *bench)
{
    struct str unheard = buf_view(&bench->unheard);
    size_t count = bench_has(bench, "refused") ? 1 : 0;

    for (size_t i = 0; i < unheard.length; i++) {
        count += unheard.base[i] == ';' ? 1 : 0;
    }
    return count;
}

void check_refusal(struct http_server_bench *bench, const struct refused_case *refused)
{
    struct client client;
    cleanup_answer struct answer answer = ANSWER_NONE;
    buf_reset(&bench->journal);
    buf_reset(&bench->unheard);
    bench_connect(bench, &client);

    client_send_bytes(&client, refused->bytes.base, refused->bytes.length);
    read_all(bench, &client);

    /* One answer, then the end: nothing behind it was read as another request. */
    size_t head_count = count_heads(&client.input);
    assert_case(refused->name, client.is_at_end && !client.is_reset);
    assert_case(refused->name, head_count == 1);
    assert_case(refused->name, !bench_has(bench, "request"));
    (void)client_poll(&client, &answer);
    if (answer.status != refused->status) {
        fail_msg("case \"%s\": %d %.*s", refused->name, answer.status, STR_ARGUMENTS(answer_body(&answer)));
    }
    client_close(&client);
    bench_turn_until(bench, "room", 1);
    assert_case(refused->name, count_told(bench) == 1);
}
