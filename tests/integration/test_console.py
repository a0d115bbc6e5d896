"""Programs that are started with standard input, output or error closed, as some supervisors do: the connection to the
broker must not get that number, for then what is printed would be written into it."""

import pathlib
import signal

import pytest
from playground import BUILD


def start(run, name, closed, broker, *arguments):
    return run("sh", "-c", f'exec "$0" "$@" {closed}', BUILD / "bin" / name, *broker.options, *arguments,
               folder=pathlib.Path("/bin"))


def assert_clean(broker):
    """The broker was told nothing but MQTT, and goodbye."""
    broker.log.wait_for("Client simple.* disconnected|Client mqtt.* disconnected")
    assert not broker.stop_and_find("protocol error|malformed|closed its connection|timeout")


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
@pytest.mark.parametrize("name, topic", [("simple_producer", "sensor/temperature"),
                                         ("mqtt_smart_object", "/device/device001/telemetry/temperature")])
def test_a_producer_needs_neither_input_nor_error(broker, run, observe, name, topic, closed):
    observer = observe(broker.port, topic)
    program = start(run, name, closed, broker, "--count", 5, "--interval", 0.01)
    assert program.wait() == 0
    observer.fence()
    assert len(observer.of(topic)) == 5
    assert len(program.out.matching(f"^sent {topic}: ")) == 5
    assert_clean(broker)


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_a_consumer_needs_neither_input_nor_error(broker, run, observe, closed):
    program = start(run, "simple_consumer", closed, broker, "--count", 1)
    broker.log.wait_for("Sending SUBACK to simple_consumer")
    observe(broker.port).publish("sensor/temperature", "28.53")
    assert program.wait() == 0
    assert program.out.matching("^received sensor/temperature: 28.53")
    assert_clean(broker)


@pytest.mark.parametrize("closed", [">&-", "<&- >&-"])
@pytest.mark.parametrize("name", ["simple_producer", "mqtt_smart_object"])
def test_a_producer_without_output_ends_with_74(broker, run, name, closed):
    program = start(run, name, closed, broker, "--interval", 0.01)
    assert program.wait() == 74
    assert program.err.matching("cannot write standard output")
    assert_clean(broker)


def test_a_consumer_without_output_ends_with_74(broker, run, observe):
    program = start(run, "simple_consumer", ">&-", broker)
    program.err.wait_for("Subscribed to")
    observe(broker.port).publish("sensor/temperature", "28.53")
    assert program.wait() == 74
    assert program.err.matching("cannot write standard output")
    assert_clean(broker)


def test_with_all_of_them_closed_the_status_still_says_it(broker, run):
    program = start(run, "simple_producer", "<&- >&- 2>&-", broker, "--interval", 0.01)
    assert program.wait() == 74
    assert_clean(broker)


def test_who_prints_nothing_needs_no_output(broker, run):
    program = start(run, "simple_producer", ">&-", broker, "--quiet", "--count", 3, "--interval", 0.01)
    assert program.wait() == 0
    assert program.summary() == (3, 0, 0)
    assert_clean(broker)


def test_ctrl_c_ends_a_program_without_any_of_them(broker, run):
    program = start(run, "simple_consumer", "<&- >&- 2>&-", broker)
    broker.log.wait_for("Sending SUBACK to simple_consumer")
    program.send(signal.SIGINT)
    assert program.wait() == 0
    assert_clean(broker)
