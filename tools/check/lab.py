"""What a check works with."""

import collections
import json
import re
import signal
import subprocess

import playground

MOMENT = 0.2  # seconds; TCP sends small packets with a delay


Point = collections.namedtuple("Point", "what is_done hints")


class Lab:
    """What a check works with: a broker, the programs, other clients; and the points it has found."""

    def __init__(self, arguments, folder):
        self.binaries = arguments.bin.resolve()
        self.mosquitto = arguments.mosquitto
        self.patience = arguments.patience  # seconds
        self.folder = folder
        self.brokers, self.programs, self.observers = [], [], []
        self.points = []
        self.last_words = None  # what the last program showed when the first point was found missing
        self.marks = []  # patterns of lines that are about the check's own messages

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

    def until(self, condition, unless=lambda: False):
        """Waits until condition() holds, and no longer than one has patience, or than a moment from when unless() holds.
        Returns what condition() gave last."""
        return playground.until(lambda: condition() or unless(), self.patience) and playground.until(condition, MOMENT)

    def shows(self, lines, pattern, count=1, unless=lambda: False):
        """Whether a program shows that many lines with the pattern, or will."""
        return self.until(lambda: len(lines.matching(pattern)) >= count, unless=lambda: lines.ended or unless())

    def has_dealt_with_all(self, program, client, topic):
        """Publishes one more message, which the program shows. Once it has, it has dealt with what came before, and who waits
        for an answer to that can stop. Returns a function that tells."""
        mark = f" {re.escape(topic)}: "
        self.marks.append(mark)
        count = len(program.out.matching(mark))
        client.publish(topic, "", 1)
        return lambda: len(program.out.matching(mark)) > count

    def all_of(self, program, broker):
        """Waits until a program that ends by itself has done so, and the broker has had all of it."""
        self.status_of(program)
        for connected in program.err.matching("^Connected to "):
            self.shows(broker.log, f"Received DISCONNECT from {connected.split()[-1]}$")

    def status_of(self, program):
        """With which it ends, once all is here that it printed; None: it goes on for longer than one has patience."""
        try:
            return program.wait(self.patience)
        except subprocess.TimeoutExpired:
            return None

    def point(self, what, is_done, *hints):
        """The hints: a nudge, a way, and a place: what to look for in the file of the task, or in another, "FILE TEXT"."""
        is_first_missing = not is_done and all(point.is_done for point in self.points)
        self.points.append(Point(what, bool(is_done), hints))
        if is_first_missing:
            self.patience /= 4  # what follows will hardly come
            self.last_words = self.programs and self.words_of(self.programs[-1])

    def words_of(self, program):
        shown = [line for line in program.out.lines if not any(re.search(mark, line) for mark in self.marks)]
        return program.name, shown[-6:] or program.err.lines[-6:] or ["(none)"]

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
