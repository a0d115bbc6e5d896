"""The picture that moves: who is there, the temperature against both limits, the switch, and what happened last."""

import math
import os
import time

from device import TOPIC_WIDTH
from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

# The colours of the programs; each is told from black and from white.
BLUE, GREEN, ORANGE, RED = "color(31)", "color(28)", "color(130)", "color(160)"
COLOURS = {"alert": ORANGE, "threshold": RED, "event": ORANGE, "another event": ORANGE, "command ON": BLUE, "command OFF": BLUE,
           "action": BLUE, "info": GREEN, "ONLINE": GREEN, "OFFLINE": RED, "heats": ORANGE, "cools": BLUE, "malformed": RED,
           "unknown": RED, "absent": RED, "lost": RED, "refused": RED, "forbidden": RED}
MARKS = {"event": "!", "command OFF": "▼", "command ON": "▲"}
LEGEND = "! event  ▼ OFF  ▲ ON"
EIGHTHS = " ▁▂▃▄▅▆▇█"
KEEP_LINES, BREAK_LINES = "\x1b[?7l", "\x1b[?7h"  # one that is too long, for a moment, is cut and not broken in two
FRAME, SECOND = 0.1, 1  # seconds
HEADER, FOOTER, ROWS_MAX = 4, 2, 16  # rows above the curve, below it, and of it
AXIS = 6  # columns on the left of the curve
READINGS = 50  # of a curve; where there is room, each is wider
BELOW, ABOVE = 10, 1  # degrees around the limits that are always shown
ROOMY = 100  # columns, from which on the time is shown, too


class Scale:
    """Which row of the curve, counted from below, stands for which temperature. The limits are in the middle of a row,
    unless what is to be shown is too far away from them."""

    def __init__(self, rows_max, values, limits):
        lower, upper = min(limits), max(limits)
        high = max([*values, upper + ABOVE])
        for low in (min([*values, lower - BELOW]), min([*values, lower])):
            for parts in (4, 2, 1):  # between the limits
                self.step = (upper - lower) / parts or 1
                below = math.ceil((lower - low) / self.step - 0.5)
                self.base = lower - below * self.step
                self.rows = math.ceil(self.place(high))
                if self.rows <= rows_max:
                    return
        self.base, self.step, self.rows = low, (high - low) / (rows_max - 1), rows_max

    def place(self, value):
        return (value - self.base) / self.step + 0.5

    def middle(self, row):
        return self.base + row * self.step


class Picture:
    def __init__(self, device, broker):
        self.device, self.broker = device, broker
        self.console = Console(no_color=bool(os.environ.get("NO_COLOR")),  # see https://no-color.org
                               color_system="256", force_terminal=True, highlight=False)
        self.live = Live(console=self.console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        self.drawn = self.drawn_at = None

    def __enter__(self):
        self.console.file.write(KEEP_LINES)
        self.live.start()
        return self

    def __exit__(self, *_):
        self.live.stop()
        self.console.file.write(BREAK_LINES)
        self.console.print(self.draw())  # the last one stays

    def show(self, _):
        """What has happened is in the picture anyway."""

    def refresh(self):
        """If something has changed; and now and then, in case somebody else has written there."""
        now, state = time.monotonic(), (self.console.size, self.device.count)
        if self.drawn_at is None or now > self.drawn_at + (SECOND if state == self.drawn else FRAME):
            self.drawn, self.drawn_at = state, now
            self.live.update(self.draw(), refresh=True)

    def draw(self):
        width, height = self.console.width - 2, self.console.height
        free = height - HEADER - FOOTER
        curve = list(self.curve(max(3, min(ROWS_MAX, free * 5 // 9)), width))
        return Padding(Group(*self.header(), *curve, *self.list(height - HEADER - len(curve), width)), (0, 1))

    # --- above the curve ---------------------------------------------------------------------------------------------

    def header(self):
        device = self.device
        presence = "● ONLINE" if device.presence == "ONLINE" else device.presence or "not seen yet"
        broker = (f"broker {self.broker}", "") if device.is_connected else (f"no broker at {self.broker}", RED)
        value = "?" if device.temperature is None else f"{number(device.temperature)} °C"
        switch = {None: ("?", ""), True: ("ON  heats", f"bold {ORANGE}"), False: ("OFF  cools", f"bold {BLUE}")}
        yield beside([(device.name, "bold"), "  ", (presence, COLOURS.get(device.presence, ""))], [broker])
        yield line(device.info or "")
        yield line()
        yield beside(["temperature  ", (value, "bold")], ["switch  ", switch[device.is_on]])

    # --- the curve ---------------------------------------------------------------------------------------------------

    def curve(self, rows, width):
        limits = {limit: name for name, limit in self.device.limits.items()}
        columns = max(1, width - AXIS - max(len(f" {name} {number(limit)}") for limit, name in limits.items()))
        wide = max(1, columns // READINGS)
        shown = list(self.device.readings)[-(columns // wide):]
        scale = Scale(rows, [reading.value for reading in shown], list(limits))
        rulers = {int(scale.place(limit)): limit for limit in sorted(limits)}
        for row in reversed(range(scale.rows)):
            text = line(number(scale.middle(row)).rjust(AXIS - 2)[:AXIS - 2] + " ")
            if row not in rulers:
                yield self.cells(text.append("│"), row, scale, shown, wide, None)
                continue
            name = limits[rulers[row]]
            self.cells(text.append("┤"), row, scale, shown, wide, COLOURS[name])
            yield text.append("╌" * (columns - wide * len(shown)) + f" {name} {number(rulers[row])}", COLOURS[name])
        yield line(" " * (AXIS - 1) + "└" + "─" * max(0, columns - len(LEGEND) - 1) + " " + LEGEND)
        marks = line(" " * AXIS)
        for reading in shown:
            marks.append(MARKS.get(reading.mark, "").ljust(wide), f"bold {COLOURS.get(reading.mark, '')}")
        yield marks

    @staticmethod
    def cells(text, row, scale, shown, wide, ruler):
        """Adds a row of the curve, over which a ruler may be drawn. What is full is an empty cell with its colours changed
        places, so that the ruler is seen on it."""
        for reading in shown:
            filled = min(8, max(0, int((scale.place(reading.value) - row) * 8)))
            colour = BLUE if reading.is_on is False else ORANGE
            if filled == 8:
                text.append(("╌" if ruler else " ") * wide, f"{colour} reverse")
            elif filled or not ruler:
                text.append(EIGHTHS[filled] * wide, colour)
            else:
                text.append("╌" * wide, ruler)
        return text

    # --- below it ----------------------------------------------------------------------------------------------------

    def list(self, rows, width):
        """What happened last, the newest below: as much as there is room for."""
        shown = []
        for happening in reversed(self.device.happenings):
            if happening.kind == "reading" and not happening.sentence:
                continue  # it is in the curve
            entry = self.entry(happening, width)
            if shown and len(entry) + len(shown) >= rows:
                break
            shown = entry + shown
        title = f"── messages below {self.device.prefix} "
        return [line(title + "─" * (width - len(title))), *shown][:max(0, rows)]

    def entry(self, happening, width):
        clock = time.strftime("%H:%M:%S  ", time.localtime(happening.time)) if width >= ROOMY else ""
        text = Text(happening.words)
        text.stylize("bold", 0, len(happening.text))
        topic = happening.topic and happening.topic[:TOPIC_WIDTH - 2].ljust(TOPIC_WIDTH)
        first = line(clock, (topic, COLOURS.get(happening.kind, "")))
        rows = text.wrap(self.console, max(10, width - first.cell_len))
        others = " " * first.cell_len
        return [first.append_text(rows[0]), *(line(others).append_text(row) for row in rows[1:])]


def number(value):
    return f"{value:.4g}"


def line(*parts, justify=None):
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis", justify=justify)


def beside(left, right):
    row = Table.grid(expand=True)
    row.add_column(ratio=1)
    row.add_column()
    row.add_row(line(*left), line(*right))
    return row
