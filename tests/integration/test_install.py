"""cmake --install and cpack: programs, manual pages and completions, all of the same options."""

import re
import shutil
import subprocess

import pytest
from playground import ALL_PROGRAMS, BUILD, ROOT, Broker
from test_options_documented import helped


def output(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, encoding="utf-8", check=True, timeout=100,
                          **options).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    output("cmake", "--install", BUILD, "--prefix", folder)
    return folder


@pytest.mark.parametrize("name", ALL_PROGRAMS)
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
        for name in {' '.join(ALL_PROGRAMS)}; do print ${{_comps[$name]}}; done""")
    assert known.split() == ["_mqtt_playground"] * len(ALL_PROGRAMS)


def test_the_debian_package_holds_programs_that_run(tmp_path):
    output("cpack", "-G", "DEB", "-B", tmp_path, "--config", BUILD / "CPackConfig.cmake", cwd=tmp_path)
    package, = tmp_path.glob("mqtt-playground_*.deb")
    fields = output("dpkg-deb", "--field", package)
    assert re.search(r"^Depends: .*libcjson1.*libpaho-mqtt1\.3.*libpopt0", fields, re.M)
    output("dpkg-deb", "--extract", package, tmp_path / "root")
    for name in ALL_PROGRAMS:
        assert output(tmp_path / "root" / "usr" / "bin" / name, "--version").startswith(name)
        assert list((tmp_path / "root" / "usr" / "share" / "man" / "man1").glob(f"{name}.1*"))


def test_the_files_that_the_page_tells_engineers_to_take_are_all_it_takes(tmp_path):
    section = (ROOT / "docs" / "engineers.md").read_text().split("Paho and OpenSSL")[0]
    named = re.findall(r"`(\w+)\.(c|\[ch\])`", section)
    taken = [f"{stem}.{letter}" for stem, letters in named for letter in letters.strip("[]")]
    source = tmp_path / "src"
    shutil.copytree(ROOT / "src" / "session", source / "session")
    shutil.copytree(ROOT / "include", tmp_path / "include")
    for name in taken:
        shutil.copy(ROOT / "src" / name, source)
    (source / "program.c").write_text("""#include "playground/console.h"
        #include "playground/session.h"
        #include <string.h>
        int main(int argc, char **argv)
        {
            struct options options = {.count = 2, .connection = {.broker_count = 1, .keep_alive = 10, .client_id = "taken"}};
            struct session session;
            int rc;

            strcpy(options.connection.brokers[0].uri, argv[argc - 1]);
            strcpy(options.connection.brokers[0].name, "the broker");
            console_open("program");
            session_create(&session, &options, SESSION_ONE_THREAD, NULL, NULL);
            session_connect(&session);
            for (long sent = 0; session_goes_on(&session, sent); sent++) {
                do
                    rc = MQTTClient_publish(session.client, "t", 1, "1", 0, 0, NULL);
                while (session_wait_to_retry(&session, &rc));
                console_sent("t", 0, false, "1");
            }
            return session_close(&session);
        }""")
    program = tmp_path / "program"
    output("cc", "-D_POSIX_C_SOURCE=200809L", "-I", tmp_path / "include", "-I", source, *source.rglob("*.c"),
           "-lpaho-mqtt3cs", "-lssl", "-lcrypto", "-pthread", "-o", program)
    broker = Broker(tmp_path)
    try:
        assert output(program, f"tcp://127.0.0.1:{broker.port}") == "sent t: 1\nsent t: 1\n"
    finally:
        broker.stop()
