#!/usr/bin/python3 -B
# SPDX-License-Identifier: MIT
"""test_counts - what bench/counts makes of the tools' files, and how it judges. Needs neither tools nor programs."""
import copy
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent))

# pylint: disable=wrong-import-position
from bench import counts_callgrind, counts_client, counts_limits, counts_measure, counts_table, counts_trace  # noqa: E402
from bench.counts_process import Failure, Program, environment  # noqa: E402

WORKER, ADMIN = 30895, 30894
TRACE = b"""\
30895 accept4(7, {sa_family=AF_INET}, [128 => 16], SOCK_CLOEXEC) = 19
30895 epoll_wait(11, [{events=EPOLLIN}], 256, 9061) = 1
30895 recvfrom(19, "GET /a) = 7 HTTP"..., 16384, 0, NULL, NULL) = 52
30895 sendmsg(19, {msg_name=NULL}, MSG_NOSIGNAL) = 704
30895 write(9, "\\1\\0", 8 <unfinished ...>
30894 <... epoll_wait resumed>[{events=EPOLLIN}], 256, 14036) = 1
30895 <... write resumed>)              = 8
30895 epoll_wait(11,  <unfinished ...>
30894 read(9, "\\1\\0", 8)               = 8
30895 <... epoll_wait resumed>0x55, 256, 9000) = -1 EINTR (Interrupted system call)
30895 --- stopped by SIGSTOP ---
30895 --- SIGCONT {si_signo=SIGCONT, si_code=SI_USER} ---
30895 restart_syscall(<... resuming interrupted poll ...>) = 1
30895 recvfrom(19, 0x7eff, 16332, 0, NULL, NULL) = -1 EAGAIN (Resource temporarily unavailable)
30895 exit_group(0)                     = ?
30895 +++ exited with 0 +++
"""


COMMAND = pathlib.Path(__file__).resolve().parents[2] / "bench/counts"


class WrongUse(unittest.TestCase):
    def test_is_one_line_that_names_it_and_exit_code_2(self):
        for arguments, part in ((["--modes", "x"], "'x' is not one of"), (["--log", "--check"], "--log"), (["--nothing"], "--nothing")):
            with self.subTest(arguments=arguments):
                done = subprocess.run([COMMAND, *arguments], text=True, capture_output=True, timeout=60, check=False)

                self.assertEqual(done.returncode, 2)
                self.assertIn(part, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)


def names_of(calls):
    return [call.name for call in calls]


class Trace(unittest.TestCase):
    def test_a_call_counts_on_the_line_where_it_returns(self):
        self.assertIsNone(counts_trace.call_of(b"30895 epoll_wait(11,  <unfinished ...>\n"))
        self.assertEqual(counts_trace.call_of(b"30895 <... write resumed>)              = 8\n")[:2], (WORKER, "write"))
        self.assertEqual(counts_trace.call_of(b"30895 close(3) = 0\n")[:2], (WORKER, "close"))

    def test_a_call_that_failed_is_a_call(self):
        self.assertEqual(counts_trace.call_of(b"1 recvfrom(19, 0x7eff, 8, 0) = -1 EAGAIN (Resource)\n").name, "recvfrom")

    def test_a_wait_that_was_interrupted_is_none(self):
        for line in (b"1 epoll_wait(11, 0x55, 256, 9000) = -1 EINTR (Interrupted system call)",
                     b"1 poll([{fd=32}], 1, 1000) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)",
                     b"1 restart_syscall(<... resuming interrupted poll ...>) = 1"):
            self.assertIsNone(counts_trace.call_of(line), line)

    def test_signals_and_ends_of_threads_are_none(self):
        for line in (b"1 --- stopped by SIGSTOP ---", b"1 +++ exited with 0 +++", b"", b"strace: Process 7 attached"):
            self.assertIsNone(counts_trace.call_of(line), line)

    def test_workers_are_those_who_accept(self):
        self.assertEqual(counts_trace.workers_of(TRACE), {WORKER})
        self.assertEqual(counts_trace.workers_of(b"1 read(3) = 0\n"), set())

    def test_a_round_has_the_lines_that_end_in_it(self):
        first = TRACE.index(b"30895 recvfrom")
        second = TRACE.index(b"30894 <... epoll_wait")

        rounds = counts_trace.rounds_of(TRACE, [first, second, len(TRACE)])

        self.assertEqual([names_of(calls) for calls in rounds],
                         [["recvfrom", "sendmsg"], ["epoll_wait", "write", "read", "recvfrom", "exit_group"]])

    def test_a_mark_inside_a_line_leaves_the_whole_line_to_the_round_behind_it(self):
        inside = TRACE.index(b"30895 sendmsg") + 7

        rounds = counts_trace.rounds_of(TRACE, [TRACE.index(b"30895 recvfrom"), inside, len(TRACE)])

        self.assertEqual(names_of(rounds[0]), ["recvfrom"])
        self.assertEqual(names_of(rounds[1])[0], "sendmsg")

    def test_rounds_in_which_nothing_happens_are_rounds(self):
        self.assertEqual(counts_trace.rounds_of(b"1 read(3) = 0\n", [0, 0, 0, 14]), [[], [], [counts_trace.Call(1, "read", "1 read(3) = 0")]])

    def test_a_figure_is_that_of_the_leanest_round(self):
        usual = [counts_trace.Call(WORKER, "poll", "")] * 4 + [counts_trace.Call(ADMIN, "read", "")] * 2
        once_a_second = [counts_trace.Call(WORKER, "poll", "")] * 160

        figures = counts_measure.system_call_figures([usual + once_a_second, usual, usual + once_a_second], {WORKER}, 2)

        self.assertEqual(figures["by_name"], {"worker": {"poll": 2}, "others": {"read": 1}})
        self.assertEqual((figures["system_calls"], len(figures["cycle"])), (3, 6))

    def test_a_call_more_in_every_round_is_seen(self):
        usual = [counts_trace.Call(WORKER, "poll", "")]
        more = usual + [counts_trace.Call(WORKER, "getpid", "")]

        self.assertEqual(counts_measure.system_call_figures([more] * 5, {WORKER}, 1)["system_calls"], 2)

    def test_names_come_with_the_most_frequent_first(self):
        calls = [counts_trace.Call(WORKER, name, "") for name in ("poll", "read", "close", "read")]

        self.assertEqual(list(counts_trace.per_request(calls, {WORKER}, 1)["worker"]), ["read", "close", "poll"])

    def test_a_receive_that_only_looks_has_a_name_of_its_own(self):
        self.assertEqual(counts_trace.call_of(b"1 recvfrom(3, 0x7f, 1, MSG_PEEK, NULL, NULL) = -1 EAGAIN (Resource)").name,
                         "recvfrom (looks)")
        self.assertEqual(counts_trace.call_of(b'1 recvfrom(3, "H"..., 1, 0, NULL, NULL) = 1').name, "recvfrom")

    def test_looks_locks_and_memory_are_counted_apart(self):
        names = ("futex", "mmap", "read", "recvfrom", "recvfrom (looks)", "read")

        figures = counts_measure.system_call_figures([[counts_trace.Call(WORKER, name, "") for name in names]], {WORKER}, 1)

        self.assertEqual([figures[f"{kind}_calls"] for kind in ("system", "look", "lock", "memory")], [3, 1, 1, 1])


PROFILE = """\
# callgrind format
version: 1
part: 2

desc: Trigger: dump counted
positions: line
events: Ir
summary: 1250

ob=(1) /opt/bin/gateway
fl=(1) ./gateway/plan.c
fn=(1) plan_build
10 100
+2 50
cob=(2) /usr/lib/x86_64-linux-gnu/libc.so.6
cfi=(2) ./malloc/./malloc/malloc.c
cfn=(2) malloc
calls=3 900
* 300
fi=(3) ./common/arena.h
-1 25
fe=(1)
cfn=(3) plan_walk'2
calls=2 40
50 75

fn=(3)
40 70

fn=(9) plan_walk
50 5
cob=(3) /usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0
cfi=(4) ???
cfn=(4) curl_multi_socket_action
calls=1 0
41 700

ob=(3)
fl=(4)
fn=(4)
0 200
cob=(2)
cfi=(2)
cfn=(5) realloc
calls=1 950
0 100
cob=(2)
cfi=(5) ../sysdeps/x86_64/multiarch/memset-vec-unaligned-erms.S
cfn=(6) __memset_avx2_unaligned_erms
calls=1 200
0 400

ob=(2)
fl=(2)
fn=(2)
900 300

fn=(5)
950 60
cfn=(2)
calls=1 900
960 40

fl=(5)
fn=(6)
200 400
totals: 1250
"""


class Callgrind(unittest.TestCase):
    def setUp(self):
        self.profile = counts_callgrind.read_profile(PROFILE.splitlines(keepends=True))

    def own(self, name):
        return sum(count for (function, _file), count in self.profile.own.items() if function.name == name)

    def test_own_instructions_are_those_of_no_call(self):
        self.assertEqual(self.own("plan_build"), 175)
        self.assertEqual(self.own("curl_multi_socket_action"), 200)
        self.assertEqual(self.profile.total(), 1210)

    def test_inlined_code_is_its_files(self):
        self.assertEqual(counts_callgrind.top_files(self.profile, "gateway", 9), [("plan.c", 225), ("arena.h", 25)])

    def test_a_function_that_calls_itself_is_one_and_has_what_libc_does_for_it(self):
        self.assertEqual(counts_callgrind.top_functions(self.profile, "gateway", 9),
                         [("plan_build", 175, 475), ("plan_walk", 75, 75)])

    def test_top_is_cut_and_has_nothing_of_other_programs(self):
        self.assertEqual(len(counts_callgrind.top_functions(self.profile, "gateway", 1)), 1)
        self.assertEqual(len(counts_callgrind.top_files(self.profile, "gateway", 1)), 1)
        self.assertEqual(counts_callgrind.top_functions(self.profile, "backend", 9), [])
        self.assertEqual(counts_callgrind.top_files(self.profile, "backend", 9), [])

    def test_who_allocates_is_told_and_not_the_allocator_itself(self):
        self.assertEqual(counts_callgrind.top_allocating(self.profile, 9),
                         [("gateway: plan_build", 3), ("libcurl: curl_multi_socket_action", 1)])

    def test_a_jump_through_a_table_is_its_callers(self):
        table = counts_callgrind.Function("???", "0x495a368")
        strdup = counts_callgrind.Function("/lib/libc.so.6", "strdup")
        self.profile.edges[table, counts_callgrind.Function("/lib/libc.so.6", "malloc")] = [7, 700]
        self.profile.edges[strdup, table] = [7, 720]

        self.assertIn(("libc: strdup", 7), counts_callgrind.top_allocating(self.profile, 9))

    def test_allocations_are_calls_and_not_those_an_allocator_makes_itself(self):
        self.assertEqual(counts_callgrind.allocations(self.profile), {"malloc": 3, "calloc": 0, "realloc": 1})

    def test_memset_is_told_apart_with_its_name(self):
        self.assertEqual(counts_callgrind.memset_instructions(self.profile), [400, "__memset_avx2_unaligned_erms"])
        self.assertEqual(counts_callgrind.memset_instructions(counts_callgrind.Profile()), [0, "none"])

    def test_a_part_has_its_own_and_what_it_has_libc_do(self):
        self.assertEqual(counts_callgrind.parts(self.profile, "gateway"),
                         {"gateway": [250, 550], "libcurl": [200, 700], "malloc family": [360, 360], "memset": [400, 400]})

    def test_what_is_no_number_is_an_error(self):
        with self.assertRaises((ValueError, IndexError, KeyError)):
            counts_callgrind.read_profile(["ob=(1) /a", "fn=(1) f", "10 many"])
        with self.assertRaises(KeyError):
            counts_callgrind.read_profile(["fn=(77)"])


VERSIONS = {"architecture": "x86_64", "libcurl": "7.88.1"}
FIGURES = {"system_calls": 21, "look_calls": 1, "lock_calls": 3, "memory_calls": 0, "instructions": 140000, "memset": 50000, "allocations": 80}


def results_with(mode="async", **changes):
    return {mode: {"call": {"single": {**FIGURES, **changes}}}}


def document():
    return {"measured_with": dict(VERSIONS), "limits": copy.deepcopy({**results_with(), **results_with("threads")})}


class Limits(unittest.TestCase):
    def texts(self, kind, mode="async", versions=VERSIONS, **changes):
        verdicts = counts_limits.judge(document(), versions, results_with(mode, **changes))
        return [verdict.text for verdict in verdicts if verdict.kind == kind]

    def test_what_was_measured_is_within_its_own_limits(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with())

        self.assertEqual({verdict.kind for verdict in verdicts}, {counts_limits.PASSED})
        self.assertEqual(len(verdicts), len(FIGURES))
        self.assertFalse(any(verdict.text or verdict.failed() for verdict in verdicts))

    def test_one_system_call_more_is_one_too_many(self):
        for mode in ("async", "threads"):
            self.assertEqual(len(self.texts(counts_limits.EXCEEDED, mode, system_calls=23)), 1, mode)
        self.assertEqual(self.texts(counts_limits.EXCEEDED, system_calls=22),
                         ["async call single: 22 system calls a request, limit 21 (+4.8 %; 21.31 is tolerated)"])

    def test_each_figure_has_its_slack(self):
        for figure, within, beyond in (("system_calls", 21.3, 21.4), ("look_calls", 1.1, 1.2), ("lock_calls", 8.5, 8.6), ("memory_calls", 1.9, 2),
                                       ("instructions", 160999, 161001), ("memset", 57599, 57601), ("allocations", 82.9, 83)):
            self.assertEqual(self.texts(counts_limits.EXCEEDED, **{figure: within}), [], figure)
            self.assertEqual(len(self.texts(counts_limits.EXCEEDED, **{figure: beyond})), 1, figure)

    def test_a_mode_may_have_more_slack(self):
        limits = {"measured_with": VERSIONS, "limits": results_with("wire")}
        kinds = [verdict.kind for verdict in counts_limits.judge(limits, VERSIONS, results_with("wire", look_calls=11))]
        self.assertEqual(set(kinds), {counts_limits.PASSED})
        self.assertEqual(len(self.texts(counts_limits.EXCEEDED, "async", look_calls=11)), 1)

    def test_a_work_of_a_mode_may_have_more_slack(self):
        for mode, work, verdict in (("threads", "fan-out", counts_limits.PASSED), ("threads", "call", counts_limits.EXCEEDED),
                                    ("async", "fan-out", counts_limits.EXCEEDED)):
            limits = {mode: {work: {"single": {**FIGURES, "system_calls": 73}}}}
            measured = {mode: {work: {"single": {**FIGURES, "system_calls": 82}}}}
            kinds = [found.kind for found in counts_limits.judge({"measured_with": VERSIONS, "limits": limits}, VERSIONS, measured)]
            self.assertEqual(counts_limits.EXCEEDED in kinds, verdict == counts_limits.EXCEEDED, (mode, work))

    def test_what_exceeds_fails(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with(instructions=200000))

        self.assertEqual([verdict.failed() for verdict in verdicts].count(True), 1)

    def test_a_figure_far_below_its_limit_is_told_and_passes(self):
        self.assertEqual(self.texts(counts_limits.PASSED, allocations=64.1), [""] * len(FIGURES))
        self.assertIn("async call single: 63 allocations, limit 80: it can be tightened",
                      self.texts(counts_limits.PASSED, allocations=63))

    def test_with_other_libraries_instructions_are_told_and_system_calls_judged(self):
        other = {**VERSIONS, "libcurl": "8.14.1"}

        self.assertEqual(len(self.texts(counts_limits.TOLD, versions=other, instructions=900000, allocations=900)), 3)
        self.assertEqual(self.texts(counts_limits.EXCEEDED, versions=other, instructions=900000), [])
        self.assertEqual(len(self.texts(counts_limits.EXCEEDED, versions=other, system_calls=30)), 1)

    def test_what_has_no_limit_fails_and_says_what_to_do(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with("wire"))

        self.assertTrue(all(verdict.failed() and "--update" in verdict.text for verdict in verdicts))

    def test_differences_name_what_is_another_version(self):
        self.assertEqual(counts_limits.differences(document(), VERSIONS), [])
        self.assertEqual(counts_limits.differences(document(), {**VERSIONS, "libcurl": "8.14.1"}),
                         ["libcurl 8.14.1 (limits: 7.88.1)"])

    def test_an_update_keeps_what_was_not_measured(self):
        updated = counts_limits.updated(document(), VERSIONS, results_with(system_calls=19))

        self.assertEqual(updated["limits"]["async"]["call"]["single"]["system_calls"], 19)
        self.assertEqual(updated["limits"]["threads"], document()["limits"]["threads"])

    def test_an_update_with_other_libraries_begins_anew(self):
        updated = counts_limits.updated(document(), {**VERSIONS, "libcurl": "8.14.1"}, results_with())

        self.assertNotIn("threads", updated["limits"])
        self.assertEqual(updated["measured_with"]["libcurl"], "8.14.1")

    def test_limits_are_read_as_they_were_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "limits.json"
            counts_limits.write_limits(path, document())
            self.assertEqual(counts_limits.read_limits(path), document())

    def test_a_file_of_something_else_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "limits.json"
            for text in ("[]", "{}", '{"limits": {}}', "{", '{"limits": [], "measured_with": {}}'):
                path.write_text(text, encoding="utf-8")
                with self.assertRaises(ValueError):
                    counts_limits.read_limits(path)


class Answers(unittest.TestCase):
    HEAD = b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n\r\n"

    def test_an_answer_is_whole_when_all_of_its_body_is_there(self):
        self.assertFalse(counts_client.is_whole(b""))
        self.assertFalse(counts_client.is_whole(self.HEAD[:-1]))
        self.assertFalse(counts_client.is_whole(self.HEAD + b"abcd"))
        self.assertTrue(counts_client.is_whole(self.HEAD + b"abcde"))

    def test_any_other_answer_is_no_result(self):
        for answer in (self.HEAD.replace(b"200", b"502") + b"abcde", self.HEAD.replace(b"Content-Length", b"X-Length"),
                       self.HEAD + b"abcdef"):
            with self.assertRaises(Failure):
                counts_client.is_whole(answer)


class Programs(unittest.TestCase):
    def test_a_program_that_ends_instead_of_listening_is_told_with_its_words(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sh", "-c", "echo no port; exit 1"], folder) as program:
            with self.assertRaisesRegex(Failure, "no port"):
                program.port()

    def test_the_port_is_the_listeners_and_not_the_admins(self):
        with tempfile.TemporaryDirectory() as folder:
            say = "echo '1, - admin on 127.0.0.1:1'; echo '2 - listening on 127.0.0.1:4711'; exec sleep 60"
            with Program("it", ["sh", "-c", say], folder) as program:
                self.assertEqual(program.port(), 4711)

    def test_one_that_sleeps_is_at_rest_and_one_that_is_stopped_is_not(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sleep", "60"], folder) as program:
            program.wait_for_rest()
            program.stop()
            self.assertFalse(program.is_at_rest())
            program.go_on()
            program.wait_for_rest()

    def test_one_that_works_is_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sh", "-c", "while :; do :; done"], folder) as program:
            self.assertFalse(any(program.is_at_rest() for _ in range(50)))

    def test_one_that_ran_while_we_looked_is_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sleep", "60"], folder) as program:
            looks = [[("S", "7", "0"), ("S", "9", "0")], [("S", "8", "0"), ("S", "9", "0")]]
            with unittest.mock.patch.object(program, "threads", looks.copy().pop):
                self.assertFalse(program.is_at_rest())
            with unittest.mock.patch.object(program, "threads", lambda: looks[0]):
                self.assertTrue(program.is_at_rest())

    def test_a_program_gone_is_a_failure_and_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["true"], folder) as program:
            program.child.wait()
            with self.assertRaises(Failure):
                program.is_at_rest()

    def test_our_variables_do_not_reach_them(self):
        with unittest.mock.patch.dict("os.environ", {"FANLIGHT_MODE": "sync", "HOME": "/"}):
            self.assertNotIn("FANLIGHT_MODE", environment())
            self.assertIn("HOME", environment())

    def test_a_tool_that_is_missing_or_fails_is_told(self):
        with self.assertRaisesRegex(Failure, "script/bootstrap counts"):
            counts_measure.run_tool(["fanlight-has-no-such-tool"])
        with self.assertRaisesRegex(Failure, "not permitted"):
            counts_measure.run_tool(["sh", "-c", "echo not permitted; exit 1"])

    def test_where_strace_is_refused_it_says_so(self):
        def refuse(command):
            if command[0] == "strace":
                raise Failure("strace: ptrace: Operation not permitted")

        with unittest.mock.patch.object(counts_measure, "run_tool", refuse):
            with self.assertRaisesRegex(Failure, "is ptrace forbidden.*not permitted"):
                counts_measure.check_tools()


class Table(unittest.TestCase):
    def test_numbers_are_short(self):
        for value, text in ((21, "21"), (2.311, "2.311"), (0.5, "0.5"), (0, "0"), (1234.5, "1234")):
            self.assertEqual(counts_limits.number(value), text)

    def test_the_parts_have_no_memset(self):
        figures = {"instructions": 200, "parts": {"memset": [100, 100], "libcurl": [150, 250], "other": [50, 50]}}

        lines = list(counts_table.part_lines(figures))

        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], r"libcurl +150 +75 % +250$")


class Result(unittest.TextTestResult):
    """Ends with the lines that script/test counts in a program's output."""

    def stopTestRun(self):
        super().stopTestRun()
        failed = len(self.failures) + len(self.errors)
        print(f"[  PASSED  ] {self.testsRun - failed - len(self.skipped)} test(s).")
        if failed:
            print(f"[  FAILED  ] {failed} test(s).")


if __name__ == "__main__":
    unittest.main(testRunner=unittest.TextTestRunner(resultclass=Result, stream=sys.stdout))
