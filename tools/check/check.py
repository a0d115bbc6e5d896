"""Checks the build tasks of the exercises, as README.md words them: ./lab check [EXERCISE].

    check.py [EXERCISE] [--bin FOLDER] [--mosquitto FOLDER] [--patience SECONDS]

Runs the programs against a broker of its own and watches them from outside, as an independent client. Prints the
points of the task, done or missing, and a hint for the first one that is missing; without an exercise, a line for each
task. Ends with 0 if all are done."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from lab import Lab  # noqa: E402
from tasks import TASKS  # noqa: E402


class Verdict:
    """What was found of one task."""

    def __init__(self, name, arguments):
        self.name, self.problem = name, None
        folder = pathlib.Path(tempfile.mkdtemp())
        folder.chmod(0o755)  # for the broker, which root starts as another user
        lab = Lab(arguments, folder)
        try:
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
        """The hints for the points that are missing."""
        return [hint for _, is_done, hint in self.points if not is_done]

    @property
    def is_done(self):
        return not self.missing and self.problem is None


def tell(verdict):
    """All points of one task, and a hint for the first one that is missing."""
    for what, is_done, _ in verdict.points:
        print(f"  {'done' if is_done else 'missing':8} {what}")
    for name in verdict.crashed:
        print(f"\n{name} has crashed.")
    if verdict.problem is not None:
        print(f"\nThe check could not go on: {verdict.problem}")
    if verdict.missing:
        print("\n" + textwrap.fill("Hint: " + verdict.missing[0], 100))
        if verdict.last_words is not None:
            name, lines = verdict.last_words
            print("\n".join(["", f"The last lines of {name} then:", "", *(f"  {line}" for line in lines)]))
    elif verdict.problem is None:
        following = dict(zip(TASKS, list(TASKS)[1:])).get(verdict.name)
        print("\nAll done. `git commit -a` keeps your work.", f"Next: task {following}." if following else "It was the last.")


def check_one_by_one(names, arguments):
    """Tells everything of these tasks. Returns whether they are done."""
    verdicts = []
    for number, name in enumerate(names):
        print(f"{chr(10) if number else ''}Task {name}, {TASKS[name].__doc__}\n", flush=True)
        verdicts.append(Verdict(name, arguments))
        tell(verdicts[-1])
    return all(verdict.is_done for verdict in verdicts)


def check_all(arguments):
    """A line for each task; most of a check is waiting, so they wait together. Returns whether all are done."""
    following = None
    with concurrent.futures.ThreadPoolExecutor(len(TASKS)) as pool:
        for verdict in pool.map(lambda name: Verdict(name, arguments), TASKS):
            count = f"{len(verdict.points) - len(verdict.missing)} of {len(verdict.points)}"
            print(f"  {'done' if verdict.is_done else count:8} {verdict.name:3} {TASKS[verdict.name].__doc__}", flush=True)
            following = following or (None if verdict.is_done else verdict.name)
    print(f"\nNext: task {following}. ./lab check {following} says what is missing." if following else "\nAll done.")
    return following is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", nargs="?", help=f"one of {', '.join(TASKS)}; 5: both of its tasks; none: all")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--mosquitto", type=pathlib.Path, default=ROOT / "mosquitto", help="the broker's configuration")
    parser.add_argument("--patience", type=float, default=8, metavar="SECONDS", help="for what has to happen")
    arguments = parser.parse_args()
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        os.environ.pop(name, None)
    if arguments.exercise is None:
        sys.exit(0 if check_all(arguments) else 1)
    names = [name for name in TASKS if name.rstrip("ab") == arguments.exercise or name == arguments.exercise]
    if not names:
        parser.error(f"there is no exercise {arguments.exercise}: {', '.join(TASKS)}")
    sys.exit(0 if check_one_by_one(names, arguments) else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
