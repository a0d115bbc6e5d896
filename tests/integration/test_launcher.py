"""The launcher script: what it says, what it leaves behind, how it fails."""

import os
import re
import signal
import subprocess

import pytest
from playground import BUILD, DEADLINE, ROOT, RUNNING, Lines, copy_tree, free_port, wait_until


def lab(*arguments, cwd=ROOT, **options):
    return subprocess.run([str(ROOT / "lab") if cwd == ROOT else "./lab", *arguments], cwd=cwd, stdin=subprocess.DEVNULL,
                          capture_output=True, encoding="utf-8", timeout=60, **options)


def test_help_names_every_command():
    result = lab("help")
    assert result.returncode == 0
    script = (ROOT / "lab").read_text()
    commands = re.findall(r"^  (\w+)\)", script[script.index('case "${1:-help}" in'):], re.M)
    assert {"setup", "build", "broker", "demo", "test", "clean"} <= set(commands)
    for command in commands:
        assert re.search(rf"^  {command}\b", result.stdout, re.M)


def test_an_unknown_command_is_refused():
    result = lab("dance")
    assert result.returncode != 0
    assert "unknown command: dance" in result.stderr


@pytest.fixture
def tree(tmp_path):
    """A copy of what is committed, whose broker has free ports."""
    copy_tree(tmp_path)
    path = tmp_path / "mosquitto" / "mosquitto.conf"
    path.write_text(re.sub(r"^listener \d+", lambda _: f"listener {free_port()}", path.read_text(), flags=re.M))
    return tmp_path


def broker_of(tree):
    return subprocess.Popen(["./lab", "broker"], cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True)


def test_the_broker_runs_in_the_foreground_until_ctrl_c(tree, run):
    port = re.search(r"listener (\d+)", (tree / "mosquitto" / "mosquitto.conf").read_text()).group(1)
    process = broker_of(tree)
    try:
        lines = Lines(process.stdout)
        lines.wait_for(RUNNING)
        assert run("simple_producer", "-p", port, "-C", 1).wait() == 0
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to the script and the broker
        process.wait(DEADLINE)
        assert run("simple_producer", "-p", port, "-C", 1).wait() == 69
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_taken_port_is_explained(tree):
    first = broker_of(tree)
    try:
        Lines(first.stdout).wait_for(RUNNING)
        second = lab("broker", cwd=tree)
        assert second.returncode != 0
        assert "another one runs already" in second.stderr
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def test_the_demo_cleans_up_after_ctrl_c(tree, tmp_path_factory):
    """With the programs as they are built: what is under test is the script around them."""
    (tree / "build" / "dev").mkdir(parents=True)
    (tree / "build" / "dev" / "bin").symlink_to(BUILD / "bin")
    temporary = tmp_path_factory.mktemp("temporary")
    tools = tmp_path_factory.mktemp("tools")
    (tools / "cmake").symlink_to("/bin/true")
    process = subprocess.Popen(["./lab", "demo"], cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True,
                               env={**os.environ, "TMPDIR": str(temporary), "PATH": f"{tools}:{os.environ['PATH']}"})
    try:
        lines = Lines(process.stdout)
        lines.wait_for("sent telemetry/temperature")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(DEADLINE) == 130
        wait_until(lambda: not processes_of_group(process.pid), "the end of all that the demo started")
        assert not list(temporary.iterdir())
    finally:
        if processes_of_group(process.pid):
            os.killpg(process.pid, signal.SIGKILL)


def processes_of_group(group):
    result = subprocess.run(["ps", "-A", "-o", "pgid=,stat="], capture_output=True, encoding="utf-8", check=True)
    rows = (line.split() for line in result.stdout.splitlines())
    return [row for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


def test_clean_removes_what_was_built(tree):
    (tree / "build" / "dev").mkdir(parents=True)
    result = lab("clean", cwd=tree)
    assert result.returncode == 0
    assert not (tree / "build").exists()
    assert lab("clean", cwd=tree).returncode == 0, "it can be repeated"
