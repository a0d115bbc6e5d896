"""The house: who may call whom, and that nothing in it grows too large to be read.

The tests are not held to the lengths: a table of two hundred rows is read as easily as one of ten."""

import collections
import difflib
import re
import subprocess

import pytest
from playground import BUILD, PROGRAMS, PROGRAMS_OF_PART_TWO, ROOT, TWINS

LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 60
SOURCES = ("src/**/*.[ch]", "dto/*.[ch]", "include/**/*.h", "examples/**/*.[ch]", "tools/**/*.[ch]")
HEADERS = ("include/**/*.h", "src/**/*.h", "dto/*.h", "examples/**/*.h")


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def includes(path):
    return re.findall(r'^#include [<"]([^>"]+)[>"]', path.read_text(), re.M)


# Who may include what; our own headers and those of the libraries. The C library and POSIX are everybody's.
RULES = [
    # the DTO library: cJSON; no MQTT, no popt, nothing of the runtime library
    (("dto/*.[ch]", "include/dto/*.h"), r"MQTT|popt|pthread|playground/|\.\./|examples|tests"),
    # the runtime library: Paho and popt; no JSON, no descriptor
    (("src/**/*.[ch]", "include/playground/*.h"), r"cjson|cJSON|dto/|json(_grammar)?\.h|\.\./|examples|tests"),
    # below the session: no Paho; and the session goes through these to the system, so that a simulation can replace them
    (("src/*.[ch]",), r"MQTT|session"),
    (("src/session/*.[ch]",), r"popt|openssl|pthread|poll|fcntl|unistd|signal|time\.h|sys/"),
    # the parts of the session are passive: they know neither the command line nor the session, and wait for nothing
    (("src/session/connection.[ch]", "src/session/course.[ch]", "src/session/summary.[ch]",
      "src/session/trace.[ch]", "src/session/window.[ch]"),
     r"playground/(mailbox|monitor|monotonic|options|random|session|stop|timer)\.h"),
    # the examples: both libraries, by their public headers only
    (("examples/**/*.c",), r"cjson|cJSON|popt|\.\./|src/|examples|tests|^(json|json_grammar|text|diagnosis)\.h$"),
    (("include/text.h", "src/text.c"), r"/|MQTT|cjson|popt|options|json"),
]


@pytest.mark.parametrize("patterns, forbidden", RULES)
def test_who_may_call_whom(patterns, forbidden):
    paths = files(*patterns)
    assert paths
    for path in paths:
        for name in includes(path):
            assert not re.search(forbidden, name), f"{path.relative_to(ROOT)} includes {name}"


def test_nothing_outside_the_tests_takes_anything_from_them():
    paths = files("tools/**/*.py", "tools/**/CMakeLists.txt", "tools/**/*.[ch]")
    assert len(paths) > 15
    for path in paths:
        taken = [line for line in path.read_text().splitlines() if re.search(r"\btests/|\"tests\"|conftest", line)]
        assert not taken, f"{path.relative_to(ROOT)}: {taken}"


def test_the_dto_library_prints_nothing_and_never_exits():
    for path in files("dto/*.c"):
        assert not re.search(r"\b(printf|puts|putc|putchar|fprintf|fputs|perror|exit|abort|assert)\(", path.read_text())


def listed(name):
    """The names in one of CMake's lists."""
    return re.findall(r"\w+", re.search(rf"set\({name}\b(.*?)\)", (ROOT / "CMakeLists.txt").read_text(), re.S).group(1))


def test_the_ten_programs_are_all_there_and_no_more():
    lessons = ["thread_lesson", "mailbox_lesson", "timer_lesson"]
    shared = ["inbox"]  # by the two programs of exercise 5
    assert sorted(path.stem for path in files("examples/*.c")) == sorted(PROGRAMS + lessons + shared)
    assert sorted(listed("PROGRAMS")) == sorted(PROGRAMS)


def test_so_are_those_of_part_two():
    shared = ["inbox", "letter", "requests"]  # by several of them, and what is tested by itself
    assert sorted(path.stem for path in files("examples/part_two/*.c")) == sorted(PROGRAMS_OF_PART_TWO + shared)
    assert sorted(listed("PROGRAMS_OF_PART_TWO")) == sorted(PROGRAMS_OF_PART_TWO)


def assert_reads_like_the_others(text, lines, publishes):
    header = text[:text.index("*/")]
    for part in ("Exercise ", "New here:", "Partner:", "Usage:"):
        assert part in header
    assert 4 <= header.count("\n") <= 9
    assert text.count("\n") <= lines
    assert text.index("#define QOS" if "#define QOS" in text else "_QOS") < text.index("struct program program")
    assert publishes in text or "MQTTClient_receive(" in text
    assert "int main(" in text and text.rindex("int main(") > text.rindex("\nstatic ")


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_reads_like_the_others(name):
    assert_reads_like_the_others((ROOT / "examples" / f"{name}.c").read_text(), 280 if name.startswith("mqtt_") else 150,
                                 "MQTTClient_publish(")


@pytest.mark.parametrize("name, twin", TWINS.items())
def test_an_example_of_part_two_is_the_diff_to_its_twin(name, twin):
    """It reads like the others, and most lines of its twin stand in it, in the same order."""
    text = (ROOT / "examples" / "part_two" / f"{name}.c").read_text()
    assert_reads_like_the_others(text, 299, "MQTTClient_publish5(")
    assert twin in text[:text.index("*/")], "the program that it is the diff to"
    before, after = ([line for line in lines if line] for lines in
                     ((ROOT / "examples" / f"{twin}.c").read_text().splitlines(), text.splitlines()))
    kept = sum(block.size for block in difflib.SequenceMatcher(None, before, after, False).get_matching_blocks())
    assert kept > len(before) / 2


def circle(edges):
    """[a, b, ..., a], each of which leads to the next; None if nothing leads back to where it came from."""
    done = set()

    def follow(node, path):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        found = next(filter(None, (follow(other, path + [node]) for other in sorted(edges.get(node, ())))), None)
        done.add(node)
        return found

    return next(filter(None, (follow(node, []) for node in sorted(edges))), None)


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"b"}}) == ["b", "d", "b"]
    assert circle({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}) is None


def test_no_header_includes_itself_by_way_of_others():
    paths = files(*HEADERS)
    own = {path.name for path in paths}
    edges = {path.name: {name.split("/")[-1] for name in includes(path)} & own for path in paths}
    assert len(edges) > 30 and any(edges.values())
    assert circle(edges) is None


def objects():
    """{object: names that it defines}, {object: names that it uses} of all our libraries; see nm(1)."""
    defined, used = collections.defaultdict(set), collections.defaultdict(set)
    for library in BUILD.glob("lib*.a"):
        listing = subprocess.run(["nm", "-A", library], capture_output=True, encoding="utf-8", check=True).stdout
        for module, kind, name in re.findall(r"(\w+)\.c\.o: *[0-9a-f]* (\w) (\w+)$", listing, re.M):
            (used if kind == "U" else defined)[module].add(name)
    return defined, used


def test_no_module_calls_itself_by_way_of_others():
    """By what the linker sees: a header that two of them include for a type is no call."""
    defined, used = objects()
    place = {name: module for module, names in defined.items() for name in names}
    edges = {module: {place[name] for name in names if name in place} - {module} for module, names in used.items()}
    assert len(edges) > 30 and "connection" in edges["session"] and "json" in edges["message_descriptor"]
    assert circle(edges) is None


def functions(path):
    """(name, lines) of each: clang-format, which the lint asks, begins and ends them at the left margin."""
    name, start = None, 0
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if begins := re.match(r"\w[^(=]*?(\w+)\(", line):
            name, start = begins.group(1), number
        elif line == "}" and name:
            yield name, number - start + 1
            name = None


def test_no_function_is_longer_than_a_page():
    lengths = {(path.name, name): lines for path in files(*SOURCES) for name, lines in functions(path)}
    assert len(lengths) > 300 and ("session.c", "session_close") in lengths
    assert not {key: lines for key, lines in lengths.items() if lines >= LINES_OF_A_FUNCTION}


def test_no_file_is_longer_than_one_reads_at_a_time():
    paths = files(*SOURCES, "tools/**/*.py", "lab", "tools/launcher/*")
    lengths = {path.relative_to(ROOT): path.read_text().count("\n") for path in paths}
    assert not {path: lines for path, lines in lengths.items() if lines >= LINES_OF_A_FILE}


def test_each_function_of_a_public_header_is_described():
    """By a comment above it, or above the first of several that stand together."""
    declared = []
    for path in files("include/**/*.h"):
        for block in re.split(r"\n\n", path.read_text()):
            names = re.findall(r"^(?!typedef)\w[^#;{}]*?\b(\w+)\([^;{}]*\)(?: CONSOLE_PRINTF)?;", block, re.M)
            declared += names
            assert not names or "/*" in block[:block.index(names[0] + "(")], f"{path.relative_to(ROOT)}: {names[0]}"
    assert len(declared) > 60 and {"session_close", "console_note", "message_descriptor_to_json"} <= set(declared)


def test_every_file_begins_with_why_it_exists():
    for folder in ("src", "dto", "examples", "tests", "tools"):
        for file in (ROOT / folder).rglob("*.c"):
            assert file.read_text().startswith("/* "), file
    for file in files("tools/launcher/*"):
        assert file.read_text().startswith("# "), file


def test_the_launcher_is_thin_and_has_all_its_parts():
    text = (ROOT / "lab").read_text()
    assert text.count("\n") <= 100
    assert [ROOT / part for part in sorted(re.findall(r"^\. (.*)$", text, re.M))] == files("tools/launcher/*")


def test_every_file_of_tests_is_run():
    listed = re.findall(r"^ *(?:unit|integration)\((\w+)", (ROOT / "tests" / "CMakeLists.txt").read_text(), re.M)
    there = [path.stem.removeprefix("test_") for path in files("tests/unit/test_*.c", "tests/integration/test_*.py")]
    assert sorted(listed) == sorted(there)
