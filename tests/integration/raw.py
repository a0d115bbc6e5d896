"""A program of ours whose output is kept byte for byte, so that nothing between it and the test can clean it up."""

import os
import re
import signal
import subprocess
import threading

import pytest
from playground import BUILD, DEADLINE, counts

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # C0 but for the line feed, DEL, C1
VERDICT = re.compile(rb"^(received|refused) ", re.M)
SUMMARY = re.compile("^Summary: .*", re.M)


def assert_harmless(output):
    """No byte of it can steer a terminal."""
    text = output.decode("utf-8")  # a byte that is not UTF-8 has no business there either
    found = CONTROL.search(text)
    assert not found, text[max(0, found.start() - 80):found.start() + 80]


class Raw:
    def __init__(self, name, *arguments, environment=None):
        self.name = name
        self.process = subprocess.Popen(
            [str(BUILD / "bin" / name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.changed = threading.Condition()
        self.output = {"out": bytearray(), "err": bytearray()}
        self.verdicts = 0  # lines of standard output that decide about a message
        self.threads = [threading.Thread(target=self._read, args=(stream, key), daemon=True)
                        for stream, key in ((self.process.stdout, "out"), (self.process.stderr, "err"))]
        for thread in self.threads:
            thread.start()

    def _read(self, stream, key):
        rest = b""
        while True:
            data = os.read(stream.fileno(), 65536)
            with self.changed:
                self.output[key] += data
                if key == "out":
                    whole, feed, rest = (rest + data).rpartition(b"\n")
                    self.verdicts += len(VERDICT.findall(whole + feed))
                self.changed.notify_all()
            if not data:
                return

    @property
    def out(self):
        with self.changed:
            return bytes(self.output["out"])

    @property
    def err(self):
        with self.changed:
            return bytes(self.output["err"])

    def wait_for(self, condition, what, seconds=DEADLINE):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self) or self.process.poll() is not None, seconds) \
                and condition(self), f"{self.name}, ended with {self.process.poll()}: did not happen: {what}; " \
                f"{self.verdicts} verdicts, {bytes(self.output['out'][-500:])}, {bytes(self.output['err'][-500:])}"

    def wait_for_verdicts(self, count):
        self.wait_for(lambda program: program.verdicts >= count, f"{count} verdicts")

    def wait_for_subscriptions(self, count):
        self.wait_for(lambda program: program.output["err"].count(b"Subscribed to: ") >= count, "subscriptions")

    def verdict_lines(self):
        """What it said of messages, and nothing of what it sent."""
        return [line for line in self.out.decode("utf-8").split("\n") if line and not line.startswith("sent ")]

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))

    def interrupt(self):
        """Ctrl-C. Returns the exit status and the counts of the summary: sent, received, refused."""
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(DEADLINE)
        for thread in self.threads:
            thread.join(DEADLINE)
        summaries = SUMMARY.findall(self.err.decode("utf-8"))
        assert len(summaries) == 1, self.err[-500:]
        return status, counts(summaries[0])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join(DEADLINE)
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def run_raw():
    """Starts programs, and ends what is left of them after the test."""
    started = []

    def start(name, *arguments, **options):
        started.append(Raw(name, *arguments, **options))
        return started[-1]

    yield start
    for program in started:
        program.kill()
