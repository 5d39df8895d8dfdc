#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run_tests - runs the tests in the given files of this folder; from the top of the checkout.

usage: run_tests.py FILE...

Its last lines are in cmocka's form: script/test counts each test by them. Exit: 0 all passed, 1 not, 77 all skipped.
"""
import pathlib
import sys
import unittest

EXIT_FAILED, EXIT_SKIPPED = 1, 77
HERE = pathlib.Path(__file__).parent


def main():
    sys.path[:0] = [str(HERE.parents[1]), str(HERE)]
    names = [pathlib.Path(name).stem for name in sys.argv[1:]]
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    passed = result.testsRun - bad - skipped
    sys.stderr.flush()
    for word, count in (("  PASSED  ", passed), ("  SKIPPED ", skipped), ("  FAILED  ", bad)):
        if count > 0:
            print(f"[{word}] {count} test(s)")
    if bad > 0 or result.testsRun == 0:
        return EXIT_FAILED
    return EXIT_SKIPPED if passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
