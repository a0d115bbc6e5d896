"""Whatever arrives, a program says of each message whether it takes it, in order, and lives on."""

import collections
import itertools
import re
import signal

import oracle
import pytest
from playground import BUILD, DEADLINE, Broker
from corpus import GOOD, corpus_for
from raw import assert_harmless, run_raw  # noqa: F401 (a fixture)

BASE = "/device/device001"
ACTION = f"{BASE}/action/switch"
BATCH = 100  # messages on their way at once: fewer than the mailboxes of exercise 5 hold
GARBAGE_FIRST, GARBAGE_MORE = 2000, 20000
GROWTH_MAX_KIB = 256
GROWTH_MAX_KIB_SANITIZED = 8192  # gcc 16 takes more for itself than gcc 12 does; what leaks is found by other means there
COMMANDS = 20000
OFF, ON = (b'{"action_type":"SWITCH","action_value":"%s"}' % position for position in (b"OFF", b"ON"))

Reader = collections.namedtuple("Reader", "program arguments subscriptions topic kind accepts")


def descriptor(kind):
    return lambda payload: oracle.accepts(kind, payload)


AT_LEAST_ONCE = ["--qos", 1]  # otherwise the broker may drop what a test counts on
QUIET_OBJECT = ["--interval", 3600, "--seed", 1]
CALM_CONTROLLER = ["--threshold", 1000, "--off-seconds", 3600]
READERS = {
    "simple": Reader("simple_consumer", AT_LEAST_ONCE, 1, "sensor/temperature", None, oracle.accepts_number),
    "json": Reader("json_consumer", AT_LEAST_ONCE, 1, "sensor/temperature", "message", descriptor("message")),
    "device-info": Reader("device_consumer", AT_LEAST_ONCE, 2, "device/d/info", "device", descriptor("device")),
    "device-sensor": Reader("device_consumer", AT_LEAST_ONCE, 2, "device/d/sensor/t", "message", descriptor("message")),
    "auth": Reader("auth_consumer", [*AT_LEAST_ONCE, "-u", "alice"], 1, "/iot/user/alice/sensor/temperature", None,
                   oracle.accepts_number),
    "mqtt5": Reader("mqtt5_consumer", [*AT_LEAST_ONCE, "-u", "alice"], 1, "/iot/user/alice/sensor/temperature", None,
                    oracle.accepts_number),
    "action": Reader("mqtt_smart_object", QUIET_OBJECT, 1, ACTION, "action", oracle.accepts_action),
    "info": Reader("mqtt_smart_object_controller", CALM_CONTROLLER, 4, f"{BASE}/info", "device", descriptor("device")),
    "telemetry": Reader("mqtt_smart_object_controller", CALM_CONTROLLER, 4, f"{BASE}/telemetry/temperature", "message",
                        descriptor("message")),
    "event": Reader("mqtt_smart_object_controller", CALM_CONTROLLER, 4, f"{BASE}/event", "event", descriptor("event")),
    "presence": Reader("mqtt_smart_object_controller", CALM_CONTROLLER, 4, f"{BASE}/event/presence", "event",
                       descriptor("event")),
    "action-5": Reader("mqtt5_smart_object", QUIET_OBJECT, 1, ACTION, "action", oracle.accepts_action),
    "telemetry-5": Reader("mqtt5_controller", CALM_CONTROLLER, 5, f"{BASE}/telemetry/temperature", "message",
                          descriptor("message")),
    "event-5": Reader("mqtt5_controller", CALM_CONTROLLER, 5, f"{BASE}/event", "event", descriptor("event")),
    "presence-5": Reader("mqtt5_controller", CALM_CONTROLLER, 5, f"{BASE}/event/presence", "event", descriptor("event")),
}
OF_EACH_PROGRAM = ["simple", "json", "device-sensor", "auth", "mqtt5", "action", "telemetry", "action-5", "telemetry-5"]


@pytest.fixture
def patient(tmp_path):
    """A broker that drops nothing, however slow a subscriber is."""
    broker = Broker(tmp_path, "allow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nsys_interval 1")
    yield broker
    broker.stop(signal.SIGKILL)


def started(run, broker, reader, **options):
    program = run(reader.program, *broker.options, *reader.arguments, **options)
    program.wait_for_subscriptions(reader.subscriptions)
    return program


def send_in_batches(client, program, topic, payloads):
    """Sends at QoS 1, and never more at once than the program can put somewhere."""
    for start in range(0, len(payloads), BATCH):
        batch = payloads[start:start + BATCH]
        expected = program.verdicts + len(batch)
        for payload in batch:
            sent = client.client.publish(topic, payload, 1)
        sent.wait_for_publish(DEADLINE)
        program.wait_for_verdicts(expected)


def assert_verdicts(lines, messages):
    """One line for each (topic, name, payload, accepted), in order."""
    for line, (topic, name, payload, accepted) in zip(lines, messages):
        expected = f"{'received' if accepted else 'refused'} {topic}: "
        assert line.startswith(expected), f"{name}, {payload[:200]}: {line[:300]} instead of {expected}"
    assert len(lines) == len(messages)


def assert_ends_well(program, accepted, refused):
    status, (sent, *counted) = program.interrupt()
    assert (status, counted) == (0, [accepted, refused])
    assert sent == len(re.findall(rb"^sent ", program.out, re.M))
    assert_harmless(program.out)
    assert_harmless(program.err)


def test_the_corpus_and_the_oracle_are_what_they_are_meant_to_be():
    for kind in (None, *GOOD):
        assert len(corpus_for(kind)) >= 150
    for kind, payload in GOOD.items():
        taken = [name for name, other in corpus_for(kind) if oracle.accepts(kind, other)]
        assert f"{kind}-good" in taken and len(taken) >= 50
        assert [other for other in GOOD if oracle.accepts(other, payload)] == [kind]
    assert len([payload for _, payload in corpus_for(None) if oracle.accepts_number(payload)]) >= 10


@pytest.mark.parametrize("name", READERS)
def test_each_payload_gets_the_verdict_that_the_rules_give(patient, run_raw, observe, name):  # noqa: F811
    reader = READERS[name]
    program = started(run_raw, patient, reader)
    corpus = corpus_for(reader.kind)
    send_in_batches(observe(patient.port), program, reader.topic, [payload for _, payload in corpus])
    verdicts = [(reader.topic, what, payload, reader.accepts(payload)) for what, payload in corpus]
    assert_verdicts(program.verdict_lines(), verdicts)
    accepted = sum(verdict[3] for verdict in verdicts)
    assert_ends_well(program, accepted, len(corpus) - accepted)


@pytest.mark.parametrize("name, topics", [
    ("simple", "n/{}"), ("json", "n/{}"), ("device-info", "device/n{}/info"), ("device-sensor", "device/d/sensor/{}"),
    ("auth", "/iot/user/alice/{}"), ("mqtt5", "/iot/user/alice/{}"), ("telemetry", BASE + "/telemetry/{}")])
def test_hostile_retained_messages_wait_for_the_program(patient, run_raw, observe, name, topics):  # noqa: F811
    reader = READERS[name]
    waiting = [(topics.format(i), what, payload, reader.accepts(payload))
               for i, (what, payload) in enumerate(corpus_for(reader.kind)[-180:]) if payload]
    if reader.kind is None:
        waiting += [(topics.format("good"), "good", b"28.53", True)]
    observer = observe(patient.port)
    for topic, _, payload, _ in waiting:
        sent = observer.client.publish(topic, payload, 1, True)
    sent.wait_for_publish(DEADLINE)
    program = started(run_raw, patient, reader)
    program.wait_for_verdicts(len(waiting))
    lines = program.verdict_lines()
    assert all(line.endswith(" (retained)") for line in lines)

    def by_topic(line):
        return re.match(r"\w+ (.*?): ", line).group(1)

    assert_verdicts(sorted(lines, key=by_topic), sorted(waiting))
    accepted = sum(verdict[3] for verdict in waiting)
    assert_ends_well(program, accepted, len(waiting) - accepted)


def test_retained_actions_are_stale_whatever_they_say(patient, run_raw, observe):  # noqa: F811
    observer = observe(patient.port, f"{BASE}/telemetry/switch")
    waiting = [payload for _, payload in corpus_for("action")[-150:]] + [ON, OFF]
    for i, payload in enumerate(waiting):
        observer.publish(f"{BASE}/action/{i}", payload, 1, True)
    observer.publish(ACTION, OFF, 1, True)
    reader = READERS["action"]
    program = started(run_raw, patient, reader)
    program.wait_for_verdicts(len(waiting) + 1)
    stale = re.compile(r"refused \S+: a retained action is ignored: it may be old\b.* \(retained\)")
    assert all(stale.fullmatch(line) for line in program.verdict_lines()), "all for the same reason: they are retained"
    observer.publish(ACTION, OFF, 1)  # this one is for now
    program.wait_for_verdicts(len(waiting) + 2)
    assert_ends_well(program, 1, len(waiting) + 1)
    observer.fence()
    positions = [re.search(rb'"value":"(\w+)"', message.payload).group(1) for message in observer.messages]
    assert positions == [b"ON", b"OFF"]


def test_hostile_retained_state_of_an_object_waits_for_its_controller(patient, run_raw, observe):  # noqa: F811
    observer = observe(patient.port)
    for topic, payload in ((f"{BASE}/info", b"\x1b]0;owned\x07"), (f"{BASE}/event", b"[" * 4096),
                           (f"{BASE}/event/presence", b'{"timestamp":1e999}')):
        observer.publish(topic, payload, 1, True)
    program = started(run_raw, patient, READERS["event"])
    program.wait_for_verdicts(3)
    assert sorted(program.verdict_lines()) == [
        f"refused {BASE}/event/presence: timestamp is not a finite number: {{\"timestamp\":1e999}} (retained)",
        f"refused {BASE}/event: payload is nested more than 32 levels deep: {'[' * 40}... (retained)",
        f"refused {BASE}/info: payload is not JSON: \\x1b]0;owned\\x07 (retained)"]
    assert_ends_well(program, 0, 3)


@pytest.mark.parametrize("name", OF_EACH_PROGRAM)
def test_garbage_takes_no_memory(patient, run_raw, observe, name):  # noqa: F811
    reader = READERS[name]
    # AddressSanitizer keeps what was freed for a while: little of it, here.
    program = started(run_raw, patient, reader, environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    observer = observe(patient.port)
    garbage = [payload for _, payload in corpus_for(reader.kind)
               if len(payload) <= 5000 and not reader.accepts(payload)]
    garbage = (garbage * (1 + GARBAGE_MORE // len(garbage)))[:GARBAGE_MORE]
    send_in_batches(observer, program, reader.topic, garbage[:GARBAGE_FIRST])
    before = program.rss_kib()
    send_in_batches(observer, program, reader.topic, garbage)
    binary = (BUILD / "bin" / reader.program).read_bytes()
    is_sanitized = b"__asan_init" in binary or b"__tsan_init" in binary
    growth = program.rss_kib() - before
    assert growth <= (GROWTH_MAX_KIB_SANITIZED if is_sanitized else GROWTH_MAX_KIB)
    assert_ends_well(program, 0, GARBAGE_FIRST + GARBAGE_MORE)


def lost_in_mailbox(text):
    """How many messages the program says it had no room for."""
    told = re.search(r"^Messages lost: (\d+) ", text, re.M)
    return int(told.group(1)) if told else 0


@pytest.mark.parametrize("qos", [0, 1])
def test_no_command_of_a_flood_is_lost_without_a_word(patient, run_raw, observe, qos):  # noqa: F811
    """Each is decided, or counted as one that the mailbox had no room for."""
    flood = observe(patient.port)
    program = run_raw("mqtt_smart_object", *patient.options, "--interval", 0.05, "-i", "flooded")
    program.wait_for_subscriptions(1)
    for number in range(COMMANDS):
        sent = flood.client.publish(ACTION, ON if number % 2 else OFF, qos)
    sent.wait_for_publish(3 * DEADLINE)
    # The broker hands one client's messages on in their order: nothing of the flood comes after one of these.
    for markers in itertools.count(1):
        flood.publish(f"{BASE}/action/end", ON, 1)
        with program.changed:
            if program.changed.wait_for(lambda: f"{BASE}/action/end: ".encode() in program.output["out"], 0.2):
                break
        assert markers < 5 * DEADLINE, "actions are still decided"
    readings = program.out.count(b"/telemetry/temperature: ")
    program.wait_for(lambda p: p.output["out"].count(b"/telemetry/temperature: ") >= readings + 2, "telemetry goes on")
    for action in (OFF, ON):
        verdicts = program.verdicts
        flood.publish(ACTION, action, 1)
        program.wait_for_verdicts(verdicts + 1)
        assert program.verdict_lines()[-1].startswith(f"received {ACTION}: "), "actions are obeyed after the flood"
    status, (_, received, refused) = program.interrupt()
    assert status == 0
    assert (received, refused) == tuple(len(re.findall(b"^%s " % word, program.out, re.M))
                                        for word in (b"received", b"refused"))
    delivered = len(patient.stop_and_find(r"Sending PUBLISH to flooded \("))
    assert delivered == COMMANDS + markers + 2, "the broker is to drop nothing"
    assert received + refused + lost_in_mailbox(program.err.decode()) == delivered
    assert_harmless(program.out)
    assert_harmless(program.err)
