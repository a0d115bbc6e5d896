"""A connection that is lost is made again, with everything that belongs to it."""

import json
import re
import signal

import pytest
from playground import ALL_PROGRAMS, DEADLINE, twin_of
from test_command_line import started

SUBSCRIPTIONS = {"simple_consumer": 1, "json_consumer": 1, "auth_consumer": 1, "device_consumer": 2,
                 "mqtt_smart_object": 1, "mqtt_smart_object_controller": 4}


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_a_restarted_broker_finds_the_program_back(broker, run, name):
    twin = twin_of(name)
    program = started(run, broker, name, *(["--interval", "0.05"] if "producer" in twin or twin == "mqtt_smart_object" else []))
    for number, ending in enumerate((signal.SIGTERM, signal.SIGKILL), 2):
        broker.restart(ending)
        program.err.wait_for("^Connected to", count=number)
        # A slow one may be about to begin still, when it has printed what it has subscribed to.
        program.err.wait_for("^Connection lost|accepts the connection and then ends it", count=number - 1)
        if twin in SUBSCRIPTIONS:
            program.err.wait_for("^Subscribed to: ", count=number * SUBSCRIPTIONS[twin])
        if twin not in ("simple_consumer", "json_consumer", "auth_consumer", "device_consumer", "mqtt_smart_object_controller"):
            before = len(program.out.matching("^sent "))
            program.out.wait_for("^sent ", count=before + 3)
    status, _ = program.interrupt()
    assert status == 0


def test_a_consumer_receives_again_after_the_broker_came_back(broker, run, observe):
    consumer = run("json_consumer", *broker.options, "--wait", DEADLINE)
    consumer.err.wait_for("Subscribed")
    broker.restart(signal.SIGKILL)
    consumer.err.wait_for("Subscribed", count=2)
    observe(broker.port).publish("a", '{"timestamp":1,"value_type":"T","value":2}')
    consumer.out.wait_for("^received a: ")


@pytest.mark.parametrize("name, topic", [("device_producer", "device/device001/info"),
                                         ("mqtt_smart_object", "/device/device001/info")])
def test_a_device_announces_itself_to_a_broker_that_forgot_it(broker, run, observe, name, topic):
    program = run(name, *broker.options, "--interval", 0.05, "--wait", DEADLINE)
    program.out.wait_for("/info: ")
    broker.restart(signal.SIGKILL)
    program.out.wait_for("/info: ", count=2)
    late = observe(broker.port, topic)
    info, = late.wait_for_count(1)
    assert info.retain and json.loads(info.payload)["device_id"] == "device001"


def test_a_timer_that_runs_out_while_there_is_no_broker_is_not_forgotten(broker, run, observe):
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 0.5, "--wait", DEADLINE)
    controller.err.wait_for("Subscribed to: /device/device001/event")
    peer = observe(broker.port)
    peer.publish("/device/device001/telemetry/temperature", '{"timestamp":1,"value_type":"TEMPERATURE_SENSOR","value":38}')
    controller.out.wait_for("^sent .*OFF")
    broker.stop(signal.SIGKILL)
    controller.err.wait_for("no broker at .*; trying again", count=2)
    broker.start()
    controller.out.wait_for("^sent .*ON")


def test_ctrl_c_ends_a_program_that_waits_for_its_broker(broker, run):
    for name in ("simple_producer", "simple_consumer", "mqtt_smart_object"):
        program = started(run, broker, name)
        broker.stop(signal.SIGKILL)
        program.err.wait_for("Connection lost")
        status, seconds = program.interrupt()
        assert status == 0 and seconds < 5
        program.summary()
        broker.start()


def test_the_password_is_not_asked_for_again_and_again(broker, run, tmp_path):
    """A broker that comes back with other rules: the program ends with 77."""
    program = started(run, broker, "simple_consumer")
    broker.configuration = f"allow_anonymous false\npassword_file {tmp_path}/passwd"
    (tmp_path / "passwd").write_text("")
    broker.restart()
    assert program.wait() == 77


def test_a_consumer_tells_for_how_long_it_may_have_missed_something(broker, run):
    consumer = run("simple_consumer", *broker.options, "--wait", DEADLINE)
    producer = run("simple_producer", *broker.options, "--interval", 0.05, "--wait", DEADLINE)
    consumer.err.wait_for("Subscribed")
    producer.err.wait_for("^Connected")
    for number in (2, 3):
        broker.restart(signal.SIGKILL)
        consumer.err.wait_for("Subscribed", count=number)
        producer.err.wait_for("^Connected", count=number)
    assert consumer.interrupt()[0] == producer.interrupt()[0] == 0
    line = consumer.err.wait_for("^The connection was lost")
    seconds = float(re.fullmatch(r"The connection was lost 2 times, for ([0-9.]+) s together: "
                                 "what was published meanwhile may be missing", line).group(1))
    assert 2 * 0.375 < seconds < DEADLINE
    assert re.fullmatch(r"The connection was lost 2 times, for [0-9.]+ s together", producer.err.wait_for("^The connection"))
