"""Whatever stands behind an option, it is taken or refused in one line that names the option; no password is told."""

import concurrent.futures
import functools
import os
import re
import subprocess

import pytest
from playground import ALL_PROGRAMS, BUILD, DEADLINE, PROGRAMS, PROGRAMS_OF_PART_TWO, free_port
from raw import assert_harmless
from test_command_line import NEEDS

SECRET = b"s3cr3t"  # part of every password

# Refused by every option but those that may hold any text, and harmless where they are not.
VALUES = {
    "empty": b"", "10-kB": b"x" * 10000, "10-kB-of-digits": b"9" * 10000, "1023-bytes": b"x" * 1023,
    "1024-bytes": b"x" * 1024,
    "not-UTF-8": b"\xff\xfe", "overlong": b"\xc0\xaf", "surrogate": b"\xed\xa0\x80", "cut-character": b"\xe2\x82",
    "minus-one": b"-1", "minus-0.5": b"-0.5", "minus-huge": b"-99999999999999999999", "minus-zero": b"-0",
    "2-to-the-31": b"2147483648", "2-to-the-63": b"9223372036854775808", "2-to-the-64": b"18446744073709551616",
    "1e999": b"1e999", "minus-1e999": b"-1e999", "1e19": b"1e19", "one-and-a-half": b"1.5x", "hexadecimal": b"0x10",
    "nan": b"nan", "NaN": b"NaN(1)", "inf": b"inf", "minus-infinity": b"-Infinity", "space": b" 1", "spaces": b"  ",
    "new-line": b"1\n", "forged-line": b"x\nSummary: 1 sent", "carriage-return": b"x\ry", "bell": b"\x07",
    "tab": b"\t", "delete": b"\x7f", "escape-sequence": b"\x1b[31mred\x1b[0m", "title": b"\x1b]0;owned\x07",
    "raw-C1": b"\x9b2J", "C1": "\u009b2J".encode(), "NEL": "\u0085".encode(), "01": b"\x01", "percent": b"%s%n%s%n%d",
    "wildcards": b"+/#", "dashes": b"--", "option": b"--help", "at": b"@", "at-file": b"@/etc/passwd", "equals": b"=",
    "no-such-file": b"/no/such/file\x1b[2J", "folder": b"/", "right-to-left": "\u202egpj.exe".encode(),
}
# A name is looked up: these would leave this computer, or name another.
LOOKED_UP = {"minus-one", "minus-0.5", "minus-huge", "minus-zero", "2-to-the-31", "2-to-the-63", "2-to-the-64", "1e999",
             "minus-1e999", "1e19", "one-and-a-half", "hexadecimal", "nan", "NaN", "inf", "minus-infinity", "dashes",
             "option", "equals", "percent", "wildcards", "right-to-left", "space", "spaces", "1023-bytes",
             "10-kB-of-digits"}
HOST_REFUSED = {name: value for name, value in VALUES.items() if name not in LOOKED_UP}
URLS = {f"port-{name}": b"mqtt://127.0.0.1:" + value for name, value in VALUES.items() if value} | {
    "other-scheme": b"http://127.0.0.1", "no-scheme": b"127.0.0.1", "no-host": b"mqtt://",
    "no-host-but-port": b"mqtt://:1",
    "password": b"mqtt://alice:" + SECRET + b"@127.0.0.1", "open-bracket": b"mqtt://[::1",
    "empty-brackets": b"mqtt://[]",
    "double-brackets": b"mqtt://[[::1]]:1", "path": b"mqtt://127.0.0.1/x",
    "query": b"mqtt://127.0.0.1?x", **HOST_REFUSED}
FILES = {name: value for name, value in VALUES.items() if name != "folder"}

HELP = re.compile(r"^  (?:-(\w), |    )--([\w-]+)=", re.M)


def run(name, arguments, environment=None):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MQTT_")}
    return subprocess.run([str(BUILD / "bin" / name), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          env={**clean, **(environment or {})}, timeout=DEADLINE, check=False)


@functools.cache
def options_of(name):
    """The long options that take a value, with their letters, as the program lists them."""
    return [(long, letter) for letter, long in HELP.findall(run(name, ["--help"]).stdout.decode())]


def values_for(option):
    if option == "host":
        return HOST_REFUSED
    if option == "url":
        return URLS
    if option in ("cafile", "cert", "key", "password-file"):
        return FILES
    if option == "password":
        return {name: SECRET + value + SECRET for name, value in VALUES.items()} | {"empty": b""}
    return VALUES


def dealt(name, option, values):
    """The part of the values that this program tries: those of its part that have the option share them, for it is one table
    that reads it."""
    owners = [program for program in (PROGRAMS if name in PROGRAMS else PROGRAMS_OF_PART_TWO)
              if option in dict(options_of(program))]
    return list(values.items())[owners.index(name)::len(owners)]


def judge(name, what, result, allowed_names):
    """Refused with one line that names the option, or taken; and then there is no broker."""
    assert result.returncode in (64, 69), (what, result.returncode, result.stderr[-300:])
    assert_harmless(result.stderr)
    assert result.stdout == b"", what
    lines = result.stderr.decode("utf-8").splitlines()
    assert len(lines) == 1 and lines[0].startswith(f"{name}: "), (what, lines)
    if result.returncode == 64:
        assert any(allowed in lines[0] for allowed in allowed_names), (what, lines)
    assert SECRET not in result.stderr, what
    return result.returncode


def all_runs(name, port):
    """(what, arguments, environment, names of which one has to be in a refusal) of every run."""
    start = ["--host", "127.0.0.1", "--port", str(port)]
    needs = ["-u", "alice"] if name in NEEDS else []
    for option, letter in options_of(name):
        for what, value in dealt(name, option, values_for(option)):
            before = needs + (start if option not in ("host", "port") else ["--host", "127.0.0.1"])
            if option == "password" and not needs:
                before = before + ["-u", "alice"]
            yield f"--{option} {what}", [*before, f"--{option}".encode(), value], None, [f"--{option}"]
            if option == "password":
                yield f"--{option}={what}", [*before, f"--{option}=".encode() + value], None, ["--password"]
                yield f"-{letter}{what}", [*before, f"-{letter}".encode() + value], None, ["--password", "-P"]
    for variable in ("MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"):
        option = variable[5:].lower()
        for what, value in dealt(name, option, values_for(option)):
            rest = needs + (start[2:] if variable == "MQTT_HOST" else start[:2] if variable == "MQTT_PORT" else start)
            if value == b"" and variable in ("MQTT_HOST", "MQTT_PORT"):
                continue  # as good as unset
            if variable == "MQTT_PASSWORD":
                rest = rest + ["-u", "alice"]
            yield f"{variable} {what}", rest, {variable: value}, [variable, "--username"]


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_every_value_of_every_option_is_taken_or_refused_in_one_line(name):
    port = free_port()
    runs = list(all_runs(name, port))
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        results = pool.map(lambda each: run(name, each[1], each[2]), runs)
        statuses = [judge(name, what, result, names) for (what, _, _, names), result in zip(runs, results)]
    assert len(statuses) > 70 and statuses.count(64) > statuses.count(69) > 2


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_help_lists_the_options_this_corpus_is_made_for(name):
    listed = dict(options_of(name))
    assert {"host", "port", "url", "username", "password", "password-file", "id", "cafile", "cert", "key", "keepalive",
            "wait", "count"} <= set(listed)
    assert len(listed) >= 15


@pytest.mark.parametrize("arguments", [
    ["-P", SECRET, "--nonsense"], ["-P", SECRET, "surplus"], ["-P", SECRET, "-p", "x"],
    ["--pasword=" + SECRET.decode()],
    ["-P" + SECRET.decode(), "-q", "7"], ["-P", SECRET], ["-P", SECRET * 200], ["--url", b"mqtt://a:" + SECRET + b"@b"],
    ["-P", SECRET, "--help"], ["-P", SECRET, "--usage"],
], ids=repr)
def test_no_password_is_told(arguments):
    result = run("simple_producer", arguments)
    assert SECRET not in result.stdout + result.stderr
    assert result.returncode == (0 if b"Usage" in result.stdout else 64)
