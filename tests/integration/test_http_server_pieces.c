/* SPDX-License-Identifier: MIT */
/*
 * Answers whose body lies in several places.
 */
#include "tests/integration/http_server_bench.h"
#include "tests/support/unit.h"

enum { LONG_BYTES = 3 * 1024 * 1024, UNTAKEN_BYTES = 32 * 1024 * 1024 /* more than sockets hold */ };

static struct http_exchange *hold_request(struct http_server_bench *bench, struct client *client, const char *method)
{
    bench->on_request = bench_hold;
    bench_connect(bench, client);
    client_request(client, method, "/a", "", NULL);
    client->expects_no_body = strcmp(method, "HEAD") == 0;
    bench_turn_until_held(bench, 1);
    return bench->held[0];
}

/* Pieces that lie in the text, with a long one and an empty one between them. */
static struct http_answer answer_of(struct str text, struct str long_piece, struct str *pieces)
{
    pieces[0] = (struct str){ text.base, 2 };
    pieces[1] = long_piece;
    pieces[2] = STR("");
    pieces[3] = (struct str){ text.base + 2, text.length - 2 };
    return (struct http_answer){ .status = 200, .body = text, .pieces = pieces, .piece_count = 4 };
}

static char *text_of(size_t length)
{
    char *text = malloc(length);

    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)('a' + i % 23);
    }
    return text;
}

static void pieces_go_out_one_behind_the_other(void **state)
{
    struct http_server_bench *bench = *state;
    static const enum http_body_memory memories[] = { HTTP_BODY_OWNED, HTTP_BODY_CONSTANT };
    cleanup_free char *text = text_of(LONG_BYTES);

    for (size_t i = 0; i < array_length(memories); i++) {
        struct client client;
        struct str pieces[4];
        cleanup_answer struct answer seen = ANSWER_NONE;
        bench->held_count = 0;
        struct http_exchange *exchange = hold_request(bench, &client, "GET");
        struct str body = { memories[i] == HTTP_BODY_OWNED ? strdup("front, end") : "front, end", 10 };
        struct http_answer answer = answer_of(body, (struct str){ text, LONG_BYTES }, pieces);
        answer.memory = memories[i];

        int result = http_exchange_answer(exchange, &answer);
        bench_read(bench, &client, &seen);

        assert_int_equal(result, 0);
        assert_int_equal(answer_body(&seen).length, LONG_BYTES + 10);
        assert_memory_equal(answer_body(&seen).base, "fr", 2);
        assert_memory_equal(answer_body(&seen).base + 2, text, LONG_BYTES);
        assert_memory_equal(answer_body(&seen).base + 2 + LONG_BYTES, "ont, end", 8);
        client_close(&client);
    }
}

static void a_kept_connection_goes_on_after_pieces(void **state)
{
    struct http_server_bench *bench = *state;
    cleanup_free char *text = text_of(LONG_BYTES);
    struct client client;
    struct str pieces[4];
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_answer answer = answer_of(STR("(["), (struct str){ text, LONG_BYTES }, pieces);
    struct http_exchange *exchange = hold_request(bench, &client, "GET");

    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
    bench_read(bench, &client, &seen);
    bench->on_request = NULL;
    client_get(&client, "/next");

    bench_expect(bench, &client, "GET /next");
    client_close(&client);
}

static void head_has_the_length_of_all_pieces_and_none_of_them(void **state)
{
    struct http_server_bench *bench = *state;
    cleanup_free char *text = text_of(LONG_BYTES);
    struct client client;
    struct str pieces[4];
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_exchange *exchange = hold_request(bench, &client, "HEAD");
    struct http_answer answer = answer_of((struct str){ strdup("([])"), 4 }, (struct str){ text, LONG_BYTES }, pieces);
    answer.memory = HTTP_BODY_OWNED;

    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
    bench_read(bench, &client, &seen);

    assert_text(answer_header(&seen, "Content-Length"), "3145732");
    assert_int_equal(answer_body(&seen).length, 0);
    bench->on_request = NULL;
    client.expects_no_body = false;
    client_get(&client, "/next");
    bench_expect(bench, &client, "GET /next");
    client_close(&client);
}

static void a_client_that_leaves_amid_pieces_ends_them(void **state)
{
    struct http_server_bench *bench = *state;
    cleanup_free char *text = text_of(UNTAKEN_BYTES);
    struct client client;
    struct str pieces[4];
    struct http_exchange *exchange = hold_request(bench, &client, "GET");
    struct http_answer answer =
        answer_of((struct str){ strdup("([])"), 4 }, (struct str){ text, UNTAKEN_BYTES }, pieces);
    answer.memory = HTTP_BODY_OWNED;

    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
    bench_turn_briefly(bench);
    client_reset(&client);
    bench_turn_until(bench, "room", 1);

    assert_true(bench_has(bench, "broken"));
}

static void pieces_are_not_for_an_answer_without_a_body(void **state)
{
    struct http_server_bench *bench = *state;
    struct client client;
    struct str pieces[4];
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_exchange *exchange = hold_request(bench, &client, "GET");
    struct http_answer answer = answer_of((struct str){ strdup("([])"), 4 }, STR("long"), pieces);
    answer.memory = HTTP_BODY_OWNED;
    answer.status = 204;

    assert_int_equal(http_exchange_answer(exchange, &answer), 0);
    bench_read(bench, &client, &seen);

    assert_int_equal(seen.status, 204);
    client_close(&client);
}

static void too_many_pieces_or_copied_ones_close_without_an_answer(void **state)
{
    struct http_server_bench *bench = *state;
    struct str many[HTTP_SERVER_PIECES_MOST + 1];
    const struct http_answer answers[] = {
        { .status = 200, .pieces = many, .piece_count = array_length(many), .memory = HTTP_BODY_CONSTANT },
        { .status = 200, .pieces = many, .piece_count = 2, .memory = HTTP_BODY_COPIED },
    };
    for (size_t i = 0; i < array_length(many); i++) {
        many[i] = STR("x");
    }

    for (size_t i = 0; i < array_length(answers); i++) {
        struct client client;
        cleanup_answer struct answer seen = ANSWER_NONE;
        bench->held_count = 0;
        struct http_exchange *exchange = hold_request(bench, &client, "GET");

        assert_true(http_exchange_answer(exchange, &answers[i]) < 0);
        bench_read(bench, &client, &seen);

        assert_int_equal(seen.status, 0);
        client_close(&client);
    }
}

/* microhttpd keeps the places in the memory of the head. */
static void as_many_pieces_as_there_may_be_fit_however_long_the_heads_are(void **state)
{
    struct http_server_bench *bench = *state;
    static char value[BENCH_HEADER_BYTES];
    static char fields[BENCH_HEADER_BYTES];
    struct http_field field = { "X-Long", value };
    struct str pieces[HTTP_SERVER_PIECES_MOST];
    struct client client;
    cleanup_answer struct answer seen = ANSWER_NONE;
    struct http_answer answer = { .status = 200,
                                  .fields = &field,
                                  .field_count = 1,
                                  .pieces = pieces,
                                  .piece_count = array_length(pieces),
                                  .memory = HTTP_BODY_CONSTANT };
    for (size_t i = 0; i < array_length(pieces); i++) {
        pieces[i] = STR("x");
    }
    memset(value, 'v', sizeof value - 1);
    (void)snprintf(fields, sizeof fields, "X: %0*d\r\n", BENCH_HEADER_BYTES - 100, 0);
    bench->on_request = bench_hold;
    bench_connect(bench, &client);
    client_request(&client, "GET", "/a", fields, NULL);
    bench_turn_until_held(bench, 1);

    assert_int_equal(http_exchange_answer(bench->held[0], &answer), 0);
    bench_read(bench, &client, &seen);

    assert_text(answer_body(&seen), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        bench_test(pieces_go_out_one_behind_the_other),
        bench_test(a_kept_connection_goes_on_after_pieces),
        bench_test(head_has_the_length_of_all_pieces_and_none_of_them),
        bench_test(a_client_that_leaves_amid_pieces_ends_them),
        bench_test(pieces_are_not_for_an_answer_without_a_body),
        bench_test(too_many_pieces_or_copied_ones_close_without_an_answer),
        bench_test(as_many_pieces_as_there_may_be_fit_however_long_the_heads_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
