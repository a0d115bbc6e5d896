"""Draws the life of a session as a Mermaid diagram, from the table in the code: a row is an arrow."""

import re

ROW = re.compile(r"^ *\{(\w+), +(\w+), +(\w+), +(\w+)\},", re.M)


def diagram(source):
    """The lines of the diagram of states.c."""
    table = re.search(r"\} transitions\[\] = \{(.*?)^\};", source, re.M | re.S).group(1)
    rows = ROW.findall(table)
    lines = ["stateDiagram-v2", f"    [*] --> {rows[0][0]}"]
    lines += [f"    {start} --> {end}: {event}" for start, event, _, end in rows]
    ends = {end for *_, end in rows} - {start for start, *_ in rows}
    return lines + [f"    {end} --> [*]" for end in sorted(ends)]
