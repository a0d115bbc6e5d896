"""A program of the lab, running."""

import os
import pathlib
import re
import signal
import subprocess
import time

from .lab import BUILD
from .waiting import DEADLINE, Lines

WRAPPER = os.environ.get("PLAYGROUND_WRAPPER", "").split()  # such as valgrind

# Who started us in the background may have ignored it, for all that we start; and bash cannot undo that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def counts(summary):
    """How many were sent, received and refused; the line says only what there was."""
    found = re.match(r"Summary: (?:no messages|(?:(\d+) sent)?(?:, )?(?:(\d+) received)?(?:, )?(?:(\d+) refused)?) in ", summary)
    return tuple(int(count or 0) for count in found.groups())


class Program:
    """One of our programs, running."""

    def __init__(self, name, *arguments, stdout=subprocess.PIPE, environment=None, folder=BUILD / "bin"):
        path = folder / name
        self.name = name
        self.process = subprocess.Popen(
            [*WRAPPER, str(path), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            encoding="utf-8", errors="surrogateescape", env={**os.environ, **(environment or {})})
        self.out = Lines(self.process.stdout) if stdout == subprocess.PIPE else None
        self.err = Lines(self.process.stderr)

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=DEADLINE):
        """Waits for the end, and returns the exit status."""
        status = self.process.wait(seconds)
        for lines in (self.out, self.err):
            if lines is not None:
                lines.thread.join(seconds)
        return status

    def interrupt(self):
        """Ctrl-C. Returns the exit status and how many seconds it took."""
        start = time.monotonic()
        self.send(signal.SIGINT)
        status = self.wait()
        return status, time.monotonic() - start

    def summary(self):
        """How many it has sent, received and refused, as its last line says."""
        return counts(self.err.wait_for(r"^Summary: "))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def start_piped(*command, environment=None, **options):
    """Any other command: all that it prints comes into its lines."""
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        env={**os.environ, **{name: str(value) for name, value in (environment or {}).items()}}, **options)
    process.lines = Lines(process.stdout)
    return process


def descriptors(program):
    """How many files and connections a program has open."""
    return len(list(pathlib.Path(f"/proc/{program.process.pid}/fd").iterdir()))
