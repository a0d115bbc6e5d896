"""The lab's broker: the committed configuration, for a process and for a container, as root and as a user."""

import os
import re
import shutil
import subprocess

import pytest
from playground import ROOT, RUNNING, Lines, Observer, end_process, find_mosquitto, free_port

USERS = [None] + ([65534] if os.geteuid() == 0 else [])  # as we are; and if that is root, as an ordinary user too


@pytest.fixture(params=USERS, ids=lambda user: "as-nobody" if user else "as-we-are")
def lab_broker(request, tmp_path_factory):
    """The committed folder, its ports exchanged for free ones, started as ./lab broker starts it."""
    folder = tmp_path_factory.mktemp("lab") / "mosquitto"
    shutil.copytree(ROOT / "mosquitto", folder, ignore=shutil.ignore_patterns("*.crt", "*.key", "*.srl", "listeners.conf"))
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    configuration = folder / "mosquitto.conf"
    text = configuration.read_text()
    ports = {}
    for port in re.findall(r"^listener (\d+) 127\.0\.0\.1$", text, re.M):
        ports[int(port)] = free_port()
        text = text.replace(f"listener {port} ", f"listener {ports[int(port)]} ")
    configuration.write_text(text)
    process = subprocess.Popen([find_mosquitto(), "-c", "mosquitto.conf"], cwd=folder, user=request.param,
                               stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8")
    log = Lines(process.stderr)
    try:
        log.wait_for(RUNNING)
        yield ports
    finally:
        end_process(process)


def test_every_listener_of_the_committed_file_is_bound_to_this_computer():
    listeners = re.findall(r"^listener .*$", (ROOT / "mosquitto" / "mosquitto.conf").read_text(), re.M)
    assert len(listeners) >= 2
    assert all(re.fullmatch(r"listener \d+ 127\.0\.0\.1", listener) for listener in listeners)


def test_port_1883_is_open_to_everybody(lab_broker, run):
    consumer = run("simple_consumer", "-p", lab_broker[1883], "-C", 1)
    consumer.err.wait_for("Subscribed")
    assert run("simple_producer", "-p", lab_broker[1883], "-C", 1).wait() == 0
    assert consumer.wait() == 0


def test_port_1884_lets_in_only_who_knows_a_password(lab_broker, run):
    port = lab_broker[1884]
    assert run("simple_producer", "-p", port, "-C", 1).wait() == 77
    assert run("auth_producer", "-p", port, "-u", "alice", "-P", "wrong", "-C", 1).wait() == 77
    for name in ("alice", "bob", "admin"):
        assert run("auth_producer", "-p", port, "-u", name, "-P", f"{name}-secret", "-C", 1).wait() == 0


def test_alice_sees_nothing_of_bobs_and_the_administrator_sees_all(lab_broker):
    clients = {name: Observer(lab_broker[1884], "#", username=name, password=f"{name}-secret")
               for name in ("alice", "bob", "admin")}
    try:
        for name in ("alice", "bob"):
            clients[name].publish(f"/iot/user/{name}/x", name, qos=1)
            clients[name].publish("/iot/user/admin/x", "forbidden", qos=1)
        # The administrator only reads: what it writes reaches nobody.
        clients["admin"].publish("/iot/user/alice/x", "forbidden", qos=1)
        # A last message of each, behind everything that might have come.
        for name in ("alice", "bob"):
            clients[name].publish(f"/iot/user/{name}/end", "", qos=1)
        clients["admin"].wait_for_count(4)
        for name in ("alice", "bob"):
            clients[name].wait_for_count(2)
            assert [m.topic for m in clients[name].messages] == [f"/iot/user/{name}/x", f"/iot/user/{name}/end"]
        assert sorted(m.topic for m in clients["admin"].messages) == [
            "/iot/user/alice/end", "/iot/user/alice/x", "/iot/user/bob/end", "/iot/user/bob/x"]
    finally:
        for client in clients.values():
            client.close()


def compose(*arguments):
    command = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    return subprocess.run([*command, "-f", str(ROOT / "docker-compose.yml"), *arguments], capture_output=True,
                          encoding="utf-8", timeout=60)


def test_docker_compose_accepts_the_file_and_publishes_on_this_computer_only():
    result = compose("config")
    assert result.returncode == 0, result.stderr
    text = (ROOT / "docker-compose.yml").read_text()
    published = re.findall(r"^      - (.*\d+:\d+)$", text, re.M)
    assert published == [f"127.0.0.1:{port}:{port}" for port in (1883, 1884, 8883, 8884)]


def test_the_container_listens_where_published_ports_can_reach_it(tmp_path):
    """Runs the container's own command line on the folder, up to starting the broker; with certificates and without."""
    command = re.search(r"^      - (cp .*) && exec mosquitto", (ROOT / "docker-compose.yml").read_text(), re.M).group(1)
    for certificates in (False, True):
        source, inside = tmp_path / f"source{certificates}", tmp_path / f"inside{certificates}"
        shutil.copytree(ROOT / "mosquitto", source, ignore=shutil.ignore_patterns("*.conf"))
        shutil.copy(ROOT / "mosquitto" / "mosquitto.conf", source)
        if certificates:
            (source / "tls" / "listeners.conf").write_text("listener 8883 127.0.0.1\nlistener 8884 127.0.0.1\n")
        shell = command.replace("$$", "$").replace("/tmp/lab", str(inside)).replace("/lab", str(source), 1)
        subprocess.run(["sh", "-c", shell], check=True, capture_output=True)
        listeners = [line for path in [inside / "mosquitto.conf", *(inside / "tls").glob("*.conf")]
                     for line in path.read_text().splitlines() if line.startswith("listener")]
        assert listeners == [f"listener {port}" for port in (1883, 1884, 8883, 8884)[:4 if certificates else 2]]
