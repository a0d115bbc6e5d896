"""Receives with Python's Paho: PORT FILTER COUNT. Prints "ready" once it has subscribed."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import playground  # noqa: E402

port, topic_filter, left = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])


def on_message(client, userdata, message):
    global left
    left -= 1
    if left == 0:
        client.disconnect()


client = playground.client()
client.on_connect = lambda client, *_: client.subscribe(topic_filter)
client.on_subscribe = lambda *_: print("ready", flush=True)
client.on_message = on_message
client.connect("127.0.0.1", port)
client.loop_forever()
