/* SPDX-License-Identifier: MIT */
/*
 * `each`: one call for each element of an array in another call's answer.
 */
#include "tests/support/config_scene.h"
#include "tests/support/unit.h"

#define ANSWERS                                                                                                        \
    "{'/list/order': {'ids': [3, 1, 2, 1]},"                                                                           \
    " '/list/none': {'ids': []},"                                                                                      \
    " '/list/five': {'ids': [1, 2, 3, 4, 5]},"                                                                         \
    " '/list/big': {'ids': [9007199254740993, 'a/b?c', 1.10, 'Zo\\u00eb']},"                                           \
    " '/list/holes': {'ids': [1, 'fail', 2, 'text', 3]},"                                                              \
    " '/list/kinds': {'ids': [1, null, {'a': 1}, [2], true, '..', '', 4]},"                                            \
    " '/list/text': {'ids': 'text'},"                                                                                  \
    " '/list/object': {'ids': {'0': 1}},"                                                                              \
    " '/list/null': {'ids': null},"                                                                                    \
    " '/list/missing': {'id': [1]},"                                                                                   \
    " '/list/root': [1, 2],"                                                                                           \
    " '/item/1': {'n':1.10}, '/item/2': 2, '/item/3': [3], '/item/4': 4, '/item/5': 5, '/item/text': 'x',"             \
    " '/queries': ['bad-json', 'reset', 'close-next']}"

/* The list's own id is the delay's share, so that the first element's call ends last. */
#define CALLS(need)                                                                                                    \
    "{'list': {'backend': 'b', 'path': '/list/{name}'},"                                                               \
    " 'items': {'backend': 'b', " need "'each': '{list.ids}', 'max': 8, 'path': '/item/{each}'},"                      \
    " 'after': {'backend': 'b', 'path': '/after'}}"

/* clang-format off */
static const char config[] =
    "{'blocking': 'list', 'backends': {'b': {'servers': ['http://@0']}}, 'routes': ["
    " {'path': '/required/{name}', 'calls': " CALLS("") "},"
    " {'path': '/optional/{name}', 'calls': " CALLS("'required': false, 'default': 'none', ") "},"
    " {'path': '/few/{name}', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/{name}'},"
    "   'items': {'backend': 'b', 'required': false, 'each': '{list.ids}', 'max': 2, 'path': '/item/{each}'}}},"
    " {'path': '/strict/{name}', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/{name}'},"
    "   'items': {'backend': 'b', 'each': '{list.ids}', 'max': 2, 'path': '/item/{each}?delay=15s'}}},"
    " {'path': '/root', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/root'},"
    "   'items': {'backend': 'b', 'each': '{list}', 'path': '/item/{each}'}}},"
    " {'path': '/status', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/five'},"
    "   'items': {'backend': 'b', 'required': false, 'each': '{list.ids}', 'path': '/item/{each}?status=50{each}'}}},"
    " {'path': '/text', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/holes'},"
    "   'items': {'backend': 'b', 'each': '{list.ids}', 'as': 'text', 'path': '/item/{each}'}}},"
    " {'path': '/odd', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/queries'},"
    "   'items': {'backend': 'b', 'each': '{list}', 'as': 'text', 'required': false, 'path': '/odd?fault={each}'}}},"
    " {'path': '/timed', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/delays'},"
    "   'items': {'backend': 'b', 'each': '{list}', 'path': '/{each}?delay={each}'}}},"
    " {'path': '/fails', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/statuses'},"
    "   'items': {'backend': 'b', 'each': '{list}', 'path': '/s/{each}?delay={each}&status=500'}}},"
    " {'path': '/echo/{name}', 'calls': {"
    "   'list': {'backend': 'b', 'path': '/list/{name}'},"
    "   'items': {'backend': 'b', 'each': '{list.ids}', 'path': '/e/{each}?a={each}&echo=1',"
    "             'headers': {'X-Item': '<{each}>'}, 'body': {'of': '{each}', 'in': 'no. {each}'}}}}]}";
/* clang-format on */

static void start(struct config_scene *scene)
{
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), ANSWERS);
    config_scene_start(scene, OPTIONS("--threads=8"), config);
}

/* ---- good ones ---- */

static const struct {
    const char *target;
    const char *body;
} good_cases[] = {
    { "/required/order",
      "{'list':{'ids': [3, 1, 2, 1]},'items':[[3],{'n':1.10},2,{'n':1.10}],'after':{'message':'success'}}" },
    { "/required/none", "{'list':{'ids': []},'items':[],'after':{'message':'success'}}" },
    { "/optional/none", "{'list':{'ids': []},'items':[],'after':{'message':'success'}}" },
    { "/required/five",
      "{'list':{'ids': [1, 2, 3, 4, 5]},'items':[{'n':1.10},2,[3],4,5],'after':{'message':'success'}}" },
    { "/root", "{'list':[1, 2],'items':[{'n':1.10},2]}" },
};

static void an_array_of_answers_comes_back_in_the_order_of_the_elements(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(good_cases); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, *mode, good_cases[i].target, &answer);

            assert_answer(&answer, 200, good_cases[i].body);
            assert_text(answer_header(&answer, "Fanlight-Complete"), "true");
        }
    }
}

static void elements_are_called_at_the_same_time_and_stand_in_their_order_whoever_ends_first(void **state)
{
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"),
                                   "{'/delays': ['500ms', '0ms', '200ms'], '/500ms': 'c', '/0ms': 'a', '/200ms': 'b'}");
    config_scene_start(scene, OPTIONS("--threads=4"), config);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/timed", &answer);

        assert_answer(&answer, 200, "{'list':['500ms', '0ms', '200ms'],'items':['c','a','b']}");
        assert_took(answer.elapsed_ms, strcmp(*mode, "sync") == 0 ? 700 : 500);
        assert_matches(answer_header(&answer, "Server-Timing"),
                       "^list;dur=[0-9.]+, items\\.0;dur=[0-9.]+, items\\.1;dur=[0-9.]+, items\\.2;dur=[0-9.]+, "
                       "total;dur=[0-9.]+, gateway;dur=[0-9.]+$");
        cJSON *account = config_scene_account(scene);
        uint64_t list_us = json_number(account_call(account, "list", -1), "done_us");
        for (int i = 0; i < 3; i++) {
            const cJSON *call = account_call(account, "items", i);
            assert_true(json_number(call, "queued_us") >= list_us);
            assert_int_equal(json_number(call, "status"), 200);
        }
        cleanup_free char *path = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(account, "critical_path"));
        if (strcmp(*mode, "sync") != 0) {
            assert_json_text(str_of(path), "['list','items.0']");
        }
        cJSON_Delete(account);
    }
}

static void an_element_is_one_segment_one_parameter_and_one_header(void **state)
{
    static const char *const paths[] = { "/e/9007199254740993?a=9007199254740993&echo=1",
                                         "/e/a%2Fb%3Fc?a=a%2Fb%3Fc&echo=1", "/e/1.10?a=1.10&echo=1",
                                         "/e/Zo%C3%AB?a=Zo%C3%AB&echo=1" };
    static const char *const headers[] = { "<9007199254740993>", "<a/b?c>", "<1.10>", "<Zo%C3%AB>" };
    static const char *const bodies[] = { "{'of': 9007199254740993, 'in': 'no. 9007199254740993'}",
                                          "{'of': 'a/b?c', 'in': 'no. a/b?c'}", "{'of': 1.10, 'in': 'no. 1.10'}",
                                          "{'of': 'Zo\\u00eb', 'in': 'no. Zo\xc3\xab'}" };
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/echo/big", &answer);

        assert_int_equal(answer.status, 200);
        cJSON *json = answer_json(&answer);
        const cJSON *items = cJSON_GetObjectItemCaseSensitive(json, "items");
        assert_int_equal(cJSON_GetArraySize(items), array_length(paths));
        for (size_t i = 0; i < array_length(paths); i++) {
            const cJSON *item = cJSON_GetArrayItem(items, (int)i);
            assert_string_equal(json_text(item, "path"), paths[i]);
            assert_string_equal(json_text(cJSON_GetObjectItemCaseSensitive(item, "headers"), "X-Item"), headers[i]);
            assert_json_text(str_of(json_text(item, "body")), bodies[i]);
        }
        cJSON_Delete(json);
    }
}

/* ---- elements that fail ---- */

#define TAIL ",'after':{'message':'success'}"

static const struct {
    const char *target;
    const char *body;
} partial_cases[] = {
    /* Only strings and numbers make calls; the others are told with the index and why. */
    { "/optional/kinds",
      "{'list':{'ids': [1, null, {'a': 1}, [2], true, '..', '', 4]},"
      "'items':[{'n':1.10},null,null,null,null,null,null,4]" TAIL ",'_errors':["
      "{'call':'items','index':1,'error':'dependency_failed','detail':'element 1 is null, not a string or a number',"
      "'status':null,'elapsed_ms':0},"
      "{'call':'items','index':2,'error':'dependency_failed','detail':'element 2 is an object, not a string or a "
      "number',"
      "'status':null,'elapsed_ms':0},"
      "{'call':'items','index':3,'error':'dependency_failed','detail':'element 3 is an array, not a string or a "
      "number',"
      "'status':null,'elapsed_ms':0},"
      "{'call':'items','index':4,'error':'dependency_failed','detail':'element 4 is a boolean, not a string or a "
      "number',"
      "'status':null,'elapsed_ms':0},"
      "{'call':'items','index':5,'error':'dependency_failed',"
      "'detail':'The value of {each} would give the path of a call the segment "
      "\\'..\\'.','status':null,'elapsed_ms':0},"
      "{'call':'items','index':6,'error':'dependency_failed',"
      "'detail':'The value of {each} would give the path of a call an empty "
      "segment.','status':null,'elapsed_ms':0}]}" },
    { "/status", "{'list':{'ids': [1, 2, 3, 4, 5]},'items':[null,null,null,null,null],'_errors':["
                 "{'call':'items','index':0,'error':'http_response_status','status':501,'elapsed_ms':#},"
                 "{'call':'items','index':1,'error':'http_response_status','status':502,'elapsed_ms':#},"
                 "{'call':'items','index':2,'error':'http_response_status','status':503,'elapsed_ms':#},"
                 "{'call':'items','index':3,'error':'http_response_status','status':504,'elapsed_ms':#},"
                 "{'call':'items','index':4,'error':'http_response_status','status':505,'elapsed_ms':#}]}" },
    { "/few/five",
      "{'list':{'ids': [1, 2, 3, 4, 5]},'items':[{'n':1.10},2],'_errors':["
      "{'call':'items','error':'dependency_failed','detail':'the array has 5 elements, 3 more than max allows',"
      "'status':null,'elapsed_ms':0}]}" },
    { "/optional/text",
      "{'list':{'ids': 'text'},'items':'none'" TAIL ",'_errors':[{'call':'items','error':'dependency_failed',"
      "'detail':'list.ids is a string, not an array','status':null,'elapsed_ms':0}]}" },
    { "/optional/object",
      "{'list':{'ids': {'0': 1}},'items':'none'" TAIL ",'_errors':[{'call':'items','error':'dependency_failed',"
      "'detail':'list.ids is an object, not an array','status':null,'elapsed_ms':0}]}" },
    { "/optional/null",
      "{'list':{'ids': null},'items':'none'" TAIL ",'_errors':[{'call':'items','error':'dependency_failed',"
      "'detail':'list.ids is null, not an array','status':null,'elapsed_ms':0}]}" },
    { "/optional/missing",
      "{'list':{'id': [1]},'items':'none'" TAIL ",'_errors':[{'call':'items','error':'dependency_failed',"
      "'detail':'list.ids is missing in the answer of the call list','status':null,'elapsed_ms':0}]}" },
};

static void elements_that_fail_are_null_and_told_with_index_and_detail(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(partial_cases); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, *mode, partial_cases[i].target, &answer);

            assert_answer_like(&answer, 200, partial_cases[i].body);
            assert_text(answer_header(&answer, "Fanlight-Complete"), "false");
        }
    }
}

static void one_bad_element_fails_a_required_call_and_says_which(void **state)
{
    static const char *const targets[] = { "/required/kinds", "/required/text", "/required/null", "/required/missing",
                                           "/strict/five" };
    static const char *const details[] = { "element 1 is null", "list.ids is a string", "list.ids is null",
                                           "list.ids is missing", "the array has 5 elements, 3 more than max allows" };
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        for (size_t i = 0; i < array_length(targets); i++) {
            cleanup_answer struct answer answer = ANSWER_NONE;

            config_scene_get(scene, *mode, targets[i], &answer);

            assert_problem(&answer, 502, "dependency_failed");
            assert_true(answer.elapsed_ms < 5000);
            cJSON *problem = answer_json(&answer);
            assert_non_null(strstr(json_text(problem, "detail"), details[i]));
            cJSON_Delete(problem);
        }
    }
}

static void a_required_element_that_fails_ends_the_request_and_the_backend_sees_the_others_end(void **state)
{
    static const char *const modes[] = { "threads", "async", "wire" };
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/statuses': ['15s', '500ms', '14s', '13s']}");
    config_scene_start(scene, OPTIONS("--threads=8"), config);

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/fails", &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_true(answer.elapsed_ms < 5000);
        cJSON *account = config_scene_account(scene);
        for (int j = 0; j < 4; j++) {
            assert_string_equal(json_text(account_call(account, "items", j), "error"),
                                j == 1 ? "http_response_status" : "cancelled");
        }
        cJSON_Delete(account);
        assert_backend_saw(scene, 3, 5);
    }
}

/* In mixed, the elements are started in the turn in which the list came. */
static void blocking_calls_stop_at_the_first_required_element_that_fails(void **state)
{
    static const char *const modes[] = { "sync", "mixed" };
    struct config_scene *scene = *state;
    (void)config_scene_add_backend(scene, OPTIONS("--delay=0ms"), "{'/statuses': ['0ms', '14s', '13s']}");
    config_scene_start(scene, OPTIONS("--threads=8", "--blocking=items"), config);

    for (size_t i = 0; i < array_length(modes); i++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, modes[i], "/fails", &answer);

        assert_problem(&answer, 502, "http_response_status");
        assert_backend_saw(scene, 0, 2); /* the list and the first element */
    }
}

static void answers_taken_as_text_need_not_be_json(void **state)
{
    struct config_scene *scene = *state;
    start(scene);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        cleanup_answer struct answer answer = ANSWER_NONE;

        config_scene_get(scene, *mode, "/text", &answer);

        assert_answer(&answer, 200,
                      "{'list':{'ids': [1, 'fail', 2, 'text', 3]},"
                      "'items':['{\\'n\\':1.10}','{\\'message\\':\\'success\\'}','2','\\'x\\'','[3]']}");

        config_scene_get(scene, *mode, "/odd", &answer);

        assert_answer_like(&answer, 200,
                           "{'list':['bad-json', 'reset', 'close-next'],"
                           "'items':['{\\'message\\':\\'success\\'',null,'{\\'message\\':\\'success\\'}'],'_errors':["
                           "{'call':'items','index':1,'error':'connection_terminated','status':null,'elapsed_ms':#}]}");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        config_scene_test(an_array_of_answers_comes_back_in_the_order_of_the_elements),
        config_scene_test(elements_are_called_at_the_same_time_and_stand_in_their_order_whoever_ends_first),
        config_scene_test(an_element_is_one_segment_one_parameter_and_one_header),
        config_scene_test(elements_that_fail_are_null_and_told_with_index_and_detail),
        config_scene_test(one_bad_element_fails_a_required_call_and_says_which),
        config_scene_test(a_required_element_that_fails_ends_the_request_and_the_backend_sees_the_others_end),
        config_scene_test(blocking_calls_stop_at_the_first_required_element_that_fails),
        config_scene_test(answers_taken_as_text_need_not_be_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
