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
PROGRAMS = PRODUCERS + CONSUMERS


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
