"""./lab watch, the picture that moves: what a person sees of it in a terminal of any size, what a pipe gets, and what
neither a broker that dies nor anybody on the network can do to it."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from playground import DEADLINE, ROOT, start_piped, wait_until

WATCH = [sys.executable, ROOT / "tools" / "watch" / "watch.py"]
BASE = "/device/device001/"
SIZES = [(60, 20), (80, 24), (120, 24), (150, 24)]


@pytest.fixture
def log(broker):
    """Starts the tool with a pipe for its output, and ends it after the test."""
    started = []

    def start(*arguments, command=WATCH, **environment):
        started.append(start_piped(*command, *broker.options, *arguments, environment=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def watched(broker, *arguments):
    """The command; the first thing that it has to do is to subscribe."""
    return [*WATCH, *broker.options, *arguments]


def start_pair(run, broker, *arguments, interval=0.2):
    controller = run("mqtt_smart_object_controller", *broker.options, "--off-seconds", 1)
    controller.err.wait_for("Subscribed to: .*/event/presence")
    return run("mqtt_smart_object", *broker.options, "--seed", 1, "--interval", interval, *arguments), controller


def message(value_type, value):
    return json.dumps({"timestamp": 1, "value_type": value_type, "value": value})


def temperature(observer, value):
    observer.publish(BASE + "telemetry/temperature", message("TEMPERATURE_SENSOR", value))


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns, rows", SIZES)
def test_a_person_sees_what_happens(broker, run, terminal, columns, rows):
    shown = terminal(*watched(broker), columns=columns, rows=rows)
    shown.wait_for("^ .*Subscribed to ")
    shown.keep_pictures()
    start_pair(run, broker)
    for pattern in (r"device001 +● ONLINE", r"threshold 37$", r"alert 35$", r"temperature +\d\d\.?\d* °C",
                    r"switch +ON +heats$", r"^ .*event +OVER_HEATING 35.14: the device says", r"^ +35 ┤.*╌", r"^ +37 ┤.*╌",
                    r"telemetry/temperature  37.03, above 37", r"action/switch +SWITCH OFF: the controller",
                    r"switch +OFF +cools$", r"^ +!  .*▼", r"telemetry/switch +OFF: ", r"switch +ON +heats$", "▼ +▲"):
        if rows < 24 and "37.03" in pattern:
            continue  # with what the controller and the device say to it, in the same moment, it is too much for so few lines
        shown.wait_for_picture(pattern)
        assert not shown.broken_lines() and "Traceback" not in shown.screen()
    assert shown.screen().count("OVER_HEATING 35.14") <= 1


def test_the_curve_is_as_high_as_the_temperature(broker, observe, terminal):
    shown = terminal(*watched(broker))
    shown.wait_for("Subscribed to ")
    observer = observe(broker.port)
    for value in (30.9, 34.9, 36.9):
        temperature(observer, value)
    # A row is two degrees high. What is full has its colours changed places, and the limit is drawn on it.
    for row in ("37 ┤╌╌▃╌", "35 ┤╌▃╌╌", "33 │$", "31 │▃$", "29 │$"):
        shown.wait_for(f"^ +{row}")
    full = next(line for line in shown.screen("-e").splitlines() if "33 │" in line)
    assert re.search(r"\x1b\[[0-9;]*7m +", full)


def test_limits_and_topics_are_those_that_were_asked_for(broker, observe, terminal):
    options = ["kitchen", "--base-topic", "home", "--alert-above", 20, "--threshold", "24.5"]
    shown = terminal(*watched(broker, *options))
    shown.wait_for("Subscribed to home/kitchen/#")
    observe(broker.port).publish("home/kitchen/telemetry/temperature", message("TEMPERATURE_SENSOR", 22))
    shown.wait_for("^ +24.5 ┤.*threshold 24.5$")
    shown.wait_for("^ +20 ┤.*alert 20$")
    shown.wait_for("22, above 20")


def test_it_is_drawn_anew_when_the_size_changes(broker, run, terminal):
    shown = terminal(*watched(broker), columns=80, rows=24, COLUMNS=40, LINES=10)  # of some other terminal
    shown.wait_for("Subscribed to ")
    start_pair(run, broker)
    for columns, rows in ((150, 30), (60, 20), (80, 24), (30, 10), (120, 40)):
        shown.resize(columns, rows)
        if columns >= 60:
            shown.wait_for(rf"^ device001 .{{{columns - 40},}}broker 127.0.0.1:{broker.port}$")
            shown.wait_for("threshold 37$")
        wait_until(lambda: not shown.broken_lines(), "whole lines")
        assert max(map(len, shown.screen().splitlines())) <= columns


@pytest.mark.parametrize("stop", ["C-c", signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_as_it_was_afterwards(broker, run, terminal, stop):
    shown = terminal(*watched(broker))
    shown.wait_for("Subscribed to ")
    start_pair(run, broker)
    shown.wait_for("OVER_HEATING")
    assert shown.ask("alternate_on", "cursor_flag", "wrap_flag") == ["1", "0", "0"]
    if stop == "C-c":
        shown.type(stop)
    else:
        os.kill(shown.child(), stop)
    assert shown.wait_for_end() == 0
    assert shown.ask("alternate_on", "cursor_flag", "wrap_flag") == ["0", "1", "1"]
    assert "alert 35" in shown.screen("-S", "-")  # the last picture stays


def test_no_colours_where_none_are_wanted(broker, run, terminal):
    plain, coloured = (terminal(*watched(broker), NO_COLOR=value) for value in ("1", ""))
    for shown in (plain, coloured):
        shown.wait_for("Subscribed to ")
    start_pair(run, broker)
    for shown in (plain, coloured):
        shown.wait_for("OVER_HEATING")
    assert "\x1b[38;5;" in coloured.screen("-e")
    assert not re.search(r"\x1b\[[0-9;]*\b[349][0-8]\b", plain.screen("-e"))


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": None}, {"PYTHONIOENCODING": "latin-1"}], ids=str)
def test_a_terminal_that_cannot_show_it_gets_the_log(broker, observe, terminal, environment):
    shown = terminal(*watched(broker), columns=150, **environment)
    shown.wait_for(r"^\d\d:\d\d:\d\d  Subscribed to")
    temperature(observe(broker.port), 30)
    shown.wait_for(r"^\d\d:\d\d:\d\d  telemetry/temperature  30: a reading")
    assert shown.ask("alternate_on", "cursor_flag") == ["0", "1"]


def test_without_what_draws_there_is_the_log_and_it_says_what_is_missing(broker, terminal):
    script = (f"import sys; sys.modules['rich'] = None; sys.path.insert(0, {str(ROOT / 'tools' / 'watch')!r}); "
              "import watch; watch.main()")
    shown = terminal(sys.executable, "-c", script, *broker.options, columns=150)
    shown.wait_for(r"\./lab setup check")
    shown.wait_for(r"^\d\d:\d\d:\d\d  Subscribed to")


# --- the log ---------------------------------------------------------------------------------------------------------


def test_a_pipe_gets_causes_before_effects_and_no_escape_byte(broker, run, log):
    process = log("--until-offline", FORCE_COLOR="1", TERM="xterm")
    process.lines.wait_for("Subscribed to ")
    start_pair(run, broker, "--count", 60, interval=0.1)
    assert process.wait(DEADLINE) == 0
    process.lines.thread.join(DEADLINE)
    text = "\n".join(process.lines.lines)
    assert "\x1b" not in text
    story = [r"info +device001, .*: the device says who it is", r"event/presence +ONLINE: ", r"telemetry/switch +ON: ",
             r"telemetry/temperature +27.38: a reading", r"telemetry/temperature +35.14, above 35: ",
             r"event +OVER_HEATING 35.14: the device says it got too hot \(retained: whoever comes later still learns it\)$",
             r"telemetry/temperature +37.03, above 37: ", r"action/switch +SWITCH OFF: the controller commands the switch OFF",
             r"telemetry/switch +OFF: ", r"action/switch +SWITCH ON: ", r"telemetry/switch +ON$",
             r"telemetry/temperature +\S+, above 35$", r"event +OVER_HEATING \S+$", r"telemetry/temperature +\S+, above 37$",
             r"action/switch +SWITCH OFF$", r"telemetry/switch +OFF$", r"event/presence +OFFLINE: "]
    place = 0
    for pattern in story:  # each behind the one before it; the sentences only the first time
        found = re.compile(r"^\d\d:\d\d:\d\d  " + pattern, re.M).search(text, place)
        assert found, f"{pattern} is not behind what came before it:\n{text}"
        place = found.end()


def test_what_was_retained_is_told_as_such(broker, observe, log):
    observer = observe(broker.port)
    observer.publish(BASE + "event", '{"timestamp":1,"event_type":"OVER_HEATING","event_value":35.5}', 1, retain=True)
    observer.publish(BASE + "telemetry/temperature", message("TEMPERATURE_SENSOR", 99), 1, retain=True)
    process = log()
    process.lines.wait_for(r"event +OVER_HEATING 35.5 \(retained\): ")
    process.lines.wait_for(r"telemetry/temperature +99 \(retained\): ")
    assert not process.lines.matching("above 37")
    observer.publish(BASE + "event", "", 1, retain=True)
    process.lines.wait_for(r"event +\(empty\): .*forgets")


def test_it_says_what_it_waits_for(broker, log):
    process = log("kitchen")
    process.lines.wait_for("Waiting for kitchen")
    for program in ("mqtt_smart_object", "mqtt_smart_object_controller"):
        process.lines.wait_for(rf"  build/dev/bin/{program} --device-id kitchen --host 127.0.0.1 --port {broker.port}$")


def test_it_only_listens(broker, run, log):
    process = log("--until-offline")
    process.lines.wait_for("Subscribed to ")
    start_pair(run, broker, "--count", 3, interval=0)
    assert process.wait(DEADLINE) == 0
    assert broker.log.matching("Received SUBSCRIBE from watch-") and not broker.log.matching("Received PUBLISH from watch-")
    broker.log.wait_for("Received DISCONNECT from watch-")


def test_the_broker_of_the_environment_counts(broker):
    process = start_piped(*WATCH, environment={"MQTT_HOST": "127.0.0.1", "MQTT_PORT": broker.port})
    process.lines.wait_for(f"at 127.0.0.1:{broker.port}$")
    process.send_signal(signal.SIGINT)
    assert process.wait(DEADLINE) == 0


def test_an_output_that_is_closed_is_told_in_a_line(broker, observe):
    process = subprocess.Popen(list(map(str, watched(broker))), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    process.stdout.readline()
    process.stdout.close()
    temperature(observe(broker.port), 30)
    assert process.wait(DEADLINE) == 74
    assert process.stderr.read() == "watch: standard output cannot be written: Broken pipe\n"


@pytest.mark.parametrize("arguments", [["a/b"], ["+"], ["#"], [""], ["a\x1b[31m"], ["x" * 65], ["--port", "0"], ["--port", "x"],
                                       ["--threshold", "nan"], ["--base-topic", "a/#"], ["--host", "x" * 64], ["a", "b"],
                                       ["--hots", "x"]])
def test_what_cannot_be_watched_is_refused(arguments):
    result = subprocess.run([*map(str, WATCH), *arguments], capture_output=True, encoding="utf-8", timeout=DEADLINE, check=False)
    assert result.returncode == 64 and not result.stdout
    assert re.fullmatch(r"watch: .* \(see \./lab watch --help\)\n", result.stderr) and "\x1b" not in result.stderr


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_broker_that_dies_and_comes_back_is_survived(broker, observe, log, terminal):
    process, shown = log(), terminal(*watched(broker))
    process.lines.wait_for("Subscribed to ")
    shown.wait_for("Subscribed to ")
    broker.stop(signal.SIGKILL)
    process.lines.wait_for("The connection to the broker is lost")
    process.lines.wait_for("No broker at ")
    shown.wait_for(f"no broker at 127.0.0.1:{broker.port}$")
    broker.start()
    process.lines.wait_for("Subscribed to ", 2)
    shown.wait_for(f"broker 127.0.0.1:{broker.port}$")
    wait_until(lambda: len(broker.log.matching("Sending SUBACK to watch-")) == 2, "both are back")
    temperature(observe(broker.port), 31.25)
    process.lines.wait_for(r"telemetry/temperature +31.25")
    shown.wait_for(r"temperature +31.25 °C")


def test_what_it_tells_of_the_broker_it_tells_once(monkeypatch):
    """Not at every attempt; and that a connection which was refused is closed, too, goes without saying."""
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "watch"))
    from device import Device
    from watch import Watch

    class Screen:
        told = []

        def show(self, happening):
            self.told.append(happening.kind)

    watch = Watch(argparse.Namespace(host="localhost", port=1883), Device("device001", "/device", 35, 37), Screen())
    for state in "absent absent refused lost refused lost subscribed lost absent absent subscribed".split():
        watch.on_state(state)
    assert Screen.told == ["absent", "refused", "subscribed", "lost", "absent", "subscribed"]


HOSTILE = [
    ("telemetry/temperature", b"\x1b[2J\x1b[31mred", r"malformed, no JSON: \\x1b\[2J\\x1b\[31mred"),
    ("telemetry/temperature", b"\xff\xfe\x00", r"malformed, no JSON: \\xff\\xfe\\x00"),
    ("telemetry/temperature", "\u202e\u009b\u2028".encode(), r"malformed, no JSON: \\xe2\\x80\\xae\\xc2\\x9b\\xe2\\x80\\xa8"),
    ("telemetry/temperature", b"[" * 4000, r"malformed, no JSON: \[+\.\.\."),
    ("telemetry/temperature", b"7" * 5000, r"malformed, longer than 4096 bytes: 7+\.\.\."),
    ("telemetry/temperature", b"7", "malformed, JSON, but not an object: 7"),
    ("telemetry/temperature", b"{}", "malformed, no good value_type: {}"),
    ("telemetry/temperature", message("TEMPERATURE_SENSOR", True).encode(), "malformed, no good value: "),
    ("telemetry/temperature", message("TEMPERATURE_SENSOR", "hot").encode(), "malformed, no good value: "),
    ("telemetry/temperature", message("TEMPERATURE_SENSOR", float("nan")).encode(), "malformed, value is out of range: "),
    ("telemetry/temperature", message("TEMPERATURE_SENSOR", 10 ** 400).encode(), "malformed, value is out of range: "),
    ("telemetry/temperature", message("SWITCH", 30).encode(), "malformed, not TEMPERATURE_SENSOR: "),
    ("telemetry/switch", message("SWITCH", "MAYBE").encode(), "malformed, not ON or OFF: "),
    ("event/presence", b'{"event_type":"PRESENCE","event_value":1}', "malformed, no good event_value: "),
    ("event", b'{"event_type":"\\u001b[31m","event_value":"\\n"}', r"event +\\x1b\[31m \\n"),
    ("info", b'{"device_id":"\\u001b[2J","producer":"\\ud800","software_version":"1"}',
     r"info +\\x1b\[2J, \\xed\\xa0\\x80, version 1"),
    ("action/switch", b'{"action_type":"DANCE","action_value":"\\u001b"}', r"action/switch +DANCE \\x1b"),
    ("\u202enonsense", b"\x1b]0;title\x07", r"\\xe2\\x80\\xaenonsense +unknown topic: \\x1b\]0;title\\x07"),
    ("", b"above", "unknown topic: above"),
]


def test_nothing_from_the_network_controls_the_terminal_or_ends_it(broker, observe, log, terminal):
    process, shown = log(), terminal(*watched(broker), columns=80, rows=40)
    process.lines.wait_for("Subscribed to ")
    shown.wait_for("Subscribed to ")
    observer = observe(broker.port)
    for topic, payload, told in HOSTILE:
        observer.publish(BASE + topic, payload)
        process.lines.wait_for(told)
    temperature(observer, 1e308)
    temperature(observer, -1e308)
    temperature(observer, 33)
    process.lines.wait_for(r"telemetry/temperature +33$")
    shown.wait_for(r"temperature +33 °C")
    shown.wait_for(r"DANCE \\x1b")
    assert not shown.broken_lines()
    assert all(line.isprintable() for line in process.lines.lines) and not process.lines.matching("Traceback")
    assert process.poll() is None


def test_a_flood_ends_neither_the_picture_nor_the_patience(broker, observe, terminal):
    shown = terminal(*watched(broker))
    shown.wait_for("Subscribed to ")
    observer = observe(broker.port)
    for number in range(5000):
        observer.client.publish(BASE + "telemetry/temperature", message("TEMPERATURE_SENSOR", number / 100))
    shown.wait_for(r"temperature +49.99 °C")
    shown.type("C-c")
    assert shown.wait_for_end() == 0


def test_without_an_output_it_says_so(broker):
    result = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', *map(str, watched(broker))], capture_output=True, encoding="utf-8",
                            timeout=DEADLINE, check=False)
    assert (result.returncode, result.stderr) == (74, "watch: standard output is closed\n")
