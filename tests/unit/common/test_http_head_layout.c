/* SPDX-License-Identifier: MIT */
#include "common/http_head_layout.h"

#include "tests/support/unit.h"

/* A head as libmicrohttpd 0.9 leaves it, and where it found the pieces: offset and length of each. */
struct piece {
    size_t offset;
    size_t length;
};

struct layout_case {
    const char *name;
    struct str memory;
    struct piece method, target, version;
    struct {
        struct piece name, value;
    } fields[3]; /* end at a name without a length */
    bool is_whole;
};

/*                0   4  6        16    22    28 */
#define CLEAN "GET\0/\0HTTP/1.1\0\0Host\0 a\0\0Name\0\0\0\0\0"
#define REQUEST_LINE .method = { 0, 3 }, .target = { 4, 1 }, .version = { 6, 8 }

static const struct layout_case cases[] = {
    { "without fields", STR_STATIC("GET\0/\0HTTP/1.1\0\0\0\0"), REQUEST_LINE, .is_whole = true },
    { "two fields, one empty", STR_STATIC(CLEAN), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 22, 1 } }, { { 25, 4 }, { 30, 0 } } }, .is_whole = true },
    { "no blank behind the colon", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } } }, .is_whole = true },
    { "many blanks behind the colon", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0 \t \ta\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 25, 1 } } }, .is_whole = true },
    { "a field that is missing", STR_STATIC(CLEAN), REQUEST_LINE, .fields = { { { 16, 4 }, { 22, 1 } } } },
    { "a field that lies elsewhere", STR_STATIC(CLEAN), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 22, 1 } }, { { 0, 3 }, { 30, 0 } } } },
    { "a value in front of its name", STR_STATIC(CLEAN), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 22, 1 } }, { { 25, 4 }, { 22, 1 } } } },
    { "a value that begins in its name", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 18, 4 } } } },
    { "two blanks behind the method", STR_STATIC("GET\0 /\0HTTP/1.1\0\0\0\0"), .method = { 0, 3 }, .target = { 5, 1 },
      .version = { 7, 8 } },
    { "a NUL in the target", STR_STATIC("GET\0/\0b\0HTTP/1.1\0\0\0\0"), .method = { 0, 3 }, .target = { 4, 1 },
      .version = { 8, 8 } },
    { "a bare line feed behind the version", STR_STATIC("GET\0/\0HTTP/1.1\0Host\0a\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 15, 4 }, { 20, 1 } } } },
    { "a bare line feed behind a value", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0X\0\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } }, { { 23, 1 }, { 25, 0 } } } },
    { "a bare line feed as empty line", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } } } },
    { "a NUL in a value", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0b\0\0\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } } } },
    { "a line without a name", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0\0\0 x\0\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } } } },
    { "as long as two line ends, but something else", STR_STATIC("GET\0/\0HTTP/1.1\0\0Host\0a\0\0x\0"), REQUEST_LINE,
      .fields = { { { 16, 4 }, { 21, 1 } } } },
};

static struct str at(const struct layout_case *row, struct piece piece)
{
    return (struct str){ row->memory.base + piece.offset, piece.length };
}

static void http_head_layout_is_whole_where_each_piece_follows_the_one_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        const struct layout_case *row = &cases[i];
        struct http_head_layout layout;

        http_head_layout_begin(&layout, at(row, row->method), at(row, row->target), at(row, row->version));
        for (size_t j = 0; j < array_length(row->fields) && row->fields[j].name.length > 0; j++) {
            http_head_layout_add(&layout, at(row, row->fields[j].name), at(row, row->fields[j].value));
        }

        assert_case(row->name, http_head_layout_is_whole(&layout, row->memory.length) == row->is_whole);
    }
}

static void http_head_layout_is_not_whole_when_the_head_is_longer_or_shorter(void **state)
{
    static const struct layout_case row = { "", STR_STATIC(CLEAN "\0\0"), REQUEST_LINE };
    size_t head_bytes = sizeof CLEAN - 1;
    struct http_head_layout layout;
    (void)state;

    http_head_layout_begin(&layout, at(&row, row.method), at(&row, row.target), at(&row, row.version));
    http_head_layout_add(&layout, at(&row, (struct piece){ 16, 4 }), at(&row, (struct piece){ 22, 1 }));
    http_head_layout_add(&layout, at(&row, (struct piece){ 25, 4 }), at(&row, (struct piece){ 30, 0 }));

    assert_true(http_head_layout_is_whole(&layout, head_bytes));
    assert_false(http_head_layout_is_whole(&layout, head_bytes - 1));
    assert_false(http_head_layout_is_whole(&layout, head_bytes + 1));
    assert_false(http_head_layout_is_whole(&layout, head_bytes + 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_head_layout_is_whole_where_each_piece_follows_the_one_before),
        cmocka_unit_test(http_head_layout_is_not_whole_when_the_head_is_longer_or_shorter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
