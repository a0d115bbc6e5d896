"""Hostile payloads: a list of (name, payload), made from small tables. What is to become of them, oracle.py says."""

import json

GOOD = {
    "message": b'{"timestamp":1700000000,"value_type":"TEMPERATURE_SENSOR","value":28.53}',
    "device": b'{"device_id":"device001","producer":"P","software_version":"1.0.0"}',
    "event": b'{"timestamp":1700000000,"event_type":"OVER_HEATING","event_value":35.1}',
    "action": b'{"action_type":"SWITCH","action_value":"ON"}',
}
FIELDS = {kind: list(json.loads(document)) for kind, document in GOOD.items()}
SIZE_MAX = 4096
DEPTH_MAX = 32
STRING_MAX = 127

# Values in the place of a field's own.
VALUES = {
    "null": b"null", "true": b"true", "false": b"false", "array": b"[]", "array-of-one": b"[1]", "object": b"{}",
    "zero": b"0", "minus-zero": b"-0", "minus-one": b"-1", "one-and-a-half": b"1.5", "one-point-zero": b"1.0",
    "exponent": b"1e3", "capital-exponent": b"1E+3", "tiny": b"1e-400", "at-the-number-limit": b"1e308",
    "above-the-number-limit": b"1.01e308", "below-the-number-limit": b"-1.01e308", "largest": b"1.7976931348623157e308",
    "too-large": b"1e999", "too-small": b"-1e999", "largest-timestamp": b"999999999999999",
    "timestamp-too-large": b"1000000000000000", "2-to-the-63": b"9223372036854775808",
    "2-to-the-64": b"18446744073709551616", "just-not-whole": b"1.0000000000000002", "63-digits": b"1" * 63,
    "64-digits": b"1" * 64, "63-decimals": b"0." + b"1" * 61, "64-decimals": b"0." + b"1" * 62,
    "400-digits": b"9" * 400, "leading-zero": b"012", "leading-zeros": b"00", "leading-point": b".5",
    "trailing-point": b"1.", "plus": b"+1", "minus": b"-", "two-minus": b"--1", "hexadecimal": b"0x10",
    "no-exponent": b"1e", "signed-no-exponent": b"1e+", "fractional-exponent": b"1e1.5", "underscore": b"1_000",
    "comma": b"1,5", "NaN": b"NaN", "nan": b"nan", "Infinity": b"Infinity", "minus-Infinity": b"-Infinity",
    "inf": b"inf", "fullwidth-digit": "１".encode(), "bare-word": b"ON", "capital-True": b"True", "None": b"None",
    "undefined": b"undefined", "single-quotes": b"'ON'", "backquotes": b"`ON`", "empty-string": b'""',
    "number-in-a-string": b'"28.53"', "nothing": b"", "two-strings": b'"a" "b"', "unfinished-string": b'"ON',
}

# What stands between the quotation marks of a string.
STRINGS = {
    "escape-sequence": rb"\u001b[31mred\u001b[0m", "clear-screen": rb"\u001b[2J\u001b[H",
    "title": rb"\u001b]0;owned\u0007", "hyperlink": rb"\u001b]8;;http://x\u001b\\", "bell": rb"\u0007",
    "backspaces": rb"safe\b\b\b\bevil", "form-feed": rb"\f", "carriage-return": rb"x\rrefused a: y",
    "line-feed": rb"x\nreceived a/b: forged", "tab": rb"\t", "delete": rb"\u007f", "raw-delete": b"\x7f",
    "escaped-C1": rb"\u009b2J", "raw-C1": "\u009b2J\u0085\u0090".encode(), "escaped-NEL": rb"\u0085",
    "no-break-space": "\u00a0".encode(), "right-to-left": "\u202ereversed\u202c".encode(),
    "isolate": "\u2066a\u2069".encode(), "right-to-left-mark": "\u200f".encode(), "hebrew": "שלום".encode(),
    "line-separator": "a\u2028b\u2029c".encode(), "zero-width": "a\u200bb\ufeffc".encode(),
    "combining": ("e" + "\u0301" * 30).encode(), "emoji": "\U0001f525\U0001f9ca".encode(),
    "noncharacter": "\uffff\U0010ffff".encode(), "escaped-emoji": rb"\ud83d\ude00",
    "escaped-capitals": rb"\uD83D\uDE00", "escaped-ascii": rb"\u004f\u004e", "solidus": rb"\/", "quote": rb"\"",
    "backslash": rb"\\", "percent": b"%s%n%d%x" * 8, "backslash-at-the-end": b"\\",
    "escaped-NUL": rb"O\u0000N", "raw-NUL": b"O\x00N", "high-surrogate": rb"\ud800", "low-surrogate": rb"\udc00",
    "swapped-surrogates": rb"\ude00\ud83d", "two-high-surrogates": rb"\ud83d\ud83d",
    "high-surrogate-and-letter": rb"\ud83dA", "high-surrogate-and-escape": rb"\ud83d\n",
    "raw-surrogate": b"\xed\xa0\x80", "raw-surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "overlong-slash": b"\xc0\xaf", "overlong-NUL": b"\xc0\x80", "overlong-3": b"\xe0\x80\xaf",
    "overlong-4": b"\xf0\x80\x80\xaf", "above-10FFFF": b"\xf4\x90\x80\x80", "five-bytes": b"\xf8\x88\x80\x80\x80",
    "FE": b"\xfe", "FF": b"\xff", "lone-continuation": b"\x80", "unfinished-character": b"\xe2\x82",
    "latin-1": "Grüße".encode("latin-1"), "raw-line-feed": b"a\nb", "raw-tab": b"a\tb", "raw-CR": b"a\rb",
    "raw-escape": b"\x1b[31m", "raw-bell": b"\x07", "raw-01": b"\x01", "raw-1f": b"\x1f", "bad-escape": rb"\x41",
    "escaped-single-quote": rb"\'", "short-escape": rb"\u12", "not-hexadecimal": rb"\u12g4", "capital-U": rb"\U0041",
    "octal": rb"\101", "signed-escape": rb"\u+041", "at-the-limit": b"x" * STRING_MAX,
    "above-the-limit": b"x" * (STRING_MAX + 1), "at-the-limit-in-bytes": "é".encode() * 63 + b"x",
    "above-the-limit-in-bytes": "é".encode() * 64, "at-the-limit-escaped": rb"\u0001" * STRING_MAX,
    "above-the-limit-escaped": rb"\u0001" * (STRING_MAX + 1), "3000-bytes": b"x" * 3000,
}

# With a good document in the place of {}.
AROUND = {
    "white-space": b" \t\r\n{} \t\r\n", "byte-order-mark": b"\xef\xbb\xbf{}", "trailing-text": b"{}x",
    "twice": b"{}{}", "two-lines": b"{}\n{}", "trailing-comma": b"{},", "trailing-brace": b"{}}",
    "in-an-array": b"[{}]",
    "trailing-NUL": b"{}\x00", "leading-NUL": b"\x00{}", "vertical-tab": b"\x0b{}", "form-feed": b"\x0c{}",
    "trailing-no-break-space": b"{}\xc2\xa0", "comment": b"/* */{}", "line-comment": b"{}// x",
    "hash-comment": b"# x\n{}",
    "parentheses": b"({})", "in-a-string": b'"{}"', "semicolon": b"{};", "padded-to-the-limit": b"{}LIMIT",
    "padded-above-the-limit": b"{}ABOVE", "JSONP": b"f({})", "minus": b"-{}", "XSSI": b")]}'\n{}",
}

# Documents that have nothing of a descriptor.
OTHERS = {
    "empty": b"", "blank": b" ", "blanks": b" \t\r\n" * 100, "number": b"28.53", "minus-four": b"-4", "text": b"hello",
    "plus": b"+1", "leading-point": b".5", "trailing-point": b"5.", "space-before": b" 1", "line-feed-after": b"1\n",
    "NUL-after": b"1\x00", "nan": b"nan", "inf": b"inf", "infinity": b"-Infinity", "hexadecimal": b"0x1p3",
    "exponent": b"1e3", "1e999": b"1e999", "1e-999": b"1e-999", "63-digits": b"9" * 63, "64-digits": b"9" * 64,
    "63-digits-of-zero": b"0" * 63, "comma": b"28,53", "two-numbers": b"1 2", "two-points": b"1.2.3", "sign-only": b"-",
    "exponent-only": b"e5", "point-only": b".", "escape-sequence": b"\x1b[2J\x1b]0;owned\x07", "C1": b"\x9b2J",
    "UTF-8-C1": "\u009b2J".encode(), "bells": b"\x07" * 40, "line-feeds": b"\n" * 100, "CRLF": b"1\r\n2\r\n",
    "forged-line": b"x\nreceived a/b: 1.00", "cut-character": b"x" * 39 + "é".encode(), "percent": b"%s%n%s%n%s%n",
    "right-to-left": "\u202e1".encode(), "fullwidth": "１".encode(), "array": b"[]", "object": b"{}", "null": b"null",
    "true": b"true", "string": b'"x"', "zero": b"0", "array-of-objects": b"[{},{}]", "open-array": b"[",
    "open-object": b"{", "close": b"}", "colon": b"{:}", "comma-only": b"{,}", "key-only": b'{"a"}',
    "key-and-colon": b'{"a":}', "number-as-key": b"{1:1}", "unquoted-key": b"{timestamp:1}",
    "single-quoted-key": b"{'timestamp':1}", "no-comma": b'{"a":1 "b":2}', "trailing-comma": b'{"a":1,}',
    "leading-comma": b'{,"a":1}', "trailing-comma-in-array": b"[1,]", "mismatched": b'{"a":[}]',
    "semicolon": b'{"a":1;}',
    "equals": b'{"a"=1}', "XML": b"<value>1</value>", "YAML": b"value: 1", "CBOR": b"\xa1\x61\x61\x01",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16-no-BOM": '{"a":1}'.encode("utf-16-le"), "UTF-32": '{"a":1}'.encode("utf-32"), "NULs": b"\x00" * 100,
    "FFs": b"\xff" * 100, "every-byte": bytes(range(256)), "every-byte-backwards": bytes(range(255, -1, -1)),
    "4095-bytes": b"x" * (SIZE_MAX - 1), "4096-bytes": b"x" * SIZE_MAX, "4097-bytes": b"x" * (SIZE_MAX + 1),
    "4096-digits": b"1" * SIZE_MAX, "256-KiB-of-text": b"x" * 262144, "256-KiB-of-brackets": b"[" * 262144,
    "256-KiB-of-NULs": b"\x00" * 262144, "256-KiB-of-escapes": b"\x1b" * 262144,
    "10000-arrays": b"[" * 10000 + b"]" * 10000, "10000-open-objects": b'{"a":' * 10000,
    "2048-arrays": b"[" * 2048 + b"]" * 2048,
    "4096-open-arrays": b"[" * SIZE_MAX, "4096-backslashes": b"\\" * SIZE_MAX, "4096-quotes": b'"' * SIZE_MAX,
}


def document(kind, **replaced):
    """A good document as bytes, with the raw bytes given in the place of some values."""
    members = json.loads(GOOD[kind])
    values = {key: json.dumps(value).encode() for key, value in members.items()} | replaced
    return b"{" + b",".join(b'"%s":%s' % (key.encode(), value) for key, value in values.items()) + b"}"


def nested(depth, opening=b"[", closing=b"]", middle=b""):
    return opening * depth + middle + closing * depth


def of_kind(kind):
    """What is made of the descriptors of one kind."""
    good, fields = GOOD[kind], FIELDS[kind]
    yield "good", good
    for length in range(len(good)):
        yield f"cut-after-{length}", good[:length]
    for field in fields:
        for name, value in VALUES.items():
            yield f"{field}-{name}", document(kind, **{field: value})
        rest = [key for key in fields if key != field]
        yield f"without-{field}", b"{" + b",".join(b'"%s":"x"' % key.encode() for key in rest) + b"}"
        key = field.encode()
        own = json.dumps(json.loads(good)[field]).encode()
        escaped = b"\\u%04x" % key[0] + key[1:]
        for name, other in {"twice": key, "twice-escaped": escaped}.items():
            yield f"{field}-{name}", good[:-1] + b',"%s":%s}' % (other, own)
        for name, other in {"escaped": escaped, "capital": key.upper(), "title": key.title(), "space": key + b" ",
                            "cut": key[:-1], "with-NUL": key + b"\\u0000"}.items():
            yield f"{field}-key-{name}", good.replace(b'"%s"' % key, b'"%s"' % other)
        yield f"{field}-capital-too", good[:-1] + b',"%s":null}' % key.upper()
    for field in fields[-2:]:
        for name, text in STRINGS.items():
            yield f"{field}-string-{name}", document(kind, **{field: b'"%s"' % text})
    for name, pattern in AROUND.items():
        payload = pattern.replace(b"{}", good)
        payload = payload.replace(b"LIMIT", b" " * (SIZE_MAX - len(payload) + 5))
        yield name, payload.replace(b"ABOVE", b" " * (SIZE_MAX - len(payload) + 6))
    unknown = {
        "unknown": b'"x":1', "unknown-twice": b'"x":1,"x":1', "unknown-twice-escaped": rb'"x":1,"\u0078":2',
        "unknown-null": b'"x":null', "unknown-too-large": b'"x":1e999',
        "unknown-long-string": b'"x":"' + b"y" * 1000 + b'"',
        "unknown-long-key": b'"' + b"k" * 1000 + b'":1', "unknown-empty-key": b'"":1', "unknown-NUL": rb'"x":"\u0000"',
        "unknown-surrogate": rb'"x":["\udead"]', "unknown-long-number": b'"x":[' + b"1" * 64 + b"]",
        "unknown-key-with-escapes": rb'"\u001b[2J":"\u001b[2J"', "unknown-__proto__": b'"__proto__":{"x":1}',
        "many-members": b",".join(b'"k%d":%d' % (i, i) for i in range(300)),
        "many-elements": b'"x":[' + b",".join(b"%d" % (i % 10) for i in range(1800)) + b"]",
        "depth-at-the-limit": b'"x":' + nested(DEPTH_MAX - 1), "depth-above-the-limit": b'"x":' + nested(DEPTH_MAX),
        "objects-at-the-limit": b'"x":' + nested(DEPTH_MAX - 1, b'{"a":', b"}", b"1"),
        "objects-above-the-limit": b'"x":' + nested(DEPTH_MAX, b'{"a":', b"}", b"1"),
        "depth-1900": b'"x":' + nested(1900),
        "wide-and-flat": b'"x":[' + b",".join([nested(DEPTH_MAX - 2)] * 50) + b"]",
        "brackets-in-a-string": b'"x":"' + b"[" * 1000 + b'"',
    }
    for name, members in unknown.items():
        yield name, good[:-1] + b"," + members + b"}"
        yield f"{name}-first", b"{" + members + b"," + good[1:]
    yield "other-order", b"{" + b",".join(reversed(good[1:-1].split(b","))) + b"}"


def build():
    """All payloads; the first of those that are the same."""
    seen = set()
    for name, payload in [*OTHERS.items(), *((f"byte-{byte:02x}", bytes([byte])) for byte in range(256)),
                          *((f"{kind}-{name}", payload) for kind in GOOD for name, payload in of_kind(kind))]:
        if payload not in seen:
            seen.add(payload)
            yield name, payload


CORPUS = list(build())


def corpus_for(kind):
    """What one reader is sent: what concerns every reader, and what is made of its own descriptor."""
    others = tuple(f"{other}-" for other in GOOD if other != kind)
    return [(name, payload) for name, payload in CORPUS if not name.startswith(others) or name.endswith("-good")]
