/* SPDX-License-Identifier: MIT */
#include "gateway/config_check.h"

#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 4 * 1024 * 1024 };

static const char deep[] = "{ \"backends\": { \"x\": { \"servers\": [\"http://127.0.0.1:1\"] } },\n"
                           "  \"routes\": [ { \"path\": \"/\", \"calls\": {\n"
                           "    \"a\": { \"backend\": \"x\", \"path\": \"/\" },\n"
                           "    \"b\": { \"backend\": \"x\", \"path\": \"/{a.i}\" },\n"
                           "    \"c\": { \"backend\": \"x\", \"path\": \"/{b.i}\" },\n"
                           "    \"d\": { \"backend\": \"x\", \"path\": \"/{c.i}\" },\n"
                           "    \"e\": { \"backend\": \"x\", \"path\": \"/{d.i}\" },\n"
                           "    \"f\": { \"backend\": \"x\", \"path\": \"/{e.i}\" },\n"
                           "    \"g\": { \"backend\": \"x\", \"path\": \"/{f.i}\" },\n"
                           "    \"h\": { \"backend\": \"x\", \"path\": \"/{g.i}\" },\n"
                           "    \"i\": { \"backend\": \"x\", \"path\": \"/{h.i}\" },\n"
                           "    \"j\": { \"backend\": \"x\", \"path\": \"/{i.i}\" },\n"
                           "    \"i2\": { \"backend\": \"x\", \"path\": \"/{h.i}\" },\n"
                           "    \"h2\": { \"backend\": \"x\", \"path\": \"/{g.i}\" },\n"
                           "    \"d2\": { \"backend\": \"x\", \"path\": \"/{c.i}\" },\n"
                           "    \"e2\": { \"backend\": \"x\", \"path\": \"/{d2.i}\" },\n"
                           "    \"b2\": { \"backend\": \"x\", \"path\": \"/{a.i}\" },\n"
                           "    \"a2\": { \"backend\": \"x\", \"path\": \"/\" } } } ] }\n";

static const char deep_tree[] = "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode async   1 worker   deadline 1m\n"
                                "\n"
                                "/                             GET       16 calls; longest 1m (the deadline alone)\n"
                                "├─ a                          at once   GET x /        no timeout, required\n"
                                "│  ├─ b                       after a   GET x /{a.i}   no timeout, required\n"
                                "│  │  └─ c                    after b   GET x /{b.i}   no timeout, required\n"
                                "│  │     ├─ d                 after c   GET x /{c.i}   no timeout, required\n"
                                "│  │     │  └─ e              after d   GET x /{d.i}   no timeout, required\n"
                                "│  │     │     └─ f           after e   GET x /{e.i}   no timeout, required\n"
                                "│  │     │        └─ g        after f   GET x /{f.i}   no timeout, required\n"
                                "│  │     │           ├─ h     after g   GET x /{g.i}   no timeout, required\n"
                                "│  │     │           ├─ … i   after h   GET x /{h.i}   no timeout, required\n"
                                "│  │     │           ├─ … j   after i   GET x /{i.i}   no timeout, required\n"
                                "│  │     │           ├─ … i2  after h   GET x /{h.i}   no timeout, required\n"
                                "│  │     │           └─ h2    after g   GET x /{g.i}   no timeout, required\n"
                                "│  │     └─ d2                after c   GET x /{c.i}   no timeout, required\n"
                                "│  │        └─ e2             after d2  GET x /{d2.i}  no timeout, required\n"
                                "│  └─ b2                      after a   GET x /{a.i}   no timeout, required\n"
                                "└─ a2                         at once   GET x /        no timeout, required\n"
                                "\n"
                                "backends\n"
                                "x  http://127.0.0.1:1  no timeout, connect 5s\n";

static void check_goes_no_further_to_the_right_than_eight_levels(void **state)
{
    struct config *config = config_bench_read(deep);
    cleanup_buf struct buf shown;
    (void)state;
    buf_init(&shown, TEXT_BYTES);

    assert_int_equal(config_check_render(config, &shown), 0);

    assert_text(buf_view(&shown), deep_tree);
    config_release(config);
}

enum { CHAIN_CALLS = 4096, LINE_COLUMNS = 100 };

static void add_chain(struct buf *text)
{
    (void)buf_add_text(text, "{ \"limits\": { \"fan_out\": 4096 }, \"backends\": { \"a\": { \"servers\": "
                             "[\"http://127.0.0.1:1\"], \"timeout\": \"1ms\" } }, \"routes\": [ { \"path\": \"/\", "
                             "\"calls\": { \"c0\": { \"backend\": \"a\", \"path\": \"/\" }");
    for (int i = 1; i < CHAIN_CALLS; i++) {
        (void)buf_add_format(text, ", \"c%d\": { \"backend\": \"a\", \"path\": \"/{c%d.id}\" }", i, i - 1);
    }
    (void)buf_add_text(text, " } } ] }");
}

static struct str line_of(struct str text, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        (void)str_split(&text, '\n');
    }
    return str_split(&text, '\n');
}

static void check_draws_a_long_chain_within_a_page(void **state)
{
    cleanup_buf struct buf text;
    cleanup_buf struct buf shown;
    (void)state;
    buf_init(&text, TEXT_BYTES);
    buf_init(&shown, TEXT_BYTES);
    add_chain(&text);
    struct config *config = config_bench_read_with(NULL, buf_view(&text));

    assert_int_equal(config_check_render(config, &shown), 0);

    struct str lines = buf_view(&shown);
    while (lines.length > 0) {
        assert_true(str_split(&lines, '\n').length <= LINE_COLUMNS);
    }
    assert_text(line_of(buf_view(&shown), 2),
                "/                                GET          4096 calls; longest 4.096s");
    assert_text(line_of(buf_view(&shown), 10),
                "                     ├─ c7       after c6     GET a /{c6.id}     1ms, required");
    config_release(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_goes_no_further_to_the_right_than_eight_levels),
        cmocka_unit_test(check_draws_a_long_chain_within_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
