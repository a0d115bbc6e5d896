"""Compares what a page shows with what came: the words, and how much time lies between.

Random ids and the time of day differ from run to run. What is left of the times has to agree: how far two time stamps
are apart, and how many seconds something took."""

import re

RANDOM = re.compile(r"-[0-9a-f]{8}\b")
CLOCK = re.compile(r'("time":)"\d{4}-\d\d-\d\dT[0-9:.]+Z"')
STAMP = re.compile(r"(timestamp\"?[: ])(\d{10})\b")
TOOK = re.compile(r"(in) (\d+\.\d+) s( \([\d.]+/s\))?$")
EXPIRY = re.compile(r"(expires in) (\d+) s")
PAUSE = re.compile(r"(trying again in|for) (\d+\.\d+) s")

SLACK = 0.1   # of a time: a busy computer
SECONDS = 0.5  # and so much in any case


def normal(line):
    """The line without what differs from run to run."""
    line = CLOCK.sub(r"\1 <time>", RANDOM.sub("-<random>", line))
    for pattern in (STAMP, TOOK, EXPIRY, PAUSE):
        line = pattern.sub(lambda found: f"{found.group(1).rstrip()} <time>", line)
    return line


def times(pattern, lines):
    return [float(found.group(2)) for line in lines for found in pattern.finditer(line)]


def agree(shown, came):
    """Whether the times of lines that are alike agree. A stamp is in whole seconds: two distances may differ by one."""
    stamps = [[stamp - found[0] for stamp in found] for found in (times(STAMP, shown), times(STAMP, came))]
    return all(abs(a - b) <= 1 + SLACK * abs(a) for a, b in zip(*stamps)) \
        and all(abs(a - b) <= SECONDS + SLACK * a for a, b in zip(times(TOOK, shown), times(TOOK, came))) \
        and all(abs(a - b) <= 1 + SLACK * a for a, b in zip(times(EXPIRY, shown), times(EXPIRY, came))) \
        and all(a <= 2 * b and b <= 2 * a for a, b in zip(times(PAUSE, shown), times(PAUSE, came)))  # it is random: a quarter


def chunks(lines):
    """The parts of an output between its "..."."""
    parts = [[]]
    for line in lines:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]


def find(part, lines, start):
    """Where the lines of `part` stand in `lines`, one after the other; -1: nowhere."""
    wanted, there = [normal(line) for line in part], [normal(line) for line in lines]
    for position in range(start, len(there) - len(wanted) + 1):
        if there[position:position + len(wanted)] == wanted:
            return position
    return -1


def matches(shown, lines):
    position, found = 0, []
    for part in chunks(shown):
        position = find(part, lines, position)
        if position < 0:
            return False
        found += lines[position:position + len(part)]
        position += len(part)
    return agree([line for line in shown if line != "..."], found)


def same_terminal(shown, there):
    """A terminal in two recordings. One may have gone on for two lines."""
    there = there[:len(shown) + 2]
    return len(there) >= len(shown) and [normal(line) for line in there[:len(shown)]] == [normal(line) for line in shown] \
        and agree(shown, there)


def updated(block, lines):
    """As many lines as in the block, from where each part began: at the line that is most like its first one."""
    new, position = [], 0
    for part in chunks(block):
        words = set(re.findall(r"\w+", part[0]))
        start = max(range(position, len(lines)), key=lambda n: len(words & set(re.findall(r"\w+", lines[n]))) - n / 1e6,
                    default=None)
        if start is None:
            return None
        new += (["..."] if new else []) + lines[start:start + len(part)]
        position = start + len(part)
    return new
