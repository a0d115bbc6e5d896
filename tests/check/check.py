"""Checks the build tasks of the exercises, as README.md words them: ./lab check EXERCISE.

    check.py EXERCISE [--bin FOLDER] [--mosquitto FOLDER] [--patience SECONDS]

Runs the programs against a broker of its own and watches them from outside, as an independent client. Prints the
points of the task, done or missing, and a hint for the first one that is missing. Ends with 0 if all are done."""

import argparse
import json
import pathlib
import re
import shutil
import sys
import tempfile
import textwrap
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import conftest  # noqa: E402


class Lab:
    """What a check works with: a broker, the programs, other clients; and the points it has found."""

    def __init__(self, arguments, folder):
        self.binaries = arguments.bin.resolve()
        self.mosquitto = arguments.mosquitto
        self.patience = arguments.patience
        self.folder = folder
        self.brokers, self.programs, self.observers = [], [], []
        self.points = []

    def broker(self):
        self.brokers.append(conftest.Broker(self.folder))
        return self.brokers[-1]

    def broker_of_the_lab(self):
        """With the learner's own configuration, accounts and access control lists."""
        self.brokers.append(conftest.LabBroker(self.folder, self.mosquitto))
        return self.brokers[-1]

    def start(self, name, *arguments):
        self.programs.append(conftest.Program(name, *arguments, folder=self.binaries))
        return self.programs[-1]

    def observe(self, *arguments, **options):
        self.observers.append(conftest.Observer(*arguments, **options))
        return self.observers[-1]

    def until(self, condition):
        """Waits until condition() holds, and no longer than one has patience. Returns what it gave last."""
        end = time.monotonic() + self.patience
        while not (result := condition()) and time.monotonic() < end:
            time.sleep(0.01)
        return result

    def shows(self, lines, pattern, count=1):
        """Whether a program shows that many lines with the pattern, or will."""
        return self.until(lambda: len(lines.matching(pattern)) >= count or lines.ended) and \
            len(lines.matching(pattern)) >= count

    def point(self, what, is_done, hint):
        self.points.append((what, bool(is_done), hint))
        if not is_done:
            self.patience = min(self.patience, 1)  # what follows will hardly come

    def close(self):
        for program in self.programs:
            program.kill()
        for observer in self.observers:
            observer.close()
        for broker in self.brokers:
            broker.stop(conftest.signal.SIGKILL)


def documents(messages):
    """The payloads as JSON objects; what is none is left out."""
    found = []
    for message in messages:
        try:
            document = json.loads(message.payload)
        except ValueError:
            continue
        if isinstance(document, dict):
            found.append(document)
    return found


# --- the tasks -------------------------------------------------------------------------------------------------------

def mean(lab):
    """simple_consumer: a running mean"""
    broker = lab.broker()
    consumer = lab.start("simple_consumer", *broker.options)
    publisher = lab.observe(broker.port)
    lab.shows(consumer.err, "^Subscribed")
    for payload in ("10", "20", "hello", "60", "-30"):
        publisher.publish("sensor/temperature", payload)
    lab.until(lambda: len(consumer.out.lines) >= 5)

    def has_mean(number, expected):
        line = consumer.out.matching(rf"^received sensor/temperature: {number}\b")
        found = re.search(r", mean (-?[\d.]+)$", line[0]) if line else None
        return found is not None and abs(float(found.group(1)) - expected) < 0.01

    lab.point("it shows numbers and refuses what is none, as before",
              [line.split(":")[0] for line in consumer.out.lines] == ["received sensor/temperature"] * 2 +
              ["refused sensor/temperature"] + ["received sensor/temperature"] * 2,
              "Keep what show_message does, and add to it. Every message is one line.")
    lab.point("behind the first number, 10, stands `, mean 10`", has_mean("10", 10),
              "show_message writes a text and gives it to console_received. Add the mean to that text.")
    lab.point("the mean of 10 and 20 is 15", has_mean("20", 15),
              "The mean needs a sum and a count that outlive one call: variables of main, say, given to show_message by pointer.")
    lab.point("what is not a number does not count: 10, 20, hello and 60 have the mean 30", has_mean("60", 30),
              "Add to the sum and to the count only where number_from_text has returned true.")
    lab.point("numbers below zero count too: with -30 the mean is 15", has_mean("-30", 15),
              "A sum of doubles needs no special case for them.")


def qos_1(lab):
    """json_producer and json_consumer: quality of service 1, all the way"""
    broker = lab.broker()
    consumer = lab.start("json_consumer", *broker.options)
    lab.shows(consumer.err, "^Subscribed")
    lab.start("json_producer", *broker.options, "-C", 2, "--interval", 0)
    lab.point("two messages arrive, as before", lab.shows(consumer.out, "^received sensor/temperature: ", 2),
              "Does the producer still publish message descriptors on sensor/temperature?")
    lab.point("json_producer publishes at QoS 1 without being asked",
              lab.shows(broker.log, r"Received PUBLISH from json_producer-\w+ \(d0, q1, r0", 2),
              "QOS at the top of json_producer.c is what it publishes with if there is no --qos.")
    lab.point("json_consumer subscribes at QoS 1",
              lab.shows(broker.log, r"^\d+: json_consumer-\w+ 1 #"),
              "The subscription has a QoS of its own: the most that the broker may use on the second half of the way.")
    lab.point("so the messages arrive at QoS 1, and are acknowledged",
              lab.shows(broker.log, r"Sending PUBLISH to json_consumer-\w+ \(d0, q1, r0", 2) and
              lab.shows(broker.log, r"Received PUBACK from json_consumer-", 2),
              "A message arrives with the lower one of the two: that of the publisher and that of the subscription.")
    lab.start("json_producer", *broker.options, "-C", 1, "--qos", 0)
    lab.point("--qos 0 still publishes at QoS 0",
              lab.shows(broker.log, r"Received PUBLISH from json_producer-\w+ \(d0, q0, r0"),
              "Change the default, not the call: MQTTClient_publish goes on using options.qos.")


def humidity(lab):
    """device_producer: a humidity sensor beside the temperature"""
    broker = lab.broker()
    observer = lab.observe(broker.port, "device/+/sensor/#")
    consumer = lab.start("device_consumer", *broker.options)
    lab.shows(consumer.err, "^Subscribed", 2)
    producer = lab.start("device_producer", *broker.options, "-C", 5, "--interval", 0, "--seed", 1)
    lab.until(lambda: producer.process.poll() is not None)
    observer.fence()
    temperatures = documents(observer.of("device/device001/sensor/temperature"))
    humidities = documents(observer.of("device/device001/sensor/humidity"))
    values = [document.get("value") for document in humidities]
    lab.point("with --count 5 five temperatures come, as before",
              [document.get("value_type") for document in temperatures] == ["TEMPERATURE_SENSOR"] * 5,
              "--count counts the turns of the loop in main. Publish both readings in one turn.")
    lab.point("and five messages on device/device001/sensor/humidity", len(humidities) == 5,
              "A second topic beside TEMPERATURE_TOPIC, a second function beside write_reading, and a second publish with "
              "its do ... while around it.")
    lab.point("they are message descriptors, their value_type is HUMIDITY_SENSOR",
              humidities and all(document.get("value_type") == "HUMIDITY_SENSOR" and isinstance(document.get("timestamp"), int)
                                 for document in humidities),
              "message_descriptor_to_json writes them; the value_type is a string of your choice.")
    lab.point("the value is a number of percent, 0 to 100, and not always the same",
              values and all(isinstance(value, (int, float)) and 0 <= value <= 100 for value in values) and len(set(values)) > 1,
              "Emulate one: warm air is drier, for instance 120 - 2 * the temperature.")
    lab.point("they are not retained",
              broker.log.matching("Received PUBLISH from device_producer-.*/sensor/humidity'") and
              not broker.log.matching(r"Received PUBLISH from device_producer-\w+ \(d\d, q\d, r1.*/sensor/"),
              "A reading is soon out of date: NOT_RETAINED.")
    lab.point("device_consumer shows them, although nobody has changed it",
              lab.shows(consumer.out, r"^received device/device001/sensor/humidity: .*HUMIDITY_SENSOR", 5),
              "Its filter device/+/sensor/# matches any sensor. What does it print instead?")
    lab.start("device_producer", *broker.options, "-C", 1, "--device-id", "kitchen")
    lab.point("with --device-id kitchen they come on device/kitchen/sensor/humidity",
              lab.until(lambda: observer.of("device/kitchen/sensor/humidity")),
              "Make the topic as that of the temperature is made: with snprintf and options.device_id.")


def carol(lab):
    """the broker: carol may read alice's temperature, and nothing else of hers"""
    port = lab.broker_of_the_lab().ports["1884"]
    temperature, diary, notes = "/iot/user/alice/sensor/temperature", "/iot/user/alice/diary", "/iot/user/carol/notes"

    def enter(name):
        """A client that sees all that this user may see; None: the broker does not let it in."""
        account = {"username": name, "password": f"{name}-secret"}
        return lab.observe(port, "#", **account) if lab.observe(port, **account).connected == 0 else None

    alice, bob, admin, reader = (enter(name) for name in ("alice", "bob", "admin", "carol"))
    everybody = [client for client in (alice, bob, admin, reader) if client is not None]
    lab.point("alice, bob and admin come in, as before", alice and bob and admin,
              "`git diff mosquitto/passwd` shows what has happened to their accounts. mosquitto_passwd -c begins a new file: "
              "leave that out.")
    lab.point("carol comes in with the password carol-secret", reader,
              "mosquitto_passwd -b mosquitto/passwd carol carol-secret adds the account.")
    if len(everybody) < 4:
        return
    for client, topic, payload in ((alice, temperature, "from alice"), (alice, diary, "from alice"),
                                   (bob, "/iot/user/bob/diary", "from bob"), (reader, temperature, "from carol"),
                                   (reader, notes, "from carol")):
        client.publish(topic, payload, 1)
    # Whoever has had this has had what came before it.
    last = {client: f"/iot/user/{name}/last" for client, name in ((alice, "alice"), (bob, "bob"), (reader, "carol"))}
    for client, topic in last.items():
        client.publish(topic, "", 1)
    lab.until(lambda: all(client.of(topic) and admin.of(topic) for client, topic in last.items()))

    def seen_by(client):
        return {(message.topic, message.payload.decode()) for message in client.messages if message.topic not in last.values()}

    lab.point(f"carol reads {temperature}", (temperature, "from alice") in seen_by(reader),
              "In mosquitto/acl, as for admin: a line that names the user, and below it what she may read.")
    lab.point("and her own topics, as every user", (notes, "from carol") in seen_by(reader),
              "The pattern at the top of mosquitto/acl is for all users: leave it as it is.")
    lab.point("nothing else of alice's, nothing of bob's",
              {topic for topic, _ in seen_by(reader)} <= {temperature, notes},
              "Name one topic. A wildcard gives her more than was asked for.")
    lab.point("she cannot write there", (temperature, "from carol") not in seen_by(alice),
              "topic read ... instead of topic readwrite ..., or of topic ... alone.")
    lab.point("alice and bob see what they saw before, admin sees everything",
              seen_by(alice) - {(temperature, "from carol")} == {(temperature, "from alice"), (diary, "from alice")} and
              seen_by(bob) == {("/iot/user/bob/diary", "from bob")} and
              seen_by(alice) | seen_by(bob) | {(notes, "from carol")} == seen_by(admin),
              "A line `topic ...` belongs to the `user` line above it. Put carol's two lines at the end.")


def second_action(lab):
    """mqtt_smart_object: a second action, ALERT_ABOVE"""
    broker = lab.broker()
    base = "/device/device001/"
    alert, switch = base + "action/alert-above", base + "action/switch"
    observer = lab.observe(broker.port, base + "#")

    def act(topic, kind, value, retain=False):
        observer.publish(topic, json.dumps({"action_type": kind, "action_value": value}), 1, retain)

    def overheated():
        return [document for document in documents(observer.of(base + "event"))
                if document.get("event_type") == "OVER_HEATING"]

    act(alert, "ALERT_ABOVE", "-500", retain=True)
    device = lab.start("mqtt_smart_object", *broker.options, "--alert-above", 1000, "--interval", 0.1, "--seed", 1)
    lab.until(lambda: len(observer.of(base + "telemetry/temperature")) >= 3)
    lab.point("a retained ALERT_ABOVE is ignored, as every retained action",
              lab.shows(device.out, f"^refused {alert}: a retained action is ignored") and not overheated(),
              "Leave that test of on_action before all others.")
    act(alert, "ALERT_ABOVE", "warm")
    act(switch, "ALERT_ABOVE", "0")
    act(base + "action/dance", "DANCE", "0")
    act(switch, "SWITCH", "OFF")
    lab.point("the switch works as before", lab.until(
        lambda: "OFF" in [document.get("value") for document in documents(observer.of(base + "telemetry/switch"))]),
              "An action of type SWITCH on action/switch is not your new action.")
    lab.point("what it does not know is refused, as before", lab.shows(device.out, f"^refused {base}action/dance: "),
              "After the actions that you know there is still the else: unknown action.")
    lab.point("so is ALERT_ABOVE on the topic of the switch", lab.shows(device.out, f"^refused {switch}: ") and not overheated(),
              "An action is known by both: by its topic and by its action_type.")
    act(alert, "ALERT_ABOVE", "0")
    lab.point(f"ALERT_ABOVE 0 on {alert.removeprefix(base)} is taken", lab.shows(device.out, f"^received {alert}: "),
              "Its topic matches ACTION_FILTER already, so it arrives. Compare the topic and the action_type in on_action, and "
              "tell what was taken with console_received.")
    lab.point("and the next reading above it is an OVER_HEATING event", lab.until(overheated),
              "alert_above is the limit that on_reading_due compares with. number_from_text of playground/number.h reads the "
              "new one from the action_value, a string.")
    lab.point("a value that is not a number is refused", lab.shows(device.out, f"^refused {alert}: (?!a retained)"),
              "number_from_text returns false for it: console_refused says so, and the limit stays as it was.")


def several_devices(lab):
    """mqtt_smart_object_controller: several devices"""
    broker = lab.broker()
    observer = lab.observe(broker.port, "/device/+/action/#")
    many = [f"device{number}" for number in range(8)]
    controller = lab.start("mqtt_smart_object_controller", *broker.options, "--threshold", 30, "--off-seconds", 2)
    lab.shows(controller.err, "event/presence")

    def measure(device, temperature):
        observer.publish(f"/device/{device}/telemetry/temperature", json.dumps(
            {"timestamp": int(time.time()), "value_type": "TEMPERATURE_SENSOR", "value": temperature}), 1)

    def actions(device):
        return [document.get("action_value") for document in documents(observer.of(f"/device/{device}/action/switch"))]

    measure("kitchen", 31)
    lab.point("the kitchen gets too hot, and is switched off", lab.until(lambda: actions("kitchen") == ["OFF"]),
              "Subscribe with + in the place of the device id, and answer on the topic of the device that the message came from: "
              "its id is one level of the message's topic.")
    measure("kitchen", 32)
    measure("attic", 29)
    measure("cellar", 31)
    lab.point("so is the cellar, while the kitchen's timer runs", lab.until(lambda: actions("cellar") == ["OFF"]),
              "Whether it is off, and the timer, belong to a device: one of each for every device, in an array of structs.")
    for device in many:
        measure(device, 40)
    lab.point("so are eight more at once", lab.until(lambda: all(actions(device)[:1] == ["OFF"] for device in many)),
              "Is there room for ten devices? And is each found again by its id?")
    lab.point("each is switched on again by its own timer",
              lab.until(lambda: all(actions(device) == ["OFF", "ON"] for device in ["kitchen", "cellar", *many])),
              "The mail of the timer has to say whose timer it was; and no device is switched off twice while its timer runs.")
    measure("kitchen", 33)
    lab.point("the kitchen can be switched off a second time", lab.until(lambda: actions("kitchen") == ["OFF", "ON", "OFF"]),
              "timer_join when a timer has run, and forget that the device is off.")
    observer.publish("/device/kitchen/event", json.dumps({"timestamp": 1, "event_type": "OVER_HEATING", "event_value": 33}), 1)
    lab.point("events of any device are shown", lab.shows(controller.out, "^received /device/kitchen/event: .*OVER_HEATING 33"),
              "The controller has four subscriptions, and tells messages apart by their topic: topic_matches of "
              "playground/topic.h compares with a filter.")
    lab.point("the attic, never too hot, was left alone", {message.topic.split("/")[2] for message in observer.messages} ==
              {"kitchen", "cellar", *many}, "Compare the temperature of the device with the threshold, as before.")
    status, seconds = controller.interrupt() if controller.process.poll() is None else (None, 0)
    lab.point("Ctrl-C ends it at once, though a timer runs", status == 0 and seconds < 2,
              "Before the end: cancel and join every timer that runs, as main does with the one.")


TASKS = {"1": mean, "2": qos_1, "3": humidity, "4": carol, "5a": second_action, "5b": several_devices}


# --- what the learner sees -------------------------------------------------------------------------------------------

def run(name, arguments):
    """Checks one task and prints what was found. Returns whether it is done."""
    task = TASKS[name]
    print(f"Task {name}, {task.__doc__}\n", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # for the broker, which root starts as another user
    lab = Lab(arguments, folder)
    problem = None
    try:
        task(lab)
    except (AssertionError, OSError) as error:
        problem = error
    finally:
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)
    for what, is_done, _ in lab.points:
        print(f"  {'done' if is_done else 'missing':8} {what}")
    missing = [hint for _, is_done, hint in lab.points if not is_done]
    if missing:
        print("\n" + textwrap.fill("Hint: " + missing[0], 100))
    elif problem is not None:
        print(f"\nThe check could not go on: {problem}")
    else:
        print("\nAll done.")
    return not missing and problem is None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", help=f"one of {', '.join(TASKS)}; or 5, for both of its tasks")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--mosquitto", type=pathlib.Path, default=ROOT / "mosquitto", help="the broker's configuration")
    parser.add_argument("--patience", type=float, default=8, metavar="SECONDS", help="for what has to happen")
    arguments = parser.parse_args()
    names = [name for name in TASKS if name.rstrip("ab") == arguments.exercise or name == arguments.exercise]
    if not names:
        parser.error(f"there is no exercise {arguments.exercise}: {', '.join(TASKS)}")
    results = []
    for number, name in enumerate(names):
        if number > 0:
            print()
        results.append(run(name, arguments))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
