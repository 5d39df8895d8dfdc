# SPDX-License-Identifier: MIT
"""test_counts - what bench/counts makes of the tools' files. Needs neither tools nor programs."""
import pathlib
import subprocess
import unittest

from bench import counts_callgrind, counts_client, counts_measure, counts_table, counts_trace
from bench.counts_process import Failure

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


class Table(unittest.TestCase):
    def test_the_parts_have_no_memset(self):
        figures = {"instructions": 200, "parts": {"memset": [100, 100], "libcurl": [150, 250], "other": [50, 50]}}

        lines = list(counts_table.part_lines(figures))

        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], r"libcurl +150 +75 % +250$")
