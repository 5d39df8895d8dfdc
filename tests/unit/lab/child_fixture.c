/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/child_fixture.h"

#include "tests/support/unit.h"

enum { HEARD_BYTES = 1024 * 1024 };

char *const no_environment[] = { NULL };

static void on_line(void *context, struct str line)
{
    struct buf *heard = context;

    (void)buf_add_str(heard, line);
    (void)buf_add_byte(heard, '|');
}

void start_shell_with_input(struct child *child, const char *script)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
    struct error error;

    *child = (struct child){ .pid = 0 };
    assert_int_equal(child_start_with_input(child, arguments, no_environment, &error), 0);
}

void start_shell(struct child *child, const char *script, char *const *environment)
{
    char *arguments[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)script, NULL };
    struct error error;

    *child = (struct child){ .pid = 0 };
    assert_int_equal(child_start(child, arguments, environment, &error), 0);
}

void listen_to(struct child *child, struct buf *heard)
{
    buf_init(heard, HEARD_BYTES);
    child->on_line = on_line;
    child->context = heard;
}

void read_to_end(struct child *child)
{
    uint64_t give_up_us = clock_monotonic_us() + LONG_US;

    while (child_read(child) && clock_monotonic_us() < give_up_us) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, 1000);
    }
    assert_int_equal(child->output, -1);
}

void read_until_heard(struct child *child, const struct buf *heard)
{
    uint64_t give_up_us = clock_monotonic_us() + LONG_US;

    while (heard->length == 0 && child_read(child) && clock_monotonic_us() < give_up_us) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, 1000);
    }
}
