"""What a message costs with MQTT 5 and with 3.1.1: a program of part two beside the one that it is the diff to."""

from contests import TOPIC, consume, said
from measuring import cpu, run
from playground import PROGRAMS_OF_PART_TWO, twin_of

USER = ["--username", "alice", "--password", "alice-secret"]  # the bench's broker lets in everybody
USUAL = {0: 150000, 1: 80000}  # messages, by QoS


def pair(suffix):
    """{row: program} of both versions: the program of exercise 6 with that end, and its twin."""
    new = next(name for name in PROGRAMS_OF_PART_TWO if name.endswith(suffix))
    return {f"{twin_of(new)}, MQTT 3.1.1": twin_of(new), f"{new}, MQTT 5": new}


def compare(bench, title, contenders, count):
    results = bench.in_turns({name: lambda f=f: cpu(f()) * 1e6 / count for name, f in contenders.items()})
    bench.table(title, "us CPU a message", results, next(name for name in results if name.endswith("MQTT 3.1.1")))


def publish(bench, qos):
    count = bench.count(USUAL[qos])
    options = ["-q", qos, "-C", count, "--interval", 0, "--quiet"]
    contenders = {row: lambda name=name: run(bench.program(name, *USER, *options))[0] for row, name in pair("_producer").items()}
    contenders["simple_producer, a shorter topic"] = lambda: run(bench.program("simple_producer", *options))[0]
    compare(bench, f"MQTT 3.1.1 and 5: publish {count:,} messages, QoS {qos}", contenders, count)


def receive(bench, qos):
    """What a bare loop publishes with MQTT 3.1.1, as in the other contests."""
    count = bench.count(USUAL[qos])
    contenders = {row: lambda name=name: consume(
        bench, bench.program(name, *USER, "-q", qos, "-C", count, "--quiet"), said("stderr", b"Subscribed"),
        bench.payloads(count), qos=qos, topic="/iot/user/alice/" + TOPIC) for row, name in pair("_consumer").items()}
    compare(bench, f"MQTT 3.1.1 and 5: receive {count:,} messages, QoS {qos}", contenders, count)


def versions(bench):
    for qos in USUAL:
        publish(bench, qos)
        receive(bench, qos)
