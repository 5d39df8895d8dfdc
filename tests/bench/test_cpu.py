# SPDX-License-Identifier: MIT
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from bench import cpu

STATUS = "Name:\tnginx\nVmPeak:\t  9999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t1\n"
STAT = """cpu  110 4 60 960 20 3 7 6 9 0
cpu0 100 4 50 900 20 3 7 6 9 0
cpu1 10 0 10 60 0 0 0 0 0 0
intr 12345
"""


class ProcessorTime(unittest.TestCase):
    def test_a_processs_own_clock_is_the_one_the_library_reads(self):
        before = time.process_time_ns()
        found = cpu.used_ns([os.getpid()])
        after = time.process_time_ns()

        self.assertTrue(before <= found <= after, (before, found, after))

    def test_processes_are_summed(self):
        one = cpu.used_ns([os.getpid()])
        two = cpu.used_ns([os.getpid(), os.getpid()])

        self.assertGreaterEqual(two, 2 * one)

    def test_work_of_a_thread_that_has_ended_is_not_forgotten(self):
        script = ("import threading, time, sys\n"
                  "def work():\n"
                  "    end = time.thread_time() + 0.05\n"
                  "    while time.thread_time() < end: pass\n"
                  "thread = threading.Thread(target=work); thread.start(); thread.join()\n"
                  "print('done', flush=True); sys.stdin.read()\n")
        with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            child.stdout.readline()
            used_ns = cpu.used_ns([child.pid])
            child.stdin.close()

        self.assertGreaterEqual(used_ns, 50_000_000)

    def test_a_process_that_is_gone_is_an_error(self):
        child = subprocess.Popen(["true"])
        child.wait()

        with self.assertRaises(OSError):
            cpu.used_ns([child.pid])


class Tree(unittest.TestCase):
    def test_children_of_children_belong_to_it(self):
        with tempfile.TemporaryDirectory() as folder:
            proc = pathlib.Path(folder)
            for pid, task, children in ((5, 5, "6 "), (5, 50, "7 "), (6, 6, "8 "), (7, 7, ""), (8, 8, ""), (9, 9, "")):
                path = proc / str(pid) / "task" / str(task)
                path.mkdir(parents=True)
                (path / "children").write_text(children)

            self.assertEqual(sorted(cpu.tree_of(5, proc)), [5, 6, 7, 8])

    def test_a_process_that_is_gone_has_no_children(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(cpu.tree_of(5, pathlib.Path(folder)), [5])


class Memory(unittest.TestCase):
    def test_resident_and_peak_are_read_in_bytes(self):
        self.assertEqual(cpu.parse_memory(STATUS), (1024 * 1024, 2048 * 1024))

    def test_a_process_without_memory_has_none(self):
        self.assertEqual(cpu.parse_memory("Name:\tkworker\n"), (0, 0))


class Cores(unittest.TestCase):
    def test_each_core_is_read_and_their_sum_is_not(self):
        self.assertEqual(cpu.parse_cores(STAT), {0: (170, 920), 1: (20, 60)})

    def test_the_busy_share_is_that_of_the_time_between(self):
        before, after = cpu.CoreTicks(100, 100), cpu.CoreTicks(130, 110)

        self.assertEqual(cpu.busy_share(before, after), 0.75)

    def test_without_a_tick_there_is_no_share(self):
        self.assertIsNone(cpu.busy_share(cpu.CoreTicks(1, 1), cpu.CoreTicks(1, 1)))
