"""Brokers that do not do as they should: one packet exchange a test, with a scripted broker."""

import contextlib
import re
import signal
import time

import pytest
from playground import CONSUMERS, DEADLINE, PROGRAMS, WRAPPER, wire
from test_command_line import NEEDS


def connack(code):
    return lambda kind, body: b"\x20\x02\x00" + bytes([code]) if kind == wire.CONNECT else None


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("code, status, line", [
    (1, 76, "does not speak MQTT 3.1.1"), (2, 76, "does not accept the client id"), (3, 69, "is not ready"),
    (4, 77, "check --username"), (5, 77, "check --username")])
def test_each_refusal_of_a_connection_has_its_own_line_and_status(scripted, run, name, code, status, line):
    """MQTT 3.1.1 section 3.2.2.3."""
    broker = scripted(connack(code))
    program = run(name, *broker.options, *NEEDS.get(name, []))
    assert program.wait() == status
    assert len(program.err.lines) == 1 and line in program.err.lines[0]
    assert broker.received.count(wire.CONNECT) == 1, "asked once"


@pytest.mark.parametrize("name", ["simple_producer", "mqtt_smart_object"])
@pytest.mark.parametrize("answer, line", [
    (None, "has not answered in 3 s: slow, or not MQTT"), (False, "takes the connection and closes it without an answer"),
    (b"\x20", "answers, but not as an MQTT broker"), (b"\x20\x02\x00", "answers, but not as an MQTT broker"),
    (b"220 mail.example ESMTP\r\n", "answers, but not as an MQTT broker"),
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", r"is a web server without MQTT at /mqtt \(status 400\)")],
    ids=["nothing", "the end", "one byte", "half a CONNACK", "another protocol", "the web"])
def test_without_a_whole_connack_the_program_gives_up_with_69(scripted, run, name, answer, line):
    broker = scripted(lambda kind, body: answer)
    program = run(name, *broker.options)
    start = time.monotonic()
    assert program.wait() == 69
    assert time.monotonic() - start < (DEADLINE if WRAPPER else 6)  # five seconds, and some to start on a slow machine
    assert len(program.err.lines) == 1 and re.search(line, program.err.lines[0]), program.err.lines


def test_a_program_that_was_connected_does_not_give_up_where_no_connack_comes(scripted, run):
    kinds = []

    def script(kind, body):
        """Closes the first connection when it has stood for a while, and does not answer the second one."""
        kinds.append(kind)
        if kind == wire.CONNECT:
            return None if kinds.count(wire.CONNECT) == 2 else wire.ACCEPT
        return False if kinds.count(wire.PUBLISH) == 10 else wire.granting(0)(kind, body)

    program = run("simple_producer", *scripted(script).options, "--interval", 0.1)
    program.err.wait_for("has not answered in time.*; trying again")  # it answers the one who asks why
    program.err.wait_for("^Connected", count=2)
    assert program.interrupt()[0] == 0


def test_a_connack_that_comes_byte_by_byte_is_understood(broker, run):
    class Slow(wire.Proxy):
        def _pump_to_client(self, upstream, connection):
            with contextlib.suppress(OSError):  # one side is closed
                while data := upstream.recv(1):
                    connection.sendall(data)

    slow = Slow(broker.port)
    consumer = run("simple_consumer", *slow.options, "-C", 2)
    consumer.err.wait_for("Subscribed")
    assert run("simple_producer", *slow.options, "-C", 2, "--interval", 0).wait() == 0
    assert consumer.wait() == 0
    slow.close()


@pytest.mark.parametrize("name", CONSUMERS + ["mqtt_smart_object"])
def test_a_refused_subscription_ends_the_program_with_76_and_names_the_filter(scripted, run, name):
    """MQTT 3.1.1 section 3.9.3: 0x80 is a failure."""
    broker = scripted(wire.granting(0x80))
    program = run(name, *broker.options, *NEEDS.get(name, []))
    assert program.wait() == 76
    filters = {"simple_consumer": "#", "json_consumer": "#", "device_consumer": "device/+/info",
               "auth_consumer": "/iot/user/alice/#", "mqtt_smart_object": "/device/device001/action/+",
               "mqtt_smart_object_controller": "/device/device001/info"}
    assert any(f"refused the subscription to {filters[name]}:" in line for line in program.err.lines)


def test_of_two_filters_the_refused_one_is_named(scripted, run):
    program = run("device_consumer", *scripted(wire.granting(0, 0x80)).options)
    assert program.wait() == 76
    assert "Subscribed to: device/+/info" in program.err.lines
    assert any("refused the subscription to device/+/sensor/#:" in line for line in program.err.lines)


@pytest.mark.parametrize("name", ["simple_producer", "simple_consumer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_that_waits_for_a_connack(scripted, run, name):
    broker = scripted(lambda kind, body: None)
    program = run(name, *broker.options, "--wait", 60)
    broker.wait_for(wire.CONNECT)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < 1


@pytest.mark.parametrize("name", ["simple_producer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_that_waits_for_another_connack_with_its_summary(scripted, run, name):
    kinds = []

    def script(kind, body):
        """Closes the first connection at the fourth message, and does not answer the second one."""
        kinds.append(kind)
        if kind == wire.CONNECT:
            return wire.ACCEPT if kinds.count(wire.CONNECT) == 1 else None
        return False if kinds.count(wire.PUBLISH) == 4 else wire.granting(0)(kind, body)

    broker = scripted(script)
    program = run(name, *broker.options, "--interval", 0.01, "--wait", DEADLINE)
    broker.wait_for(wire.CONNECT, 2)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < 1
    assert program.summary()[0] >= 4
    assert program.err.matching("The connection was lost 1 time, ")


@pytest.mark.parametrize("qos, options, window", [(1, [], 100), (2, [], 20), (1, ["--window", 7], 7), (2, ["--window", 3], 3)])
def test_no_more_messages_wait_for_their_acknowledgement_than_the_window_says(scripted, run, qos, options, window):
    broker = scripted(wire.granting(0))
    program = run("simple_producer", *broker.options, "-q", qos, "--interval", 0, *options)
    broker.wait_for(wire.PUBLISH, window)
    program.send(signal.SIGINT)
    assert program.wait() == 0
    assert broker.received.count(wire.PUBLISH) == window
    assert f"{window} messages were not acknowledged" in program.err.lines


def test_what_was_not_acknowledged_is_told(scripted, run):
    """Ctrl-C gives the messages in flight half a second, and then says how many were left."""
    broker = scripted(wire.granting(0))
    program = run("simple_producer", *broker.options, "-q", 1, "--interval", 0.01)
    broker.wait_for(wire.PUBLISH, 3)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < 5
    sent = program.summary()[0]
    assert f"{sent} messages were not acknowledged" in program.err.lines


def test_an_end_by_ctrl_c_is_announced_to_the_broker(scripted, run):
    broker = scripted(wire.granting(0))
    for name in ("simple_producer", "simple_consumer", "mqtt_smart_object_controller"):
        before = broker.received.count(wire.DISCONNECT)
        program = run(name, *broker.options)
        program.err.wait_for("^Subscribed|^Connected")
        assert program.interrupt()[0] == 0
        broker.wait_for(wire.DISCONNECT, before + 1)


def test_topics_with_control_characters_are_escaped(scripted, run):
    """Mosquitto passes no such topic on; another broker may."""
    script = wire.granting(0)

    def publishing(kind, body):
        answer = script(kind, body)
        if kind == wire.SUBSCRIBE:
            topic = "a\x1b[31m\x07\u0085\r\n".encode()
            answer += b"\x30" + bytes([2 + len(topic) + 1]) + len(topic).to_bytes(2, "big") + topic + b"1"
        return answer

    for name in ("simple_consumer", "json_consumer"):
        program = run(name, *scripted(publishing).options, "-C", 1)
        assert program.wait() == 0
        assert len(program.out.lines) == 1
        assert r" a\x1b[31m\x07\xc2\x85\r\n: " in program.out.lines[0]


@pytest.mark.parametrize("qos, answer", [(1, b"\x40\x02"), (2, b"\x50\x02")])
def test_debug_marks_what_is_sent_again(scripted, run, qos, answer):
    """MQTT 3.1.1 section 3.3.1.1: the flag DUP, bit 3 of the first byte."""
    def script(kind, body):
        if kind == wire.PUBLISH:
            return False if broker.received.count(wire.PUBLISH) == 1 else answer + wire.packet_id(body)
        if kind == wire.PUBREL:
            return b"\x70\x02" + body
        return wire.ACCEPT if kind == wire.CONNECT else None

    broker = scripted(script)
    program = run("simple_producer", *broker.options, "-q", qos, "-C", 2, "--interval", 0.5, "--debug",
                  "--wait", DEADLINE)
    assert program.wait() == 0
    on_the_wire = [bool(packet[0] & 8) for packet in broker.raw if packet[0] >> 4 == wire.PUBLISH]
    shown = [line.endswith(", duplicate") for line in program.err.lines if line.startswith("-> PUBLISH")]
    assert on_the_wire == shown == [False, True, False]


def test_debug_is_not_fooled_by_a_payload(broker, run, observe):
    consumer = run("simple_consumer", *broker.options, "--debug", "-C", 1)
    consumer.err.wait_for("^Subscribed")
    observe(broker.port).publish("any", "5 -> PUBACK")
    assert consumer.wait() == 0
    assert consumer.err.matching(r"^<- PUBLISH .*: 5 -> PUBACK$")
