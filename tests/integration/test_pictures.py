"""The pictures of the pages: small, whole, readable on a telephone, on light pages and on dark ones."""

import re
import sys
import xml.etree.ElementTree

import pytest
from playground import ROOT, plot

sys.path.insert(0, str(ROOT / "tools" / "book"))
import recording  # noqa: E402

PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
RECORDINGS = [path for path in PICTURES if path.name.startswith("exercise-")]
PLOTS = [path for path in PICTURES if path not in RECORDINGS]
TELEPHONE = 360  # pixels


def name(path):
    return path.name


def text_of(path):
    return path.read_text(encoding="utf-8")


def luminance(colour):
    """https://www.w3.org/TR/WCAG20/#relativeluminancedef"""
    levels = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (level / 12.92 if level <= 0.03928 else ((level + 0.055) / 1.055) ** 2.4 for level in levels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_there_are_pictures_of_all_exercises_and_plots():
    assert len(RECORDINGS) == 5 and {path.name for path in PLOTS} == {"loop.svg", "speed.svg"}


@pytest.mark.parametrize("path", PICTURES, ids=name)
def test_a_picture_is_small_well_formed_and_needs_nothing_from_elsewhere(path):
    assert path.stat().st_size < 70000
    assert xml.etree.ElementTree.fromstring(text_of(path)).tag.endswith("svg")
    assert not re.search(r"<script|@import|url\((?!['\"]?#)|href=[\"'](?!#)", text_of(path))


@pytest.mark.parametrize("path", PICTURES, ids=name)
def test_a_telephone_shows_letters_that_one_can_read(path):
    text = text_of(path)
    width = float(re.search(r"\bwidth=\"(\d+)\"", text).group(1))
    sizes = [float(size) for size in re.findall(r"font(?:-size=\"|: )([\d.]+)(?:px)?\b", text)]
    assert sizes and min(sizes) * TELEPHONE / width >= 7


@pytest.mark.parametrize("path", RECORDINGS, ids=name)
def test_a_recording_shows_all_of_it_first_and_stops_after_one_round(path):
    text = text_of(path)
    assert "infinite" not in text
    begins = [float(start) for start in
              re.findall(r"@keyframes \w+ \{ ([\d.]+)% \{ (?:visibility: hidden|transform: none) \}", text)]
    assert len(begins) == text.count("@keyframes") and min(begins) > 0
    # What is not said for the time before and after that is how it stands there: visible, and scrolled to the end.
    assert "100.0% { visibility: hidden }" not in text and 'style="visibility' not in text


@pytest.mark.parametrize("path", RECORDINGS, ids=name)
def test_a_recording_has_the_colours_that_are_measured_here(path):
    assert recording.STYLE in text_of(path)


@pytest.mark.parametrize("form", [0, 1], ids=["light", "dark"])
def test_recorded_words_stand_out(form):
    ground = recording.COLOURS["terminal"][form]
    weak = {kind: pair[form] for kind, pair in recording.COLOURS.items()
            if kind != "terminal" and contrast(pair[form], ground) < 4.5}
    assert not weak


@pytest.mark.parametrize("form", [0, 1], ids=["light", "dark"])
def test_what_is_plotted_stands_out(form):
    paper, ink = ((light, dark)[form] for light, dark in (next(pair for pair in plot.DARK.items() if pair[0] == colour)
                                                          for colour in (plot.PAPER, plot.INK)))
    assert contrast(ink, paper) >= 7
    for light in (plot.BLUE, plot.RED, plot.ORANGE):  # which words have, too
        assert contrast((light, plot.DARK[light])[form], paper) >= 4.5
    assert contrast((plot.GREY, plot.DARK[plot.GREY])[form], paper) >= 3
    assert contrast((plot.PALE_BLUE, plot.DARK[plot.PALE_BLUE])[form], ink) >= 4.5


@pytest.mark.parametrize("path", PLOTS, ids=name)
def test_every_colour_of_a_plot_has_its_dark_form(path):
    style, drawing = re.search(r"<style>@media \(prefers-color-scheme: dark\)(.*?)</style>(.*)", text_of(path), re.S).groups()
    used = set(re.findall(r"\b(?:fill|stroke|color) ?= ?['\"]([^'\"]*)['\"]", drawing)) - {"none", "currentColor", ""}
    assert len(used) > 4
    unknown = {colour for colour in used if f'="{colour}"]' not in style}
    assert not unknown - {"#FFFFFF", "gray", "lightgrey"}  # gnuplot's own, on elements that draw nothing
