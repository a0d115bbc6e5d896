"""Lets the fake Paho and the real one tell all stories, all at the same time, and compares what they say.

    agree.py FAKE REAL [NAME ...]"""

import concurrent.futures
import difflib
import subprocess
import sys

TIMEOUT_S = 60  # a story has naps of Paho in it, not work


def tell(program, name):
    """All lines of a story, and how its teller ended, if not well."""
    try:
        told = subprocess.run([program, name], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return [f"has not ended within {TIMEOUT_S} s"]
    lines = told.stdout.splitlines() + told.stderr.splitlines()
    return lines if told.returncode == 0 else [*lines, f"ends with {told.returncode}"]


def main():
    fake, real, *wanted = sys.argv[1:]
    all_names = subprocess.run([real], capture_output=True, text=True, check=True).stdout.split()
    names = wanted or all_names
    with concurrent.futures.ThreadPoolExecutor(2 * len(names)) as pool:
        told = {name: (pool.submit(tell, fake, name), pool.submit(tell, real, name)) for name in names}
    failed = 0
    for name, (by_fake, by_real) in told.items():
        if by_fake.result() != by_real.result():
            failed += 1
            print(f"\n{name}: the fake (-) and the real Paho (+) do not agree")
            print("\n".join(difflib.unified_diff(by_fake.result(), by_real.result(), lineterm="", n=100)))
    print(f"\n{len(names)} stories, {failed} without agreement")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
