"""Watches a device of exercise 5, live, as a third client that only listens: a picture on a terminal, else a log.

    watch.py [OPTION...] [DEVICE]        watch.py --help says which"""

import argparse
import os
import queue
import secrets
import shlex
import signal
import sys
import time

from device import TOPIC_WIDTH, Device, printable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from playground import client  # noqa: E402

REFRESH = 0.1  # seconds between two pictures, at least
PATIENCE = 2  # seconds after which it says what it waits for
EX_IOERR = 74  # as the programs: standard output cannot be written


class Ears:
    """The client. Its thread puts what it hears into a queue; the main thread takes it out, and does all the rest."""

    def __init__(self, host, port, topic_filter):
        self.heard = queue.Queue(1000)
        self.is_open = True
        self.filter = topic_filter
        self.client = client(client_id=f"watch-{secrets.token_hex(4)}", clean_session=True)
        if os.environ.get("MQTT_USERNAME"):
            self.client.username_pw_set(os.environ["MQTT_USERNAME"], os.environ.get("MQTT_PASSWORD"))
        self.client.on_connect = self.on_connect
        self.client.on_connect_fail = lambda *_: self.put("absent")
        self.client.on_disconnect = lambda *_: self.put("lost")
        self.client.on_subscribe = lambda _, __, ___, granted, *____: self.put(
            "subscribed" if int(getattr(granted[0], "value", granted[0])) < 128 else "forbidden")
        self.client.on_message = lambda _, __, message: self.put("message", message)
        self.client.reconnect_delay_set(1, 4)
        self.client.connect_async(host, port, keepalive=10)
        self.client.loop_start()

    def on_connect(self, _, __, ___, code, *____):
        if code == 0:
            self.client.subscribe(self.filter, qos=1)  # of the order in which the broker passes on, nothing is lost
        else:
            self.put("refused")

    def put(self, *what):
        while self.is_open:
            try:
                return self.heard.put(what, timeout=REFRESH)
            except queue.Full:
                pass  # the network waits meanwhile, too

    def close(self):
        self.is_open = False
        self.client.disconnect()
        self.client.loop_stop()


class Log:
    """Where there is no terminal to draw on: a line for each thing that happens."""

    def __enter__(self):
        sys.stdout.reconfigure(errors="backslashreplace")
        return self

    def __exit__(self, *_):
        pass

    def show(self, happening):
        clock = time.strftime("%H:%M:%S", time.localtime(happening.time))
        topic = happening.topic and happening.topic.ljust(TOPIC_WIDTH)
        print(clock, f"{topic}{happening.words}", sep="  ", flush=True)

    def refresh(self):
        pass


class Watch:
    """Takes what the ears have heard, and shows it."""

    def __init__(self, arguments, device, screen):
        self.arguments, self.device, self.screen = arguments, device, screen
        self.state = None  # of the connection
        self.quiet_since = None  # we are subscribed, and nothing has come yet
        self.is_over = False

    def tell(self, kind, text):
        self.screen.show(self.device.happened("", kind, text))

    def on_state(self, state):
        if state == self.state or (state == "lost" and self.state != "subscribed"):
            return
        self.state = state
        self.device.is_connected = state == "subscribed"
        self.quiet_since = time.monotonic() if state == "subscribed" else None
        broker = f"{self.arguments.host}:{self.arguments.port}"
        self.tell(state, {
            "subscribed": f"Subscribed to {self.device.prefix}# at {broker}",
            "absent": f"No broker at {broker}: start one with ./lab broker. Trying again",
            "lost": "The connection to the broker is lost. Trying again",
            "refused": "The broker refuses the connection. Trying again",
            "forbidden": "The broker refuses the subscription",
        }[state])

    def on_message(self, message):
        self.quiet_since = None
        happening = self.device.on_message(message.topic, message.payload, message.retain)
        self.screen.show(happening)
        self.is_over = self.arguments.until_offline and happening.kind == "OFFLINE" and not message.retain

    def on_silence(self):
        self.quiet_since = None
        options = "".join(f" {option}" for option in self.arguments.passed_on)
        self.tell("waiting", f"Waiting for {self.device.name}. Start it in another terminal, and its controller in a third:")
        for program in ("mqtt_smart_object", "mqtt_smart_object_controller"):
            self.tell("waiting", f"    build/dev/bin/{program}{options}")

    def take(self, ears):
        """Waits for the next things that were heard, but not for long."""
        try:
            what = ears.heard.get(timeout=REFRESH)
            for _ in range(1000):
                if what[0] == "message":
                    self.on_message(what[1])
                else:
                    self.on_state(what[0])
                what = ears.heard.get_nowait()
        except queue.Empty:
            pass
        if self.quiet_since is not None and time.monotonic() > self.quiet_since + PATIENCE:
            self.on_silence()


def number(kind, low, high):
    def read(text):
        value = kind(text)
        if not low <= value <= high:
            raise ValueError
        return value

    read.__name__ = f"number from {low} to {high}"
    return read


def topic_part(forbidden):
    def read(text):
        if not text or len(text.encode()) > 64 or printable(text) != text or any(character in forbidden for character in text):
            raise ValueError
        return text

    read.__name__ = "name"
    return read


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(64, f"watch: {message} (see ./lab watch --help)\n")


def read_arguments():
    parser = Parser(prog="./lab watch", description="Shows what a device of exercise 5 does, live.")
    environment = os.environ
    parser.add_argument("device", nargs="?", default="device001", type=topic_part("/+#"), help="its id: %(default)s")
    parser.add_argument("--host", default=environment.get("MQTT_HOST") or "localhost", help="the broker's; or MQTT_HOST")
    parser.add_argument("--port", default=environment.get("MQTT_PORT") or "1883", type=number(int, 1, 65535),
                        help="the broker's; or MQTT_PORT")
    parser.add_argument("--base-topic", default="/device", type=topic_part("+#"), metavar="TOPIC",
                        help="what the topics start with: %(default)s")
    parser.add_argument("--alert-above", default=35, type=number(float, -1000, 1000), metavar="CELSIUS",
                        help="that of the device: %(default)s")
    parser.add_argument("--threshold", default=37, type=number(float, -1000, 1000), metavar="CELSIUS",
                        help="that of the controller: %(default)s")
    parser.add_argument("--until-offline", action="store_true", help="end when the device goes")
    arguments = parser.parse_args()
    try:
        arguments.host.encode("idna")
    except UnicodeError:
        parser.error("the host has no good name")
    arguments.passed_on = [f"--{option} {shlex.quote(str(value))}" for option, value, default in (
        ("device-id", arguments.device, parser.get_default("device")),
        ("host", arguments.host, parser.get_default("host")),
        ("port", arguments.port, int(parser.get_default("port"))),
        ("base-topic", arguments.base_topic, parser.get_default("base_topic"))) if value != default]
    return arguments


def screen_for(arguments, device):
    if sys.stdout is None:
        print("watch: standard output is closed", file=sys.stderr)
        sys.exit(EX_IOERR)
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") in ("", "dumb") or "utf" not in sys.stdout.encoding.lower():
        return Log()
    try:
        from picture import Picture
    except ImportError:
        print("There is no rich for this Python, which draws the picture. ./lab setup check or pip3 install rich brings it",
              file=sys.stderr)
        return Log()
    os.environ.pop("COLUMNS", None)  # what the terminal says itself is right after a change of its size, too
    os.environ.pop("LINES", None)
    return Picture(device, f"{arguments.host}:{arguments.port}")


def main():
    arguments = read_arguments()
    stopped = []
    for name in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.append(True))
    device = Device(arguments.device, arguments.base_topic, arguments.alert_above, arguments.threshold)
    ears = Ears(arguments.host, arguments.port, f"{device.prefix}#")
    try:
        with screen_for(arguments, device) as screen:
            watch = Watch(arguments, device, screen)
            while not stopped and not watch.is_over:
                watch.take(ears)
                screen.refresh()
    except OSError as error:
        print(f"watch: standard output cannot be written: {error.strerror}", file=sys.stderr)
        os._exit(EX_IOERR)  # or else Python tries to write the rest, and complains
    finally:
        ears.close()


if __name__ == "__main__":
    main()
