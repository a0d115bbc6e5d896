"""The reference's table of options says the same as --help, which popt makes of the programs' own table."""

import re
import subprocess

from playground import ALL_PROGRAMS, BUILD, ROOT

SEVERAL = {"topic", "count", "qos"}  # their units and defaults differ from program to program


def helped(name):
    """{long option: (letter, unit, default)} as a program tells it."""
    text = subprocess.run([BUILD / "bin" / name, "--help"], capture_output=True, encoding="utf-8", check=True).stdout
    return {option: (letter, unit, default) for letter, option, unit, default in parse(text)}


def parse(text):
    """The rows of --help, which popt breaks into lines."""
    rows = []
    for line in text.split("\n\n")[0].splitlines()[1:]:
        found = re.match(r"  (?:-(\w), |    )--([\w-]+)(?:=(\S+))?\s+(.*)", line)
        if found:
            rows.append([found.group(1) or "", found.group(2), found.group(3) or "", found.group(4)])
        else:
            rows[-1][3] += " " + line.strip()
    for letter, option, unit, text in rows:
        default = re.search(r"\(default: (.*)\)$", text)
        yield letter, option, unit, default.group(1) if default else ""


def documented():
    """The same of the page's table."""
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    table = re.search(r"^## The command line\n.*?^\| --- .*?\n(.*?)\n\n", text, re.M | re.S).group(1)
    options = {}
    for row in table.splitlines():
        option, _, default = (part.strip() for part in re.split(r"(?<!\\)\|", row)[1:4])
        letter, name, unit = re.fullmatch(r"`(?:-(\w), )?--([\w-]+)(?: (\S+))?`", option).groups()
        options[name] = (letter or "", (unit or "").replace("\\|", "|"), default.replace("`", ""))
    return options


def test_the_table_of_options_is_that_of_the_programs():
    table, known = documented(), {}
    for name in ALL_PROGRAMS:
        for option, (letter, unit, default) in helped(name).items():
            known.setdefault(option, set()).add((letter, unit, default))
    assert set(table) == set(known)
    for option, told in known.items():
        if option in SEVERAL:
            told = {(letter, table[option][1], table[option][2]) for letter, _, _ in told}
        assert told == {table[option]}, option
