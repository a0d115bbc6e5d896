"""A program whose client Paho could not make has no handle: it says so, and calls nothing with it."""

import pytest
from conftest import BUILD, PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_without_a_client_a_program_ends_with_70(run, name):
    credentials = ["-u", "alice", "-P", "alice-secret"] if name.startswith("auth") else []
    program = run(name, *credentials, environment={"LD_PRELOAD": str(BUILD / "tests" / "libno_client.so")})
    assert program.wait() == 70
    assert program.err.matching(f"^{name}: Paho cannot make a client") and not program.out.lines
