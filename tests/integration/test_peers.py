"""Programs of the Python lab that this one descends from, and ours: each understands the other.

The peers are written as that lab's programs are: a class a descriptor, built as Descriptor(**json.loads(payload)), so
that a payload has to carry exactly their fields.
"""

import json


class MessageDescriptor:
    def __init__(self, timestamp, value_type, value):
        self.timestamp = timestamp
        self.value_type = value_type
        self.value = value


class DeviceDescriptor:
    def __init__(self, device_id, producer, software_version):
        self.device_id = device_id
        self.producer = producer
        self.software_version = software_version


class EventDescriptor:
    def __init__(self, timestamp, event_type, event_value):
        self.timestamp = timestamp
        self.event_type = event_type
        self.event_value = event_value


class ActionDescriptor:
    def __init__(self, action_type, action_value):
        self.action_type = action_type
        self.action_value = action_value


def to_json(descriptor):
    return json.dumps(descriptor, default=lambda o: o.__dict__)


def from_json(kind, message):
    return kind(**json.loads(message.payload))


def test_exercise_1_python_reads_our_numbers(broker, run, observe):
    peer = observe(broker.port, "#")
    assert run("simple_producer", *broker.options, "-C", 10, "--interval", 0).wait() == 0
    assert all(20 <= float(m.payload.decode()) <= 40 for m in peer.wait_for_count(10))


def test_exercise_1_we_read_pythons_numbers(broker, run, observe):
    consumer = run("simple_consumer", *broker.options, "-C", 2)
    consumer.err.wait_for("Subscribed")
    peer = observe(broker.port)
    for number in (28.123456789, 30):
        peer.publish("sensor/temperature", number)
    assert consumer.wait() == 0
    assert consumer.out.lines == [f"received sensor/temperature: {text}" for text in ("28.123456789", "30")]


def test_exercise_2_python_reads_our_messages(broker, run, observe):
    peer = observe(broker.port, "#")
    assert run("json_producer", *broker.options, "-C", 10, "--interval", 0).wait() == 0
    for message in peer.wait_for_count(10):
        assert from_json(MessageDescriptor, message).value_type == "TEMPERATURE_SENSOR"


def test_exercise_2_we_read_pythons_messages(broker, run, observe):
    consumer = run("json_consumer", *broker.options, "-C", 1)
    consumer.err.wait_for("Subscribed")
    message = MessageDescriptor(1700000000, "TEMPERATURE_SENSOR", 28.123456789)
    observe(broker.port).publish("sensor/temperature", to_json(message))
    assert consumer.wait() == 0
    assert consumer.out.lines == [
        "received sensor/temperature: timestamp 1700000000, TEMPERATURE_SENSOR 28.123456789"]


def test_exercise_3_python_reads_our_announcement_and_readings(broker, run, observe):
    peer = observe(broker.port, "device/+/info", "device/+/sensor/#")
    assert run("device_producer", *broker.options, "-C", 2, "--interval", 0).wait() == 0
    info, *readings = peer.wait_for_count(3)
    assert from_json(DeviceDescriptor, info).device_id == "device001"
    assert all(from_json(MessageDescriptor, m).value_type == "TEMPERATURE_SENSOR" for m in readings)


def test_exercise_3_we_read_pythons_announcement_and_readings(broker, run, observe):
    peer = observe(broker.port)
    peer.publish("device/py/info", to_json(DeviceDescriptor("py", "ACME", "0.0.1")), retain=True)
    consumer = run("device_consumer", *broker.options, "-C", 2)
    consumer.out.wait_for(r"^received device/py/info: device py, producer ACME, software version 0\.0\.1 \(retained\)$")
    peer.publish("device/py/sensor/temperature", to_json(MessageDescriptor(1, "TEMPERATURE_SENSOR", 21)))
    assert consumer.wait() == 0
    assert consumer.out.lines[1] == "received device/py/sensor/temperature: timestamp 1, TEMPERATURE_SENSOR 21"


def test_exercise_5_a_python_controller_steers_our_smart_object(broker, run, observe):
    peer = observe(broker.port, "device/device001/#")
    smart_object = run("mqtt_smart_object", *broker.options, "--base-topic", "device", "--interval", 0.01, "--seed", 1)
    peer.wait_for(lambda: peer.of("device/device001/event"), "the alert")
    assert from_json(EventDescriptor, peer.of("device/device001/event")[0]).event_type == "OVER_HEATING"
    assert from_json(DeviceDescriptor, peer.of("device/device001/info")[0]).device_id == "device001"
    peer.publish("device/device001/action/switch", to_json(ActionDescriptor("SWITCH", "OFF")))
    switches = peer.wait_for_count(2, "device/device001/telemetry/switch")
    assert [from_json(MessageDescriptor, m).value for m in switches] == ["ON", "OFF"]
    assert smart_object.interrupt()[0] == 0


def test_exercise_5_our_controller_steers_a_python_smart_object(broker, run, observe):
    peer = observe(broker.port, "device/py/action/switch")
    controller = run("mqtt_smart_object_controller", *broker.options, "--base-topic", "device", "--device-id", "py",
                     "--off-seconds", 0.1)
    controller.err.wait_for("Subscribed to: device/py/event")
    peer.publish("device/py/info", to_json(DeviceDescriptor("py", "ACME", "0.0.1")), retain=True)
    peer.publish("device/py/event", to_json(EventDescriptor(1, "OVER_HEATING", 36)), retain=True)
    peer.publish("device/py/telemetry/temperature", to_json(MessageDescriptor(1, "TEMPERATURE_SENSOR", 37.5)))
    actions = [from_json(ActionDescriptor, m) for m in peer.wait_for_count(2)]
    assert [(a.action_type, a.action_value) for a in actions] == [("SWITCH", "OFF"), ("SWITCH", "ON")]
    assert controller.interrupt()[0] == 0
    assert controller.summary() == (2, 3, 0)
