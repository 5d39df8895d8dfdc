/* SPDX-License-Identifier: MIT */
/*
 * Which configured route a request gets, what constant answers look like, and what of the client's reaches a backend.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

static const char config[] =
    "{'blocking': 'c', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/', 'respond': {'text': 'root'}},"
    " {'path': '/text', 'respond': {'text': 'Grüße'}},"
    " {'path': '/json', 'respond': {'json': {'id': 12345678901234567890,  'price': 1.10}}},"
    " {'path': '/teapot', 'respond': {'text': 'short', 'status': 418, 'headers': {'X-One': 'a  b', 'Retry-After': "
    "'9'}}},"
    " {'path': '/moved', 'respond': {'text': '', 'status': 308, 'headers': {'Location': '/text'}}},"
    " {'path': '/typed', 'respond': {'text': 'a,b', 'headers': {'Content-Type': 'text/csv'}}},"
    " {'path': '/empty', 'respond': {'text': '', 'status': 204}},"
    " {'path': '/things', 'methods': ['GET', 'DELETE'], 'respond': {'text': 'read'}},"
    " {'path': '/things', 'methods': ['POST'], 'respond': {'text': 'made', 'status': 201}},"
    " {'path': '/ask', 'methods': ['OPTIONS', 'PUT'], 'respond': {'text': 'asked'}},"
    " {'path': '/only/post', 'methods': ['POST'], 'calls': {'c': {'backend': 'b', 'path': '/'}}},"
    " {'path': '/users/{id}', 'respond': {'text': 'a user'}},"
    " {'path': '/users/me', 'respond': {'text': 'me'}},"
    " {'path': '/users/{id}/orders/{order}', 'respond': {'text': 'an order'}},"
    " {'path': '/users/{id}/orders/last', 'respond': {'text': 'the last'}},"
    " {'path': '/{any}/7', 'respond': {'text': 'anything 7'}},"
    " {'path': '/{any}/7/{x}', 'respond': {'text': 'anything 7 x'}},"
    " {'path': '/{a}/{b}/{c}/{d}/{e}', 'respond': {'text': 'five'}},"
    " {'path': '/v/{id}', 'methods': ['GET', 'POST'], 'calls': {"
    "   'c': {'backend': 'b', 'path': '/u/{id}/x?q={query.q}&id={id}&r={query.r}.&echo=1'}}},"
    " {'path': '/pair/{a}/{b}', 'calls': {'c': {'backend': 'b', 'path': '/p/{a}{b}/end?echo=1'}}},"
    " {'path': '/file/{name}', 'calls': {'c': {'backend': 'b', 'path': '/f/item-{name}.json?echo=1'}}},"
    " {'path': '/needs', 'calls': {'c': {'backend': 'b', 'path': '/n/{query.id}?echo=1'}}}]}";

/* ---- which one ---- */

static const struct {
    const char *method;
    const char *target;
    int status;
    const char *body; /* NULL: a problem */
} route_cases[] = {
    { "GET", "/", 200, "root" },
    { "GET", "/?x=1", 200, "root" },
    { "GET", "/text", 200, "Grüße" },
    { "GET", "/te%78t", 200, "Grüße" },
    { "GET", "/json", 200, "{'id': 12345678901234567890,  'price': 1.10}" },
    { "GET", "/teapot", 418, "short" },
    { "GET", "/moved", 308, "" },
    { "GET", "/empty", 204, "" },
    { "GET", "/things", 200, "read" },
    { "DELETE", "/things", 200, "read" },
    { "POST", "/things", 201, "made" },
    { "OPTIONS", "/ask", 200, "asked" },
    { "PUT", "/ask", 200, "asked" },
    { "HEAD", "/things", 200, "" },
    { "GET", "/users/8", 200, "a user" },
    { "GET", "/users/me", 200, "me" },
    { "GET", "/users/m%65", 200, "me" },
    { "GET", "/users/ME", 200, "a user" },
    { "GET", "/users/7", 200, "a user" }, /* the longer run from the left, not "/{any}/7" */
    { "GET", "/others/7", 200, "anything 7" },
    { "GET", "/users/7/orders/3", 200, "an order" },
    { "GET", "/users/7/orders/last", 200, "the last" },
    { "GET", "/users/7/x", 200, "anything 7 x" }, /* no other has that many */
    { "GET", "/1/2/3/4/5", 200, "five" },
    { "GET", "/nothing", 404, NULL },
    { "GET", "/users", 404, NULL },
    { "GET", "/users/", 404, NULL },
    { "GET", "/users/8/", 404, NULL },
    { "GET", "//text", 404, NULL },
    { "GET", "/text/", 404, NULL },
    { "GET", "/Text", 404, NULL },
    { "GET", "/1/2/3/4/5/6", 404, NULL },
    { "GET", "/users%2F8", 404, NULL },
    { "GET", "/hello", 404, NULL }, /* the built-in routes are gone */
    { "GET", "/fanout?n=1", 404, NULL },
    { "POST", "/text", 405, NULL },
    { "PATCH", "/things", 405, NULL },
    { "GET", "/ask", 405, NULL },
    { "HEAD", "/only/post", 405, NULL },
    { "BREW", "/text", 405, NULL },
    { "GET", "/users/%zz", 400, NULL },
    { "GET", "/users/%4", 400, NULL },
};

static void the_most_specific_route_answers_and_the_rest_is_refused(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (size_t i = 0; i < array_length(route_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;
        print_message("%s %s\n", route_cases[i].method, route_cases[i].target);

        config_scene_ask(scene, NULL, route_cases[i].method, route_cases[i].target, "", NULL, &answer);

        if (route_cases[i].body != NULL) {
            assert_answer(&answer, route_cases[i].status, route_cases[i].body);
        } else if (strcmp(route_cases[i].method, "HEAD") == 0) {
            assert_answer(&answer, route_cases[i].status, "");
        } else {
            assert_problem(&answer, route_cases[i].status, "");
        }
        assert_text(answer_header(&answer, "X-Request-Id"), scene->request_id);
        assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        assert_non_null(answer_header(&answer, "Server-Timing").base);
    }
}

static const struct {
    const char *method;
    const char *target;
    int status;
    const char *allow;
} allow_cases[] = {
    { "POST", "/text", 405, "GET, HEAD, OPTIONS" },
    { "PUT", "/things", 405, "GET, HEAD, POST, DELETE, OPTIONS" },
    { "GET", "/only/post", 405, "POST, OPTIONS" },
    { "OPTIONS", "/text", 204, "GET, HEAD, OPTIONS" },
    { "OPTIONS", "/v/7", 204, "GET, HEAD, POST, OPTIONS" },
    { "OPTIONS", "/users/me", 204, "GET, HEAD, OPTIONS" },
    { "GET", "/ask", 405, "PUT, OPTIONS" },
};

static void other_methods_are_told_which_are_allowed(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (size_t i = 0; i < array_length(allow_cases); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_ask(scene, NULL, allow_cases[i].method, allow_cases[i].target, "", NULL, &answer);

        assert_int_equal(answer.status, allow_cases[i].status);
        assert_text(answer_header(&answer, "Allow"), allow_cases[i].allow);
    }
}

static void constant_answers_have_their_types_and_headers(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    config_scene_get(scene, NULL, "/text", &answer);
    assert_text(answer_header(&answer, "Content-Type"), "text/plain; charset=utf-8");
    config_scene_get(scene, NULL, "/json", &answer);
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
    config_scene_get(scene, NULL, "/typed", &answer);
    assert_text(answer_header(&answer, "Content-Type"), "text/csv");
    config_scene_get(scene, NULL, "/teapot", &answer);
    assert_text(answer_header(&answer, "X-One"), "a  b");
    assert_text(answer_header(&answer, "Retry-After"), "9");
    config_scene_get(scene, NULL, "/moved", &answer);
    assert_text(answer_header(&answer, "Location"), "/text");
    config_scene_ask(scene, NULL, "HEAD", "/json", "", NULL, &answer);
    assert_answer(&answer, 200, "");
    assert_text(answer_header(&answer, "Content-Length"), "44");
    config_scene_ask(scene, NULL, "HEAD", "/v/7", "", NULL, &answer);
    assert_answer(&answer, 200, "");
    assert_text(answer_header(&answer, "Content-Type"), "application/json");
}

/* ---- what a backend sees ---- */

static const struct {
    const char *target;
    const char *seen; /* NULL: 400 */
} target_cases[] = {
    { "/v/7", "/u/7/x?id=7&r=.&echo=1" },
    { "/v/7?q=x&r=y", "/u/7/x?q=x&id=7&r=y.&echo=1" },
    { "/v/7?q=", "/u/7/x?q=&id=7&r=.&echo=1" },
    { "/v/7?q", "/u/7/x?q=&id=7&r=.&echo=1" },
    { "/v/7?other=1&q=2&q=3", "/u/7/x?q=2&id=7&r=.&echo=1" },
    { "/v/7?%71=2", "/u/7/x?q=2&id=7&r=.&echo=1" },
    { "/v/7?q=a%26delay%3D9s", "/u/7/x?q=a%26delay%3D9s&id=7&r=.&echo=1" },
    { "/v/7?q=a+b%2Bc", "/u/7/x?q=a%2Bb%2Bc&id=7&r=.&echo=1" },
    { "/v/7?q=a=b?c/d", "/u/7/x?q=a%3Db%3Fc%2Fd&id=7&r=.&echo=1" },
    { "/v/7?q=%00%0D%0A%FF", "/u/7/x?q=%00%0D%0A%FF&id=7&r=.&echo=1" },
    { "/v/7?q={id}", "/u/7/x?q=%7Bid%7D&id=7&r=.&echo=1" },
    { "/v/a%2Fb", "/u/a%2Fb/x?id=a%2Fb&r=.&echo=1" },
    { "/v/a%2F..%2Fb", "/u/a%2F..%2Fb/x?id=a%2F..%2Fb&r=.&echo=1" },
    { "/v/%5C..%5C", "/u/%5C..%5C/x?id=%5C..%5C&r=.&echo=1" },
    { "/v/a%3Fecho%3D0", "/u/a%3Fecho%3D0/x?id=a%3Fecho%3D0&r=.&echo=1" },
    { "/v/a%23b", "/u/a%23b/x?id=a%23b&r=.&echo=1" },
    { "/v/a%20b", "/u/a%20b/x?id=a%20b&r=.&echo=1" },
    { "/v/%00", "/u/%00/x?id=%00&r=.&echo=1" },
    { "/v/%0D%0AHost:%20evil", "/u/%0D%0AHost%3A%20evil/x?id=%0D%0AHost%3A%20evil&r=.&echo=1" },
    { "/v/%C3%AB%F0%9F%98%80", "/u/%C3%AB%F0%9F%98%80/x?id=%C3%AB%F0%9F%98%80&r=.&echo=1" },
    { "/v/%FF%FE", "/u/%FF%FE/x?id=%FF%FE&r=.&echo=1" },
    { "/v/a~b-c_d.e", "/u/a~b-c_d.e/x?id=a~b-c_d.e&r=.&echo=1" },
    { "/v/a;b,c:d@e!$&'()*", "/u/a%3Bb%2Cc%3Ad%40e%21%24%26%27%28%29%2A/x?"
                             "id=a%3Bb%2Cc%3Ad%40e%21%24%26%27%28%29%2A&r=.&echo=1" },
    { "/v/%252e%252e", "/u/%252e%252e/x?id=%252e%252e&r=.&echo=1" },
    { "/v/...", "/u/.../x?id=...&r=.&echo=1" },
    { "/v/{{id}}", "/u/%7B%7Bid%7D%7D/x?id=%7B%7Bid%7D%7D&r=.&echo=1" },
    { "/v/..", NULL },
    { "/v/%2e%2E", NULL },
    { "/v/.", NULL },
    { "/v/%2e", NULL },
    { "/v/7?q=%zz", NULL },
    { "/v/7?q=%4", NULL },
    { "/pair/a/b", "/p/ab/end?echo=1" },
    { "/pair/./x", "/p/.x/end?echo=1" },
    { "/pair/./.", NULL },
    { "/pair/%2e/%2e", NULL },
    { "/file/..", "/f/item-...json?echo=1" },
    { "/file/a%2F", "/f/item-a%2F.json?echo=1" },
    { "/needs?id=7", "/n/7?echo=1" },
    { "/needs?id=a/b", "/n/a%2Fb?echo=1" },
    { "/needs", NULL },
    { "/needs?id=", NULL },
    { "/needs?id=..", NULL },
};

static void check_target(struct config_scene *scene, const char *mode, size_t index)
{
    cleanup_answer struct answer answer = ANSWER_NONE;

    config_scene_get(scene, mode, target_cases[index].target, &answer);

    if (target_cases[index].seen == NULL) {
        assert_problem(&answer, 400, "");
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
        return;
    }
    assert_int_equal(answer.status, 200);
    cJSON *json = answer_json(&answer);
    assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(json, "c"), "path"), target_cases[index].seen);
    cJSON_Delete(json);
}

static void nothing_of_the_clients_adds_a_segment_or_a_parameter(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(target_cases); i++) {
            print_message("%s: %s\n", *mode, target_cases[i].target);
            check_target(scene, *mode, i);
        }
    }
}

static void a_servers_own_path_stands_in_front_and_constant_paths_stay_as_written(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'a': {'servers': ['http://@0/base/v1']}, 'b': {'servers': ['http://@0/base/']}},"
                       " 'routes': [{'path': '/x/{id}', 'calls': {"
                       "  'a': {'backend': 'a', 'path': '/a%20b;c=d/{id}?echo=1&x=%26'},"
                       "  'b': {'backend': 'b', 'path': '/?echo=1'}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/x/7", &answer);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(json, "a"), "path"),
                            "/base/v1/a%20b;c=d/7?echo=1&x=%26");
        assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(json, "b"), "path"), "/base/?echo=1");
        cJSON_Delete(json);
    }
}

static void what_the_client_is_to_blame_for_is_refused_before_any_call_is_made(void **state)
{
    struct config_scene *scene = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), NULL);
    config_scene_start(scene, OPTIONS("--threads=4"),
                       "{'backends': {'b': {'servers': ['http://@0']}}, 'routes': [{'path': '/x/{id}', 'calls': {"
                       "  'a': {'backend': 'b', 'path': '/a'}, 'b': {'backend': 'b', 'path': '/b/{id}'},"
                       "  'c': {'backend': 'b', 'path': '/c/{a.message}', 'headers': {'X': '{query.y}'}},"
                       "  'd': {'backend': 'b', 'path': '/d/{query.y}', 'required': false}}}]}");

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        config_scene_get(scene, *mode, "/x/..?y=1", &answer);
        assert_problem(&answer, 400, "");
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
        config_scene_get(scene, *mode, "/x/1?y=.", &answer);
        assert_problem(&answer, 400, "");
        assert_int_equal(process_count_events(&scene->backends[0], "received", scene->request_id), 0);
        config_scene_get(scene, *mode, "/x/1?y=1", &answer);
        assert_int_equal(answer.status, 200);
        assert_backend_saw(scene, 0, 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(the_most_specific_route_answers_and_the_rest_is_refused),
        config_scene_test(other_methods_are_told_which_are_allowed),
        config_scene_test(constant_answers_have_their_types_and_headers),
        config_scene_test(nothing_of_the_clients_adds_a_segment_or_a_parameter),
        config_scene_test(a_servers_own_path_stands_in_front_and_constant_paths_stay_as_written),
        config_scene_test(what_the_client_is_to_blame_for_is_refused_before_any_call_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
