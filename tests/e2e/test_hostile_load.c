/* SPDX-License-Identifier: MIT */
/*
 * A backend that misbehaves to many calls at once: no byte of one answer gets into another, and what it can make the
 * gateway hold is bounded.
 */
#include <stdio.h>

#include "tests/support/scene.h"
#include "tests/support/unit.h"

enum { CLIENTS = 12, ROUNDS = 24, FLOOD_ROUNDS = 4, MIB_KIB = 1024 };

static const char *const modes[] = { "sync", "threads", "async", "mixed", "wire" };

/* ---- whose answer is it? ---- */

/* What is asked for beside the good ones: none of their bytes may be seen by others. */
static const char *const faults[] = { "extra-bytes", "extra-bytes", "short-length", "close-mid",
                                      "reset-mid",   "dup-length",  "close-next",   "reset" };

static bool is_faulty(unsigned round, unsigned client)
{
    return (round + client) % 3 == 0;
}

static void send_one(struct client *client, const char *mode, unsigned round, unsigned index)
{
    char target[96];
    char fields[64];

    if (is_faulty(round, index)) {
        (void)snprintf(target, sizeof target, "/fault?fault=%s", faults[(round / 3 + index) % array_length(faults)]);
    } else {
        (void)snprintf(target, sizeof target, "/own-%u-%u?echo=1", round, index);
    }
    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    client_request(client, "GET", target, fields, NULL);
}

static void check_one(const struct answer *answer, const char *mode, unsigned round, unsigned index)
{
    char own[64];
    struct str body = answer_body(answer);

    assert_null(memmem(body.base, body.length, "stray", strlen("stray")));
    if (is_faulty(round, index)) {
        assert_true(answer->status == 200 || answer->status == 502);
        return;
    }
    (void)snprintf(own, sizeof own, "\"path\":\"/own-%u-%u?echo=1\"", round, index);
    if (answer->status != 200 || memmem(body.base, body.length, own, strlen(own)) == NULL) {
        fail_msg("%s: %d %.*s is not of %s", mode, answer->status, STR_ARGUMENTS(body), own);
    }
}

static void check_round(struct client *clients, const char *mode, unsigned round)
{
    struct answer answers[CLIENTS] = { { .status = 0 } };

    for (unsigned i = 0; i < CLIENTS; i++) {
        send_one(&clients[i], mode, round, i);
    }
    client_read_all(clients, answers, CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++) {
        check_one(&answers[i], mode, round, i);
        answer_clear(&answers[i]);
    }
}

static void each_client_gets_its_own_answer_among_bad_ones(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=uniform(0ms,3ms)"),
                OPTIONS("--allow-mode-override", "--threads=4", "--blocking=fault"));

    for (size_t i = 0; i < array_length(modes); i++) {
        struct client clients[CLIENTS];
        for (size_t j = 0; j < CLIENTS; j++) {
            client_open(&clients[j], scene->gateway_port);
        }

        for (unsigned round = 0; round < ROUNDS; round++) {
            check_round(clients, modes[i], round);
        }

        for (size_t j = 0; j < CLIENTS; j++) {
            client_close(&clients[j]);
        }
    }
}

/* ---- how much memory? ---- */

static const struct {
    const char *fault;
    const char *error;
} floods[] = {
    { "endless", "http_response_body_size" },
    { "huge-header", "http_response_header_section_size" },
    { "many-headers", "http_response_header_section_size" },
};

/* All of them at the same time. */
static void flood(const struct scene *scene, const char *mode, size_t index)
{
    struct client clients[CLIENTS];
    struct answer answers[CLIENTS] = { { .status = 0 } };
    char target[64];
    char fields[64];

    (void)snprintf(target, sizeof target, "/task1?fault=%s", floods[index].fault);
    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    for (size_t i = 0; i < CLIENTS; i++) {
        client_open(&clients[i], scene->gateway_port);
        client_request(&clients[i], "GET", target, fields, NULL);
    }
    client_read_all(clients, answers, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        assert_problem(&answers[i], 502, floods[index].error);
        answer_clear(&answers[i]);
        client_close(&clients[i]);
    }
}

static void floods_fill_what_is_configured_and_no_more(void **state)
{
    struct scene *scene = *state;
    scene_start(scene, OPTIONS("--delay=0ms"), OPTIONS("--allow-mode-override", "--threads=4", "--blocking=task1"));

    for (size_t i = 0; i < array_length(modes); i++) {
        size_t before_kib = process_resident_kib(&scene->gateway);

        for (size_t round = 0; round < FLOOD_ROUNDS; round++) {
            for (size_t j = 0; j < array_length(floods); j++) {
                flood(scene, modes[i], j);
            }
        }

        size_t peak_kib = process_peak_kib(&scene->gateway);
        print_message("%s: %zu KiB, at most %zu KiB\n", modes[i], before_kib, peak_kib);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        /* A body of 1 MiB grows by doubling: two, and one more for all else. */
        assert_true(peak_kib < before_kib + (size_t)CLIENTS * 3 * MIB_KIB);
#endif
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(each_client_gets_its_own_answer_among_bad_ones),
        scene_test(floods_fill_what_is_configured_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
