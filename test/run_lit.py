#!/usr/bin/env python3
"""Runs lit and closes with one line that says how many tests passed, failed and were skipped.

    run_lit.py LIT ARGUMENTS...

lit prints no line for a kind of result that did not occur, and counts each kind on a line of its own; people and CI
look for `N passed, N failed, N skipped`. A run in which no test passed fails: it has shown nothing.
"""

import json
import os
import subprocess
import sys
import tempfile

PASSED = {"PASS", "FLAKYPASS", "XFAIL"}
SKIPPED = {"UNSUPPORTED", "SKIPPED"}
NOT_SELECTED = {"EXCLUDED"}


def main():
    with tempfile.TemporaryDirectory() as directory:
        results = os.path.join(directory, "results.json")
        status = subprocess.run([sys.executable, *sys.argv[1:], "--output", results]).returncode
        try:
            with open(results) as file:
                codes = [test["code"] for test in json.load(file)["tests"]]
        except (OSError, ValueError):
            print("lit left no results", file=sys.stderr)
            return status or 1
    codes = [code for code in codes if code not in NOT_SELECTED]
    passed = sum(code in PASSED for code in codes)
    skipped = sum(code in SKIPPED for code in codes)
    failed = len(codes) - passed - skipped
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return status or (1 if failed or not passed else 0)


if __name__ == "__main__":
    sys.exit(main())
