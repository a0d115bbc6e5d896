"""cmake --install and cpack: programs, manual pages and completions, all of the same options."""

import re
import subprocess

import pytest
from conftest import BUILD, PROGRAMS, ROOT
from test_options_documented import helped


def output(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, encoding="utf-8", check=True, timeout=100,
                          **options).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    output("cmake", "--install", BUILD, "--prefix", folder)
    return folder


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_its_page_and_its_completion_know_the_same_options(installed, name):
    assert output(installed / "bin" / name, "--version").startswith(name)
    options = {f"--{option}" for option in helped(name)}
    page = (installed / "share" / "man" / "man1" / f"{name}.1").read_text().replace("\\-", "-")
    assert set(re.findall(r"^(?:\\fB-\w\\fR, )?\\fB(--[\w-]+)\\fR", page, re.M)) == options
    assert re.search(rf"^{name} - \w+", page, re.M)
    completed = output("bash", "-c", f"""
        . /usr/share/bash-completion/bash_completion
        . '{installed}/share/bash-completion/completions/{name}'
        PATH='{installed}/bin:'$PATH
        complete -p {name} >&2
        COMP_WORDS=({name} --) COMP_CWORD=1 COMP_LINE='{name} --' COMP_POINT=$((${{#COMP_LINE}}))
        _longopt {name} -- {name}
        printf '%s\\n' "${{COMPREPLY[@]}}" """)
    assert {option.rstrip("= ") for option in completed.split()} == options


def test_zsh_finds_the_completion_of_every_program(installed):
    known = output("zsh", "-f", "-c", f"""
        fpath=('{installed}/share/zsh/site-functions' $fpath)
        autoload -Uz compinit && compinit -u -D
        for name in {' '.join(PROGRAMS)}; do print ${{_comps[$name]}}; done""")
    assert known.split() == ["_mqtt_playground"] * len(PROGRAMS)


def test_the_debian_package_holds_programs_that_run(tmp_path):
    output("cpack", "-G", "DEB", "-B", tmp_path, "--config", BUILD / "CPackConfig.cmake", cwd=tmp_path)
    package, = tmp_path.glob("mqtt-playground_*.deb")
    fields = output("dpkg-deb", "--field", package)
    assert re.search(r"^Depends: .*libcjson1.*libpaho-mqtt1\.3.*libpopt0", fields, re.M)
    output("dpkg-deb", "--extract", package, tmp_path / "root")
    for name in PROGRAMS:
        assert output(tmp_path / "root" / "usr" / "bin" / name, "--version").startswith(name)
        assert list((tmp_path / "root" / "usr" / "share" / "man" / "man1").glob(f"{name}.1*"))


def test_the_files_that_the_readme_tells_engineers_to_take_are_all_it_takes(tmp_path):
    section = (ROOT / "README.md").read_text().split("\n## For engineers\n")[1].split("`include/playground`")[0]
    files = [ROOT / "src" / name for name in re.findall(r"`(\w+\.c)`", section)]
    program = tmp_path / "program.c"
    program.write_text("""#include "playground/session.h"
        int main(void)
        {
            struct options options = {.connection.broker_count = 1};
            struct session session;
            session_create(&session, &options, SESSION_ONE_THREAD, NULL, NULL);
            return session_close(&session);
        }""")
    assert files
    output("cc", "-D_POSIX_C_SOURCE=200809L", "-I", ROOT / "include", "-I", ROOT / "src", program, *files, *(ROOT / "src" / "session").glob("*.c"),
           "-lpaho-mqtt3cs", "-lssl", "-lcrypto", "-pthread", "-o", tmp_path / "program")
