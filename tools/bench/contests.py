"""What is compared with what: the programs of the lab, bare Paho loops, and the tools that one would take instead."""

import os
import pathlib
import random
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import time

import playground
from measuring import cpu, cpu_of, finish, private_kib, run, with_input, with_peak
from playground import ROOT, wire

TOPIC = "sensor/temperature"
BARE = "a bare Paho loop"
HERE = pathlib.Path(__file__).resolve().parent


# --- publishing -------------------------------------------------------------------------------------------------------


def publishers(bench, qos, count):
    """How to have each contender publish `count` messages: {name: function}."""
    payloads = bench.payloads(count)
    common = ["-q", qos, "-C", count, "--interval", 0]

    def to_file():
        with open(bench.folder / "lines", "w", encoding="utf-8") as file:
            return run(bench.program("simple_producer", *common), stdout=file)

    def bare(way):
        return lambda: run([bench.bare / "bare_publish", bench.port, TOPIC, str(qos), way, payloads])

    contenders = {"simple_producer --quiet": lambda: run(bench.program("simple_producer", *common, "--quiet"))}
    if qos == 0:
        contenders["simple_producer, lines to a file"] = to_file
    contenders["json_producer --quiet"] = lambda: run(bench.program("json_producer", *common, "--quiet"))
    if qos == 0:
        contenders[BARE] = bare("receive")
    else:
        contenders[f"{BARE}, receive mode"] = bare("receive")
        contenders[f"{BARE}, callback mode"] = bare("callback")
    contenders["mosquitto_pub -l"] = lambda: with_input(
        payloads, ["mosquitto_pub", "-p", bench.port, "-t", TOPIC, "-q", str(qos), "-l"])
    contenders["Python's Paho"] = lambda: run(
        [sys.executable, HERE / "paho_publish.py", bench.port, TOPIC, str(qos), payloads])
    return contenders


def publish_at_qos_0(bench):
    count = bench.count(300000)
    results = bench.in_turns({name: lambda f=f: cpu(f()[0]) * 1e6 / count for name, f in publishers(bench, 0, count).items()})
    bench.table(f"Publish {count:,} messages, QoS 0", "us CPU a message", results, BARE)


def publish_at_qos_1_and_2(bench):
    """How many messages a second, from the start of the process to its end."""
    for qos, usual in ((1, 200000), (2, 100000)):
        count, few = bench.count(usual), 30
        rates = {name: lambda f=f: count / f()[1] for name, f in publishers(bench, qos, count).items()}
        rates["publish and wait, as Paho's examples do"] = lambda: few / run(
            [bench.bare / "bare_publish", bench.port, TOPIC, str(qos), "wait", bench.payloads(few)])[1]
        # Of more than 65,535 lines mosquitto_pub (2.0.11) delivers only what goes beyond them, and ends as if all were well.
        lines = min(count, 60000)
        mosquitto_pub = publishers(bench, qos, lines)["mosquitto_pub -l"]
        del rates["mosquitto_pub -l"]
        rates[f"mosquitto_pub -l, {lines:,} messages"] = lambda: lines / mosquitto_pub()[1]
        results = bench.in_turns(rates)
        best = max((name for name in results if name.startswith(BARE)), key=lambda name: statistics.median(results[name]))
        bench.table(f"Publish {count:,} messages, QoS {qos}", "messages a second", results, best, digits=0)


# --- receiving --------------------------------------------------------------------------------------------------------


def consume(bench, command, ready, payloads, stdout=None, qos=0, topic=TOPIC):
    """Runs a consumer while a bare loop publishes; returns what it used."""
    before = bench.subscriptions()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or subprocess.PIPE, stderr=subprocess.PIPE)
    if ready:
        ready(process)
    else:
        playground.wait_until(lambda: bench.subscriptions() > before, "a subscription")
    run([bench.bare / "bare_publish", bench.port, topic, str(qos), "receive", payloads])
    drains = [threading.Thread(target=stream.read, daemon=True) for stream in (process.stdout, process.stderr) if stream]
    for drain in drains:
        drain.start()
    usage = finish(process)
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return usage


def said(stream, text):
    def wait(process):
        for line in getattr(process, stream):
            if text in line:
                return
        raise RuntimeError(f"never said {text}")
    return wait


def receive_at_qos_0(bench):
    count = bench.count(300000)
    plain, structured = bench.payloads(count), bench.payloads(count, "json")
    lines = bench.folder / "lines"

    def to_file():
        with open(lines, "w", encoding="utf-8") as file:
            return consume(bench, bench.program("simple_consumer", "-C", count), said("stderr", b"Subscribed"), plain, file)

    contenders = {
        "simple_consumer --quiet": lambda: consume(
            bench, bench.program("simple_consumer", "-C", count, "--quiet"), said("stderr", b"Subscribed"), plain),
        "simple_consumer, lines to a file": to_file,
        "json_consumer --quiet": lambda: consume(
            bench, bench.program("json_consumer", "-C", count, "--quiet"), said("stderr", b"Subscribed"), structured),
        "mosquitto_sub": lambda: consume(
            bench, ["mosquitto_sub", "-p", bench.port, "-t", "#", "-C", str(count)], None, plain,
            subprocess.DEVNULL),
        "Python's Paho": lambda: consume(
            bench, [sys.executable, HERE / "paho_receive.py", bench.port, "#", str(count)], said("stdout", b"ready"), plain),
        BARE: lambda: consume(
            bench, [bench.bare / "bare_receive", bench.port, "#", str(count)], said("stdout", b"ready"), plain),
        f"{BARE}, JSON payloads": lambda: consume(
            bench, [bench.bare / "bare_receive", bench.port, "#", str(count)], said("stdout", b"ready"), structured),
    }
    results = bench.in_turns({name: lambda f=f: cpu(f()) * 1e6 / count for name, f in contenders.items()})
    bench.table(f"Receive {count:,} messages, QoS 0", "us CPU a message", results, BARE)


# --- latencies --------------------------------------------------------------------------------------------------------


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def end_to_end(bench, publisher, subscriber, count, feed=None):
    """Milliseconds from each call of publish to the line that the subscriber prints."""
    stamps = bench.folder / "stamps"
    stamps.write_bytes(b"")
    before = bench.subscriptions()
    receiving = subprocess.Popen(subscriber, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    playground.wait_until(lambda: bench.subscriptions() > before, "the subscription")
    sending = subprocess.Popen(publisher, stdin=subprocess.PIPE if feed else subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, bufsize=0,
                               env={**os.environ, "LD_PRELOAD": str(bench.bare / "libstamp_publish.so"),
                                    "STAMP_FILE": str(stamps)})
    if feed:
        threading.Thread(target=feed, args=(sending,), daemon=True).start()
    arrivals = []
    while len(arrivals) < count and select.select([receiving.stdout], [], [], 20)[0]:
        data = os.read(receiving.stdout.fileno(), 65536)
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        if not data:
            break
        arrivals += [now] * data.count(b"\n")
    if feed:
        sending.stdin.close()
    sending.wait()
    receiving.terminate()
    receiving.wait()
    receiving.stdout.close()
    sent = [int.from_bytes(stamps.read_bytes()[i:i + 8], sys.byteorder) for i in range(0, 8 * count, 8)]
    if len(arrivals) < count:
        raise RuntimeError(f"{len(arrivals)} of {count} messages came")
    return [(b - a) / 1e6 for a, b in zip(sent, arrivals)][count // 10:]  # the first ones warm up


def latency(bench):
    count = bench.count(3000)

    def feed(process):
        due = time.monotonic()
        for number in range(count):
            due += 0.001
            time.sleep(max(0, due - time.monotonic()))
            process.stdin.write(b"28.53\n")

    measured = bench.in_turns({
        "simple_producer to simple_consumer": lambda: end_to_end(
            bench, bench.program("simple_producer", "-C", count, "--interval", 0.001), bench.program("simple_consumer"), count),
        "mosquitto_pub -l to mosquitto_sub": lambda: end_to_end(
            bench, ["mosquitto_pub", "-p", bench.port, "-t", TOPIC, "-l"],
            ["mosquitto_sub", "-p", bench.port, "-t", "#"], count, feed)})
    for name, part in (("p50", 0.5), ("p99", 0.99)):
        bench.table(f"One message every millisecond, from publish to the subscriber's line, {name}", "ms",
                    {who: [percentile(values, part) for values in rounds] for who, rounds in measured.items()},
                    "mosquitto_pub -l to mosquitto_sub", digits=3)


def first_message(bench, command):
    """Milliseconds from the start of a program to its first PUBLISH on the wire, and to its end after that."""
    seen = threading.Event()
    times = []

    def script(kind, body):
        if kind == wire.CONNECT:
            return wire.ACCEPT
        if kind == wire.PUBLISH and not times:
            times.append(time.monotonic())
            seen.set()
        return None

    broker = wire.ScriptedBroker(script)
    try:
        start = time.monotonic()
        process = subprocess.Popen([str(broker.port) if part == "PORT" else part for part in command],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen.wait(20)
        process.wait()
    finally:
        broker.close()
    return (times[0] - start) * 1000


def starts(bench):
    one = bench.payloads(1)
    results = bench.in_turns({
        "simple_producer": lambda: first_message(bench, [str(bench.bin / "simple_producer"), "-p", "PORT", "-C", "1"]),
        BARE: lambda: first_message(
            bench, [str(bench.bare / "bare_publish"), "PORT", TOPIC, "0", "receive", str(one)])})
    bench.table("From start to the first message on the wire", "ms", results, BARE)


def ends(bench):
    def interrupt(name, options, ready):
        process = subprocess.Popen(bench.program(name, *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said("stderr", ready)(process)
        time.sleep(random.uniform(0.2, 0.4))  # somewhere in its idling
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait()
        seconds = time.monotonic() - start
        process.stdout.close()
        process.stderr.close()
        return seconds * 1000

    results = bench.in_turns({
        "simple_producer": lambda: interrupt("simple_producer", [], b"Connected"),
        "simple_consumer": lambda: interrupt("simple_consumer", [], b"Subscribed"),
        "mqtt_smart_object": lambda: interrupt("mqtt_smart_object", [], b"Subscribed"),
        "mqtt_smart_object_controller": lambda: interrupt("mqtt_smart_object_controller", [], b"event/presence")})
    bench.table("From Ctrl-C to the end of an idle program", "ms", results, "simple_producer", digits=0)


# --- many, long -------------------------------------------------------------------------------------------------------


def pairs(bench, number, seconds, interval):
    """Exercise 5, `number` times: the processor's share and the memory of a pair, once every loop has closed."""
    processes, outputs = [], []

    def loops_closed():
        return all('"action_value":"ON"' in output.read_text() for output in outputs)

    try:
        for i in range(number):
            common = ["--device-id", f"d{i}", "--wait", "30"]
            outputs.append(bench.folder / f"controller-{i}")
            with open(outputs[-1], "w", encoding="utf-8") as file:
                for name, options, stdout in (
                        ("mqtt_smart_object_controller", ["--off-seconds", "3"], file),
                        ("mqtt_smart_object", ["--seed", str(i), "--interval", str(interval)], subprocess.DEVNULL)):
                    processes.append(subprocess.Popen(bench.program(name, *common, *options), stdin=subprocess.DEVNULL,
                                                      stdout=stdout, stderr=subprocess.DEVNULL))
        playground.wait_until(loops_closed, "every loop to close", 100)
        before = [cpu_of(process.pid) for process in processes]
        start = time.monotonic()
        time.sleep(seconds)
        used = [after - earlier for after, earlier in zip([cpu_of(process.pid) for process in processes], before)]
        passed = time.monotonic() - start
        memory = [private_kib(process.pid) for process in processes]
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT)
        for process in processes:
            process.wait()
    return 100 * sum(used) / passed / number, sum(memory) / number


def many_pairs(bench):
    number = max(2, int(200 * bench.scale))
    interval = 1 if bench.scale >= 1 else 0.1
    one, all_of_them = (pairs(bench, n, max(2, 20 * bench.scale), interval) for n in (1, number))
    names = ("1 pair", f"{number} pairs")
    title = f"A smart object and its controller at interval {interval}, {{}} a pair"
    for position, (what, unit, digits) in enumerate((("processor time", "% of one processor", 3), ("memory", "KiB", 0))):
        bench.table(title.format(what), unit, {names[0]: [one[position]], names[1]: [all_of_them[position]]}, names[0],
                    digits=digits)


def a_million(bench):
    """Everything arrives, in order, in memory that does not grow."""
    results = {}
    for kind in ("simple", "json"):
        for count in (bench.count(10000), bench.count(1000000)):
            peak, missing = long_run(bench, kind, count)
            results[f"{kind}_producer, {count:,} messages"] = [peak[0]]
            results[f"{kind}_consumer, {count:,} messages"] = [peak[1]]
            if missing:
                raise RuntimeError(f"{kind}: {missing} of {count} messages did not come, or in another order")
    bench.table("Peak memory; every message arrived, in order", "KiB", results, next(iter(results)), digits=0)


def long_run(bench, kind, count):
    """Through a broker with the lab's own configuration."""
    ports = {1883: playground.free_port(), 1884: playground.free_port()}
    folder = bench.folder / "mosquitto"
    shutil.copytree(ROOT / "mosquitto", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.conf", "*.key"))
    text = (ROOT / "mosquitto" / "mosquitto.conf").read_text()
    for port, free in ports.items():
        text = text.replace(f"listener {port} ", f"listener {free} ")
    user = "user root\n" if os.geteuid() == 0 else ""
    (folder / "lab.conf").write_text(user + text)
    broker = subprocess.Popen([playground.find_mosquitto(), "-c", "lab.conf"], cwd=folder, stderr=subprocess.PIPE)
    try:
        said("stderr", b" running\n")(broker)
        threading.Thread(target=broker.stderr.read, daemon=True).start()
        sent, received = bench.folder / "sent", bench.folder / "received"
        peaks = bench.folder / "peak of the producer", bench.folder / "peak of the consumer"
        with open(sent, "w", encoding="utf-8") as sent_file, open(received, "w", encoding="utf-8") as received_file:
            common = ["-p", ports[1883], "-C", count]
            consumer = subprocess.Popen(with_peak(peaks[1], [bench.bin / f"{kind}_consumer", *common]),
                                        stdout=received_file, stderr=subprocess.PIPE)
            said("stderr", b"Subscribed")(consumer)
            producer = subprocess.Popen(with_peak(peaks[0], [bench.bin / f"{kind}_producer", *common, "--interval", 0]),
                                        stdout=sent_file, stderr=subprocess.DEVNULL)
            finish(producer)
            finish(consumer)
            consumer.stderr.close()
        wrong = 0
        with open(sent, encoding="utf-8") as sent_file, open(received, encoding="utf-8") as received_file:
            for one, other in zip(sent_file, received_file):
                a, b = re.findall(r"[0-9.]+", one.split(": ", 1)[1])[-1], re.findall(r"[0-9.]+", other)[-1]
                wrong += float(a) != float(b)
        wrong += count - sum(1 for _ in open(received, encoding="utf-8"))
        return [int(peak.read_text()) for peak in peaks], wrong
    finally:
        playground.end_process(broker)


CONTESTS = {"qos0": publish_at_qos_0, "qos12": publish_at_qos_1_and_2, "receive": receive_at_qos_0, "latency": latency,
            "starts": starts, "ends": ends, "pairs": many_pairs, "million": a_million}
