"""What a failed connection is told to come from, and what the advice is worth: each test that is given one follows it."""

import base64
import hashlib
import re
import ssl
import threading
import time

import pytest
from playground import DEADLINE, PAHO, WRAPPER, LabBroker, wire

SECRET = ["-u", "alice", "-P", "alice-secret"]
SCHEMES = ["mqtt", "mqtts", "ws", "wss"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The lab's broker, with its certificates."""
    broker = LabBroker(tmp_path_factory.mktemp("lab"))
    broker.make_certificates()
    yield broker
    broker.stop()


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


def tls_context(lab):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(lab.lab / "tls" / "server.crt", lab.lab / "tls" / "server.key")
    return context


class WebSocket:
    """The inside of a WebSocket, to be read and written as a connection is (RFC 6455). on_close is called at its end."""

    def __init__(self, connection, on_close):
        self.connection = connection
        self.on_close = on_close
        self.waiting = b""

    def _exactly(self, length):
        data = b""
        while len(data) < length:
            more = self.connection.recv(length - len(data))
            if not more:
                raise OSError("the end")
            data += more
        return data

    def recv(self, length):
        while not self.waiting:
            opcode, size = self._exactly(2)
            if not size & 0x80:  # what a client sends is masked; what Paho sends after it has waited for too long is not
                raise OSError("not a WebSocket's frame")
            size &= 0x7F
            if size == 126:
                size = int.from_bytes(self._exactly(2), "big")
            mask = self._exactly(4)
            data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._exactly(size)))
            if opcode & 0x0F == 8:
                self.on_close()
                return b""
            self.waiting += data
        data, self.waiting = self.waiting[:length], self.waiting[length:]
        return data

    def sendall(self, data):
        self.connection.sendall(bytes([0x82, len(data)]) + data)


class Server(wire.ScriptedBroker):
    """A scripted broker behind TLS, behind a web server, or both. It keeps the bytes of each connection, and what kinds
    of packets there were."""

    def __init__(self, script, context=None, path=None, is_patient=False, protocol=b"mqtt"):
        self.context = context
        self.path = path  # of the WebSocket; None: without
        self.is_patient = is_patient  # it waits for the end of a line, whatever comes
        self.protocol = protocol  # of what is inside the WebSocket
        self.closes = threading.Semaphore(0)  # WebSockets that were closed, and not just dropped
        super().__init__(script)

    def serve(self, connection):
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
            with self.changed:
                self.connections.append(connection)
        if self.path is not None:
            connection = self._upgrade(connection)
        if connection is not None:
            super().serve(connection)

    def _upgrade(self, connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            head += byte
            if not byte or (not self.is_patient and not (b"GET " + head).startswith(head) and not head.startswith(b"GET ")):
                self._refuse(connection, b"400 Bad Request")
                return None
        fields = {name.strip().lower(): value.strip() for name, _, value in
                  (line.partition(":") for line in head.decode().split("\r\n")[1:])}
        if head.split(b" ")[1].decode() != self.path:
            self._refuse(connection, b"404 Not Found")
            return None
        assert fields["upgrade"].lower() == "websocket" and fields["sec-websocket-protocol"] == "mqtt"
        accept = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                           b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n"
                           b"Sec-WebSocket-Protocol: " + self.protocol + b"\r\n\r\n")
        return WebSocket(connection, self.closes.release)

    @staticmethod
    def _refuse(connection, status):
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
        connection.close()


@pytest.fixture
def port_of(lab, serve):
    """A function: where a broker is that speaks this scheme."""
    def find(scheme):
        if scheme in ("mqtt", "mqtts"):
            return lab.ports["1883" if scheme == "mqtt" else "8883"]
        return serve(Server(wire.granting(0), tls_context(lab) if scheme == "wss" else None, "/mqtt")).port

    return find


def start(run, lab, url, *options):
    authority = ["--cafile", lab.lab / "tls" / "ca.crt"] if url.startswith(("mqtts", "wss")) else []
    return run("simple_producer", "--url", url, *authority, "-C", 1, *options)


def fail(program, status, pattern):
    """The program ends with one line; returns what the pattern has found in it."""
    begin = time.monotonic()
    assert program.wait() == status, program.err.lines
    assert time.monotonic() - begin < (DEADLINE if WRAPPER else 6)  # five seconds, and some to start on a slow machine
    assert len(program.err.lines) == 1, program.err.lines
    found = re.search(pattern, program.err.lines[0])
    assert found, program.err.lines
    return found


def follow(run, lab, url, *options):
    program = start(run, lab, url, *options)
    program.err.wait_for("^Connected to ")
    assert program.wait() == 0, program.err.lines


# --- the scheme -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tried, spoken", [(tried, spoken) for tried in SCHEMES for spoken in SCHEMES if tried != spoken])
def test_where_the_scheme_is_wrong_the_right_one_is_named(lab, run, port_of, tried, spoken):
    port = port_of(spoken)
    program = start(run, lab, f"{tried}://localhost:{port}", *SECRET)
    words = {"mqtt": "plain MQTT", "mqtts": "MQTT over TLS", "ws": "MQTT over WebSockets", "wss": "MQTT over WebSockets and TLS"}
    advice = fail(program, 69, rf": localhost:{port} speaks {words[spoken]}: use --url (\S+)(?: and --cafile)?$").group(1)
    assert advice == f"{spoken}://localhost:{port}"
    follow(run, lab, advice, *SECRET)


@pytest.mark.parametrize("tried, spoken", [("mqtt", "ws"), ("mqtts", "wss")])
def test_a_web_server_that_waits_for_the_end_of_a_line_is_found_too(lab, run, serve, tried, spoken):
    server = serve(Server(wire.granting(0), tls_context(lab) if spoken == "wss" else None, "/mqtt", is_patient=True))
    program = start(run, lab, f"{tried}://localhost:{server.port}")
    follow(run, lab, fail(program, 69, r"use --url (\S+)(?: and --cafile)?$").group(1))


@pytest.mark.parametrize("tried, spoken", [("ws", "wss"), ("wss", "ws")])
def test_the_path_is_kept(lab, run, serve, tried, spoken):
    server = serve(Server(wire.granting(0), tls_context(lab) if spoken == "wss" else None, "/broker/1"))
    program = start(run, lab, f"{tried}://localhost:{server.port}/broker/1")
    advice = fail(program, 69, r"use --url (\S+)(?: and --cafile)?$").group(1)
    assert advice == f"{spoken}://localhost:{server.port}/broker/1"
    follow(run, lab, advice)


@pytest.mark.parametrize("tried", ["mqtt", "ws", "wss"])
def test_a_wrong_path_is_told(lab, run, serve, tried):
    server = serve(Server(wire.granting(0), tls_context(lab) if tried == "wss" else None, "/broker"))
    program = start(run, lab, f"{tried}://localhost:{server.port}")
    fail(program, 69, r"is a web server without MQTT at /mqtt \(status 404\): check the port, or the path")


def test_a_websocket_for_something_else_is_no_broker(lab, run, serve):
    server = serve(Server(wire.granting(0), path="/mqtt", protocol=b"chat"))
    program = start(run, lab, f"mqtt://localhost:{server.port}")
    fail(program, 69, r"is a web server without MQTT at /mqtt \(status 101\)")


@pytest.mark.parametrize("spoken", ["mqtts", "wss"])
def test_advice_that_needs_an_authority_says_so(lab, run, port_of, spoken):
    program = run("simple_producer", "--host", "localhost", "--port", port_of(spoken), "-C", 1)
    advice = fail(program, 69, r"use --url (\S+) and --cafile$").group(1)
    follow(run, lab, advice, *SECRET)


def test_a_wrong_certificate_is_told_before_a_wrong_scheme(lab, run, serve):
    server = serve(Server(wire.granting(0), tls_context(lab), "/mqtt"))
    program = run("simple_producer", "--url", f"mqtts://localhost:{server.port}")
    fail(program, 69, "not trusted .*: check --cafile$")
    assert server.accepted == 2, "Paho's, and the one that looks at the certificate"


def test_where_only_a_known_client_is_spoken_to_that_is_told(lab, run):
    program = run("simple_producer", "--host", "localhost", "--port", lab.ports["8884"], "-C", 1)
    fail(program, 69, "speaks TLS, and asks for a client certificate: use mqtts:// or wss:// with --cert and --key$")
    certificate = ["--cert", lab.lab / "tls" / "alice.crt", "--key", lab.lab / "tls" / "alice.key"]
    follow(run, lab, f"mqtts://localhost:{lab.ports['8884']}", *certificate)


class Leaving(wire.Listener):
    """Takes connections and closes them."""

    def serve(self, connection):
        connection.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_who_is_sent_away_is_told_so_with_and_without_tls(run, serve, scheme):
    server = serve(Leaving())
    program = run("simple_producer", "--url", f"{scheme}://127.0.0.1:{server.port}")
    fail(program, 69, "takes the connection and closes it without an answer: its log may say why, or check the port$")


@pytest.mark.parametrize("variable, scheme", [("http_proxy", "ws"), ("https_proxy", "wss")])
def test_a_proxy_that_does_not_let_through_is_told(lab, run, serve, variable, scheme):
    server = serve(Server(wire.granting(0), tls_context(lab) if scheme == "wss" else None, "/mqtt"))
    authority = ["--cafile", lab.lab / "tls" / "ca.crt"] if scheme == "wss" else []
    program = run("simple_producer", "--url", f"{scheme}://localhost:{server.port}", *authority, "-C", 1,
                  environment={variable: "http://127.0.0.1:1"})
    if PAHO > (1, 3, 12) and program.wait() == 0:
        return  # newer ones go directly to this computer
    fail(program, 69, f"answers, but not through the proxy of the environment .{variable}.")


class Alerting(wire.Listener):
    """Answers the beginning of a TLS handshake with an alert (RFC 8446 section 6), as an overloaded terminator does."""

    ALERTS = {"internal error": 80, "handshake failure": 40}

    def __init__(self, alert):
        self.record = b"\x15\x03\x03\x00\x02\x02" + bytes([self.ALERTS[alert]])
        super().__init__()

    def serve(self, connection):
        if connection.recv(4096):
            connection.sendall(self.record)
        connection.close()


@pytest.mark.parametrize("alert", Alerting.ALERTS)
def test_an_alert_that_is_about_no_certificate_is_told_as_it_is_and_is_not_final(lab, run, serve, alert):
    server = serve(Alerting(alert))
    program = run("simple_producer", "--url", f"mqtts://127.0.0.1:{server.port}", "--wait", 2)
    assert program.wait() == 69
    assert program.err.matching(f"speaks TLS, and has ended it: {alert}; trying again")
    assert program.err.matching(f"^simple_producer: .* speaks TLS, and has ended it: {alert}$")


# --- slow -------------------------------------------------------------------------------------------------------------


class Deaf(wire.Listener):
    """Takes connections and says nothing, behind TLS if there is a context; keeps what it is sent, connection by connection."""

    def __init__(self, context=None):
        self.context = context
        self.heard = {}
        super().__init__()

    def serve(self, connection):
        number = self.connections.index(connection)
        if self.context is not None:
            connection = self.context.wrap_socket(connection, server_side=True)
            with self.changed:
                self.connections.append(connection)
        while data := connection.recv(4096):
            with self.changed:
                self.heard[number] = self.heard.get(number, b"") + data


@pytest.mark.parametrize("scheme, has_tls", [("mqtt", False), ("mqtts", False), ("ws", False), ("wss", False),
                                             ("mqtts", True), ("wss", True)])
def test_silence_is_called_silence(lab, run, serve, scheme, has_tls):
    server = serve(Deaf(tls_context(lab) if has_tls else None))
    program = start(run, lab, f"{scheme}://localhost:{server.port}")
    fail(program, 69, f"localhost:{server.port} has not answered in 3 s: slow, or not MQTT$")


def test_wait_bears_a_broker_that_is_slow(run, serve):
    """It answers nobody until the program has said so once."""
    is_awake = threading.Event()
    broker = serve(wire.ScriptedBroker(lambda kind, body: wire.granting(0)(kind, body) if is_awake.is_set() else None))
    program = run("simple_producer", *broker.options, "--wait", DEADLINE, "-C", 1)
    program.err.wait_for("has not answered in 3 s: slow, or not MQTT; trying again in ")
    is_awake.set()
    program.err.wait_for("^Connected to ")
    assert program.wait() == 0


def test_a_broker_that_answers_too_late_is_not_called_another_thing(run, serve):
    """It does not answer the program, but the one who asks why."""
    broker = serve(wire.ScriptedBroker(lambda kind, body: wire.ACCEPT if b"probe" in body else None))
    program = run("simple_producer", *broker.options)
    fail(program, 69, "the broker at .* has not answered in time, or closed the connection: its log may say why$")


# --- manners ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_questions_are_few_and_give_nothing_away(lab, run, serve, scheme):
    server = serve(Deaf())
    program = start(run, lab, f"{scheme}://localhost:{server.port}", *SECRET, "--id", "secret-id")
    fail(program, 69, "has not answered")
    assert server.accepted == 4, "one of Paho's, and three questions"
    heard = [server.heard[number] for number in (1, 2, 3)]
    assert not any(b"secret" in data or b"alice" in data for data in heard), heard
    assert [data[:1] for data in heard] == [b"\x16", *([b"G", b"\x10"] if scheme.startswith("ws") else [b"\x10", b"G"])]


def test_the_questions_take_their_leave(run, serve):
    broker = serve(wire.ScriptedBroker(lambda kind, body: wire.ACCEPT if b"probe" in body else None))
    assert run("simple_producer", *broker.options).wait() == 69
    broker.wait_for(wire.DISCONNECT)
    asked = [packet for packet in broker.raw if b"probe" in packet]
    assert len(asked) == 1 and asked[0][9] == 2, "a clean session, and neither user name nor will"
    web = serve(Server(wire.granting(0), path="/mqtt"))
    assert run("simple_producer", *web.options).wait() == 69
    assert web.closes.acquire(timeout=DEADLINE)


@pytest.mark.parametrize("connection", [2, 3, 4])
def test_ctrl_c_ends_the_questions(run, serve, connection):
    server = serve(Deaf())
    program = run("simple_producer", "--host", "127.0.0.1", "--port", server.port, "--wait", 60)
    server.wait_for_connections(connection)
    status, seconds = program.interrupt()
    assert status == 0 and seconds < 1
    assert not program.err.lines, f"not by the alarm of who is stuck: {program.err.lines}"
