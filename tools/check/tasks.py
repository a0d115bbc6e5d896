"""The build tasks of the exercises, as README.md words them: what has to be seen from outside, and a hint for each."""

import json
import re
import signal
import time

from lab import documents
from playground import wire


def mean(lab):
    """simple_consumer: a running mean"""
    broker = lab.broker()
    consumer = lab.start("simple_consumer", *broker.options)
    publisher = lab.observe(broker.port)
    lab.shows(consumer.err, "^Subscribed")
    for payload in ("10.5", "20", "hello", "60", "-30"):
        publisher.publish("sensor/temperature", payload)
    lab.until(lambda: len(consumer.out.lines) >= 5)

    def has_mean(number, expected):
        line = consumer.out.matching(rf"^received sensor/temperature: {re.escape(number)}\b")
        found = re.search(r", mean (-?[\d.]+)$", line[0]) if line else None
        return found is not None and abs(float(found.group(1)) - expected) < 0.01

    lab.point("it shows numbers and refuses anything else, as before",
              [line.split(":")[0] for line in consumer.out.lines] == ["received sensor/temperature"] * 2 +
              ["refused sensor/temperature"] + ["received sensor/temperature"] * 2,
              "Keep what show_message does, and add to it. Every message is one line.")
    lab.point("behind the first number, 10.5, stands `, mean 10.50`", has_mean("10.5", 10.5),
              "show_message writes a text and gives it to console_received. Add the mean to that text.")
    lab.point("the mean of 10.5 and 20 is 15.25", has_mean("20", 15.25),
              "The mean needs a sum and a count that outlive one call: variables of main, say, given to show_message by pointer.")
    lab.point("what is not a number does not count: 10.5, 20, hello and 60 have the mean 30.17", has_mean("60", 90.5 / 3),
              "Add to the sum and to the count only where number_from_text has returned true.")
    lab.point("numbers below zero count too: with -30 the mean is 15.13", has_mean("-30", 60.5 / 4),
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
    lab.point("and the broker keeps its session, should the connection break",
              lab.shows(broker.log, r"New client connected .* as json_consumer-\w+ \(p\d, c0"),
              "The session looks at options.qos. Start with .qos = QOS, and let MQTTClient_subscribe go on using options.qos.")
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
    lab.start("device_producer", *broker.options, "-C", 5, "--interval", 0, "--seed", 1)
    lab.shows(broker.log, "Received DISCONNECT from device_producer-")  # then the broker has had everything
    observer.fence()
    temperatures = documents(observer.of("device/device001/sensor/temperature"))
    humidities = documents(observer.of("device/device001/sensor/humidity"))
    values = [document.get("value") for document in humidities]
    lab.point("with --count 5 five temperatures come, as before",
              [(document.get("value_type"), document.get("value")) for document in temperatures] ==
              [("TEMPERATURE_SENSOR", value) for value in (27.38, 28.69, 29.96, 30.89, 31.73)],
              "--count counts the turns of the loop in main. Read the thermometer once in a turn, and publish two messages.")
    lab.point("and behind each of them a message on device/device001/sensor/humidity",
              [message.topic.split("/")[-1] for message in observer.messages] == ["temperature", "humidity"] * 5,
              "A second topic beside TEMPERATURE_TOPIC, a second function beside write_reading, and a second publish with "
              "its do ... while around it.")
    lab.point("they are message descriptors, their value_type is HUMIDITY_SENSOR",
              humidities and all(document.get("value_type") == "HUMIDITY_SENSOR" and
                                 abs(time.time() - document.get("timestamp", 0)) < 60 for document in humidities),
              "message_descriptor_to_json writes them, with the time and a value_type of your own.")
    lab.point("the value is a number of percent, 0 to 100, and not always the same",
              values and all(isinstance(value, (int, float)) and 0 <= value <= 100 for value in values) and len(set(values)) > 1,
              "Emulate one: warm air is drier, for instance 120 - 2 * the temperature.")
    lab.point("they are not retained",
              lab.shows(broker.log, "Received PUBLISH from device_producer-.*/sensor/humidity'", 5) and
              not broker.log.matching(r"Received PUBLISH from device_producer-\w+ \(d\d, q\d, r1.*/sensor/"),
              "A reading is soon out of date: NOT_RETAINED.")
    lab.point("device_consumer shows them, although nobody has changed it",
              lab.shows(consumer.out, r"^received device/device001/sensor/humidity: .*HUMIDITY_SENSOR", 5),
              "Its filter device/+/sensor/# matches any sensor. What does it print instead?")
    lab.start("device_producer", *broker.options, "-C", 1, "--device-id", "kitchen")
    lab.point("with --device-id kitchen they come on device/kitchen/sensor/humidity",
              lab.until(lambda: observer.of("device/kitchen/sensor/humidity")),
              "Make the topic as that of the temperature is made: with snprintf and options.device_id.")

    proxy = wire.Proxy(broker.port, cut_after=50000, cuts=2)  # each pause is twice as long as the one before
    flood = lab.start("device_producer", "--port", proxy.port, "--wait", 20, "-C", 1500, "--interval", 0, "--quiet")
    status = lab.status_of(flood)
    proxy.close()
    lab.point("it goes on when the connection breaks, and connects again",
              status == 0 and flood.err.matching("^Summary: 30[0-9]{2} sent"),
              "Both publishes need their do ... while (session_wait_to_retry(...)): it waits until the connection is back.")


def carol(lab):
    """the broker: carol may read alice's temperature, and nothing else of hers"""
    ports = lab.broker_of_the_lab().ports
    port = ports["1884"]
    temperature, diary, notes = "/iot/user/alice/sensor/temperature", "/iot/user/alice/diary", "/iot/user/carol/notes"

    def enter(name):
        """A client that sees all that this user may see; None: the broker does not let it in."""
        client = lab.observe(port, "#", username=name, password=f"{name}-secret")
        return client if client.connected == 0 else None

    alice, bob, admin, reader = (enter(name) for name in ("alice", "bob", "admin", "carol"))
    lab.point("alice, bob and admin come in, as before", alice and bob and admin,
              "`git diff mosquitto/passwd` shows what has happened to their accounts. mosquitto_passwd -c begins a new file: "
              "leave that out.")
    lab.point("carol comes in with the password carol-secret", reader,
              "mosquitto_passwd -b mosquitto/passwd carol carol-secret adds the account.")
    if not (alice and bob and admin and reader):
        return
    anybody = lab.observe(ports["1883"], "/iot/#")
    of_alice = [(temperature, "from alice"), ("/iot/user/alice/sensor/humidity", "from alice"), (diary, "from alice")]
    of_bob = [("/iot/user/bob/sensor/temperature", "from bob")]
    attempts = [(temperature, "from carol"), (diary, "from carol")]
    for client, messages in ((alice, of_alice), (bob, of_bob), (reader, [*attempts, (notes, "from carol")])):
        for topic, payload in messages:
            client.publish(topic, payload, 1)
    # Whoever has had this has had what came before it.
    last = {client: f"/iot/user/{name}/last" for client, name in ((alice, "alice"), (bob, "bob"), (reader, "carol"))}
    for client, topic in last.items():
        client.publish(topic, "", 1)
    lab.until(lambda: all(client.of(topic) and admin.of(topic) for client, topic in last.items()))
    anybody.fence()

    def seen_by(client):
        return {(message.topic, message.payload.decode()) for message in client.messages if message.topic not in last.values()}

    lab.point(f"carol reads {temperature}", (temperature, "from alice") in seen_by(reader),
              "In mosquitto/acl, as for admin: a line that names the user, and below it what she may read.")
    lab.point("and her own topics, as every user", (notes, "from carol") in seen_by(reader),
              "The pattern at the top of mosquitto/acl is for all users: leave it as it is.")
    lab.point("nothing else of alice's, nothing of bob's",
              {topic for topic, _ in seen_by(reader)} <= {temperature, notes},
              "Name one topic. A wildcard gives her more than was asked for.")
    lab.point("she cannot write on alice's topics", not seen_by(alice) & set(attempts),
              "topic read ... instead of topic readwrite ..., or of topic ... alone.")
    lab.point("alice and bob see what they saw before, admin sees everything",
              seen_by(alice) - set(attempts) == set(of_alice) and seen_by(bob) == set(of_bob) and
              {*of_alice, *of_bob, (notes, "from carol")} <= seen_by(admin),
              "A line `topic ...` belongs to the `user` line above it. Put carol's two lines at the end.")
    lab.point("and on port 1883 nobody sees anything of theirs", not anybody.messages,
              "That door has a list of its own, mosquitto/acl-anonymous: leave it as it is.")


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

    def not_overheated():
        """Whether two further readings were no event."""
        enough = len(observer.of(base + "telemetry/temperature")) + 2
        lab.until(lambda: len(observer.of(base + "telemetry/temperature")) >= enough)
        return not overheated()

    act(alert, "ALERT_ABOVE", "-500", retain=True)
    device = lab.start("mqtt_smart_object", *broker.options, "--alert-above", 1000, "--interval", 0.1, "--seed", 1)
    lab.point("a retained ALERT_ABOVE is ignored, as every retained action",
              lab.shows(device.out, f"^refused {alert}: a retained action is ignored") and not_overheated(),
              "Leave that test of on_action before all others.")
    act(switch, "SWITCH", "OFF")
    lab.point("the switch works as before", lab.until(
        lambda: "OFF" in [document.get("value") for document in documents(observer.of(base + "telemetry/switch"))]),
              "An action of type SWITCH on action/switch is not your new action.")
    act(base + "action/dance", "DANCE", "0")
    act(base + "action/dance", "SWITCH", "ON")
    lab.point("what it does not know is refused, as before", lab.shows(device.out, f"^refused {base}action/dance: ", 2),
              "After the actions that you know there is still the else: unknown action. An action is known by both: by its topic "
              "and by its action_type.")
    act(switch, "ALERT_ABOVE", "0")
    act(alert, "SWITCH", "0")
    lab.point("so is ALERT_ABOVE on the topic of the switch, and SWITCH on that of the limit",
              lab.shows(device.out, f"^refused {switch}: ") and lab.shows(device.out, f"^refused {alert}: ", 2) and
              not_overheated(), "An action is known by both: by its topic and by its action_type.")
    act(alert, "ALERT_ABOVE", "warm")
    act(alert, "ALERT_ABOVE", "-5 degrees")
    lab.point("so are values that are not numbers, `warm` and `-5 degrees`; the limit stays as it was",
              lab.shows(device.out, f"^refused {alert}: ", 4) and not_overheated(),
              "number_from_text of playground/number.h reads a number from a string, and returns false for anything else.")
    act(alert, "ALERT_ABOVE", "0")
    lab.point(f"ALERT_ABOVE 0 on {alert.removeprefix(base)} is shown as received", lab.shows(device.out, f"^received {alert}: "),
              "Its topic matches ACTION_FILTER already, so it arrives. Compare the topic and the action_type in on_action, and "
              "tell what was taken with console_received.")
    lab.point("and the next reading above it is an OVER_HEATING event", lab.until(overheated),
              "alert_above is the limit that on_reading_due compares with.")


def several_devices(lab):
    """mqtt_smart_object_controller: several devices"""
    broker = lab.broker()
    base, off_seconds = "/house", 4
    observer = lab.observe(broker.port, base + "/+/action/#")
    many = [f"device{10 ** power}" for power in range(8)]

    def publish(device, what, document, retain=False):
        observer.publish(f"{base}/{device}/{what}", json.dumps(document), 1, retain)

    def measure(device, temperature, retain=False):
        publish(device, "telemetry/temperature",
                {"timestamp": int(time.time()), "value_type": "TEMPERATURE_SENSOR", "value": temperature}, retain)

    def actions(device):
        return [document.get("action_value") for document in documents(observer.of(f"{base}/{device}/action/switch"))]

    def off_and_on(device):
        """When the first actions came."""
        return [message.timestamp for message in observer.of(f"{base}/{device}/action/switch")[:2]]

    measure("attic", 99, retain=True)
    options = [*broker.options, "--base-topic", base, "--threshold", 30]
    controller = lab.start("mqtt_smart_object_controller", *options, "--off-seconds", off_seconds)
    lab.point("it subscribes to the telemetry of every device",
              lab.shows(controller.err, rf"^Subscribed to: {base}/(\+/telemetry/(#|\+|temperature)|\+/#|#)$"),
              "In the place of the device id stands a +.")
    measure("kitchen", 31)
    lab.point("the kitchen gets too hot, and is switched off", lab.until(lambda: actions("kitchen") == ["OFF"]),
              "Answer on the topic of the device that the message came from: its id is one level of the message's topic.")
    measure("kitchen", 32)
    measure("attic", 29)
    # What is switched off later, is to be switched on later.
    lab.until(lambda: actions("kitchen") and time.monotonic() - off_and_on("kitchen")[0] > 1)
    measure("cellar", 31)
    lab.point("so is the cellar, while the kitchen's timer runs",
              lab.until(lambda: actions("cellar") == ["OFF"]) and actions("kitchen") == ["OFF"],
              "Whether it is off, and the timer, belong to a device: one of each for every device, in an array of structs.")
    for device in many:
        measure(device, 40)
    lab.point("so are eight more at once", lab.until(lambda: all(actions(device)[:1] == ["OFF"] for device in many)),
              "Is there room for ten devices? And is each found again by the whole of its id?")
    lab.until(lambda: all(len(actions(device)) >= 2 for device in ["kitchen", "cellar", *many]))
    lab.point("each is switched on again by its own timer",
              all(actions(device) == ["OFF", "ON"] and off_and_on(device)[1] - off_and_on(device)[0] > off_seconds - 0.5
                  for device in ["kitchen", "cellar", *many]),
              "The mail of the timer has to say whose timer it was; and no device is switched off twice while its timer runs.")
    measure("kitchen", 33)
    lab.point("the kitchen can be switched off a second time", lab.until(lambda: actions("kitchen") == ["OFF", "ON", "OFF"]),
              "timer_join when a timer has run, and forget that the device is off. A timer may not move in memory while it runs: "
              "no realloc.")
    publish("kitchen", "event", {"timestamp": 1, "event_type": "OVER_HEATING", "event_value": 33})
    publish("cellar", "info", {"device_id": "cellar", "producer": "check", "software_version": "1"})
    lab.point("events and announcements of any device are shown",
              lab.shows(controller.out, f"^received {base}/kitchen/event: .*OVER_HEATING 33") and
              lab.shows(controller.out, f"^received {base}/cellar/info: device cellar"),
              "The controller tells messages apart by their topic: topic_matches of playground/topic.h compares with a filter.")
    lab.point("the attic, hot in a retained reading only, was left alone", actions("kitchen") and not actions("attic"),
              "A retained reading tells how hot it was, not how hot it is.")
    late = lab.observe(broker.port, base + "/+/action/#")
    late.fence()
    lab.point("no action is retained", actions("kitchen") and not late.messages, "NOT_RETAINED: a command is for now.")
    patient = lab.start("mqtt_smart_object_controller", *options, "--off-seconds", 600)
    lab.shows(patient.err, "^Subscribed", len(controller.err.matching("^Subscribed")))
    measure("garage", 40)
    is_off = lab.shows(patient.out, f"^sent {base}/garage/action/switch: .*OFF")
    patient.send(signal.SIGINT)
    lab.point("Ctrl-C ends it at once, though a timer runs",
              is_off and lab.status_of(patient) == 0 and not patient.err.matching("Ended while"),  # by an alarm, where it hung
              "Before the end: cancel and join every timer that runs, as main does with the one.")


TASKS = {"1": mean, "2": qos_1, "3": humidity, "4": carol, "5a": second_action, "5b": several_devices}
