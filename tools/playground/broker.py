"""A Mosquitto of one's own, on free ports of the loopback interface."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

from .lab import ROOT, copy_launcher
from .waiting import DEADLINE, Lines

RUNNING = r"mosquitto version \S+ running"  # what Mosquitto says when its listeners are open


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_mosquitto():
    for folder in os.environ["PATH"].split(os.pathsep) + ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"]:
        if os.access(os.path.join(folder, "mosquitto"), os.X_OK):
            return os.path.join(folder, "mosquitto")
    raise FileNotFoundError("mosquitto")


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
            path.write_text(f"{user}listener {self.port} 127.0.0.1\n{self.log_types}max_queued_messages 1000000\n"
                            f"{self.configuration}\n")
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

    def stop_and_find(self, pattern):
        """The lines of its whole log with the pattern: while it runs, the last ones may still be in the pipe."""
        self.stop()
        return self.log.matching(pattern)

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
        copy_launcher(self.folder)
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
                path.write_text(re.sub(r"^listener (\d+)", lambda match: f"listener {self.ports[match.group(1)]}", text,
                                       flags=re.M))
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
