"""Where the lab is, what it was built with, and what its programs are called."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PLAYGROUND_BUILD", ROOT / "build" / "dev"))
PAHO = tuple(map(int, os.environ.get("PLAYGROUND_PAHO", "1.3.12").split(".")))  # the C client's version

PRODUCERS = ["simple_producer", "json_producer", "device_producer", "auth_producer", "mqtt_smart_object"]
CONSUMERS = ["simple_consumer", "json_consumer", "device_consumer", "auth_consumer", "mqtt_smart_object_controller"]
PROGRAMS = PRODUCERS + CONSUMERS  # of part one

# Part two: each of its programs is the diff to its twin of part one, and holds to all that this one holds to.
TWINS = {"mqtt5_producer": "auth_producer", "mqtt5_consumer": "auth_consumer",
         "mqtt5_smart_object": "mqtt_smart_object", "mqtt5_controller": "mqtt_smart_object_controller"}
PROGRAMS_OF_PART_TWO = list(TWINS)
ALL_PROGRAMS = PROGRAMS + PROGRAMS_OF_PART_TWO
ALL_PRODUCERS = PRODUCERS + [name for name, twin in TWINS.items() if twin in PRODUCERS]
ALL_CONSUMERS = CONSUMERS + [name for name, twin in TWINS.items() if twin in CONSUMERS]


def twin_of(name):
    """The program of part one that it is the diff to; one of part one itself."""
    return TWINS.get(name, name)


def copy_launcher(folder):
    """Copies ./lab, with what it is made of."""
    shutil.copy(ROOT / "lab", folder)
    shutil.copytree(ROOT / "tools" / "launcher", folder / "tools" / "launcher")
    shutil.copy(ROOT / "tools" / "packages", folder / "tools")


def copy_tree(folder):
    """Copies what is committed, as it stands in the working tree."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    for name in files.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
