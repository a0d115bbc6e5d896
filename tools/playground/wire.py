"""Two ways to make a connection misbehave: a proxy before a real broker, and a broker that follows a script."""

import socket
import struct
import threading

from .waiting import DEADLINE

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK = range(1, 10)
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = range(10, 15)


def reset(connection):
    """Closes the connection as a crash does: with RST, and without sending what waits."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


class Listener:
    """Accepts connections on a free port and serves each on a thread of its own."""

    def __init__(self, receive_buffer=None):
        self.socket = socket.create_server(("127.0.0.1", 0))
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.port = self.socket.getsockname()[1]
        self.connections = []
        self.accepted = 0
        self.changed = threading.Condition()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def options(self):
        return ["--host", "127.0.0.1", "--port", self.port]

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.changed:
                self.connections.append(connection)
                self.accepted += 1
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self.serve(connection)
        except OSError:
            pass

    def wait_for_connections(self, count, seconds=DEADLINE):
        with self.changed:
            assert self.changed.wait_for(lambda: self.accepted >= count, seconds), f"{self.accepted} of {count} connections"

    def cut(self):
        """Cuts every connection there is."""
        with self.changed:
            connections, self.connections = self.connections, []
        for connection in connections:
            reset(connection)

    def close(self):
        self.socket.close()
        self.cut()


class Proxy(Listener):
    """Passes everything on between clients and a broker; cuts a connection after cut_after bytes to the broker, if set,
    for as many times as `cuts` says; cuts the first ones after as many seconds as `lives` says; passes on nothing of a
    packet kind in `dropped` to the client."""

    def __init__(self, port, cut_after=None, cuts=0, lives=(), dropped=()):
        self.target = port
        self.cut_after = cut_after
        self.cuts = cuts
        self.dropped = dropped
        self.packets_dropped = 0
        self.lives = list(lives)
        super().__init__()

    def serve(self, connection):
        upstream = socket.create_connection(("127.0.0.1", self.target))
        with self.changed:
            self.connections.append(upstream)
            life = self.lives.pop(0) if self.lives else None
        threading.Thread(target=self._pump_to_client, args=(upstream, connection), daemon=True).start()
        if life is not None:
            threading.Timer(life, self.cut).start()
        passed = 0
        try:
            while data := connection.recv(65536):
                upstream.sendall(data)
                passed += len(data)
                if self.cut_after is not None and passed > self.cut_after and self.cuts > 0:
                    self.cuts -= 1
                    return
        finally:
            reset(upstream)
            reset(connection)

    def _pump_to_client(self, upstream, connection):
        try:
            if self.dropped:
                while packet := read_packet(upstream):
                    if packet[0] in self.dropped:
                        self.packets_dropped += 1
                    else:
                        connection.sendall(packet[2])
            else:
                while data := upstream.recv(65536):
                    connection.sendall(data)
        except OSError:
            pass
        reset(connection)


def read_packet(connection):
    """The next packet as (kind, body, all of its bytes), or None at the end."""
    head = connection.recv(1)
    if not head:
        return None
    raw, length, shift = head, 0, 0
    while True:
        byte = connection.recv(1)
        if not byte or shift > 21:  # what comes is not MQTT: a length has four bytes at most
            return None
        raw += byte
        length |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    body = b""
    while len(body) < length:
        more = connection.recv(length - len(body))
        if not more:
            return None
        body += more
    return head[0] >> 4, body, raw + body


class ScriptedBroker(Listener):
    """Answers each packet as script(kind, body) says: with bytes to send, None to say nothing, False to reset the
    connection, or (bytes, seconds) to reset it so long after they were sent."""

    def __init__(self, script, **options):
        self.script = script
        self.received = []
        self.raw = []  # the same packets, as bytes
        super().__init__(**options)

    def serve(self, connection):
        while packet := read_packet(connection):
            with self.changed:
                self.received.append(packet[0])
                self.raw.append(packet[2])
                self.changed.notify_all()
            answer = self.script(packet[0], packet[1])
            answer, rest = answer if isinstance(answer, tuple) else (answer, None)
            if answer:
                connection.sendall(answer)
            if rest is not None:
                threading.Event().wait(rest)
            if answer is False or rest is not None:
                reset(connection)
                return

    def wait_for(self, kind, count=1):
        with self.changed:
            assert self.changed.wait_for(lambda: self.received.count(kind) >= count, DEADLINE), (kind, self.received)


ACCEPT = b"\x20\x02\x00\x00"


def packet_id(body):
    """Of a PUBLISH at QoS 1 or 2."""
    length = 2 + int.from_bytes(body[:2], "big")
    return body[length:length + 2]


def publish(topic, payload, identifier=None, qos=1):
    """A PUBLISH packet of less than 16 KiB: at QoS 1 or 2 with this identifier, or else at QoS 0."""
    head = 0x30 if identifier is None else 0x30 | qos << 1
    body = len(topic).to_bytes(2, "big") + topic.encode()
    body += (b"" if identifier is None else identifier.to_bytes(2, "big")) + payload.encode()
    return bytes([head, len(body) & 0x7F | 0x80, len(body) >> 7]) + body


def granting(*codes):
    """A script that accepts connections and answers the n-th SUBSCRIBE with the n-th code (the last one from then on)."""
    answers = list(codes)

    def script(kind, body):
        if kind == CONNECT:
            return ACCEPT
        if kind == SUBSCRIBE:
            return b"\x90\x03" + body[:2] + bytes([answers.pop(0) if len(answers) > 1 else answers[0]])
        if kind == UNSUBSCRIBE:
            return b"\xb0\x02" + body[:2]
        return b"\xd0\x00" if kind == PINGREQ else None

    return script
