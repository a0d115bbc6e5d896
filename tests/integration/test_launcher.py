"""The launcher: what it says, how it fails, and that nothing is left of it, wherever it is and whenever it is stopped."""

import errno
import fnmatch
import os
import random
import re
import shutil
import signal
import socket
import subprocess

import pytest
from playground import BUILD, DEADLINE, ROOT, RUNNING, Lines, copy_tree, free_port, wait_until


def lab(*arguments, cwd=ROOT, script="./lab", **options):
    return subprocess.run([script, *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8", timeout=100, **options)


def test_help_names_every_command():
    result = lab("help")
    assert result.returncode == 0
    script = (ROOT / "lab").read_text()
    commands = re.findall(r"^  (\w+)\)", script[script.index('case "${1:-}" in'):], re.M)
    assert {"setup", "build", "broker", "demo", "test", "clean"} <= set(commands)
    for command in commands:
        assert re.search(rf"^  {command}\b", result.stdout, re.M)


def test_an_unknown_command_is_refused():
    result = lab("dance")
    assert result.returncode != 0 and not result.stdout
    assert result.stderr == "lab: unknown command: dance. ./lab help shows what there is\n"


def test_alone_it_says_where_one_is_and_what_comes_next(tree, broker):
    def told():
        result = lab(cwd=tree, env={**os.environ, "MQTT_PORT": str(broker.port)})
        assert result.returncode == 0 and result.stdout.count("\n") < 24
        return dict(re.findall(r"^  (\w+) +(.*)$", result.stdout, re.M))

    assert told()["programs"] == "not built yet" and told()["next"].startswith("./lab demo ")
    program = tree / "build" / "dev" / "bin" / "mqtt_smart_object_controller"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    assert told()["programs"].startswith("built") and told()["next"].startswith("the exercises of README.md")
    broker.stop()
    assert told()["broker"].startswith("none") and told()["next"].startswith("./lab broker")


@pytest.mark.parametrize("typed, meant", [("chek", "check"), ("hcek", None), ("chekc", "check"), ("checkk", "check"),
                                          ("chack", "check"), ("demmo", "demo"), ("setp", "setup"), ("redame", "readme"),
                                          ("b", None), ("buildd", "build"), ("brok", None), ("*", None), ("c*", None)])
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(typed, meant):
    result = lab(typed)
    assert result.returncode != 0
    assert re.search(r"did you mean (\w+)\?", result.stderr + " did you mean None?").group(1) == str(meant)


@pytest.mark.parametrize("exercise", ["0", "6", "5c", "12", "one"])
def test_an_exercise_that_there_is_not_is_named(exercise):
    result = lab("check", exercise)
    assert result.returncode != 0 and f"there is no exercise {exercise}" in result.stderr


@pytest.fixture
def tree(tmp_path):
    """A copy of what is committed, whose broker has free ports."""
    copy_tree(tmp_path / "tree")
    path = tmp_path / "tree" / "mosquitto" / "mosquitto.conf"
    path.write_text(re.sub(r"^listener \d+", lambda _: f"listener {free_port()}", path.read_text(), flags=re.M))
    return tmp_path / "tree"


@pytest.fixture
def start(tree):
    """Starts the launcher in a session of its own, and ends what is left of that after the test."""
    started = []

    def start(*arguments, **environment):
        process = subprocess.Popen(["./lab", *arguments], cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, encoding="utf-8", start_new_session=True,
                                   env={**os.environ, **{name: str(value) for name, value in environment.items()}})
        process.lines = Lines(process.stdout)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(DEADLINE)
        finally:
            for pid in processes_of(process.pid):
                os.kill(pid, signal.SIGKILL)


def processes_of(session):
    """Those that are running, in whatever process group."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,stat="], capture_output=True, encoding="utf-8", check=True).stdout
    return [pid for pid in (int(line.split()[0]) for line in listed.splitlines() if line.split()[1][0] != "Z")
            if session_of(pid) == session]


def session_of(pid):
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


# --- stopped ---------------------------------------------------------------------------------------------------------

# Stands for every command that takes a while. That of $PHASE waits until somebody opens $GO, and does so itself: what it
# had started for that could miss a signal that comes in this moment.
STUB = """#!/bin/sh
call="${0##*/} $*"
echo "$call" >>"$CALLS"
case $call in
  $PHASE) : <"$GO" ;;
esac
case $call in
  "dpkg-query "*) test -e "$INSTALLED" && printf installed ;;
  "apt-get install "*) touch "$INSTALLED" ;;
  "sudo -n "*) ;;
  "sudo "*) exec "$@" ;;
  "id "*) echo 1000 ;;
  $FAILS) echo "a reason"; exit 1 ;;
esac
"""
STUBBED = ["apt-get", "clang-format", "clang-tidy", "cmake", "cppcheck", "ctest", "dpkg-query", "gcovr", "id",
           "mosquitto", "openssl", "python3", "shellcheck", "sudo"]
STOPS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}
PHASES = [
    ("setup", "apt-get update *"), ("setup", "apt-get install *"), ("setup", "sudo -n true"),
    ("build", "cmake --preset *"), ("build", "cmake --build *"),
    ("broker", "mosquitto *"),
    ("certs", "openssl req *"), ("certs", "openssl x509 *"),
    ("demo", "apt-get install *"), ("demo", "cmake --build *"), ("demo", "mosquitto *"),
    ("check 1", "cmake --preset *"), ("check 1", "python3 tools/check/*"),
    ("test quick", "cmake --build *"), ("test quick", "ctest *"),
    ("test", "ctest --preset once"), ("test", "clang-tidy -p *"), ("test", "cppcheck *"),
    ("test", "ctest --preset memory"), ("test", "ctest --preset coverage"), ("test", "gcovr *"),
    ("test", "ctest --preset asan"), ("test", "ctest --preset tsan"), ("test", "ctest --preset fuzz"),
    ("test all", "ctest --preset night"), ("test all", "python3 tests/simulation/*"), ("test all", "simulation *"),
    ("bench", "cmake --preset release *"), ("bench", "python3 tools/bench/*"),
    ("readme", "cmake --build *"), ("readme", "python3 tools/book/*"),
    ("fuzz 5", "cmake --build *"), ("fuzz 5", "ctest *"),
]


class World:
    """What the launcher sees of it: other commands, and a folder for temporary files."""

    def __init__(self, folder, tree):
        self.calls, self.go, self.installed = (folder / name for name in ("calls", "go", "installed"))
        self.temporary, self.tools = folder / "temporary", folder / "tools"
        simulation = tree / "build" / "release" / "tests" / "simulation"
        for path in (self.tools, self.temporary, simulation, tree / "build" / "coverage"):
            path.mkdir(parents=True)
        for path in [*(self.tools / name for name in STUBBED), simulation / "simulation"]:
            path.write_text(STUB)
            path.chmod(0o755)
        self.calls.touch()
        self.installed.touch()
        os.mkfifo(self.go)

    def environment(self, phase="-", fails="-"):
        return {"PHASE": phase, "FAILS": fails, "CALLS": self.calls, "GO": self.go, "INSTALLED": self.installed,
                "TMPDIR": self.temporary, "PATH": f"{self.tools}:{os.environ['PATH']}"}

    def called(self, pattern):
        return [call for call in self.calls.read_text().splitlines() if fnmatch.fnmatchcase(call, pattern)]

    def wait_for(self, pattern, count=1):
        wait_until(lambda: len(self.called(pattern)) >= count, f"{pattern}, {count} times")

    def let_go(self):
        """The one that waits."""
        wait_until(self.has_let_go, "somebody who waits")

    def has_let_go(self):
        try:
            os.close(os.open(self.go, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            assert error.errno == errno.ENXIO  # not yet
            return False
        return True


@pytest.fixture
def world(tmp_path, tree):
    return World(tmp_path, tree)


def files(tree):
    return {path: path.read_bytes() for path in tree.rglob("*") if path.is_file() and "build" not in path.parts}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("command, phase", PHASES)
def test_nothing_is_left_of_a_command_that_is_stopped(start, tree, world, command, phase, stop):
    number, status = STOPS[stop]
    installs = phase.startswith(("sudo", "apt-get"))
    if installs:
        world.installed.unlink()
    before = files(tree)
    process = start(*command.split(), **world.environment(phase))
    wait_until(lambda: world.called(phase) or process.poll() is not None, phase)
    assert process.poll() is None, process.lines.lines
    if stop == "Ctrl-C":
        os.killpg(process.pid, number)  # as a terminal does it
    else:
        process.send_signal(number)
        if installs:
            world.let_go()  # a package manager is waited for, not ended half-way
    assert process.wait(DEADLINE) == status
    assert not processes_of(process.pid)
    assert not list(world.temporary.iterdir())
    assert files(tree) == before
    assert world.calls.read_text().splitlines()[-1] in world.called(phase), "it went on after that"


def test_what_hears_neither_ctrl_c_nor_sigterm_is_ended_all_the_same(start, world):
    """And a terminal that is closed ends the launcher as a signal does."""
    (world.tools / "cmake").write_text("#!/bin/sh\ntrap '' INT TERM\n" + STUB)
    process = start("build", **world.environment("cmake --build *"))
    world.wait_for("cmake --build *")
    process.send_signal(signal.SIGHUP)
    assert process.wait(DEADLINE) == 129
    assert not processes_of(process.pid)
    assert not list(world.temporary.iterdir())


def test_nothing_begins_after_a_program_that_ends_well_by_ctrl_c(start, world):
    (world.tools / "ctest").write_text("#!/bin/sh\ntrap 'exit 0' INT\n" + STUB)
    process = start("test", **world.environment("ctest --preset once"))
    world.wait_for("ctest --preset once")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert world.calls.read_text().splitlines()[-1] == "ctest --preset once"


def test_the_broker_runs_in_the_foreground_until_ctrl_c(tree, start, run):
    port = re.search(r"listener (\d+)", (tree / "mosquitto" / "mosquitto.conf").read_text()).group(1)
    process = start("broker")
    process.lines.wait_for(RUNNING)
    assert run("simple_producer", "-p", port, "-C", 1).wait() == 0
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert run("simple_producer", "-p", port, "-C", 1).wait() == 69


def test_the_demo_cleans_up_after_ctrl_c(tree, start, tmp_path):
    """With the programs as they are built: what is under test is the script around them."""
    (tree / "build" / "dev").mkdir(parents=True)
    (tree / "build" / "dev" / "bin").symlink_to(BUILD / "bin")
    for name in ("temporary", "tools"):
        (tmp_path / name).mkdir()
    (tmp_path / "tools" / "cmake").symlink_to("/bin/true")
    process = start("demo", TMPDIR=tmp_path / "temporary", PATH=f"{tmp_path / 'tools'}:{os.environ['PATH']}")
    process.lines.wait_for("sent telemetry/temperature")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert not processes_of(process.pid)
    assert not list((tmp_path / "temporary").iterdir())


# --- failed ----------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_explained(start, tree):
    start("broker").lines.wait_for(RUNNING)
    second = lab("broker", cwd=tree)
    port = re.search(r"listener (\d+)", (tree / "mosquitto" / "mosquitto.conf").read_text()).group(1)
    assert second.returncode != 0
    by_whom = r" by mosquitto, process \d+" if shutil.which("ss") else ""  # macOS has none
    assert re.search(rf"port {port} is taken{by_whom}\. ", second.stderr)


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_all_ports_move_together(tree, start, run):
    (tree / "mosquitto" / "mosquitto.conf").write_text((ROOT / "mosquitto" / "mosquitto.conf").read_text())
    assert lab("certs", cwd=tree).returncode == 0
    # Below those that the system gives to connections.
    port = next(port for port in random.sample(range(20000, 25000), 100)
                if all(is_free(port + shift) for shift in (0, 1, 7000, 7001)))
    broker = start("broker", "--port", str(port))
    broker.lines.wait_for(f"export MQTT_PORT={port}$")
    running = broker.lines.wait_for(RUNNING)
    assert re.match(r"\d\d:\d\d:\d\d: ", running)  # as people read the time
    alice = ["-u", "alice", "-P", "alice-secret", "-C", 1]
    assert run("simple_producer", "-C", 1, environment={"MQTT_PORT": str(port)}).wait() == 0
    assert run("auth_producer", "-p", port + 1, *alice).wait() == 0
    assert run("auth_producer", "-p", port + 7000, "--cafile", tree / "mosquitto" / "tls" / "ca.crt", *alice).wait() == 0


@pytest.mark.parametrize("arguments", [["--port"], ["--port", "0"], ["--port", "65535"], ["--port", "x"], ["--prot", "2883"],
                                       ["2883"], ["--port", ""]])
def test_a_port_that_is_none_is_refused(tree, arguments):
    result = lab("broker", *arguments, cwd=tree)
    assert result.returncode != 0 and result.stderr.startswith("lab: the ")


@pytest.mark.parametrize("command, fails, words", [
    ("build", "cmake --preset *", "the build failed"), ("build", "cmake --build *", "the build failed"),
    ("certs", "openssl x509 *", "the old ones are untouched")])
def test_a_failure_is_told_with_its_reason(start, tree, world, command, fails, words):
    (tree / "mosquitto" / "tls" / "ca.crt").write_text("an old one")
    before = files(tree)
    process = start(command, **world.environment(fails=fails))
    process.lines.wait_for("^a reason$")
    process.lines.wait_for(f"^lab: .*{words}")
    assert process.wait(DEADLINE) == 1
    assert files(tree) == before
    assert not list(world.temporary.iterdir())


def test_what_fails_later_fails_the_command(start, world):
    process = start("test", **world.environment(fails="ctest --preset tsan"))
    assert process.wait(DEADLINE) == 1
    assert world.calls.read_text().splitlines()[-1] == "ctest --preset tsan"


# --- wherever it is --------------------------------------------------------------------------------------------------


def test_two_builds_at_once_take_turns(start, world):
    both = [start("build", **world.environment("cmake --preset *")) for _ in range(2)]
    world.wait_for("cmake --preset *")
    wait_until(lambda: any(one.lines.matching("waiting for it") for one in both), "one that waits")
    assert len(world.called("cmake --preset *")) == 1
    world.let_go()
    world.wait_for("cmake --preset *", 2)
    assert len(world.called("cmake --build *")) == 1
    world.let_go()
    assert [one.wait(DEADLINE) for one in both] == [0, 0]


def test_it_builds_where_there_are_no_locks(start, world):
    (world.tools / "flock").write_text("#!/bin/sh\necho flock: 9: No locks available >&2; exit 71\n")
    (world.tools / "flock").chmod(0o755)
    process = start("build", **world.environment())
    assert process.wait(DEADLINE) == 0
    assert not process.lines.matching("flock|waiting for it")


def test_what_one_setup_installs_the_other_does_not(start, world):
    world.installed.unlink()
    both = [start("setup", **world.environment("apt-get install *")) for _ in range(2)]
    world.wait_for("apt-get install *")
    wait_until(lambda: any(one.lines.matching("waiting for it") for one in both), "one that waits")
    world.let_go()
    assert [one.wait(DEADLINE) for one in both] == [0, 0]
    assert len(world.called("apt-get *")) == 2, "one update, one install"


def test_it_is_found_through_links(tree, tmp_path):
    """An absolute one to a relative one, from a folder that CDPATH has, too."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "relative").symlink_to("../tree/lab")
    (tmp_path / "absolute").symlink_to(tmp_path / "links" / "relative")
    (tree / "build").mkdir()
    result = lab("clean", cwd=tmp_path, script="./absolute", env={**os.environ, "CDPATH": str(ROOT)})
    assert result.returncode == 0, result.stderr
    assert not (tree / "build").exists()


def test_it_builds_in_a_folder_with_spaces_and_umlauts_and_says_so_if_that_was_moved(tree, tmp_path):
    folder = tree.rename(tmp_path / "Käse mit Löchern")
    subprocess.run(["cmake", "--preset", "dev", "-D", "PLAYGROUND_TESTS=OFF"], cwd=folder, capture_output=True,
                   check=True)
    result = lab("build", cwd=folder)
    assert result.returncode == 0, result.stderr
    page = (folder / "build" / "dev" / "man" / "simple_producer.1").read_text(encoding="utf-8")
    assert ".B simple_producer\n" in page

    moved = folder.rename(tmp_path / "moved")
    result = lab("build", cwd=moved)
    assert result.returncode == 1
    assert "Run ./lab clean" in result.stderr and str(folder) in result.stderr
    assert "CMake Error" not in result.stderr


@pytest.mark.parametrize("name", ["a;b", 'q"q', "a#b", "a<b", "a>b", "b\\s", "g:h", "a|b", "new\nline"])
def test_a_folder_that_cannot_be_built_in_is_refused_in_a_line(tree, name):
    moved = tree.rename(tree.parent / name)
    result = lab("build", cwd=moved)
    assert result.returncode != 0 and "lab: this folder cannot be built in" in result.stderr
    assert result.stderr.count("\n") == 1 + name.count("\n")


def test_a_folder_whose_name_ends_in_a_space_is_not_taken_for_another(tree):
    moved = tree.rename(tree.parent / "trail ")
    for _ in range(2):
        result = lab("build", cwd=moved)
        assert result.returncode == 0, result.stderr


def test_clean_removes_what_was_built(tree):
    (tree / "build" / "dev").mkdir(parents=True)
    result = lab("clean", cwd=tree)
    assert result.returncode == 0
    assert not (tree / "build").exists()
    assert lab("clean", cwd=tree).returncode == 0, "it can be repeated"
