"""The build tasks of the exercises, as their pages word them: what has to be seen from outside, and a hint for each."""

import re
import time

from lab import documents
from playground import wire
from tasks_of_devices import second_action, several_devices
import tasks_of_part_two


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
              "Something that worked before does not work any more: a message is one line, and what is no number is refused.",
              "Keep what show_message does, and add to it. Every message is one line.",
              "show_message")
    lab.point("behind the first number, 10.5, stands `, mean 10.50`", has_mean("10.5", 10.5),
              "Where is the text made that stands behind `received`?",
              "show_message writes a text and gives it to console_received. Add the mean to that text.",
              "show_message")
    lab.point("the mean of 10.5 and 20 is 15.25", has_mean("20", 15.25),
              "One message cannot know the mean. Something has to be remembered from one to the next.",
              "The mean needs a sum and a count that outlive one call: variables of main, say, given to show_message by pointer.",
              "main")
    lab.point("what is not a number does not count: 10.5, 20, hello and 60 have the mean 30.17", has_mean("60", 90.5 / 3),
              "Which messages have a number that can count?",
              "Add to the sum and to the count only where number_from_text has returned true.",
              "show_message")
    lab.point("numbers below zero count too: with -30 the mean is 15.13", has_mean("-30", 60.5 / 4),
              "Is there a condition on the number? It needs none.",
              "A sum of doubles needs no special case for them.",
              "show_message")


def qos_1(lab):
    """json_producer and json_consumer: quality of service 1, all the way"""
    broker = lab.broker()
    consumer = lab.start("json_consumer", *broker.options)
    lab.shows(consumer.err, "^Subscribed")
    lab.all_of(lab.start("json_producer", *broker.options, "-C", 2, "--interval", 0), broker)
    log = broker.log.matching
    lab.point("two messages arrive, as before", lab.shows(consumer.out, "^received sensor/temperature: ", 2),
              "Something that worked before does not work any more: look at the topic, and at the payload.",
              "Does the producer still publish message descriptors on sensor/temperature?",
              "examples/json_producer.c main")
    lab.point("json_producer publishes at QoS 1 without being asked",
              len(log(r"Received PUBLISH from json_producer-\w+ \(d0, q1, r0")) >= 2,
              "Who decides with which quality a message is sent if nobody says --qos?",
              "QOS at the top of json_producer.c is what it publishes with if there is no --qos.",
              "examples/json_producer.c #define QOS")
    lab.point("json_consumer subscribes at QoS 1", log(r"^\d+: json_consumer-\w+ 1 #"),
              "The way has two halves. Who decides about the second one?",
              "The subscription has a QoS of its own: the most that the broker may use on the second half of the way.",
              "examples/json_consumer.c #define QOS")
    lab.point("and the broker keeps its session, should the connection break",
              log(r"New client connected .* as json_consumer-\w+ \(p\d, c0"),
              "A broker keeps a session for those who ask for more than QoS 0. Does the session know that you do?",
              "The session looks at options.qos. Start with .qos = QOS, and let MQTTClient_subscribe go on using options.qos.",
              "examples/json_consumer.c main")
    lab.point("so the messages arrive at QoS 1, and are acknowledged",
              len(log(r"Sending PUBLISH to json_consumer-\w+ \(d0, q1, r0")) >= 2 and
              lab.shows(broker.log, r"Received PUBACK from json_consumer-", 2),
              "The two halves of the way have to agree.",
              "A message arrives with the lower one of the two: that of the publisher and that of the subscription.",
              "examples/json_consumer.c on_connected")
    lab.all_of(lab.start("json_producer", *broker.options, "-C", 1, "--qos", 0), broker)
    lab.point("--qos 0 still publishes at QoS 0", log(r"Received PUBLISH from json_producer-\w+ \(d0, q0, r0"),
              "A user who says --qos 0 means it.",
              "Change the default, not the call: MQTTClient_publish goes on using options.qos.",
              "examples/json_producer.c MQTTClient_publish")


def humidity(lab):
    """device_producer: a humidity sensor beside the temperature"""
    broker = lab.broker()
    observer = lab.observe(broker.port, "device/+/sensor/#")
    consumer = lab.start("device_consumer", *broker.options)
    lab.shows(consumer.err, "^Subscribed", 2)
    lab.all_of(lab.start("device_producer", *broker.options, "-C", 5, "--interval", 0, "--seed", 1), broker)
    observer.fence()
    temperatures = documents(observer.of("device/device001/sensor/temperature"))
    humidities = documents(observer.of("device/device001/sensor/humidity"))
    values = [document.get("value") for document in humidities]
    lab.point("with --count 5 five temperatures come, as before",
              [(document.get("value_type"), document.get("value")) for document in temperatures] ==
              [("TEMPERATURE_SENSOR", value) for value in (27.38, 28.69, 29.96, 30.89, 31.73)],
              "How often is the thermometer read in one turn of the loop?",
              "--count counts the turns of the loop in main. Read the thermometer once in a turn, and publish two messages.",
              "main")
    lab.point("and behind each of them a message on device/device001/sensor/humidity",
              [message.topic.split("/")[-1] for message in observer.messages] == ["temperature", "humidity"] * 5,
              "All that the temperature has is needed once more: a topic, a payload, a publish.",
              "A second topic beside TEMPERATURE_TOPIC, a second function beside write_reading, and a second publish with "
              "its do ... while around it.",
              "main")
    lab.point("they are message descriptors, their value_type is HUMIDITY_SENSOR",
              humidities and all(document.get("value_type") == "HUMIDITY_SENSOR" and
                                 abs(time.time() - document.get("timestamp", 0)) < 60 for document in humidities),
              "What does device_consumer expect on a sensor's topic?",
              "message_descriptor_to_json writes them, with the time and a value_type of your own.",
              "write_reading")
    lab.point("the value is a number of percent, 0 to 100, and not always the same",
              values and all(isinstance(value, (int, float)) and 0 <= value <= 100 for value in values) and len(set(values)) > 1,
              "What would a thermometer in a warm room say about the air?",
              "Emulate one: warm air is drier, for instance 120 - 2 * the temperature.",
              "write_reading")
    lab.point("they are not retained",
              len(broker.log.matching("Received PUBLISH from device_producer-.*/sensor/humidity'")) >= 5 and
              not broker.log.matching(r"Received PUBLISH from device_producer-\w+ \(d\d, q\d, r1.*/sensor/"),
              "Who subscribes tomorrow: does he want to know how damp it is now?",
              "A reading is soon out of date: NOT_RETAINED.",
              "MQTTClient_publish")
    lab.point("device_consumer shows them, although nobody has changed it",
              lab.shows(consumer.out, r"^received device/device001/sensor/humidity: .*HUMIDITY_SENSOR", 5,
                        unless=lab.has_dealt_with_all(consumer, observer, "device/device001/sensor/last")),
              "device_consumer takes whatever sensor there is. Is it a sensor, by its topic and its payload?",
              "Its filter device/+/sensor/# matches any sensor. What does it print instead?",
              "#define TEMPERATURE_TOPIC")
    lab.all_of(lab.start("device_producer", *broker.options, "-C", 1, "--device-id", "kitchen"), broker)
    observer.fence()
    lab.point("with --device-id kitchen they come on device/kitchen/sensor/humidity",
              observer.of("device/kitchen/sensor/humidity"),
              "The name of the device is not always device001.",
              "Make the topic as that of the temperature is made: with snprintf and options.device_id.",
              "main")

    proxy = wire.Proxy(broker.port, cut_after=50000, cuts=3)  # by chance, not each is noticed by a publish
    flood = lab.start("device_producer", "--port", proxy.port, "--wait", 20, "-C", 1500, "--interval", 0, "--quiet")
    status = lab.status_of(flood)
    proxy.close()
    lab.point("it goes on when the connection breaks, and connects again",
              status == 0 and flood.err.matching("^Summary: 30[0-9]{2} sent"),
              "What happens to a message when the connection breaks just then?",
              "Both publishes need their do ... while (session_wait_to_retry(...)): it waits until the connection is back.",
              "MQTTClient_publish")


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
              "Who can still come in? The file of the accounts may have been begun anew.",
              "`git diff mosquitto/passwd` shows what has happened to their accounts. mosquitto_passwd -c begins a new file: "
              "leave that out.",
              "mosquitto/passwd")
    lab.point("carol comes in with the password carol-secret", reader,
              "Who knocks at port 1884 needs an account.",
              "mosquitto_passwd -b mosquitto/passwd carol carol-secret adds the account.",
              "mosquitto/passwd")
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
              "An account alone lets her in. What she may read stands elsewhere.",
              "In mosquitto/acl, as for admin: a line that names the user, and below it what she may read.",
              "mosquitto/acl")
    lab.point("and her own topics, as every user", (notes, "from carol") in seen_by(reader),
              "There is one line that is for all users. Is it still there?",
              "The pattern at the top of mosquitto/acl is for all users: leave it as it is.",
              "mosquitto/acl pattern")
    lab.point("nothing else of alice's, nothing of bob's",
              {topic for topic, _ in seen_by(reader)} <= {temperature, notes},
              "She sees more than the temperature.",
              "Name one topic. A wildcard gives her more than was asked for.",
              "mosquitto/acl")
    lab.point("she cannot write on alice's topics", not seen_by(alice) & set(attempts),
              "To read is one right, to write another.",
              "topic read ... instead of topic readwrite ..., or of topic ... alone.",
              "mosquitto/acl")
    lab.point("alice and bob see what they saw before, admin sees everything",
              seen_by(alice) - set(attempts) == set(of_alice) and seen_by(bob) == set(of_bob) and
              {*of_alice, *of_bob, (notes, "from carol")} <= seen_by(admin),
              "Whose line is it? The order of the lines matters.",
              "A line `topic ...` belongs to the `user` line above it. Put carol's two lines at the end.",
              "mosquitto/acl")
    lab.point("and on port 1883 nobody sees anything of theirs", not anybody.messages,
              "Port 1883 lets in everybody. What do they see there?",
              "That door has a list of its own, mosquitto/acl-anonymous: leave it as it is.",
              "mosquitto/acl-anonymous")


# What each task changes; the first one is where most of the work is.
FILES = {
    "1": ["examples/simple_consumer.c"],
    "2": ["examples/json_producer.c", "examples/json_consumer.c"],
    "3": ["examples/device_producer.c"],
    "4": ["mosquitto/acl", "mosquitto/passwd", "mosquitto/acl-anonymous"],
    "5a": ["examples/mqtt_smart_object.c"],
    "5b": ["examples/mqtt_smart_object_controller.c", "examples/inbox.h", "examples/inbox.c"],
}
TASKS = {"1": mean, "2": qos_1, "3": humidity, "4": carol, "5a": second_action, "5b": several_devices}

PART_TWO = list(tasks_of_part_two.TASKS)
FILES |= tasks_of_part_two.FILES
TASKS |= tasks_of_part_two.TASKS


def page_of(task):
    """Where it is worded."""
    return tasks_of_part_two.PAGES.get(task, "README.md")
