"""What the bench shows: the tables in Markdown, and the bars that gnuplot draws of them."""

import os
import pathlib
import platform
import re
import subprocess


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
    script = [f'set terminal svg size 900,{240 * len(shown)} font "sans-serif,13" background "white" noenhanced',
              f'set output "{path}"', f"set multiplot layout {len(shown)},1", "set style fill solid 0.85 noborder",
              "set yrange [*:*] reverse", "unset key", "set xtics nomirror", "set ytics nomirror scale 0", "set border 3",
              "set lmargin 42", "set rmargin 10", "set grid x lc rgb '#dddddd'"]
    blocks = []
    for number, table in enumerate(shown):
        better = "more is better" if table["more_is_better"] else "less is better"
        rows = [f'"{name}" {middle:.6g} {number % 7}' for name, middle, _, _, _ in table["rows"]]
        blocks.append("\n".join(rows))
        script.append(f'set title "{table["title"]}: {table["unit"]} ({better})" ')
        script.append("set xrange [0:*]")
        script.append(f'plot "{data}" index {number} using ($2/2):0:($2/2):(0.35):ytic(1) with boxxyerrorbars lc rgb "#4477aa", '
                      f'"" index {number} using 2:0:(sprintf(" %.{table["digits"]}f", $2)) with labels left')
    data.write_text("\n\n\n".join(blocks) + "\n")
    script.append("unset multiplot")
    subprocess.run(["gnuplot"], input="\n".join(script), encoding="utf-8", check=True)
