"""What a third client learns of a device: what each message means, in words, and what is known by now."""

import collections
import json
import time

PAYLOAD_MAX = 4096  # bytes; the programs refuse longer ones, too
SHOWN_MAX = 160  # characters of what is not understood
NUMBER_MAX = 1e308
CURVE_MAX = 1e6  # degrees; beyond them the curve is cut off
TOPIC_WIDTH = 23  # columns, where they stand below each other: telemetry/temperature and two spaces
REMEMBERED = 400  # happenings, and readings

# The first time that something of a kind happens, a sentence says what it means.
SENTENCES = {
    "info": "the device says who it is (retained: whoever comes later still learns it)",
    "ONLINE": "the device is there (retained, too)",
    "OFFLINE": "the device has gone: it says so itself, or the broker says it, with whom it left a will",
    "reading": "a reading; the next one makes up for a lost one (QoS 0, not retained)",
    "alert": "too hot, and the device will tell everybody",
    "threshold": "now it is the controller's turn",
    "heats": "the device reports that its switch is ON: the room is heated",
    "cools": "the device reports that its switch is OFF: it has obeyed, and the room cools down",
    "event": "the device says it got too hot (retained: whoever comes later still learns it)",
    "another event": "the device says that something has happened",
    "command OFF": "the controller commands the switch OFF (never retained: it is meant for now)",
    "command ON": "the controller commands the switch ON again: its timer has run out",
    "action": "somebody commands what the lab's device does not know",
    "taken back": "an empty message: the broker forgets what it has retained",
    "unknown": "the lab gives it no meaning",
    "malformed": "this is not what the lab has agreed on: its programs refuse it",
}


class Happening(collections.namedtuple("Happening", "time topic kind text sentence")):
    """`topic` is without what all topics begin with, `kind` is one of the above, `sentence` is for the first of its kind."""

    @property
    def words(self):
        return f"{self.text}: {self.sentence}" if self.sentence else self.text


def printable(text):
    """Control characters, and what turns a line around, as the programs show them: nothing from the network controls the
    terminal."""
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(character if character.isprintable() else named.get(character) or
                   "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass")) for character in text)


def shortened(payload):
    text = printable(payload[:PAYLOAD_MAX].decode("utf-8", "backslashreplace"))
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX - 3] + "..."


def member(document, name, *kinds):
    if not isinstance(document, dict):
        raise ValueError("JSON, but not an object")
    value = document.get(name)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"no good {name}")
    if isinstance(value, str):
        return printable(value)
    if not abs(value) <= NUMBER_MAX:  # NaN is not
        raise ValueError(f"{name} is out of range")
    return value


def expect(value, *allowed):
    if value not in allowed:
        raise ValueError("not " + " or ".join(allowed))
    return value


class Reading:
    """A temperature, whether the switch heated then, and what happened after it: the kind of an event or an action."""

    def __init__(self, value, is_on):
        self.value, self.is_on, self.mark = value, is_on, None


class Device:
    def __init__(self, name, base_topic, alert_above, threshold):
        self.name = name
        self.prefix = f"{base_topic}/{name}/"
        self.limits = {"alert": alert_above, "threshold": threshold}
        self.is_connected = False
        self.info = self.presence = self.is_on = self.temperature = None
        self.readings = collections.deque(maxlen=REMEMBERED)
        self.happenings = collections.deque(maxlen=REMEMBERED)
        self.seen, self.count = set(), 0
        self.meanings = {
            "info": self.on_info, "event": self.on_event, "event/presence": self.on_presence,
            "telemetry/temperature": self.on_temperature, "telemetry/switch": self.on_switch, "action/switch": self.on_action,
        }

    def happened(self, topic, kind, text):
        sentence = "" if kind in self.seen else SENTENCES.get(kind, "")
        self.seen.add(kind)
        self.count += 1
        self.happenings.append(Happening(time.time(), topic, kind, text, sentence))
        return self.happenings[-1]

    def on_message(self, topic, payload, retained):
        """Returns what has happened."""
        name = topic[len(self.prefix):] if topic.startswith(self.prefix) else topic
        meaning = self.meanings.get(name)
        try:
            if meaning and not payload:
                kind, text = "taken back", "(empty)"
            elif meaning:
                kind, text = meaning(self.document(payload), retained)
            else:
                kind, text = "unknown", f"unknown topic: {shortened(payload)}"
        except ValueError as error:
            kind, text = "malformed", f"malformed, {error}: {shortened(payload)}"
        return self.happened(printable(name), kind, text + " (retained)" * retained)

    @staticmethod
    def document(payload):
        if len(payload) > PAYLOAD_MAX:
            raise ValueError(f"longer than {PAYLOAD_MAX} bytes")
        try:
            return json.loads(payload.decode())
        except (ValueError, RecursionError):
            raise ValueError("no JSON") from None

    def on_info(self, document, _):
        fields = [member(document, name, str) for name in ("device_id", "producer", "software_version")]
        self.info = "{1}, version {2}".format(*fields)
        return "info", "{}, {}, version {}".format(*fields)

    def on_presence(self, document, _):
        expect(member(document, "event_type", str), "PRESENCE")
        self.presence = expect(member(document, "event_value", str), "ONLINE", "OFFLINE")
        return self.presence, self.presence

    def on_temperature(self, document, retained):
        expect(member(document, "value_type", str), "TEMPERATURE_SENSOR")
        value, before = float(member(document, "value", int, float)), self.temperature
        if retained:  # that tells how hot it was, not how hot it is
            return "reading", f"{value:.6g}"
        self.temperature = value
        self.readings.append(Reading(max(-CURVE_MAX, min(value, CURVE_MAX)), self.is_on))
        for name, limit in sorted(self.limits.items(), key=lambda item: -item[1]):
            if value > limit and (before is None or before <= limit):
                return name, f"{value:.6g}, above {limit:g}"
        return "reading", f"{value:.6g}"

    def on_switch(self, document, retained):
        expect(member(document, "value_type", str), "SWITCH")
        value = expect(member(document, "value", str), "ON", "OFF")
        if not retained:
            self.is_on = value == "ON"
        return "heats" if value == "ON" else "cools", value

    def on_event(self, document, retained):
        what = member(document, "event_type", str)
        text = f"{what} {member(document, 'event_value', int, float, str)}"
        if what != "OVER_HEATING":
            return "another event", text
        self.mark("event", retained)
        return "event", text

    def on_action(self, document, retained):
        text = "{} {}".format(member(document, "action_type", str), member(document, "action_value", str))
        if text not in ("SWITCH ON", "SWITCH OFF"):
            return "action", text
        kind = "command " + text.split()[1]
        self.mark(kind, retained)
        return kind, text

    def mark(self, kind, retained):
        """In the curve, behind the reading that it follows."""
        if self.readings and not retained:
            self.readings[-1].mark = kind
