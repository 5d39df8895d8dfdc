/* SPDX-License-Identifier: MIT */
#include "gateway/record.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>

#include "common/access_log.h"
#include "gateway/mode.h"
#include "tests/unit/gateway/account_scene.h"

enum { CALLS = 256, TEXT_BYTES = 1024 * 1024 };

static const struct call_account plain[] = {
    { .name = STR_STATIC("res"),
      .backend = STR_STATIC("default"),
      .server = STR_STATIC("127.0.0.1:9000"),
      .status = 200,
      .attempts = 1,
      .is_reused = true,
      .body_bytes = 21,
      .queued_us = 1010,
      .started_us = 1020,
      .sent_us = 1030,
      .first_byte_us = 5000,
      .done_us = 5100 },
};

static const struct call_account hostile[] = {
    { .name = STR_STATIC("a-b"), /* a call's name is never anything else */
      .backend = STR_STATIC("\n\r\0\x7f"),
      .server = STR_STATIC("\xff\xc3"),
      .error = CALL_HTTP_RESPONSE_STATUS,
      .detail = STR_STATIC("</script>\\\"\n"),
      .status = 503,
      .attempts = UINT32_MAX,
      .body_bytes = UINT64_MAX,
      .queued_us = 1,
      .started_us = UINT64_MAX,
      .connected_us = 1000,
      .done_us = UINT64_MAX },
    { .name = STR_STATIC(""), .error = CALL_CANCELLED },
};

static struct call_account many[CALLS];

static const struct {
    const char *name;
    const struct call_account *calls;
    size_t count;
    size_t critical[3]; /* one more than the call's index; 0: none */
} accounts[] = {
    { .name = "no call" },
    { .name = "one call", .calls = plain, .count = array_length(plain), .critical = { 1 } },
    { .name = "elements", .calls = elements, .count = array_length(elements), .critical = { 1, 4, 2 } },
    { .name = "hostile bytes", .calls = hostile, .count = array_length(hostile), .critical = { 2, 1 } },
    { .name = "256 calls", .calls = many, .count = CALLS, .critical = { 256, 1, 128 } },
    { .name = "no critical path", .calls = many, .count = CALLS },
};

static const struct {
    const char *name;
    struct record record;
} requests[] = {
    { "plain",
      { .finished_wall_us = 1767322985123456,
        .request_id = STR_STATIC("0123456789abcdef"),
        .route = STR_STATIC("/{task}"),
        .method = STR_STATIC("GET"),
        .target = STR_STATIC("/task1?x=1"),
        .client = STR_STATIC("127.0.0.1:52673"),
        .mode = MODE_ASYNC,
        .status = 200 } },
    { "nothing known",
      { .request_id = STR_STATIC("x"),
        .mode = MODE_SYNC,
        .worker = UINT32_MAX,
        .status = 499,
        .finished_wall_us = 0 } },
    { "hostile bytes",
      { .request_id = STR_STATIC("a-b.c"),
        .route = STR_STATIC("/\"\\\n"),
        .method = STR_STATIC("G\"T\n"),
        .target = STR_STATIC("/\0\xff\r\n\"},{\"\xc3\xbc"),
        .client = STR_STATIC("[::1]:1\n"),
        .mode = MODE_THREADS,
        .worker = 3,
        .status = 502 } },
    { "a loop",
      { .request_id = STR_STATIC("x"),
        .route = STR_STATIC("/run"),
        .mode = MODE_WIRE,
        .status = 502,
        .refused_for = CALL_PROXY_LOOP_DETECTED } },
};

static void fill_many(void)
{
    for (size_t i = 0; i < CALLS; i++) {
        many[i] = (struct call_account){
            .name = { &"items-0123456789.ab"[i % 10], 4 + i % 5 },
            .element_number = i,
            .backend = STR("orders"),
            .server = { "127.0.0.1:9000", 9 + i % 6 },
            .error = (enum call_error)(i % CALL_ERROR_COUNT),
            .detail = { "why", i % 4 },
            .status = (unsigned)i,
            .attempts = 1,
            .is_reused = i % 2 == 0,
            .body_bytes = i * i,
            .queued_us = 1000 + i,
            .started_us = i % 3 != 0 ? 1001 + i : 0,
            .done_us = 2000 + i * 7,
        };
    }
}

struct case_record {
    struct fixture fixture;
    const struct call_account *critical[3];
    struct record record;
};

static const struct record *make_record(struct case_record *made, size_t request, size_t account)
{
    made->record = requests[request].record;
    made->record.account = *account_of(&made->fixture, accounts[account].calls, accounts[account].count, 9000);
    for (size_t i = 0; i < array_length(accounts[account].critical) && accounts[account].critical[i] > 0; i++) {
        made->critical[i] = &accounts[account].calls[accounts[account].critical[i] - 1];
        made->record.account.critical_count = i + 1;
    }
    made->record.account.critical_path = made->critical;
    return &made->record;
}

static char *pack(const struct record *record, size_t *ret_bytes)
{
    size_t bytes = record_packed_bytes(record);
    char *packed = malloc(bytes);

    assert_non_null(packed);
    assert_int_equal(bytes % 8, 0);
    record_pack(record, bytes, packed);
    *ret_bytes = bytes;
    return packed;
}

static void record_packed_is_rendered_as_the_record_itself(void **state)
{
    struct case_record made;
    (void)state;
    fill_many();

    for (size_t request = 0; request < array_length(requests); request++) {
        for (size_t account = 0; account < array_length(accounts); account++) {
            cleanup_buf struct buf direct;
            cleanup_buf struct buf packed_json;
            struct time_stamp stamp;
            size_t bytes = 0;
            buf_init(&direct, TEXT_BYTES);
            buf_init(&packed_json, TEXT_BYTES);
            time_stamp_init(&stamp);
            const struct record *record = make_record(&made, request, account);
            print_message("%s, %s\n", requests[request].name, accounts[account].name);

            cleanup_free char *packed = pack(record, &bytes);
            assert_int_equal(record_render_json(record, &stamp, &direct), 0);
            assert_int_equal(record_render_packed((struct str){ packed, bytes }, &stamp, &packed_json), 0);

            assert_int_equal(direct.length, packed_json.length);
            assert_memory_equal(direct.base, packed_json.base, direct.length);
            assert_true(str_find(buf_view(&direct), '\n') == direct.length);
            cJSON *tree = cJSON_ParseWithLength(direct.base, direct.length);
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "calls")), accounts[account].count);
            assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "critical_path")),
                             record->account.critical_count);
            cJSON_Delete(tree);
        }
    }
}

/* What it looked at may be gone and overwritten by then. */
static void record_packed_needs_nothing_of_what_it_was_made_of(void **state)
{
    struct case_record made;
    static struct call_account calls[CALLS];
    char name[] = "name";
    char target[] = "/target";
    cleanup_buf struct buf before;
    cleanup_buf struct buf after;
    struct time_stamp stamp;
    size_t bytes = 0;
    (void)state;
    buf_init(&before, TEXT_BYTES);
    buf_init(&after, TEXT_BYTES);
    time_stamp_init(&stamp);
    (void)make_record(&made, 0, 0);
    calls[0] = plain[0];
    calls[0].name = str_of(name);
    made.record.account = *account_of(&made.fixture, calls, 1, 9000);
    made.record.target = str_of(target);
    cleanup_free char *packed = pack(&made.record, &bytes);
    assert_int_equal(record_render_packed((struct str){ packed, bytes }, &stamp, &before), 0);

    memset(name, 'x', sizeof name);
    memset(target, 'x', sizeof target);
    memset(calls, 0xff, sizeof calls);
    memset(&made, 0xff, sizeof made);
    assert_int_equal(record_render_packed((struct str){ packed, bytes }, &stamp, &after), 0);

    assert_int_equal(before.length, after.length);
    assert_memory_equal(before.base, after.base, before.length);
    assert_non_null(memmem(after.base, after.length, "\"name\":\"name\"", 13));
    assert_non_null(memmem(after.base, after.length, "\"target\":\"/target\"", 18));
}

static void record_cut_walks_through_records_of_any_size(void **state)
{
    struct case_record made;
    cleanup_buf struct buf all;
    (void)state;
    fill_many();
    buf_init(&all, TEXT_BYTES);
    for (size_t account = 0; account < array_length(accounts); account++) {
        size_t bytes = 0;
        cleanup_free char *packed = pack(make_record(&made, account % array_length(requests), account), &bytes);
        assert_int_equal(buf_add(&all, packed, bytes), 0);
    }

    struct str rest = buf_view(&all);
    for (size_t account = 0; account < array_length(accounts); account++) {
        struct arena arena;
        struct record record;
        arena_init(&arena, TEXT_BYTES);
        assert_int_equal(record_unpack(record_cut(&rest), &arena, &record), 0);

        assert_int_equal(record.account.call_count, accounts[account].count);
        assert_text(record.request_id, requests[account % array_length(requests)].record.request_id.base);
        arena_clear(&arena);
    }
    assert_int_equal(rest.length, 0);
}

/* The JSON of the log's `done` event, as access_log makes it of the same parts. */
static void record_is_the_done_event_of_the_log(void **state)
{
    struct case_record made;
    cleanup_buf struct buf json;
    struct time_stamp stamp;
    (void)state;
    buf_init(&json, TEXT_BYTES);
    time_stamp_init(&stamp);

    assert_int_equal(record_render_json(make_record(&made, 0, 1), &stamp, &json), 0);

    assert_text(buf_view(&json),
                "{\"ts\":\"2026-01-02T03:03:05.123456+00:00\",\"event\":\"done\",\"request_id\":\"0123456789abcdef\","
                "\"worker\":0,\"mode\":\"async\",\"route\":\"/{task}\",\"method\":\"GET\",\"target\":\"/task1?x=1\","
                "\"client\":\"127.0.0.1:52673\",\"status\":200,\"total_us\":8000,\"queue_us\":10,\"own_us\":3910,"
                "\"calls\":[{\"name\":\"res\",\"backend\":\"default\",\"server\":\"127.0.0.1:9000\",\"status\":200,"
                "\"error\":null,\"attempts\":1,\"reused\":true,\"bytes\":21,\"queued_us\":10,\"started_us\":20,"
                "\"connected_us\":null,\"sent_us\":30,\"first_byte_us\":4000,\"done_us\":4100}],"
                "\"critical_path\":[\"res\"]}");
}

static void record_that_does_not_fit_says_so_in_both_forms(void **state)
{
    struct case_record made;
    cleanup_buf struct buf whole;
    struct time_stamp stamp;
    size_t bytes = 0;
    (void)state;
    fill_many();
    buf_init(&whole, TEXT_BYTES);
    time_stamp_init(&stamp);
    const struct record *record = make_record(&made, 2, 4);
    cleanup_free char *packed = pack(record, &bytes);
    assert_int_equal(record_render_json(record, &stamp, &whole), 0);

    for (size_t limit = whole.length - 1; limit > 1; limit /= 2) {
        cleanup_buf struct buf direct;
        cleanup_buf struct buf packed_json;
        buf_init(&direct, limit);
        buf_init(&packed_json, limit);

        assert_int_equal(record_render_json(record, &stamp, &direct), -ENOBUFS);
        assert_int_equal(record_render_packed((struct str){ packed, bytes }, &stamp, &packed_json), -ENOBUFS);

        assert_int_equal(direct.length, packed_json.length);
        assert_true(direct.length == 0 || memcmp(direct.base, packed_json.base, direct.length) == 0);
    }
}

static void record_that_there_is_no_memory_for_is_not_unpacked(void **state)
{
    struct case_record made;
    struct arena arena;
    struct record record = { .status = 7 };
    size_t bytes = 0;
    (void)state;
    fill_many();
    cleanup_free char *packed = pack(make_record(&made, 0, 4), &bytes);
    arena_init(&arena, 1000);

    assert_int_equal(record_unpack((struct str){ packed, bytes }, &arena, &record), -ENOMEM);

    assert_int_equal(record.status, 7);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_packed_is_rendered_as_the_record_itself),
        cmocka_unit_test(record_packed_needs_nothing_of_what_it_was_made_of),
        cmocka_unit_test(record_cut_walks_through_records_of_any_size),
        cmocka_unit_test(record_is_the_done_event_of_the_log),
        cmocka_unit_test(record_that_does_not_fit_says_so_in_both_forms),
        cmocka_unit_test(record_that_there_is_no_memory_for_is_not_unpacked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
