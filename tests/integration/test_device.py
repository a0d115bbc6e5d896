"""Exercise 3: a device announces itself, retained, and streams its readings below its own topic."""

import json

INFO = "device/device001/info"
TEMPERATURE = "device/device001/sensor/temperature"


def test_the_producer_announces_itself_once_and_then_streams(broker, run, observe):
    observer = observe(broker.port, "#")
    producer = run("device_producer", *broker.options, "-C", 3, "--interval", 0.01)
    assert producer.wait() == 0
    messages = observer.wait_for_count(4)
    assert [(m.topic, m.qos) for m in messages] == [(INFO, 0)] + [(TEMPERATURE, 0)] * 3
    device = json.loads(messages[0].payload)
    assert list(device) == ["device_id", "producer", "software_version"]
    assert device["device_id"] == "device001"
    for message in messages[1:]:
        assert list(json.loads(message.payload)) == ["timestamp", "value_type", "value"]


def test_who_comes_late_gets_the_announcement_and_no_reading(broker, run, observe):
    assert run("device_producer", *broker.options, "-C", 3, "--interval", 0, "--device-id", "d-2").wait() == 0
    late = observe(broker.port, "#")
    late.fence()
    assert [(m.topic, m.retain, m.qos) for m in late.messages] == [("device/d-2/info", True, 0)]


def test_the_consumer_tells_announcements_from_readings_and_ignores_other_topics(broker, run, observe):
    observer = observe(broker.port)
    observer.publish("device/early/info", '{"device_id":"early","producer":"p","software_version":"1"}', retain=True)
    consumer = run("device_consumer", *broker.options, "-C", 6)
    consumer.err.wait_for(r"^Subscribed to: device/\+/info$")
    consumer.err.wait_for(r"^Subscribed to: device/\+/sensor/#$")
    reading = '{"timestamp":1,"value_type":"TEMPERATURE_SENSOR","value":28.53}'
    observer.publish("device/a/sensor/temperature", reading)
    observer.publish("device/a/sensor", reading)
    observer.publish("device/a/other", reading)
    observer.publish("device/a/b/info", reading)
    observer.publish("device/a/sensor/floor/2", "nonsense")
    observer.publish("device/a/info", reading)
    observer.publish("device/a/info", '{"device_id":"a","producer":"me","software_version":"2"}')
    assert consumer.wait() == 0
    assert consumer.out.lines == [
        "received device/early/info: device early, producer p, software version 1 (retained)",
        "received device/a/sensor/temperature: timestamp 1, TEMPERATURE_SENSOR 28.53",
        "received device/a/sensor: timestamp 1, TEMPERATURE_SENSOR 28.53",
        "refused device/a/sensor/floor/2: payload is not JSON: nonsense",
        "refused device/a/info: device_id is missing: " + reading[:40] + "...",
        "received device/a/info: device a, producer me, software version 2",
    ]
    assert consumer.summary() == (0, 4, 2)


def test_our_pair_works_together_and_counts_are_exact(broker, run):
    consumer = run("device_consumer", *broker.options, "-C", 1001)
    consumer.err.wait_for("Subscribed to: device/.*sensor")
    producer = run("device_producer", *broker.options, "-C", 1000, "--interval", 0)
    assert producer.wait() == consumer.wait() == 0
    assert producer.summary() == (1001, 0, 0)
    assert consumer.summary() == (0, 1001, 0)
