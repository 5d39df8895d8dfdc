/* SPDX-License-Identifier: MIT */
#include "lab/observer.h"

#include "tests/support/unit.h"

enum { TOLD_BYTES = 64 * 1024 };

#define UNKNOWN RESULTS_UNKNOWN_US
#define DAY "2024-04-20 "

static const struct log_options as_text = { .format = LOG_TEXT, .level = LOG_INFO };

/* An observer of a stage on which nobody plays: lines are put into its programs' mouths. What it tells is kept, a line
 * each: at_us, side, task, text. */
struct scene {
    struct audience audience;
    struct buf told;
    struct stage stage;
    struct task_result tasks[3];
    struct mode_result mode;
    struct observer observer;
};

static void on_line(struct audience *audience, const struct audience_line *line)
{
    struct scene *scene = container_of(audience, struct scene, audience);

    (void)buf_add_format(&scene->told, "%llu %c %s %.*s\n", (unsigned long long)line->at_us, "sgb"[line->side],
                         line -> task != NULL ? line -> task : "-", STR_ARGUMENTS(line->text));
}

static void on_pause(struct audience *audience)
{
    (void)audience;
}

static void open_scene(struct scene *scene, const char *third)
{
    struct error error;

    *scene = (struct scene){ .audience = { .on_line = on_line, .on_pause = on_pause } };
    buf_init(&scene->told, TOLD_BYTES);
    scene->stage.interrupt.descriptor = -1;
    scene->tasks[0] = results_new_task("task1");
    scene->tasks[1] = results_new_task("task2");
    scene->tasks[2] = results_new_task(third);
    scene->mode = (struct mode_result){ .mode = MODE_SYNC, .tasks = scene->tasks, .task_count = 3 };
    const struct observer_setup setup = {
        .stage = &scene->stage, .mode = &scene->mode, .audience = &scene->audience, .log = &as_text
    };
    assert_int_equal(observer_init(&scene->observer, &setup, &error), 0);
}

static void close_scene(struct scene *scene)
{
    observer_clear(&scene->observer);
    buf_clear(&scene->told);
}

static void says(const struct service *service, const char *line)
{
    service->child.on_line(service->child.context, str_of(line));
}

/* The sender's log has stamps of its own: lines are written as it would have, at another time of day. */
static void sender_says(struct scene *scene, const char *line)
{
    assert_int_equal(write(scene->observer.sender_lines, line, strlen(line)), strlen(line));
    uint64_t due_us;
    (void)scene->observer.company.on_turn(&scene->observer.company, &due_us);
}

static void observer_reads_from_the_logs_when_things_happened(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene, "task3");
    sender_says(&scene, DAY "07:59:04,569 - --- task1 -----\n" DAY "07:59:04,570 - --- task1 Send!!\n");

    says(&scene.stage.gateway, DAY "07:59:04,572 - Received task1 Request!!");
    says(&scene.stage.backend, DAY "07:59:04,573 - Received task1 Request!!");
    says(&scene.stage.backend, DAY "07:59:14,573 - Send task1 response");

    assert_int_equal(scene.tasks[0].received_us, 2000);
    assert_int_equal(scene.tasks[0].call_received_us, 3000);
    assert_int_equal(scene.tasks[0].call_answered_us, 10003000);
    assert_true(scene.tasks[1].received_us == UNKNOWN);
    close_scene(&scene);
}

static void observer_tells_two_tasks_of_one_name_apart_by_their_order(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene, "task1");
    sender_says(&scene, DAY "07:59:04,570 - --- task1 Send!!\n");

    says(&scene.stage.gateway, DAY "07:59:04,571 - Received task1 Request!!");
    says(&scene.stage.gateway, DAY "07:59:14,571 - Received task1 Request!!");
    says(&scene.stage.gateway, DAY "07:59:15,571 - Received task1 Request!!");

    assert_int_equal(scene.tasks[0].received_us, 1000);
    assert_int_equal(scene.tasks[2].received_us, 10001000);
    close_scene(&scene);
}

static void observer_heeds_nothing_that_was_said_before_the_first_request(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene, "task3");

    says(&scene.stage.backend, DAY "07:59:04,573 - Received task1 Request!!");

    assert_true(scene.tasks[0].call_received_us == UNKNOWN);
    close_scene(&scene);
}

static void observer_tells_each_line_once_in_order_with_its_time_and_task(void **state)
{
    static struct scene scene;

    (void)state;
    open_scene(&scene, "other");
    sender_says(&scene,
                DAY "07:59:04,569 - --- task1 -----\n" DAY "07:59:04,570 - --- task1 Send!!\n" DAY
                    "07:59:06,570 - --- task1 status = 200\n" DAY "07:59:06,570 - --- task1task2 Send!!\n" /* a body */
                DAY "07:59:06,571 - --- task2 error = connection_refused\n");
    says(&scene.stage.gateway, DAY "07:59:04,572 - Received task1 Request!!");
    says(&scene.stage.gateway, "INFO:     127.0.0.1:1 - \"GET /task1?x=1 HTTP/1.1\" 200 OK");
    says(&scene.stage.gateway, DAY "07:59:06,569 - Send who response");
    says(&scene.stage.backend, DAY "07:59:04,573 - Received task1 Request!!");

    observer_settle(&scene.observer);

    assert_text(buf_view(&scene.told), "0 s task1 " DAY "07:59:04,569 - --- task1 -----\n"
                                       "0 s task1 " DAY "07:59:04,570 - --- task1 Send!!\n"
                                       "2000 g task1 " DAY "07:59:04,572 - Received task1 Request!!\n"
                                       "2000 g task1 INFO:     127.0.0.1:1 - \"GET /task1?x=1 HTTP/1.1\" 200 OK\n"
                                       "3000 b task1 " DAY "07:59:04,573 - Received task1 Request!!\n"
                                       "1999000 g - " DAY "07:59:06,569 - Send who response\n"
                                       "2000000 s task1 " DAY "07:59:06,570 - --- task1 status = 200\n"
                                       "2000000 s task1 " DAY "07:59:06,570 - --- task1task2 Send!!\n"
                                       "2001000 s task2 " DAY "07:59:06,571 - --- task2 error = connection_refused\n");
    close_scene(&scene);
}

static void observer_takes_many_long_lines_at_once(void **state)
{
    enum { LINES = 64, LINE_BYTES = 32 * 1024 };
    static struct scene scene;
    static char line[LINE_BYTES];

    (void)state;
    open_scene(&scene, "other");
    buf_clear(&scene.told);
    buf_init(&scene.told, 4 * LINES * LINE_BYTES);
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\n';
    for (unsigned i = 0; i < LINES; i++) {
        assert_int_equal(write(scene.observer.sender_lines, line, sizeof line), sizeof line);
    }

    observer_settle(&scene.observer);

    size_t count = 0;
    for (struct str rest = buf_view(&scene.told); rest.length > 0; count++) {
        assert_int_equal(str_split(&rest, '\n').length, strlen("0 s - ") + LINE_BYTES - 1);
    }
    assert_int_equal(count, LINES);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observer_reads_from_the_logs_when_things_happened),
        cmocka_unit_test(observer_tells_two_tasks_of_one_name_apart_by_their_order),
        cmocka_unit_test(observer_heeds_nothing_that_was_said_before_the_first_request),
        cmocka_unit_test(observer_tells_each_line_once_in_order_with_its_time_and_task),
        cmocka_unit_test(observer_takes_many_long_lines_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
