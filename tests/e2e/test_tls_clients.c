/* SPDX-License-Identifier: MIT */
/*
 * Clients that speak TLS to the gateway, in every mode, and how its certificate changes while it runs.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/certificate_folder.h"
#include "tests/support/metrics_page.h"
#include "tests/support/reload_scene.h"
#include "tests/support/tls_tunnel.h"
#include "tests/support/unit.h"

enum { SILENT = 30, WATCHED_MS = 500, FIELDS_BEFORE_TIMES = 11 };

struct fixture {
    struct certificate_folder folder;
    struct certificate next;
    struct tls_tunnel_settings trusting;
};

static struct fixture fixture;

static int make_files(void **state)
{
    (void)state;
    certificate_folder_make(&fixture.folder);
    certificate_make(&fixture.next,
                     &(struct certificate_wish){ .name = "127.0.0.1", .issuer = &fixture.folder.authority });
    fixture.trusting = (struct tls_tunnel_settings){ .authority = &fixture.folder.authority };
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    certificate_folder_remove(&fixture.folder);
    return 0;
}

#define REST                                                                                                           \
    "'allow_mode_override': true, 'threads': 2, 'limits': {'header_timeout': '3s'},"                                   \
    "'backends': {'b': {'servers': ['http://@0']}}, 'routes': [{'path': '/hello', 'respond': {'text': 'hello'}},"      \
    "{'path': '/{task}', 'calls': {'res': {'backend': 'b', 'path': '/{task}?delay={query.delay}'}}}]}"

static void write_config(char *text, size_t size)
{
    (void)snprintf(text, size, "{'tls': {'certificate': '%s/gateway.pem', 'key': '%s/gateway-key.pem'}, " REST,
                   fixture.folder.path, fixture.folder.path);
}

static void start(struct reload_scene *reload)
{
    char text[2048];

    certificate_folder_write_pair(&fixture.folder, "gateway", &fixture.folder.gateway);
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    write_config(text, sizeof text);
    reload_scene_start(reload, OPTIONS("--mode=async"), text);
}

struct secured {
    struct tls_tunnel tunnel;
    struct client client;
};

static void open_secured(const struct reload_scene *reload, struct secured *secured)
{
    tls_tunnel_open(&secured->tunnel, &secured->client, reload->scene->gateway_port, &fixture.trusting);
    assert_int_equal(tls_tunnel_wait(&secured->tunnel), 0);
}

static void close_secured(struct secured *secured)
{
    client_close(&secured->client);
    tls_tunnel_close(&secured->tunnel);
}

static void ask(struct secured *secured, const char *mode, const char *target, const char *expected)
{
    cleanup_answer struct answer answer = ANSWER_NONE;
    char fields[64];

    (void)snprintf(fields, sizeof fields, "Fanlight-Mode: %s\r\n", mode);
    client_request(&secured->client, "GET", target, fields, NULL);
    client_read(&secured->client, &answer);
    assert_answer(&answer, 200, expected);
    assert_text(answer_header(&answer, "Fanlight-Mode"), mode);
}

/* ---- requests ---- */

static void requests_are_answered_over_tls_in_every_mode(void **state)
{
    struct reload_scene *reload = *state;
    struct secured kept;
    start(reload);
    open_secured(reload, &kept);

    for (const char *const *mode = config_scene_modes; *mode != NULL; mode++) {
        struct secured secured;
        open_secured(reload, &secured);
        ask(&secured, *mode, "/hello", "hello");
        ask(&secured, *mode, "/task1?delay=50ms", "{'res':{'message':'success'}}");
        ask(&secured, *mode, "/task2?delay=0ms", "{'res':{'message':'success'}}");
        ask(&kept, *mode, "/task3?delay=1ms", "{'res':{'message':'success'}}");
        close_secured(&secured);
    }

    assert_string_equal(kept.tunnel.version, "TLS1.3");
    close_secured(&kept);
    reload_scene_stop(reload);
}

static void a_client_that_leaves_is_499_over_tls_too(void **state)
{
    struct reload_scene *reload = *state;
    struct secured secured;
    start(reload);
    open_secured(reload, &secured);
    client_request(&secured.client, "GET", "/task1?delay=20s", "X-Request-Id: leaver\r\n", NULL);
    process_wait_for(&reload->scene->gateway, "\"event\":\"received\"");

    close_secured(&secured);

    cJSON *account = config_scene_account_of(reload->scene, "leaver");
    assert_int_equal(json_number(account, "status"), 499);
    cJSON_Delete(account);
    reload_scene_stop(reload);
}

static void the_admin_listener_stays_plain(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(reload);

    client_fetch(reload->scene->admin_port, "/healthz", &answer);

    assert_int_equal(answer.status, 200);
    reload_scene_stop(reload);
}

/* ---- who does not speak TLS ---- */

static uint64_t cpu_ticks(const struct process *process)
{
    char path[64];
    char text[1024] = "";

    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    struct str rest = str_of(strrchr(text, ')') + 2);
    for (int i = 0; i < FIELDS_BEFORE_TIMES; i++) {
        (void)str_split(&rest, ' ');
    }
    uint64_t ticks = 0;
    uint64_t sum = 0;
    for (int i = 0; i < 2; i++) { /* user, system */
        assert_int_equal(str_to_number(str_split(&rest, ' '), UINT64_MAX, &ticks), 0);
        sum += ticks;
    }
    return sum;
}

static void plain_http_on_the_port_of_tls_is_closed_counted_and_logged(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(reload);

    client_fetch(reload->scene->gateway_port, "/hello", &answer);

    assert_false(answer.is_complete);
    process_wait_for_count(&reload->scene->gateway, "no TLS handshake with 127.0.0.1:", 1);
    metrics_page_wait_for(reload->scene->admin_port, "fanlight_client_handshakes_failed_total ", 1);
    assert_int_equal(process_count_lines(&reload->scene->gateway, "\"event\":\"received\""), 0);
    reload_scene_stop(reload);
}

/* Processor time is counted in hundredths of a second; a loop that spins takes all of it. */
static void handshakes_that_never_end_take_no_processor_and_end_at_their_time(void **state)
{
    struct reload_scene *reload = *state;
    struct client clients[SILENT];
    start(reload);
    for (size_t i = 0; i < SILENT; i++) {
        client_open(&clients[i], reload->scene->gateway_port);
        client_send(&clients[i], "\x16\x03\x01");
    }
    (void)usleep(100 * 1000);
    uint64_t before = cpu_ticks(&reload->scene->gateway);

    (void)usleep(WATCHED_MS * 1000);

    uint64_t ticks = cpu_ticks(&reload->scene->gateway) - before;
    assert_true(ticks * 1000 / (uint64_t)sysconf(_SC_CLK_TCK) < WATCHED_MS / 2);
    process_wait_for_count(&reload->scene->gateway, ": it took too long", SILENT);
    for (size_t i = 0; i < SILENT; i++) {
        assert_true(client_sees_end(&clients[i], TEST_PATIENCE_MS));
        client_close(&clients[i]);
    }
    reload_scene_stop(reload);
}

/* ---- another certificate ---- */

static void on_a_reload_new_connections_get_the_new_certificate_and_old_ones_go_on(void **state)
{
    struct reload_scene *reload = *state;
    struct secured old;
    struct secured new;
    start(reload);
    open_secured(reload, &old);
    ask(&old, "async", "/hello", "hello");
    client_request(&old.client, "GET", "/slow?delay=1s", "", NULL);
    process_wait_for_count(&reload->scene->gateway, "\"event\":\"received\"", 2);

    certificate_folder_write_pair(&fixture.folder, "gateway", &fixture.next);
    reload_scene_hang_up_and_take(reload);
    open_secured(reload, &new);

    assert_string_equal(old.tunnel.name, "localhost");
    assert_string_equal(new.tunnel.name, "127.0.0.1");
    ask(&new, "async", "/hello", "hello");
    cleanup_answer struct answer answer = ANSWER_NONE;
    client_read(&old.client, &answer);
    assert_int_equal(answer.status, 200);
    ask(&old, "async", "/hello", "hello");
    close_secured(&old);
    close_secured(&new);
    reload_scene_stop(reload);
}

static void a_bad_certificate_is_refused_and_the_old_one_goes_on(void **state)
{
    struct reload_scene *reload = *state;
    struct secured secured;
    start(reload);

    certificate_folder_write(&fixture.folder, "gateway.pem", fixture.next.pem);
    reload_scene_hang_up_and_refuse(reload);
    const char *line = process_wait_for(&reload->scene->gateway, "reload refused");
    assert_non_null(strstr(line, "holds a private key that is not the certificate's"));
    open_secured(reload, &secured);

    assert_string_equal(secured.tunnel.name, "localhost");
    ask(&secured, "wire", "/hello", "hello");
    assert_int_equal(reload_scene_metric(reload, "fanlight_config_reloads_total{result=\"bad\"} "), 1);
    close_secured(&secured);
    reload_scene_stop(reload);
}

static void whether_clients_speak_tls_stays_until_a_restart(void **state)
{
    struct reload_scene *reload = *state;
    struct secured secured;
    start(reload);

    reload_scene_take(reload, "{" REST);
    process_wait_for(&reload->scene->gateway, "until a restart these stay as they were: tls");
    open_secured(reload, &secured);

    ask(&secured, "async", "/hello", "hello");
    cJSON *shown = reload_scene_config(reload);
    assert_non_null(strstr(json_text(cJSON_GetObjectItem(shown, "tls"), "certificate"), "gateway.pem"));
    cJSON_Delete(shown);
    close_secured(&secured);
    reload_scene_stop(reload);
}

static void a_gateway_without_tls_gets_none_by_a_reload(void **state)
{
    struct reload_scene *reload = *state;
    cleanup_answer struct answer answer = ANSWER_NONE;
    char text[2048];
    (void)config_scene_add_backend(reload->scene, OPTIONS("--delay=0ms"), NULL);
    reload_scene_start(reload, OPTIONS("--mode=async"), "{" REST);

    write_config(text, sizeof text);
    reload_scene_take(reload, text);
    process_wait_for(&reload->scene->gateway, "until a restart these stay as they were: tls");
    client_fetch(reload->scene->gateway_port, "/hello", &answer);

    assert_answer(&answer, 200, "hello");
    cJSON *shown = reload_scene_config(reload);
    assert_null(cJSON_GetObjectItem(shown, "tls"));
    cJSON_Delete(shown);
    reload_scene_stop(reload);
}

/* ---- stopping ---- */

static void a_drain_answers_what_is_in_flight_and_says_farewell_to_all(void **state)
{
    struct reload_scene *reload = *state;
    struct secured idle;
    struct secured busy;
    struct client silent;
    cleanup_answer struct answer answer = ANSWER_NONE;
    start(reload);
    open_secured(reload, &idle);
    ask(&idle, "async", "/hello", "hello");
    open_secured(reload, &busy);
    client_request(&busy.client, "GET", "/slow?delay=1s", "", NULL);
    process_wait_for_count(&reload->scene->gateway, "\"event\":\"received\"", 2);
    client_open(&silent, reload->scene->gateway_port);

    process_signal(&reload->scene->gateway, SIGTERM);
    client_read(&busy.client, &answer);

    assert_int_equal(answer.status, 200);
    assert_text(answer_header(&answer, "Connection"), "close");
    assert_int_equal(process_wait(&reload->scene->gateway), 0);
    client_close(&silent);
    close_secured(&idle);
    close_secured(&busy);
    assert_true(idle.tunnel.had_farewell);
    assert_true(busy.tunnel.had_farewell);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        reload_test(requests_are_answered_over_tls_in_every_mode),
        reload_test(a_client_that_leaves_is_499_over_tls_too),
        reload_test(the_admin_listener_stays_plain),
        reload_test(plain_http_on_the_port_of_tls_is_closed_counted_and_logged),
        reload_test(handshakes_that_never_end_take_no_processor_and_end_at_their_time),
        reload_test(on_a_reload_new_connections_get_the_new_certificate_and_old_ones_go_on),
        reload_test(a_bad_certificate_is_refused_and_the_old_one_goes_on),
        reload_test(whether_clients_speak_tls_stays_until_a_restart),
        reload_test(a_gateway_without_tls_gets_none_by_a_reload),
        reload_test(a_drain_answers_what_is_in_flight_and_says_farewell_to_all),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
