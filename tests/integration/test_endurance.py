"""What an engineer asks for: nothing gets lost, nothing hangs, nothing grows, whatever becomes of the connection."""

import signal

import pytest
from playground import ALL_PRODUCERS, ALL_PROGRAMS, DEADLINE, Broker, descriptors, twin_of, wait_until
from test_command_line import NEEDS, SUBSCRIPTIONS, started

PACED = ["--interval", "0.05"]
RESTARTS = 4  # the pauses grow from one to the next


def test_restarts_in_a_row_under_all(broker, run):
    programs = {name: started(run, broker, name, *(PACED if name in ALL_PRODUCERS else [])) for name in ALL_PROGRAMS}
    descriptors_before = {}
    for number in range(1, RESTARTS + 1):
        broker.restart(signal.SIGKILL if number % 3 == 0 else signal.SIGTERM)
        for name, program in programs.items():
            program.err.wait_for("^Connected to", count=number + 1)
            if twin_of(name) in ("device_producer", "mqtt_smart_object"):
                program.out.wait_for("^sent .*/info: ", count=number + 1)
            elif "producer" in name:
                before = len(program.out.matching("^sent "))
                program.out.wait_for("^sent ", count=before + 1)
            else:
                program.err.wait_for("^Subscribed to: ", count=(number + 1) * SUBSCRIPTIONS.get(twin_of(name), 1))
        if number == 1:
            descriptors_before = {name: descriptors(program) for name, program in programs.items()}
    for name, program in programs.items():
        assert descriptors(program) == descriptors_before[name], name
        assert program.interrupt()[0] == 0, name
        assert program.summary()[0] == len(program.out.matching("^sent ")), name
        assert program.summary()[1] == len(program.out.matching("^received ")), name


def test_a_silent_broker_is_noticed_within_two_and_a_half_keep_alives(broker, run):
    programs = [started(run, broker, name, "-k", 2)
                for name in ("simple_producer", "simple_consumer", "mqtt_smart_object", "mqtt_smart_object_controller")]
    broker.process.send_signal(signal.SIGSTOP)
    try:
        for program in programs:
            program.err.wait_for("^Connection lost", seconds=2 * 2.5 + 3)
    finally:
        broker.process.send_signal(signal.SIGCONT)
    for program in programs:
        program.err.wait_for("^Connected", count=2, seconds=2 * DEADLINE)
        assert program.interrupt()[0] == 0


def test_two_programs_of_the_same_client_id_are_told_what_may_be_the_reason(broker, run):
    """MQTT 3.1.1 section 3.1.4: the broker disconnects the older one. It looks like a bad network: so both go on."""
    told = "^3 connections in a row ended within two seconds: .*another program that uses the client id same"
    pair = [run("simple_consumer", *broker.options, "-i", "same", "--wait", 60) for _ in range(2)]
    wait_until(lambda: any(program.err.matching(told) for program in pair), "the suspicion", 2 * DEADLINE)
    for program in pair:
        assert program.process.poll() is None and program.interrupt()[0] == 0
        assert not program.err.matching("^simple_consumer: ")


def test_the_list_of_brokers_is_tried_in_order_at_every_loss(tmp_path, run):
    brokers = []
    try:
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            brokers.append(Broker(tmp_path / name))
        urls = [argument for broker in brokers for argument in ("-L", f"mqtt://127.0.0.1:{broker.port}")]
        program = run("simple_consumer", *urls, "--wait", DEADLINE)
        program.err.wait_for(f"^Connected to 127.0.0.1:{brokers[0].port} ")
        program.err.wait_for("Subscribed")
        brokers[0].stop(signal.SIGKILL)
        program.err.wait_for(f"^Connected to 127.0.0.1:{brokers[1].port} ")
        program.err.wait_for("Subscribed", count=2)
        brokers[0].start()
        brokers[1].stop(signal.SIGKILL)
        program.err.wait_for(f"^Connected to 127.0.0.1:{brokers[0].port} ", count=2)
        assert program.interrupt()[0] == 0
    finally:
        for broker in brokers:
            broker.stop(signal.SIGKILL)


@pytest.mark.parametrize("name", ["simple_consumer", "mqtt_smart_object_controller"])
def test_a_full_disk_ends_a_consumer_with_74(broker, run, observe, name):
    with open("/dev/full", "w", encoding="utf-8") as full:
        program = run(name, *broker.options, stdout=full)
        program.err.wait_for("Subscribed", count=4 if name.startswith("mqtt") else 1)
        observe(broker.port).publish("/device/device001/info", "x")
        assert program.wait() == 74
    assert any("cannot write standard output" in line for line in program.err.lines)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "nonsense", "http://a%zz:b@127.0.0.1:9"])
def test_a_proxy_for_the_web_is_none_of_plain_mqtts_business(broker, run, proxy):
    program = run("simple_producer", *broker.options, "-C", 1, environment={"http_proxy": proxy, "https_proxy": proxy})
    assert program.wait() == 0


def test_silence_is_explained_where_an_access_control_list_may_be_the_reason(tmp_path, run):
    """The broker grants the subscription and withholds the messages: nobody is told."""
    (tmp_path / "acl").write_text("topic write #\n")
    broker = Broker(tmp_path, f"allow_anonymous true\nacl_file {tmp_path}/acl")
    try:
        program = run("auth_consumer", *broker.options, *NEEDS["auth_consumer"])
        program.err.wait_for("^Subscribed to: /iot/user/alice/#")
        assert run("auth_producer", *broker.options, *NEEDS["auth_producer"], "-C", 1).wait() == 0
        program.err.wait_for("^Nothing has arrived so far.*withholds the messages")
        assert program.interrupt()[0] == 0
        assert len(program.err.matching("^Nothing has arrived")) == 1 and program.out.lines == []
    finally:
        broker.stop()
