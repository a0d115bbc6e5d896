"""The computer's clock is set a day forward and a day back, while the programs run: no deadline may follow it."""

import json
import time

import pytest
from playground import BUILD, wire
from test_smart_object import ACTION, TEMPERATURE

DAY = 86400
OFF_SECONDS = 1
INTERVAL = 0.05


class Clock:
    """What the programs take for the clock of the wall; jumping_clock.c reads it."""

    def __init__(self, path):
        self.path = path
        self.set_off_by(0)

    def set_off_by(self, seconds):
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds}\n")
        new.rename(self.path)

    @property
    def environment(self):
        return {"LD_PRELOAD": str(BUILD / "tests" / "libjumping_clock.so"), "JUMPING_CLOCK": str(self.path)}


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path / "clock")


def days_off(message):
    return round((json.loads(message.payload)["timestamp"] - time.time()) / DAY)


def test_timers_and_intervals_do_not_follow_the_clock(broker, run, observe, clock):
    observer = observe(broker.port, TEMPERATURE, ACTION)
    arrivals = []
    observer.client.on_message = lambda *message: (arrivals.append(time.monotonic()), observer._on_message(*message))
    controller = run("mqtt_smart_object_controller", *broker.options, "--threshold", 30, "--off-seconds", OFF_SECONDS,
                     "-k", 2, environment=clock.environment)
    controller.err.wait_for("Subscribed to: /device/device001/event$")
    smart_object = run("mqtt_smart_object", *broker.options, "--interval", INTERVAL, "--seed", 1, "-k", 2,
                       environment=clock.environment)
    for days in (1, -1, 0, -1):
        expected = len(observer.of(ACTION)) + 1
        while json.loads(observer.wait_for_count(expected, ACTION)[expected - 1].payload)["action_value"] != "OFF":
            expected += 1
        clock.set_off_by(days * DAY)  # the timer that switches on again has just been started
        before = len(observer.messages)
        observer.wait_for(lambda: any(days_off(m) == days for m in observer.messages[before:] if m.topic == TEMPERATURE),
                          "a reading of another day: without it this test says nothing")
    observer.wait_for_count(len(observer.of(ACTION)) + 1, ACTION)
    for program in (smart_object, controller):
        status, seconds = program.interrupt()
        assert status == 0 and seconds < 2
        assert not program.err.matching("onnection .*lost")

    observer.fence()
    times = {kind: [when for when, message in zip(arrivals, observer.messages) if message.topic == kind]
             for kind in (TEMPERATURE, ACTION)}
    actions = [json.loads(message.payload)["action_value"] for message in observer.of(ACTION)]
    for position in range(1, len(actions)):
        if actions[position] == "ON":
            assert 0.9 * OFF_SECONDS < times[ACTION][position] - times[ACTION][position - 1] < OFF_SECONDS + 1
    gaps = [b - a for a, b in zip(times[TEMPERATURE], times[TEMPERATURE][1:])]
    assert max(gaps) < 1
    assert 0.9 * INTERVAL < sum(gaps) / len(gaps) < 2 * INTERVAL


def test_the_wait_of_a_producer_and_the_timeout_of_a_consumer_do_not_follow_the_clock(broker, run, clock):
    start = time.monotonic()
    consumer = run("simple_consumer", *broker.options, "-W", 3, "-k", 2, environment=clock.environment)
    consumer.err.wait_for("^Subscribed")
    producer = run("simple_producer", *broker.options, "-C", 21, "--interval", 0.1, "-k", 2,
                   environment=clock.environment)
    for count, days in ((5, 1), (10, -1), (15, 0)):
        producer.out.wait_for("^sent", count=count)
        clock.set_off_by(days * DAY)
    assert producer.wait() == 0
    assert 1.9 < float(producer.err.wait_for("^Summary").split(" in ")[1].split()[0]) < 3
    assert consumer.wait() == 75
    assert 2.9 < time.monotonic() - start < 5
    assert consumer.summary() == (0, 21, 0)


def test_a_clock_before_1970_is_named_as_the_reason_why_no_device_can_announce_itself(scripted, run, clock):
    """It is set back while the program connects: so what fails comes after the connection, at its beginning."""
    grant = wire.granting(1)

    def script(kind, body):
        if kind == wire.CONNECT:
            clock.set_off_by(-60 * 365 * DAY)
        return grant(kind, body)

    urls = [argument for _ in range(2) for argument in ("-L", f"mqtt://127.0.0.1:{scripted(script).port}")]
    program = run("mqtt_smart_object", *urls, environment=clock.environment)
    assert program.wait() == 70
    assert program.err.matching("^mqtt_smart_object: .*timestamp")
    assert not program.err.matching("closed the connection|another program")
