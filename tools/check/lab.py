"""What a check works with."""

import collections
import json
import signal
import subprocess
import time

import playground

QUIET = 2  # seconds in which nothing happens: then nothing more will
REACTION = 0.5  # seconds until what a check does is something that happens


Point = collections.namedtuple("Point", "what is_done hints")


class Lab:
    """What a check works with: a broker, the programs, other clients; and the points it has found."""

    def __init__(self, arguments, folder):
        self.binaries = arguments.bin.resolve()
        self.mosquitto = arguments.mosquitto
        self.patience = arguments.patience  # seconds
        self.folder = folder
        self.brokers, self.programs, self.observers = [], [], []
        self.happened, self.quiet_since = 0, time.monotonic()
        self.points = []
        self.last_words = None  # what the last program showed when the first point was found missing

    def broker(self):
        self.brokers.append(playground.Broker(self.folder))
        return self.brokers[-1]

    def broker_of_the_lab(self):
        """With the learner's own configuration, accounts and access control lists."""
        self.brokers.append(playground.LabBroker(self.folder, self.mosquitto))
        return self.brokers[-1]

    def start(self, name, *arguments):
        self.programs.append(playground.Program(name, *arguments, folder=self.binaries))
        return self.programs[-1]

    def observe(self, *arguments, **options):
        self.observers.append(playground.Observer(*arguments, **options))
        return self.observers[-1]

    def until(self, condition, pause=0):
        """Waits until condition() holds, and no longer than one has patience, or than something happens: now and then there
        may be a pause of so many seconds. Returns what condition() gave last."""
        start = time.monotonic()

        def is_over():
            now = time.monotonic()
            if self.happened != (happened := self.happenings()):
                self.happened, self.quiet_since = happened, now
            return condition() or (now - self.quiet_since > QUIET + pause and now - start > REACTION)

        playground.until(is_over, self.patience)
        return condition()

    def happenings(self):
        """How much of everything there has been so far."""
        lines = [broker.log for broker in self.brokers]
        lines += [stream for program in self.programs for stream in (program.out, program.err)]
        return sum(len(stream.lines) for stream in lines) + sum(len(observer.messages) for observer in self.observers)

    def shows(self, lines, pattern, count=1):
        """Whether a program shows that many lines with the pattern, or will."""
        self.until(lambda: len(lines.matching(pattern)) >= count or lines.ended)
        return len(lines.matching(pattern)) >= count

    def status_of(self, program):
        """With which it ends, once all is here that it printed; None: it goes on for longer than one has patience."""
        try:
            return program.wait(self.patience)
        except subprocess.TimeoutExpired:
            return None

    def point(self, what, is_done, *hints):
        """The hints: a nudge, a way, and a place: what to look for in the file of the task, or in another, "FILE TEXT"."""
        self.points.append(Point(what, bool(is_done), hints))
        if not is_done:
            if self.last_words is None and self.programs:
                program = self.programs[-1]
                self.last_words = program.name, program.out.lines[-6:] or program.err.lines[-6:] or ["(none)"]
            self.patience = min(self.patience, 2)  # what follows will hardly come

    def close(self):
        for program in self.programs:
            program.kill()
        for observer in self.observers:
            observer.close()
        for broker in self.brokers:
            broker.stop(signal.SIGKILL)


def documents(messages):
    """The payloads as JSON objects; anything else is left out."""
    found = []
    for message in messages:
        try:
            document = json.loads(message.payload)
        except ValueError:
            continue
        if isinstance(document, dict):
            found.append(document)
    return found
