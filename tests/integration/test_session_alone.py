"""The session in a program of somebody else's: the files that the text for engineers names, copied out of this tree."""

import re
import shutil
import subprocess

from playground import DEADLINE, ROOT, Program

PAGES = ["docs/engineers.md", "README.md"]  # the text is in the first of them that has it
# From the session's folder to that of the headers; the libraries are told after it.
LIST = re.compile(r"`src/session/`.*?`include/`", re.S)
LIBRARIES = ["-lpaho-mqtt3cs", "-lssl", "-lcrypto", "-lpthread", "-lm"]
PROGRAM = """
#include "playground/session.h"

static const struct options options = {
    .connection = {.brokers = {{.host = "127.0.0.1", .port = PORT, .name = "the broker", .uri = URI}},
                   .broker_count = 1, .client_id = "alone", .keep_alive = 10},
    .qos = 1, .window = 1, .count = 1};

int main(void)
{
    struct session session;
    session_create(&session, &options, SESSION_ONE_THREAD, NULL, NULL);
    session_connect(&session);
    for (long sent = 0; session_goes_on(&session, sent); sent++) {
        int rc;
        do
            rc = MQTTClient_publish(session.client, "alone", 5, "hello", options.qos, 0, NULL);
        while (session_wait_to_retry(&session, &rc));
    }
    return session_close(&session);
}
"""


def named_files():
    """What the text names, as paths in the tree: `console.c` and `probe.[ch]` are of src/, folders stand for themselves."""
    text = next(found for page in PAGES if (ROOT / page).is_file() and (found := LIST.search((ROOT / page).read_text())))
    names = [name for name in re.findall("`([^`]+)`", text.group()) if name != "src/"]
    paths = [path for name in names for path in (ROOT.glob(name) if "/" in name else (ROOT / "src").glob(name))]
    assert len(paths) >= len(names) > 2, names
    return paths


def copy_named_files(folder):
    for path in named_files():
        target = folder / path.relative_to(ROOT)
        if path.is_dir():
            shutil.copytree(path, target)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def build(folder, port):
    sources = ["alone.c", *sorted(path.relative_to(folder) for path in folder.glob("src/**/*.c"))]
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Iinclude", "-Isrc"]
    flags += [f"-DPORT={port}", f'-DURI="tcp://127.0.0.1:{port}"']
    result = subprocess.run(["cc", *flags, *sources, "-o", "alone", *LIBRARIES],
                            cwd=folder, capture_output=True, encoding="utf-8", timeout=3 * DEADLINE)
    assert result.returncode == 0 and "warning" not in result.stderr, result.stderr


def test_a_program_with_what_the_text_names_and_no_more_publishes_a_message(broker, observe, tmp_path):
    copy_named_files(tmp_path)
    (tmp_path / "alone.c").write_text(PROGRAM)
    build(tmp_path, broker.port)
    observer = observe(broker.port, "#")
    program = Program("alone", folder=tmp_path)
    assert program.wait() == 0, program.err.lines
    observer.fence()
    assert [(message.topic, message.payload) for message in observer.messages] == [("alone", b"hello")]
