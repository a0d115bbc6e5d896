"""Exercise 1: plain numbers on sensor/temperature at QoS 0, not retained."""

import re

import pytest

TOPIC = "sensor/temperature"


def test_the_producer_publishes_plain_numbers_at_qos_0_not_retained(broker, run, observe):
    observer = observe(broker.port, "#")
    producer = run("simple_producer", *broker.options, "-C", 5, "--interval", 0.01)
    assert producer.wait() == 0
    messages = observer.wait_for_count(5)
    assert [(m.topic, m.qos, m.retain) for m in messages] == [(TOPIC, 0, False)] * 5
    for message in messages:
        assert re.fullmatch(rb"\d\d(\.\d\d?)?", message.payload)
        assert 20 <= float(message.payload) <= 40
    assert producer.out.lines == [f"sent {TOPIC}: {m.payload.decode()}" for m in messages]
    assert producer.summary() == (5, 0, 0)
    assert not observe(broker.port, "#").messages, "nothing was retained"


def test_a_thousand_messages_arrive_whole_and_in_order(broker, run, observe):
    observer = observe(broker.port, "#")
    producer = run("simple_producer", *broker.options, "-C", 1000, "--interval", 0, "--seed", 1)
    assert producer.wait() == 0
    messages = observer.wait_for_count(1000)
    observer.fence()
    assert len(messages) == 1000
    assert [m.payload.decode() for m in messages] == [line.split(": ")[1] for line in producer.out.lines]
    assert producer.summary() == (1000, 0, 0)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_qos_and_topic_can_be_chosen(broker, run, observe, qos):
    observer = observe(broker.port, "#")
    producer = run("simple_producer", *broker.options, "-C", 300, "--interval", 0, "-q", qos, "-t", "other/topic")
    assert producer.wait() == 0
    messages = observer.wait_for_count(300)
    assert {(m.topic, m.qos) for m in messages} == {("other/topic", qos)}
    observer.fence()
    assert len(observer.messages) == 300


def test_the_same_seed_gives_the_same_run(broker, run):
    runs = []
    for seed in (1, 1, 2):
        producer = run("simple_producer", *broker.options, "-C", 20, "--interval", 0, "--seed", seed)
        assert producer.wait() == 0
        runs.append(producer.out.lines)
    assert runs[0] == runs[1] != runs[2]


def test_the_interval_lies_between_messages_and_not_behind_the_last(broker, run, observe):
    observer = observe(broker.port, "#")
    producer = run("simple_producer", *broker.options, "-C", 2, "--interval", 1)
    observer.wait_for_count(1)
    assert producer.process.poll() is None
    assert producer.wait() == 0
    seconds = float(re.search(r"in ([\d.]+) s", producer.err.wait_for("^Summary")).group(1))
    assert 1 <= seconds < 1.9


def test_each_line_comes_out_when_it_is_printed(broker, run):
    """Into a pipe too: a line is not kept back until the buffer is full."""
    producer = run("simple_producer", *broker.options, "--interval", 60)
    producer.out.wait_for(r"^sent ")
    consumer = run("simple_consumer", *broker.options)
    consumer.err.wait_for("Subscribed to: #")
    assert run("simple_producer", *broker.options, "-C", 1).wait() == 0
    consumer.out.wait_for(r"^received ")


def test_the_consumer_shows_numbers_and_says_of_anything_else_that_it_is_none(broker, run, observe):
    observer = observe(broker.port)
    consumer = run("simple_consumer", *broker.options, "-C", 9)
    consumer.err.wait_for("^Subscribed to: #$")
    for payload in ("28.53", "-4", "1e2", "", "28.5C", "nan", "0x10", "1e999", "\x1b[31mred"):
        observer.publish("any/topic", payload)
    assert consumer.wait() == 0
    assert consumer.out.lines == ["received any/topic: " + text for text in ("28.53", "-4", "100")] + [
        "refused any/topic: not a number" + text for text in ("", ": 28.5C", ": nan", ": 0x10", ": 1e999", r": \x1b[31mred")]
    assert consumer.summary() == (0, 3, 6)


def test_the_consumer_says_what_is_retained(broker, run, observe):
    observer = observe(broker.port)
    observer.publish("kept", "1", retain=True)
    consumer = run("simple_consumer", *broker.options, "-C", 2)
    consumer.out.wait_for(r"^received kept: 1 \(retained\)$")
    observer.publish("kept", "2", retain=True)
    assert consumer.wait() == 0
    assert consumer.out.lines[1] == "received kept: 2"


def test_the_consumer_receives_all_of_a_flood(broker, run, observe):
    consumer = run("simple_consumer", *broker.options, "-C", 1000, "-q", 1)
    consumer.err.wait_for("Subscribed")
    observer = observe(broker.port)
    for number in range(1000):
        observer.client.publish(TOPIC, str(number), 1)
    assert consumer.wait() == 0
    assert consumer.out.lines == [f"received {TOPIC}: {number}" for number in range(1000)]


def test_quiet_prints_no_line_per_message_but_the_summary(broker, run):
    consumer = run("simple_consumer", *broker.options, "--quiet", "-C", 3)
    consumer.err.wait_for("Subscribed")
    producer = run("simple_producer", *broker.options, "--quiet", "-C", 3, "--interval", 0)
    assert producer.wait() == consumer.wait() == 0
    assert producer.out.lines == consumer.out.lines == []
    assert consumer.summary() == (0, 3, 0)


def test_debug_traces_the_protocol_on_standard_error(broker, run):
    producer = run("simple_producer", *broker.options, "--debug", "-C", 1)
    assert producer.wait() == 0
    packets = [re.match(r"(->|<-) (\w+) ", line).groups() for line in producer.err.lines
               if not line.startswith(("Connected", "Summary"))]
    assert packets == [("->", "CONNECT"), ("<-", "CONNACK"), ("->", "PUBLISH"), ("->", "DISCONNECT")]
    assert len(producer.out.lines) == 1
