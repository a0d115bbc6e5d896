"""Publishes with Python's Paho, one payload a line of a file: PORT TOPIC QOS PAYLOADS."""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import playground  # noqa: E402

port, topic, qos, path = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
with open(path, encoding="utf-8") as file:
    payloads = file.read().split()
connected, done = threading.Event(), threading.Event()
window = threading.Semaphore(10000)  # it cannot tell more than 65,535 messages from one another
published = 0


def on_publish(*_):
    global published
    published += 1
    window.release()
    if published == len(payloads):
        done.set()


client = playground.client()
client.on_connect = lambda *_: connected.set()
client.on_publish = on_publish
client.max_queued_messages_set(0)
client.connect("127.0.0.1", port)
client.loop_start()
connected.wait()
for payload in payloads:
    window.acquire()
    client.publish(topic, payload, qos)
done.wait()
client.disconnect()
client.loop_stop()
