"""What a terminal shows: colours that repeat what the words say, and progress in one line, however wide it is. And what a
pipe and a file get: the text, and not one byte more."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import time

import pytest
from playground import BUILD, DEADLINE, Lines, wait_until

ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
NOWHERE = ["--host", "127.0.0.1", "--port", "1"]  # nobody listens there


def on_terminal(command, columns=80, output=None, **environment):
    """Runs a command whose standard error, and whose output if nothing else is given, is a terminal of that many columns.
    Returns what it wrote there, what it wrote to the pipe that was given as output, and its status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {name: value for name, value in {**os.environ, "TERM": "xterm", "NO_COLOR": None, **environment}.items()
                 if value is not None}
    with subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL, stdout=output or slave, stderr=slave, env=variables,
                          encoding="utf-8") as process:
        os.close(slave)
        lines = Lines(process.stdout) if output else None
        seen = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # the end of a terminal
                break
            seen += data
        os.close(master)
        status = process.wait(DEADLINE)
        if lines:
            lines.thread.join(DEADLINE)
    return seen.decode().replace("\r\n", "\n"), lines.lines if lines else None, status


def program(name, *arguments):
    return [BUILD / "bin" / name, *arguments]


def coloured(text):
    """The colour of each word that has one, and the text without any."""
    return dict(re.findall(r"\x1b\[(38;5;\d+)m([^\x1b]+)\x1b\[0m", text)), ESCAPE.sub("", text)


def say_all(broker, observe, **environment):
    """What the terminals of three programs show, together: a message sent, one received, one refused, and an error."""
    producer = program("simple_producer", *broker.options, "-C", 1)
    observe(broker.port).publish("sensor/temperature", "28.53", retain=True)
    observe(broker.port).publish("text", "\x1b[31mred", retain=True)
    consumer = program("simple_consumer", *broker.options, "-C", 2)
    absent = program("simple_consumer", *NOWHERE)
    return "".join(on_terminal(command, **environment)[0] for command in (producer, consumer, absent))


def test_each_kind_of_line_has_its_colour_and_says_the_same_without_it(broker, observe):
    colours, text = coloured(say_all(broker, observe))
    words = {word: colour for colour, word in colours.items()}
    assert set(words) == {"sent", "received", "refused", "simple_consumer"} and len(set(words.values())) == 4
    assert re.search(r"^sent sensor/temperature: ", text, re.M)
    assert re.search(r"^received sensor/temperature: 28.53 \(retained\)$", text, re.M)
    assert re.search(r"^refused text: not a number: \\x1b\[31mred", text, re.M)
    assert re.search(r"^simple_consumer: no broker at ", text, re.M)
    assert "\x1b" not in text


def luminance(number):
    """Of one of the 216 colours of the cube, as https://www.w3.org/TR/WCAG20/#relativeluminancedef has it."""
    def linear(level):
        value = (0, 95, 135, 175, 215, 255)[level] / 255
        return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4

    red, green, blue = ((number - 16) // base % 6 for base in (36, 6, 1))
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def test_each_colour_is_told_from_black_and_from_white(broker, observe):
    colours, _ = coloured(say_all(broker, observe))
    assert len(colours) == 4
    for colour in colours:
        light = luminance(int(colour.rsplit(";", 1)[1]))
        assert (light + 0.05) / 0.05 > 3.8 and 1.05 / (light + 0.05) > 3.8, colour


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": None}, {"TERM": ""}], ids=str)
def test_who_wants_no_colours_gets_none(broker, observe, environment):
    text = say_all(broker, observe, **environment)
    assert "received sensor/temperature: 28.53" in text and "\x1b" not in text


def test_an_empty_no_color_says_nothing(broker, observe):
    assert "\x1b[" in say_all(broker, observe, NO_COLOR="")


def test_a_pipe_and_a_file_get_no_escape_byte(broker, run, tmp_path):
    flood = program("simple_producer", *broker.options, "-C", 2, "--interval", 0)
    _, lines, status = on_terminal(flood, output=subprocess.PIPE)
    assert status == 0 and len(lines) == 2 and all(line.startswith("sent ") for line in lines)
    with open(tmp_path / "output", "w", encoding="utf-8") as file:
        absent = run("simple_consumer", *NOWHERE, stdout=file, environment={"TERM": "xterm"})
        assert absent.wait() == 69
    assert not any("\x1b" in line for line in absent.err.lines) and (tmp_path / "output").read_text() == ""


def test_a_flood_shows_its_progress_ten_times_a_second_at_most(broker):
    flood = program("simple_producer", *broker.options, "-C", 150, "--interval", 0.01)
    start = time.monotonic()
    seen, lines, status = on_terminal(flood, output=subprocess.PIPE)
    seconds = time.monotonic() - start
    shown = re.findall(r"\r(\d+) messages of 150, (\d+) s left, ([0-9.]+)/s *", seen)
    assert status == 0 and 3 <= len(shown) <= 10 * seconds
    numbers = [int(number) for number, _, _ in shown]
    assert numbers == sorted(numbers) and numbers[-1] <= 150
    assert all(float(rate) <= 110 for _, _, rate in shown)
    # The line makes room for the others.
    assert re.search(r"\r +\rSummary: 150 sent", seen)
    assert len(lines) == 150


@pytest.mark.parametrize("columns, width", [(20, 19), (60, 59), (200, 70), (0, 70)])
def test_progress_stays_in_one_line_of_a_terminal_of_any_width(broker, columns, width):
    """0: a terminal that does not know how wide it is."""
    seen, _, _ = on_terminal(program("simple_producer", *broker.options, "-C", 60, "--interval", 0.01, "--quiet"), columns)
    shown = re.findall(r"\r(\d+ messages[^\r\n]*)", seen)
    assert len(shown) >= 3 and {len(line) for line in shown} == {width}
    assert f"\r{' ' * width}\rSummary" in seen


def test_progress_follows_a_terminal_that_changes_its_size(broker, terminal):
    def progress():
        return [line for line in shown.screen().splitlines() if "messages" in line]

    shown = terminal(*program("simple_producer", *broker.options, "--count", 0, "--interval", 0.01, "--quiet"), columns=30)
    # Where it becomes narrower, the line that stands there is broken in two, and its first part stays.
    for columns, old in ((30, 0), (60, 0), (120, 0), (40, 1), (25, 2)):
        shown.resize(columns, 24)
        for _ in range(4):
            seen = progress()
            wait_until(lambda: progress() != seen, "the next progress")
        assert len(progress()) <= 1 + old and all(len(line) < columns for line in progress()[old:])
    shown.type("C-c")
    shown.wait_for("^Summary: ")
    assert shown.wait_for_end() == 0


def test_ctrl_c_typed_at_a_terminal_ends_what_was_typed_there(broker, terminal):
    """Both ends of a pipe: the terminal sends the signal to each."""
    shown = terminal("sh", "-c", "trap : INT; " + " ".join(map(str, program("simple_consumer", *broker.options))) + " | cat")
    shown.wait_for("^Subscribed to: #")
    shown.type("C-c")
    shown.wait_for("Summary: no messages")
    assert shown.wait_for_end() == 130  # that of cat


def test_a_screen_has_colours_unless_they_are_not_wanted(broker, terminal):
    command = program("simple_producer", *broker.options, "--count", 1)
    coloured, plain = terminal(*command), terminal(*command, NO_COLOR="1")
    for shown in (coloured, plain):
        assert shown.wait_for_end() == 0
    assert re.search("\x1b\\[38;5;\\d+msent\x1b", coloured.screen("-e")) and "sent" in plain.screen()
    assert "\x1b[38" not in plain.screen("-e")
