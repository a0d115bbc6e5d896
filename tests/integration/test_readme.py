"""The README shows what the programs do: tests/readme/readme.py types its commands and compares."""

import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from conftest import BUILD, ROOT

CHECK = [sys.executable, ROOT / "tests" / "readme" / "readme.py"]


def check(*arguments):
    return subprocess.run([*CHECK, *arguments], capture_output=True, encoding="utf-8", timeout=400, check=False)


@pytest.fixture
def copy(tmp_path):
    return pathlib.Path(shutil.copy(ROOT / "README.md", tmp_path))


def test_every_block_is_as_it_is_shown():
    result = check("--bin", BUILD / "bin")
    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[0]) >= 45


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
    result = subprocess.run([sys.executable, tree / "tests" / "readme" / "readme.py", "--bin", build / "bin", "--only",
                             "Exercise 1", "--patience", "8"], capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert result.returncode != 0
    assert "sent sensor/temperature: 27.38" in result.stderr and "sent sensor/humidity: 27.38" in result.stderr


@pytest.mark.parametrize("old, new, why", [
    ('"value":28.69}\nsent sensor', '"value":28.68}\nsent sensor', "this came"),
    ("payload is JSON, but", "payload is text, but", "this came"),
    ("<!-- run: producer -->\n```sh\njson_producer", "```sh\njson_producer", "nothing says what"),
    ("json_consumer\n```\n\nIn", "json_consumer --no-such-option\n```\n\nIn", "never shows"),
    ("    json_producer->>broker: PUBLISH", "    broker->>json_producer: PUBLISH", "this came"),
    ("record: docs/exercise-2.svg", "record: docs/exercise-4.svg", "not what exercise-4.svg shows"),
], ids=["a number", "a word", "no comment", "a command that fails", "a packet", "a recording"])
def test_it_fails_when_the_text_is_changed(copy, old, new, why):
    changed(copy, old, new)
    result = check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", copy)
    assert result.returncode != 0 and why in result.stderr


def test_it_fails_when_an_excerpt_is_not_in_the_source(copy):
    changed(copy, "(int)strlen(payload), payload", "(int)strlen(topic), payload")
    result = check("--bin", BUILD / "bin", "--only", "Exercise 1", copy)
    assert result.returncode != 0 and "does not stand in examples/simple_producer.c" in result.stderr


def test_update_puts_what_came_in_the_place_of_what_was_shown(copy):
    changed(copy, '"value":28.69}\nsent sensor', '"value":28.68}\nsent sensor')
    assert check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", "--update", copy).returncode == 0
    assert '"value":28.69}\nsent sensor' in copy.read_text(encoding="utf-8")
    assert check("--bin", BUILD / "bin", "--only", "Exercise 2", "--patience", "8", copy).returncode == 0


def test_the_picture_of_exercise_5_is_that_of_a_run(tmp_path):
    """Of docs/loop.csv, that is: five times as fast, with the same seed, a run goes the same way."""
    subprocess.run([sys.executable, ROOT / "tests" / "readme" / "loop.py", "--bin", BUILD / "bin", "--speed", "5", tmp_path],
                   check=True, timeout=100)
    assert (tmp_path / "loop.csv").read_text() == (ROOT / "docs" / "loop.csv").read_text()
    assert "OVER_HEATING" in (tmp_path / "loop.svg").read_text()


def test_the_pictures_are_small_well_formed_and_need_nothing_from_elsewhere():
    pictures = sorted((ROOT / "docs").glob("*.svg"))
    assert len(pictures) >= 7
    for path in pictures:
        assert path.stat().st_size < 70000, path
        text = path.read_text(encoding="utf-8")
        assert xml.etree.ElementTree.fromstring(text).tag.endswith("svg")
        assert not re.search(r"<script|@import|url\((?!['\"]?#)|href=[\"'](?!#)", text), path
