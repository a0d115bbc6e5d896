"""Checks the build tasks of the exercises, as README.md words them: ./lab check EXERCISE.

    check.py EXERCISE [--bin FOLDER] [--mosquitto FOLDER] [--patience SECONDS]

Runs the programs against a broker of its own and watches them from outside, as an independent client. Prints the
points of the task, done or missing, and a hint for the first one that is missing. Ends with 0 if all are done."""

import argparse
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


def run(name, arguments):
    """Checks one task and prints what was found. Returns whether it is done."""
    task = TASKS[name]
    print(f"Task {name}, {task.__doc__}\n", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # for the broker, which root starts as another user
    lab = Lab(arguments, folder)
    problem = None
    try:
        task(lab)
    except Exception as error:  # whatever a program under construction may do, the learner wants to know the points
        problem = error
    finally:
        crashed = [program.name for program in lab.programs if (program.process.poll() or 0) < 0]
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)
    for what, is_done, _ in lab.points:
        print(f"  {'done' if is_done else 'missing':8} {what}")
    missing = [hint for _, is_done, hint in lab.points if not is_done]
    for name in crashed:
        print(f"\n{name} has crashed.")
    if problem is not None:
        print(f"\nThe check could not go on: {problem}")
    if missing:
        print("\n" + textwrap.fill("Hint: " + missing[0], 100))
        if lab.last_words is not None:
            name, lines = lab.last_words
            print("\n".join(["", f"The last lines of {name} then:", "", *(f"  {line}" for line in lines)]))
    elif problem is None:
        print("\nAll done.")
    return not missing and problem is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", help=f"one of {', '.join(TASKS)}; or 5, for both of its tasks")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--mosquitto", type=pathlib.Path, default=ROOT / "mosquitto", help="the broker's configuration")
    parser.add_argument("--patience", type=float, default=8, metavar="SECONDS", help="for what has to happen")
    arguments = parser.parse_args()
    for name in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        os.environ.pop(name, None)
    names = [name for name in TASKS if name.rstrip("ab") == arguments.exercise or name == arguments.exercise]
    if not names:
        parser.error(f"there is no exercise {arguments.exercise}: {', '.join(TASKS)}")
    results = []
    for number, name in enumerate(names):
        if number > 0:
            print()
        results.append(run(name, arguments))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
