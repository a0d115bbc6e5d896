"""What has to hold for the sources themselves."""

import os
import re
import subprocess

import pytest
from playground import DEADLINE, PROGRAMS, ROOT


def files(*patterns):
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def includes(path):
    return re.findall(r'^#include [<"]([^>"]+)[>"]', path.read_text(), re.M)


# Who may include what; our own headers and those of the libraries. The C library and POSIX are everybody's.
RULES = [
    # the DTO library: cJSON; no MQTT, no popt, nothing of the runtime library
    (("dto/*.[ch]", "include/dto/*.h"), r"MQTT|popt|pthread|playground/|\.\./|examples|tests"),
    # the runtime library: Paho and popt; no JSON, no descriptor
    (("src/**/*.[ch]", "include/playground/*.h"), r"cjson|cJSON|dto/|json|\.\./|examples|tests"),
    # below the session: no Paho; and the session goes through these to the system, so that a simulation can replace them
    (("src/*.[ch]",), r"MQTT|session"),
    (("src/session/*.[ch]",), r"popt|openssl|pthread|poll|fcntl|unistd|signal|time\.h|sys/"),
    # the parts of the session are passive: they know neither the command line nor the session, and wait for nothing
    (("src/session/connection.[ch]", "src/session/course.[ch]", "src/session/summary.[ch]",
      "src/session/trace.[ch]", "src/session/window.[ch]"),
     r"playground/(mailbox|monitor|monotonic|options|random|session|stop|timer)\.h"),
    # the examples: both libraries, by their public headers only
    (("examples/*.c",), r"cjson|cJSON|popt|\.\./|src/|examples|tests|^(json|json_grammar|text|diagnosis)\.h$"),
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


def test_the_ten_programs_are_all_there_and_no_more():
    lessons = ["thread_lesson", "mailbox_lesson", "timer_lesson"]
    shared = ["inbox"]  # by the two programs of exercise 5
    assert sorted(path.stem for path in files("examples/*.c")) == sorted(PROGRAMS + lessons + shared)
    listed = re.findall(r"\w+", re.search(r"set\(PROGRAMS(.*?)\)", (ROOT / "CMakeLists.txt").read_text(), re.S).group(1))
    assert sorted(listed) == sorted(PROGRAMS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_reads_like_the_others(name):
    text = (ROOT / "examples" / f"{name}.c").read_text()
    header = text[:text.index("*/")]
    for part in ("Exercise ", "New here:", "Partner:", "Usage:"):
        assert part in header
    assert 4 <= header.count("\n") <= 9
    assert text.count("\n") <= (280 if name.startswith("mqtt_") else 150)
    assert text.index("#define QOS" if "#define QOS" in text else "_QOS") < text.index("struct program program")
    assert "MQTTClient_publish(" in text or "MQTTClient_receive(" in text
    assert "int main(" in text and text.rindex("int main(") > text.rindex("\nstatic ")


LINTS = {"clang-tidy": "findings: 1", "cppcheck": "a.c:1: error: a finding [id]", "clang-format": "", "shellcheck": ""}


def lint(folder, finds, version):
    """Runs the lint script with other tools in the place of the real ones: one finds something, in the version given."""
    for tool, finding in LINTS.items():
        ends = f"echo '{finding}'; exit {0 if tool == 'cppcheck' else 1}" if tool == finds else "exit 0"
        path = folder / tool
        path.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "{tool} version {version}" && exit 0\n{ends}\n')
        path.chmod(0o755)
    return subprocess.run([ROOT / "tools" / "ci" / "lint"], capture_output=True, encoding="utf-8", timeout=DEADLINE,
                          env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"})


@pytest.mark.parametrize("tool", LINTS)
def test_what_a_lint_finds_is_an_error(tool, tmp_path):
    assert lint(tmp_path, tool, "0.10").returncode == 1


@pytest.mark.parametrize("tool", LINTS)
def test_what_only_a_newer_version_finds_is_told_and_no_error(tool, tmp_path):
    result = lint(tmp_path, tool, "99.1")
    assert result.returncode == 0
    assert LINTS[tool] in result.stdout and f"{tool} 99.1 is newer than" in result.stdout


def test_what_a_lint_has_not_looked_at_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setitem(LINTS, "cppcheck", "a.c:0: information: Limiting analysis of branches. [normalCheckLevelMaxBranches]")
    assert lint(tmp_path, "cppcheck", "2.10").returncode == 0


@pytest.mark.parametrize("version, are_errors", [(9, True), (99, False)])
def test_warnings_are_errors_with_a_known_compiler_only(version, are_errors, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text(f"""#!/bin/sh
exec cc -Wno-builtin-macro-redefined -U__GNUC__ -D__GNUC__={version} -U__clang_major__ -D__clang_major__={version} "$@"
""")
    compiler.chmod(0o755)
    subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path / "build", "-D", f"CMAKE_C_COMPILER={compiler}", "-D", "PLAYGROUND_TESTS=OFF",
                    "-D", "PLAYGROUND_WERROR=AUTO"], capture_output=True, check=True)
    assert ("-Werror " in (tmp_path / "build" / "compile_commands.json").read_text()) == are_errors


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


# --- what the lab stands on: tools/packages, and who speaks of it ---

PURPOSES = ["build", "check", "bench", "test"]
MANAGERS = ["apt", "dnf", "brew"]


def packages():
    """Rows of purpose, what it is, and a column for each manager."""
    lines = (ROOT / "tools" / "packages").read_text().splitlines()
    return [[column.strip() for column in line.split("|")] for line in lines if re.match("[a-z]", line)]


def test_every_row_of_the_packages_is_whole():
    assert {len(row) for row in packages()} == {2 + len(MANAGERS)}
    # the order says what needs what
    assert list(dict.fromkeys(row[0] for row in packages())) == PURPOSES


@pytest.mark.parametrize("manager", MANAGERS)
def test_the_page_tells_to_install_what_the_launcher_installs(manager):
    told, = re.findall(rf"`(?:sudo )?{manager} install (.*?)`", (ROOT / "README.md").read_text())
    rows = [row[2 + MANAGERS.index(manager)] for row in packages() if row[0] == "build"]
    assert told == " ".join(column for column in rows if column != "-")


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("manager, asks", [("apt", "dpkg-query"), ("dnf", "rpm"), ("brew", "brew")])
def test_a_setup_asks_for_the_packages_of_its_purpose_and_of_those_it_needs(tmp_path, manager, asks, purpose):
    script = f"""cd '{ROOT}'; asked='{tmp_path}/asked'
        . tools/launcher/running.bash; . tools/launcher/setup.bash
        command() {{ case $2 in apt-get | dnf | brew) [ "${{2%-get}}" = {manager} ] ;; esac; }}
        {asks}() {{ echo "${{!#}}" >>"$asked"; printf installed; }}
        setup {purpose}"""
    subprocess.run(["bash", "-c", script], check=True, capture_output=True, timeout=DEADLINE)
    wanted = PURPOSES[:PURPOSES.index(purpose) + 1]
    rows = [row[2 + MANAGERS.index(manager)] for row in packages() if row[0] in wanted]
    assert (tmp_path / "asked").read_text().split() == " ".join(column for column in rows if column != "-").split()


def test_cmake_names_the_packages_of_what_it_does_not_find(tmp_path):
    result = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path, "-D", "CMAKE_DISABLE_FIND_PACKAGE_cJSON=ON"],
                            capture_output=True, encoding="utf-8", check=False)
    hint = "cJSON is missing: apt install libcjson-dev | dnf install cjson-devel | brew install cjson | ./lab setup build"
    assert result.returncode != 0
    assert f" {hint}\n" in result.stderr


def test_cmake_asks_for_rows_that_are_there():
    asked = [name for path in ("CMakeLists.txt", "tests/CMakeLists.txt")
             for name in re.findall(r'^ *missing\("(.*?)"', (ROOT / path).read_text(), re.M)]
    assert len(asked) > 5 and set(asked) <= {row[1] for row in packages()}


def test_ci_runs_the_launcher_and_nothing_of_its_own():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1 and re.search(r"/lab\" test$", lines[0])
