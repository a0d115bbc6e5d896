"""The harness of ./lab bench, at a small size: every contest runs, and the report has its shape. Its times say nothing."""

import re
import subprocess
import sys
import xml.etree.ElementTree

import pytest
from playground import BUILD, ROOT

TABLES = {
    "qos0": ["Publish"], "qos12": ["Publish", "Publish"], "receive": ["Receive"],
    "latency": ["One message every millisecond"] * 2, "starts": ["From start to the first message"],
    "ends": ["From Ctrl-C to the end"], "pairs": ["A smart object and its controller"] * 2, "million": ["Peak memory"],
    "versions": ["MQTT 3.1.1 and 5: publish", "MQTT 3.1.1 and 5: receive"] * 2}


@pytest.mark.parametrize("contest", TABLES)
def test_a_contest_ends_in_tables_of_ratios_and_a_picture(tmp_path, contest):
    result = subprocess.run(
        [sys.executable, ROOT / "tools" / "bench" / "bench.py", "--build", BUILD, "--rounds", "1", "--scale", "0.002",
         "--only", contest, "--markdown", tmp_path / "bench.md", "--svg", tmp_path / "bench.svg"],
        capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    text = (tmp_path / "bench.md").read_text()
    assert result.stdout.strip() == text.strip()
    assert re.match(r"Measured on .*, \d+ processors, .*; Paho: \S+, built without? PAHO_HIGH_PERFORMANCE; 1 rounds", text)
    titles = re.findall(r"^\*\*(.*)\*\*$", text, re.M)
    assert len(titles) == len(TABLES[contest])
    assert all(title.startswith(start) for title, start in zip(titles, TABLES[contest]))
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| [^-|]", line) and "ratio" not in line]
    assert len(rows) >= 2 * len(titles)
    for name, middle, ratio, spread in rows:
        low, high = (float(number.replace(",", "")) for number in spread.split(", "))
        assert low <= float(middle.replace(",", "")) <= high and float(ratio) > 0, name
    assert sum(ratio == "1" for _, _, ratio, _ in rows) >= len(titles), "one of each table is what the others are compared with"
    if contest in ("qos0", "qos12", "receive"):
        bars = xml.etree.ElementTree.parse(tmp_path / "bench.svg").getroot()
        assert "simple_" in "".join(bars.itertext()) and "mosquitto_" in "".join(bars.itertext())
