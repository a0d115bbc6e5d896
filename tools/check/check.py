"""Checks the build tasks of the exercises, as their pages word them: ./lab check [EXERCISE].

    check.py [EXERCISE] [--part-two] [--hint LEVEL] [--json] [--bin FOLDER] [--mosquitto FOLDER] [--patience SECONDS]

Runs the programs against a broker of its own and watches them from outside, as an independent client. Prints the
points of the task, done or missing, and a hint for the first one that is missing; without an exercise, a line for each
task. Part two has one only where it is asked for: nobody has to go on with it. Ends with 0 if all are done."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lab import Lab  # noqa: E402
from tasks import FILES, PART_TWO, TASKS, page_of  # noqa: E402


# The colours of the programs: see src/console.c.
COLOURS = {"done": 28, "missing": 130, "hint": 31, "crashed": 160}


def coloured(text, kind):
    """On a terminal, and unless nobody wants that: https://no-color.org."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") in ("", "dumb"):
        return text
    return f"\033[38;5;{COLOURS[kind]}m{text}\033[0m"


def printable(text):
    """Without what would control the terminal: a program under construction may print anything."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def wrapped(text, margin):
    """In lines that fit into the terminal, each behind a margin of so many columns; the first one has its own."""
    width = min(100, shutil.get_terminal_size((100, 24)).columns - 1)
    return textwrap.fill(text, max(width, margin + 20), initial_indent=" " * margin, subsequent_indent=" " * margin).strip()


class Verdict:
    """What was found of one task."""

    def __init__(self, name, arguments):
        self.name, self.problem = name, None
        folder = pathlib.Path(tempfile.mkdtemp())
        folder.chmod(0o755)  # for the broker, which root starts as another user
        lab = Lab(arguments, folder)
        try:
            if arguments.problem:
                raise RuntimeError(arguments.problem)
            TASKS[name](lab)
        except Exception as error:  # whatever a program under construction may do, the learner wants to know the points
            self.problem = error
        finally:
            self.crashed = [program.name for program in lab.programs if (program.process.poll() or 0) < 0]
            lab.close()
            shutil.rmtree(folder, ignore_errors=True)
        self.points, self.last_words = lab.points, lab.last_words

    @property
    def missing(self):
        """The points that are."""
        return [point for point in self.points if not point.is_done]

    @property
    def is_done(self):
        return not self.missing and self.problem is None

    @property
    def state(self):
        if not self.points:
            return "not checked"
        return "done" if self.is_done else f"{len(self.points) - len(self.missing)} of {len(self.points)}"

    def note(self, began):
        """For ./lab, which shows it until one of these files is saved again: after the build of it began, that is."""
        path = ROOT / "build" / "tasks" / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([self.state, *FILES[self.name]]) + "\n", encoding="utf-8")
        os.utime(path, ns=(began.stat().st_mtime_ns,) * 2)

    def as_json(self):
        return {"task": self.name, "title": TASKS[self.name].__doc__, "done": self.is_done,
                "problem": self.problem and str(self.problem), "crashed": self.crashed,
                "points": [{"what": point.what, "done": point.is_done,
                            "hints": [] if point.is_done else hints_of(self.name, point)} for point in self.points]}


def hints_of(task, point):
    """The three of them, the last one with the line where its place is now."""
    nudge, way, place = point.hints
    path, _, text = place.partition(" ") if "/" in place else (FILES[task][0], "", place)
    line = text and line_of(text, (ROOT / path).read_text(encoding="utf-8").splitlines())
    return [nudge, way, f"{path}:{line}" if line else path]


def line_of(text, lines):
    """NUMBER: LINE where a function of this name begins, at the margin; or else where the text stands first, if it does."""
    found = [(number, line) for number, line in enumerate(lines, 1) if text in line]
    begin = [(number, line) for number, line in found if re.match(rf"\w.*\b{re.escape(text)}\(", line)]
    return next((f"{number}: {line.strip()}" for number, line in begin + found), None)


def tell(verdict, level):
    """All points of one task, and a hint for the first one that is missing."""
    for point in verdict.points:
        word = "done" if point.is_done else "missing"
        print(f"  {coloured(word.ljust(8), word)} {wrapped(point.what, 11)}")
    for name in verdict.crashed:
        print(f"\n{coloured(name, 'crashed')} has crashed.")
    if verdict.problem is not None:
        print(f"\n{coloured('The check could not go on', 'crashed')}: {verdict.problem}")
    if verdict.missing:
        tell_hint(verdict, level)
    elif verdict.problem is None:
        print("\nAll done. `git commit -a` keeps your work.", what_follows(verdict.name))


def what_follows(name):
    following = dict(zip(TASKS, list(TASKS)[1:])).get(name)
    if following is None:
        return "It was the last."
    if following in PART_TWO:
        return f"{'Next' if name in PART_TWO else 'That was part one. Part two'}: task {following} of {page_of(following)}."
    return f"Next: task {following}."


def tell_hint(verdict, level):
    for hint in hints_of(verdict.name, verdict.missing[0])[:level]:
        print(f"\n{coloured('Hint:', 'hint')} {wrapped(hint, 6)}")
    if level < 3:
        print(f"\n{('More', 'And the place in the code')[level - 1]}: ./lab check {verdict.name} --hint {level + 1}")
    if verdict.last_words:
        name, lines = verdict.last_words
        print("\n".join(["", f"The last lines of {name} then:", "", *(f"  {printable(line)}" for line in lines)]))


def look(name, arguments):
    verdict = Verdict(name, arguments)
    if arguments.began:
        verdict.note(arguments.began)
    return verdict


def check_one_by_one(names, arguments):
    """Tells everything of these tasks. Returns whether they are done."""
    verdicts = []
    for number, name in enumerate(names):
        print(f"{chr(10) if number else ''}Task {name}, {TASKS[name].__doc__}\n", flush=True)
        verdicts.append(look(name, arguments))
        tell(verdicts[-1], arguments.hint)
    return all(verdict.is_done for verdict in verdicts)


def together(names, arguments):
    """Most of a check is waiting, so they wait together."""
    pool = concurrent.futures.ThreadPoolExecutor(len(names))
    yield from pool.map(lambda name: look(name, arguments), names)


def check_all(names, arguments):
    """A line for each task. Returns whether all are done."""
    following = None
    for verdict in together(names, arguments):
        word = "done" if verdict.is_done else "missing"
        print(f"  {coloured(verdict.state.ljust(8), word)} {verdict.name:3} {TASKS[verdict.name].__doc__}", flush=True)
        following = following or (None if verdict.is_done else verdict.name)
    print(f"\nNext: task {following}. ./lab check {following} says what is missing." if following else "\nAll done.")
    return following is None


def check_for_programs(names, arguments):
    """One JSON object a task, a line each. Returns whether all are done."""
    verdicts = list(together(names, arguments))
    for verdict in verdicts:
        print(json.dumps(verdict.as_json()))
    return all(verdict.is_done for verdict in verdicts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", nargs="?", help=f"one of {', '.join(TASKS)}; 5: both of its tasks; none: all")
    parser.add_argument("--part-two", action="store_true", help="where no exercise is named, those of part two too")
    parser.add_argument("--hint", type=int, choices=(1, 2, 3), default=1,
                        help="how much of a hint: 1 a nudge, 2 a way, 3 the place in the code")
    parser.add_argument("--json", action="store_true", help="one JSON object a task, for other programs")
    parser.add_argument("--began", type=pathlib.Path, metavar="FILE",
                        help="as old as what is judged: what is found is noted for ./lab")
    parser.add_argument("--problem", help="why there is nothing to look at")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--mosquitto", type=pathlib.Path, default=ROOT / "mosquitto", help="the broker's configuration")
    parser.add_argument("--patience", type=float, default=8, metavar="SECONDS", help="for what has to happen")
    arguments = parser.parse_args()
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        os.environ.pop(name, None)
    if arguments.exercise is None:
        names = [name for name in TASKS if arguments.part_two or name not in PART_TWO]
    else:
        names = [name for name in TASKS if arguments.exercise in (name, name.rstrip("ab"))]
    if not names:
        parser.error(f"there is no exercise {arguments.exercise}: {', '.join(TASKS)}")
    if arguments.json:
        are_done = check_for_programs(names, arguments)
    elif arguments.exercise is None:
        are_done = check_all(names, arguments)
    else:
        are_done = check_one_by_one(names, arguments)
    sys.exit(0 if are_done else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        os._exit(130)  # what waits meanwhile is not waited for; the launcher ends what that has started
