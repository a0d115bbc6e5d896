"""The pictures can be read: on a light page and on a dark one, on a phone, and from the first moment on."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import pytest
from playground import ALL_PROGRAMS, ROOT

sys.path.insert(0, str(ROOT / "tools" / "bench"))
from drawing import tables_of  # noqa: E402

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
RECORDINGS = [path for path in PICTURES if path.name.startswith("exercise-")]
PLOTS = [path for path in PICTURES if path not in RECORDINGS]
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}")
PHONE = 360  # pixels
READABLE = 9  # pixels high
CONTRAST = 4.5


@dataclass
class Box:
    colour: str  # the class that gives it
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other):
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


@dataclass
class Text(Box):
    content: str
    size: float
    scrolls: bool


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text or "")]


class Picture:
    """Where the texts, the filled shapes and the lines of a picture are."""

    def __init__(self, path):
        self.source = path.read_text(encoding="utf-8")
        self.root = ElementTree.fromstring(self.source)
        _, _, self.width, self.height = numbers(self.root.get("viewBox"))
        self.css = "".join(style.text for style in self.root.findall(".//{*}style"))
        self.font = numbers((re.search(r"font: \d+px", self.css) or [""])[0])
        self.forms = [dict(re.findall(r"\.(\w+) \{ color: (#\w{6}) \}", rules))
                      for rules in (DARK.sub("", self.css), "".join(DARK.findall(self.css)))]
        self.texts, self.shapes, self.lines = [], [], []
        self.read(self.root, 0, 0, {"font-size": str(*self.font)})

    def read(self, element, x, y, inherited):
        kind = element.tag.rpartition("}")[2]
        if kind in ("defs", "clipPath", "style"):
            return
        had = {**inherited, **element.attrib}
        had["class"] = next((name for name in element.get("class", "").split() if name in self.forms[0]), inherited.get("class"))
        if (moved := element.get("transform", "")).startswith("translate"):
            x, y = x + numbers(moved)[0], y + numbers(moved)[1]
        if kind == "text":
            self.read_text(element, x, y, had)
            return
        if kind == "rect":
            left, top, width, height = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
            self.shapes.append(Box(had["class"], x + left, y + top, x + left + width, y + top + height))
        elif kind == "polygon" and had.get("fill") != "none":
            points = numbers(element.get("points"))
            self.shapes.append(Box(had["class"], min(points[::2]), min(points[1::2]), max(points[::2]), max(points[1::2])))
        elif kind == "path":
            for points in map(numbers, element.get("d").split("M")):
                corners = list(zip(points[::2], points[1::2]))
                self.lines += zip(corners, corners[1:])
        for child in element:
            self.read(child, x, y, had)

    def read_text(self, element, x, y, had):
        """Its rows, about as wide as they become in a wide font."""
        size = float(had["font-size"])
        x, y = x + float(element.get("x", 0)), y + float(element.get("y", 0))
        for row in (element, *element):
            x, y = float(row.get("x", x)), y + float(row.get("dy", 0))
            content = (row.text or "").strip()
            ems = sum(0.602 if self.font else 0.64 if letter.isdigit() or letter.isupper() else 0.5 for letter in content)
            left = x - size * ems * {"middle": 0.5, "end": 1}.get(had.get("text-anchor"), 0)
            self.texts.append(Text(had["class"], left, y - 0.75 * size, left + size * ems, y + 0.22 * size, content, size,
                                   "clip-path" in had))


@pytest.fixture(params=PICTURES, ids=lambda path: path.stem)
def picture(request):
    return Picture(request.param)


@pytest.fixture(params=PLOTS, ids=lambda path: path.stem)
def drawn(request):
    return Picture(request.param)


@pytest.fixture(params=RECORDINGS, ids=lambda path: path.stem)
def recording(request):
    return Picture(request.param)


def test_all_pictures_are_there():
    assert len(RECORDINGS) >= 5 and len(PLOTS) >= 2


def test_a_picture_is_small_and_needs_nothing_from_elsewhere(picture):
    assert picture.root.tag.endswith("svg") and len(picture.source) < 70000
    assert not re.search(r"<script|@import|url\((?!['\"]?#)|href=[\"'](?!#)", picture.source)


def test_a_picture_has_a_light_form_and_a_dark_one_and_no_colour_besides(picture):
    light, dark = picture.forms
    assert light.keys() == dark.keys() and not set(light.values()) & set(dark.values())
    drawn_with = {element.get(attribute) for element in picture.root.iter() for attribute in ("fill", "stroke", "color")}
    assert drawn_with <= {None, "none", "currentColor"}


def luminance(colour):
    """As the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[place:place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_of_black_and_white_is_known():
    assert round(contrast("#000000", "#ffffff")) == 21 and round(contrast("#777777", "#ffffff"), 2) == 4.48


def test_every_text_stands_out_from_its_ground(picture):
    for text in picture.texts:
        grounds = {"pane"} if text.scrolls else {shape.colour for shape in picture.shapes if shape.touches(text)}
        assert grounds, text
        for form in picture.forms:
            for ground in grounds:
                assert contrast(form[text.colour], form[ground]) >= CONTRAST, (text, ground)


def test_every_text_can_be_read_on_a_phone(picture):
    assert picture.texts
    assert min(text.size for text in picture.texts) * PHONE / picture.width >= READABLE


def test_every_text_is_inside(picture):
    for text in picture.texts:
        assert 0 <= text.left and text.right <= picture.width, text
        assert text.scrolls or (0 <= text.top and text.bottom <= picture.height), text


def crosses(line, box):
    (x, y), (end_x, end_y) = line
    return any(box.left < x + (end_x - x) * part / 40 < box.right and box.top < y + (end_y - y) * part / 40 < box.bottom
               for part in range(41))


def test_no_line_crosses_a_text_of_a_plot_and_no_text_another(drawn):
    assert drawn.lines
    for number, text in enumerate(drawn.texts):
        assert not [line for line in drawn.lines if crosses(line, text)], text
        assert not [other for other in drawn.texts[:number] if other.touches(text)], text


# --- recordings: what moves ---

def animations(picture):
    """(seconds, [(percent, declaration)], the element's own transform) of everything that moves."""
    frames = {name: re.findall(r"([\d.]+)% \{ (.*?) \}", body)
              for name, body in re.findall(r"@keyframes (\w+) \{ (.*?\}) \}", picture.css)}
    found = []
    for element in picture.root.iter():
        for name in element.get("class", "").split():
            if name in frames:
                seconds = re.search(rf"\.{name} \{{ animation: {name} ([\d.]+)s step-end \}}", picture.css)
                assert seconds, f"{name} is not played once"
                found.append((float(seconds.group(1)), frames[name], element.get("transform")))
    return found


def test_a_recording_plays_once_and_begins_and_ends_with_its_last_picture(recording):
    moving = animations(recording)
    assert len(moving) >= len([text for text in recording.texts if text.scrolls]) / 4
    assert "infinite" not in recording.css
    assert "hidden" not in re.sub(r"@keyframes .*", "", recording.css), "without animation something is not seen"
    for seconds, frames, transform in moving:
        first, (_, last) = float(frames[0][0]), frames[-1]
        assert first / 100 * seconds > 1, "until then the last picture stands"
        if transform:
            assert numbers(last) == numbers(transform)[1:]
        else:
            assert last == "visibility: visible"


def test_a_recording_scrolls_to_its_last_row(recording):
    shown = [text for text in recording.texts if text.scrolls]
    for pane in recording.shapes:
        rows = [text for text in shown if pane.top < text.top and text.bottom < pane.bottom]
        assert rows and max(row.bottom for row in rows) > pane.bottom - 2 * rows[0].size


def test_a_recording_stands_still_where_that_is_wanted(recording):
    assert "@media (prefers-reduced-motion: reduce) { * { animation: none !important } }" in recording.css


# --- the speed ---

def test_the_bars_are_the_figures_of_the_page_and_those_of_the_lab_stand_out():
    bars = Picture(ROOT / "docs" / "pictures" / "speed.svg")
    tables = list(tables_of((ROOT / "docs" / "speed.md").read_text(encoding="utf-8")))
    rows = [row for title, _, rows in tables if title.startswith(("Publish", "Receive")) for row in rows]
    assert len(rows) > 20
    contents = [text.content for text in bars.texts]
    assert [content for content in contents if re.fullmatch(r"[\d.,]+", content)] == [figure for _, figure in rows]
    assert {"programs of the lab", "what they are compared with"} <= set(contents)
    axis = min(line[0][0] for line in bars.lines)
    shapes = sorted((shape for shape in bars.shapes if abs(shape.left - axis) < 1), key=lambda shape: shape.top)
    assert [shape.colour for shape in shapes] == ["blue" if re.split(r"\W", name)[0] in ALL_PROGRAMS else "bar"
                                                  for name, _ in rows]
    assert not [text for text in bars.texts if any(shape.touches(text) for shape in shapes)]
