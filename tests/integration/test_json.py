"""Exercise 2: message descriptors on sensor/temperature at QoS 0, not retained."""

import json
import time

TOPIC = "sensor/temperature"


def test_the_producer_publishes_message_descriptors_at_qos_0_not_retained(broker, run, observe):
    observer = observe(broker.port, "#")
    before = int(time.time())
    producer = run("json_producer", *broker.options, "-C", 5, "--interval", 0.01)
    assert producer.wait() == 0
    messages = observer.wait_for_count(5)
    assert [(m.topic, m.qos, m.retain) for m in messages] == [(TOPIC, 0, False)] * 5
    for message in messages:
        descriptor = json.loads(message.payload)
        assert list(descriptor) == ["timestamp", "value_type", "value"]
        assert isinstance(descriptor["timestamp"], int)
        assert before <= descriptor["timestamp"] <= time.time()
        assert descriptor["value_type"] == "TEMPERATURE_SENSOR"
        assert 20 <= descriptor["value"] <= 40
        assert round(descriptor["value"], 2) == descriptor["value"]
    assert producer.out.lines == [f"sent {TOPIC}: {m.payload.decode()}" for m in messages]
    assert producer.summary() == (5, 0, 0)


def test_a_thousand_messages_arrive_whole_and_in_order(broker, run, observe):
    observer = observe(broker.port, "#")
    producer = run("json_producer", *broker.options, "-C", 1000, "--interval", 0)
    assert producer.wait() == 0
    messages = observer.wait_for_count(1000)
    observer.fence()
    assert [f"sent {TOPIC}: {m.payload.decode()}" for m in messages] == producer.out.lines


def test_the_consumer_shows_descriptors_and_refuses_the_rest_with_the_reason(broker, run, observe):
    longer, broken = '{"timestamp":1,"value_type":"T","value":2}x', '{"timestamp":1.5,"value_type":"T","value":2}'
    cases = [
        ('{"timestamp":1,"value_type":"TEMPERATURE_SENSOR","value":28.53}',
         "received a/b: timestamp 1, TEMPERATURE_SENSOR 28.53"),
        ('{"value":"ON","value_type":"SWITCH","timestamp":2,"unit":null}', "received a/b: timestamp 2, SWITCH ON"),
        ('{"timestamp":1,"value_type":"\\u001b[31m","value":"\\u0007"}',
         r"received a/b: timestamp 1, \x1b[31m \x07"),
        ("28.53", "refused a/b: payload is JSON, but not an object: 28.53"),
        ("", "refused a/b: payload is empty"),
        ("{}", "refused a/b: timestamp is missing: {}"),
        (longer, f"refused a/b: payload goes on after the end of the JSON document: {longer[:40]}..."),
        (broken, f"refused a/b: timestamp is not a whole number: {broken[:40]}..."),
        ("x" * 5000, "refused a/b: payload is longer than 4096 bytes: " + "x" * 40 + "..."),
        (b"\xff", "refused a/b: payload is not valid UTF-8: \\xff"),
        (b"\x00", "refused a/b: payload contains a NUL character: \\x00"),
    ]
    observer = observe(broker.port)
    consumer = run("json_consumer", *broker.options, "-C", len(cases))
    consumer.err.wait_for("^Subscribed to: #$")
    for payload, _ in cases:
        observer.publish("a/b", payload)
    assert consumer.wait() == 0
    assert consumer.out.lines == [line for _, line in cases]
    assert consumer.summary() == (0, 3, 8)
