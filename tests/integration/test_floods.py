"""Producers at full speed, while the connection is cut, the broker stops, the user has enough."""

import pathlib
import signal
import subprocess
import threading
import time

import pytest
from playground import DEADLINE, PAHO, wait_until, wire


CUTS = 4  # the pauses grow from one to the next


@pytest.mark.parametrize("name, qos", [("simple_producer", 1), ("json_producer", 2)])
def test_a_flood_survives_cuts(broker, proxied, run, observe, name, qos):
    """At QoS 1 every message arrives at least once, at QoS 2 exactly once, both in order (MQTT 3.1.1 section 4.3, 4.6)."""
    observer = observe(broker.port, "sensor/temperature")
    proxy = proxied(cut_after=25000, cuts=CUTS)
    producer = run(name, *proxy.options, "-q", qos, "--interval", 0, "-C", 10000, "--wait", 60)
    assert producer.wait(120) == 0
    observer.fence()
    sent = [line.split(": ", 1)[1] for line in producer.out.lines]
    received = [message.payload.decode() for message in observer.messages]
    assert proxy.cuts == 0 and len(sent) == 10000 and producer.summary()[0] == 10000
    if qos == 2:
        assert received == sent
    else:
        # Without what came twice, that is all of it: a message that is sent again follows those sent before it.
        position = 0
        for payload in received:
            if position < len(sent) and payload == sent[position]:
                position += 1
        assert position == len(sent)
        assert len(received) - len(sent) < (CUTS + 1) * 110
    # No session is left behind at the broker.
    connections = broker.stop_and_find(rf"New client connected .* as {name}-")
    assert "c0" in connections[0] and "c1" in connections[-1]


@pytest.mark.parametrize("qos", [0, 1])
def test_a_broker_that_stops_in_a_flood_is_noticed_and_found_again(broker, run, qos):
    """Paho 1.3.16 takes its own waiting in a publish at QoS 0 for sending, and keeps alive for ever: it goes on with the
    broker."""
    program = run("simple_producer", *broker.options, "-k", 2, "--interval", 0, "-C", 0, "-q", qos)
    program.err.wait_for("^Connected")
    wait_until(lambda: broker.log.matching("Received PUBLISH"), "the flood")
    is_noticed = qos == 1 or PAHO < (1, 3, 16)
    broker.process.send_signal(signal.SIGSTOP)
    try:
        if is_noticed:
            program.err.wait_for("^Connection lost", seconds=15)
        else:
            wait_until(lambda: is_stuck(program, broker.port), "the flood to fill the connection", 2 * DEADLINE)
    finally:
        broker.process.send_signal(signal.SIGCONT)
    if is_noticed:
        program.err.wait_for("^Connected", count=2, seconds=2 * DEADLINE)
    else:
        received = len(broker.log.matching("Received PUBLISH"))
        wait_until(lambda: len(broker.log.matching("Received PUBLISH")) > received, "the flood to go on")
    assert program.interrupt()[0] == 0


@pytest.mark.parametrize("name, presses, status", [("simple_producer", 2, 130), ("mqtt_smart_object", 1, 0)])
def test_a_second_ctrl_c_ends_the_program_at_once_with_130_and_one_alone_within_a_second(scripted, run, name, presses, status):
    """Even while Paho's publish blocks: the broker does not read, and every buffer on the way to it is full."""
    published, over = threading.Event(), threading.Event()

    def script(kind, body):
        if kind == wire.PUBLISH:
            published.set()
            over.wait()  # reads no more
        return wire.granting(0)(kind, body)

    broker = scripted(script, receive_buffer=4096)  # soon full
    try:
        program = run(name, *broker.options, "--interval", 0, "-C", 0, "-k", 60)
        assert published.wait(DEADLINE)
        wait_until(lambda: is_stuck(program, broker.port), "the flood to fill the connection", 2 * DEADLINE)
        start = time.monotonic()
        program.send(signal.SIGINT)
        if presses == 2:
            with pytest.raises(subprocess.TimeoutExpired):
                program.process.wait(0.2)  # nothing ends publish
            program.send(signal.SIGINT)
        assert program.wait() == status
        assert time.monotonic() - start < 2
    finally:
        over.set()


def is_stuck(program, port):
    """Whether a flood has come to its end: for a second nothing is printed, and no byte more waits to be sent."""
    def traces():
        connections = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        return len(program.out.lines), [line[4] for line in connections if line[2].endswith(f":{port:04X}")]

    before = traces()
    threading.Event().wait(1)
    return before[0] > 0 and traces() == before


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_ctrl_c_in_a_flood_ends_within_a_second_with_a_true_summary(broker, run, observe, qos):
    observer = observe(broker.port, "sensor/temperature")
    program = run("simple_producer", *broker.options, "--interval", 0, "-C", 0, "-q", qos, "--quiet")
    observer.wait_for_count(500)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < 1.5
    observer.wait_for_count(program.summary()[0])
    observer.fence()
    assert len(observer.messages) == program.summary()[0]
    assert not program.err.matching("not acknowledged")


def test_where_standard_error_is_no_terminal_there_is_no_progress(broker, run):
    program = run("simple_producer", *broker.options, "-C", 50, "--interval", 0.01, "--quiet")
    assert program.wait() == 0
    assert len(program.err.lines) == 2 and not program.err.matching("\r| messages of ")
