"""Lets the fake Paho and the real one tell all stories, many at a time, and compares what they say.

    agree.py [--newer] FAKE REAL [NAME ...]

With --newer the real one is of a version that does some things otherwise: there it is told where, and is no failure."""

import argparse
import concurrent.futures
import difflib
import subprocess
import sys

AT_A_TIME = 24  # more would slow down what is tested meanwhile
TIMEOUT_S = 90  # a story has naps of Paho in it, not work


def tell(program, name):
    """All lines of a story, and how its teller ended, if not well."""
    try:
        told = subprocess.run([program, name], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return [f"has not ended within {TIMEOUT_S} s"]
    lines = told.stdout.splitlines()
    if told.returncode != 0:
        lines += [*told.stderr.splitlines(), f"ends with {told.returncode}"]
    return lines


def all_stories(program):
    """Their names, and whether later versions of Paho tell them otherwise."""
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[0]: line.endswith(" *") for line in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newer", action="store_true")
    parser.add_argument("fake")
    parser.add_argument("real")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()

    has_changed = all_stories(arguments.real)
    names = arguments.names or list(has_changed)
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        told = {name: [pool.submit(tell, program, name) for program in (arguments.fake, arguments.real)] for name in names}
    failed = 0
    for name, tellers in told.items():
        fake, real = (teller.result() for teller in tellers)
        if fake == real:
            continue
        is_known = arguments.newer and has_changed[name]
        failed += not is_known
        print(f"\n{name}: the fake (-) and the real Paho (+) do not agree{', as is known' if is_known else ''}")
        print("\n".join(difflib.unified_diff(fake, real, lineterm="", n=len(fake))))
    print(f"\n{len(names)} stories, {failed} without agreement")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
