"""What the bench shows: the tables in Markdown, and the bars that gnuplot draws of them."""

import os
import pathlib
import platform
import re
import subprocess

from playground import plot

OF_THE_LAB = ("simple_", "json_")


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


def picture(bench, path):
    """The tables whose rows compare programs, as bars: the ratio to the bare loop."""
    shown = [table for table in bench.tables if table["title"].startswith(("Publish", "Receive"))]
    if not shown:
        return
    data = bench.folder / "bars"
    script = [f"set multiplot layout {len(shown)},1", "set style fill solid 0.85 noborder", "unset key",
              "set ytics scale 0", "set lmargin 37", "set rmargin 2", "set xtics autofreq"]
    blocks = []
    for number, table in enumerate(shown):
        better = "more is better" if table["more_is_better"] else "less is better"
        of_the_lab = [name.startswith(OF_THE_LAB) for name, *_ in table["rows"]]
        blocks.append("\n".join(f'"{name}" {middle:.6g} {plot.BLUE if lab else plot.GREY}' for lab, (name, middle, *_) in
                                zip(of_the_lab, table["rows"])))
        largest = max(middle for _, middle, *_ in table["rows"])
        script.append(f'set title "{table["title"]}\\n{table["unit"]}: {better}"')
        script.append(f"set yrange [{len(table['rows']) - 0.3}:-0.5]")
        script.append(f"set xrange [0:{1.3 * largest:.6g}]")  # room for the figure behind the longest bar
        script.append(f"set xtics {largest / 4:.1g}")
        script.append(f'plot "{data}" index {number} using ($2/2):0:($2/2):(0.35):(colour(strcol(3))):ytic(1) '
                      f'with boxxyerrorbars lc rgb variable, '
                      f'"" index {number} using 2:0:(sprintf("%.{table["digits"]}f", $2)) with labels left offset 0.7,0 '
                      f'tc rgb "{plot.INK}"')
    data.write_text("\n\n\n".join(blocks) + "\n")
    plot.draw(["colour(text) = int(\"0x\" . text[2:])", *script, "unset multiplot"], path, 640, 250 * len(shown))
