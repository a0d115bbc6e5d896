"""Which payloads a program has to take, written down without a look at how it does so: Python's json made strict."""

import json
import math
import re

SIZE_MAX, DEPTH_MAX, DIGITS_MAX, STRING_MAX = 4096, 32, 63, 127
TIMESTAMP_MAX, NUMBER_MAX = 999999999999999, 1e308


class Refused(Exception):
    """The text says which rule was broken."""


class Object(list):
    """A JSON object as the list of its members, so that none of two with the same name gets lost."""


class Number(str):
    """A JSON number as it was written."""


def check(condition, rule):
    if not condition:
        raise Refused(rule)


def refuse_constant(name):
    raise Refused(f"{name} is not JSON")


def check_depth(text):
    """Before anything is parsed: brackets outside strings, however the document goes on."""
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*(?:"|$)|[\[{]|[\]}]', text, re.S):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token.group(), 0)
        check(depth <= DEPTH_MAX, "nested too deeply")


def check_content(value):
    """What JSON allows and the lab does not: NUL, half surrogate pairs, numbers that are long."""
    if isinstance(value, Number):
        check(len(value) <= DIGITS_MAX, "long number")
    elif isinstance(value, str):
        check("\0" not in value, "NUL")
        check(not re.search("[\ud800-\udfff]", value), "lone surrogate")
    elif isinstance(value, Object):
        for key, member in value:
            check_content(key)
            check_content(member)
    elif isinstance(value, list):
        for element in value:
            check_content(element)


def read_object(payload):
    check(0 < len(payload) <= SIZE_MAX, "size")
    check(b"\0" not in payload, "NUL")
    try:
        text = payload.decode("utf-8")
        check_depth(text)
        value = json.loads(text, object_pairs_hook=Object, parse_constant=refuse_constant, parse_int=Number,
                           parse_float=Number)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refused(str(error)) from error
    check_content(value)
    check(isinstance(value, Object), "not an object")
    members = dict(value)
    check(len(members) == len(value), "duplicate key")
    return members


def string(value):
    check(isinstance(value, str) and not isinstance(value, Number), "not a string")
    check(len(value.encode("utf-8")) <= STRING_MAX, "long string")
    return value


def number(value):
    check(isinstance(value, Number), "not a number")
    check(abs(float(value)) <= NUMBER_MAX, "too large")
    return float(value)


def timestamp(value):
    check(number(value).is_integer() and 0 <= number(value) <= TIMESTAMP_MAX, "not a timestamp")
    return int(number(value))


def number_or_string(value):
    return number(value) if isinstance(value, Number) else string(value)


DESCRIPTORS = {
    "message": {"timestamp": timestamp, "value_type": string, "value": number_or_string},
    "device": {"device_id": string, "producer": string, "software_version": string},
    "event": {"timestamp": timestamp, "event_type": string, "event_value": number_or_string},
    "action": {"action_type": string, "action_value": string},
}


def read(kind, payload):
    """The descriptor as a dict, or Refused."""
    members = read_object(payload)
    check(all(field in members for field in DESCRIPTORS[kind]), "a field is missing")
    return {field: reader(members[field]) for field, reader in DESCRIPTORS[kind].items()}


def accepts(kind, payload):
    try:
        read(kind, payload)
    except Refused:
        return False
    return True


def accepts_action(payload):
    """A switch knows two positions."""
    return accepts("action", payload) and read("action", payload) in [
        {"action_type": "SWITCH", "action_value": position} for position in ("ON", "OFF")]


def accepts_number(payload):
    """One finite decimal number of up to 63 characters, and nothing else."""
    decimal = rb"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
    return bool(len(payload) <= DIGITS_MAX and re.fullmatch(decimal, payload) and math.isfinite(float(payload)))
