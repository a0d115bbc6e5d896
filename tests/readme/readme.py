"""Runs README.md: types its commands, in the order shown, and compares what it shows with what came.

Comments in the README, which its readers do not see, say which block is what:

    <!-- run: NAME -->               the next block is typed in the terminal NAME; what runs there is interrupted first
    <!-- run: NAME until TEXT -->    the same; go on only when the terminal shows TEXT, a regular expression
    <!-- run: NAME: COMMAND -->      a command that the text tells the reader to type
    <!-- shows: NAME -->             the next block is what the terminal NAME shows; "..." stands for some lines
    <!-- wait: NAME until TEXT -->   go on only when the terminal shows TEXT
    <!-- broker: kill -->            end the broker as a crash does; `start`: start it again; `certs`: ./lab certs, and restart it
    <!-- file: FILE -->              the next block is a file, which a reader saves under this name
    <!-- excerpt: FILE -->           the next block stands in this file, apart from how far it is indented
    <!-- sequence: N -->             the next block is the diagram of exercise N that sequence.py draws
    <!-- record: FILE -->            the picture of what the terminals of this chapter have shown up to here
    <!-- not run: WHY -->            the next block is not typed

Every block of commands, of output and of C needs one. Every chapter has its own broker, of the lab's own
configuration on free ports, and its own terminals. What the text itself builds is linked with build/dev.

    readme.py [--update] [--only HEADING] [--bin FOLDER] [--patience SECONDS] [README]

With --update the shown output is replaced by what came."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import conftest  # noqa: E402
import recording  # noqa: E402
import sequence  # noqa: E402

COMMENT = re.compile(r"^ *<!-- (run|shows|file|excerpt|wait|broker|sequence|record|not run): *(.*?) *-->$")
FENCE = re.compile(r"^( *)```(\w*)$")

# What differs from run to run, and how it is told.
VARYING = [
    (re.compile(r"-[0-9a-f]{8}\b"), "-<random>"),
    (re.compile(r"(timestamp\"?[: ])\d{10}\b"), r"\1<time>"),
    (re.compile(r"in \d+\.\d+ s( \([\d.]+/s\))?$"), "in <seconds>"),
    (re.compile(r"(trying again in|for) \d+\.\d+ s"), r"\1 <seconds>"),
]


def normal(line):
    for pattern, replacement in VARYING:
        line = pattern.sub(replacement, line)
    return line


def dedented(lines):
    return [line.strip() for line in lines]


class Wrong(Exception):
    pass


class Terminal:
    """A shell: what it shows since the last command."""

    def __init__(self, environment, ports, patience):
        self.patience = patience
        self.environment = environment
        self.ports = ports
        self.process = None
        self.output = None
        self.past = []  # (time, kind, line) of what was there before the last command

    def type(self, text):
        self.interrupt()
        self.past = [*self.lines(), *((time.monotonic(), "command", "$ " + line) for line in text.splitlines())]
        for shown, free in self.ports.items():
            text = re.sub(rf"(--port |-p |:){shown}\b", rf"\g<1>{free}", text)
        if "8883" in self.ports:
            text = re.sub(r"mqtts://localhost(?!:)", f"mqtts://localhost:{self.ports['8883']}", text)
        text = text.replace("mosquitto/tls/", f"{self.environment['LAB_MOSQUITTO']}/tls/")
        self.process = subprocess.Popen(["bash", "-c", text], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                                        start_new_session=True)
        self.output = conftest.Lines(self.process.stdout)

    def shown(self):
        """What the terminal shows, with the ports that a reader has."""
        lines = list(self.output.lines)
        for shown, free in self.ports.items():
            lines = [line.replace(f":{free}", f":{shown}") for line in lines]
        return lines

    def lines(self):
        """(time, kind, line) of all that it has shown, the commands too."""
        return self.past + ([(at, "output", line) for at, line in zip(self.output.times, self.shown())] if self.output else [])

    def wait_for(self, found):
        with self.output.changed:
            self.output.changed.wait_for(lambda: found() or self.output.ended, self.patience)
        return found()

    def interrupt(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(conftest.DEADLINE)


def chunks(lines):
    """The parts of an output between its "..."."""
    parts = [[]]
    for line in lines:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]


def find(part, lines, start):
    """Where the lines of `part` stand in `lines`, one after the other; -1: nowhere."""
    wanted, there = [normal(line) for line in part], [normal(line) for line in lines]
    for position in range(start, len(there) - len(wanted) + 1):
        if there[position:position + len(wanted)] == wanted:
            return position
    return -1


def matches(shown, lines):
    position = 0
    for part in chunks(shown):
        position = find(part, lines, position)
        if position < 0:
            return False
        position += len(part)
    return True


def shows_the_same(old, new):
    """Whether two recordings agree, but for what differs from run to run. A terminal may have gone on for two lines."""
    before, now = ([[normal(line) for line in terminal] for terminal in recording.texts(picture)] for picture in (old, new))
    return len(before) == len(now) and all(
        there[:len(shown)] == shown and len(there) <= len(shown) + 2 for shown, there in zip(before, now))


class Chapter:
    """A part of the README, with a broker and terminals of its own."""

    def __init__(self, name, lines, first, arguments):
        self.name = name
        self.lines = lines
        self.first = first  # the number of its first line
        self.binaries = arguments.bin.resolve()
        self.update = arguments.update
        self.patience = arguments.patience
        self.broker = None
        self.terminals = {}
        self.blocks = 0

    def read(self):
        """Does what a reader does. Returns the lines, with what came in the place of what was shown if asked to."""
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.folder.chmod(0o755)
            try:
                lines = self.follow()
                for terminal in self.terminals.values():
                    terminal.interrupt()
                return lines
            finally:
                for terminal in self.terminals.values():
                    if terminal.process is not None and terminal.process.poll() is None:
                        os.killpg(terminal.process.pid, signal.SIGKILL)
                        terminal.process.wait()
                if self.broker is not None:
                    self.broker.stop(signal.SIGKILL)

    def follow(self):
        new, position, order = [], 0, None
        while position < len(self.lines):
            line = self.lines[position]
            where = f"{self.name}:{self.first + position}"
            comment, fence = COMMENT.match(line), FENCE.match(line)
            if comment:
                order = self.obey(comment.group(1), comment.group(2), where)
            elif fence:
                indent, kind = fence.groups()
                end = next(n for n in range(position + 1, len(self.lines)) if self.lines[n].strip() == "```")
                block = [text[len(indent):] for text in self.lines[position + 1:end]]
                new += [line] + [(indent + text).rstrip() for text in self.block(kind, order, block, where)]
                line, position, order = self.lines[end], end, None
            elif line.strip():
                order = None
            new.append(line)
            position += 1
        return new

    def terminal(self, name):
        if self.broker is None:
            self.broker = conftest.LabBroker(self.folder)
            self.environment = {**os.environ, "LAB_MOSQUITTO": str(self.broker.lab), "MQTT_PORT": str(self.broker.ports["1883"]),
                                "PATH": f"{self.binaries}{os.pathsep}{os.environ['PATH']}"}
        if name not in self.terminals:
            self.terminals[name] = Terminal(self.environment, self.broker.ports, self.patience)
        return self.terminals[name]

    def obey(self, verb, what, where):
        """A comment. Returns what the next block is, if that is what it says."""
        if verb == "broker":
            if what == "certs":
                self.terminal("certs")  # there is no broker before the first terminal
                self.broker.make_certificates()
            elif what == "kill":
                self.broker.stop(signal.SIGKILL)
            else:
                self.broker.start()
            return None
        if verb == "wait":
            name, until = what.split(" until ", 1)
            self.wait(self.terminal(name), until, where)
            return None
        if verb == "record":
            self.record(ROOT / what, where)
            return None
        if verb == "run" and ": " in what:
            name, command = what.split(": ", 1)
            self.run(name, [command], None, where)
            return None
        return verb, what

    def run(self, name, commands, until, where):
        terminal = self.terminal(name)
        terminal.type("\n".join(commands))
        if until:
            self.wait(terminal, until, where)

    @staticmethod
    def wait(terminal, until, where):
        if not terminal.wait_for(lambda: re.search(until, "\n".join(terminal.shown()))):
            raise Wrong(f"{where}: never shows {until!r}, but\n" + "\n".join(terminal.shown()))

    def block(self, kind, order, block, where):
        if order and order[0] == "sequence":
            return self.sequence(order[1], block, where)
        if kind == "mermaid" or (order and order[0] == "not run"):
            return block
        if not order or {"sh": "run", "": "shows"}.get(kind, order[0]) != order[0]:
            raise Wrong(f"{where}: nothing says what this block is")
        self.blocks += 1
        if order[0] == "file":
            (ROOT / order[1]).write_text("\n".join(block) + "\n", encoding="utf-8")
            return block
        if order[0] == "excerpt":
            if matches(dedented(block), dedented((ROOT / order[1]).read_text(encoding="utf-8").split("\n"))):
                return block
            raise Wrong(f"{where}: this does not stand in {order[1]}:\n" + "\n".join(block))
        name, _, until = order[1].partition(" until ")
        if order[0] == "run":
            self.run(name, block, until, where)
            return block
        terminal = self.terminal(name)
        if terminal.wait_for(lambda: matches(block, terminal.shown())):
            return block
        if self.update:
            return self.updated(block, terminal.shown(), where)
        raise Wrong(f"{where}: the README shows\n" + "\n".join(block) + "\n\nand this came:\n" + "\n".join(terminal.shown()))

    def sequence(self, exercise, block, where):
        """Another try where it differs: on a busy computer a timer may run out after the reading that it comes before."""
        self.blocks += 1
        for _ in range(3):
            lines = sequence.diagram(exercise, self.binaries)
            if lines == block:
                break
        if lines == block or self.update:
            return lines
        raise Wrong(f"{where}: the README shows\n" + "\n".join(block) + "\n\nand this came:\n" + "\n".join(lines))

    def record(self, path, where):
        """The same picture as before is left as it is: only times and random ids would differ."""
        self.blocks += 1
        picture = recording.draw({name: terminal.lines() for name, terminal in self.terminals.items()})
        if path.exists() and shows_the_same(path.read_text(encoding="utf-8"), picture):
            return
        if not self.update:
            raise Wrong(f"{where}: this is not what {path.name} shows:\n" + "\n".join(sum(recording.texts(picture), [])))
        path.write_text(picture, encoding="utf-8")

    @staticmethod
    def updated(block, lines, where):
        """As many lines as before, from where each part began: at the line that is most like its first one."""
        new, position = [], 0
        for part in chunks(block):
            words = set(re.findall(r"\w+", part[0]))
            start = max(range(position, len(lines)), key=lambda n: len(words & set(re.findall(r"\w+", lines[n]))) - n / 1e6,
                        default=None)
            if start is None:
                raise Wrong(f"{where}: nothing came that could be shown")
            new += (["..."] if new else []) + lines[start:start + len(part)]
            position = start + len(part)
        return new


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="replace the shown output by what came")
    parser.add_argument("--only", metavar="HEADING", help="only the chapters with this in their heading")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--patience", type=float, default=40, metavar="SECONDS", help="for what has to be shown")
    parser.add_argument("readme", type=pathlib.Path, nargs="?", default=ROOT / "README.md")
    arguments = parser.parse_args()
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        os.environ.pop(name, None)
    lines = arguments.readme.read_text(encoding="utf-8").split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith("## ")]
    chapters = [Chapter(arguments.readme.name, lines[start:end], start + 1, arguments)
                for start, end in zip(starts, [*starts[1:], len(lines)])]
    asked = [chapter for chapter in chapters if arguments.only is None or arguments.only in chapter.lines[0]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # they mostly wait
        results = [(chapter, pool.submit(chapter.read)) for chapter in asked]
    try:
        for chapter, result in results:
            chapter.lines = result.result()
    except Wrong as wrong:
        sys.exit(str(wrong))
    if arguments.update:
        new = lines[:starts[0]] + [line for chapter in chapters for line in chapter.lines]
        arguments.readme.write_text("\n".join(new), encoding="utf-8")
    print(f"{sum(chapter.blocks for chapter in asked)} blocks of {arguments.readme.name} are as they are shown")


if __name__ == "__main__":
    main()
