"""Exercise 6: reasons and properties of MQTT 5, as an independent client and the bytes on the wire show them."""

import json
import re
import shutil
import threading

import packets5
import pytest
from playground import ROOT, Broker, wait_until, wire
from raw import assert_harmless, run_raw  # noqa: F401

SECURED = "allow_anonymous false\npassword_file {0}/passwd\nacl_file {0}/acl"
ALICE = ["-u", "alice", "-P", "alice-secret"]
BOB = ["-u", "bob", "-P", "bob-secret"]
OF_ALICE, OF_BOB = "/iot/user/alice/sensor/temperature", "/iot/user/bob/sensor/temperature"
PAGE = (ROOT / "docs" / "mqtt5.md").read_text(encoding="utf-8")


@pytest.fixture
def secured(tmp_path):
    for name in ("passwd", "acl"):
        shutil.copy(ROOT / "mosquitto" / name, tmp_path)
    broker = Broker(tmp_path, SECURED.format(tmp_path))
    yield broker
    broker.stop()


# --- reasons ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("qos, packet", [(1, "PUBACK"), (2, "PUBREC")])
def test_a_denied_message_is_told_with_its_reason(secured, run, observe, qos, packet):
    admin = observe(secured.port, "#", username="admin", password="admin-secret")
    producer = run("mqtt5_producer", *secured.options, *ALICE, "-t", OF_BOB, "-q", qos, "-C", 3, "--interval", 0, "--debug")
    assert producer.wait() == 73
    told = producer.err.matching("has denied a message: ")
    assert len(told) == 1 and "not authorized (135); check what this user may publish" in told[0]
    assert len(producer.err.matching(f"^<- {packet} msgid: \\d+, reason 135: not authorized$")) == 3
    assert producer.err.lines[-2:][0] == "3 messages were denied by the broker: 3 not authorized"
    assert producer.err.matching("^mqtt5_producer: .* has denied every message: what may this user publish")
    assert producer.summary()[0] == 3 == len(producer.out.lines)
    admin.fence("/iot/user/admin")
    assert not admin.messages


def test_at_qos_0_and_in_mqtt_311_a_denied_message_is_silence(secured, run, observe):
    admin = observe(secured.port, "#", username="admin", password="admin-secret")
    for name, qos in (("mqtt5_producer", 0), ("simple_producer", 1), ("simple_producer", 2)):
        producer = run(name, *secured.options, *ALICE, "-t", OF_BOB, "-q", qos, "-C", 2, "--interval", 0)
        assert producer.wait() == 0
        assert len(producer.err.lines) == 2, "Connected and Summary"
    admin.fence("/iot/user/admin")
    assert not admin.messages


def test_where_nothing_is_denied_nothing_is_said_of_it(secured, run):
    producer = run("mqtt5_producer", *secured.options, *ALICE, "-C", 3, "--interval", 0)
    assert producer.wait() == 0
    assert not producer.err.matching("denied")


def test_what_is_denied_in_part_is_counted_and_no_failure(scripted, run):
    broker = scripted(packets5.broker(reasons=[0x87, 0x97, 0, 0x87, 0x10]))
    producer = run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 5, "--interval", 0)
    assert producer.wait() == 0
    assert producer.err.matching("^3 messages were denied by the broker: 2 not authorized, 1 quota exceeded$")
    assert len(producer.err.matching("has denied a message: ")) == 2, "once for each reason"


def test_a_subscription_beyond_ones_rights_is_granted_in_both_versions(secured, run, observe):
    consumers = [run(name, *secured.options, *BOB, "-t", "/iot/user/alice/#") for name in ("simple_consumer", "mqtt5_consumer")]
    for consumer in consumers:
        consumer.err.wait_for("^Subscribed to: /iot/user/alice/#$")
    observe(secured.port, username="alice", password="alice-secret").publish(OF_ALICE, 1, qos=1)
    for consumer in consumers:
        assert consumer.interrupt()[0] == 0 and not consumer.out.lines


def test_a_subscription_that_is_refused_ends_the_consumer_with_76(scripted, run):
    consumer = run("mqtt5_consumer", *scripted(packets5.broker(granted=[0x87])).options, "-u", "alice")
    assert consumer.wait() == 76
    assert consumer.err.matching(r"refused the subscription to /iot/user/alice/#: not authorized \(135\)")


def test_a_subscription_that_is_granted_in_part_is_told(scripted, run):
    consumer = run("mqtt5_consumer", *scripted(packets5.broker(granted=[0])).options, "-u", "alice", "-W", 0.5)
    assert consumer.wait() == 75
    assert consumer.err.matching("^The broker delivers at QoS 0 at most$")


# --- what a broker says when it accepts the connection ---------------------------------------------------------------

@pytest.mark.parametrize("name", ["mqtt5_producer", "mqtt5_consumer"])
@pytest.mark.parametrize("properties", [packets5.number(packets5.RECEIVE_MAXIMUM, 0, 2),
                                        packets5.number(packets5.MAXIMUM_PACKET_SIZE, 0, 4)])
def test_a_broker_that_allows_nothing_breaks_the_protocol(scripted, run, name, properties):
    program = run(name, *scripted(packets5.broker(properties)).options, "-u", "alice", "-C", 1)
    assert program.wait() == 76
    assert len(program.err.lines) == 1 and "which MQTT 5 forbids" in program.err.lines[0]


def test_its_limits_are_named(scripted, run):
    properties = (packets5.number(packets5.MAXIMUM_QOS, 0, 1) + packets5.number(packets5.RETAIN_AVAILABLE, 0, 1) +
                  packets5.number(packets5.MAXIMUM_PACKET_SIZE, 200, 4))
    broker = scripted(packets5.broker(properties))
    program = run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 1)
    program.err.wait_for("takes QoS 0 at most, no retained messages, packets of 200 bytes at most$")


def test_its_keep_alive_is_kept_to(scripted, run):
    broker = scripted(packets5.broker(packets5.number(packets5.SERVER_KEEP_ALIVE, 2, 2)))
    run("mqtt5_consumer", *broker.options, "-u", "alice", "-k", 100)
    broker.wait_for(wire.PINGREQ)
    connects = [raw for kind, raw in zip(broker.received, broker.raw) if kind == wire.CONNECT]
    assert [raw[10:12] for raw in connects] == [b"\x00\x64", b"\x00\x02"]


@pytest.mark.parametrize("qos", [1, 2])
def test_no_more_than_its_receive_maximum_is_in_flight(scripted, run, qos):
    """It acknowledges only where the producer cannot send any more."""
    waiting, most, changed = [], [], threading.Condition()
    script = packets5.broker(packets5.number(packets5.RECEIVE_MAXIMUM, 5, 2))

    def reluctant(kind, body):
        if kind == wire.PUBLISH:
            with changed:
                waiting.append(wire.packet_id(body))
                most.append(len(waiting))
                changed.notify_all()
            return None
        return packets5.packet(0x70, body[:2]) if kind == wire.PUBREL else script(kind, body)

    broker = scripted(reluctant)
    producer = run("mqtt5_producer", *broker.options, "-u", "alice", "-q", qos, "-C", 20, "--interval", 0)
    for _ in range(4):
        with changed:
            assert changed.wait_for(lambda: len(waiting) == 5, 20)
            changed.wait(0.2)  # for one more, which must not come
            ids, waiting[:] = waiting[:], []
            assert len(ids) == 5
        broker.connections[0].sendall(b"".join(packets5.packet(0x40 if qos == 1 else 0x50, each) for each in ids))
    assert producer.wait() == 0 and max(most) == 5 and producer.summary()[0] == 20


@pytest.mark.parametrize("qos", [1, 2])
def test_mosquitto_has_a_receive_maximum_too(tmp_path, run, qos):
    """Its max_inflight_messages is what it announces; it disconnects those who send more."""
    broker = Broker(tmp_path, "allow_anonymous true\nmax_inflight_messages 5")
    recorder = Recorder(broker.port)
    try:
        producer = run("mqtt5_producer", *recorder.options, "-u", "alice", "-q", qos, "-C", 500, "--interval", 0)
        assert producer.wait() == 0 and producer.summary()[0] == 500 and not producer.err.matching("lost")
        assert packets5.number(packets5.RECEIVE_MAXIMUM, 5, 2) in recorder.answer
        assert len(recorder.publications()) == 500
    finally:
        recorder.close()
        broker.stop()


# --- properties -------------------------------------------------------------------------------------------------------

def test_an_independent_client_sees_the_properties(secured, run, observe):
    alice = observe(secured.port, "/iot/user/alice/#", username="alice", password="alice-secret", version=5)
    assert run("mqtt5_producer", *secured.options, *ALICE, "-C", 1, "--seed", 1, "--expiry", 300).wait() == 0
    message, = alice.wait_for_count(1)
    assert (message.topic, message.payload, message.qos, message.retain) == (OF_ALICE, b"27.38", 1, False)
    properties = message.properties
    assert properties.PayloadFormatIndicator == 1 and properties.ContentType == "text/plain"
    assert properties.UserProperty == [("unit", "Celsius")] and 298 <= properties.MessageExpiryInterval <= 300


@pytest.mark.parametrize("options, expiry", [([], 60), (["--expiry", 0], None), (["--expiry", 0.9], None),
                                             (["--expiry", 2147483647], 2147483647)])
def test_how_long_it_is_worth_something_is_what_the_user_says(scripted, run, options, expiry):
    broker = scripted(packets5.broker())
    assert run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 1, *options).wait() == 0
    _, properties, _ = packets5.properties_of(broker.raw[broker.received.index(wire.PUBLISH)], 1)
    seconds = [] if expiry is None else [packets5.number(packets5.MESSAGE_EXPIRY, expiry, 4)]
    expected = [packets5.number(packets5.PAYLOAD_FORMAT, 1, 1), packets5.content_type("text/plain"),
                packets5.pair("unit", "Celsius"), *seconds]
    assert all(part in properties for part in expected) and len(properties) == sum(map(len, expected))


def test_the_consumer_shows_them(broker, run, observe):
    consumer = run("mqtt5_consumer", *broker.options, "-u", "alice")
    consumer.err.wait_for("^Subscribed")
    sender = observe(broker.port, version=5)
    sender.publish(OF_ALICE, "1", 1, properties={"ContentType": "text/x-number", "PayloadFormatIndicator": 0,
                                                 "MessageExpiryInterval": 3000000000,
                                                 "UserProperty": [("room", "kitchen"), ("room", "attic"), ("", "")]})
    sender.publish(OF_ALICE, "2", 1, properties={"PayloadFormatIndicator": 1})
    sender.publish(OF_ALICE, "3", 1)
    sender.publish(OF_ALICE, "three", 1, properties={"ContentType": "text/plain"})
    observe(broker.port).publish(OF_ALICE, "4")  # MQTT 3.1.1
    consumer.out.wait_for(": 4$")
    first = consumer.out.lines[0]
    assert re.fullmatch(rf"received {OF_ALICE}: 1, text/x-number, expires in (3000000000|29999999\d\d) s, "
                        "room=kitchen, room=attic, =", first)
    assert consumer.out.lines[1:] == [f"received {OF_ALICE}: 2, UTF-8", f"received {OF_ALICE}: 3",
                                      f"refused {OF_ALICE}: not a number: three", f"received {OF_ALICE}: 4"]


def test_the_pair_and_that_of_exercise_4_understand_each_other(secured, run):
    old, new = (run(name, *secured.options, *ALICE) for name in ("auth_consumer", "mqtt5_consumer"))
    for consumer in (old, new):
        consumer.err.wait_for("^Subscribed")
    for name in ("auth_producer", "mqtt5_producer"):
        assert run(name, *secured.options, *ALICE, "-C", 1, "--seed", 1).wait() == 0
    line = f"received {OF_ALICE}: 27.38"
    for consumer in (old, new):
        consumer.out.wait_for("^received", count=2)
    assert old.out.lines == [line] * 2
    assert new.out.lines[0] == line
    assert re.fullmatch(line + ", text/plain, UTF-8, expires in (60|59) s, unit=Celsius", new.out.lines[1])


# --- what is kept for who is away ------------------------------------------------------------------------------------

def leave(run, broker, *options):
    """A consumer that was there, and has gone."""
    consumer = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", *options)
    consumer.err.wait_for("^Subscribed")
    assert consumer.interrupt()[0] == 0
    return consumer


def test_a_session_that_is_kept_has_what_came_meanwhile(broker, run):
    name = f"127.0.0.1:{broker.port}"
    gone = leave(run, broker, "--session-expiry", 300)
    assert gone.err.lines[-1] == f"{name} keeps the session for 300 s: --id garden comes back to it"
    assert run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 3, "--interval", 0, "--seed", 1).wait() == 0
    back = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", "-C", 3)
    assert back.wait() == 0
    assert [re.search(": ([0-9.]+),", line).group(1) for line in back.out.lines] == ["27.38", "28.69", "29.96"]
    again = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", "-W", 0.5)
    assert again.wait() == 75 and not again.out.lines


def test_without_a_session_expiry_it_is_forgotten_although_it_did_not_start_clean(broker, run):
    gone = leave(run, broker, "--debug")
    assert gone.err.matching("^-> CONNECT version 5 clean: 0")
    assert run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 3, "--interval", 0).wait() == 0
    back = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", "-W", 0.5)
    assert back.wait() == 75 and not back.out.lines


def test_a_session_ends_when_its_time_has_passed(broker, run):
    leave(run, broker, "--session-expiry", 1)
    broker.log.wait_for("Expiring client garden")
    assert run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 1).wait() == 0
    back = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", "-W", 0.5)
    assert back.wait() == 75 and not back.out.lines


def test_an_expired_message_does_not_arrive_and_the_rest_of_the_time_is_shown(broker, run):
    leave(run, broker, "--session-expiry", 300)
    for expiry, seed in ((1, 1), (100, 2), (0, 3)):
        assert run("mqtt5_producer", *broker.options, "-u", "alice", "-C", 1, "--expiry", expiry, "--seed", seed).wait() == 0
    threading.Event().wait(2.5)  # the time that is meant
    back = run("mqtt5_consumer", *broker.options, "-u", "alice", "-i", "garden", "-C", 2)
    assert back.wait() == 0
    left = re.search(r": 2\d\.\d+, text/plain, UTF-8, expires in (\d+) s, unit=Celsius$", back.out.lines[0])
    assert 90 <= int(left.group(1)) <= 98
    assert "expires" not in back.out.lines[1] and len(back.out.lines) == 2


# --- a number instead of a topic -------------------------------------------------------------------------------------

def publications(broker):
    return [raw for kind, raw in zip(broker.received, broker.raw) if kind == wire.PUBLISH]


def sizes(scripted, run, name, *options):
    """The bytes of each PUBLISH of three."""
    alias = packets5.number(packets5.TOPIC_ALIAS_MAXIMUM, 10, 2)
    broker = scripted(packets5.broker(alias, acknowledges=False) if name.startswith("mqtt5") else wire.granting(0))
    assert run(name, *broker.options, "-u", "alice", "-C", 3, "--interval", 0, "--seed", 1, *options).wait() == 0
    broker.wait_for(wire.DISCONNECT)  # the last that it gets
    return [len(raw) for raw in publications(broker)]


def test_the_page_says_how_many_bytes_a_message_takes(scripted, run):
    rows = re.findall(r"^\| `(auth_producer|mqtt5_producer)([^`]*)` \| (\d+) \| (\d+) \|$", PAGE, re.M)
    assert len(rows) == 4
    for name, options, first, following in rows:
        assert sizes(scripted, run, name, *options.split()) == [int(first), int(following), int(following)], name + options


def test_the_alias_stands_for_the_topic_once_the_broker_has_had_both(broker, run, observe):
    observer = observe(broker.port, "/iot/#", version=5)
    recorder = Recorder(broker.port)
    try:
        producer = run("mqtt5_producer", *recorder.options, "-u", "alice", "-q", 0, "--topic-alias", 10, "-C", 3, "--interval", 0)
        assert producer.wait() == 0
        assert [message.topic for message in observer.wait_for_count(3)] == [OF_ALICE] * 3
        sent = [packets5.properties_of(raw, 0) for raw in recorder.publications()]
        assert [topic for topic, _, _ in sent] == [OF_ALICE, "", ""]
        assert all(packets5.number(packets5.TOPIC_ALIAS, 10, 2) in properties for _, properties, _ in sent)
    finally:
        recorder.close()


class Recorder(wire.Listener):
    """Passes packets on to a broker, and keeps those that clients send, and the first bytes that come back."""

    def __init__(self, port):
        self.target, self.packets, self.answer = port, [], b""
        super().__init__()

    def serve(self, connection):
        upstream = wire.socket.create_connection(("127.0.0.1", self.target))
        with self.changed:
            self.connections.append(upstream)
        threading.Thread(target=self.pump, args=(upstream, connection), daemon=True).start()
        while packet := wire.read_packet(connection):
            with self.changed:
                self.packets.append(packet)
            upstream.sendall(packet[2])
        wire.reset(upstream)

    def pump(self, upstream, connection):
        try:
            while data := upstream.recv(65536):
                self.answer = self.answer or data
                connection.sendall(data)
        except OSError:
            pass
        wire.reset(connection)

    def publications(self):
        with self.changed:
            return [raw for kind, _, raw in self.packets if kind == wire.PUBLISH]


def test_a_new_connection_has_the_topic_again(broker, run, observe):
    observer = observe(broker.port, "/iot/#")
    recorder = Recorder(broker.port)
    try:
        producer = run("mqtt5_producer", *recorder.options, "-u", "alice", "-q", 0, "--topic-alias", 1, "-C", 0,
                       "--interval", 0.01)
        for connections in (1, 2, 3):
            seen = len(observer.messages)
            observer.wait_for_count(seen + 60)  # a connection that ends within half a second is none yet
            recorder.cut()
            producer.err.wait_for("^Connected", count=connections + 1)
        observer.wait_for_count(len(observer.messages) + 5)
        assert producer.interrupt()[0] == 0
        kinds = [(kind, packets5.properties_of(raw, 0)[0] if kind == wire.PUBLISH else "") for kind, _, raw in recorder.packets]
        after = [following for before, following in zip(kinds, kinds[1:]) if before[0] == wire.CONNECT]
        assert len(after) == 4 and all(following == (wire.PUBLISH, OF_ALICE) for following in after)
        assert sum(topic == OF_ALICE for _, topic in kinds) == 4, "and then no more"
        assert {message.topic for message in observer.messages} == {OF_ALICE}
    finally:
        recorder.close()


def test_a_broker_that_takes_no_alias_gets_none(tmp_path, run, observe):
    broker = Broker(tmp_path, "allow_anonymous true\nmax_topic_alias 0")
    try:
        observer = observe(broker.port, "/iot/#")
        producer = run("mqtt5_producer", *broker.options, "-u", "alice", "-q", 0, "--topic-alias", 1, "-C", 2, "--interval", 0)
        assert producer.wait() == 0 and producer.err.matching("the highest that this broker takes is 0$")
        observer.wait_for_count(2)
    finally:
        broker.stop()


@pytest.mark.parametrize("qos", [1, 2])
def test_an_alias_is_for_qos_0(run, qos):
    producer = run("mqtt5_producer", "-u", "alice", "-q", qos, "--topic-alias", 1)
    assert producer.wait() == 64
    assert len(producer.err.lines) == 1 and "--topic-alias needs --qos 0" in producer.err.lines[0]


# --- hostile properties ----------------------------------------------------------------------------------------------

HOSTILE = {
    "a thousand pairs": b"".join(packets5.pair(f"name{n}", "x" * 50) for n in range(1000)),
    "a long pair": packets5.pair("n" * 65535, "v" * 65535),
    "64 KB of correlation data": bytes([packets5.CORRELATION_DATA]) + packets5.text(bytes(range(256)) * 255),
    "a response topic with wildcards": bytes([packets5.RESPONSE_TOPIC]) + packets5.text("a/+/#"),
    "no UTF-8": packets5.content_type(b"\xff\xc0\xaf\xed\xa0\x80") + packets5.pair(b"\xfe", b"\x80"),
    "controls": packets5.content_type("\x1b[2J\x1b]0;owned\x07\x00\u202e") + packets5.pair("\r\n", "\x9b2J"),
    "NULs": packets5.pair(b"\x00" * 600, b"\x00a\x00"),
    "empty ones": packets5.pair("", "") * 3 + bytes([packets5.CONTENT_TYPE, 0, 0]),
    "one twice": (packets5.content_type("a")) * 2,
    "a format that there is not": bytes([packets5.PAYLOAD_FORMAT, 255]),
    "an expiry of zero": packets5.number(packets5.MESSAGE_EXPIRY, 0, 4),
    "an alias": packets5.number(packets5.TOPIC_ALIAS, 1, 2),
}
BROKEN = {
    "a length beyond the packet": packets5.publish(OF_ALICE, "2", b"", size=200),
    "a length of four bytes": packets5.publish(OF_ALICE, "2", b"", size=268435455),
    "a text beyond the list": packets5.publish(OF_ALICE, "2", bytes([packets5.CONTENT_TYPE]) + b"\xff\xff" + b"abc"),
    "a pair beyond the list": packets5.publish(OF_ALICE, "2", packets5.pair("a", "b")[:-1]),
    "a number beyond the list": packets5.publish(OF_ALICE, "2", bytes([packets5.MESSAGE_EXPIRY, 0])),
    "a code that there is not": packets5.publish(OF_ALICE, "2", b"\x7f\x00\x01"),
    "a list shorter than it says": packets5.publish(OF_ALICE, "2", packets5.pair("abc", "def"), size=3),
    "no list at all": packets5.packet(0x30, packets5.text(OF_ALICE)),
    "a topic beyond the packet": packets5.packet(0x30, b"\xff\xffabc"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_properties_are_shown_without_harm(scripted, run_raw, what):  # noqa: F811
    """All of it on a line of limited length; and the next message is shown as ever."""
    hostile = [packets5.publish(OF_ALICE, "1", HOSTILE[what]), packets5.publish(OF_ALICE, "2")]
    consumer = run_raw("mqtt5_consumer", *scripted(packets5.broker(granted=[1], more=hostile)).options, "-u", "alice")
    consumer.wait_for_verdicts(2)
    lines = consumer.verdict_lines()
    assert lines[0].startswith(f"received {OF_ALICE}: 1") and len(lines[0]) < 2200
    assert lines[1] == f"received {OF_ALICE}: 2"
    assert consumer.interrupt()[0] == 0
    assert_harmless(consumer.out)
    assert_harmless(consumer.err)


def test_in_json_they_are_text_too(scripted, run_raw):  # noqa: F811
    hostile = [packets5.publish(OF_ALICE, "1", properties) for properties in HOSTILE.values()]
    consumer = run_raw("mqtt5_consumer", *scripted(packets5.broker(granted=[1], more=hostile)).options, "-u", "alice", "--json")
    consumer.wait_for(lambda program: program.output["out"].count(b"\n") >= len(hostile), "a line for each")
    assert all(json.loads(line)["decoded"].startswith("1") for line in consumer.out.splitlines())
    assert_harmless(consumer.out)


def test_what_stands_behind_a_nul_is_shown_too_and_what_is_too_long_ends_in_dots(scripted, run_raw):  # noqa: F811
    messages = [packets5.publish(OF_ALICE, "1", packets5.pair(b"a\x00b", b"\x00c")),
                packets5.publish(OF_ALICE, "2", packets5.pair("name", "v" * 600) + packets5.pair("more", "w"))]
    consumer = run_raw("mqtt5_consumer", *scripted(packets5.broker(granted=[1], more=messages)).options, "-u", "alice")
    consumer.wait_for_verdicts(2)
    first, second = (line.split(": ", 1)[1] for line in consumer.verdict_lines())
    assert first == "1, a b= c"
    assert re.fullmatch(r"2, name=v+\.\.\.", second) and len(second) == 511


@pytest.mark.parametrize("what", BROKEN)
def test_broken_properties_end_no_program(scripted, run_raw, what):  # noqa: F811
    """The packet is lost, perhaps the connection with it; the consumer goes on, or connects again."""
    broker = scripted(packets5.broker(granted=[1], more=[BROKEN[what], packets5.publish(OF_ALICE, "3")]))
    consumer = run_raw("mqtt5_consumer", *broker.options, "-u", "alice", "--wait", 60)
    wait_until(lambda: f"{OF_ALICE}: 3".encode() in consumer.out or consumer.err.count(b"Subscribed to: ") > 1 or
               consumer.process.poll() is not None, "the next message, or the next connection")
    assert consumer.interrupt()[0] == 0
    assert_harmless(consumer.out)
    assert_harmless(consumer.err)
