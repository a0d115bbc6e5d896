"""What the lab's pictures have in common: colours for a light page and for a dark one, sizes for a phone, and gnuplot."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

SVG, LINKS = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
PLOT_WIDTH, PLOT_FONT = 640, 16  # on a phone, where the page is half as wide, one can still read it

COLOURS = {  # on a light page, on a dark one
    "paper": ("#ffffff", "#0d1117"), "pane": ("#f6f8fa", "#161b22"), "band": ("#dde8f4", "#1b2b40"),
    "ink": ("#1f2328", "#e6edf3"), "muted": ("#59636e", "#9198a1"), "line": ("#d1d9e0", "#3d444d"),
    "bar": ("#aab4bf", "#57606a"), "blue": ("#0550ae", "#79c0ff"), "green": ("#116329", "#7ee787"),
    "orange": ("#bc4c00", "#ffa657"), "red": ("#cf222e", "#ff7b72")}
OF_GNUPLOT = {"black": "ink", "gray": "line", "white": "paper"}  # what it takes where nothing is said


def style(classes):
    """The rules for {class: colour}. What has such a class, or stands in it, is drawn in currentColor."""
    light, dark = (" ".join(f".{name} {{ color: {COLOURS[colour][form]} }}" for name, colour in classes.items())
                   for form in range(2))
    return f"text {{ fill: currentColor }}\n{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}\n"


def rgb(colour):
    """The colour in a script for gnuplot."""
    return f'rgb "{COLOURS[colour][0]}"'


def plot(script, path, height):
    """Lets gnuplot draw."""
    terminal = f'set terminal svg size {PLOT_WIDTH},{height} font "sans-serif,{PLOT_FONT}" background {rgb("paper")} noenhanced'
    drawn = subprocess.run(["gnuplot"], input="\n".join([terminal, *script, ""]), capture_output=True, encoding="utf-8",
                           check=True).stdout
    path.write_text(with_classes(drawn), encoding="utf-8")


def colour_of(value):
    """What gnuplot's "rgb(31, 35, 40)", "#1F2328" or "black" is called here."""
    if found := re.fullmatch(r"rgb\( *(\d+), *(\d+), *(\d+)\)", value):
        value = "#" + "".join(f"{int(part):02x}" for part in found.groups())
    return next((name for name, (light, _) in COLOURS.items() if light == value.lower()), OF_GNUPLOT.get(value))


def with_classes(drawn):
    """gnuplot's picture with classes in the place of its fixed colours, and without what is not seen."""
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINKS)
    root = ElementTree.fromstring(drawn)
    prune(root)
    used = {}
    for element in root.iter():
        for attribute in ("color", "stroke", "fill"):
            if name := colour_of(element.get(attribute, "")):
                used[name] = name
                element.set("class", name)
                element.set(attribute, "currentColor")
    rules = ElementTree.Element("style")
    rules.text = style(used)
    root.insert(0, rules)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def prune(element):
    """Takes away empty groups, filters, and what names gnuplot."""
    for child in list(element):
        prune(child)
        kind = child.tag.removeprefix(f"{{{SVG}}}")
        if kind in ("title", "desc", "filter") or (kind == "g" and not len(child)):
            element.remove(child)
