"""Python's Paho, of either of its two major versions."""

import paho.mqtt.client as paho


def client(**options):
    """A client whose callbacks take what came with version 2, where there is one, as their last arguments."""
    if hasattr(paho, "CallbackAPIVersion"):
        return paho.Client(paho.CallbackAPIVersion.VERSION2, **options)
    return paho.Client(**options)
