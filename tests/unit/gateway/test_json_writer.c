/* SPDX-License-Identifier: MIT */
#include "gateway/json_writer.h"

#include "common/json_scan.h"
#include "tests/support/unit.h"

static void write_all(struct buf *json)
{
    struct json_writer writer;

    json_writer_init(&writer, json);
    json_writer_open(&writer, JSON_WRITER_NO_NAME, '{');
    json_writer_add_string(&writer, STR("a\n"), STR("b\"\xff"));
    json_writer_add_number(&writer, STR("n"), SIZE_MAX);
    json_writer_open_list(&writer, STR("list"));
    json_writer_add_boolean(&writer, JSON_WRITER_NO_NAME, true);
    json_writer_add_boolean(&writer, JSON_WRITER_NO_NAME, false);
    json_writer_close(&writer, ']');
    json_writer_open_list(&writer, STR("none"));
    json_writer_close(&writer, ']');
    json_writer_open(&writer, STR("empty"), '{');
    json_writer_close(&writer, '}');
    json_writer_open(&writer, STR("array"), '[');
    json_writer_add_json(&writer, JSON_WRITER_NO_NAME, STR("1.10"));
    json_writer_open(&writer, JSON_WRITER_NO_NAME, '{');
    json_writer_add_json(&writer, STR("x"), STR("null"));
    json_writer_close(&writer, '}');
    json_writer_close(&writer, ']');
    json_writer_close(&writer, '}');
}

static const char all[] = "{\n"
                          "  \"a\\u000a\": \"b\\\"\\ufffd\",\n"
                          "  \"n\": 18446744073709551615,\n"
                          "  \"list\": [true, false],\n"
                          "  \"none\": [],\n"
                          "  \"empty\": {},\n"
                          "  \"array\": [\n"
                          "    1.10,\n"
                          "    {\n"
                          "      \"x\": null\n"
                          "    }\n"
                          "  ]\n"
                          "}";

static void every_kind_of_value_stands_in_its_place(void **state)
{
    cleanup_buf struct buf json;
    (void)state;
    buf_init(&json, sizeof all);

    write_all(&json);

    assert_text(buf_view(&json), all);
    assert_int_equal(json_scan_check(buf_view(&json), JSON_SCAN_DEPTH, NULL), 0);
    assert_false(json.failed);
}

static void what_does_not_fit_is_told(void **state)
{
    (void)state;

    for (size_t limit = 0; limit < sizeof all - 1; limit++) {
        cleanup_buf struct buf json;
        buf_init(&json, limit);
        write_all(&json);
        assert_true(json.failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_stands_in_its_place),
        cmocka_unit_test(what_does_not_fit_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
