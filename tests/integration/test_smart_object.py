"""Exercise 5: telemetry, retained events, actions; and the loop that the controller closes."""

import json
import re
import signal

import pytest

BASE = "/device/device001"
INFO, EVENT, PRESENCE = f"{BASE}/info", f"{BASE}/event", f"{BASE}/event/presence"
TEMPERATURE, SWITCH = f"{BASE}/telemetry/temperature", f"{BASE}/telemetry/switch"
ACTION = f"{BASE}/action/switch"
FAST = ["--interval", 0.01, "--seed", 1]


def action(value="OFF", kind="SWITCH"):
    return json.dumps({"action_type": kind, "action_value": value})


def reading(celsius, timestamp=1):
    return json.dumps({"timestamp": timestamp, "value_type": "TEMPERATURE_SENSOR", "value": celsius})


def values(messages):
    return [json.loads(message.payload)["value"] for message in messages]


def test_what_the_object_publishes_and_how(broker, run, observe):
    observer = observe(broker.port, "#")
    smart_object = run("mqtt_smart_object", *broker.options, *FAST, "-C", 30)
    assert smart_object.wait() == 0
    observer.wait_for_count(30, TEMPERATURE)
    observer.fence()
    assert {m.topic: m.qos for m in observer.messages} == {
        INFO: 0, PRESENCE: 1, SWITCH: 0, TEMPERATURE: 0, EVENT: 1}
    assert [m.topic for m in observer.messages[:4]] == [INFO, PRESENCE, SWITCH, TEMPERATURE]
    assert len(observer.of(TEMPERATURE)) == 30
    device, = (json.loads(m.payload) for m in observer.of(INFO))
    assert list(device) == ["device_id", "producer", "software_version"]
    assert values(observer.of(SWITCH)) == ["ON"]
    event, = (json.loads(m.payload) for m in observer.of(EVENT))
    assert list(event) == ["timestamp", "event_type", "event_value"]
    assert event["event_type"] == "OVER_HEATING"
    first_above = next(value for value in values(observer.of(TEMPERATURE)) if value > 35)
    assert event["event_value"] == first_above
    assert smart_object.summary() == (35, 0, 0)


def test_who_comes_late_gets_info_and_event_but_no_telemetry_and_no_action(broker, run, observe):
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 0.05)
    controller.err.wait_for("Subscribed to: /device/device001/event")
    smart_object = run("mqtt_smart_object", *broker.options, *FAST)
    controller.out.wait_for("^sent .*OFF")
    smart_object.out.wait_for("^received .*OFF")
    assert smart_object.interrupt()[0] == controller.interrupt()[0] == 0
    late = observe(broker.port, "#")
    late.fence()
    assert sorted((m.topic, m.retain, m.qos) for m in late.messages) == [
        (EVENT, True, 1), (PRESENCE, True, 1), (INFO, True, 0)]


def test_an_event_is_published_once_for_each_crossing(broker, run, observe):
    observer = observe(broker.port, "#")
    smart_object = run("mqtt_smart_object", *broker.options, *FAST, "--alert-above", 30)
    smart_object.out.wait_for("OVER_HEATING")
    observer.publish(ACTION, action("OFF"), qos=1)
    observer.wait_for(lambda: observer.of(TEMPERATURE) and values(observer.of(TEMPERATURE))[-1] < 25, "cooling down")
    observer.publish(ACTION, action("ON"), qos=1)
    smart_object.out.wait_for("OVER_HEATING", count=2)
    assert smart_object.interrupt()[0] == 0
    observer.fence()
    crossings = [b for a, b in zip([0] + values(observer.of(TEMPERATURE)), values(observer.of(TEMPERATURE)))
                 if a <= 30 < b]
    assert [json.loads(m.payload)["event_value"] for m in observer.of(EVENT)] == crossings


def test_actions_are_obeyed_repeated_refused_and_counted(broker, run, observe):
    observer = observe(broker.port, SWITCH)
    smart_object = run("mqtt_smart_object", *broker.options, "--interval", 60)
    smart_object.err.wait_for(r"Subscribed to: /device/device001/action/\+")
    cases = [
        (ACTION, action("OFF"), "received .*: OFF"),
        (ACTION, action("OFF"), "received .*: OFF"),  # the position that it has: changes nothing
        (ACTION, action("ON"), "received .*: ON"),
        *((ACTION, action(value), "refused .*: a switch is ON or OFF")
          for value in ("on", "Off", "", "O", "OFFF", "ON ", " OFF", "1", "true", "ON\n")),
        (ACTION, action("ON", "REBOOT"), "refused .*: unknown action"),
        (f"{BASE}/action/reboot", action("OFF"), "refused .*: unknown action"),
        (ACTION, "nonsense", "refused .*: payload is not JSON"),
        (ACTION, '{"action_type":"SWITCH"}', "refused .*: action_value is missing"),
        (ACTION, "x" * 100000, "refused .*: payload is longer than 4096 bytes"),
        (f"{BASE}/action/" + "x" * 5000, action("OFF"), "refused .*: unknown action"),
    ]
    smart_object.out.wait_for("^sent .*temperature")
    before = len(smart_object.out.lines)
    for number, (topic, payload, _) in enumerate(cases, 1):
        observer.publish(topic, payload, qos=1)
        smart_object.out.wait_for("^(received|refused) ", count=number)
    lines = [line for line in smart_object.out.lines[before:] if not line.startswith("sent ")]
    for (_, _, expected), line in zip(cases, lines):
        assert re.match(expected, line)
    assert smart_object.interrupt()[0] == 0
    observer.fence()
    assert values(observer.of(SWITCH)) == ["ON", "OFF", "ON"]
    assert smart_object.summary()[1:] == (3, 16)


def test_a_retained_action_is_stale_and_ignored(broker, run, observe):
    observer = observe(broker.port, SWITCH)
    observer.publish(ACTION, action("OFF"), qos=1, retain=True)
    smart_object = run("mqtt_smart_object", *broker.options, *FAST)
    smart_object.out.wait_for(r"^refused .*may be old.*\(retained\)$")
    assert smart_object.interrupt()[0] == 0
    observer.fence()
    assert values(observer.of(SWITCH)) == ["ON"]


def test_the_controller_decides_by_the_threshold_and_the_timer(broker, run, observe):
    observer = observe(broker.port, ACTION)
    controller = run("mqtt_smart_object_controller", *broker.options, "--threshold", 30, "--off-seconds", 0.3)
    controller.err.wait_for("Subscribed to: /device/device001/event")
    observer.publish(TEMPERATURE, reading(99), retain=True)  # to a subscriber that is there it comes as not retained
    observer.wait_for_count(1)
    observer.publish(TEMPERATURE, reading(99))  # while the timer runs it changes nothing
    observer.publish(TEMPERATURE, reading(30))  # at the threshold, not above it
    observer.wait_for_count(2)
    observer.publish(TEMPERATURE, reading(30.01))
    observer.wait_for_count(4)
    assert [json.loads(m.payload) for m in observer.messages] == [
        {"action_type": "SWITCH", "action_value": value} for value in ("OFF", "ON", "OFF", "ON")]
    assert {(m.qos, m.retain) for m in observer.messages} == {(1, False)}
    assert all(list(json.loads(m.payload)) == ["action_type", "action_value"] for m in observer.messages)
    # A retained reading says how hot it was once.
    late = run("mqtt_smart_object_controller", *broker.options, "--threshold", 30, "--off-seconds", 60)
    late.out.wait_for(r"received .*temperature.* 99 \(retained\)")
    assert late.interrupt()[0] == 0
    observer.fence()
    assert len(observer.messages) == 4
    # Nothing of all this was retained.
    assert not observe(broker.port, "/device/+/action/#").messages


def test_the_controller_shows_what_it_knows_and_refuses_the_rest(broker, run, observe):
    observer = observe(broker.port)
    observer.publish(INFO, '{"device_id":"device001","producer":"p","software_version":"1"}', retain=True)
    observer.publish(EVENT, '{"timestamp":1,"event_type":"OVER_HEATING","event_value":35.1}', retain=True)
    controller = run("mqtt_smart_object_controller", *broker.options, "-C", 7)
    controller.out.wait_for("^received", count=2)
    observer.publish(TEMPERATURE, reading(20))
    observer.publish(SWITCH, '{"timestamp":1,"value_type":"SWITCH","value":"ON"}')
    observer.publish(TEMPERATURE, "garbage")
    observer.publish(EVENT, reading(20))
    observer.publish(INFO, "x" * 100000)
    assert controller.wait() == 0
    assert sorted(controller.out.lines[:2]) == [
        f"received {EVENT}: timestamp 1, OVER_HEATING 35.1 (retained)",
        f"received {INFO}: device device001, producer p, software version 1 (retained)"]
    assert controller.out.lines[2:] == [
        f"received {TEMPERATURE}: timestamp 1, TEMPERATURE_SENSOR 20",
        f"received {SWITCH}: timestamp 1, SWITCH ON",
        f"refused {TEMPERATURE}: payload is not JSON: garbage",
        f"refused {EVENT}: event_type is missing: {reading(20)[:40]}...",
        f"refused {INFO}: payload is longer than 4096 bytes: {'x' * 40}..."]
    assert controller.summary() == (0, 4, 3)


def test_the_loop_closes_twice(broker, run, observe):
    """Climbs, alert at 35, OFF above 37, falls while telemetry goes on, ON again by the timer; and again."""
    observer = observe(broker.port, "#")
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 0.2)
    controller.err.wait_for("Subscribed to: /device/device001/event")
    run("mqtt_smart_object", *broker.options, *FAST)
    observer.wait_for_count(4, ACTION)
    observer.wait_for_count(5, SWITCH)
    story, temperature = [], 0.0
    assert json.loads(observer.of(PRESENCE)[0].payload)["event_value"] == "ONLINE"
    for message in observer.messages:
        descriptor = json.loads(message.payload)
        if message.topic == TEMPERATURE:
            temperature = descriptor["value"]
        elif message.topic == PRESENCE:
            continue
        elif message.topic == EVENT:
            assert 35 < descriptor["event_value"] <= temperature
            story.append("alert")
        elif message.topic == ACTION:
            assert (temperature > 37) == (descriptor["action_value"] == "OFF")
            story.append(descriptor["action_value"])
        elif message.topic == SWITCH:
            story.append(f"is {descriptor['value']}")
    once = ["alert", "OFF", "is OFF", "ON", "is ON"]
    assert story[:11] == ["is ON"] + once + once
    # Telemetry went on while the switch was off, and the temperature fell.
    kinds = [(m.topic, json.loads(m.payload).get("value")) for m in observer.messages]
    off = kinds.index((SWITCH, "OFF"))
    on = kinds.index((SWITCH, "ON"), off)
    falling = [value for topic, value in kinds[off:on] if topic == TEMPERATURE]
    assert len(falling) >= 5 and falling[-1] < falling[0] - 3


def test_two_pairs_do_not_hear_each_other(broker, run, observe):
    observer = observe(broker.port, "#")
    controller = run("mqtt_smart_object_controller", *broker.options, "--device-id", "one", "--off-seconds", 60)
    controller.err.wait_for("Subscribed to: /device/one/event")
    one = run("mqtt_smart_object", *broker.options, *FAST, "--device-id", "one")
    two = run("mqtt_smart_object", *broker.options, *FAST, "--device-id", "two")
    one.out.wait_for("received .*OFF")
    two.out.wait_for("sent .*telemetry/switch")
    for smart_object in (one, two):
        assert smart_object.interrupt()[0] == 0
    observer.fence()
    assert values(observer.of("/device/two/telemetry/switch")) == ["ON"]
    assert values(observer.of("/device/one/telemetry/switch")) == ["ON", "OFF"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_both_end_cleanly_while_busy(broker, run, number):
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 30)
    controller.err.wait_for("Subscribed to: /device/device001/event")
    smart_object = run("mqtt_smart_object", *broker.options, "--interval", 0, "--quiet")
    controller.out.wait_for("^sent .*OFF")  # its timer runs
    for program in (controller, smart_object):
        program.send(number)
        assert program.wait() == 0
        program.summary()


def test_the_object_says_that_it_is_online_and_when_it_goes(broker, run, observe):
    observer = observe(broker.port, PRESENCE)
    controller = run("mqtt_smart_object_controller", *broker.options)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt_smart_object", *broker.options)
    controller.out.wait_for("PRESENCE ONLINE$")
    assert smart_object.interrupt()[0] == 0
    controller.out.wait_for("PRESENCE OFFLINE$")
    events = [json.loads(m.payload) for m in observer.wait_for_count(2)]
    assert [(e["event_type"], e["event_value"]) for e in events] == [("PRESENCE", "ONLINE"), ("PRESENCE", "OFFLINE")]
    assert list(events[0]) == ["timestamp", "event_type", "event_value"]
    late = observe(broker.port, PRESENCE).wait_for_count(1)
    assert late[0].retain and json.loads(late[0].payload)["event_value"] == "OFFLINE"


def test_of_a_killed_object_the_broker_tells(broker, run, observe):
    """Its will, MQTT 3.1.1 section 3.1.2.5."""
    observer = observe(broker.port, PRESENCE)
    controller = run("mqtt_smart_object_controller", *broker.options)
    controller.err.wait_for(f"Subscribed to: {PRESENCE}")
    smart_object = run("mqtt_smart_object", *broker.options)
    controller.out.wait_for("PRESENCE ONLINE$")
    smart_object.kill()
    controller.out.wait_for("PRESENCE OFFLINE$")
    message = observer.wait_for_count(2)[1]
    assert json.loads(message.payload)["event_value"] == "OFFLINE" and message.qos == 1
    late = observe(broker.port, PRESENCE).wait_for_count(1)
    assert late[0].retain and json.loads(late[0].payload)["event_value"] == "OFFLINE"


def test_no_session_is_left_behind_at_the_broker(broker, run):
    smart_object = run("mqtt_smart_object", *broker.options, *FAST, "-C", 3, "-i", "left-behind")
    assert smart_object.wait() == 0
    connections = broker.stop_and_find(r"New client connected .* as left-behind \(p\d, c")
    assert re.search(r"c1,", connections[-1]), "the last connection was a clean session"


def test_a_crowd_of_retained_messages_does_not_keep_the_controller_out(broker, run, observe):
    """More than its mailbox holds come before all its subscriptions are granted; Paho's thread brings the grants, too.

    At QoS 0 the broker sends all of them at once, so that the last grant is behind the last of them, whoever is faster."""
    crowd = observe(broker.port)
    for number in range(600):
        crowd.publish(f"/crowd/device001/telemetry/{number}", "x", retain=True)
    crowd.publish("fence", "", qos=1)
    controller = run("mqtt_smart_object_controller", *broker.options, "--base-topic", "/crowd")
    controller.out.wait_for("^refused /crowd/device001/telemetry/", 256)
    assert controller.interrupt()[0] == 0
    assert controller.err.matching("^Messages lost: 344 "), controller.err.lines
