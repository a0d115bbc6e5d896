"""Plots, drawn by gnuplot for light pages and made readable on dark ones, too."""

import re
import subprocess

# Of light pages, each as the other has it. A script takes its colours from here.
INK, PAPER, GRID, GREY = "#1f2328", "#ffffff", "#d1d9e0", "#818b98"
BLUE, PALE_BLUE, RED, ORANGE = "#0969da", "#ddf4ff", "#cf222e", "#9a6700"
DARK = {INK: "#d5dbe3", PAPER: "#0d1117", GRID: "#3d444d", GREY: "#9198a1",
        BLUE: "#58a6ff", PALE_BLUE: "#12304f", RED: "#ff7b72", ORANGE: "#d29922"}
FONT = 13  # pixels; no plot is wider than a telephone makes it half as large


def draw(script, path, width, height):
    """Runs the lines of a gnuplot script."""
    head = [f'set terminal svg size {width},{height} font "sans-serif,{FONT}" background "{PAPER}" noenhanced',
            f'set output "{path}"',
            f'set border 3 lc rgb "{INK}"', f'set xlabel tc rgb "{INK}"', f'set ylabel tc rgb "{INK}"',
            f'set key tc rgb "{INK}"', f'set title tc rgb "{INK}"', f'set xtics nomirror tc rgb "{INK}"',
            f'set ytics nomirror tc rgb "{INK}"', f'set grid lc rgb "{GRID}"']
    subprocess.run(["gnuplot"], input="\n".join([*head, *script, "unset output"]) + "\n", encoding="utf-8", check=True)
    path.write_text(with_dark_form(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_dark_form(svg):
    """With a style sheet that exchanges colours on dark pages; who knows nothing of those sees the light form."""
    rules = set()
    for attribute, value in re.findall(r"\b(fill|stroke|color) ?= ?['\"]([^'\"]*)['\"]", svg):
        light = INK if value.strip() == "black" else value.strip().lower()
        if parts := re.fullmatch(r"rgb\( *(\d+), *(\d+), *(\d+)\)", light):
            light = "#{:02x}{:02x}{:02x}".format(*map(int, parts.groups()))
        if light in DARK:
            rules.add(f'[{attribute}="{value}"] {{ {attribute}: {DARK[light]} }}')
    style = "<style>@media (prefers-color-scheme: dark) {\n" + "\n".join(sorted(rules)) + "\n}</style>\n"
    return re.sub(r"(?=<g id=\"gnuplot_canvas\">)", style, svg, count=1)
