/* SPDX-License-Identifier: MIT */
#include "lab/machine_probe.h"

#include "tests/support/unit.h"

static void machine_probe_adds_up_the_ticks_of_all_cores(void **state)
{
    static const struct {
        const char *name, *text;
        uint64_t busy, all;
    } rows[] = {
        { "as Linux writes it", "cpu  100 20 30 1000 50 1 2 3 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n", 156, 1206 },
        { "guest time counts once", "cpu  100 0 0 0 0 0 0 0 90 0\n", 100, 100 },
        { "one core's line", "cpu0 100 20 30 1000 50 1 2 3 0 0\n", 0, 0 },
        { "an old kernel", "cpu  100 20 30 1000\n", 0, 0 },
        { "no numbers", "cpu  a b c d e f g h\n", 0, 0 },
        { "nothing", "", 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < array_length(rows); i++) {
        struct machine_probe probe = machine_probe_of(str_of(rows[i].text));

        assert_case(rows[i].name, probe.busy_ticks == rows[i].busy && probe.all_ticks == rows[i].all);
    }
}

static void machine_probe_tells_the_share_between_two_instants(void **state)
{
    struct machine_probe begin = { .busy_ticks = 100, .all_ticks = 1000 };
    struct machine_probe end = { .busy_ticks = 150, .all_ticks = 1200 };
    (void)state;

    double share = machine_probe_busy_share(&begin, &end);

    assert_true(share > 0.2499 && share < 0.2501);
    assert_true(machine_probe_busy_share(&begin, &begin) == 0);
    assert_true(machine_probe_busy_share(&end, &begin) == 0);
}

static void machine_probe_reads_this_machine(void **state)
{
    (void)state;

    struct machine_probe probe = machine_probe_read();

    assert_true(machine_probe_cores() >= 1);
    assert_true(probe.all_ticks >= probe.busy_ticks);
    assert_true(probe.all_ticks > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine_probe_adds_up_the_ticks_of_all_cores),
        cmocka_unit_test(machine_probe_tells_the_share_between_two_instants),
        cmocka_unit_test(machine_probe_reads_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
