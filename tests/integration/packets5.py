"""Packets of MQTT 5 as a broker sends them, byte by byte: right ones, and any other."""

from playground import wire

PAYLOAD_FORMAT, MESSAGE_EXPIRY, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION_DATA = 0x01, 0x02, 0x03, 0x08, 0x09
SESSION_EXPIRY, SERVER_KEEP_ALIVE, RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, TOPIC_ALIAS = 0x11, 0x13, 0x21, 0x22, 0x23
MAXIMUM_QOS, RETAIN_AVAILABLE, USER_PROPERTY, MAXIMUM_PACKET_SIZE = 0x24, 0x25, 0x26, 0x27


def length(number):
    """A variable byte integer."""
    encoded = b""
    while number >= 0x80:
        encoded, number = encoded + bytes([number & 0x7F | 0x80]), number >> 7
    return encoded + bytes([number])


def read_length(data):
    """The number at the beginning of the bytes, and what follows it."""
    number, shift = 0, 0
    for position, byte in enumerate(data):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, data[position + 1:]
    raise ValueError(data)


def text(data):
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(2, "big") + data


def number(code, value, size):
    return bytes([code]) + value.to_bytes(size, "big")


def pair(name, value):
    return bytes([USER_PROPERTY]) + text(name) + text(value)


def content_type(data):
    return bytes([CONTENT_TYPE]) + text(data)


def packet(head, body):
    return bytes([head]) + length(len(body)) + body


def connack(properties=b"", reason=0):
    return packet(0x20, bytes([0, reason]) + length(len(properties)) + properties)


def publish(topic, payload, properties=b"", size=None):
    """At QoS 0. `size`: what it says of the length of its properties, if that is a lie."""
    return packet(0x30, text(topic) + length(len(properties) if size is None else size) + properties + payload.encode())


def properties_of(publication, qos):
    """The topic, the bytes of the properties, and the payload of a PUBLISH, without its first two bytes or three."""
    _, body = read_length(publication[1:])
    end = 2 + int.from_bytes(body[:2], "big")
    count, rest = read_length(body[end + (2 if qos else 0):])
    return body[2:end].decode(), rest[:count], rest[count:]


def broker(connack_properties=b"", granted=(0,), reasons=(), more=(), acknowledges=True):
    """A script that accepts connections, grants subscriptions with these codes (the last one from then on), acknowledges
    messages with these reasons (then with none; not at all, where they come at QoS 0), and sends `more` behind the first
    SUBACK."""
    grants, answers, rest = list(granted), list(reasons), list(more)

    def script(kind, body):
        if kind == wire.CONNECT:
            return connack(connack_properties)
        if kind == wire.SUBSCRIBE:
            code = grants.pop(0) if len(grants) > 1 else grants[0]
            return packet(0x90, body[:2] + b"\x00" + bytes([code])) + b"".join(rest.pop(0) for _ in list(rest))
        if kind == wire.UNSUBSCRIBE:
            return packet(0xB0, body[:2] + b"\x00\x11")
        if kind == wire.PUBLISH and acknowledges:
            reason = answers.pop(0) if answers else 0
            return packet(0x40, wire.packet_id(body) + (bytes([reason, 0]) if reason else b""))
        return b"\xd0\x00" if kind == wire.PINGREQ else None

    return script
