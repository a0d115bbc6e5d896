"""--json: every kind of line that a program can print is an object of the schema that the page shows; and the page's plot
that grows, in a terminal."""

import base64
import datetime
import json
import os
import re

import jsonschema
import pytest
from playground import ALL_PROGRAMS, BUILD, ROOT, wait_until

PAGE = (ROOT / "docs" / "json_lines.md").read_text(encoding="utf-8")
SCHEMA = json.loads(re.search(r"^```json\n(.*?)^```", PAGE, re.M | re.S).group(1))
FAST = ["--interval", 0.01, "--seed", 1]


@pytest.fixture(scope="module", autouse=True)
def the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(SCHEMA)


def objects(lines):
    """What the lines of a program say; each is held to the schema, and has no byte that could steer a terminal."""
    found = []
    for line in lines:
        assert line.isprintable(), ascii(line)
        found.append(json.loads(line))
        jsonschema.validate(found[-1], SCHEMA, jsonschema.Draft7Validator)
    return found


def kinds(found):
    """Of each object what tells its kind: (direction, topic, "decoded", "refused" or None)."""
    return {(line["direction"], line["topic"], next((key for key in ("decoded", "refused") if key in line), None))
            for line in found}


@pytest.mark.parametrize("name, topic", [("simple_producer", "sensor/temperature"), ("json_producer", "sensor/temperature"),
                                         ("auth_producer", "/iot/user/alice/sensor/temperature")])
def test_a_producer_tells_what_it_sent(broker, run, observe, name, topic):
    observer = observe(broker.port, "#")
    user = ["-u", "alice"] if name == "auth_producer" else []
    producer = run(name, *broker.options, *user, *FAST, "-C", 3, "-q", 1, "--json")
    assert producer.wait() == 0
    observer.wait_for_count(3, topic)
    found = objects(producer.out.lines)
    assert kinds(found) == {("sent", topic, None)}
    assert [line["payload"] for line in found] == [message.payload.decode() for message in observer.of(topic)]
    assert all(line["qos"] == 1 and line["retained"] is False for line in found)


def test_the_time_is_now(broker, run):
    producer = run("simple_producer", *broker.options, "-C", 1, "--json")
    assert producer.wait() == 0
    line, = objects(producer.out.lines)
    told = datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
    assert abs((datetime.datetime.now(datetime.timezone.utc) - told).total_seconds()) < 60


def test_a_consumer_tells_what_it_read_and_what_it_could_not(broker, run, observe):
    publisher = observe(broker.port)
    publisher.publish("kept", "21.5", retain=True)
    consumer = run("simple_consumer", *broker.options, "--json", "-C", 6, "-q", 1)
    consumer.out.wait_for("kept")
    odd = ["28.50", "no\x1b[2J\u202e\"\\", b"\xff\x00", "", "x" * 5000]
    for payload in odd:
        publisher.publish("t\u00b0", payload, qos=1)
    assert consumer.wait() == 0
    kept, *others = objects(consumer.out.lines)
    assert kept["retained"] and kept["payload"] == "21.5" and kept["decoded"] == "21.5" and kept["qos"] == 0
    assert {line["topic"] for line in others} == {"t\u00b0"} and {line["qos"] for line in others} == {1}
    assert [line.get("decoded") for line in others] == ["28.5", None, None, None, None]
    assert [line.get("refused") for line in others] == [None] + ["not a number"] * 4
    came = [base64.b64decode(line["payload_base64"]) if "payload_base64" in line else line["payload"] for line in others]
    assert came == odd


def test_the_structured_exercises_tell_every_kind_of_line(broker, run, observe):
    consumers = {"json_consumer": run("json_consumer", *broker.options, "--json"),
                 "device_consumer": run("device_consumer", *broker.options, "--json")}
    for consumer in consumers.values():
        consumer.err.wait_for("^Subscribed.*#")
    producer = run("device_producer", *broker.options, *FAST, "-C", 2, "--json")
    assert producer.wait() == 0
    publisher = observe(broker.port)
    publisher.publish("device/x/info", "{}")
    publisher.publish("device/x/sensor/a", "[")
    info, data = "device/device001/info", "device/device001/sensor/temperature"
    wrong = {("received", "device/x/info", "refused"), ("received", "device/x/sensor/a", "refused")}
    for consumer in consumers.values():
        consumer.out.wait_for("device/x/sensor/a")
    assert kinds(objects(producer.out.lines)) == {("sent", info, None), ("sent", data, None)}
    assert kinds(objects(consumers["device_consumer"].out.lines)) == {
        ("received", info, "decoded"), ("received", data, "decoded")} | wrong
    assert kinds(objects(consumers["json_consumer"].out.lines)) == {
        ("received", info, "refused"), ("received", data, "decoded")} | wrong


def test_the_user_of_exercise_4_too(broker, run, observe):
    consumer = run("auth_consumer", *broker.options, "-u", "alice", "--json", "-C", 2)
    consumer.err.wait_for("^Subscribed")
    publisher = observe(broker.port)
    publisher.publish("/iot/user/alice/a", "1e2")
    publisher.publish("/iot/user/alice/b", "x")
    assert consumer.wait() == 0
    assert kinds(objects(consumer.out.lines)) == {("received", "/iot/user/alice/a", "decoded"),
                                                  ("received", "/iot/user/alice/b", "refused")}


def test_the_smart_object_and_its_controller_tell_every_kind_of_line(broker, run, observe):
    base = "/device/device001"
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 0.05, "--json")
    controller.err.wait_for("Subscribed.*presence")
    smart_object = run("mqtt_smart_object", *broker.options, *FAST, "--json")
    controller.out.wait_for('"sent".*ON')
    publisher = observe(broker.port)
    publisher.publish(f"{base}/action/switch", "{}", qos=1)
    publisher.publish(f"{base}/action/light", json.dumps({"action_type": "LIGHT", "action_value": "ON"}), qos=1)
    publisher.publish(f"{base}/event", "x" * 5000, qos=1)
    smart_object.out.wait_for("action/light")
    controller.out.wait_for("refused")
    assert smart_object.interrupt()[0] == controller.interrupt()[0] == 0
    told = objects(smart_object.out.lines)
    assert kinds(told) == {
        ("sent", f"{base}/info", None), ("sent", f"{base}/event/presence", None), ("sent", f"{base}/event", None),
        ("sent", f"{base}/telemetry/switch", None), ("sent", f"{base}/telemetry/temperature", None),
        ("received", f"{base}/action/switch", "decoded"), ("received", f"{base}/action/switch", "refused"),
        ("received", f"{base}/action/light", "refused")}
    assert {(line["topic"].split("/")[-1], line["qos"], line["retained"]) for line in told if line["direction"] == "sent"} == {
        ("info", 0, True), ("presence", 1, True), ("event", 1, True), ("switch", 0, False), ("temperature", 0, False)}
    heard = objects(controller.out.lines)
    assert kinds(heard) >= {
        ("received", f"{base}/info", "decoded"), ("received", f"{base}/event/presence", "decoded"),
        ("received", f"{base}/event", "decoded"), ("received", f"{base}/event", "refused"),
        ("received", f"{base}/telemetry/temperature", "decoded"), ("sent", f"{base}/action/switch", None)}
    assert max(len(line.get("payload", "")) for line in heard) == 4097  # of the one that is too long


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_json_and_quiet_contradict_each_other(run, name):
    program = run(name, "-u", "alice", "--json", "--quiet")
    assert program.wait() == 64
    assert program.err.lines == [f"{name}: --quiet prints no messages, and --json prints them: leave one of the two out"]


def test_the_plot_of_the_page_grows_in_a_terminal(broker, run, terminal):
    command = re.search(r"^```sh\n([^`]*\| ttyplot .*?)^```", PAGE, re.M | re.S).group(1)
    shown = terminal("sh", "-c", command, MQTT_PORT=broker.port, PATH=f"{BUILD / 'bin'}:{os.environ['PATH']}")
    wait_until(lambda: broker.log.matching(r"^\d+: simple_consumer\S* 0 sensor/temperature$"), "the subscription")
    producer = run("simple_producer", *broker.options, *FAST, "-C", 5)
    assert producer.wait() == 0
    last = float(producer.out.lines[-1].split(": ")[1])
    wait_until(lambda: "degrees Celsius" in shown.screen() and re.search(rf"last.*{last:.1f}", shown.screen()), "the plot")
