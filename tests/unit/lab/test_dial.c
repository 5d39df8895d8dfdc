/* SPDX-License-Identifier: MIT */
#include "lab/dial.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "tests/support/unit.h"
#include "tests/unit/lab/scripted_server.h"

enum { LONG_US = 20 * CLOCK_US_PER_SECOND };

static struct url url_of_port(const char *host, uint16_t port)
{
    char text[128];
    struct url url;
    struct error error;

    (void)snprintf(text, sizeof text, "http://%s:%u", host, port);
    assert_int_equal(url_parse(str_of(text), &url, &error), 0);
    return url;
}

static void dial_connects_all_before_anybody_accepts(void **state)
{
    const struct dial_config config = { .wait_us = 0 };
    uint16_t port = 0;
    int listening = scripted_server_listen(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dials[3] = { { .target = &url }, { .target = &url }, { .target = &url } };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    for (size_t i = 0; i < array_length(dials); i++) {
        char byte = (char)('a' + (int)i);
        assert_int_equal(dials[i].error, CALL_OK);
        assert_string_equal(dials[i].address, "127.0.0.1");
        assert_int_equal(send(dials[i].descriptor, &byte, 1, MSG_NOSIGNAL), 1);
    }
    for (size_t i = 0; i < array_length(dials); i++) {
        char byte = '\0';
        int accepted = accept(listening, NULL, NULL);
        assert_int_equal(recv(accepted, &byte, 1, 0), 1);
        assert_int_equal(byte, 'a' + (int)i);
        (void)close(accepted);
        (void)close(dials[i].descriptor);
    }
    (void)close(listening);
}

/* A label may have 63 bytes (RFC 1035 §2.3.4): no name server is asked, there may be none. */
static const char name_that_is_none[] = "a-label-of-a-name-has-sixty-three-bytes-at-most-and-this-one-has-many-more";

static void dial_tells_causes_apart(void **state)
{
    uint16_t refused_port = 0;
    int reserved = scripted_server_reserve(&refused_port);
    struct url refused = url_of_port("127.0.0.1", refused_port);
    struct url unknown = url_of_port(name_that_is_none, 80);
    const struct dial_config config = { .wait_us = 0 };
    struct dial dials[3] = { { .target = &refused }, { .target = &unknown }, { .target = &refused } };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    assert_int_equal(dials[0].error, CALL_CONNECTION_REFUSED);
    assert_int_equal(dials[1].error, CALL_DNS_ERROR);
    assert_int_equal(dials[2].error, CALL_CONNECTION_REFUSED);
    for (size_t i = 0; i < array_length(dials); i++) {
        assert_int_equal(dials[i].descriptor, -1);
    }
    (void)close(reserved);
}

/* A server that is served as company: it accepts whenever somebody waits, and closes who says goodbye. */
struct polite_server {
    struct company company;
    int accepted[4];
    size_t accepted_count;
    size_t goodbye_count;
};

static bool accept_and_close(struct company *company, uint64_t *ret_due_us)
{
    struct polite_server *server = (struct polite_server *)company;
    char byte = '\0';

    *ret_due_us = CLOCK_NEVER_US;
    int accepted = accept4(company->descriptors[0].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0) {
        assert_true(server->accepted_count < array_length(server->accepted));
        server->accepted[server->accepted_count++] = accepted;
        company->descriptors[company->count++] = (struct pollfd){ .fd = accepted, .events = POLLIN };
    }
    for (size_t i = 1; i < company->count; i++) {
        int *descriptor = &company->descriptors[i].fd;
        if (*descriptor >= 0 && recv(*descriptor, &byte, 1, 0) == 0) {
            (void)close(*descriptor);
            *descriptor = -1;
            server->goodbye_count++;
        }
    }
    return true;
}

static void polite_server_start(struct polite_server *server, uint16_t *ret_port)
{
    int listening = scripted_server_listen(ret_port);

    *server = (struct polite_server){ .company = { .on_turn = accept_and_close } };
    assert_int_equal(fcntl(listening, F_SETFL, O_NONBLOCK), 0);
    server->company.descriptors[0] = (struct pollfd){ .fd = listening, .events = POLLIN };
    server->company.count = 1;
}

static void polite_server_stop(struct polite_server *server)
{
    for (size_t i = 0; i < server->company.count; i++) {
        if (server->company.descriptors[i].fd >= 0) {
            (void)close(server->company.descriptors[i].fd);
        }
    }
}

static void dial_waits_until_the_server_has_accepted_all(void **state)
{
    struct polite_server server;
    uint16_t port = 0;
    polite_server_start(&server, &port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dials[2] = { { .target = &url }, { .target = &url } };
    const struct dial_config config = { .company = &server.company };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    assert_int_equal(server.accepted_count, 3);
    assert_int_equal(server.goodbye_count, 1); /* the last one's */
    assert_int_equal(server.company.descriptors[3].fd, -1);
    for (size_t i = 0; i < array_length(dials); i++) {
        assert_int_equal(dials[i].error, CALL_OK);
        (void)close(dials[i].descriptor);
    }
    polite_server_stop(&server);
}

static void dial_makes_no_further_connection_where_one_is_alone(void **state)
{
    struct polite_server servers[2];
    struct url urls[2];
    struct dial dials[2];

    (void)state;
    for (size_t i = 0; i < array_length(servers); i++) {
        uint16_t port = 0;
        polite_server_start(&servers[i], &port);
        urls[i] = url_of_port("127.0.0.1", port);
        dials[i].target = &urls[i];
    }

    dial_all(&(struct dial_config){ .wait_us = 0 }, dials, array_length(dials));

    for (size_t i = 0; i < array_length(servers); i++) {
        uint64_t due_us = 0;
        assert_int_equal(dials[i].error, CALL_OK);
        assert_true(accept_and_close(&servers[i].company, &due_us));
        assert_true(accept_and_close(&servers[i].company, &due_us));
        assert_int_equal(servers[i].accepted_count, 1);
        assert_int_equal(servers[i].goodbye_count, 0);
        (void)close(dials[i].descriptor);
        polite_server_stop(&servers[i]);
    }
}

/* A server that comes up when it hears that somebody waits for it. */
struct late_server {
    int descriptor;
    unsigned told_count;
    enum call_error cause;
};

static void on_waiting(void *context, const struct url *target, enum call_error error)
{
    struct late_server *server = context;

    (void)target;
    server->told_count++;
    server->cause = error;
    (void)listen(server->descriptor, 8);
}

static void dial_keeps_trying_a_target_that_comes_up_later(void **state)
{
    struct late_server server = { .told_count = 0 };
    uint16_t port = 0;
    server.descriptor = scripted_server_reserve(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dials[2] = { { .target = &url }, { .target = &url } };
    const struct dial_config config = { .wait_us = LONG_US, .on_waiting = on_waiting, .context = &server };

    (void)state;

    dial_all(&config, dials, array_length(dials));

    assert_int_equal(server.told_count, 1);
    assert_int_equal(server.cause, CALL_CONNECTION_REFUSED);
    for (size_t i = 0; i < array_length(dials); i++) {
        assert_int_equal(dials[i].error, CALL_OK);
        (void)close(dials[i].descriptor);
    }
    (void)close(server.descriptor);
}

static bool give_up_at_once(struct company *company, uint64_t *ret_due_us)
{
    (void)company;
    *ret_due_us = CLOCK_NEVER_US;
    return false;
}

static void dial_stops_when_its_company_gives_up(void **state)
{
    uint16_t port = 0;
    int reserved = scripted_server_reserve(&port);
    struct url url = url_of_port("127.0.0.1", port);
    struct dial dial = { .target = &url };
    struct company company = { .on_turn = give_up_at_once };
    const struct dial_config config = { .wait_us = LONG_US, .company = &company };
    uint64_t started_us = clock_monotonic_us();

    (void)state;

    dial_all(&config, &dial, 1);

    assert_int_equal(dial.error, CALL_CANCELLED);
    assert_int_equal(dial.descriptor, -1);
    assert_true(clock_monotonic_us() - started_us < LONG_US);
    (void)close(reserved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dial_connects_all_before_anybody_accepts),
        cmocka_unit_test(dial_waits_until_the_server_has_accepted_all),
        cmocka_unit_test(dial_makes_no_further_connection_where_one_is_alone),
        cmocka_unit_test(dial_tells_causes_apart),
        cmocka_unit_test(dial_keeps_trying_a_target_that_comes_up_later),
        cmocka_unit_test(dial_stops_when_its_company_gives_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
