"""What the integration tests are given: programs, a broker, observers and proxies that end with the test."""

import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from playground import Broker, Observer, Program, wire  # noqa: E402
from terminal import Terminal  # noqa: E402


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


@pytest.fixture
def broker(tmp_path):
    broker = Broker(tmp_path)
    yield broker
    broker.stop(signal.SIGKILL)


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
    brokers = []

    def make(script, **options):
        brokers.append(wire.ScriptedBroker(script, **options))
        return brokers[-1]

    yield make
    for broker in brokers:
        broker.close()


@pytest.fixture
def terminal():
    """Opens terminals, and closes them after the test."""
    opened = []

    def open_one(*command, **options):
        opened.append(Terminal(*command, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
