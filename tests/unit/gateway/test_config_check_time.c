/* SPDX-License-Identifier: MIT */
#include "gateway/config_check.h"

#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 65536 };

static const char time_format[] =
    "{ \"deadline\": \"10s\", \"mode\": \"%s\", \"threads\": %s, \"limits\": { \"fan_out\": 4096 }, \"backends\": {"
    " \"a\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\" },"
    " \"day\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"24h\" },"
    " \"any\": { \"servers\": [\"http://127.0.0.1:1\"] },"
    " \"line\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\", \"max_in_flight\": 1,"
    " \"queue_timeout\": \"300ms\" },"
    " \"long_line\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\", \"max_in_flight\": 1 },"
    " \"no_line\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\", \"max_in_flight\": 1, \"queue\": 0 } "
    "},"
    " \"routes\": [ { \"path\": \"/\"%s, \"calls\": {%s} } ] }";

struct time_row {
    const char *name;
    const char *mode;
    const char *threads;
    const char *route; /* more members of it */
    const char *calls;
    const char *longest;
};

#define CALL(name, backend) "\"" name "\": { \"backend\": \"" backend "\", \"path\": \"/\" }"
#define CALL_AFTER(name, backend, input) "\"" name "\": { \"backend\": \"" backend "\", \"path\": \"/{" input ".id}\" }"
#define CALL_EACH(name, backend, input, max)                                                                           \
    "\"" name "\": { \"backend\": \"" backend "\", \"path\": \"/{each}\", \"each\": \"{" input                         \
    ".list}\", \"max\": " max " }"
#define CALL_IN(name, backend, mode)                                                                                   \
    "\"" name "\": { \"backend\": \"" backend "\", \"path\": \"/\", \"mode\": \"" mode "\" }"

static const struct time_row time_rows[] = {
    { "one call", "async", "2", "", CALL("a", "a"), "longest 1s\n" },
    { "side by side", "async", "2", "", CALL("a", "a") "," CALL("b", "a"), "longest 1s\n" },
    { "one after another", "async", "2", "", CALL("a", "a") "," CALL_AFTER("b", "a", "a"), "longest 2s\n" },
    { "a call's own timeout wins over its backend's", "async", "2", "",
      "\"a\": { \"backend\": \"a\", \"path\": \"/\", \"timeout\": \"5s\" }", "longest 5s\n" },
    { "each is made at once", "async", "2", "", CALL("a", "a") "," CALL_EACH("b", "a", "a", "9"), "longest 2s\n" },
    { "in line", "async", "2", "", CALL("a", "line"), "longest 1.3s\n" },
    { "in line without a bound", "async", "2", "", CALL("a", "long_line"), "longest 10s (the deadline alone)\n" },
    { "no line", "async", "2", "", CALL("a", "no_line"), "longest 1s\n" },
    { "no timeout", "async", "2", "", CALL("a", "any"), "longest 10s (the deadline alone)\n" },
    { "no timeout beside one", "async", "2", "", CALL("a", "any") "," CALL("b", "a"),
      "longest 10s (the deadline alone)\n" },
    { "as long as the deadline", "async", "2", ", \"deadline\": \"1s\"", CALL("a", "a"), "deadline 1s; longest 1s\n" },
    { "longer than the deadline", "async", "2", ", \"deadline\": \"999ms\"", CALL("a", "a"),
      "deadline 999ms; longest 999ms (the deadline; its calls alone could take 1s)\n" },
    { "the route's deadline may be longer", "async", "2", ", \"deadline\": \"1m\"", CALL("a", "any"),
      "deadline 1m; longest 1m (the deadline alone)\n" },
    { "sync: a sum", "sync", "2", "", CALL("a", "a") "," CALL("b", "a") "," CALL_AFTER("c", "a", "a"), "longest 3s\n" },
    { "sync: each is made one after another", "sync", "2", "", CALL("a", "a") "," CALL_EACH("b", "a", "a", "7"),
      "longest 8s\n" },
    { "sync: no timeout", "sync", "2", "", CALL("a", "a") "," CALL("b", "any"), "longest 10s (the deadline alone)\n" },
    { "sync: many of a day each", "sync", "2", "", CALL("a", "day") "," CALL_EACH("b", "day", "a", "4095"),
      "longest 10s (the deadline; its calls alone could take 98304h)\n" },
    { "one call blocks, and the others stand still", "async", "2", "", CALL_IN("a", "a", "sync") "," CALL("b", "a"),
      "longest 2s\n" },
    { "mixed: task1 blocks", "mixed", "2", "", CALL("task1", "a") "," CALL("task2", "a") "," CALL("task3", "a"),
      "longest 2s\n" },
    { "threads: as many as there are", "threads", "2", "", CALL("a", "a") "," CALL("b", "a"), "longest 1s\n" },
    { "threads: more than there are", "threads", "2", "", CALL("a", "a") "," CALL("b", "a") "," CALL("c", "a"),
      "longest 2s\n" },
    { "threads: one", "threads", "1", "", CALL("a", "a") "," CALL("b", "a") "," CALL_AFTER("c", "a", "a"),
      "longest 3s\n" },
    { "threads: one for each element", "threads", "2", "", CALL("a", "a") "," CALL_EACH("b", "a", "a", "7"),
      "longest 5s\n" },
    { "threads: others are not in their way", "threads", "2", "",
      CALL("a", "a") "," CALL("b", "a") "," CALL("c", "a") "," CALL_IN("d", "a", "async"), "longest 2s\n" },
    { "threads: and one behind them", "threads", "2", "",
      CALL("a", "a") "," CALL("b", "a") "," CALL("c", "a") "," CALL_IN(
          "d", "a", "async") ","
                             "\"e\": { \"backend\": \"a\", \"path\": \"/{a.id}\", \"mode\": \"async\" }",
      "longest 3s\n" },
};

static void check_tells_the_longest_possible_time(void **state)
{
    (void)state;

    for (size_t i = 0; i < array_length(time_rows); i++) {
        const struct time_row *row = &time_rows[i];
        cleanup_buf struct buf text;
        cleanup_buf struct buf shown;
        buf_init(&text, TEXT_BYTES);
        buf_init(&shown, TEXT_BYTES);
        (void)buf_add_format(&text, time_format, row->mode, row->threads, row->route, row->calls);
        struct config *config = config_bench_read_with(NULL, buf_view(&text));

        assert_int_equal(config_check_render(config, &shown), 0);

        (void)buf_add_byte(&shown, '\0');
        if (strstr(shown.base, row->longest) == NULL) {
            fail_msg("case \"%s\": no \"%s\" in:\n%s", row->name, row->longest, shown.base);
        }
        config_release(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_tells_the_longest_possible_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
