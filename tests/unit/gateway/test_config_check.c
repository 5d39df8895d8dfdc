/* SPDX-License-Identifier: MIT */
#include "gateway/config_check.h"

#include <errno.h>

#include "tests/unit/gateway/config_bench.h"

enum { TEXT_BYTES = 4 * 1024 * 1024 };

/* ---- whole trees ---- */

static void check_tree(const char *text, const char *tree)
{
    struct config *config = config_bench_read(text);
    cleanup_buf struct buf shown;
    buf_init(&shown, TEXT_BYTES);

    int result = config_check_render(config, &shown);

    assert_int_equal(result, 0);
    assert_text(buf_view(&shown), tree);
    config_release(config);
}

static const char contract[] =
    "\n"
    "{\n"
    "  \"listen\": \"127.0.0.1:8080\", \"admin\": \"127.0.0.1:9901\", \"mode\": \"async\", \"workers\": 1,\n"
    "  \"limits\": { \"connections\": 10000, \"in_flight\": 10000, \"header_bytes\": 16384, \"body_bytes\": 1048576, "
    "\"answer_bytes\": 8388608, \"fan_out\": 256,\n"
    "              \"header_timeout\": \"10s\", \"body_timeout\": \"30s\", \"idle_timeout\": \"75s\", "
    "\"send_timeout\": \"30s\" },\n"
    "  \"backends\": {\n"
    "    \"users\":  { \"servers\": [\"http://127.0.0.1:9001\"], \"timeout\": \"2s\" },\n"
    "    \"orders\": { \"servers\": [\"http://127.0.0.1:9002\", \"http://127.0.0.1:9003\"], \"timeout\": \"500ms\", "
    "\"connect_timeout\": \"100ms\",\n"
    "                \"response_bytes\": 1048576, \"max_in_flight\": 200, \"queue\": 100, \"queue_timeout\": \"100ms\" "
    "}\n"
    "  },\n"
    "  \"routes\": [\n"
    "    { \"path\": \"/hello\", \"respond\": { \"text\": \"Hello world\" } },\n"
    "    { \"path\": \"/dashboard/{id}\", \"methods\": [\"GET\"], \"deadline\": \"1s\",\n"
    "      \"calls\": {\n"
    "        \"user\":   { \"backend\": \"users\",  \"path\": \"/users/{id}\" },\n"
    "        \"orders\": { \"backend\": \"orders\", \"path\": \"/orders?user={id}&page={query.page}\", \"timeout\": "
    "\"300ms\", \"required\": false, \"default\": [] },\n"
    "        \"advice\": { \"backend\": \"users\",  \"path\": \"/advice/{user.segment}\", \"required\": false },\n"
    "        \"items\":  { \"backend\": \"orders\", \"path\": \"/items/{each}\", \"each\": \"{user.favourites}\", "
    "\"max\": 50 } } },\n"
    "    { \"path\": \"/{task}\", \"calls\": { \"res\": { \"backend\": \"users\", \"path\": \"/{task}\" } } }\n"
    "  ]\n"
    "}\n";

static const char contract_tree[] =
    "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode async   1 worker   deadline 1m\n"
    "\n"
    "/hello           GET         text, 200\n"
    "/dashboard/{id}  GET         4 calls, at most 53; deadline 1s; longest 1s (the deadline; its calls alone could "
    "take 4s)\n"
    "├─ user          at once     GET users /users/{id}                           2s, required\n"
    "│  ├─ advice     after user  GET users /advice/{user.segment}                2s, optional: null\n"
    "│  └─ items      after user  GET orders /items/{each}                        500ms, required; one for each of "
    "{user.favourites}, at most 50\n"
    "└─ orders        at once     GET orders /orders?user={id}&page={query.page}  300ms, optional: []\n"
    "/{task}          GET         1 call; longest 2s\n"
    "└─ res           at once     GET users /{task}                               2s, required\n"
    "\n"
    "backends\n"
    "users   http://127.0.0.1:9001  timeout 2s, connect 5s\n"
    "orders  http://127.0.0.1:9002  timeout 500ms, connect 100ms, at most 200 in flight, 100 in line for 100ms\n"
    "        http://127.0.0.1:9003\n";

static void check_shows_what_starts_when_and_how_long_it_can_take(void **state)
{
    (void)state;

    check_tree(contract, contract_tree);
}

static const char graph[] =
    "{ \"backends\": { \"a\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\" },\n"
    "                \"slow\": { \"servers\": [\"http://127.0.0.1:2\"], \"timeout\": \"3s\" },\n"
    "                \"any\": { \"servers\": [\"http://127.0.0.1:3\"] } },\n"
    "  \"routes\": [\n"
    "    { \"path\": \"/join\", \"calls\": {\n"
    "        \"user\": { \"backend\": \"a\", \"path\": \"/u\" },\n"
    "        \"orders\": { \"backend\": \"slow\", \"path\": \"/o\" },\n"
    "        \"both\": { \"backend\": \"a\", \"path\": \"/{user.id}/{orders.id}\" },\n"
    "        \"three\": { \"backend\": \"a\", \"path\": \"/{user.id}/{both.id}?{orders.id}={user.id}\" } } },\n"
    "    { \"path\": \"/levels\", \"calls\": {\n"
    "        \"x\": { \"backend\": \"any\", \"path\": \"/x\" },\n"
    "        \"y\": { \"backend\": \"any\", \"path\": \"/y/{x.a}\" },\n"
    "        \"z\": { \"backend\": \"any\", \"path\": \"/{x.a}/{y.a}\" } } },\n"
    "    { \"path\": \"/many\", \"calls\": {\n"
    "        \"c1\": { \"backend\": \"a\", \"path\": \"/\" }, \"c2\": { \"backend\": \"a\", \"path\": \"/\" },\n"
    "        \"c3\": { \"backend\": \"slow\", \"path\": \"/\" }, \"c4\": { \"backend\": \"a\", \"path\": \"/\" },\n"
    "        \"c5\": { \"backend\": \"a\", \"path\": \"/\" },\n"
    "        \"sum4\": { \"backend\": \"a\", \"path\": \"/{c1.a}/{c2.a}/{c3.a}/{c4.a}\" },\n"
    "        \"sum5\": { \"backend\": \"a\", \"path\": \"/{c1.a}/{c2.a}/{c3.a}/{c4.a}/{c5.a}\" } } } ] }\n";

static const char graph_tree[] =
    "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode async   1 worker   deadline 1m\n"
    "\n"
    "/join           GET                          4 calls; longest 5s\n"
    "├─ user         at once                      GET a /u                                          1s, required\n"
    "└─ orders       at once                      GET slow /o                                       3s, required\n"
    "   └─ both      after user and orders        GET a /{user.id}/{orders.id}                      1s, required\n"
    "      └─ three  after user, both and orders  GET a /{user.id}/{both.id}?{orders.id}={user.id}  1s, required\n"
    "/levels         GET                          3 calls; longest 1m (the deadline alone)\n"
    "└─ x            at once                      GET any /x                                        no timeout, "
    "required\n"
    "   └─ y         after x                      GET any /y/{x.a}                                  no timeout, "
    "required\n"
    "      └─ z      after x and y                GET any /{x.a}/{y.a}                              no timeout, "
    "required\n"
    "/many           GET                          7 calls; longest 4s\n"
    "├─ c1           at once                      GET a /                                           1s, required\n"
    "├─ c2           at once                      GET a /                                           1s, required\n"
    "├─ c3           at once                      GET slow /                                        3s, required\n"
    "│  ├─ sum4      after c1, c2, c3 and c4      GET a /{c1.a}/{c2.a}/{c3.a}/{c4.a}                1s, required\n"
    "│  └─ sum5      after c3 and 4 more          GET a /{c1.a}/{c2.a}/{c3.a}/{c4.a}/{c5.a}         1s, required\n"
    "├─ c4           at once                      GET a /                                           1s, required\n"
    "└─ c5           at once                      GET a /                                           1s, required\n"
    "\n"
    "backends\n"
    "a     http://127.0.0.1:1  timeout 1s, connect 5s\n"
    "slow  http://127.0.0.1:2  timeout 3s, connect 5s\n"
    "any   http://127.0.0.1:3  no timeout, connect 5s\n";

static void check_puts_a_call_under_the_input_that_can_end_last(void **state)
{
    (void)state;

    check_tree(graph, graph_tree);
}

static const char modes[] =
    "{ \"mode\": \"mixed\", \"blocking\": [\"res\", \"b\"], \"threads\": 2, \"workers\": 4, \"admin\": \"off\", "
    "\"allow_mode_override\": true,\n"
    "  \"backends\": { \"a\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\" },\n"
    "                \"t\": { \"servers\": [\"http://127.0.0.1:2\"], \"timeout\": \"1s\", \"mode\": \"threads\" },\n"
    "                \"same\": { \"servers\": [\"http://127.0.0.1:2\"], \"timeout\": \"1s\", \"mode\": \"mixed\" } },\n"
    "  \"routes\": [\n"
    "    { \"path\": \"/mixed\", \"calls\": { \"res\": { \"backend\": \"a\", \"path\": \"/\" }, \"other\": { "
    "\"backend\": \"a\", \"path\": \"/\" },\n"
    "                                   \"b\": { \"backend\": \"same\", \"path\": \"/\" }, \"c\": { \"backend\": "
    "\"t\", \"path\": \"/\" } } },\n"
    "    { \"path\": \"/sync\", \"mode\": \"sync\", \"calls\": { \"res\": { \"backend\": \"a\", \"path\": \"/\" },\n"
    "        \"list\": { \"backend\": \"t\", \"path\": \"/{each}\", \"each\": \"{res.list}\", \"max\": 3 },\n"
    "        \"free\": { \"backend\": \"t\", \"path\": \"/\", \"mode\": \"async\" } } },\n"
    "    { \"path\": \"/threads\", \"mode\": \"threads\", \"deadline\": \"2s\", \"calls\": {\n"
    "        \"c1\": { \"backend\": \"a\", \"path\": \"/\" }, \"c2\": { \"backend\": \"t\", \"path\": \"/\" }, \"c3\": "
    "{ \"backend\": \"a\", \"path\": \"/\" },\n"
    "        \"c4\": { \"backend\": \"a\", \"path\": \"/\" } } },\n"
    "    { \"path\": \"/same\", \"mode\": \"mixed\", \"calls\": { \"c1\": { \"backend\": \"a\", \"path\": \"/\" } } } "
    "] }\n";

static const char modes_tree[] =
    "listen 127.0.0.1:8080   admin off   mode mixed, or as a request says   blocking res,b   4 workers   2 threads   "
    "deadline 1m\n"
    "\n"
    "/mixed      GET        4 calls; longest 3s\n"
    "├─ res      at once    GET a /        1s, required, blocks\n"
    "├─ other    at once    GET a /        1s, required\n"
    "├─ b        at once    GET same /     1s, required, blocks\n"
    "└─ c        at once    GET t /        1s, required, mode threads\n"
    "/sync       GET        3 calls, at most 5; mode sync; longest 5s\n"
    "├─ res      at once    GET a /        1s, required\n"
    "│  └─ list  after res  GET t /{each}  1s, required; one for each of {res.list}, at most 3\n"
    "└─ free     at once    GET t /        1s, required, mode async\n"
    "/threads    GET        4 calls; mode threads; deadline 2s; longest 2s (the deadline; its calls alone could take "
    "2.5s)\n"
    "├─ c1       at once    GET a /        1s, required\n"
    "├─ c2       at once    GET t /        1s, required\n"
    "├─ c3       at once    GET a /        1s, required\n"
    "└─ c4       at once    GET a /        1s, required\n"
    "/same       GET        1 call; longest 1s\n"
    "└─ c1       at once    GET a /        1s, required\n"
    "\n"
    "backends\n"
    "a     http://127.0.0.1:1  timeout 1s, connect 5s\n"
    "t     http://127.0.0.1:2  timeout 1s, connect 5s, mode threads\n"
    "same  http://127.0.0.1:2  timeout 1s, connect 5s\n";

static void check_shows_modes_where_they_differ_and_counts_blocking_calls_as_a_sum(void **state)
{
    (void)state;

    check_tree(modes, modes_tree);
}

static const char kinds[] =
    "{ \"backends\": { \"a\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\" } },\n"
    "  \"routes\": [\n"
    "    { \"path\": \"/plain\", \"respond\": { \"text\": \"x\" } },\n"
    "    { \"path\": \"/json\", \"respond\": { \"json\": {}, \"status\": 503 } },\n"
    "    { \"path\": \"/html\", \"respond\": { \"text\": \"x\", \"headers\": { \"Content-Type\": \"text/html\" } } },\n"
    "    { \"path\": \"/pass\", \"pass\": true, \"calls\": { \"a\": { \"backend\": \"a\", \"path\": \"/\" } } },\n"
    "    { \"path\": \"/optional\", \"calls\": {\n"
    "        \"none\": { \"backend\": \"a\", \"path\": \"/\", \"required\": false },\n"
    "        \"spaces\": { \"backend\": \"a\", \"path\": \"/\", \"required\": false, \"default\": { \"a b\" :\n"
    " [ 1 , \"\\\" c\" ] } },\n"
    "        \"bytes\": { \"backend\": \"a\", \"path\": \"/\", \"required\": false, \"default\": \"é\\u001b\", \"as\": "
    "\"text\" },\n"
    "        \"long\": { \"backend\": \"a\", \"path\": \"/\", \"required\": false, \"default\": "
    "\"0123456789012345678901234567890123456789\" },\n"
    "        \"json\": { \"backend\": \"a\", \"path\": \"/\", \"body\": { \"a\": \"{none.b}\" } } } } ] }\n";

static const char kinds_tree[] =
    "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode async   1 worker   deadline 1m\n"
    "\n"
    "/plain      GET         text, 200\n"
    "/json       GET         JSON, 503\n"
    "/html       GET         text/html, 200\n"
    "/pass       GET         1 call, passed on; longest 1s\n"
    "└─ a        at once     GET a /   1s, required\n"
    "/optional   GET         5 calls; longest 2s\n"
    "├─ none     at once     GET a /   1s, optional: null\n"
    "│  └─ json  after none  POST a /  1s, required; sends JSON\n"
    "├─ spaces   at once     GET a /   1s, optional: {\"a b\":[1,\"\\\" c\"]}\n"
    "├─ bytes    at once     GET a /   1s, optional: \"\\xC3\\xA9\\u001b\", as text\n"
    "└─ long     at once     GET a /   1s, optional: \"012345678901234567890123456789012345678...\n"
    "\n"
    "backends\n"
    "a  http://127.0.0.1:1  timeout 1s, connect 5s\n";

static void check_shows_what_kinds_of_answers_routes_and_calls_give(void **state)
{
    (void)state;

    check_tree(kinds, kinds_tree);
}

static const char hostile[] =
    "{ \"blocking\": \"a\\u001b[2J\\\"\\\\\", \"mode\": \"mixed\",\n"
    "  \"backends\": { \"a\": { \"servers\": [\"https://example.test/base/\"], \"timeout\": \"90s\", "
    "\"connect_timeout\": \"1.5s\",\n"
    "                       \"max_in_flight\": 1, \"queue\": 0 },\n"
    "                \"b\": { \"servers\": [\"http://[::1]:81\"], \"max_in_flight\": 2, \"mode\": \"async\" },\n"
    "                \"c\": { \"servers\": [\"http://127.0.0.1:1\"], \"timeout\": \"1s\", \"max_in_flight\": 2, "
    "\"queue_timeout\": \"250ms\" } },\n"
    "  \"routes\": [\n"
    "    { \"path\": \"/\\\"x\\\\y/{id}\", \"methods\": [\"POST\", \"OPTIONS\", \"PUT\"], \"deadline\": \"90s\", "
    "\"calls\": {\n"
    "        \"a\": { \"backend\": \"a\", \"path\": \"/?token=abc&x=\\\"{id}\", \"body\": \"request\", "
    "\"forward_headers\": [\"Accept-Language\", \"X-A\"],\n"
    "               \"headers\": { \"X-Token\": \"abc\" } } } } ] }\n";

static const char hostile_tree[] =
    "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode mixed   blocking a\\x1B[2J\\x22\\x5C   1 worker   deadline "
    "1m\n"
    "\n"
    "/\\x22x\\x5Cy/{id}  POST, PUT, OPTIONS  1 call; deadline 90s; longest 90s\n"
    "└─ a              at once             POST a /?token=***&x=\\x22{id}  90s, required; sends the request's body; "
    "forwards Accept-Language, X-A\n"
    "\n"
    "backends\n"
    "a  https://example.test/base  timeout 90s, connect 1.5s, at most 1 in flight, none in line\n"
    "b  http://[::1]:81            no timeout, connect 5s, mode async, at most 2 in flight, 1024 in line\n"
    "c  http://127.0.0.1:1         timeout 1s, connect 5s, at most 2 in flight, 1024 in line for 250ms\n";

static void check_escapes_bytes_of_the_file_and_covers_secrets(void **state)
{
    (void)state;

    check_tree(hostile, hostile_tree);
}

static const char built_in_tree[] =
    "listen 127.0.0.1:8080   admin 127.0.0.1:9901   mode async   1 worker   deadline 1m\n"
    "\n"
    "/hello   GET   text, 200\n"
    "/fanout  GET   up to 256 calls at once, named by the query; longest 1m (the deadline alone)\n"
    "/fanout  POST  up to 256 calls at once, named by the body; longest 1m (the deadline alone)\n"
    "/{task}  GET   1 call, GET default /{task} with the query; longest 1m (the deadline alone)\n"
    "\n"
    "backends\n"
    "default  http://127.0.0.1:9000  no timeout, connect 5s\n";

static void check_shows_the_built_in_routes(void **state)
{
    struct settings settings = config_bench_settings(NULL);
    struct config *config = config_built_in(&settings);
    cleanup_buf struct buf shown;
    (void)state;
    buf_init(&shown, TEXT_BYTES);

    assert_int_equal(config_check_render(config, &shown), 0);

    assert_text(buf_view(&shown), built_in_tree);
    config_release(config);
}

/* ---- bounds ---- */

static void check_says_when_the_text_does_not_fit(void **state)
{
    struct config *config = config_bench_read(modes);
    (void)state;

    for (size_t limit = 0; limit < sizeof modes_tree - 1; limit++) {
        cleanup_buf struct buf shown;
        buf_init(&shown, limit);
        assert_int_equal(config_check_render(config, &shown), -ENOBUFS);
    }
    config_release(config);
}

/* Not even with a hole where the one piece should be that is too long. */
static void check_says_when_a_piece_of_it_does_not_fit(void **state)
{
    enum { REFERENCE_BYTES = 3000, LIMIT = 2500 };
    struct config *config = config_bench_read_long(REFERENCE_BYTES);
    cleanup_buf struct buf shown;
    (void)state;
    buf_init(&shown, LIMIT);

    assert_int_equal(config_check_render(config, &shown), -ENOBUFS);

    config_release(config);
}

static void check_shows_the_same_each_time(void **state)
{
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        check_tree(modes, modes_tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_shows_what_starts_when_and_how_long_it_can_take),
        cmocka_unit_test(check_puts_a_call_under_the_input_that_can_end_last),
        cmocka_unit_test(check_shows_modes_where_they_differ_and_counts_blocking_calls_as_a_sum),
        cmocka_unit_test(check_shows_what_kinds_of_answers_routes_and_calls_give),
        cmocka_unit_test(check_escapes_bytes_of_the_file_and_covers_secrets),
        cmocka_unit_test(check_shows_the_built_in_routes),
        cmocka_unit_test(check_says_when_the_text_does_not_fit),
        cmocka_unit_test(check_says_when_a_piece_of_it_does_not_fit),
        cmocka_unit_test(check_shows_the_same_each_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
