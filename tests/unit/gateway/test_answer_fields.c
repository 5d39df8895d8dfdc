/* SPDX-License-Identifier: MIT */
#include "gateway/answer_fields.h"

#include <errno.h>

#include "tests/support/unit.h"

/* FAN_OUT is the most that a configuration can allow. */
enum { ARENA_BYTES = 64 * 1024, FIELDS_BYTES_MAXIMUM = 4096, FAN_OUT = 4096, MANY = 1000 };

/* Milliseconds of 13 digits and one behind the point. */
#define ABSURD_US UINT64_C(9999999999999999)

static const char *find_field(const struct answer_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (strcmp(fields->fields[i].name, name) == 0) {
            return fields->fields[i].value;
        }
    }
    return NULL;
}

/* "Name: value\r\n" */
static size_t count_bytes(const struct answer_fields *fields)
{
    size_t bytes = 0;

    for (size_t i = 0; i < fields->count; i++) {
        bytes += strlen(fields->fields[i].name) + strlen(fields->fields[i].value) + 4;
    }
    return bytes;
}

static const struct account no_calls = { .head_read_us = 1000, .done_us = 1700 };

static void answer_fields_stand_on_every_answer(void **state)
{
    const struct answer_facts facts = {
        .account = &no_calls, .content_type = "text/plain", .mode = "async", .request_id = "r-1", .is_complete = true
    };
    struct answer_fields fields;
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);

    int result = answer_fields_build(&arena, &facts, &fields);

    assert_int_equal(result, 0);
    assert_int_equal(fields.count, 5);
    assert_string_equal(find_field(&fields, "Content-Type"), "text/plain");
    assert_string_equal(find_field(&fields, "Server-Timing"), "total;dur=0.700, gateway;dur=0.700");
    assert_string_equal(find_field(&fields, "Fanlight-Complete"), "true");
    assert_string_equal(find_field(&fields, "Fanlight-Mode"), "async");
    assert_string_equal(find_field(&fields, "X-Request-Id"), "r-1");
    arena_clear(&arena);
}

static void answer_fields_leave_out_what_there_is_none_of(void **state)
{
    const struct answer_facts facts = { .account = &no_calls, .mode = "sync", .request_id = "r", .allow = "GET, HEAD" };
    struct answer_fields fields;
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);

    int result = answer_fields_build(&arena, &facts, &fields);

    assert_int_equal(result, 0);
    assert_null(find_field(&fields, "Content-Type"));
    assert_null(find_field(&fields, "Proxy-Status"));
    assert_string_equal(find_field(&fields, "Allow"), "GET, HEAD");
    assert_string_equal(find_field(&fields, "Fanlight-Complete"), "false");
    arena_clear(&arena);
}

struct row {
    const char *name;
    struct call_account failed;
    const char *proxy_status; /* NULL: none */
};

static const struct row rows[] = {
    { "refused", { .error = CALL_CONNECTION_REFUSED }, "fanlight; error=connection_refused" },
    { "a status",
      { .error = CALL_HTTP_RESPONSE_STATUS, .status = 503 },
      "fanlight; error=http_response_status; received-status=503" },
    { "a status that was not told", { .error = CALL_HTTP_RESPONSE_STATUS }, "fanlight; error=http_response_status" },
    { "a status with another error", { .error = CALL_INVALID_JSON, .status = 200 }, "fanlight; error=invalid_json" },
    { "a call that did not fail", { .error = CALL_OK, .status = 200 }, NULL },
};

static void answer_fields_tell_the_call_that_failed(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        const struct answer_facts facts = {
            .account = &no_calls, .mode = "async", .request_id = "r", .failed = &rows[i].failed
        };
        struct answer_fields fields;
        struct arena arena;
        arena_init(&arena, ARENA_BYTES);

        assert_int_equal(answer_fields_build(&arena, &facts, &fields), 0);

        const char *value = find_field(&fields, "Proxy-Status");
        assert_case(rows[i].name, (value != NULL) == (rows[i].proxy_status != NULL));
        assert_text(str_of(value), rows[i].proxy_status != NULL ? rows[i].proxy_status : "");
        arena_clear(&arena);
    }
}

/* All calls failed, have the longest names and numbers, and took longer than any may; the longest id, every field that
 * there may be. */
static void answer_fields_stay_within_4_kib_at_worst(void **state)
{
    static struct call_account calls[FAN_OUT];
    static const struct call_account *pointers[FAN_OUT];
    char request_id[129];
    (void)state;
    memset(request_id, 'x', 128);
    request_id[128] = '\0';
    for (size_t i = 0; i < FAN_OUT; i++) {
        calls[i] = (struct call_account){
            .name = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            .element_number = FAN_OUT,
            .error = CALL_HTTP_RESPONSE_HEADER_SECTION_SIZE,
            .queued_us = 1,
            .done_us = ABSURD_US,
        };
        pointers[i] = &calls[i];
    }
    const struct account account = {
        .head_read_us = 1, .done_us = ABSURD_US, .calls = pointers, .call_count = FAN_OUT
    };
    const struct answer_facts facts = {
        .account = &account,
        .content_type = "application/problem+json",
        .mode = "threads",
        .request_id = request_id,
        .allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        .retry_after = "86400",
        .failed = &calls[0],
    };
    struct answer_fields fields;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);

    int result = answer_fields_build(&arena, &facts, &fields);

    assert_int_equal(result, 0);
    assert_true(count_bytes(&fields) <= FIELDS_BYTES_MAXIMUM);
    assert_non_null(strstr(find_field(&fields, "Server-Timing"), "more;desc=\"4064\""));
    arena_clear(&arena);
}

static void answer_fields_say_when_to_come_again(void **state)
{
    const struct answer_facts facts = { .account = &no_calls, .mode = "async", .request_id = "r", .retry_after = "1" };
    const struct answer_facts without = { .account = &no_calls, .mode = "async", .request_id = "r" };
    struct answer_fields fields;
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);

    assert_int_equal(answer_fields_build(&arena, &facts, &fields), 0);
    assert_string_equal(find_field(&fields, "Retry-After"), "1");
    assert_int_equal(answer_fields_build(&arena, &without, &fields), 0);
    assert_null(find_field(&fields, "Retry-After"));
    assert_null(find_field(&fields, "Allow"));

    arena_clear(&arena);
}

static void answer_fields_put_more_in_front_as_it_is(void **state)
{
    static const struct http_field more[] = {
        { "Set-Cookie", "a=1" }, { "X-Empty", "" }, { "Set-Cookie", "b=2" }, { "Content-Type", "text/html" }
    };
    const struct answer_facts facts = { .account = &no_calls,
                                        .mode = "async",
                                        .request_id = "r",
                                        .is_complete = true,
                                        .more = more,
                                        .more_count = array_length(more) };
    struct answer_fields fields;
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);

    int result = answer_fields_build(&arena, &facts, &fields);

    assert_int_equal(result, 0);
    assert_int_equal(fields.count, array_length(more) + 4);
    for (size_t i = 0; i < array_length(more); i++) {
        assert_string_equal(fields.fields[i].name, more[i].name);
        assert_string_equal(fields.fields[i].value, more[i].value);
    }
    assert_string_equal(fields.fields[array_length(more)].name, "Server-Timing");
    arena_clear(&arena);
}

/* More of them than a backend can send. */
static void answer_fields_have_room_for_many_more(void **state)
{
    static struct http_field more[MANY];
    const struct answer_facts facts = {
        .account = &no_calls,
        .content_type = "text/plain",
        .mode = "async",
        .request_id = "r",
        .allow = "GET",
        .retry_after = "1",
        .failed = &rows[0].failed,
        .more = more,
        .more_count = MANY,
    };
    struct answer_fields fields;
    struct arena arena;
    (void)state;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < MANY; i++) {
        more[i] = (struct http_field){ "X", "y" };
    }

    int result = answer_fields_build(&arena, &facts, &fields);

    assert_int_equal(result, 0);
    assert_int_equal(fields.count, MANY + 8);
    assert_string_equal(fields.fields[MANY + 7].name, "Proxy-Status");
    arena_clear(&arena);
}

/* Which is asked for what is seldom there: many fields from elsewhere, and a failure. */
static void answer_fields_fail_when_the_arena_is_full(void **state)
{
    static const struct http_field more[ANSWER_FIELDS_OWN] = { { "X", "y" } };
    const struct answer_facts facts = {
        .account = &no_calls,
        .mode = "async",
        .request_id = "r",
        .failed = &rows[0].failed,
        .more = more,
        .more_count = array_length(more),
    };
    struct answer_fields fields = { .count = 77 };
    bool is_built = false;
    (void)state;

    for (size_t arena_bytes = 0; arena_bytes <= 1024 && !is_built; arena_bytes += 16) {
        struct arena arena;
        arena_init(&arena, arena_bytes);
        int result = answer_fields_build(&arena, &facts, &fields);
        is_built = result == 0;
        assert_true(is_built || (result == -ENOMEM && fields.count == 77 && fields.fields == NULL));
        assert_true(!is_built || arena_bytes >= sizeof more);
        arena_clear(&arena);
    }

    assert_true(is_built);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_fields_stand_on_every_answer),
        cmocka_unit_test(answer_fields_leave_out_what_there_is_none_of),
        cmocka_unit_test(answer_fields_tell_the_call_that_failed),
        cmocka_unit_test(answer_fields_stay_within_4_kib_at_worst),
        cmocka_unit_test(answer_fields_say_when_to_come_again),
        cmocka_unit_test(answer_fields_put_more_in_front_as_it_is),
        cmocka_unit_test(answer_fields_have_room_for_many_more),
        cmocka_unit_test(answer_fields_fail_when_the_arena_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
