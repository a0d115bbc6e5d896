"""An independent client: Python's Paho, of either of its two major versions."""

import threading
import time

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from .waiting import DEADLINE


def client(**options):
    """A client whose callbacks take what came with version 2, where there is one, as their last arguments."""
    if hasattr(paho, "CallbackAPIVersion"):
        return paho.Client(paho.CallbackAPIVersion.VERSION2, **options)
    return paho.Client(**options)


class Observer:
    """An independent client: Python's Paho. It subscribes at QoS 2, so as to see the QoS that was published with. With the
    version 5 its messages have properties, and so may what it publishes."""

    def __init__(self, port, *filters, username=None, password=None, qos=2, version=4):
        self.messages = []
        self.changed = threading.Condition()
        self.granted = 0
        self.filters = filters
        self.connected = None
        # With version 5 connect() asks for a clean start, unless it is told otherwise.
        self.client = client(protocol=paho.MQTTv5) if version == 5 else client(clean_session=True)
        if username is not None:
            self.client.username_pw_set(username, password)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.wait_for(lambda: self.connected is not None, "connection of the observer")
        if filters and self.connected == 0:
            self.client.subscribe([(topic_filter, qos) for topic_filter in filters])
            self.wait_for(lambda: self.granted > 0, "subscription of the observer")

    def _on_connect(self, client, userdata, flags, code, *_):
        with self.changed:
            self.connected = code
            self.changed.notify_all()

    def _on_subscribe(self, *_):
        with self.changed:
            self.granted += 1
            self.changed.notify_all()

    def _on_message(self, client, userdata, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def wait_for(self, condition, what, seconds=DEADLINE):
        with self.changed:
            assert self.changed.wait_for(condition, seconds), \
                f"did not happen in {seconds} s: {what}; last: {[(m.topic, m.payload) for m in self.messages[-5:]]}"

    def wait_for_count(self, count, topic=None):
        self.wait_for(lambda: len(self.of(topic)) >= count, f"{count} messages on {topic or 'any topic'}")
        return self.of(topic)

    def of(self, topic):
        return [message for message in self.messages if topic is None or message.topic == topic]

    def publish(self, topic, payload, qos=0, retain=False, properties=None):
        """Publishes, and waits until the broker has it (QoS 0: until it is written). The properties: those of MQTT 5, by the
        names that Python's Paho gives them."""
        packed = None
        if properties is not None:
            packed = Properties(PacketTypes.PUBLISH)
            for name, value in properties.items():
                setattr(packed, name, value)
        self.client.publish(topic, payload, qos, retain, packed).wait_for_publish(DEADLINE)

    def fence(self, below="fence"):
        """Waits until all has come that the broker has had: what this client published, and what others know has arrived.
        `below` is a topic below which it may publish and see."""
        mark = f"{below}/{id(self)}/{time.monotonic_ns()}"
        self.client.subscribe(mark, 1)
        self.publish(mark, "", 1)
        self.wait_for(lambda: any(message.topic == mark for message in self.messages), "the fence")
        with self.changed:
            self.messages = [message for message in self.messages if message.topic != mark]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
