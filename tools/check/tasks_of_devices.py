"""The build tasks of exercise 5, as README.md words them."""

import json
import signal
import time

from lab import documents


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

    def overheats():
        """Whether one of the next two readings is an event."""
        enough = len(observer.of(base + "telemetry/temperature")) + 2
        return lab.until(overheated, unless=lambda: len(observer.of(base + "telemetry/temperature")) >= enough)

    def shows(pattern, count=1):
        """Whether it has, once it has dealt with all actions that came before."""
        return lab.shows(device.out, pattern, count, unless=lab.has_dealt_with_all(device, observer, base + "action/last"))

    act(alert, "ALERT_ABOVE", "-500", retain=True)
    device = lab.start("mqtt_smart_object", *broker.options, "--alert-above", 1000, "--interval", 0.1, "--seed", 1)
    lab.point("a retained ALERT_ABOVE is ignored, as every retained action",
              lab.shows(device.out, f"^refused {alert}: a retained action is ignored") and not overheats(),
              "A command that was kept is an old one, whatever it says.",
              "Leave that test of on_action before all others.",
              "on_action")
    act(switch, "SWITCH", "OFF")
    lab.point("the switch works as before", lab.until(
        lambda: "OFF" in [document.get("value") for document in documents(observer.of(base + "telemetry/switch"))],
        unless=lab.has_dealt_with_all(device, observer, base + "action/last")),
              "Something that worked before does not work any more: the switch.",
              "An action of type SWITCH on action/switch is not your new action.",
              "on_action")
    act(base + "action/dance", "DANCE", "0")
    act(base + "action/dance", "SWITCH", "ON")
    lab.point("what it does not know is refused, as before", shows(f"^refused {base}action/dance: ", 2),
              "What becomes of an action that nobody knows?",
              "After the actions that you know there is still the else: unknown action. An action is known by both: by its topic "
              "and by its action_type.",
              "on_action")
    act(switch, "ALERT_ABOVE", "0")
    act(alert, "SWITCH", "0")
    lab.point("so is ALERT_ABOVE on the topic of the switch, and SWITCH on that of the limit",
              shows(f"^refused {switch}: ") and shows(f"^refused {alert}: ", 2) and not overheats(),
              "The topic says one thing, the payload another. Which of the two counts?",
              "An action is known by both: by its topic and by its action_type.",
              "on_action")
    act(alert, "ALERT_ABOVE", "warm")
    act(alert, "ALERT_ABOVE", "-5 degrees")
    lab.point("so are values that are not numbers, `warm` and `-5 degrees`; the limit stays as it was",
              shows(f"^refused {alert}: ", 4) and not overheats(),
              "A value comes as a string. What if it is none of a number?",
              "number_from_text of playground/number.h reads a number from a string, and returns false for anything else.",
              "on_action")
    act(alert, "ALERT_ABOVE", "0")
    lab.point(f"ALERT_ABOVE 0 on {alert.removeprefix(base)} is shown as received",
              shows(f"^received {alert}: "),
              "The action arrives. What does on_action think of it?",
              "Its topic matches ACTION_FILTER already, so it arrives. Compare the topic and the action_type in on_action, and "
              "tell what was taken with console_received.",
              "on_action")
    lab.point("and the next reading above it is an OVER_HEATING event", overheats(),
              "The limit has changed. Does the next reading know?",
              "alert_above is the limit that on_reading_due compares with.",
              "on_reading_due")


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

    def until(condition, program=None):
        """Whether it holds, once the controller has dealt with all that came before."""
        return lab.until(condition, unless=lab.has_dealt_with_all(program or controller, observer, base + "/device001/event"))

    def has_subscribed():
        """Nothing more has come for a while."""
        return controller.err.matching("^Subscribed") and time.monotonic() - controller.err.times[-1] > 0.7

    measure("attic", 99, retain=True)
    options = [*broker.options, "--base-topic", base, "--threshold", 30]
    controller = lab.start("mqtt_smart_object_controller", *options, "--off-seconds", off_seconds)
    lab.point("it subscribes to the telemetry of every device",
              lab.shows(controller.err, rf"^Subscribed to: {base}/(\+/telemetry/(#|\+|temperature)|\+/#|#)$",
                        unless=has_subscribed),
              "Which filter matches the telemetry of all devices?",
              "In the place of the device id stands a +.",
              "on_connected")
    measure("kitchen", 31)
    lab.point("the kitchen gets too hot, and is switched off", until(lambda: actions("kitchen") == ["OFF"]),
              "Which device was it that got too hot?",
              "Answer on the topic of the device that the message came from: its id is one level of the message's topic.",
              "send_switch")
    measure("kitchen", 32)
    measure("attic", 29)
    if actions("kitchen"):  # what is switched off later, is to be switched on later
        lab.until(lambda: time.monotonic() - off_and_on("kitchen")[0] > 1)
    measure("cellar", 31)
    lab.point("so is the cellar, while the kitchen's timer runs",
              until(lambda: actions("cellar") == ["OFF"]) and actions("kitchen") == ["OFF"],
              "Two devices can be switched off at the same time.",
              "Whether it is off, and the timer, belong to a device: one of each for every device, in an array of structs.",
              "struct controller")
    for device in many:
        measure(device, 40)
    lab.point("so are eight more at once", until(lambda: all(actions(device)[:1] == ["OFF"] for device in many)),
              "How many devices can be switched off at the same time?",
              "Is there room for ten devices? And is each found again by the whole of its id?",
              "struct controller")
    devices = ["kitchen", "cellar", *many]
    lab.until(lambda: all(len(actions(device)) >= 2 for device in devices if actions(device)))
    lab.point("each is switched on again by its own timer",
              all(actions(device) == ["OFF", "ON"] and off_and_on(device)[1] - off_and_on(device)[0] > off_seconds - 0.5
                  for device in devices),
              "A timer has run out. Whose?",
              "The mail of the timer has to say whose timer it was; and no device is switched off twice while its timer runs.",
              "on_timer")
    measure("kitchen", 33)
    lab.point("the kitchen can be switched off a second time", until(lambda: actions("kitchen") == ["OFF", "ON", "OFF"]),
              "Is everything as it was, once a device is switched on again?",
              "timer_join when a timer has run, and forget that the device is off. A timer may not move in memory while it runs: "
              "no realloc.",
              "on_switch_on_due")
    publish("kitchen", "event", {"timestamp": 1, "event_type": "OVER_HEATING", "event_value": 33})
    publish("cellar", "info", {"device_id": "cellar", "producer": "check", "software_version": "1"})
    lab.point("events and announcements of any device are shown",
              until(lambda: controller.out.matching(f"^received {base}/kitchen/event: .*OVER_HEATING 33") and
                    controller.out.matching(f"^received {base}/cellar/info: device cellar")),
              "What kind of message is it? The device id in its topic may be any.",
              "The controller tells messages apart by their topic: topic_matches of playground/topic.h compares with a filter.",
              "on_received")
    lab.point("the attic, hot in a retained reading only, was left alone", actions("kitchen") and not actions("attic"),
              "Not every reading is of this moment.",
              "A retained reading tells how hot it was, not how hot it is.",
              "on_telemetry")
    late = lab.observe(broker.port, base + "/+/action/#")
    late.fence()
    lab.point("no action is retained", actions("kitchen") and not late.messages,
              "Who subscribes tomorrow is not to obey the command of today.",
              "NOT_RETAINED: a command is for now.",
              "send_switch")
    patient = lab.start("mqtt_smart_object_controller", *options, "--off-seconds", 600)
    lab.shows(patient.err, "^Subscribed", len(controller.err.matching("^Subscribed")))
    measure("garage", 40)
    is_off = until(lambda: patient.out.matching(f"^sent {base}/garage/action/switch: .*OFF"), patient)
    patient.send(signal.SIGINT)
    lab.point("Ctrl-C ends it at once, though a timer runs",
              is_off and lab.status_of(patient) == 0 and not patient.err.matching("Ended while"),  # by an alarm, where it hung
              "What still runs when the program is to end?",
              "Before the end: cancel and join every timer that runs, as main does with the one.",
              "main")
