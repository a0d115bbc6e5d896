"""The launcher: what it says, how it fails, and that nothing is left of it, wherever it is and whenever it is stopped."""

import errno
import fnmatch
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest
from playground import BUILD, DEADLINE, ROOT, RUNNING, copy_tree, free_port, start_piped, wait_until


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
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_an_unknown_command_is_refused():
    result = lab("dance")
    assert result.returncode != 0 and not result.stdout
    assert result.stderr == "lab: unknown command: dance. ./lab help shows what there is\n"


def test_alone_it_says_where_one_is_and_what_comes_next(tree, broker):
    def told():
        result = lab(cwd=tree, env={**os.environ, "MQTT_PORT": str(broker.port)})
        assert result.returncode == 0 and result.stdout.count("\n") < 24
        assert max(map(len, result.stdout.splitlines())) <= 80
        return dict(re.findall(r"^  (\w+) +(.*)$", result.stdout, re.M))

    assert told()["programs"] == "not built yet" and told()["next"].startswith("./lab demo")
    program = tree / "build" / "dev" / "bin" / "mqtt_smart_object_controller"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    assert told()["programs"].startswith("built") and told()["next"].startswith("task 1 of README.md")
    broker.stop()
    assert told()["broker"].startswith("none") and told()["next"].startswith("./lab broker")


def test_alone_it_shows_the_tasks_as_the_last_check_found_them(tree, broker):
    def told():
        result = lab(cwd=tree, env={**os.environ, "MQTT_PORT": str(broker.port)})
        tasks, following = re.search(r"^  tasks +(.*)\n  next +(.*)$", result.stdout, re.M).groups()
        return dict(re.findall(r"(\w+): (-|\w+(?: of \d+)?)", tasks)), following

    program = tree / "build" / "dev" / "bin" / "mqtt_smart_object_controller"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    notes = tree / "build" / "tasks"
    notes.mkdir()
    (notes / "1").write_text("done\nexamples/simple_consumer.c\n")
    (notes / "3").write_text("2 of 8\nexamples/device_producer.c\n")
    states, following = told()
    assert states == {"1": "done", "2": "-", "3": "2 of 8", "4": "-", "5a": "-", "5b": "-"}
    assert following.startswith("task 2 of README.md")
    later = time.time() + 1
    os.utime(tree / "examples" / "simple_consumer.c", (later, later))
    states, following = told()
    assert states["1"] == "changed" and states["3"] == "2 of 8" and following.startswith("task 1 of README.md")
    (tree / "examples" / "device_producer.c").unlink()
    assert told()[0]["3"] == "changed"
    for name in states:
        (notes / name).write_text("done\n")
    states, following = told()
    assert (states["6"], states["7"]) == ("-", "-") and following.startswith("task 6 of docs/mqtt5.md")
    for name in states:
        (notes / name).write_text("done\n")
    assert told()[1].startswith("all tasks are done")
    (notes / "7").write_text("2 of 8\n")
    assert told()[1].startswith("task 7 of docs/answer.md")
    (notes / "1").unlink()
    states, following = told()
    assert states["7"] == "2 of 8" and following.startswith("task 1 of README.md"), "part two has begun, and one is free to"


@pytest.mark.parametrize("typed, meant", [("chek", "check"), ("hcek", None), ("chekc", "check"), ("checkk", "check"),
                                          ("chack", "check"), ("demmo", "demo"), ("setp", "setup"), ("redame", "readme"),
                                          ("b", None), ("buildd", "build"), ("brok", None), ("*", None), ("c*", None)])
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(typed, meant):
    result = lab(typed)
    assert result.returncode != 0
    assert re.search(r"did you mean (\w+)\?", result.stderr + " did you mean None?").group(1) == str(meant)


@pytest.mark.parametrize("exercise", ["0", "8", "5c", "6a", "12", "one"])
def test_an_exercise_that_there_is_not_is_named(exercise):
    result = lab("check", exercise)
    assert result.returncode != 0 and f"there is no exercise {exercise}" in result.stderr


@pytest.mark.parametrize("command, words", [
    ("clean x", "clean takes nothing more, and not x"), ("build x", "build takes nothing more"),
    ("up x", "up takes nothing more"), ("demo --help", "demo takes nothing more"),
    ("certs x", "certs takes nothing more"), ("readme --updat", "the pages take --update, and not --updat"),
    ("bench x", "the bench takes options, and not x")])
def test_what_a_command_does_not_take_is_refused_in_a_line(command, words):
    result = lab(*command.split())
    assert result.returncode != 0 and result.stdout == "" and re.fullmatch(rf"lab: {re.escape(words)}.*\n", result.stderr)


@pytest.mark.parametrize("options, words", [
    (["1", "--hnit"], "the check has no --hnit. It has --hint 1 to 3, --watch and --json"),
    (["--hint"], "how much of a hint?"), (["1", "--hint", "4"], "how much of a hint?"),
    (["1", "two"], "there is no exercise two.")])
def test_what_a_check_does_not_have_is_refused_in_a_line(options, words):
    result = lab("check", *options)
    assert result.returncode != 0 and result.stdout == "" and re.fullmatch(rf"lab: {re.escape(words)}.*\n", result.stderr)


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
        started.append(start_piped("./lab", *arguments, environment=environment, cwd=tree, start_new_session=True))
        return started[-1]

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
# The same for those that hear a signal: a shell that opens $GO would end by it, whatever its traps say.
ATTENTIVE = STUB.replace(': <"$GO"', "while true; do sleep 0.1; done")
STUBBED = ["apt-get", "clang-format", "clang-tidy", "cmake", "cppcheck", "ctest", "dpkg-query", "gcovr", "id",
           "mosquitto", "openssl", "python3", "shellcheck", "sudo"]
STOPS = {"Ctrl-C": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}
PHASES = [
    ("setup", "apt-get update *"), ("setup", "apt-get install *"), ("setup", "sudo -n true"),
    ("build", "cmake --preset *"), ("build", "cmake --build *"),
    ("broker", "mosquitto *"),
    ("certs", "openssl req *"), ("certs", "openssl x509 *"),
    ("demo", "apt-get install *"), ("demo", "cmake --build *"), ("demo", "mosquitto *"),
    ("watch", "python3 tools/watch/*"), ("up", "cmake --build *"),
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


def test_a_folder_that_is_just_being_made_is_not_left_either(start, world):
    """The signal reaches who makes it, too, after it is made and before it is told where."""
    real = shutil.which("mktemp")
    (world.tools / "mktemp").write_text(f'#!/bin/sh\nfolder=$({real} "$@")\nkill -TERM 0\necho "$folder"\n')
    (world.tools / "mktemp").chmod(0o755)
    process = start("build", **world.environment())
    assert process.wait(DEADLINE) == 143
    assert not list(world.temporary.iterdir())
    assert not world.calls.read_text()


def test_what_hears_neither_ctrl_c_nor_sigterm_is_ended_all_the_same(start, world):
    """A terminal that is closed ends the launcher as a signal does; and Ctrl-C, while it is at that, changes nothing."""
    (world.tools / "cmake").write_text("#!/bin/sh\ntrap 'echo Ctrl-C >>\"$CALLS\"' INT\ntrap '' TERM\n" + ATTENTIVE)
    process = start("build", **world.environment("cmake --build *"))
    world.wait_for("cmake --build *")
    process.send_signal(signal.SIGHUP)
    world.wait_for("Ctrl-C")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 129
    assert not processes_of(process.pid)
    assert not list(world.temporary.iterdir())


def test_nothing_begins_after_a_program_that_ends_well_by_ctrl_c(start, world):
    (world.tools / "ctest").write_text("#!/bin/sh\ntrap 'echo heard; exit 0' INT\n" + ATTENTIVE)
    process = start("test", **world.environment("ctest --preset once"))
    world.wait_for("ctest --preset once")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    process.lines.wait_for("^heard$")
    assert world.calls.read_text().splitlines()[-1] == "ctest --preset once"


def test_the_broker_runs_in_the_foreground_until_ctrl_c(tree, start, run):
    port = re.search(r"listener (\d+)", (tree / "mosquitto" / "mosquitto.conf").read_text()).group(1)
    process = start("broker")
    process.lines.wait_for(RUNNING)
    assert run("simple_producer", "-p", port, "-C", 1).wait() == 0
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert run("simple_producer", "-p", port, "-C", 1).wait() == 69


@pytest.fixture
def built(tree, tmp_path):
    """The programs as they are built, in a tree that says it has nothing to build: what is under test is the script around
    them. Returns variables of the environment."""
    (tree / "build" / "dev" / "bin").mkdir(parents=True)
    for program in (BUILD / "bin").iterdir():
        (tree / "build" / "dev" / "bin" / program.name).symlink_to(program)
    for name in ("temporary", "tools"):
        (tmp_path / name).mkdir()
    (tmp_path / "tools" / "cmake").symlink_to("/bin/true")
    return {"TMPDIR": tmp_path / "temporary", "PATH": f"{tmp_path / 'tools'}:{os.environ['PATH']}"}


def replace(tree, program, text):
    path = tree / "build" / "dev" / "bin" / program
    path.unlink()
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_demo_cleans_up_after_ctrl_c(start, built, tmp_path):
    process = start("demo", **built)
    process.lines.wait_for("telemetry/temperature +27.38: a reading")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert not processes_of(process.pid)
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("command", ["check 5b", "check", "check 5a --json", "check --watch"])
def test_nothing_is_left_of_a_check_that_is_stopped(start, built, tmp_path, command, stop):
    number, status = STOPS[stop]
    process = start(*command.split(), **built)
    wait_until(lambda: list((tmp_path / "temporary").rglob("broker.conf")), "a broker")
    if stop == "Ctrl-C":
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    assert process.wait(DEADLINE) == status
    process.lines.thread.join(DEADLINE)
    assert not process.lines.matching("Traceback|Error") and not processes_of(process.pid)
    assert not list((tmp_path / "temporary").iterdir())


def hurry(tree):
    """The demo in a tenth of its time: of an option that is given twice, the last one counts."""
    replace(tree, "mqtt_smart_object", f'exec {BUILD}/bin/mqtt_smart_object "$@" --interval 0.05')
    replace(tree, "mqtt_smart_object_controller", f'exec {BUILD}/bin/mqtt_smart_object_controller "$@" --off-seconds 0.4')


def test_the_demo_tells_its_story_and_what_is_next(start, tree, built, tmp_path):
    hurry(tree)
    process = start("demo", **built)
    assert process.wait(2 * DEADLINE) == 0
    text = "\n".join(process.lines.lines)
    assert re.search("Exercise 5.*Subscribed to .*the device says who it is.*OVER_HEATING 35.14: .*SWITCH OFF: .*SWITCH ON: .*"
                     "OFFLINE: .*What you have seen.*Start with the first.*simple_producer", text, re.S), text
    assert "\x1b" not in text
    assert not processes_of(process.pid) and not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("program", ["mqtt_smart_object", "mqtt_smart_object_controller"])
def test_the_demo_shows_the_words_of_a_program_that_fails(start, tree, built, program):
    hurry(tree)
    replace(tree, program, "echo its own words; exit 70")
    process = start("demo", **built)
    assert process.wait(2 * DEADLINE) == 1
    process.lines.wait_for("^its own words$")
    process.lines.wait_for(f"^lab: {program} has failed")
    assert not process.lines.matching("What you have seen") and not processes_of(process.pid)


def test_the_demo_is_a_picture_on_a_terminal(tree, built, terminal, tmp_path):
    hurry(tree)
    shown = terminal("./lab", "demo", folder=tree, **built)
    shown.wait_for(r"^ device001 +● ONLINE")
    shown.wait_for(r"threshold 37$")
    assert shown.wait_for_end() == 0
    assert shown.ask("alternate_on", "cursor_flag", "wrap_flag") == ["0", "1", "1"]
    story = shown.screen("-S", "-")
    assert re.search("▼ +▲.*OVER_HEATING.*What you have seen.*Start with the first", story, re.S), story
    assert not shown.broken_lines() and not list((tmp_path / "temporary").iterdir())


def test_a_picture_that_is_stopped_leaves_the_terminal_as_it_was(tree, built, terminal, tmp_path):
    shown = terminal("./lab", "demo", folder=tree, **built)
    shown.wait_for(r"temperature +\d\d")
    shown.type("C-c")
    assert shown.wait_for_end() == 130
    assert shown.ask("alternate_on", "cursor_flag", "wrap_flag") == ["0", "1", "1"]
    assert not list((tmp_path / "temporary").iterdir())


def test_a_terminal_shows_that_something_goes_on_and_a_pipe_does_not(start, tree, world, terminal):
    (world.tools / "cmake").write_text(STUB + "echo '[ 42%] Building C object, as far as the screen is wide: xxxxxxxxxxxxxxxx'\n"
                                       'case $call in *--build*) cat "$GO" ;; esac\n')
    shown = terminal("./lab", "build", folder=tree, columns=60, **world.environment())
    shown.wait_for(r"^   [1-9]\d* s  \[ 42%\] Building C object")  # a second later, too
    assert not shown.broken_lines()
    world.let_go()
    assert shown.wait_for_end() == 0
    assert "42%" not in shown.screen() and "The programs are in build/dev/bin" in shown.screen()
    process = start("build", **world.environment())
    world.wait_for("cmake --build *", 2)
    world.let_go()
    assert process.wait(DEADLINE) == 0
    process.lines.thread.join(DEADLINE)
    assert not process.lines.matching("42%|\x1b|\r")


@pytest.mark.parametrize("found, installs", [("die none", "check\n"), ("echo python3", "")])
def test_python_and_its_packages_are_installed_where_they_are_missing(found, installs):
    script = f"""cd '{ROOT}'; . tools/launcher/running.bash; . tools/launcher/tools.bash
        find_python() {{ {found}; }}
        setup() {{ echo "$1"; }}
        setup_python"""
    result = subprocess.run(["bash", "-c", script], capture_output=True, encoding="utf-8", timeout=DEADLINE, check=True)
    assert result.stdout == installs


def test_it_watches_a_device_of_the_broker_of_the_environment(start, broker, observe):
    process = start("watch", "kitchen", MQTT_HOST="127.0.0.1", MQTT_PORT=broker.port)
    process.lines.wait_for("Subscribed to /device/kitchen/#")
    observe(broker.port).publish("/device/kitchen/action/switch", '{"action_type":"SWITCH","action_value":"OFF"}')
    process.lines.wait_for("action/switch +SWITCH OFF: the controller commands the switch OFF")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert not processes_of(process.pid)


# --- in one window ---------------------------------------------------------------------------------------------------


@pytest.fixture
def port(tree):
    """That of a broker which is told by MQTT_PORT."""
    (tree / "mosquitto" / "mosquitto.conf").write_text((ROOT / "mosquitto" / "mosquitto.conf").read_text())
    return ports_in_a_row((0, 1))


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def up(tree, built, port, terminal):
    """Opens the window as somebody does who has no tmux yet; whatever is left in it is ended after the test."""
    sockets = tempfile.mkdtemp()  # a short path
    shell = pathlib.Path(sockets) / "shell"
    shell.write_text("#!/bin/sh\nPS1='ready> ' exec /bin/sh\n")
    shell.chmod(0o755)

    def open_window():
        return terminal("./lab", "up", folder=tree, **{
            **built, "TMUX": None, "TMUX_TMPDIR": sockets, "MQTT_PORT": port, "SHELL": shell, "columns": 150,
            "rows": 40})

    yield open_window
    for socket_path in pathlib.Path(sockets).glob("*/*"):
        subprocess.run(["tmux", "-S", socket_path, "kill-server"], capture_output=True, check=False)
    shutil.rmtree(sockets)


def test_a_window_has_the_broker_and_two_terminals_side_by_side(up, port):
    window = up()
    window.wait_for("terminal 1 .*terminal 2 ")
    window.wait_for("Type: .*And here:")
    window.wait_for("^   simple_consumer .*   simple_producer --count 5 --seed 1")
    window.wait_for(RUNNING)
    window.wait_for("^ready> .*│ready>")
    window.type("simple_consumer", "Enter")
    window.wait_for("^Subscribed to: #")
    window.type("C-b", "Right")
    window.type("simple_producer -C 1 --seed 1; echo ${MANPATH##*/build}", "Enter")
    window.wait_for(r"│sent sensor/temperature: 27.38")
    window.wait_for(r"^received sensor/temperature: 27.38 ")
    window.wait_for("│/dev/man:$")

    again = up()  # is the same one
    again.wait_for(r"^received sensor/temperature: 27.38 ")
    again.type("C-b", "d")
    assert again.wait_for_end() == 0
    again.wait_for("It goes on")
    assert listens(port)

    window.type("exit", "Enter")
    wait_until(lambda: "terminal 2" not in window.screen(), "one terminal is left")
    assert listens(port)
    window.type("C-c")
    window.wait_for("Summary: 1 received")
    window.type("exit", "Enter")
    assert window.wait_for_end() == 0
    wait_until(lambda: not listens(port), "the broker has ended")


def test_the_broker_of_a_window_can_be_started_again(up, port):
    window = up()
    window.wait_for(RUNNING)
    window.type("C-b", "Down")
    window.type("C-c")
    window.wait_for(r"^\./lab broker starts it again$")
    window.wait_for(r"^ready> *$")
    assert not listens(port)
    window.type("./lab broker", "Enter")
    wait_until(lambda: listens(port), "it runs again")
    window.wait_for(RUNNING)


def test_a_window_that_is_closed_leaves_nothing_running(up, port, tmp_path):
    """Also where the hangup comes once more, and reaches what is just about to end it."""
    tmux = tmp_path / "tools" / "tmux"
    tmux.write_text(f'#!/bin/sh\ncase "$*" in *kill-server) kill -HUP $PPID $$ ;; esac\nexec "{shutil.which("tmux")}" "$@"\n')
    tmux.chmod(0o755)
    window = up()
    window.wait_for(RUNNING)
    window.close()
    wait_until(lambda: not listens(port), "the broker has ended")


def test_without_a_window_it_says_what_to_type(tree, built, terminal, tmp_path):
    by_hand = "(?s)lab broker.*simple_consumer.*simple_producer"
    inside = terminal("./lab", "up", folder=tree, **built)  # in a tmux: the test's own
    inside.wait_for("^== This is a tmux already")
    inside.wait_for(by_hand)
    assert inside.wait_for_end() == 0

    environment = {**os.environ, **{name: str(value) for name, value in built.items()}}
    environment.pop("TMUX", None)
    result = lab("up", cwd=tree, env=environment)
    assert result.returncode == 0 and "This is no terminal" in result.stdout and re.search(by_hand, result.stdout)

    everything_else = tmp_path / "without"
    everything_else.mkdir()
    for folder in reversed(environment["PATH"].split(":")):
        for path in pathlib.Path(folder).glob("*"):
            if path.name != "tmux":
                (everything_else / path.name).unlink(missing_ok=True)
                (everything_else / path.name).symlink_to(path)
    result = lab("up", cwd=tree, env={**environment, "PATH": str(everything_else)})
    assert result.returncode == 0 and "Without tmux" in result.stdout and re.search(by_hand, result.stdout)


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


def ports_in_a_row(shifts):
    """The first of them, below those that the system gives to connections."""
    return next(port for port in random.sample(range(20000, 25000), 100) if all(is_free(port + shift) for shift in shifts))


def test_all_ports_move_together(tree, start, run):
    (tree / "mosquitto" / "mosquitto.conf").write_text((ROOT / "mosquitto" / "mosquitto.conf").read_text())
    assert lab("certs", cwd=tree).returncode == 0
    port = ports_in_a_row((0, 1, 7000, 7001))
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
    page = (folder / "build" / "dev" / "man" / "man1" / "simple_producer.1").read_text(encoding="utf-8")
    assert ".B simple_producer\n" in page
    assert (folder / "build" / "dev" / "bin" / "timer_lesson").exists()

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


# --- what a compiler says --------------------------------------------------------------------------------------------

SAID = """[ 10%] Building C object CMakeFiles/a.dir/examples/a.c.o
In file included from {0}/examples/a.c:1:
{0}/include/a.h:1:5: warning: unused variable 'y'
    1 | int y;
      |     ^
{0}/examples/a.c: In function 'main':
{0}/examples/a.c:3:10: {1}
    3 |     int x
      |          ^
[ 20%] Building C object CMakeFiles/b.dir/examples/b.c.o
{0}/include/a.h:1:5: warning: unused variable 'y'
    1 | int y;
      |     ^
gmake[2]: *** [CMakeFiles/a.dir/build.make:76: CMakeFiles/a.dir/examples/a.c.o] Error 1
gmake: *** [Makefile:136: all] Error 2
"""
SHOWN = """include/a.h:1:5: warning: unused variable 'y'
    1 | int y;
      |     ^
examples/a.c:3:10: {0}
    3 |     int x
      |          ^
"""


@pytest.mark.parametrize("status, line", [(2, "error: expected ';'"), (0, "warning: unused variable 'x'")])
def test_of_a_build_that_is_shown_which_the_compiler_says_and_each_thing_once(start, tree, world, status, line):
    (world.tools / "said").write_text(SAID.format(tree, line))
    (world.tools / "cmake").write_text(f'#!/bin/sh\ncase $1 in --build) cat "{world.tools}/said"; exit {status} ;; esac\n')
    process = start("build", **world.environment())
    assert process.wait(DEADLINE) == min(status, 1)
    process.lines.thread.join(DEADLINE)
    end = "lab: the build failed\n" if status else "\n== The programs are in build/dev/bin\n"
    assert "\n".join(process.lines.lines) + "\n" == f"\n== Building build/dev\n{SHOWN.format(line)}{end}"


def test_another_program_is_told_that_nothing_can_be_built(start, tree, world):
    (world.tools / "cmake").write_text("#!/bin/sh\nexit 1\n")
    process = start("check", "2", "--json", **world.environment())
    process.wait(DEADLINE)
    world.wait_for("python3 tools/check/check.py 2 --json --problem the programs cannot be built")


@pytest.mark.parametrize("note, command, asked", [
    (None, "check", ""), ("6", "check", "--part-two "), ("7", "check --json", "--json --part-two "), ("7", "check 1", "1 "),
    ("1", "check", "")])
def test_part_two_is_checked_too_once_it_has_begun(start, tree, world, note, command, asked):
    """Until then somebody who has done all of part one has done everything."""
    if note:
        (tree / "build" / "tasks").mkdir(parents=True)
        (tree / "build" / "tasks" / note).write_text("-\n")
    start(*command.split(), **world.environment()).wait(DEADLINE)
    assert len(world.called(f"python3 tools/check/check.py {asked}--began *")) == 1


def test_what_is_configured_is_not_configured_again(start, tree, world):
    assert start("build", **world.environment()).wait(DEADLINE) == 0
    for name in ("CMakeCache.txt", "cmake_install.cmake"):
        (tree / "build" / "dev").mkdir(exist_ok=True)
        (tree / "build" / "dev" / name).write_text("")
    assert start("build", **world.environment()).wait(DEADLINE) == 0
    assert len(world.called("cmake --preset dev")) == 1 and len(world.called("cmake --build *")) == 2
    later = time.time() + 1
    os.utime(tree / "CMakePresets.json", (later, later))
    assert start("build", **world.environment()).wait(DEADLINE) == 0
    assert len(world.called("cmake --preset dev")) == 2


@pytest.mark.parametrize("command, target", [("build", "programs"), ("check 1", "programs"), ("readme", "programs"),
                                             ("test quick", "all"), ("bench", "all"), ("fuzz 5", "all")])
def test_who_wants_the_programs_does_not_wait_for_the_tests(start, world, command, target):
    assert start(*command.split(), **world.environment()).wait(DEADLINE) == 0
    assert len(world.called(f"cmake --build * --target {target} *")) == 1


def test_a_check_that_watches_looks_again_at_every_save_also_at_one_while_it_looks(start, tree, world):
    source = tree / "examples" / "simple_consumer.c"
    process = start("check", "1", "--watch", "--hint", "2", **world.environment("python3 tools/check/*"))
    world.wait_for("python3 tools/check/check.py 1 --hint 2 --began *")
    source.touch()
    world.let_go()
    world.wait_for("python3 tools/check/check.py 1 --hint 2 --began *", 2)
    world.let_go()
    wait_until(lambda: len([line for line in process.lines.lines if "Ctrl-C ends it" in line]) == 2, "the end of the second look")
    source.touch()
    world.wait_for("python3 tools/check/check.py 1 --hint 2 --began *", 3)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert not processes_of(process.pid) and not list(world.temporary.iterdir())


@pytest.mark.parametrize("while_it_builds, state", [("", "1 of 5"), ("touch examples/simple_consumer.c", "changed")])
def test_what_is_saved_after_a_build_began_was_not_looked_at(tree, built, tmp_path, while_it_builds, state):
    cmake = tmp_path / "tools" / "cmake"
    cmake.unlink()
    cmake.write_text(f"#!/bin/sh\n{while_it_builds}\n")
    cmake.chmod(0o755)
    environment = {**os.environ, **{name: str(value) for name, value in built.items()}}
    assert lab("check", "1", cwd=tree, env=environment).returncode == 1
    assert f"  tasks      1: {state}  2: -" in lab(cwd=tree).stdout


def test_a_build_that_is_interrupted_by_the_end_of_a_watch_shows_no_log(start, tree, world):
    """make tells of the signal itself, and ends with a status of its own."""
    (world.tools / "cmake").write_text("#!/bin/sh\ntrap 'echo Interrupt; exit 2' INT\n" + ATTENTIVE)
    process = start("check", "1", "--watch", **world.environment("cmake --build *"))
    world.wait_for("cmake --build *")
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(DEADLINE) == 130
    assert not any("Interrupt" in line or "failed" in line for line in process.lines.lines)
