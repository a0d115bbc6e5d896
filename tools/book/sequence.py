"""Draws the packets of an exercise as a Mermaid sequence diagram, from what its programs show with --debug.

The commands are those of the page. An acknowledgement is drawn right behind what it acknowledges, and a message arrives
right behind its sending: then the diagram is the same for every run, although nobody knows which of two programs was the
first to print its line."""

import json
import pathlib
import re
import shlex
import signal
import sys
import tempfile
from os import EX_CANTCREAT

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import playground  # noqa: E402

PACKET = re.compile(r"^(->|<-) ([A-Z]+)(.*)$")
MESSAGE = re.compile(r"^(sent|received|refused) (\S+): (.*?)( \(retained\))?$")
SUBSCRIBED = re.compile(r"^Subscribed to: (.*)$")


class Packet:
    """One line of --debug, and what the program's own line about it says: the topic, which Paho does not tell."""

    def __init__(self, direction, kind, rest):
        self.sent = direction == "->"
        self.kind = kind
        fields = dict(re.findall(r"(\w+): (\d+)", rest))
        self.id, self.qos = fields.get("msgid"), fields.get("qos")
        self.retained, self.clean = fields.get("retained") == "1", fields.get("clean") == "1"
        self.is_version_5 = " version 5 " in rest
        self.reason = re.search(r", (reason \d+: .*)$", rest)
        self.topic = self.payload = ""

    def is_answer_to(self, other):
        return self.kind == "PUBACK" and other.kind == "PUBLISH" and self.id == other.id and \
            self.sent != other.sent

    def label(self):
        text = self.kind
        if self.kind == "CONNECT" and self.is_version_5:
            text += ", MQTT 5, " + ("clean start" if self.clean else "go on with my session")
        elif self.kind == "CONNECT":
            text += ", clean session" if self.clean else ", keep my session"
        elif self.kind == "SUBSCRIBE":
            text += " " + self.topic
        elif self.kind == "PUBLISH":
            text += f" {self.topic}{self.value()}, QoS {self.qos}" + (", retained" if self.retained else "")
        if self.id not in (None, "0"):
            text += f", id {self.id}"
        if self.reason:
            text += f", {self.reason.group(1)}"
        return re.sub(r"-[0-9a-f]{8}\b", "", text).replace("#", "#35;")  # who has asked for an answer: another one each time

    def value(self):
        """The part of the payload that matters: what a reader would look for."""
        try:
            document = json.loads(self.payload)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            found = re.match(r"[\d.]+(?=, )", self.payload) or \
                re.search(r"(DONE|UNCHANGED|REFUSED) .+$|\S+$", self.payload)  # properties follow a number
            return f" = {found.group()}" if found and "producer" not in self.payload else ""
        for key in ("value", "event_value", "action_value"):
            if key in document:
                return f" = {document[key]}"
        return ""


def packets(lines):
    """The packets of one program, in order, each with its topic."""
    found = []
    for line in lines:
        if match := PACKET.match(line):
            found.append(Packet(*match.groups()))
        elif match := SUBSCRIBED.match(line):
            next(packet for packet in found if packet.kind == "SUBSCRIBE" and not packet.topic).topic = match.group(1)
        elif match := MESSAGE.match(line):
            packet = next(packet for packet in found if packet.kind == "PUBLISH" and not packet.topic and
                          packet.sent == (match.group(1) == "sent"))
            packet.topic, packet.payload = match.group(2), match.group(3)
    ordered = []
    for packet in found:
        place = next((n for n, other in enumerate(ordered) if packet.is_answer_to(other)), len(ordered) - 1)
        ordered.insert(place + 1, packet)
    return ordered


ROLES = {"mqtt_smart_object": "smart object", "mqtt_smart_object_controller": "controller"}
ROLES |= {name: ROLES[twin] for name, twin in playground.TWINS.items() if twin in ROLES}


def by_role(commands):
    """{who it is in the diagram: [program, arguments...]} of the page's commands."""
    found = {}
    for command in commands:
        program, *arguments = shlex.split(command)
        name = ROLES.get(program, program)
        if "--username" in arguments:
            name = f"{arguments[arguments.index('--username') + 1]}'s {name}"
        found[name] = [program, *arguments]
    return found


class Run:
    """The programs of an exercise, and how far each was when one part of the run was over."""

    def __init__(self, commands, binaries, broker):
        self.commands, self.binaries, self.broker = commands, binaries, broker
        self.programs, self.marks = {}, []

    def start(self, name):
        program, *arguments = self.commands[name]
        if "--port" in arguments:
            place = arguments.index("--port") + 1
            arguments[place] = self.broker.ports[arguments[place]]
        else:
            arguments += self.broker.options
        self.programs[name] = playground.Program("bash", "-c", 'exec "$0" "$@" --debug 2>&1', self.binaries / program,
                                                 *arguments, folder=pathlib.Path("/bin"))
        return self.programs[name]

    def count(self, name):
        return int(self.commands[name][self.commands[name].index("--count") + 1])

    def end_of_part(self):
        self.marks.append({name: len(program.out.lines) for name, program in self.programs.items()})

    def close(self):
        for program in self.programs.values():
            program.kill()
        self.broker.stop(signal.SIGKILL)

    def all_lines(self):
        return "\n".join(f"{name}, parts end at {[mark.get(name) for mark in self.marks]}:\n" + "\n".join(program.out.lines)
                         for name, program in self.programs.items())

    def arrows(self):
        """(name, packet), in an order that respects that of every program, and that a message is sent before it comes."""
        queues = {}
        for name, program in self.programs.items():
            lines, queues[name] = program.out.lines, []
            parts = [0, *(mark.get(name, 0) for mark in self.marks)]
            everything = iter(packets(lines))
            for part, (first, last) in enumerate(zip(parts, parts[1:])):
                count = sum(1 for line in lines[first:last] if PACKET.match(line))
                queues[name] += [(part, packet) for _, packet in zip(range(count), everything)]
        arrows, on_the_way = [], {name: [] for name in queues}
        for part in range(len(self.marks)):
            while any(queue and queue[0][0] == part for queue in queues.values()):
                name = next((name for name, queue in queues.items() if queue and queue[0][0] == part and
                             (queue[0][1].sent or queue[0][1].kind != "PUBLISH" or queue[0][1].topic in on_the_way[name])),
                            None)
                assert name, f"in part {part} a message arrives that nobody has sent: " + self.all_lines()
                _, packet = queues[name].pop(0)
                if packet.kind == "PUBLISH" and packet.sent:
                    for other in on_the_way.values():
                        other.append(packet.topic)
                elif packet.kind == "PUBLISH":
                    on_the_way[name].remove(packet.topic)
                arrows.append((name, packet))
        return arrows


# --- the exercises: who starts when; whoever is named first is drawn on the right, and is told first ------------------

def pair(run, consumer, producer):
    """A consumer that is there, a producer, and Ctrl-C."""
    listener = run.start(consumer)
    listener.out.wait_for("^Subscribed")
    run.end_of_part()
    assert run.start(producer).wait() == 0
    listener.out.wait_for("^received", run.count(producer))
    run.end_of_part()
    listener.interrupt()
    run.end_of_part()


def simple(run):
    pair(run, "simple_consumer", "simple_producer")


def json_at_qos_1(run):
    pair(run, "json_consumer", "json_producer")


def device(run):
    for name in ("device_producer", "device_consumer"):
        assert run.start(name).wait() == 0
        run.end_of_part()


def auth(run, programs="auth"):
    listeners = [run.start(f"{name}'s {programs}_consumer") for name in ("bob", "alice")]
    for listener in listeners:
        listener.out.wait_for("^Subscribed")
        run.end_of_part()
    producer = f"alice's {programs}_producer"
    assert run.start(producer).wait() == 0
    listeners[1].out.wait_for("^received", run.count(producer))
    run.end_of_part()


def loop(run):
    """From the reading that is too hot to the one after the switch is on again."""
    controller = run.start("controller")
    controller.out.wait_for("^Subscribed.*event/presence")
    smart_object = run.start("smart object")
    controller.out.wait_for("event: .* OVER_HEATING")
    controller.out.wait_for("telemetry/switch: .* ON$", 2)
    assert smart_object.wait() == 0
    controller.out.wait_for("event/presence: .* OFFLINE")  # the line behind the last packet that it traced
    run.end_of_part()


def reasons(run):
    """What arrives, and what is denied."""
    listener = run.start("alice's mqtt5_consumer")
    listener.out.wait_for("^Subscribed")
    run.end_of_part()
    assert run.start("alice's mqtt5_producer").wait() == 0
    listener.out.wait_for("^received")
    run.end_of_part()
    assert run.start("bob's mqtt5_producer").wait() == EX_CANTCREAT
    run.end_of_part()


EXERCISES = {"1": simple, "2": json_at_qos_1, "3": device, "4": auth, "5": loop, "6": reasons, "7": loop}
WITH_ACCOUNTS = {"4", "6"}
LOOPS = {"5", "7"}


def one_turn(arrows):
    """Of a loop: from the reading that was the reason to OFF and ON, sent and received."""
    published = [packet.topic if packet.kind == "PUBLISH" else "" for _, packet in arrows]
    first = next(n for n, topic in enumerate(published) if topic.endswith("/event"))
    switched = [n for n, topic in enumerate(published) if n > first and topic.endswith("/telemetry/switch")]
    end = switched[3] + 1
    while "/answer/" in published[end] or (arrows[end][1].kind == "PUBACK" and end > switched[3] + 1):  # with MQTT 5
        end += 1
    return arrows[first - 2:end]


def diagram(exercise, commands, binaries):
    """The lines of the Mermaid diagram of what these commands do."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        broker = playground.LabBroker(folder) if exercise in WITH_ACCOUNTS else playground.Broker(folder)
        run = Run(by_role(commands), binaries, broker)
        try:
            EXERCISES[exercise](run)
        finally:
            run.close()
    arrows = run.arrows()
    if exercise in LOOPS:
        arrows = one_turn(arrows)
    names = {name: re.sub(r"\W+", "_", name) for name in run.programs}
    left = [name for name in names if "consumer" not in name and name != "controller"]
    order = [*left, "broker", *[name for name in names if name not in left][::-1]]
    lines = ["sequenceDiagram"]
    common = "/device/device001/"  # what all topics of a loop begin with
    lines += ["    participant " + (name if names.get(name, name) == name else f"{names[name]} as {name}") for name in order]
    for name, packet in arrows:
        ends = f"{names[name]}->>broker" if packet.sent else f"broker->>{names[name]}"
        lines.append(f"    {ends}: {packet.label().replace(common, '')}")
    return lines
