# SPDX-License-Identifier: MIT
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from bench import process

SLEEP = [sys.executable, "-c", "import time; time.sleep(30)"]
PARENT = [sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(30)'])"]


def interrupter():
    """Another process, a moment after a byte of input: a thread of ours would take the signal that the main one lets wait."""
    return subprocess.Popen(["sh", "-c", f"read -r go; sleep 0.01; kill -INT {os.getpid()}"], stdin=subprocess.PIPE)


class Process(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.scratch = pathlib.Path(self.folder.name)

    def test_what_was_started_is_gone_afterwards(self):
        with process.Children(self.scratch) as children:
            child = children.start("sleep", SLEEP, [0])
            self.assertTrue(process.is_running(child.pid))

        self.assertFalse(process.is_running(child.pid))

    def test_a_child_of_a_child_is_gone_afterwards_too(self):
        with process.Children(self.scratch) as children:
            child = children.start("parent", PARENT, [0])
            while len(tree := process.cpu.tree_of(child.pid)) < 2:
                time.sleep(0.01)

        self.assertFalse([pid for pid in tree if process.is_running(pid)])

    def test_an_interrupt_while_one_is_started_leaves_none_behind(self):
        for _ in range(20):
            with interrupter() as child, self.assertRaises(KeyboardInterrupt), process.Children(self.scratch) as children:
                os.write(child.stdin.fileno(), b"\n")
                for _ in range(1000):
                    children.start("sleep", SLEEP, [0])

            self.assertEqual(process.cpu.tree_of(os.getpid())[1:], [])

    def test_children_do_not_inherit_that_signals_wait(self):
        with process.Children(self.scratch) as children:
            child = children.start("sleep", SLEEP, [0])
            child.terminate()

            self.assertEqual(child.wait(10), -signal.SIGTERM)

    def test_one_that_waits_to_be_reaped_does_not_run(self):
        with subprocess.Popen(["true"]) as child:
            while process.is_running(child.pid):
                time.sleep(0.01)

            self.assertTrue(pathlib.Path(f"/proc/{child.pid}").exists())
