"""What the bench shows: the tables in Markdown, and the bars that gnuplot draws of them."""

import itertools
import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from playground import ALL_PROGRAMS  # noqa: E402
from playground.picture import plot, rgb  # noqa: E402

ROW = 25  # pixels
LEFT, BARS = 0.02, (0.54, 0.86)  # of the width


def paho_library(bench):
    linked = subprocess.run(["ldd", bench.bin / "simple_producer"], capture_output=True, encoding="utf-8", check=True).stdout
    path = re.search(r"libpaho-mqtt3cs\S* => (\S+)", linked).group(1)
    tracks = b"Heap scan" in pathlib.Path(path).read_bytes()
    return f"{path}, built {'without' if tracks else 'with'} PAHO_HIGH_PERFORMANCE"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    processor = model.group(1) if model else platform.processor()
    return f"{processor}, {os.cpu_count()} processors, {platform.system()} {platform.release().split('-')[0]}"


def markdown(bench):
    lines = [f"Measured on {machine()}; Paho: {paho_library(bench)}; {bench.rounds} rounds in turns, medians.", ""]
    for table in bench.tables:
        lines += [f"**{table['title']}**", "", f"| | {table['unit']} | ratio | from, to |", "| --- | ---: | ---: | ---: |"]
        for name, middle, ratio, low, high in table["rows"]:
            digits = table["digits"]
            lines.append(f"| {name} | {middle:,.{digits}f} | {ratio:.3g} | {low:,.{digits}f}, {high:,.{digits}f} |")
        lines.append("")
    return "\n".join(lines)


def tables_of(text):
    """(title, unit, [(name, figure)]) of every table that stands in Markdown."""
    for title, table in re.findall(r"^\*\*(.*)\*\*\n\n((?:\|.*\n)+)", text + "\n", re.M):
        (unit, *_), _, *rows = (line.strip("| \n").split(" | ") for line in table.splitlines())
        yield title, unit, [(name, figure) for name, figure, *_ in rows]


def kind_of(name):
    return "lab" if re.match(r"\w*", name).group() in ALL_PROGRAMS else "others"


def picture(text, path):
    """The tables whose rows compare programs, as bars: those of the lab stand out. Each has the longest bar of its table as its
    measure; one row below the other."""
    shown = [table for table in tables_of(text) if table[0].startswith(("Publish", "Receive"))]
    if not shown:
        return
    script, bars, row = [], {"lab": [], "others": []}, 3
    for title, unit, rows in shown:
        better = "more is better" if unit.endswith(" a second") else "less is better"
        script += [f'set label "{title}" at screen {LEFT}, first {row} left font "sans-serif,19"',
                   f'set label "{unit} ({better})" at screen {LEFT}, first {row + 1} left tc {rgb("muted")}',
                   f"set arrow from 0,{row + 1.5} to 0,{row + 1.5 + len(rows)} nohead lc {rgb('ink')}"]
        numbers = [float(figure.replace(",", "")) for _, figure in rows]
        for row, (name, figure), number in zip(itertools.count(row + 2), rows, numbers):
            length = number / max(numbers)
            script += [f'set label "{name}" at 0,{row} right offset -1,0',
                       f'set label "{figure}" at {length},{row} left offset 1,0']
            bars[kind_of(name)].append(f"{length} {row}")
        row += 2
    bar = "using (0):2:(0):1:($2-0.36):($2+0.36) with boxxyerrorbars"
    script += [f"set yrange [{row - 0.5}:-0.5]", "set xrange [0:1]", "unset border", "unset tics",
               f"set lmargin at screen {BARS[0]}", f"set rmargin at screen {BARS[1]}", "set tmargin 0", "set bmargin 0",
               f"set key at screen {LEFT}, first 0.5 left center Left reverse samplen 1.5", "set style fill solid noborder",
               "$lab << E", *bars["lab"], "E", "$others << E", *bars["others"], "E",
               f"plot $lab {bar} lc {rgb('blue')} title 'programs of the lab', "
               f"$others {bar} lc {rgb('bar')} title 'what they are compared with'"]
    plot(script, path, ROW * row)


def main():
    """drawing.py PAGE PICTURE: draws the tables of a page again."""
    page, path = map(pathlib.Path, sys.argv[1:])
    picture(page.read_text(encoding="utf-8"), path)


if __name__ == "__main__":
    main()
