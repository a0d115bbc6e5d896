"""Exercise 7: requests and answers, and a controller that asks until the device says that it is so."""

import json
import threading
import time

import pytest
from playground import DEADLINE, Broker, wait_until, wire
from test_smart_object import ACTION, BASE, FAST, PRESENCE, SWITCH, TEMPERATURE, action, reading, values

ANSWER = f"{BASE}/answer/me"
CALM = ["--interval", 60, "--seed", 1]
EXPIRY = 5  # seconds, of the controller's requests


def event(value, kind="PRESENCE"):
    return json.dumps({"timestamp": 1, "event_type": kind, "event_value": value})


def switch(value):
    return json.dumps({"timestamp": 1, "value_type": "SWITCH", "value": value})


def ask(client, payload, mark, topic=ACTION, answer=ANSWER, retain=False):
    client.publish(topic, payload, 1, retain, {"ResponseTopic": answer, "CorrelationData": mark})


def position(message):
    return json.loads(message.payload)["action_value"]


def answer_to(client, request, text):
    client.publish(request.properties.ResponseTopic, text, 1,
                   properties={"CorrelationData": request.properties.CorrelationData})


@pytest.fixture
def controlled(broker, run, observe):
    """Our controller, and a device in Python, which has just become too hot."""
    def start(*arguments):
        device = observe(broker.port, f"{BASE}/action/#", version=5)
        controller = run("mqtt5_controller", *broker.options, "--threshold", 30, *arguments)
        controller.err.wait_for(f"Subscribed to: {PRESENCE}")
        device.publish(TEMPERATURE, reading(31))
        return controller, device

    return start


def test_each_action_gets_its_answer(broker, run, observe):
    asker = observe(broker.port, f"{BASE}/answer/#", SWITCH, version=5)
    smart_object = run("mqtt5_smart_object", *broker.options, *CALM)
    smart_object.err.wait_for(r"Subscribed to: /device/device001/action/\+")
    cases = [
        (ACTION, action("OFF"), "DONE OFF"),
        (ACTION, action("OFF"), "UNCHANGED OFF"),
        (ACTION, action("ON"), "DONE ON"),
        (ACTION, action("dim"), "REFUSED a switch is ON or OFF"),
        (ACTION, "nonsense", "REFUSED payload is not JSON"),
        (ACTION, action("ON", "REBOOT"), "REFUSED unknown action"),
        (f"{BASE}/action/reboot", action("OFF"), "REFUSED unknown action"),
    ]
    for number, (topic, payload, _) in enumerate(cases):
        ask(asker, payload, b"\0\xff%d" % number, topic)
    answers = asker.wait_for_count(len(cases), ANSWER)
    assert [m.payload.decode() for m in answers] == [text for _, _, text in cases]
    assert [m.properties.CorrelationData for m in answers] == [b"\0\xff%d" % number for number in range(len(cases))]
    assert {(m.qos, m.retain) for m in answers} == {(1, False)}
    asker.publish(ACTION, action("OFF"), 1)  # without a response topic: obeyed without an answer
    asker.publish(ACTION, action("ON"), 1, properties={"ResponseTopic": ANSWER})  # and without correlation data none comes back
    last = asker.wait_for_count(len(cases) + 1, ANSWER)[-1]
    assert last.payload == b"DONE ON" and not hasattr(last.properties, "CorrelationData")
    assert smart_object.interrupt()[0] == 0
    asker.fence()
    assert len(asker.of(ANSWER)) == len(cases) + 1
    # Where the switch stands is told for each action that was obeyed: who asks may have missed it.
    assert values(asker.of(SWITCH)) == ["ON", "OFF", "OFF", "ON", "OFF", "ON"]


def test_a_retained_action_is_refused_though_it_may_be_answered(broker, run, observe):
    asker = observe(broker.port, ANSWER, SWITCH, version=5)
    ask(asker, action("OFF"), b"old", retain=True)
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST)
    smart_object.out.wait_for(r"^refused .*may be old.*\(retained\)$")
    answer, = asker.wait_for_count(1, ANSWER)
    assert answer.payload == b"REFUSED a retained action is ignored: it may be old"
    assert smart_object.interrupt()[0] == 0
    asker.fence()
    assert values(asker.of(SWITCH)) == ["ON"]


def test_what_a_request_carries_and_what_settles_it(controlled, broker, observe):
    controller, device = controlled("--off-seconds", 60)
    first, = device.wait_for_count(1)
    assert (first.topic, first.qos, first.retain, position(first)) == (ACTION, 1, False, "OFF")
    topic = first.properties.ResponseTopic
    assert topic.startswith(f"{BASE}/answer/controller-") and topic.count("/") == ANSWER.count("/")
    assert 0 < first.properties.MessageExpiryInterval <= EXPIRY
    answer_to(device, first, "DONE OFF")
    controller.out.wait_for(rf"^received {topic}: answer 1, DONE OFF$")
    second = device.wait_for_count(2)[1]  # it has not said so itself
    assert position(second) == "OFF" and second.properties.ResponseTopic == topic
    marks = {m.properties.CorrelationData for m in (first, second)}
    assert len(marks) == 2 and all(0 < len(mark) <= 64 for mark in marks)
    device.publish(SWITCH, switch("OFF"))
    answer_to(device, second, "UNCHANGED OFF")
    controller.out.wait_for("answer 2, UNCHANGED OFF")
    assert controller.interrupt()[0] == 0
    device.fence()
    assert len(device.messages) == 2
    assert controller.err.matching("^device001 stays switched off$"), controller.err.lines


def test_a_word_that_begins_like_a_refusal_is_none(controlled):
    controller, device = controlled("--off-seconds", 60, "--answer-within", 60)
    answer_to(device, device.wait_for_count(1)[0], "REFUSEDX")
    answer_to(device, device.wait_for_count(2)[1], "REFUSED no")
    controller.out.wait_for("REFUSED no$")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^device001 has refused to be switched off"), controller.err.lines


def test_answers_that_nobody_has_asked_for_change_nothing(controlled, broker, run, observe):
    controller, device = controlled("--off-seconds", 60, "--answer-within", 60)
    request, = device.wait_for_count(1)
    topic = request.properties.ResponseTopic
    mark = request.properties.CorrelationData
    for other in (None, b"", mark + b"\0", mark[:-1], b"x" * 65535):
        device.publish(topic, "REFUSED no", 1, properties={"CorrelationData": other} if other is not None else {})
    answer_to(device, request, "DONE OFF")
    answer_to(device, request, "REFUSED after all")  # the second one to the same request
    controller.out.wait_for("^refused .*REFUSED after all$")
    assert len(controller.out.matching("^refused .*: an answer that nobody has asked for: REFUSED no$")) == 5
    assert len(device.wait_for_count(2)) >= 2, "it is asked again: none of these was a refusal"
    device.publish(SWITCH, switch("OFF"))
    controller.out.wait_for("SWITCH OFF")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^device001 stays switched off; answers that nobody has asked for: 6$"), controller.err.lines


def test_whatever_an_answer_says_it_is_shown_harmlessly_and_settles_nothing(controlled):
    """Ours by its mark, and anything in its payload."""
    controller, device = controlled("--off-seconds", 60)
    hostile = [b"", b"\0", b"DONE\0OFF", b"\x1b[2J", b"\xff\xfe", "\u202eDONE".encode(), b"%s%n%s", b"DONE\nreceived x",
               b"x" * 5000]
    for number, payload in enumerate(hostile[1:4], 1):  # after pauses that grow
        answer_to(device, device.wait_for_count(number)[number - 1], payload)
        controller.out.wait_for(f"^received .*: answer {number}, ")
    for payload in hostile:
        device.publish(device.messages[0].properties.ResponseTopic, payload, 1)
    controller.out.wait_for("^refused .*xxx", 1)
    assert controller.interrupt()[0] == 0
    assert len(controller.out.matching("^(received|refused) .*/answer/")) == 3 + len(hostile)
    assert not [line for line in controller.out.lines if not line.isprintable()]
    assert controller.err.matching("^device001 has not said that it is switched off; "), controller.err.lines


def test_two_controllers_each_get_their_own_answers(broker, run):
    controllers = [run("mqtt5_controller", *broker.options, "--threshold", 27, "--off-seconds", 60) for _ in range(2)]
    for controller in controllers:
        controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST)
    answers = [controller.out.wait_for("answer 1, (DONE|UNCHANGED) OFF$") for controller in controllers]
    assert len({line.split(":")[0] for line in answers}) == 2
    assert sorted("DONE" in line for line in answers) == [False, True]
    for program in (*controllers, smart_object):
        assert program.interrupt()[0] == 0
    for controller in controllers:
        assert controller.summary()[2] == 0 and not controller.err.matching("nobody has asked")


def test_who_does_not_answer_is_asked_again_until_he_says_so(controlled):
    controller, device = controlled("--off-seconds", 60, "--answer-within", 0.2)
    controller.err.wait_for(r"^device001 has not answered request 2 \(off\) within 0.2 s$")
    requests = device.wait_for_count(3)
    assert [position(m) for m in requests[:3]] == 3 * ["OFF"]
    gaps = [b.timestamp - a.timestamp for a, b in zip(requests, requests[1:])]
    assert gaps[0] > 0.4 and gaps[1] > 0.9
    device.publish(SWITCH, switch("OFF"))
    controller.out.wait_for("SWITCH OFF")
    controller.err.wait_for("not answered request 3")
    assert controller.interrupt()[0] == 0
    device.fence()
    assert controller.err.matching("^device001 stays switched off; requests without an answer: 3$"), controller.err.lines
    assert len(device.messages) == 3


def test_a_refusal_ends_the_asking(controlled):
    controller, device = controlled("--off-seconds", 1)
    answer_to(device, device.wait_for_count(1)[0], "REFUSED too cold")
    controller.out.wait_for("answer 1, REFUSED too cold$")
    first, second = device.wait_for_count(2)[:2]
    assert (position(first), position(second)) == ("OFF", "ON") and second.timestamp - first.timestamp > 0.9
    answer_to(device, second, "REFUSED too warm")
    controller.out.wait_for("answer 2, REFUSED too warm$")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^device001 has refused to be switched on$"), controller.err.lines


def test_what_is_true_at_the_end(controlled):
    """ON was asked for and never confirmed; then it is offline."""
    controller, device = controlled("--off-seconds", 0.1)
    device.wait_for_count(1)
    device.publish(SWITCH, switch("OFF"))
    assert position(device.wait_for_count(2)[1]) == "ON"
    answer_to(device, device.messages[1], "DONE ON")
    controller.out.wait_for("DONE ON")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^device001 has not said that it is switched on"), controller.err.lines


@pytest.mark.parametrize("after, text", [
    ((PRESENCE, event("OFFLINE")), "went offline"), ((PRESENCE, event("ONLINE")), "has not said that it is switched off"),
    ((SWITCH, switch("ON")), "has not said that it is switched off"),
    ((SWITCH, switch("dim")), "has not said that it is switched off"),
    ((PRESENCE, event("ASLEEP")), "stays switched off")])
def test_what_it_has_said_last_is_what_is_true(controlled, after, text):
    controller, device = controlled("--off-seconds", 60)
    answer_to(device, device.wait_for_count(1)[0], "DONE OFF")
    device.publish(SWITCH, switch("OFF"), 1)
    device.publish(*after, 1)
    controller.out.wait_for("SWITCH OFF")
    controller.out.wait_for(f"{json.loads(after[1]).get('value') or json.loads(after[1])['event_value']}$")
    controller.out.wait_for("DONE OFF")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching(f"^device001 {text}$"), controller.err.lines


def test_without_a_connection_nothing_is_known(controlled, broker):
    controller, device = controlled("--off-seconds", 60, "--wait", 60)
    answer_to(device, device.wait_for_count(1)[0], "DONE OFF")
    device.publish(SWITCH, switch("OFF"))
    controller.out.wait_for("SWITCH OFF")
    broker.stop()
    controller.err.wait_for("trying again")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^There is no connection: what device001 does now is not known$"), controller.err.lines


def test_killed_and_started_again_it_is_asked_again(broker, run, observe):
    """It comes back switched on: nobody would have noticed in exercise 5."""
    observer = observe(broker.port, ACTION, PRESENCE, version=5)
    controller = run("mqtt5_controller", *broker.options, "--off-seconds", 60)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST)
    controller.out.wait_for("answer 1, DONE OFF")
    smart_object.kill()
    again = run("mqtt5_smart_object", *broker.options, *FAST)
    controller.out.wait_for("answer 2, DONE OFF")
    again.out.wait_for("received .*OFF")
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^device001 stays switched off")
    observer.fence()
    assert [position(m) for m in observer.of(ACTION)] == ["OFF", "OFF"]
    assert [json.loads(m.payload)["event_value"] for m in observer.of(PRESENCE)] == ["ONLINE", "ONLINE"], "no alarm"


def test_switched_on_by_hand_it_is_asked_again_and_who_fights_gets_no_storm(broker, run, observe):
    observer = observe(broker.port, ACTION, SWITCH, version=5)
    controller = run("mqtt5_controller", *broker.options, "--off-seconds", 60)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    run("mqtt5_smart_object", *broker.options, *FAST)

    def fight(count):
        """As often as the object says OFF somebody switches it on."""
        for number in range(1, count + 1):
            observer.wait_for(lambda: values(observer.of(SWITCH)).count("OFF") >= number, f"{number} times off")
            observer.publish(ACTION, action("ON"), 1)

    fight(4)
    controller.out.wait_for("answer 5, DONE OFF")
    ours = [m for m in observer.of(ACTION) if hasattr(m.properties, "ResponseTopic")]
    gaps = [b.timestamp - a.timestamp for a, b in zip(ours, ours[1:])]
    assert len(ours) == 5 and all(gap > least for gap, least in zip(gaps, (0.4, 0.9, 1.9, 3.9))), gaps
    assert controller.interrupt()[0] == 0


def test_the_room_does_not_stay_cold(broker, run):
    """What exercise 5 leaves open: the broker dies, and forgets, while the timer runs."""
    controller = run("mqtt5_controller", *broker.options, "--off-seconds", 1, "--threshold", 30, "--wait", DEADLINE)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST, "--wait", DEADLINE)
    for count in range(1, 3):
        controller.out.wait_for("answer .*DONE OFF", count)
        broker.restart()
        smart_object.out.wait_for("^received .*: ON", count)
        controller.out.wait_for("SWITCH ON$", count + 1)
    assert smart_object.interrupt()[0] == controller.interrupt()[0] == 0


def test_an_action_that_has_waited_too_long_is_not_obeyed(broker, run, observe):
    """The object is gone, and comes back as the one that the broker knows."""
    observer = observe(broker.port, SWITCH, PRESENCE, version=5)
    smart_object = run("mqtt5_smart_object", *broker.options, *CALM, "--will-delay", 60)
    observer.wait_for_count(1, SWITCH)
    smart_object.kill()
    broker.log.wait_for("Client /device/device001 .*(closed|disconnected|error)")
    observer.publish(ACTION, action("OFF"), 1, properties={"MessageExpiryInterval": 1})
    observer.publish(ACTION, action("dim"), 1)  # has all the time in the world
    late = time.monotonic() + 2.2
    wait_until(lambda: time.monotonic() > late, "two seconds")  # the broker says nothing when a message expires
    again = run("mqtt5_smart_object", *broker.options, *CALM, "--will-delay", 60)
    again.out.wait_for("refused .*a switch is ON or OFF")
    again.out.wait_for("sent .*telemetry/switch")
    assert again.interrupt()[0] == 0
    observer.fence()
    assert values(observer.of(SWITCH)) == ["ON", "ON"]
    assert not again.out.matching("^received")


def test_a_short_loss_is_no_alarm(broker, proxied, run, observe):
    observer = observe(broker.port, PRESENCE)
    proxy = proxied()
    smart_object = run("mqtt5_smart_object", *proxy.options, *FAST, "--wait", DEADLINE)
    observer.wait_for_count(1)
    proxy.cut()
    observer.wait_for_count(2)
    assert smart_object.interrupt()[0] == 0
    observer.fence()
    told = [json.loads(m.payload)["event_value"] for m in observer.messages]
    assert told[-1] == "OFFLINE" and set(told[:-1]) == {"ONLINE"} and len(told) > 2


def test_who_ends_without_a_connection_leaves_the_will_to_the_broker(broker, proxied, run, observe):
    """A connection that removes the session would take the will with it."""
    observer = observe(broker.port, PRESENCE)
    proxy = proxied()
    smart_object = run("mqtt5_smart_object", *proxy.options, *FAST, "--will-delay", 1, "--wait", DEADLINE)
    observer.wait_for_count(1)
    proxy.cut()
    smart_object.err.wait_for("^Connection lost$")
    assert smart_object.interrupt()[0] == 0
    message = observer.wait_for_count(2)[-1]
    assert json.loads(message.payload)["event_value"] == "OFFLINE"
    assert smart_object.err.matching("^The session of /device/device001 may stay at "), smart_object.err.lines


@pytest.mark.parametrize("delay", [0, 1])
def test_a_long_loss_is_one(broker, run, observe, delay):
    observer = observe(broker.port, PRESENCE)
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST, "--will-delay", delay)
    observer.wait_for_count(1)
    smart_object.kill()
    killed = time.monotonic()
    message = observer.wait_for_count(2)[1]
    assert json.loads(message.payload)["event_value"] == "OFFLINE" and message.qos == 1
    assert message.timestamp - killed > delay - 1.01  # Mosquitto counts whole seconds
    assert observe(broker.port, PRESENCE).wait_for_count(1)[0].retain


def test_an_object_of_311_is_asked_by_what_it_says(broker, run, observe):
    observer = observe(broker.port, ACTION)
    controller = run("mqtt5_controller", *broker.options, "--off-seconds", 2, "--threshold", 30, "--answer-within", 0.3)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt_smart_object", *broker.options, *FAST)
    controller.err.wait_for("has not answered request 1 .off. within 0.3 s")
    smart_object.out.wait_for("^received .*: ON")
    controller.out.wait_for("SWITCH ON$", 2)
    assert controller.interrupt()[0] == smart_object.interrupt()[0] == 0
    observer.fence()
    assert [position(m) for m in observer.messages][:2] == ["OFF", "ON"]


def test_a_controller_of_311_is_obeyed_without_an_answer(broker, run, observe):
    observer = observe(broker.port, f"{BASE}/answer/#")
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 0.3)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt5_smart_object", *broker.options, *FAST)
    controller.out.wait_for("SWITCH ON$", 2)
    assert controller.interrupt()[0] == smart_object.interrupt()[0] == 0
    observer.fence()
    assert not observer.messages


# --- a broker that follows a script ----------------------------------------------------------------------------------

def packet(kind, body):
    length, size = b"", len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def text(value):
    return len(value).to_bytes(2, "big") + value


def variable(number):
    return packet(0, b"\0" * number)[1:-number or None]


def request(identifier, response_topic, mark, payload=action("OFF")):
    """A PUBLISH of MQTT 5 at QoS 1."""
    properties = (b"\x08" + text(response_topic)) + (b"\x09" + text(mark))
    return packet(0x32, text(ACTION.encode()) + identifier.to_bytes(2, "big") + variable(len(properties)) + properties +
                  payload.encode())


def script(publishes, connack=b"\0\0\0", acknowledges=lambda: True):
    def answer(kind, body):
        if kind == wire.CONNECT:
            return packet(0x20, connack)
        if kind == wire.SUBSCRIBE:
            return packet(0x90, body[:2] + b"\0\1") + b"".join(publishes)
        if kind == wire.PUBLISH and acknowledges():
            identifier = wire.packet_id(body)
            return packet(0x40, identifier)
        return b"\xd0\0" if kind == wire.PINGREQ else None

    return answer


def topics(broker, qos=None):
    found = [raw for kind, raw in zip(broker.received, broker.raw)
             if kind == wire.PUBLISH and qos in (None, raw[0] >> 1 & 3)]
    bodies = [raw[2 if raw[1] < 0x80 else 3:] for raw in found]  # none is longer than 16 KiB
    return [body[2:2 + int.from_bytes(body[:2], "big")].decode() for body in bodies]


HOSTILE = [
    (topic, b"1", "its response topic is none of this device's") for topic in (
        b"/device/device001/answer/+", b"/device/device001/answer/#", b"#", b"/device/device001/answer/a/b",
        b"/device/device001/answer/", b"/device/device001/answer", b"/device/device001/action/switch",
        b"/device/device002/answer/me", b"bank/transfer", b"$SYS/broker", b"/device/device001/answer/bell\x07",
        b"/device/device001/answer/\xff", b"/device/device001/answer/\xed\xa0\x80")
] + [
    (b"/device/device001/answer/" + b"x" * 2000, b"1", "its response topic is too long, or has a NUL in it"),
    (b"x" * 65535, b"1", "its response topic is too long, or has a NUL in it"),
    (b"/device/device001/answer/me\0", b"1", "its response topic is too long, or has a NUL in it"),
    (ANSWER.encode(), b"x" * 65, "its correlation data is too long"),
    (ANSWER.encode(), b"x" * 65535, "its correlation data is too long"),
]


@pytest.mark.parametrize("topic, mark, problem", HOSTILE, ids=[f"{i}" for i in range(len(HOSTILE))])
def test_a_device_is_nobodys_relay(scripted, run, topic, mark, problem):
    """It obeys, does not answer, and says why; and answers the next one."""
    broker = scripted(script([request(1, topic, mark), request(2, ANSWER.encode(), b"y" * 64, action("ON"))]))
    smart_object = run("mqtt5_smart_object", *broker.options, *CALM)
    smart_object.out.wait_for(f"^sent {ANSWER}: DONE ON$")
    assert smart_object.interrupt()[0] == 0
    assert len(smart_object.err.matching(f"^Not answered: {problem}$")) == 1, smart_object.err.lines
    assert [line.rpartition(" ")[2] for line in smart_object.out.matching("^received")] == ["OFF", "ON"]
    own = {f"{BASE}/info", PRESENCE, SWITCH, TEMPERATURE}
    assert [topic for topic in topics(broker) if topic not in own] == [ANSWER]
    assert any(b"\x09" + text(b"y" * 64) in raw for raw in broker.raw)


def test_no_more_answers_are_on_their_way_than_the_broker_takes(scripted, run):
    """Receive maximum, MQTT 5 section 4.9."""
    goes_on = threading.Event()
    requests = [request(number, ANSWER.encode(), b"%d" % number) for number in range(1, 21)]
    broker = scripted(script(requests, b"\0\0\3\x21\0\5", goes_on.is_set))
    smart_object = run("mqtt5_smart_object", *broker.options, *CALM)
    wait_until(lambda: len(topics(broker, 1)) >= 5, "five messages")
    moment = time.monotonic() + 1
    wait_until(lambda: time.monotonic() > moment or len(topics(broker, 1)) > 5, "a second without a sixth")
    assert len(topics(broker, 1)) == 5
    goes_on.set()
    for number in range(1, 11):  # whatever their numbers: Paho counts from 1
        for connection in broker.connections:
            connection.sendall(packet(0x40, number.to_bytes(2, "big")))
    smart_object.out.wait_for(f"^sent {ANSWER}: ", 20)
    assert smart_object.interrupt()[0] == 0
    assert topics(broker, 1).count(ANSWER) == 20


def test_mosquitto_says_what_it_takes_and_gets_no_more(tmp_path, run, observe):
    broker = Broker(tmp_path, "allow_anonymous true\nmax_inflight_messages 5")
    try:
        asker = observe(broker.port, ANSWER, version=5)
        smart_object = run("mqtt5_smart_object", *broker.options, *CALM)
        smart_object.err.wait_for(r"Subscribed to: /device/device001/action/\+")
        for number in range(100):
            ask(asker, action("ON" if number % 2 else "OFF"), b"%d" % number)
        answers = asker.wait_for_count(100)
        assert [m.properties.CorrelationData for m in answers] == [b"%d" % number for number in range(100)]
        assert smart_object.interrupt()[0] == 0 and not smart_object.err.matching("Connection lost")
    finally:
        broker.stop()
