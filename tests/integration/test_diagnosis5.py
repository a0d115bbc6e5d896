"""What a failed connection of MQTT 5 is told to come from. What is the same with MQTT 3.1.1 is in test_diagnosis.py."""

import re
import time

import pytest
from playground import BUILD, DEADLINE, WRAPPER, LabBroker, wire
from test_diagnosis import Deaf, Leaving, Server, WebSocket

CLOSE, SILENCE = False, None
ACCEPT_5 = b"\x20\x03\x00\x00\x00"
BAD_VERSION = b"\x20\x02\x00\x01"  # MQTT 3.1.1's
WAYS = {"mqtt": None, "ws": "/mqtt"}  # scheme: path of the WebSocket

OLD = ": 127.0.0.1:\\d+ speaks MQTT 3.1.1, and not MQTT 5: use another broker, or the programs of part one$"
LATE = "the broker at .* has not answered in time, or closed the connection: its log may say why$"
BROKEN = "answers CONNECT with a packet that is not valid MQTT 5: use another broker$"

TRY_LATER, LOG, WILL = "try later", "its log may say why", "of the will, and the log of the broker may say why"
PASSING = {  # reason: name, status, advice
    0x80: ("unspecified error", 69, LOG),
    0x83: ("implementation specific error", 69, LOG),
    0x88: ("server unavailable", 69, TRY_LATER),
    0x89: ("server busy", 69, TRY_LATER),
    0x97: ("quota exceeded", 69, "try later, or with fewer clients"),
    0x9f: ("connection rate exceeded", 69, "try later, or with fewer clients")}
FINAL = {
    0x81: ("malformed packet", 76, "its log may say what it did not understand"),
    0x82: ("protocol error", 76, "its log may say what it did not expect"),
    0x84: ("unsupported protocol version", 76, "use another broker, or the programs of part one"),
    0x85: ("client identifier not valid", 76, "choose another with --id"),
    0x86: ("bad user name or password", 77, "it may want a user name: check --username, or --id"),
    0x87: ("not authorized", 77, "it may want a user name: check --username, or --id"),
    0x8a: ("banned", 77, "ask who runs it"),
    0x8c: ("bad authentication method", 77, "a user name and a password are not what it asks for: use another broker"),
    0x90: ("topic name invalid", 76, f"it is the topic {WILL}"),
    0x95: ("packet too large", 76, "use a shorter client id, user name or password"),
    0x99: ("payload format invalid", 76, f"it is the payload {WILL}"),
    0x9a: ("retain not supported", 76, "use a broker that keeps messages: the will asks for it"),
    0x9b: ("QoS not supported", 76, "use a broker with all the QoS: the will asks for it"),
    0x9c: ("use another server", 69, "its log, or who runs it, may say which"),
    0x9d: ("server moved", 69, "its log, or who runs it, may say where")}


class Broker(Server):
    """Answers the n-th CONNECT of each version with the n-th of its answers, from then on with the last one, and keeps the
    packets. It closes a connection that something else is said on, as brokers do. `frames` puts what is said inside a
    WebSocket into frames."""

    def __init__(self, path, answers_5, answers_3=(BAD_VERSION,), frames=None):
        self.answers = {5: list(answers_5), 4: list(answers_3)}
        self.asked = []
        self.heard = b""
        self.frames = frames
        super().__init__(None, path=path)

    def serve(self, connection):
        with connection:
            inside = connection if self.path is None else self._upgrade(connection)
            while inside is not None and (packet := wire.read_packet(inside)):
                if packet[0] == wire.DISCONNECT:
                    continue
                version = packet[1][6] if packet[1].startswith(b"\0\4MQTT") else None
                if version not in self.answers:
                    return
                with self.changed:
                    self.asked.append(version)
                    self.heard += packet[2]
                    answers = self.answers[version]
                    answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if answer is CLOSE:
                    return
                if answer and self.frames and isinstance(inside, WebSocket):
                    connection.sendall(self.frames(answer))
                elif answer:
                    inside.sendall(answer)


@pytest.fixture
def serve():
    """Starts servers, and closes them after the test."""
    servers = []

    def start(server):
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def diagnose(run):
    """A function: what is said of a broker and Paho's return code for it; "paho": of what Paho says when it tries."""
    def start(server, code, *user, scheme="mqtt"):
        return run("diagnose5", f"{scheme}://127.0.0.1:{server.port}", code, *user, folder=BUILD / "tests")

    return start


def says(program, status, is_final, pattern):
    begin = time.monotonic()
    assert program.wait() == status, program.out.lines
    assert time.monotonic() - begin < (DEADLINE if WRAPPER else 7)  # Paho's three seconds, three more, and some to start
    assert len(program.out.lines) == 1, program.out.lines
    assert re.match("final " if is_final else "passing ", program.out.lines[0]), program.out.lines
    found = re.search(pattern, program.out.lines[0].replace("final ", ": ").replace("passing ", ": "))
    assert found, program.out.lines
    return found


# --- the broker says why ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted([*PASSING, *FINAL]))
def test_each_reason_to_refuse_a_connection_has_its_words_and_nobody_asks_further(serve, diagnose, reason):
    name, status, advice = {**PASSING, **FINAL}[reason]
    broker = serve(Broker(None, [bytes([0x20, 3, 0, reason, 0])]))
    says(diagnose(broker, "paho"), status, reason in FINAL,
         rf": 127.0.0.1:{broker.port} refused the connection: {name} .reason {reason}.: {advice}$")
    assert broker.accepted == 1


@pytest.mark.parametrize("reason", [0x86, 0x87])
def test_who_gave_a_user_name_is_told_to_check_it(serve, diagnose, reason):
    broker = serve(Broker(None, [bytes([0x20, 3, 0, reason, 0])]))
    says(diagnose(broker, "paho", "alice"), 77, True, f"reason {reason}.: check --username and --password$")


@pytest.mark.parametrize("code", [5, 0x8b, 0xa0, 255])
def test_a_code_that_is_no_reason_to_refuse_a_connection_is_shown(serve, diagnose, code):
    broker = serve(Leaving())
    says(diagnose(broker, code), 76, False, f"refused the connection with code {code}, which MQTT 5 does not know$")


# --- the version ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", WAYS)
@pytest.mark.parametrize("answer, asked", [(BAD_VERSION, [5, 4]), (CLOSE, [5, 4, 5]), (SILENCE, [5, 4, 5]),
                                           (wire.ACCEPT, [5, 4, 5])], ids=["refuses", "closes", "silent", "accepts"])
def test_a_broker_of_the_older_version_only_is_told_as_that(serve, diagnose, scheme, answer, asked):
    broker = serve(Broker(WAYS[scheme], [answer], [wire.ACCEPT]))
    says(diagnose(broker, -1, "alice", scheme=scheme), 76, True, OLD)
    assert broker.asked == asked
    assert b"alice" not in broker.heard and b"secret" not in broker.heard and b"probe" in broker.heard


def test_a_broker_of_the_older_version_only_is_told_as_that_whatever_paho_read(serve, diagnose):
    """What it says as a return code, too: to MQTT 5 it is none."""
    broker = serve(Broker(None, [BAD_VERSION], [wire.ACCEPT]))
    says(diagnose(broker, 1), 76, True, OLD)


def test_a_broker_of_neither_version_is_told_as_that(serve, diagnose):
    broker = serve(Broker(None, [BAD_VERSION], [BAD_VERSION]))
    says(diagnose(broker, -1), 76, True, "does not speak MQTT 5: use another broker$")


@pytest.mark.parametrize("scheme", WAYS)
def test_a_broker_that_only_hung_for_some_time_is_not_called_an_old_one(serve, diagnose, scheme):
    broker = serve(Broker(WAYS[scheme], [SILENCE, ACCEPT_5], [wire.ACCEPT]))
    says(diagnose(broker, -1, scheme=scheme), 69, False, LATE)
    assert broker.asked == [5, 4, 5]


def test_a_broker_that_hangs_for_paho_only_is_late(serve, diagnose):
    broker = serve(Broker(None, [SILENCE, ACCEPT_5], [wire.ACCEPT]))
    says(diagnose(broker, "paho"), 69, False, LATE)
    assert broker.asked == [5, 5]


@pytest.mark.parametrize("scheme", WAYS)
@pytest.mark.parametrize("reason", [0, 0x84, 0x87])
def test_who_answers_with_mqtt_5_speaks_it_also_where_it_refuses(serve, diagnose, scheme, reason):
    broker = serve(Broker(WAYS[scheme], [bytes([0x20, 3, 0, reason, 0])], [wire.ACCEPT]))
    says(diagnose(broker, -1, scheme=scheme), 69, False, LATE)
    assert broker.asked == [5]


def test_who_answers_mqtt_5_to_everybody_speaks_it(serve, diagnose):
    """It hung at first, and refuses the older version in the words of the newer one."""
    broker = serve(Broker(None, [SILENCE], [b"\x20\x03\x00\x84\x00"]))
    says(diagnose(broker, -1), 69, False, LATE)


def test_a_real_broker_speaks_mqtt_5(broker, diagnose):
    says(diagnose(broker, -1), 69, False, LATE)
    assert broker.stop_and_find(r"as probe[0-9a-f]{8} \(p5, c1, k10\)"), "the probe has connected with MQTT 5"


def test_a_real_broker_says_that_it_wants_a_password(diagnose, tmp_path):
    lab = LabBroker(tmp_path)
    lab.port = lab.ports["1884"]
    says(diagnose(lab, "paho", "alice"), 77, True, "not authorized .reason 135.: check --username and --password$")
    lab.stop()


# --- a CONNACK that is not valid --------------------------------------------------------------------------------------


def connack(properties, missing=0):
    """Its length, and that of its properties, are right; `missing` bytes do not come."""
    def length(body):
        return bytes([len(body)] if len(body) < 0x80 else [len(body) & 0x7f | 0x80, len(body) >> 7]) + body

    packet = b"\x20" + length(b"\0\0" + length(properties))
    return packet[:len(packet) - missing]


@pytest.mark.parametrize("scheme", WAYS)
@pytest.mark.parametrize("packet", [
    b"\x20\x03\x00\x00\x05", b"\x20\x04\x00\x00\x00\x00", b"\x20\x03\x02\x00\x00", connack(b"\x7f\x00"), connack(b"\x01\x00"),
    connack(b"\x21\x00\x14\x21\x00\x14"), connack(b"\x1f\x00\x05abc"), connack(b"\x1f\x00"), connack(b"\x26\x00\x01a\x00\x02b"),
    connack(b"\x27\x00\x00\x01"), connack(b"\x25\x01", missing=1)],
    ids=["properties beyond the packet", "packet beyond the properties", "flags", "unknown property", "property of PUBLISH",
         "property twice", "text cut", "length of a text cut", "pair cut", "number cut", "packet cut"])
def test_a_broken_connack_is_told_as_that(serve, diagnose, scheme, packet):
    broker = serve(Broker(WAYS[scheme], [packet], [wire.ACCEPT]))
    says(diagnose(broker, -1, scheme=scheme), 76, True, BROKEN)
    assert broker.asked == [5]


ALL = (b"\x11\0\0\0\1" b"\x12\0\1a" b"\x13\0\1" b"\x15\0\1a" b"\x16\0\0" b"\x1a\0\1a" b"\x1c\0\1a" b"\x1f\0\0" b"\x21\0\1"
       b"\x22\0\1"
       b"\x24\0" b"\x25\1" b"\x26\0\1a\0\1b" b"\x26\0\1a\0\0" b"\x27\0\0\1\0" b"\x28\1" b"\x29\1" b"\x2a\1")


@pytest.mark.parametrize("packet", [connack(ALL), connack(b"\x1f\x00\xc8" + 200 * b"a"),
                                    b"\x20\xff\xff\x03\x00\x00\xfb\xff\x03\x1f\xff\xf8" + 65528 * b"a"],
                         ids=["each property", "long", "longer than anybody reads"])
def test_a_connack_that_is_valid_is_not_told_as_broken(serve, diagnose, packet):
    broker = serve(Broker(None, [packet]))
    says(diagnose(broker, -1), 69, False, LATE)
    assert broker.asked == [5]


def one_frame(data):
    return b"\x82\x7e" + len(data).to_bytes(2, "big") + data


def pieces(data):
    return (b"\x89\x02hi" b"\x02\x01" + data[:1] + b"\x8a\x00" b"\x00\x00" b"\x80\x7e" + (len(data) - 1).to_bytes(2, "big")
            + data[1:])


@pytest.mark.parametrize("frames", [one_frame, pieces])
@pytest.mark.parametrize("packet, status, is_final, pattern", [
    (ACCEPT_5, 69, False, LATE), (connack(ALL), 69, False, LATE), (connack(200 * b"a"), 76, True, BROKEN),
    (connack(b"\x1f\x01\x2c" + 300 * b"a"), 69, False, LATE)], ids=["short", "long", "broken", "longer"])
def test_a_connack_is_read_however_its_frames_are(serve, diagnose, frames, packet, status, is_final, pattern):
    broker = serve(Broker("/mqtt", [packet], frames=frames))
    says(diagnose(broker, -1, scheme="ws"), status, is_final, pattern)
    assert broker.asked == [5]
    assert broker.closes.acquire(timeout=DEADLINE), "the WebSocket is closed, and not just dropped"


@pytest.mark.parametrize("frame", [b"\x88\x00", b"\x88\x02\x03\xe8", b"\x89\x7e\x00\x7e" + 126 * b"a", b"\x82\x04hiya"],
                         ids=["the end", "the end and why", "a ping that is too long", "no MQTT"])
def test_a_websocket_without_a_connack_is_told_as_no_answer_at_once(serve, diagnose, frame):
    broker = serve(Broker("/mqtt", [b"any"], [b"any"], frames=lambda data: frame))
    program = diagnose(broker, -1, scheme="ws")
    begin = time.monotonic()
    says(program, 69, False, LATE)
    assert WRAPPER or time.monotonic() - begin < 1, "nobody waits for more"
    assert broker.asked == [5, 4]


# --- no MQTT, or in another way ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers_5, answers_3", [([ACCEPT_5], [CLOSE]), ([CLOSE], [wire.ACCEPT]), ([BAD_VERSION], [CLOSE])])
def test_plain_mqtt_of_whatever_version_is_told_who_tried_a_websocket(serve, diagnose, answers_5, answers_3):
    broker = serve(Broker(None, answers_5, answers_3))
    says(diagnose(broker, -1, scheme="ws"), 69, False, f"speaks plain MQTT: use --url mqtt://127.0.0.1:{broker.port}$")


def test_a_websocket_is_told_who_tried_plain_mqtt(serve, diagnose):
    broker = serve(Broker("/mqtt", [ACCEPT_5]))
    says(diagnose(broker, -1), 69, False, f"speaks MQTT over WebSockets: use --url ws://127.0.0.1:{broker.port}$")


@pytest.mark.parametrize("scheme", WAYS)
def test_who_is_sent_away_is_told_so(serve, diagnose, scheme):
    says(diagnose(serve(Leaving()), -1, scheme=scheme), 69, False, "takes the connection and closes it without an answer")


def test_who_is_sent_away_is_told_so_although_another_question_was_not_answered(serve, diagnose):
    broker = serve(Broker(None, [CLOSE], [SILENCE]))
    says(diagnose(broker, -1), 69, False, "takes the connection and closes it without an answer")


class Talking(wire.Listener):
    """A server of something else: it says its name, and waits."""

    def serve(self, connection):
        connection.sendall(b"220 example.com ESMTP\r\n")
        while connection.recv(4096):
            pass


@pytest.mark.parametrize("scheme", WAYS)
def test_what_is_no_broker_is_told_as_that(serve, diagnose, scheme):
    says(diagnose(serve(Talking()), -1, scheme=scheme), 69, False, "answers, but not as an MQTT broker: check the port$")


@pytest.mark.parametrize("scheme", WAYS)
def test_silence_is_called_silence_and_the_questions_are_few(serve, diagnose, scheme):
    server = serve(Deaf())
    program = diagnose(server, -1, "alice", scheme=scheme)
    begin = time.monotonic()
    says(program, 69, False, "has not answered in 3 s: slow, or not MQTT$")
    assert time.monotonic() - begin < (DEADLINE if WRAPPER else 4), "three seconds, and some to start"
    assert server.accepted == 4
    heard = [server.heard[number] for number in range(4)]
    assert [data[:1] for data in heard] == [b"\x16", *([b"G", b"\x10", b"\x10"] if scheme == "ws" else [b"\x10", b"\x10", b"G"])]
    assert not any(b"secret" in data or b"alice" in data for data in heard), heard


@pytest.mark.parametrize("scheme", WAYS)
@pytest.mark.parametrize("connection", [1, 2, 3, 4])
def test_ctrl_c_ends_the_questions(serve, diagnose, scheme, connection):
    server = serve(Deaf())
    program = diagnose(server, -1, scheme=scheme)
    server.wait_for_connections(connection)
    _, seconds = program.interrupt()
    assert seconds < 1 and server.accepted <= connection + 1 and not program.err.lines, program.err.lines


def test_ctrl_c_between_the_versions_makes_no_old_broker(serve, diagnose):
    broker = serve(Broker(None, [CLOSE, SILENCE], [wire.ACCEPT]))
    program = diagnose(broker, -1)
    broker.wait_for_connections(4)
    program.interrupt()
    assert len(program.out.lines) == 1 and "3.1.1" not in program.out.lines[0], program.out.lines
