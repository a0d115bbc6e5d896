"""QoS 2 across restarts of a broker that keeps its state: whose are the messages that a subscriber sees twice?

A proxy on each half of the way keeps the packets. The one before the producer writes into each message the packet id under
which it was published, so that the other half tells which one it is."""

import collections
import contextlib
import socket
import threading

import pytest
from playground import DEADLINE, Broker, client, wire
from playground.wire import PUBCOMP, PUBLISH, PUBREC, PUBREL

COUNT, RESTARTS = 1000, 4
WINDOW = 20  # this many messages are on their way to the subscriber when the broker stops
Packet = collections.namedtuple("Packet", "to_broker kind id payload")


def parse(to_broker, kind, body):
    """What this test wants to know of a packet; of those that have no id it wants to know nothing."""
    at = 2 + int.from_bytes(body[:2], "big") if kind == PUBLISH else 0
    return Packet(to_broker, kind, int.from_bytes(body[at:at + 2], "big"), body[at + 2:].decode() if kind == PUBLISH else None)


class Recorder(wire.Listener):
    """Passes everything on and keeps the packets of QoS 2 in their order; but to the broker it passes on none of the kinds in
    `withheld`. What it has passed on to a client arrives there, also when the broker goes."""

    def __init__(self, port, stamps=False):
        self.target = port
        self.stamps = stamps
        self.packets = []
        self.withheld = ()
        super().__init__()

    def serve(self, connection):
        try:
            upstream = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            wire.reset(connection)
            raise
        with self.changed:
            self.connections.append(upstream)
        threading.Thread(target=self._pass_to_client, args=(upstream, connection), daemon=True).start()
        while packet := wire.read_packet(connection):
            if self._keep(True, packet) not in self.withheld:
                upstream.sendall(self._stamped(*packet) if self.stamps else packet[2])
        upstream.shutdown(socket.SHUT_RDWR)

    def _pass_to_client(self, upstream, connection):
        with contextlib.suppress(OSError):
            while packet := wire.read_packet(upstream):
                self._keep(False, packet)
                connection.sendall(packet[2])
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)

    def _keep(self, to_broker, packet):
        kind, body, _ = packet
        if kind in (PUBLISH, PUBREC, PUBREL, PUBCOMP):
            with self.changed:
                self.packets.append(parse(to_broker, kind, body))
                self.changed.notify_all()
        return kind

    @staticmethod
    def _stamped(kind, body, raw):
        if kind != PUBLISH:
            return raw
        packet = parse(True, kind, body)
        body = body[:len(body) - len(packet.payload)] + b"%05d" % packet.id
        assert len(body) < 128  # its length is one byte
        return raw[:1] + bytes([len(body)]) + body

    def of(self, kind, to_broker):
        with self.changed:
            return [packet for packet in self.packets if packet.kind == kind and packet.to_broker == to_broker]

    def wait_for(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, 2 * DEADLINE), self.packets[-5:]


class Subscriber:
    """Python's Paho, with a session that outlives its connections."""

    def __init__(self, port):
        self.seen = []
        self.changed = threading.Condition()
        subscribed = threading.Event()
        self.client = client(client_id="subscriber", clean_session=False)
        self.client.on_message = self._on_message
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe("#", 2)
        assert subscribed.wait(DEADLINE)

    def _on_message(self, client, userdata, message):
        with self.changed:
            self.seen.append(int(message.payload))
            self.changed.notify_all()

    def wait_for(self, number):
        with self.changed:
            assert self.changed.wait_for(lambda: number in self.seen, 2 * DEADLINE), self.seen[-5:]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def published(recorder):
    """The payloads by packet id, in the order in which the ids were used first; and what was sent again against the rules: a
    message under an id that was another's, or after its PUBREL (MQTT 3.1.1 section 4.3.3)."""
    messages, released, wrong = {}, set(), []
    for packet in recorder.packets:
        if packet.kind == PUBLISH and packet.to_broker:
            if packet.id in released or messages.setdefault(packet.id, packet.payload) != packet.payload:
                wrong.append(packet)
        elif packet.kind == PUBREL and packet.to_broker:
            released.add(packet.id)
    return messages, wrong


def delivered(recorder):
    """How often each message was delivered: a subscriber has to take a PUBLISH for a new message unless that id is in use,
    from an earlier PUBLISH to the PUBREL. And those which the broker published again after the PUBREL, or under another id."""
    count, in_use, doubles = collections.Counter(), {}, []
    for packet in recorder.packets:
        if packet.to_broker:
            continue
        if packet.kind == PUBLISH:
            in_use[packet.id] = int(packet.payload)
        elif packet.kind == PUBREL and packet.id in in_use:
            number = in_use.pop(packet.id)
            if count[number]:
                doubles.append(number)
            count[number] += 1
    return count, doubles


@pytest.mark.parametrize("limit", [0, 1000])
def test_what_comes_twice_after_restarts_was_published_twice_by_the_broker(limit, tmp_path, run):
    """Mosquitto 2.0 and 2.1 forget of all that goes beyond the limit of what may be on the way to a client how far it had come; 0
    says that there is no limit, and all goes beyond that."""
    broker = Broker(tmp_path, f"allow_anonymous true\npersistence true\npersistence_location {tmp_path}/\n"
                    f"max_inflight_messages {limit}", log=("error", "information"))
    front, back = Recorder(broker.port, stamps=True), Recorder(broker.port)
    subscriber = Subscriber(back.port)
    producer = run("simple_producer", *front.options, "-q", 2, "-C", COUNT, "--interval", 0.002, "--wait", DEADLINE)
    for restart in range(1, RESTARTS + 1):
        front.wait_for(lambda: len(front.of(PUBLISH, True)) >= restart * COUNT // (RESTARTS + 1))
        back.withheld = (PUBCOMP,)  # so that there are messages of which the broker does not know that they have arrived
        known = len(back.of(PUBCOMP, True))
        back.wait_for(lambda: len(back.of(PUBCOMP, True)) >= known + WINDOW)
        broker.stop()
        back.withheld = ()
        broker.start()
    assert producer.wait(2 * DEADLINE) == 0
    subscriber.wait_for(COUNT)
    subscriber.close()
    for recorder in (front, back):
        recorder.close()
    broker.stop()

    messages, wrong = published(front)
    assert producer.summary() == (COUNT, 0, 0)
    assert list(messages) == list(range(1, COUNT + 1)), "one packet id for each message"
    assert [line.split()[-1] for line in producer.out.matching("^sent ")] == list(messages.values())
    assert not wrong

    count, doubles = delivered(back)
    assert set(count) == set(messages), "nothing is lost"
    assert collections.Counter(subscriber.seen) == count, "what is seen twice was published twice by the broker"
    assert len(subscriber.seen) == COUNT + len(doubles)
    if limit > 0:
        assert not doubles, "no more were on the way than the limit allows"
