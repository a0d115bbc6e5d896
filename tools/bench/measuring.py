"""How the bench measures: the contenders in turns, and of each process its time and its memory.

CPU is the time that a process took of its processor, in user mode and in the system's calls; the median of the rounds
counts, and the lowest and the highest are shown."""

import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import threading
import time

import playground


class Bench:
    def __init__(self, build, folder, rounds, scale):
        self.bin = build / "bin"
        self.bare = build / "bench"
        self.folder = folder
        self.rounds = rounds
        self.scale = scale
        self.tables = []
        self.broker = playground.Broker(folder, "allow_anonymous true\nset_tcp_nodelay true",
                                        log=("error", "information", "subscribe"))
        self.port = str(self.broker.port)
        self.json = folder / "json"

    def count(self, number):
        return max(200, int(number * self.scale))

    def payloads(self, count, kind="plain"):
        """A file of `count` payloads, one a line: what the producers would send."""
        path = self.folder / f"{kind}-{count}"
        if not path.exists():
            numbers = random.Random(1)
            form = {"plain": "{:.2f}\n", "json": '{{"timestamp":1750000000,"value_type":"TEMPERATURE_SENSOR","value":{:.2f}}}\n'}
            path.write_text("".join(form[kind].format(numbers.uniform(20, 40)) for _ in range(count)))
        return path

    def subscriptions(self):
        return len(self.broker.log.matching(r"^\d+: \S+ [0-2] #$"))

    def program(self, name, *arguments):
        return [str(self.bin / name), "-p", self.port, *map(str, arguments)]

    def in_turns(self, contenders):
        """Runs each contender once a round, in another order each time; returns its results: {name: [result, ...]}."""
        results = {name: [] for name in contenders}
        names = list(contenders)
        for number in range(self.rounds):
            for name in names[number % len(names):] + names[:number % len(names)]:
                results[name].append(contenders[name]())
        return results

    def table(self, title, unit, results, baseline, digits=2):
        base = statistics.median(results[baseline])
        rows = []
        for name, values in results.items():
            middle = statistics.median(values)
            rows.append((name, middle, middle / base if base else 0, min(values), max(values)))
        self.tables.append({"title": title, "unit": unit, "rows": rows, "baseline": baseline, "digits": digits})
        print(self.tables[-1]["title"], file=sys.stderr)
        for row in rows:
            print(f"  {row[0]:45} {row[1]:12.{digits}f} {unit}   {row[2]:8.2f}   {row[3]:.{digits}f} to {row[4]:.{digits}f}",
                  file=sys.stderr)


def finish(process):
    """Waits for the end of a process, not for ever; returns what it used."""
    watchdog = threading.Timer(120, process.kill)
    watchdog.start()
    _, status, usage = os.wait4(process.pid, 0)
    watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage


def cpu(usage):
    return usage.ru_utime + usage.ru_stime


def run(command, stdin=None, stdout=subprocess.DEVNULL):
    """Runs a command to its end; returns (what it used, seconds)."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL)
    usage = finish(process)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return usage, time.monotonic() - start


def with_input(path, command):
    with open(path, encoding="utf-8") as file:
        return run(command, stdin=file)


def cpu_of(pid):
    """Seconds, by the scheduler's own account: precise to the nanosecond, where other files count in hundredths."""
    return sum(int((task / "schedstat").read_text().split()[0])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def with_peak(file, command):
    """The command, such that the peak of its memory, in KiB, is in the file when it has ended. (What the system tells of a
    process that Python starts itself is no less than what Python had at that moment.)"""
    return ["time", "-f", "%M", "-o", file, "timeout", "--foreground", "120", *map(str, command)]


def private_kib(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(value) for value in re.findall(r"Private_(?:Clean|Dirty): +(\d+)", rollup))
