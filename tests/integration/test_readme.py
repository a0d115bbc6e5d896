"""The pages show what the programs do: tools/book/readme.py types their commands and compares."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import pytest
from playground import BUILD, DEADLINE, ROOT, wait_until

sys.path.insert(0, str(ROOT / "tools" / "book"))
import compare  # noqa: E402
import sequence  # noqa: E402

CHECK = [sys.executable, ROOT / "tools" / "book" / "readme.py"]


def check(*arguments):
    return subprocess.run([*CHECK, *arguments], capture_output=True, encoding="utf-8", timeout=400, check=False)


@pytest.fixture
def copy(tmp_path):
    """The README, with its pictures beside it."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return pathlib.Path(shutil.copy(ROOT / "README.md", tmp_path))


def test_every_block_is_as_it_is_shown():
    result = check("--bin", BUILD / "bin")
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[0]) >= 55


def changed(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_it_fails_when_an_example_publishes_to_another_topic(tmp_path):
    """Copies the tree, changes the topic in one example, and builds it."""
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git"))
    changed(tree / "examples" / "simple_producer.c", '"sensor/temperature"', '"sensor/humidity"')
    build = tmp_path / "build"
    for command in (["cmake", "-S", tree, "-B", build, "-D", "PLAYGROUND_TESTS=OFF"],
                    ["cmake", "--build", build, "--target", "simple_producer", "simple_consumer"]):
        subprocess.run(command, capture_output=True, check=True, timeout=100)
    result = subprocess.run([sys.executable, tree / "tools" / "book" / "readme.py", "--bin", build / "bin", "--only",
                             "Exercise 1", "--patience", "8"], capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert result.returncode != 0
    assert "sent sensor/temperature: 27.38" in result.stderr and "sent sensor/humidity: 27.38" in result.stderr


@pytest.mark.parametrize("old, new, why", [
    ('"value":28.69}\nsent sensor', '"value":28.68}\nsent sensor', "this came"),
    ("payload is JSON, but", "payload is text, but", "this came"),
    ("<!-- run: producer -->\n```sh\njson_producer", "```sh\njson_producer", "nothing says what"),
    ("json_consumer\n```\n\nIn", "json_consumer --no-such-option\n```\n\nIn", "never shows"),
    ("record: docs/pictures/exercise-2.svg", "record: docs/pictures/exercise-4.svg", "not what exercise-4.svg shows"),
    ("json_producer --count 3 --seed 1", "json_producer --count 3 --seed 1 --interval 2.2", "this came"),
], ids=["a number", "a word", "no comment", "a command that fails", "a recording", "a pace"])
def test_it_fails_when_the_text_is_changed(copy, old, new, why):
    changed(copy, old, new)
    result = check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", copy)
    assert result.returncode != 0 and why in result.stderr


@pytest.mark.parametrize("page, chapter, old, new", [
    ("protocol.md", "exercise 2", "    json_producer->>broker: PUBLISH", "    broker->>json_producer: PUBLISH"),
    ("protocol.md", "exercise 2", "json_producer --count 1 --qos 1", "json_producer --count 1 --qos 0"),
    ("design.md", "session", "UP --> FAILED: LOST", "UP --> OFFLINE: LOST"),
], ids=["a packet", "the command of the packets", "a state"])
def test_it_fails_when_a_diagram_is_another(tmp_path, page, chapter, old, new):
    path = pathlib.Path(shutil.copy(ROOT / "docs" / page, tmp_path))
    changed(path, old, new)
    result = check("--bin", BUILD / "bin", "--only", chapter, path)
    assert result.returncode != 0 and "this came" in result.stderr


@pytest.mark.parametrize("line, label", [
    ("-> CONNECT version 4 clean: 1 (0)", "CONNECT, clean session"),
    ("-> CONNECT version 4 clean: 0 (0)", "CONNECT, keep my session"),
    ("-> CONNECT version 5 clean: 1 (0)", "CONNECT, MQTT 5, clean start"),
    ("-> CONNECT version 5 clean: 0 (0)", "CONNECT, MQTT 5, go on with my session"),
    ("<- PUBACK msgid: 7", "PUBACK, id 7"),
    ("<- PUBACK msgid: 7, reason 135: not authorized", "PUBACK, id 7, reason 135: not authorized")])
def test_a_diagram_tells_what_matters_of_a_packet(line, label):
    packet, = sequence.packets([line])
    assert packet.label() == label


def test_the_plot_of_the_loop_is_that_of_the_commands_in_the_text(copy):
    """Without what else the chapter compares. Another pace, another plot."""
    text = copy.read_text(encoding="utf-8")
    for what in ("shows", "record", "wait"):
        text = re.sub(rf"^<!-- {what}: .*\n(```\n(.*\n)*?```\n)?", "", text, flags=re.M)
    for interval, status in (("0.9", 0), ("0.8", 1)):
        copy.write_text(text.replace("--interval 0.9 --seed 1", f"--interval {interval} --seed 1"), encoding="utf-8")
        result = check("--bin", BUILD / "bin", "--only", "Exercise 5", copy)
        assert result.returncode == status and ("telemetry/temperature,28.69" in result.stderr) == bool(status)


def test_a_chapter_must_leave_nothing_behind(copy):
    changed(copy, "<!-- broker: tidy -->\n**Tidy up.** The broker still keeps the announcements", "**Tidy up.**")
    result = check("--bin", BUILD / "bin", "--only", "Exercise 3", copy)
    assert result.returncode != 0 and "leaves retained messages behind: device/device001/info" in result.stderr


def test_it_fails_when_an_excerpt_is_not_in_the_source(copy):
    changed(copy, "(int)strlen(payload), payload", "(int)strlen(topic), payload")
    result = check("--bin", BUILD / "bin", "--only", "Exercise 1", copy)
    assert result.returncode != 0 and "does not stand in examples/simple_producer.c" in result.stderr


def test_update_puts_what_came_in_the_place_of_what_was_shown(copy):
    changed(copy, '"value":28.69}\nsent sensor', '"value":28.68}\nsent sensor')
    assert check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", "--update", copy).returncode == 0
    assert '"value":28.69}\nsent sensor' in copy.read_text(encoding="utf-8")
    assert check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", copy).returncode == 0


LINES = ["timestamp 1795366389, 35.14", "timestamp 1795366392, 37.03", "Summary: 3 sent in 3.001 s (1.0/s)",
         "trying again in 0.6 s"]


@pytest.mark.parametrize("number, line", [
    (1, "timestamp 1795366394, 37.03"), (2, "Summary: 3 sent in 1.801 s (1.7/s)"), (3, "trying again in 2.2 s")],
    ids=["a distance of stamps", "a duration", "a pause"])
def test_times_are_compared(number, line):
    shifted = [text.replace("17953663", "17000003") for text in LINES]
    assert compare.matches(LINES, shifted)
    assert not compare.matches(LINES, [*shifted[:number], line.replace("17953663", "17000003"), *shifted[number + 1:]])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_of_it_goes_on_when_it_is_stopped(tmp_path, number):
    def left():
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                found += [path.parent.name] if mark.encode() in path.read_bytes() else []
            except OSError:
                pass  # it has ended, or is somebody else's
        return found

    mark = f"READ_BY_A_TEST={tmp_path}"
    name, value = mark.split("=")
    process = subprocess.Popen([*CHECK, "--bin", BUILD / "bin", "--only", "Exercise", ROOT / "README.md"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, name: value, "TMPDIR": str(tmp_path)})
    wait_until(lambda: len(left()) > 8, "programs of several chapters")
    process.send_signal(number)
    assert process.wait(2 * DEADLINE) == 128 + number
    wait_until(lambda: not left(), "the end of all that it had started")
    assert not list(tmp_path.iterdir())
