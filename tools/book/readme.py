"""Runs the lab's pages: types their commands, in the order shown, and compares what they show with what came.

Comments in a page, which its readers do not see, say which block is what:

    <!-- run: NAME -->               the next block is typed in the terminal NAME; what runs there is interrupted first
    <!-- run: NAME until TEXT -->    the same; go on only when the terminal shows TEXT, a regular expression
    <!-- run: NAME: COMMAND -->      a command that the text tells the reader to type
    <!-- shows: NAME -->             the next block is what the terminal NAME shows; "..." stands for some lines
    <!-- wait: NAME until TEXT -->   go on only when the terminal shows TEXT
    <!-- broker: kill -->            end the broker as a crash does; `start`: start it again; `certs`: ./lab certs, and restart
                                     it; `tidy`: end all programs, and restart it
    <!-- file: FILE -->              the next block is a file, which a reader saves under this name
    <!-- excerpt: FILE -->           the next block stands in this file, apart from how far it is indented
    <!-- commands -->                the next block is not typed: the diagram behind it is of these commands
    <!-- sequence: N -->             the next block is the diagram of exercise N that sequence.py draws
    <!-- states -->                  the next block is the diagram of the session that states.py draws
    <!-- record: PICTURE -->         the picture of what the terminals of this chapter have shown up to here
    <!-- loop: PICTURE -->           the picture that loop.py draws of what this chapter has typed
    <!-- not run: WHY -->            the next block is not typed

Every block of commands, of output and of C needs one. A picture's path is relative to its page, as in a link; that of a
file or an excerpt is relative to the repository, as in a command. Every chapter has its own broker, of the lab's own
configuration on free ports, and its own terminals; it must leave no retained message behind, for a reader has one broker
for all of them. What the text itself builds is linked with build/dev.

    readme.py [--update] [--only HEADING] [--bin FOLDER] [--patience SECONDS] [PAGE...]

With --update the shown output, the diagrams and the pictures are replaced by what came."""

import argparse
import collections
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
sys.path.insert(0, str(ROOT / "tools"))
import compare  # noqa: E402
import playground  # noqa: E402
import loop  # noqa: E402
import recording  # noqa: E402
import sequence  # noqa: E402
import states  # noqa: E402

COMMENT = re.compile(r"^ *<!-- (run|shows|file|excerpt|wait|broker|commands|sequence|states|record|loop|not run)"
                     r"(?:: *(.*?))? *-->$")
FENCE = re.compile(r"^( *)```(\w*)$")
TRIES = 3  # for what a busy computer may do in another order: a timer may run out after the reading that it comes before


def pages():
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def dedented(lines):
    return [line.strip() for line in lines]


class Wrong(Exception):
    pass


def go_on():
    if Terminal.stopped_by is not None:
        raise Wrong("this was stopped")


class Terminal:
    """A shell: what it shows since the last command."""

    started = []  # the processes of all terminals; they are in sessions of their own, and no signal reaches them by itself
    stopped_by = None  # a signal

    def __init__(self, environment, ports, patience):
        self.patience = patience
        self.environment = environment
        self.ports = ports
        self.process = None
        self.output = None
        self.past = []  # (time, kind, line) of what was there before the last command

    def type(self, text):
        self.interrupt()
        go_on()
        self.past = [*self.lines(), *((time.monotonic(), "command", "$ " + line) for line in text.splitlines())]
        for shown, free in self.ports.items():
            text = re.sub(rf"(--port |-p |:){shown}\b", rf"\g<1>{free}", text)
        if "8883" in self.ports:
            text = re.sub(r"mqtts://localhost(?!:)", f"mqtts://localhost:{self.ports['8883']}", text)
        text = text.replace("mosquitto/tls/", f"{self.environment['LAB_MOSQUITTO']}/tls/")
        self.process = subprocess.Popen(["bash", "-c", text], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                                        start_new_session=True)
        Terminal.started.append(self.process)
        self.output = playground.Lines(self.process.stdout)

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
            self.process.wait(playground.DEADLINE)

    def end(self):
        """./lab needs a moment: what it has started is in process groups of its own."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(playground.DEADLINE)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def shows_the_same(old, new):
    """Whether two recordings agree, but for what differs from run to run."""
    before, now = recording.texts(old), recording.texts(new)
    return len(before) == len(now) and all(compare.same_terminal(*pair) for pair in zip(before, now))


class Chapter:
    """A part of a page, with a broker and terminals of its own."""

    def __init__(self, page, lines, first, arguments):
        self.page = page
        self.lines = lines
        self.first = first  # the number of its first line
        self.binaries = arguments.bin.resolve()
        self.update = arguments.update
        self.patience = arguments.patience
        self.broker = None
        self.terminals = {}
        self.typed = []     # all commands up to here
        self.commands = []  # of the next diagram
        self.blocks = 0

    def read(self):
        """Does what a reader does. Returns the lines, with what came in the place of what was shown if asked to."""
        with tempfile.TemporaryDirectory() as folder:
            self.folder = pathlib.Path(folder)
            self.folder.chmod(0o755)
            try:
                lines = self.follow()
                self.end_programs()
                self.look_for_leftovers()
                return lines
            finally:
                for terminal in self.terminals.values():
                    terminal.end()
                if self.broker is not None:
                    self.broker.stop(signal.SIGKILL)

    def end_programs(self):
        for terminal in self.terminals.values():
            terminal.interrupt()

    def look_for_leftovers(self):
        """A retained message would come into the next chapters of a reader."""
        if self.broker is None:
            return
        observer = playground.Observer(self.broker.ports["1883"], "#")
        observer.fence()
        observer.close()
        if left := sorted(message.topic for message in observer.messages if message.retain):
            raise Wrong(f"{self.page.name}:{self.first}: this chapter leaves retained messages behind: {', '.join(left)}")

    def follow(self):
        new, position, order = [], 0, None
        while position < len(self.lines):
            line = self.lines[position]
            where = f"{self.page.name}:{self.first + position}"
            comment, fence = COMMENT.match(line), FENCE.match(line)
            if comment:
                order = self.obey(comment.group(1), comment.group(2) or "", where)
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
        go_on()
        if self.broker is None:
            self.broker = playground.LabBroker(self.folder)
            self.ports = collections.ChainMap(self.broker.ports, {"1885": playground.free_port()})  # for one that a page starts
            self.environment = {**os.environ, "LAB_MOSQUITTO": str(self.broker.lab), "MQTT_PORT": str(self.broker.ports["1883"]),
                                "PATH": f"{self.binaries}{os.pathsep}{os.environ['PATH']}"}
        if name not in self.terminals:
            self.terminals[name] = Terminal(self.environment, self.ports, self.patience)
        return self.terminals[name]

    def obey(self, verb, what, where):
        """A comment. Returns what the next block is, if that is what it says."""
        if verb == "broker":
            if what == "certs":
                self.terminal("certs")  # there is no broker before the first terminal
                self.broker.make_certificates()
            elif what == "kill":
                self.broker.stop(signal.SIGKILL)
            elif what == "tidy":
                self.end_programs()
                self.broker.restart()
            else:
                self.broker.start()
            return None
        if verb == "wait":
            name, until = what.split(" until ", 1)
            self.wait(self.terminal(name), until, where)
            return None
        if verb == "record":
            self.record(self.page.parent / what, where)
            return None
        if verb == "loop":
            self.loop(self.page.parent / what, where)
            return None
        if verb == "run" and ": " in what:
            name, command = what.split(": ", 1)
            self.run(name, [command], None, where)
            return None
        return verb, what

    def run(self, name, commands, until, where):
        terminal = self.terminal(name)
        self.typed += commands
        terminal.type("\n".join(commands))
        if until:
            self.wait(terminal, until, where)

    @staticmethod
    def wait(terminal, until, where):
        if not terminal.wait_for(lambda: re.search(until, "\n".join(terminal.shown()))):
            raise Wrong(f"{where}: never shows {until!r}, but\n" + "\n".join(terminal.shown()))

    def block(self, kind, order, block, where):
        verb, what = order or (None, "")
        if verb in ("sequence", "states"):
            return self.diagram(verb, what, block, where)
        if kind == "mermaid" or verb == "not run":
            return block
        if not order or {"": "shows"}.get(kind, verb) != verb or (kind == "sh" and verb not in ("run", "commands")):
            raise Wrong(f"{where}: nothing says what this block is")
        self.blocks += 1
        if verb == "commands":
            self.commands = block
        elif verb == "file":
            (ROOT / what).write_text("\n".join(block) + "\n", encoding="utf-8")
        elif verb == "excerpt":
            if not compare.matches(dedented(block), dedented((ROOT / what).read_text(encoding="utf-8").split("\n"))):
                raise Wrong(f"{where}: this does not stand in {what}:\n" + "\n".join(block))
        elif verb == "run":
            name, _, until = what.partition(" until ")
            self.run(name, block, until, where)
        else:
            return self.shows(self.terminal(what), block, where)
        return block

    def shows(self, terminal, block, where):
        if terminal.wait_for(lambda: compare.matches(block, terminal.shown())):
            return block
        new = compare.updated(block, terminal.shown()) if self.update else None
        return self.differs(block, new, terminal.shown(), where)

    def differs(self, shown, new, came, where):
        """What is to be shown instead, if that is asked for and there is something."""
        if self.update and new is not None:
            return new
        raise Wrong(f"{where}: the page shows\n" + "\n".join(shown) + "\n\nand this came:\n" + "\n".join(came))

    def diagram(self, verb, what, block, where):
        self.blocks += 1
        for _ in range(TRIES):
            if verb == "states":
                lines = states.diagram((ROOT / "src" / "session" / "states.c").read_text(encoding="utf-8"))
            else:
                lines = sequence.diagram(what, self.commands, self.binaries)
            if lines == block:
                return block
        return self.differs(block, lines, lines, where)

    def loop(self, picture, where):
        """Of the commands of this chapter. Faster, a run goes the same way."""
        self.blocks += 1
        shown = picture.with_suffix(".csv").read_text(encoding="utf-8") if picture.exists() else ""
        for _ in range(TRIES):
            rows = loop.watch(self.typed, self.binaries, loop.SPEED)
            if loop.table(rows) == shown:
                return
        self.differs(shown.split("\n"), [], loop.table(rows).split("\n"), where)
        loop.write(rows, picture)

    def record(self, path, where):
        """The same picture as before is left as it is: only times and random ids would differ."""
        self.blocks += 1
        picture = recording.draw({name: terminal.lines() for name, terminal in self.terminals.items()})
        if path.exists() and shows_the_same(path.read_text(encoding="utf-8"), picture):
            return
        if not self.update:
            raise Wrong(f"{where}: this is not what {path.name} shows:\n" + "\n".join(sum(recording.texts(picture), [])))
        path.write_text(picture, encoding="utf-8")


class Page:
    """A file; a chapter begins at each heading of the second level."""

    def __init__(self, path, arguments):
        self.path = path
        lines = path.read_text(encoding="utf-8").split("\n")
        starts = [0, *(n for n, line in enumerate(lines) if line.startswith("## "))]
        self.chapters = [Chapter(path, lines[start:end], start + 1, arguments)
                         for start, end in zip(starts, [*starts[1:], len(lines)])]

    def write(self):
        self.path.write_text("\n".join(line for chapter in self.chapters for line in chapter.lines), encoding="utf-8")


def stop(number, _):
    """The chapters notice that their terminals have ended, and tidy up; main ends when they have. (Were it to end at once, they
    could start no thread any more, and a broker that had just been started would have nobody to end it.)"""
    Terminal.stopped_by = number
    for process in Terminal.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="replace the shown output by what came")
    parser.add_argument("--only", metavar="HEADING", help="only the chapters with this in their heading")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS",
                        help="for what has to be shown: slow machines exist")
    parser.add_argument("pages", type=pathlib.Path, nargs="*", default=pages(), help="default: all pages of the lab")
    arguments = parser.parse_args()
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        os.environ.pop(name, None)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    book = [Page(path.resolve(), arguments) for path in arguments.pages]
    asked = [chapter for page in book for chapter in page.chapters
             if arguments.only is None or arguments.only in chapter.lines[0]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # they mostly wait
        results = [(chapter, pool.submit(chapter.read)) for chapter in asked]
    if Terminal.stopped_by is not None:
        sys.exit(128 + Terminal.stopped_by)
    wrong = [str(error) for _, result in results if isinstance(error := result.exception(), Wrong)]
    if wrong:
        sys.exit("\n\n".join(wrong))
    for chapter, result in results:
        chapter.lines = result.result()
    if arguments.update:
        for page in book:
            page.write()
    print(f"{sum(chapter.blocks for chapter in asked)} blocks of {len(book)} pages are as they are shown")


if __name__ == "__main__":
    main()
