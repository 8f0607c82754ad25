#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/run_tests.py trusts nobody: what looks like success and is none must count as failed."""
import os
import sys
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tools"))
sys.dont_write_bytecode = True
import run_tests  # noqa: E402

CLOSING = "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: 0 \n"


def shell(name, script):
    """(passed, failed) of a test that is this shell script."""
    passed, failed, why, _ = run_tests.run_one((name, ["bash", "-c", script], {"TIMEOUT": 2.0}))
    return passed, failed, why


class RunTestsTest(unittest.TestCase):
    def test_counts_single_tests_from_the_closing_line(self):
        self.assertEqual(run_tests.judge("unit_x", 0, CLOSING % (7, 7, 0)), (7, 0, None))

    def test_failing_tests_count_one_by_one(self):
        self.assertEqual(run_tests.judge("unit_x", 1, CLOSING % (7, 5, 2))[:2], (5, 2))

    def test_a_program_in_which_no_test_ran_has_failed(self):
        self.assertEqual(run_tests.judge("unit_x", 0, CLOSING % (0, 0, 0))[:2], (0, 1))

    def test_a_unit_program_without_a_closing_line_has_failed(self):
        self.assertEqual(run_tests.judge("unit_x", 0, "fine\n")[:2], (0, 1))

    def test_a_bad_exit_code_counts_though_all_tests_passed(self):
        self.assertEqual(run_tests.judge("unit_x", 23, CLOSING % (3, 3, 0))[:2], (3, 1))

    def test_a_test_with_an_expected_text_is_judged_by_it_alone(self):
        self.assertEqual(run_tests.judge("refuses", 1, "a.yaml:3: no such thing", ["no such"]), (1, 0, None))
        self.assertEqual(run_tests.judge("refuses", 0, "ok", ["no such"])[:2], (0, 1))

    def test_another_test_counts_as_one_by_its_exit_code(self):
        self.assertEqual(shell("sim_smoke", "exit 0")[:2], (1, 0))
        self.assertEqual(shell("sim_smoke", "exit 3")[:2], (0, 1))

    def test_a_sanitizer_report_is_a_failure_whatever_the_exit_code(self):
        script = 'path=${ASAN_OPTIONS##*log_path=}; echo "leaked 8 bytes" > "$path.1"; exit 0'
        passed, failed, why = shell("sim_smoke", script)
        self.assertEqual((passed, failed), (1, 1))
        self.assertIn("sanitizer", why)

    def test_a_test_that_hangs_is_stopped_and_has_failed(self):
        self.assertEqual(shell("sim_smoke", "exec sleep 30")[1:], (1, "timed out"))

    def test_a_program_that_was_not_built_has_failed(self):
        self.assertEqual(run_tests.run_one(("unit_x", [], {}))[:2], (0, 1))
        self.assertEqual(run_tests.run_one(("unit_x", ["/nowhere/unit_x"], {}))[:2], (0, 1))


if __name__ == "__main__":
    unittest.main()
