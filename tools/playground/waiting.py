"""Waiting for what has to happen, with a deadline and never for a fixed time."""

import re
import threading
import time

DEADLINE = 20  # seconds until something that has to happen is taken not to happen: slow machines, sanitizers


def until(condition, seconds):
    """Waits until condition() holds, for so long at the most, and returns what it gave last. For state without an event."""
    end = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < end:
        threading.Event().wait(0.01)
    return result


def wait_until(condition, what, seconds=DEADLINE):
    """The same where it has to happen."""
    result = until(condition, seconds)
    assert result, f"did not happen in {seconds} s: {what}"
    return result


class Lines:
    """Collects the lines of a stream on a thread, so that a test can wait for one."""

    def __init__(self, stream):
        self.lines = []
        self.times = []  # when each line came
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.times.append(time.monotonic())
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, pattern, count=1, seconds=DEADLINE):
        """Waits for the count-th line that the pattern is found in, and returns it."""
        def found():
            return [line for line in self.lines if re.search(pattern, line)]

        with self.changed:
            self.changed.wait_for(lambda: len(found()) >= count or self.ended, seconds)
            assert len(found()) >= count, f"no {count} lines with {pattern!r} in {self.lines[-20:]}"
            return found()[count - 1]

    def matching(self, pattern):
        with self.changed:
            return [line for line in self.lines if re.search(pattern, line)]
