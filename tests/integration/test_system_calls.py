"""One system call goes wrong: it fails, or does only a part, at each place of a short run. Whatever it is, the program stays
up, loses nothing that it promised, and ends well. For the night: it is a thousand runs."""

import concurrent.futures
import errno
import itertools
import json
import queue
import resource
import signal
import subprocess

import pytest
from playground import BUILD, DEADLINE, LabBroker, Observer, Program

# What each call may really give (see its manual page): an error, "short" for a part of what was asked for, "end" for what
# the other side's goodbye looks like. Waits and retries are to be tried, too: EINTR, EAGAIN.
KINDS = {
    "connect": [errno.ECONNREFUSED, errno.ETIMEDOUT, errno.ENETUNREACH, errno.EADDRNOTAVAIL],
    "poll": [errno.EINTR, errno.ENOMEM],
    "recv": ["short", "end", errno.ECONNRESET, errno.EINTR, errno.EAGAIN],
    "writev": ["short", errno.EPIPE, errno.ECONNRESET, errno.EAGAIN],
    # those of OpenSSL
    "read": ["short", "end", errno.ECONNRESET, errno.EINTR, errno.EAGAIN],
    "write": ["short", errno.EPIPE, errno.ECONNRESET, errno.EAGAIN],
}
WORKERS = 4
READINGS = [f"{number}.25" for number in range(30, 35)]


class Stage:
    """Where a program is tried: a broker of its own, with all of the lab's listeners, and somebody who watches."""

    def __init__(self, folder):
        self.folder = folder
        self.broker = LabBroker(folder)
        self.broker.make_certificates()
        self.observers = {}

    def observer(self, user):
        """Sees everything that this user may see, and what came since the last one who asked."""
        if user not in self.observers:
            options = {"username": user, "password": f"{user}-secret"} if user else {}
            self.observers[user] = Observer(self.broker.ports["1884" if user else "1883"], "#", **options)
        self.fence(user)
        self.observers[user].messages.clear()
        return self.observers[user]

    def fence(self, user):
        self.observers[user].fence(f"/iot/user/{user}/fence" if user else "fence")

    def options(self, user):
        if not user:
            return ["--host", "127.0.0.1", "--port", self.broker.ports["1883"], "--wait", DEADLINE]
        return ["--url", f"mqtts://localhost:{self.broker.ports['8883']}", "--cafile", self.broker.lab / "tls" / "ca.crt",
                "-u", user, "-P", f"{user}-secret", "--wait", DEADLINE]

    def close(self):
        for observer in self.observers.values():
            observer.close()
        self.broker.stop(signal.SIGKILL)


def all_in_order(expected, payloads):
    """Whether they are all there, some perhaps twice: at QoS 1 a message that is sent again follows those before it."""
    position = 0
    for payload in payloads:
        if position < len(expected) and payload == expected[position]:
            position += 1
    return position == len(expected)


def payloads(lines):
    return [line.split(": ", 1)[1].removesuffix(" (retained)") for line in lines]


def produce(stage, start, name, user):
    observer = stage.observer(user)
    program = start(name, *stage.options(user), "-q", 1, "-C", 5, "--interval", 0.01)
    status = program.wait()
    stage.fence(user)
    assert status == 0, f"status {status}"
    sent, came = payloads(program.out.lines), [message.payload.decode() for message in observer.messages]
    assert len(sent) == 5 and all_in_order(sent, came), f"sent {sent}, came {came}"
    return program


def consume(stage, start, name, user):
    observer = stage.observer(user)
    topic = f"/iot/user/{user}/sensor/temperature" if user else "sensor/temperature"
    program = start(name, *stage.options(user), "-q", 1)
    program.err.wait_for("^Subscribed to: ")
    for reading in READINGS:
        observer.publish(topic, reading, 1)
    program.out.wait_for(f": {READINGS[-1]}$")
    status, _ = program.interrupt()
    assert status == 0, f"status {status}"
    assert all_in_order(READINGS, payloads(program.out.lines)), program.out.lines
    return program


def smart_object(stage, start, name, user):
    observer = stage.observer(user)
    program = start(name, *stage.options(user), "-C", 20, "--interval", 0.01, "--seed", 1, "--alert-above", 30)
    status = program.wait()
    stage.fence(user)
    assert status == 0, f"status {status}"
    # The info and the events are promised, telemetry is not.
    promised = [line for line in program.out.lines if "/info:" in line or "/event" in line]
    came = {message.topic for message in observer.messages}
    assert {line.split(" ")[1].rstrip(":") for line in promised} <= came and len(promised) >= 3, (promised, came)
    return program


def controller(stage, start, name, user):
    def actions():
        return observer.of("/device/device001/action/switch")

    observer = stage.observer(user)
    program = start(name, *stage.options(user), "--off-seconds", 0.1)
    program.err.wait_for("^Subscribed to: .*/event/presence")
    observer.publish("/device/device001/telemetry/temperature",
                     '{"timestamp":1,"value_type":"TEMPERATURE_SENSOR","value":38}', 1)
    observer.wait_for(lambda: any(b"ON" in message.payload for message in actions()), "the action ON")
    status, _ = program.interrupt()
    assert status == 0, f"status {status}"
    values = [json.loads(message.payload)["action_value"] for message in actions()]
    assert all_in_order(["OFF", "ON"], values), values
    return program


PLAYS = {
    "simple_producer": (produce, None, ["connect", "poll", "recv", "writev"]),
    "simple_consumer": (consume, None, ["connect", "poll", "recv", "writev"]),
    "auth_producer": (produce, "alice", ["connect", "poll", "read", "write"]),
    "auth_consumer": (consume, "alice", ["connect", "poll", "read", "write"]),
    "mqtt_smart_object": (smart_object, None, ["connect", "poll", "recv", "writev"]),
    "mqtt_smart_object_controller": (controller, None, ["connect", "poll", "recv", "writev"]),
}


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    made = []
    for number in range(WORKERS):
        folder = tmp_path_factory.mktemp(f"stage{number}")
        folder.chmod(0o755)
        made.append(Stage(folder))
    free = queue.Queue()
    for stage in made:
        free.put(stage)
    yield free
    for stage in made:
        stage.close()


def perform(stages, name, call="", number=0, kind=""):
    """One run. Returns {call: how often}, and what went wrong with the program, in words; None: nothing."""
    play, user, _ = PLAYS[name]
    stage = stages.get()
    counts = stage.folder / "counts"
    environment = {"LD_PRELOAD": str(BUILD / "tests" / "libfaulty_calls.so"), "FAULT_COUNTS": str(counts),
                   "FAULT_CALL": call, "FAULT_NUMBER": str(number), "FAULT_KIND": str(kind)}
    programs = []

    def start(*arguments):
        programs.append(Program(*arguments, environment=environment))
        return programs[-1]

    try:
        counts.write_text("")
        problem = None
        try:
            play(stage, start, name, user)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            problem = str(error)
        for program in programs:
            program.kill()
        said = " / ".join(line for program in programs for line in program.err.lines)
        if problem:
            problem = f"{call} {number} {kind}: {problem}: {said}"
        return {line.split()[0]: int(line.split()[1]) for line in counts.read_text().splitlines()}, problem
    finally:
        stages.put(stage)


@pytest.mark.parametrize("name, call", [(name, call) for name, (_, _, calls) in PLAYS.items() for call in calls])
def test_one_call_that_goes_wrong_loses_nothing(stages, name, call):
    counts, problem = perform(stages, name)
    assert problem is None and counts[call] > 0
    cases = list(itertools.product(range(1, counts[call] + 1), KINDS[call]))
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda case: perform(stages, name, call, *case), cases))
    assert [problem for _, problem in results if problem] == []
    # A run is not quite like another: some make fewer calls. But most of the faults have to have happened.
    assert sum(counts.get("done", 0) for counts, _ in results) > len(cases) / 2


FULL = {"simple_producer": [], "json_producer": [], "mqtt_smart_object": ["--seed", 1]}


@pytest.mark.parametrize("name", FULL)
def test_a_disk_that_is_full_after_any_byte_ends_a_program_with_74(broker, name, tmp_path):
    command = [BUILD / "bin" / name, *map(str, broker.options), "-C", "3", "--interval", "0.01", *map(str, FULL[name])]

    def ends_with(room):
        """With room for so many bytes: a write does the part that fits, and the next one fails."""
        with open(tmp_path / f"output-{room}", "wb") as file:
            ended = subprocess.run(
                command, stdout=file, stderr=subprocess.PIPE, encoding="utf-8", timeout=DEADLINE, check=False,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)))
        return ended.returncode, ended.stderr, (tmp_path / f"output-{room}").read_text(errors="replace")

    status, _, output = ends_with(100000)
    assert status == 0 and output.count("\n") >= 3
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(ends_with, range(len(output) - 20)))
    wrong = [(room, *result) for room, result in enumerate(results)
             if result[0] != 74 or "cannot write standard output" not in result[1]]
    assert not wrong, wrong[:3]
