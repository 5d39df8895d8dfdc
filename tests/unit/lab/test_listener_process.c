/* SPDX-License-Identifier: MIT */
#include "lab/listener_process.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41922 1 0000 100 0\n"
    "   1: 0100007F:1F91 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 41923 1 0000 20 4\n"
    "   2: 0100007F:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41924 1 0000 100 0\n"
    "   3: 00000000:1F92 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41925 1 0000 100 0\n"
    "  10: 0100007F:1F93 00000000:0000 0A";

static struct url url_of(const char *host, uint16_t port)
{
    struct url url = { .port = port };

    (void)snprintf(url.host, sizeof url.host, "%s", host);
    url.is_ipv6 = strchr(host, ':') != NULL;
    return url;
}

static void listening_socket_is_found_by_its_port(void **state)
{
    static const struct {
        const char *name;
        uint16_t port;
        uint64_t expected;
    } rows[] = {
        { "listens", 8080, 41922 },      { "is connected", 8081, 0 }, { "two of them", 8082, 0 },
        { "a line cut short", 8083, 0 }, { "nobody", 80, 0 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_case(rows[i].name, listener_process_inode(str_of(table), rows[i].port) == rows[i].expected);
    }
}

static void listener_is_found_by_its_url(void **state)
{
    uint16_t port = 0;
    int listening = scripted_server_listen(&port);
    const struct url url = url_of("127.0.0.1", port);
    const struct url name = url_of("localhost", port);

    (void)state;
    assert_int_equal(listener_process_find(&url), getpid());
    assert_int_equal(listener_process_find(&name), getpid());

    (void)close(listening);
    assert_int_equal(listener_process_find(&url), 0);
}

static void listener_is_unknown_when_several_processes_hold_the_socket(void **state)
{
    uint16_t port = 0;
    int listening = scripted_server_listen(&port);
    const struct url url = url_of("127.0.0.1", port);
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)pause();
        _exit(0);
    }
    assert_int_equal(listener_process_find(&url), 0);

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(listener_process_find(&url), getpid());
    (void)close(listening);
}

/* Whoever listens here on the same port is somebody else. */
static void listener_on_another_machine_is_not_looked_for(void **state)
{
    static const char *const hosts[] = { "192.0.2.1", "example.org", "2001:db8::1", "127.example" };
    uint16_t port = 0;
    int listening = scripted_server_listen(&port);

    (void)state;
    for (size_t i = 0; i < array_length(hosts); i++) {
        const struct url url = url_of(hosts[i], port);

        assert_case(hosts[i], listener_process_find(&url) == 0);
    }
    (void)close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listening_socket_is_found_by_its_port),
        cmocka_unit_test(listener_is_found_by_its_url),
        cmocka_unit_test(listener_is_unknown_when_several_processes_hold_the_socket),
        cmocka_unit_test(listener_on_another_machine_is_not_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
