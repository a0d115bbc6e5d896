"""A recording of terminals as an SVG picture that moves: every line appears when it came.

It begins with its last picture, goes through the run once, and stops at the last picture. Where pictures do not move, or a
reader does not want them to, it is all that there is. On a phone the terminals are narrow enough to be read."""

import html
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from playground.picture import style  # noqa: E402

WIDTH, FONT, ADVANCE, LEADING, MARGIN, TITLE = 480, 14, 8.43, 19, 12, 30
INDENT = 2  # of what goes on in the next row
COLUMNS = int((WIDTH - 2 * MARGIN) / ADVANCE)
ROWS = 18  # of a terminal; longer ones scroll
HOLD = 1.5  # seconds that the last picture is shown before the run begins
EMPTY = 0.3  # seconds without any line
STYLE = f"""
text {{ font: {FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }}
.command {{ font-weight: bold }}
""" + style({"pane": "pane", "title": "muted", "output": "ink", "command": "ink", "sent": "blue", "received": "green",
             "refused": "orange"})
STILL = "@media (prefers-reduced-motion: reduce) { * { animation: none !important } }"


def rows_of(text):
    """The rows of a line. They end at a space or a comma."""
    rows = [""]
    for part in re.findall(r"[^ ,]*[ ,]+|[^ ,]+", text):
        if rows[-1] and len(rows[-1] + part.rstrip()) > COLUMNS - (INDENT if len(rows) > 1 else 0):
            rows.append("")
        rows[-1] += part
    return rows


def kind_of(kind, text):
    word = text.split(" ", 1)[0]
    return word if kind == "output" and word in ("sent", "received", "refused") else kind


class Animation:
    """Style sheet rules for what happens when. At first, and when all is over, elements are as they are without them."""

    def __init__(self, last):
        self.start = HOLD + EMPTY
        self.duration = self.start + last
        self.rules = {}

    def percent(self, time):
        return f"{100 * time / self.duration:.1f}%"

    def add(self, first, following):
        """The name of the class whose elements begin with the first declaration and go through [(time, declaration)]; each
        holds until the next one."""
        frames = {self.percent(HOLD): first}
        frames.update((self.percent(self.start + time), declaration) for time, declaration in following)
        body = " ".join(f"{percent} {{ {declaration} }}" for percent, declaration in frames.items())
        return self.rules.setdefault(body, f"a{len(self.rules)}")

    def style(self):
        return "\n".join(f"@keyframes {name} {{ {body} }} .{name} {{ animation: {name} {self.duration:.1f}s step-end }}"
                         for body, name in self.rules.items())


def draw_pane(number, top, name, lines, animation):
    """One terminal, and how high it is."""
    lines = [(time, kind_of(kind, text), rows_of(text)) for time, kind, text in lines]
    count = sum(len(rows) for *_, rows in lines)
    visible = min(count, ROWS)
    height = TITLE + visible * LEADING + MARGIN
    texts, steps, row = [], [], 0
    for time, kind, rows in lines:
        shown = animation.add("visibility: hidden", [(time, "visibility: visible")])
        base = top + TITLE + LEADING * row + FONT
        more = "".join(f'<tspan x="{MARGIN + INDENT * ADVANCE:.1f}" dy="{LEADING}">{html.escape(text)}</tspan>'
                       for text in rows[1:])
        texts.append(f'<text class="{kind} {shown}" x="{MARGIN}" y="{base}">{html.escape(rows[0])}{more}</text>')
        row += len(rows)
        if row > visible:
            steps.append((time, f"transform: translateY({LEADING * (visible - row)}px)"))
    scroll = f' class="{animation.add("transform: none", steps)}" transform="translate(0 {LEADING * (visible - count)})"' \
        if steps else ""
    return height, [
        f'<rect class="pane" y="{top}" width="{WIDTH}" height="{height}" rx="6" fill="currentColor"/>',
        f'<text class="title" x="{MARGIN}" y="{top + 19}">{html.escape(name)}</text>',
        f'<clipPath id="c{number}"><rect y="{top + TITLE}" width="{WIDTH}" height="{visible * LEADING}"/></clipPath>',
        f'<g clip-path="url(#c{number})"><g{scroll}>', *texts, "</g></g>"]


def draw(terminals):
    """The picture of {name: [(seconds, "command" or "output", text)]}."""
    times = [time for lines in terminals.values() for time, _, _ in lines]
    start = min(times)
    animation = Animation(max(times) - start)
    body, top = [], 0
    for number, (name, lines) in enumerate(terminals.items()):
        height, pane = draw_pane(number, top, name, [(time - start, kind, text) for time, kind, text in lines], animation)
        body += pane
        top += height + 8
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top - 8}" viewBox="0 0 {WIDTH} {top - 8}">'
    return "\n".join([picture, f"<style>{STYLE}{animation.style()}\n{STILL}\n</style>", *body, "</svg>", ""])


def texts(picture):
    """What stands in a picture, as [[lines of one terminal]]; the first line of each is its name."""
    found = []
    for kind, text in re.findall(r'<text class="(\w+)[^>]*>(.*?)</text>', picture):
        if kind == "title":
            found.append([])
        found[-1].append(html.unescape(re.sub("<.*?>", "", text)))
    return found
