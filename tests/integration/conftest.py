"""What the integration tests stand on: a private broker, an independent client that watches it, and the programs."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import python_paho

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PLAYGROUND_BUILD", ROOT / "build" / "dev"))
PAHO = tuple(map(int, os.environ.get("PLAYGROUND_PAHO", "1.3.12").split(".")))  # the C client's version
WRAPPER = os.environ.get("PLAYGROUND_WRAPPER", "").split()  # such as valgrind
DEADLINE = 20  # seconds until something that has to happen is taken not to happen: slow machines, sanitizers

# Who started the tests in the background may have ignored it, for all that they start; and bash cannot undo that.
signal.signal(signal.SIGINT, signal.default_int_handler)

RUNNING = r"mosquitto version \S+ running"  # what Mosquitto says when its listeners are open

PRODUCERS = ["simple_producer", "json_producer", "device_producer", "auth_producer", "mqtt_smart_object"]
CONSUMERS = ["simple_consumer", "json_consumer", "device_consumer", "auth_consumer", "mqtt_smart_object_controller"]
PROGRAMS = PRODUCERS + CONSUMERS


def until(condition, seconds):
    """Waits until condition() holds, for so long at the most, and returns what it gave last. For state without an event."""
    end = time.monotonic() + seconds
    while not (result := condition()) and time.monotonic() < end:
        threading.Event().wait(0.01)
    return result


def wait_until(condition, what, seconds=DEADLINE):
    """The same where it has to happen."""
    result = until(condition, seconds)
    assert result, f"did not happen in {seconds} s: {what}"
    return result


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_mosquitto():
    for folder in os.environ["PATH"].split(os.pathsep) + ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]:
        if os.access(os.path.join(folder, "mosquitto"), os.X_OK):
            return os.path.join(folder, "mosquitto")
    raise FileNotFoundError("mosquitto")


def copy_tree(folder):
    """Copies what is committed, as it stands in the working tree."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    for name in files.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


class Lines:
    """Collects the lines of a stream on a thread, so that a test can wait for one."""

    def __init__(self, stream):
        self.lines = []
        self.times = []  # when each line came
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.times.append(time.monotonic())
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, pattern, count=1, seconds=DEADLINE):
        """Waits for the count-th line that the pattern is found in, and returns it."""
        def found():
            return [line for line in self.lines if re.search(pattern, line)]

        with self.changed:
            self.changed.wait_for(lambda: len(found()) >= count or self.ended, seconds)
            assert len(found()) >= count, f"no {count} lines with {pattern!r} in {self.lines[-20:]}"
            return found()[count - 1]

    def matching(self, pattern):
        with self.changed:
            return [line for line in self.lines if re.search(pattern, line)]


class Program:
    """One of our programs, running."""

    def __init__(self, name, *arguments, stdout=subprocess.PIPE, environment=None, folder=BUILD / "bin"):
        path = folder / name
        self.name = name
        self.process = subprocess.Popen(
            [*WRAPPER, str(path), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
            encoding="utf-8", errors="surrogateescape", env={**os.environ, **(environment or {})})
        self.out = Lines(self.process.stdout) if stdout == subprocess.PIPE else None
        self.err = Lines(self.process.stderr)

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=DEADLINE):
        """Waits for the end, and returns the exit status."""
        status = self.process.wait(seconds)
        for lines in (self.out, self.err):
            if lines is not None:
                lines.thread.join(seconds)
        return status

    def interrupt(self):
        """Ctrl-C. Returns the exit status and how many seconds it took."""
        start = time.monotonic()
        self.send(signal.SIGINT)
        status = self.wait()
        return status, time.monotonic() - start

    def summary(self):
        line = self.err.wait_for(r"^Summary: ")
        sent, received, refused = re.match(r"Summary: (\d+) sent, (\d+) received, (\d+) refused in ", line).groups()
        return int(sent), int(received), int(refused)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def descriptors(program):
    """How many files and connections a program has open."""
    return len(list(pathlib.Path(f"/proc/{program.process.pid}/fd").iterdir()))


@pytest.fixture
def run():
    """Starts programs, and ends what is left of them after the test."""
    started = []

    def start(name, *arguments, **options):
        started.append(Program(name, *arguments, **options))
        return started[-1]

    yield start
    for program in started:
        program.kill()


def end_process(process, number=signal.SIGTERM):
    """Sends the signal until the process has ended: Mosquitto forgets one that comes right after it says "running"."""
    for _ in range(DEADLINE):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            pass
    raise AssertionError("the process does not end")


class Broker:
    """A Mosquitto of the test's own, on a free port of the loopback interface."""

    def __init__(self, folder, configuration="allow_anonymous true", log=("all",)):
        self.folder = pathlib.Path(folder)
        self.log_types = "".join(f"log_type {kind}\n" for kind in log)
        self.fixed_port = None
        self.configuration = configuration
        self.start()

    def start(self):
        for _ in range(10):
            self.port = self.fixed_port or free_port()
            path = self.folder / "broker.conf"
            user = f"user {os.environ.get('USER', 'root')}\n" if os.geteuid() == 0 else ""
            path.write_text(f"{user}listener {self.port} 127.0.0.1\n{self.log_types}max_queued_messages 1000000\n{self.configuration}\n")
            self.process = subprocess.Popen([find_mosquitto(), "-c", str(path)], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
                                            errors="replace")
            self.log = Lines(self.process.stderr)
            with self.log.changed:
                self.log.changed.wait_for(lambda: self.is_running() or self.log.ended, DEADLINE)
                if self.is_running():
                    self.fixed_port = self.port
                    return
            self.process.wait()  # somebody else took the port
        raise AssertionError(f"no broker: {self.log.lines}")

    def is_running(self):
        return bool(self.log.matching(RUNNING))

    def stop(self, number=signal.SIGTERM):
        end_process(self.process, number)
        self.log.thread.join(DEADLINE)

    def restart(self, number=signal.SIGTERM):
        self.stop(number)
        self.start()

    @property
    def options(self):
        return ["--host", "127.0.0.1", "--port", self.port]


class LabBroker(Broker):
    """The lab's own configuration, that of a folder `mosquitto`, on free ports."""

    def __init__(self, folder, mosquitto=ROOT / "mosquitto"):
        self.ports = {"1883": None, "1884": None}
        self.lab = pathlib.Path(folder) / "mosquitto"
        shutil.copytree(mosquitto, self.lab, ignore=shutil.ignore_patterns("*.key", "*.crt", "listeners.conf"))
        user = "user root\n" if os.geteuid() == 0 else ""
        self.texts = {self.lab / "free.conf": user + (self.lab / "mosquitto.conf").read_text()}
        super().__init__(folder)

    def make_certificates(self):
        """As ./lab certs does; then the broker listens on its encrypted ports too."""
        shutil.copy(ROOT / "lab", self.folder)
        subprocess.run([self.folder / "lab", "certs"], check=True, capture_output=True)
        listeners = self.lab / "tls" / "listeners.conf"
        self.texts[listeners] = listeners.read_text()
        self.ports.update({"8883": None, "8884": None})
        self.restart()

    def start(self):
        for _ in range(10):
            for port in self.ports:
                self.ports[port] = self.ports[port] or free_port()
            for path, text in self.texts.items():
                path.write_text(re.sub(r"^listener (\d+)", lambda match: f"listener {self.ports[match.group(1)]}", text, flags=re.M))
            self.process = subprocess.Popen([find_mosquitto(), "-c", "free.conf"], cwd=self.lab, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
            self.log = Lines(self.process.stderr)
            with self.log.changed:
                self.log.changed.wait_for(lambda: self.is_running() or self.log.ended, DEADLINE)
            if self.is_running():
                return
            self.process.wait()
            self.ports.update(dict.fromkeys(self.ports))  # somebody else took one
        raise AssertionError(f"the lab's broker does not start: {self.log.lines}")


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    yield broker
    broker.stop(signal.SIGKILL)


class Observer:
    """An independent client: Python's Paho. It subscribes at QoS 2, so as to see the QoS that was published with."""

    def __init__(self, port, *filters, username=None, password=None, qos=2):
        self.messages = []
        self.changed = threading.Condition()
        self.granted = 0
        self.filters = filters
        self.connected = None
        self.client = python_paho.client(clean_session=True)
        if username is not None:
            self.client.username_pw_set(username, password)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.wait_for(lambda: self.connected is not None, "connection of the observer")
        if filters and self.connected == 0:
            self.client.subscribe([(topic_filter, qos) for topic_filter in filters])
            self.wait_for(lambda: self.granted > 0, "subscription of the observer")

    def _on_connect(self, client, userdata, flags, code, *_):
        with self.changed:
            self.connected = code
            self.changed.notify_all()

    def _on_subscribe(self, *_):
        with self.changed:
            self.granted += 1
            self.changed.notify_all()

    def _on_message(self, client, userdata, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def wait_for(self, condition, what, seconds=DEADLINE):
        with self.changed:
            assert self.changed.wait_for(condition, seconds), \
                f"did not happen in {seconds} s: {what}; last: {[(m.topic, m.payload) for m in self.messages[-5:]]}"

    def wait_for_count(self, count, topic=None):
        self.wait_for(lambda: len(self.of(topic)) >= count, f"{count} messages on {topic or 'any topic'}")
        return self.of(topic)

    def of(self, topic):
        return [message for message in self.messages if topic is None or message.topic == topic]

    def publish(self, topic, payload, qos=0, retain=False):
        """Publishes, and waits until the broker has it (QoS 0: until it is written)."""
        self.client.publish(topic, payload, qos, retain).wait_for_publish(DEADLINE)

    def fence(self):
        """Waits until all has come that the broker has had: what this client published, and what others know has arrived."""
        mark = f"fence/{id(self)}/{time.monotonic_ns()}"
        self.client.subscribe(mark, 1)
        self.publish(mark, "", 1)
        self.wait_for(lambda: any(message.topic == mark for message in self.messages), "the fence")
        with self.changed:
            self.messages = [message for message in self.messages if message.topic != mark]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def observe():
    """Makes observers, and closes them after the test."""
    made = []

    def make(port, *filters, **options):
        made.append(Observer(port, *filters, **options))
        return made[-1]

    yield make
    for observer in made:
        observer.close()


@pytest.fixture
def proxied(broker):
    import wire  # it stands on this module

    proxies = []

    def make(**options):
        proxies.append(wire.Proxy(broker.port, **options))
        return proxies[-1]

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.fixture
def scripted():
    """Makes brokers that follow a script."""
    import wire

    brokers = []

    def make(script, **options):
        brokers.append(wire.ScriptedBroker(script, **options))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.close()
