#!/usr/bin/env python3
"""Runs functional tests, each file as a process of its own with a time limit.

    tests/functional/run.py [NAME...] [--jobs N] [--list] [-- ARGUMENTS FOR EACH TEST]

NAME: "test_reorg", "reorg" or "test_reorg.py"; without names, all. Output of a test is shown when
it fails or with --verbose. The exit code is 0 only if none failed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

FOLDER = pathlib.Path(__file__).resolve().parent
SKIP_CODE = 77
DEFAULT_LIMIT = 300  # seconds; a line "# time limit: N s" in a test says otherwise


def all_tests():
    return sorted(path.stem for path in FOLDER.glob("test_*.py"))


def time_limit(name):
    match = re.search(r"^# time limit: (\d+) s", (FOLDER / f"{name}.py").read_text(), re.M)
    return int(match[1]) if match else DEFAULT_LIMIT


def run_test(name, arguments):
    """(name, outcome, seconds, output)."""
    begin = time.monotonic()
    child = subprocess.Popen([sys.executable, FOLDER / f"{name}.py", *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             start_new_session=True)
    try:
        output, _ = child.communicate(timeout=time_limit(name))
        outcome = {0: "passed", SKIP_CODE: "skipped"}.get(child.returncode, "failed")
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # what it started dies with it
        output, _ = child.communicate()
        output += f"\nkilled after {time_limit(name)} s\n"
        outcome = "failed"
    return name, outcome, time.monotonic() - begin, output


def main():
    arguments = sys.argv[1:]
    for_tests = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, for_tests = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args(arguments)

    known = all_tests()
    if args.list:
        print("\n".join(known))
        return 0
    wanted = ["test_" + name.removesuffix(".py").removeprefix("test_") for name in args.names]
    for name in wanted:
        if name not in known:
            parser.error(f"no test {name}; there are {', '.join(known)}")

    count = {"passed": 0, "failed": 0, "skipped": 0}
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = [pool.submit(run_test, name, for_tests) for name in wanted or known]
        for run in concurrent.futures.as_completed(runs):
            name, outcome, seconds, output = run.result()
            count[outcome] += 1
            print(f"{outcome:8} {name} ({seconds:.1f} s)", flush=True)
            if outcome == "failed" or args.verbose:
                print("    " + output.rstrip().replace("\n", "\n    "), flush=True)
            elif outcome == "skipped":
                print("    " + "".join(re.findall(r"SKIPPED: .*", output)), flush=True)
    print(", ".join(f"{number} {outcome}" for outcome, number in count.items()))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
