"""What the programs say is true, and they say it in time: one fault of a broker or a network a test. Each of these was once
told wrongly, too late, or not at all."""

import array
import fcntl
import os
import signal
import socket
import termios
import threading
import time

import pytest
from playground import DEADLINE, PAHO, Broker, Lines, descriptors, until, wait_until, wire
from test_command_line import started

GUESS = "ended after {}: it may not allow that to this user"
PROMPTLY = 2  # seconds: meant is one; a machine with other work to do may take longer


def pauses(program):
    """For how long it said it would wait before it tried again, each time."""
    return [float(line.rsplit(" in ", 1)[1].split()[0]) for line in program.err.matching("; trying again in ")]


def accuses_another_program(program):
    """Of using the same client id. Three short connections in a row may be noted, as a question of whose fault it is."""
    return [line for line in program.err.matching("another program") if "a bad network, or" not in line]


def with_answer(kind, answer):
    """A script that answers one kind of packet with `answer`, and grants all else."""
    grant = wire.granting(1)
    return lambda got, body: answer(body) if got == kind else grant(got, body)


# --- who is to blame ------------------------------------------------------------------------------------------------


def confirms_and_goes_away(seconds):
    grant = wire.granting(1)
    return with_answer(wire.SUBSCRIBE, lambda body: (grant(wire.SUBSCRIBE, body), seconds))


def test_a_broker_that_confirms_and_goes_away_ends_a_program_that_does_not_wait(scripted, run):
    program = run("mqtt_smart_object", *scripted(confirms_and_goes_away(0.001)).options)
    assert program.wait() == 69
    assert program.err.matching("accepts the connection and then ends it") and not accuses_another_program(program)


def test_where_a_broker_confirms_and_goes_away_the_pauses_grow(scripted, run):
    """At once, so that the program is still at its beginning, and a little later."""
    start = time.monotonic()
    programs = [run("mqtt_smart_object", *scripted(confirms_and_goes_away(seconds)).options, "--wait", 6)
                for seconds in (0.001, 0.1)]
    for program in programs:
        assert program.wait() == 69, program.err.lines
        assert 5.5 < time.monotonic() - start < 6 + DEADLINE / 2
        assert len(pauses(program)) >= 3 and pauses(program)[0] < pauses(program)[1] < pauses(program)[2]
    offline = float(programs[1].err.wait_for("^The connection was lost").split(" for ")[1].split()[0])
    assert 0.5 < offline < time.monotonic() - start


@pytest.mark.parametrize("qos", [0, 1])
def test_a_broker_that_closes_at_a_message_is_suspected_of_not_allowing_it(scripted, run, qos):
    broker = scripted(with_answer(wire.PUBLISH, lambda body: False))
    at_once = run("simple_producer", *broker.options, "-q", qos)
    later = run("simple_producer", *broker.options, "-q", qos, "--wait", 3)
    for program in (at_once, later):
        assert program.wait() == 76
        assert program.err.matching("^simple_producer: .*" + GUESS.format("a PUBLISH"))
        assert not accuses_another_program(program)
    assert not pauses(at_once) and len(pauses(later)) >= 2


def test_a_broker_that_closes_at_a_subscription_is_suspected_of_not_allowing_it(scripted, run):
    broker = scripted(with_answer(wire.SUBSCRIBE, lambda body: False))
    at_once = run("simple_consumer", *broker.options)
    later = run("simple_consumer", *broker.options, "--wait", 3)
    for program in (at_once, later):
        assert program.wait() == 76
        assert GUESS.format("SUBSCRIBE to #") in program.err.lines[-1]
        assert not accuses_another_program(program)
    assert not pauses(at_once) and len(pauses(later)) >= 2


def test_with_callbacks_a_subscription_that_had_no_answer_is_named(scripted, run):
    """Paho does not tell one who waits for a SUBACK that the connection has been closed."""
    program = run("mqtt_smart_object", *scripted(with_answer(wire.SUBSCRIBE, lambda body: False)).options)
    assert program.wait() == 76
    assert GUESS.format("SUBSCRIBE to /device/device001/action/+") in program.err.lines[-1]
    assert not accuses_another_program(program)


def test_a_timeout_before_the_broker_has_allowed_anything_tells_the_suspicion(scripted, run):
    broker = scripted(with_answer(wire.SUBSCRIBE, lambda body: False))
    program = run("simple_consumer", *broker.options, "--wait", 60, "--timeout", 2)
    assert program.wait() == 76
    assert GUESS.format("SUBSCRIBE to #") in program.err.lines[-1]


def test_a_broker_that_does_not_answer_a_subscription_is_told_after_five_seconds(scripted, run):
    start = time.monotonic()
    broker = scripted(with_answer(wire.SUBSCRIBE, lambda body: None))
    filters = {"simple_consumer": "#", "mqtt_smart_object": "/device/device001/action/+"}
    programs = [run(name, *broker.options) for name in filters]
    for program in programs:
        assert program.wait() == 69
        assert "has not answered" in program.err.lines[-1] and f"SUBSCRIBE to {filters[program.name]}" in program.err.lines[-1]
        assert 4.5 < time.monotonic() - start < 9


def test_a_broker_that_acknowledges_qos_2_with_puback_is_told_and_one_that_is_silent_is_not(scripted, run):
    """MQTT 3.1.1 section 4.3.3: it has to be PUBREC."""
    wrong = scripted(with_answer(wire.PUBLISH, lambda body: b"\x40\x02" + wire.packet_id(body)))
    silent = scripted(lambda kind, body: wire.ACCEPT if kind == wire.CONNECT else None)
    answered = run("simple_producer", *wrong.options, "-q", 2, "-C", 3, "--interval", 0)
    ignored = run("simple_producer", *silent.options, "-q", 2, "-C", 3, "--interval", 0, "-k", 60)
    assert answered.wait(20) == 76
    assert answered.err.matching("answers, but has not acknowledged a message at QoS 2" if PAHO < (1, 3, 16) else
                                 GUESS.format("a PUBLISH"))  # newer ones end such a connection
    ignored.err.wait_for("^Connection lost")
    ignored.err.wait_for("^Connected", count=2)
    assert not ignored.err.matching("answers, but")
    assert ignored.interrupt()[0] == 0


def test_one_acknowledgement_that_never_comes_costs_a_connection_and_not_the_program(scripted, run):
    """MQTT 3.1.1 section 4.4: after a reconnection the message is sent again."""
    came = []

    def acknowledge(body):
        came.append(wire.packet_id(body))
        return None if len(came) == 3 else b"\x40\x02" + came[-1]

    program = run("simple_producer", *scripted(with_answer(wire.PUBLISH, acknowledge)).options, "-q", 1, "-C", 5, "--interval", 0)
    assert program.wait(30) == 0
    assert program.err.matching("answers, but has not acknowledged a message for 10 s")
    assert came.count(came[2]) == 2 and len(came) == 6


# --- what becomes of messages and sessions -----------------------------------------------------------------------------


def numbers_shown(program):
    return {int(line.rsplit(": ", 1)[1]) for line in program.out.matching("^received ")}


def test_a_consumer_loses_no_acknowledged_message_where_the_network_cuts_again_and_again(broker, proxied, run, observe):
    """What was not acknowledged the broker sends again; so what is missing in the end was acknowledged, and lost."""
    proxy = proxied(lives=5 * [0.3])
    observer = observe(broker.port)
    consumer = run("simple_consumer", *proxy.options, "-q", 1, "--wait", 60)
    consumer.err.wait_for("^Subscribed")
    for number in range(400):
        observer.publish("numbers", str(number), 1)
        threading.Event().wait(0.02)
    wait_until(lambda: 399 in numbers_shown(consumer), "the last message", 2 * DEADLINE)
    assert numbers_shown(consumer) == set(range(400))
    assert proxy.lives == []
    assert consumer.interrupt()[0] == 0


@pytest.mark.parametrize("qos, acknowledgement", [(1, wire.PUBACK), (2, wire.PUBREC)])
def test_messages_that_were_acknowledged_but_not_shown_are_counted_aloud(scripted, run, qos, acknowledgement):
    """The broker sends the messages of a session that it kept as soon as it has accepted the connection; those of QoS 2 it
    releases with a pause after the tenth."""
    kept = b"".join(wire.publish("a", str(number), number, qos) for number in range(1, 31))
    grant = wire.granting(qos)

    def script(kind, body):
        if kind == wire.PUBREC:
            if body == b"\x00\x0b":
                threading.Event().wait(0.03)
            return b"\x62\x02" + body
        return wire.ACCEPT + kept if kind == wire.CONNECT else grant(kind, body)

    broker = scripted(script)
    program = run("simple_consumer", *broker.options, "-q", qos, "-C", 10)
    assert program.wait() == 0
    broker.wait_for(wire.DISCONNECT)
    shown, acknowledged = len(program.out.matching("^received ")), broker.received.count(acknowledgement)
    assert shown == 10 and acknowledged > 10
    assert program.err.matching(f"^{acknowledged - shown} messages were acknowledged, but not shown")


def test_a_session_that_the_broker_has_forgotten_is_told(broker, run):
    """Killed, a broker without persistence forgets what it has acknowledged and not yet passed on."""
    program = run("simple_producer", *broker.options, "-q", 1, "--interval", 0, "-C", 0, "--quiet", "--wait", DEADLINE)
    wait_until(lambda: broker.log.matching("Sending PUBACK"), "the flood")
    broker.restart(signal.SIGKILL)
    program.err.wait_for("has forgotten the session")
    assert program.interrupt()[0] == 0
    assert len(program.err.matching("has forgotten the session")) == 1
    assert program.err.matching("^The broker forgot the session 1 time: ")


def keeps_session(broker, client_id):
    """Whether the broker has a session of this client (MQTT 3.1.1 section 3.2.2.2)."""
    body = b"\x00\x04MQTT\x04\x00\x00\x3c" + len(client_id).to_bytes(2, "big") + client_id.encode()
    with socket.create_connection(("127.0.0.1", broker.port), DEADLINE) as connection:
        connection.sendall(bytes([0x10, len(body)]) + body)
        kind, answer, _ = wire.read_packet(connection)
    assert kind == wire.CONNACK and answer[1] == 0
    return bool(answer[0] & 1)


@pytest.fixture
def two_brokers(tmp_path):
    brokers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        brokers.append(Broker(tmp_path / name, "allow_anonymous true\npersistence true\n"
                                               f"persistence_location {tmp_path}/{name}/"))
    yield brokers
    for broker in brokers:
        broker.stop(signal.SIGKILL)


@pytest.mark.parametrize("comes_back", [True, False])
def test_no_session_stays_behind_in_silence_on_a_broker_that_was_left(two_brokers, run, comes_back):
    first, second = two_brokers
    urls = [argument for broker in two_brokers for argument in ("-L", f"mqtt://127.0.0.1:{broker.port}")]
    program = run("simple_producer", *urls, "-q", 1, "-i", "mover", "--interval", 0.05, "--wait", DEADLINE)
    program.out.wait_for("^sent", count=3)
    first.stop()
    program.err.wait_for(f"^Connected to 127.0.0.1:{second.port} ")
    program.out.wait_for("^sent", count=len(program.out.lines) + 3)
    if comes_back:
        first.start()
    assert program.interrupt()[0] == 0
    told = program.err.matching(f"session of mover may stay at 127.0.0.1:{first.port}: it could not be removed there")
    assert len(told) == (0 if comes_back else 1)
    assert not keeps_session(second, "mover")
    if comes_back:
        assert not keeps_session(first, "mover")


def test_a_device_goes_on_where_connections_live_for_a_moment_only(proxied, run):
    """The sixth one is cut although it may be idle, and what comes after it stays: no proof of a second program."""
    program = run("mqtt_smart_object", *proxied(lives=5 * [0.3] + [1]).options, "--interval", 0.1, "--wait", 60)
    program.err.wait_for("^Connected", count=6, seconds=2 * DEADLINE)
    program.out.wait_for("^sent .*/temperature: ", count=len(program.out.matching("^sent .*/temperature: ")) + 3)
    program.err.wait_for("^Connection lost", count=6)
    assert not accuses_another_program(program)
    status, seconds = program.interrupt()  # in a pause of 12 s or more
    assert status == 0 and seconds < PROMPTLY
    program.summary()


class UnreadPipe:
    """The standard output of a program, which nobody reads until drain() is called."""

    def __init__(self):
        reader, self.writer = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, 4096)  # soon full: a sanitizer on a busy computer is slow
        self.stream = os.fdopen(reader, encoding="utf-8")
        self.program = None

    def filled(self):
        count = array.array("i", [0])
        fcntl.ioctl(self.stream, termios.FIONREAD, count)
        return count[0]

    def is_stuck(self, before=None):
        """Whether it is as full as it was, and nothing more comes for a second."""
        before = self.filled() if before is None else before
        return before > 0 and not until(lambda: self.filled() != before, 1)

    def drain(self):
        return Lines(self.stream)


@pytest.fixture
def run_unread(run):
    pipes = []

    def start(*arguments):
        pipe = UnreadPipe()
        pipes.append(pipe)
        pipe.program = run(*arguments, stdout=pipe.writer)
        os.close(pipe.writer)
        return pipe.program, pipe

    yield start
    for pipe in pipes:
        pipe.program.kill()
        pipe.stream.close()


def test_a_lost_connection_is_not_counted_as_a_lost_message(scripted, run_unread):
    """The main thread is stuck in standard output, and the mailbox full, when the connection is lost."""
    broker = scripted(wire.granting(1))
    program, pipe = run_unread("mqtt_smart_object", *broker.options, "--interval", 60, "--wait", 60)
    broker.wait_for(wire.PUBLISH, 2)
    action = wire.publish("/device/device001/action/" + 300 * "x", "{}")
    sent, filled = 0, 0
    while sent == 0 or not pipe.is_stuck(filled):
        filled = pipe.filled()
        broker.connections[0].sendall(20 * action)
        sent += 20
    broker.connections[0].sendall(258 * action + wire.publish("/device/device001/action/full", "{}", 1))
    broker.wait_for(wire.PUBACK)  # the mailbox holds 256
    before = descriptors(program)
    broker.cut()
    wait_until(lambda: descriptors(program) < before, "the end of the connection")
    out = pipe.drain()
    broker.wait_for(wire.SUBSCRIBE, 2)
    tries = 0

    def is_taken():
        nonlocal tries
        tries += 1
        broker.connections[0].sendall(wire.publish("/device/device001/action/again", "{}"))
        return out.matching("action/again: ")

    wait_until(is_taken, "room in the mailbox")
    broker.connections[0].sendall(wire.publish("/device/device001/action/last", "{}"))
    out.wait_for("action/last: ")
    assert program.interrupt()[0] == 0
    lost = int(program.err.wait_for("^Messages lost: ").split()[2])
    assert lost >= 3 and program.summary()[1] + program.summary()[2] + lost == sent + 260 + tries


def test_a_timeout_before_any_connection_blames_no_topic(scripted, run):
    program = run("simple_consumer", *scripted(lambda kind, body: None).options, "--timeout", 1, "--wait", 60)
    assert program.wait() == 75
    assert "before there was a connection" in program.err.lines[-1]


def test_a_connection_counts_as_one_while_the_window_is_full(scripted, run):
    broker = scripted(with_answer(wire.PUBLISH, lambda body: None))
    program = run("simple_producer", *broker.options, "-q", 1, "--window", 3, "--interval", 0, "-C", 0, "--wait", 60)
    for connections in range(1, 3):
        broker.wait_for(wire.PUBLISH, 3 * connections)
        broker.cut()
        program.err.wait_for("^Connected", count=connections + 1)
    assert program.interrupt()[0] == 0
    assert program.err.matching("^The connection was lost 2 times, ") and len(program.err.matching("^Connection lost")) == 2


# --- Ctrl-C, whatever is under way; while the program waits for a CONNACK: test_protocol.py -------------------------------


@pytest.mark.parametrize("name", ["simple_consumer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_that_waits_for_its_subscription(scripted, run, name):
    broker = scripted(with_answer(wire.SUBSCRIBE, lambda body: None))
    program = run(name, *broker.options, "--wait", 60)
    broker.wait_for(wire.SUBSCRIBE)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < PROMPTLY


@pytest.mark.parametrize("name", ["simple_consumer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_that_waits_for_another_subscription_with_its_summary(scripted, run, name):
    grant = wire.granting(1)

    def answer(body):
        return None if broker.received.count(wire.SUBSCRIBE) == 2 else grant(wire.SUBSCRIBE, body)

    broker = scripted(with_answer(wire.SUBSCRIBE, answer))
    program = run(name, *broker.options, "--wait", 60)
    program.err.wait_for("^Subscribed")
    if name == "mqtt_smart_object":
        program.out.wait_for("^sent .*/temperature: ")
    broker.cut()
    broker.wait_for(wire.SUBSCRIBE, 2)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < PROMPTLY
    program.summary()
    assert program.err.matching("^The connection was lost 1 time, ")


@pytest.mark.parametrize("name", ["simple_producer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_whose_standard_output_takes_nothing_more(broker, run_unread, name):
    program, pipe = run_unread(name, *broker.options, "--interval", 0, "-C", 0)
    wait_until(pipe.is_stuck, "the pipe to be full")
    status, seconds = program.interrupt()
    assert status == 0 and seconds < PROMPTLY
    assert "standard output, took nothing more" in program.err.lines[-1]


@pytest.mark.parametrize("name", ["simple_producer", "simple_consumer", "mqtt_smart_object"])
def test_ctrl_c_ends_a_program_in_a_long_pause_with_its_summary(broker, run, name):
    program = started(run, broker, name, *([] if name == "simple_consumer" else ["--interval", 0.05]))
    if program.name != "simple_consumer":
        program.out.wait_for("^sent .*/temperature: ", count=3)
    broker.stop(signal.SIGKILL)
    program.err.wait_for(r"; trying again in [1-9]\d*\.", count=2)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < PROMPTLY
    program.summary()
