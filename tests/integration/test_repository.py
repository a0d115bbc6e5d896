"""What has to hold for the sources themselves."""

import os
import re
import subprocess

import pytest
from playground import DEADLINE, ROOT


LINTS = {"clang-tidy": "findings: 1", "cppcheck": "a.c:1: error: a finding [id]", "clang-format": "", "flake8": "",
         "shellcheck": ""}


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
    subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path / "build", "-D", f"CMAKE_C_COMPILER={compiler}",
                    "-D", "PLAYGROUND_TESTS=OFF", "-D", "PLAYGROUND_WERROR=AUTO"], capture_output=True, check=True)
    assert ("-Werror " in (tmp_path / "build" / "compile_commands.json").read_text()) == are_errors


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
