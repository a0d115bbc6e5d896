"""The build tasks of part two, as docs/mqtt5.md and docs/answer.md word them."""

import json
import re

from lab import documents

# --- exercise 6 -------------------------------------------------------------------------------------------------------

OF_ALICE = "/iot/user/alice/"

# Messages that say something about themselves: the last level of the topic, the payload, the properties.
SELF_DESCRIBED = [
    ("sensor/temperature", "27.38", {"PayloadFormatIndicator": 1, "ContentType": "text/plain", "MessageExpiryInterval": 60,
                                     "UserProperty": [("unit", "Celsius")]}),
    ("words", "hello", {"ContentType": "text/plain"}),
    ("json", "20", {"ContentType": "application/json"}),
    ("longer", "20", {"ContentType": "text/plain; charset=utf-8"}),
    ("shorter", "20", {"ContentType": "text"}),
    ("empty", "20", {"ContentType": ""}),
    ("none", "20", {"PayloadFormatIndicator": 1}),
    ("oven", "86", {"ContentType": "text/plain", "UserProperty": [("unit", "Fahrenheit")]}),
    ("ice", "14", {"UserProperty": [("unit", "Fahrenheit")]}),
    ("sauna", "212", {"UserProperty": [("room", "attic"), ("floor", "3"), ("unit", "Fahrenheit")]}),
    ("name", "20", {"UserProperty": [("room", "Fahrenheit"), ("units", "Fahrenheit"), ("uni", "Fahrenheit")]}),
    ("kelvin", "293", {"UserProperty": [("unit", "Kelvin")]}),
    ("long", "86", {"UserProperty": [("unit", "Fahrenheits")]}),
    ("short", "86", {"UserProperty": [("unit", "Fahren")]}),
    ("nothing", "86", {"UserProperty": [("unit", "")]}),
]


def what_it_says(lab):
    """mqtt5_consumer: the content type and the unit of a message"""
    broker = lab.broker()
    consumer = lab.start("mqtt5_consumer", *broker.options, "-u", "alice")
    lab.shows(consumer.err, "^Subscribed")
    sender = lab.observe(broker.port, version=5)
    for name, payload, properties in SELF_DESCRIBED:
        sender.publish(OF_ALICE + name, payload, 1, properties=properties)
    lab.until(lab.has_dealt_with_all(consumer, sender, OF_ALICE + "last"), unless=lambda: consumer.out.ended)

    def said(name):
        return "".join(consumer.out.matching(f"^(received|refused) {OF_ALICE}{name}: ")).replace(OF_ALICE + name, "TOPIC")

    def all_refused(*names):
        return all(said(name).startswith("refused TOPIC: ") for name in names)

    def is_celsius(name, expected):
        found = re.match(r"received TOPIC: (-?[\d.]+) Celsius\b", said(name))
        return found is not None and abs(float(found.group(1)) - expected) < 0.01

    def is_as_before(name, number):
        return re.match(rf"received TOPIC: {number}(,|$)", said(name)) is not None

    lab.point("it shows what mqtt5_producer sends, as before", is_as_before("sensor/temperature", 27.38),
              "Something that worked before does not work any more: its content type is text/plain, its unit Celsius.",
              "Keep what show_message does. Refuse only what the page says.",
              "show_message")
    lab.point("and refuses what is not a number, as before", all_refused("words"),
              "A text may be plain, and no number all the same.",
              "number_from_text has to be asked, whatever the properties say.",
              "number_from_text")
    lab.point("it refuses the content type application/json", all_refused("json"),
              "Where does the message say what its payload is?",
              "properties_bytes gives you the content type. If it is another one: console_refused, and a reason in your words.",
              "MQTTPROPERTY_CODE_CONTENT_TYPE")
    lab.point("and any other that is not exactly text/plain: `text`, an empty one, one with something behind it",
              all_refused("shorter", "longer", "empty"),
              "When are two texts the same? One of them has no NUL at its end.",
              "Their lengths have to agree, and then their bytes: memcmp.",
              "MQTTPROPERTY_CODE_CONTENT_TYPE")
    lab.point("a message without a content type is shown as before", is_as_before("none", 20),
              "Not everybody speaks MQTT 5.",
              "properties_bytes returns NULL where there is none: that is no reason to refuse.",
              "MQTTPROPERTY_CODE_CONTENT_TYPE")
    lab.point("86 and unit=Fahrenheit are `30 Celsius`, 14 are `-10 Celsius`", is_celsius("oven", 30) and is_celsius("ice", -10),
              "Where is the unit, and what is the number in Celsius?",
              "properties_pair gives you the user properties one by one. Celsius is (Fahrenheit - 32) * 5 / 9.",
              "properties_pair")
    lab.point("wherever the unit stands among the user properties", is_celsius("sauna", 100),
              "There may be several pairs, and the unit need not be the first.",
              "Ask properties_pair for number 0, 1, 2 ... until it returns false.",
              "properties_pair")
    lab.point("pairs with other names change nothing", is_as_before("name", 20),
              "room=Fahrenheit, units=Fahrenheit: do they say anything about the unit?",
              "The name has to be exactly `unit`. Compare its length, too.",
              "properties_pair")
    lab.point("it refuses other units: Kelvin, `Fahrenheits`, `Fahren`, an empty one",
              all_refused("kelvin", "long", "short", "nothing"),
              "What does a number mean whose unit you do not know?",
              "Neither Celsius nor Fahrenheit, exactly: console_refused.",
              "show_message")


# --- exercise 7 -------------------------------------------------------------------------------------------------------


def no_request_twice(lab):
    """mqtt5_smart_object: TOGGLE, and no request twice"""
    broker = lab.broker()
    base = "/device/device001/"
    asker = lab.observe(broker.port, base + "answer/#", base + "telemetry/switch", version=5)
    device = lab.start("mqtt5_smart_object", *broker.options, "--interval", 600, "--seed", 1)
    lab.shows(device.err, "^Subscribed")

    def ask(value, *marks, who="me"):
        """One request for each mark. Returns the verdicts that it gives, and where the switch stood after each."""
        topic = base + "answer/" + who
        before, told = len(asker.of(topic)), len(asker.of(base + "telemetry/switch"))
        for mark in marks:
            properties = {"ResponseTopic": topic} | ({} if mark is None else {"CorrelationData": mark})
            asker.publish(base + "action/switch", json.dumps({"action_type": "SWITCH", "action_value": value}), 1,
                          properties=properties)
        lab.until(lambda: len(asker.of(topic)) >= before + len(marks),
                  unless=lab.has_dealt_with_all(device, asker, base + "action/last"))
        answers = [(message.payload.decode(errors="replace"), getattr(message.properties, "CorrelationData", None))
                   for message in asker.of(topic)[before:]]
        stood = [document.get("value") for document in documents(asker.of(base + "telemetry/switch")[told:])]
        return [text for text, mark in answers] if [mark for _, mark in answers] == list(marks) else answers, stood

    lab.point("ON and OFF are answered as before, and so is what is neither",
              [ask(value, b"%d" % n)[0] for n, value in enumerate(("OFF", "OFF", "ON", "dim"))] ==
              [["DONE OFF"], ["UNCHANGED OFF"], ["DONE ON"], ["REFUSED a switch is ON or OFF"]],
              "Something that worked before does not work any more.",
              "TOGGLE is one more value. What is none of the three is refused with the same words.",
              "switch_to")
    lab.point("TOGGLE turns the switch to the other position, `DONE OFF`, and back, `DONE ON`",
              ask("TOGGLE", b"off", b"on") == (["DONE OFF", "DONE ON"], ["OFF", "ON"]),
              "What does the switch do with the value TOGGLE?",
              "The new position is what object->heater.on is not. Show and answer that position.",
              "switch_to")
    texts, stood = ask("TOGGLE", b"twice", b"twice")
    lab.point("the same request again turns nothing", stood == ["OFF"],
              "The broker may deliver a request twice. How do you know it again?",
              "Before you obey, look for its correlation data among those of the requests that you have answered. The switch is "
              "not to be published a second time either.",
              "on_action")
    lab.point("and is answered again, with the same answer and the same correlation data", texts == ["DONE OFF", "DONE OFF"],
              "The first answer may have been lost. Who asks again wants to know.",
              "Keep the text of each answer beside the letter, and publish it again.",
              "answer")
    texts, stood = ask("TOGGLE", b"twice", who="another")
    lab.point("the same correlation data with another response topic is another request", (texts, stood) == (["DONE ON"], ["ON"]),
              "Two controllers may have the same idea of a mark.",
              "Compare the response topic, too.",
              "answer")
    lab.point("correlation data is compared to its end: `7` is not `77`, and a NUL is a byte",
              ask("TOGGLE", b"7", b"77", b"a\0b", b"a\0c") == (["DONE OFF", "DONE ON"] * 2, ["OFF", "ON"] * 2),
              "When are two pieces of data the same? They are no texts.",
              "Their sizes have to agree, and then their bytes: memcmp, not strcmp or strncmp.",
              "answer")
    lab.point("without correlation data every request is a new one",
              ask("TOGGLE", None, None) == (["DONE OFF", "DONE ON"], ["OFF", "ON"]),
              "What has no mark cannot be known again.",
              "Where the size is 0 there is nothing to compare.",
              "on_action")
    marks = [b"mark %d" % n for n in range(8)]
    texts, stood = ask("TOGGLE", *marks, *marks)
    lab.point("it remembers eight requests", stood == ["OFF", "ON"] * 4 and texts == ["DONE OFF", "DONE ON"] * 8,
              "How many requests does it remember?",
              "An array of eight: the next one goes where the oldest is.",
              "struct smart_object")
    many = [b"many %d" % n for n in range(100)]
    lab.point("and after a hundred more it is still there", ask("TOGGLE", *many)[0] == ["DONE OFF", "DONE ON"] * 50,
              "What happens when there is no more room?",
              "The oldest makes room for the newest: number % 8 is its place.",
              "struct smart_object")


# As in tasks.py.
FILES = {
    "6": ["examples/part_two/mqtt5_consumer.c"],
    "7": ["examples/part_two/mqtt5_smart_object.c"],
}
TASKS = {
    "6": what_it_says,
    "7": no_request_twice,
}
# Where each is worded; those of part one are in README.md.
PAGES = {"6": "docs/mqtt5.md", "7": "docs/answer.md"}
