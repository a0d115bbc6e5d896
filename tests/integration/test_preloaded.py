"""What happens once in a hundred times, every time: a library that is preloaded puts another function in its place."""

import socket

import pytest
from playground import ALL_PROGRAMS, BUILD, twin_of, wire


def preloaded(library):
    return {"LD_PRELOAD": str(BUILD / "tests" / f"lib{library}.so")}


@pytest.mark.parametrize("name", ALL_PROGRAMS)
def test_without_a_client_a_program_ends_with_70(run, name):
    """It has no handle, and calls nothing with it."""
    credentials = ["-u", "alice", "-P", "alice-secret"] if twin_of(name).startswith("auth") else []
    program = run(name, *credentials, environment=preloaded("no_client"))
    assert program.wait() == 70
    assert program.err.matching(f"^{name}: Paho cannot make a client") and not program.out.lines


class Leaving(wire.Listener):
    """Takes connections and closes them."""

    def __init__(self, close):
        self.close_one = close
        super().__init__()

    def serve(self, connection):
        self.close_one(connection)


@pytest.mark.parametrize("close", [socket.socket.close, wire.reset], ids=["close", "reset"])
@pytest.mark.parametrize("scheme", ["mqtt", "mqtts", "ws", "wss"])
def test_a_connection_that_has_ended_before_it_was_looked_at_is_told_as_closed(run, scheme, close):
    server = Leaving(close)
    program = run("simple_producer", "--url", f"{scheme}://127.0.0.1:{server.port}", environment=preloaded("slow_client"))
    assert program.wait() == 69
    server.close()
    assert len(program.err.lines) == 1 and program.err.lines[0].endswith(
        "takes the connection and closes it without an answer: its log may say why, or check the port"), program.err.lines
