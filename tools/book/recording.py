"""A recording of terminals as an SVG picture that moves, once: it shows all of it for a moment, and then every line when it
came. Where pictures do not move, or a reader does not want them to, all of it is there from the beginning.

It is narrow, so that a telephone shows letters that one can read, and it has a form for dark pages."""

import html
import re
import textwrap

WIDTH, FONT, ADVANCE, LEADING, MARGIN, TITLE = 600, 12, 7.25, 17, 12, 26
COLUMNS = int((WIDTH - 2 * MARGIN) / ADVANCE)
ROWS = 16  # of a terminal; longer ones scroll
BEFORE = 1.5  # seconds, with all that there will be
COLOURS = {  # on light pages and on dark ones
    "terminal": ("#f6f8fa", "#161b22"), "output": ("#1f2328", "#d5dbe3"), "title": ("#59636e", "#8b95a3"),
    "command": ("#000000", "#ffffff"), "sent": ("#0550ae", "#79c0ff"), "received": ("#116329", "#7ee787"),
    "refused": ("#953800", "#ffa657")}


def colours(number):
    return " ".join(f".{name} {{ fill: {pair[number]} }}" for name, pair in COLOURS.items())


STYLE = f"""
text {{ font: {FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }}
.command {{ font-weight: bold }} {colours(0)}
@media (prefers-color-scheme: dark) {{ {colours(1)} }}"""
STILL = "@media (prefers-reduced-motion: reduce) { * { animation: none !important } }"


def rows_of(lines):
    """(time, class, text), as they stand in a terminal of that many columns."""
    for time, kind, text in lines:
        if kind == "output":
            word = text.split(" ", 1)[0]
            kind = word if word in ("sent", "received", "refused") else "output"
        for row in textwrap.wrap(text, COLUMNS, drop_whitespace=False, break_on_hyphens=False) or [""]:
            yield time, kind, row


class Animation:
    """Style sheet rules for what happens when, in a picture that stops after `duration` seconds."""

    def __init__(self, duration):
        self.duration = duration
        self.rules = {}

    def percent(self, time):
        return f"{100 * time / self.duration:.1f}%"

    def add(self, frames):
        """The name of the class whose elements go through [(time, declaration)]; each holds until the next one. Before that, and
        from the last one on, they are what they are without it."""
        body = " ".join(f"{self.percent(time)} {{ {declaration} }}" for time, declaration in frames)
        return self.rules.setdefault(body, f"a{len(self.rules)}")

    def style(self):
        return "\n".join(f"@keyframes {name} {{ {body} }} .{name} {{ animation: {name} {self.duration:.1f}s step-end }}"
                         for body, name in self.rules.items())


def draw(terminals):
    """The picture of {name: [(seconds, "command" or "output", text)]}."""
    start = min(time for lines in terminals.values() for time, _, _ in lines)
    panes = {name: [(BEFORE + time - start, kind, row) for time, kind, row in rows_of(lines)]
             for name, lines in terminals.items()}
    animation = Animation(max(time for rows in panes.values() for time, _, _ in rows) + 0.1)
    body, top = [], 0
    for number, (name, rows) in enumerate(panes.items()):
        visible = min(len(rows), ROWS)
        height = TITLE + visible * LEADING + MARGIN
        body.append(f'<rect class="terminal" y="{top}" width="{WIDTH}" height="{height}" rx="6"/>')
        body.append(f'<text class="title" x="{MARGIN}" y="{top + 17}">{html.escape(name)}</text>')
        body.append(f'<clipPath id="c{number}"><rect y="{top + TITLE}" width="{WIDTH}" height="{visible * LEADING}"/></clipPath>')
        scrolled = len(rows) - visible
        scroll = ""
        if scrolled > 0:
            steps = [(BEFORE, "transform: none")] + [(time, f"transform: translateY({-LEADING * (count - visible)}px)")
                                                     for count, (time, _, _) in enumerate(rows, 1) if count > visible]
            steps = [step for step, following in zip(steps, [*steps[1:], (None, None)])
                     if following[0] is None or animation.percent(step[0]) != animation.percent(following[0])]
            scroll = f' class="{animation.add(steps)}" transform="translate(0 {-LEADING * scrolled})"'
        body.append(f'<g clip-path="url(#c{number})"><g{scroll}>')
        for row, (time, kind, text) in enumerate(rows):
            shown = animation.add([(BEFORE, "visibility: hidden"), (time + 0.01, "visibility: visible")])
            base = top + TITLE + LEADING * row + 12
            body.append(f'<text class="{kind} {shown}" x="{MARGIN}" y="{base}">{html.escape(text)}</text>')
        body.append("</g></g>")
        top += height + 8
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top - 8}" viewBox="0 0 {WIDTH} {top - 8}">'
    return "\n".join([picture, f"<style>{STYLE}\n{animation.style()}\n{STILL}\n</style>", *body, "</svg>", ""])


def texts(picture):
    """What stands in a picture, as [[rows of one terminal]]; the first row of each is its name."""
    found = []
    for kind, text in re.findall(r'<text class="(\w+)[^>]*>(.*?)</text>', picture):
        if kind == "title":
            found.append([])
        found[-1].append(html.unescape(text))
    return found
