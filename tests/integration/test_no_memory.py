"""Memory runs out, at each of the allocations that a program makes itself or has cJSON make. It says so: it ends with 70,
or refuses the one message that there was no memory for, and goes on."""

import json

import pytest
from playground import ALL_PRODUCERS, ALL_PROGRAMS, BUILD, twin_of
from test_command_line import NEEDS

OWN = {name: 2 if twin_of(name).startswith("mqtt_") else 1 for name in ALL_PROGRAMS}  # the session; and a mailbox
MESSAGE = json.dumps({"timestamp": 1, "value_type": "TEMPERATURE_SENSOR", "value": 30.25})


@pytest.fixture
def start(run, tmp_path):
    """Starts a program whose allocation of that number fails; and says how many there were."""
    def start_it(name, *arguments, at=0):
        environment = {"LD_PRELOAD": str(BUILD / "tests" / "libno_memory.so"), "NO_MEMORY_AT": str(at),
                       "NO_MEMORY_COUNT": str(tmp_path / "count")}
        return run(name, *arguments, *NEEDS.get(name, []), environment=environment)

    yield start_it


def count(tmp_path):
    return int((tmp_path / "count").read_text())


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_what_a_program_takes_at_its_start_is_all_it_takes(broker, start, tmp_path, name):
    """A producer makes its JSON without any."""
    program = start(name, *broker.options, "-C", 3 if name in ALL_PRODUCERS else 0)
    if name in ALL_PRODUCERS:
        assert program.wait() == 0
    else:
        program.err.wait_for("^Subscribed")
        assert program.interrupt()[0] == 0
    assert count(tmp_path) == OWN[name]


@pytest.mark.parametrize("name, at", [(name, at) for name in ALL_PROGRAMS for at in range(1, OWN[name] + 1)])
def test_a_program_without_memory_ends_with_70_and_says_so(broker, start, name, at):
    program = start(name, *broker.options, "-C", 3, at=at)
    assert program.wait() == 70 and not program.out.lines
    assert program.err.matching(f"^{name}: .*memory"), program.err.lines


@pytest.mark.parametrize("name, topic", [("json_consumer", "t"), ("device_consumer", "device/d/sensor/temperature"),
                                         ("mqtt_smart_object_controller", "/device/device001/telemetry/temperature")])
def test_a_message_that_there_is_no_memory_for_is_refused_and_the_next_one_is_not(broker, start, observe, tmp_path, name, topic):
    def receive(at):
        consumer = start(name, *broker.options, at=at)
        consumer.err.wait_for("^Subscribed", count={"json_consumer": 1, "device_consumer": 2}.get(name, 4))
        for _ in range(2):
            publisher.publish(topic, MESSAGE, 1)
        consumer.out.wait_for(topic, count=2)
        assert consumer.interrupt()[0] == 0
        return consumer.out.lines

    publisher = observe(broker.port)
    assert all(line.startswith("received ") for line in receive(0))
    before, after = OWN[name], count(tmp_path)
    assert after >= before + 8  # an object, and three members with their names, twice
    for at in range(before + 1, before + 1 + (after - before) // 2):
        first, second = receive(at)
        assert first.startswith(f"refused {topic}: payload needs more memory than there is: {MESSAGE[:40]}")
        assert second.startswith("received ")
