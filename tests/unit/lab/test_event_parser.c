/* SPDX-License-Identifier: MIT */
#include "lab/event_parser.h"

#include "tests/support/unit.h"

enum { HEARD_BYTES = 4096, DATA_LIMIT = 20 };

static void on_event(void *context, struct str name, struct str data)
{
    (void)buf_add_format(context, "%.*s=%.*s|", STR_ARGUMENTS(name), STR_ARGUMENTS(data));
}

static const struct {
    const char *name, *stream, *heard;
} rows[] = {
    { "one event", "event: done\ndata: {}\n\n", "done={}|" },
    { "without a name", "data: 1\n\n", "message=1|" },
    { "ends of lines of all kinds", "event: a\rdata: 1\r\revent: b\r\ndata: 2\r\n\r\ndata: 3\n\n",
      "a=1|b=2|message=3|" },
    { "a blank behind the colon is not part of it", "data:1\n\ndata:  2\n\n", "message=1|message= 2|" },
    { "several lines of data", "data: 1\ndata: 2\ndata\n\n", "message=1\n2\n|" },
    { "what is no field of ours", "id: 7\nretry: 10\nfoo: bar\n: hello\ndata: 1\n\n", "message=1|" },
    { "the last name counts", "event: a\nevent: b\ndata: 1\n\n", "b=1|" },
    { "a name is for one event", "event: a\ndata: 1\n\ndata: 2\n\n", "a=1|message=2|" },
    { "without data there is none", "event: a\n\nevent: b\nid: 1\n\n: x\n\n\n\n", "" },
    { "an unfinished one is none", "data: 1\n\ndata: 2\n", "message=1|" },
    { "colons in data", "data: a:b\n\n", "message=a:b|" },
    { "a byte order mark in front",
      "\xEF\xBB\xBF"
      "data: 1\n\n",
      "message=1|" },
    { "and nowhere else",
      "data: 0\n\n\xEF\xBB\xBF"
      "data: 1\n\n",
      "message=0|" },
    { "as long as may be", "data: 12345678901234567890\n\n", "message=12345678901234567890|" },
    { "too long", "data: 123456789012345678901\n\ndata: 1\n\n", "message=1|" },
    { "far too long", "data: 1234567890123456789012345678901234567890123456789\n\ndata: 1\n\n", "message=1|" },
    { "too long in two lines", "data: 12345678901\ndata: 12345678901\n\ndata: 1\n\n", "message=1|" },
    { "a line that is too long, whatever it is",
      "data: 1\n: 123456789012345678901234567890123456789012345678901234567890\n\ndata: 2\n\n", "message=2|" },
    { "a name that is too long",
      "event: 12345678901234567890123456789012345678901234567890123456789012345\ndata: 1\n\ndata: 2\n\n",
      "message=2|" },
};

static void read_in_pieces(struct str stream, size_t piece_bytes, struct buf *heard)
{
    struct event_parser parser;

    event_parser_init(&parser, DATA_LIMIT);
    while (stream.length > 0) {
        size_t count = stream.length < piece_bytes ? stream.length : piece_bytes;
        event_parser_feed(&parser, (struct str){ stream.base, count }, on_event, heard);
        stream = str_from(stream, count);
    }
    event_parser_clear(&parser);
}

static void a_stream_is_read_in_whatever_pieces_it_comes(void **state)
{
    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        for (size_t piece_bytes = 1; piece_bytes <= strlen(rows[i].stream); piece_bytes++) {
            cleanup_buf struct buf heard;
            buf_init(&heard, HEARD_BYTES);

            read_in_pieces(str_of(rows[i].stream), piece_bytes, &heard);

            struct str all = heard.length > 0 ? buf_view(&heard) : STR("");
            assert_case(rows[i].name, str_equal(all, str_of(rows[i].heard)));
        }
    }
}

static void what_is_left_out_is_counted(void **state)
{
    struct event_parser parser;
    cleanup_buf struct buf heard;

    (void)state;
    buf_init(&heard, HEARD_BYTES);
    event_parser_init(&parser, DATA_LIMIT);

    for (int i = 0; i < 3; i++) {
        event_parser_feed(&parser, STR("data: 123456789012345678901234567890\n\ndata: 1\n\n"), on_event, &heard);
    }

    assert_int_equal(parser.dropped_count, 3);
    assert_text(buf_view(&heard), "message=1|message=1|message=1|");
    event_parser_clear(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_read_in_whatever_pieces_it_comes),
        cmocka_unit_test(what_is_left_out_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
