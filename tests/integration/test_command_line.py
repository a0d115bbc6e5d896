"""What the programs have in common on the command line, and how they end."""

import os
import re
import subprocess

import pytest
from playground import ALL_CONSUMERS, ALL_PRODUCERS, ALL_PROGRAMS, BUILD, DEADLINE, free_port, twin_of

NEEDS = {name: ["-u", "alice", "-P", "alice-secret"] for name in ALL_PROGRAMS if twin_of(name).startswith("auth_")}
SUBSCRIPTIONS = {"device_consumer": 2, "mqtt_smart_object_controller": 4}  # all others have one


def started(run, broker, name, *arguments):
    """The program, once it does what it is for. It does not give up where the test takes its broker away at once."""
    program = run(name, *broker.options, *NEEDS.get(name, []), "--wait", DEADLINE, *arguments)
    if name in ALL_PRODUCERS:
        program.out.wait_for("^sent ")
    else:
        program.err.wait_for("^Subscribed to: ", count=SUBSCRIPTIONS.get(twin_of(name), 1))
    return program


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_ctrl_c_ends_it_within_a_second_with_status_0_and_a_summary(broker, run, name):
    program = started(run, broker, name)
    status, seconds = program.interrupt()
    assert status == 0
    assert seconds < (1 if not os.environ.get("PLAYGROUND_SLOW") else 5)
    program.summary()
    assert broker.log.wait_for("Client .* disconnected") and not broker.stop_and_find("closed its connection|timeout")


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_without_a_broker_it_ends_with_69_and_says_what_to_start(run, name):
    port = free_port()
    program = run(name, "--host", "localhost", "--port", port, *NEEDS.get(name, []))
    assert program.wait() == 69
    assert program.err.lines == [f"{name}: no broker at localhost:{port}: start one with ./lab broker, "
                                 "or check the host and the port"]
    assert program.out.lines == []


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_an_unknown_host_is_named(run, name):
    program = run(name, "--host", "no-such-host.invalid", *NEEDS.get(name, []))
    assert program.wait() == 69
    assert len(program.err.lines) == 1 and "no such host: no-such-host.invalid" in program.err.lines[0]


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_wait_keeps_trying_for_the_first_connection(broker, run, name):
    broker.stop()
    program = run(name, *broker.options, *NEEDS.get(name, []), "--wait", 60, "-C", 1)
    program.err.wait_for("no broker at .*; trying again in")
    broker.start()
    program.err.wait_for("^Connected")
    program.interrupt()


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_help_usage_and_version_go_to_standard_output_with_status_0(run, name):
    for option in ("--help", "--usage", "--version"):
        program = run(name, option)
        assert program.wait() == 0
        assert program.err.lines == []
        assert name in program.out.lines[0]
    twin = twin_of(name)
    rows = "\n".join(run_to_end(run, name, "--help").out.lines)
    help_text = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", rows, re.M)
    for option in ("--host", "--port", "--url", "--username", "--password", "--password-file", "--id", "--keepalive",
                   "--count", "--wait", "--quiet", "--debug", "--version"):
        assert option in help_text
    assert ("--timeout" in help_text) == (name in ALL_CONSUMERS)
    assert ("--interval" in help_text) == (name in ALL_PRODUCERS)
    assert ("--seed" in help_text) == (name in ALL_PRODUCERS)
    assert ("--qos" in help_text) == (not twin.startswith("mqtt_"))
    assert ("--topic" in help_text) == (twin.startswith(("simple", "json")) or name in ("mqtt5_producer", "mqtt5_consumer"))
    assert ("--device-id" in help_text) == (twin in ("device_producer", "mqtt_smart_object", "mqtt_smart_object_controller"))
    assert ("--base-topic" in help_text) == twin.startswith("mqtt_")
    assert ("--alert-above" in help_text) == (twin == "mqtt_smart_object")
    assert ("--threshold" in help_text) == ("--off-seconds" in help_text) == (twin == "mqtt_smart_object_controller")


def run_to_end(run, name, *arguments):
    program = run(name, *arguments)
    program.wait()
    return program


BAD = [
    ["--nonsense"], ["surplus"], ["--port", "0"], ["--port", "65536"], ["--port", "x"], ["--port"], ["--host", ""],
    ["--host", "mqtt://localhost"], ["--url", "http://localhost"], ["--url", "mqtt://"], ["--keepalive", "0"],
    ["--keepalive", "65536"], ["--count", "-1"], ["--count", "1.5"], ["--wait", "nan"], ["--wait", "-1"],
    ["--password-file", "/no/such/file"], ["--id", ""],
]


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_a_bad_option_is_refused_with_64_and_one_line_that_names_it(run, name):
    for arguments in BAD:
        program = run_to_end(run, name, *NEEDS.get(name, []), *arguments)
        assert program.process.returncode == 64, arguments
        named = "unexpected argument" if arguments == ["surplus"] else arguments[0]
        assert len(program.err.lines) == 1 and named in program.err.lines[0], (arguments, program.err.lines)
        assert program.out.lines == []


@pytest.mark.parametrize("name, arguments", [
    ("simple_producer", ["-q", "3"]), ("simple_producer", ["-t", "a/+"]), ("json_producer", ["-t", "#"]),
    ("simple_producer", ["-t", ""]), ("simple_consumer", ["-t", "a/#/b"]), ("json_consumer", ["-t", "a+"]),
    ("simple_producer", ["--interval", "-1"]), ("simple_consumer", ["-W", "x"]), ("json_producer", ["--seed", "x"]),
    ("device_producer", ["--device-id", "a/b"]), ("device_producer", ["--device-id", "+"]),
    ("mqtt_smart_object", ["--device-id", "#"]), ("mqtt_smart_object_controller", ["--device-id", "x" * 65]),
    ("mqtt_smart_object", ["--device-id", "bell\a"]), ("mqtt_smart_object", ["--base-topic", "a/+"]),
    ("mqtt_smart_object", ["--alert-above", "nan"]), ("mqtt_smart_object_controller", ["--threshold", "inf"]),
    ("mqtt_smart_object_controller", ["--off-seconds", "-1"]),
    # options that these programs have no use for
    ("simple_producer", ["-W", "1"]), ("simple_consumer", ["--interval", "1"]), ("device_producer", ["-t", "x"]),
    ("mqtt_smart_object", ["-q", "1"]), ("simple_producer", ["--device-id", "x"]),
])
def test_a_value_out_of_range_is_refused_with_64_and_one_line_that_names_it(run, name, arguments):
    program = run_to_end(run, name, *arguments)
    assert program.process.returncode == 64
    assert len(program.err.lines) == 1
    option = {"-q": "qos", "-t": "topic", "-W": "timeout"}.get(arguments[0], arguments[0].lstrip("-"))
    assert option in program.err.lines[0] or f"{arguments[0]}:" in program.err.lines[0]


@pytest.mark.parametrize("name", ALL_CONSUMERS)
def test_timeout_ends_a_consumer_with_75(broker, run, name):
    program = run(name, *broker.options, *NEEDS.get(name, []), "--timeout", 0.7)
    assert program.wait() == 75
    assert any("--timeout" in line for line in program.err.lines)


@pytest.mark.parametrize("name", ALL_PRODUCERS)
def test_a_full_disk_ends_a_producer_with_74(broker, run, name):
    with open("/dev/full", "w", encoding="utf-8") as full:
        program = run(name, *broker.options, *NEEDS.get(name, []), "--interval", 0.01, stdout=full)
        assert program.wait() == 74
    assert any("cannot write standard output" in line for line in program.err.lines)


def test_a_closed_pipe_ends_a_program_with_74(broker):
    command = f"{BUILD}/bin/simple_producer -h 127.0.0.1 -p {broker.port} --interval 0.01 2>/dev/null | head -n 1; " \
              "echo ${PIPESTATUS[0]}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", timeout=60)
    assert result.stdout.splitlines()[1] == "74"


def test_a_second_broker_is_tried_when_the_first_is_not_there(broker, run):
    dead = free_port()
    program = run("simple_producer", "-L", f"mqtt://localhost:{dead}", "-L", f"mqtt://127.0.0.1:{broker.port}", "-C", 1)
    assert program.wait() == 0
    program.err.wait_for(f"no broker at localhost:{dead}")
    program.err.wait_for(f"^Connected to 127.0.0.1:{broker.port}")
