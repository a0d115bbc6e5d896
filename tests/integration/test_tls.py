"""TLS for real: the certificates of ./lab certs, a broker that asks for them, and each way in which it can fail."""

import re
import shutil
import subprocess

import pytest
from playground import ROOT, RUNNING, Lines, copy_launcher, end_process, find_mosquitto, free_port

SECRET = ["-u", "alice", "-P", "alice-secret"]
# Of the ways to make a certificate, only `openssl ca` makes one that has expired, whatever the version.
AUTHORITY = """[ca]
default_ca = lab
[lab]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = name
[name]
commonName = supplied
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The committed broker with certificates, its ports exchanged for free ones. A dict of the ports, and `tls`, the folder."""
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "mosquitto", root / "mosquitto",
                    ignore=shutil.ignore_patterns("*.crt", "*.key", "*.srl", "listeners.conf"))
    copy_launcher(root)
    (root / "mosquitto").chmod(0o755)
    made = subprocess.run(["./lab", "certs"], cwd=root, capture_output=True, encoding="utf-8", timeout=60)
    assert made.returncode == 0, made.stderr
    ports = {"tls": root / "mosquitto" / "tls"}
    for path in (root / "mosquitto" / "mosquitto.conf", root / "mosquitto" / "tls" / "listeners.conf"):
        text = path.read_text()
        assert all(re.fullmatch(r"listener \d+ 127\.0\.0\.1", line) for line in re.findall("^listener.*$", text, re.M))
        for port in re.findall(r"^listener (\d+) ", text, re.M):
            ports[int(port)] = free_port()
            text = text.replace(f"listener {port} ", f"listener {ports[int(port)]} ")
        path.write_text(text)
    # A second authority, and server certificates that are not as they should be.
    other = ports["other"] = ports["tls"] / "other"
    other.mkdir()
    for name in ("ca.crt", "ca.key"):
        shutil.copy(ports["tls"] / name, other)
    openssl(other, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-keyout", "other-ca.key",
            "-out", "other-ca.crt", "-subj", "/CN=other CA")
    openssl(other, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", "bad.key", "-out", "bad.csr", "-subj", "/CN=bad")
    (other / "ca.conf").write_text(AUTHORITY)
    (other / "serial").write_text("01")
    for name, names, authority, ends in (("wrong-host", "DNS:elsewhere.example", "ca", "20491231235959Z"),
                                         ("expired", "DNS:localhost", "ca", "20200102000000Z"),
                                         ("stranger", "DNS:localhost", "other-ca", "20491231235959Z")):
        (other / "ext").write_text(f"subjectAltName={names}")
        (other / "index").write_text("")
        openssl(other, "ca", "-batch", "-config", "ca.conf", "-cert", f"{authority}.crt", "-keyfile", f"{authority}.key",
                "-in", "bad.csr", "-extfile", "ext", "-startdate", "20200101000000Z", "-enddate", ends, "-notext",
                "-out", f"{name}.crt")
        ports[name] = free_port()
        with open(root / "mosquitto" / "tls" / "listeners.conf", "a", encoding="utf-8") as listeners:
            listeners.write(f"listener {ports[name]} 127.0.0.1\nallow_anonymous true\ncafile tls/ca.crt\n"
                            f"certfile tls/other/{name}.crt\nkeyfile tls/other/bad.key\n")
    for path in root.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (root / "lab").chmod(0o755)
    process = subprocess.Popen([find_mosquitto(), "-c", "mosquitto.conf"], cwd=root / "mosquitto", stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, encoding="utf-8")
    log = Lines(process.stderr)
    log.wait_for(RUNNING)
    yield ports
    end_process(process)


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def trusting(lab, *more):
    return ["--cafile", lab["tls"] / "ca.crt", *more]


def client_certificate(lab, name, folder="tls"):
    return ["--cert", lab[folder] / f"{name}.crt", "--key", lab[folder] / f"{name}.key"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_is_in_order_is_accepted(lab, run, host):
    by_options = run("auth_producer", "-h", host, "-p", lab[8883], *trusting(lab), *SECRET, "-C", 3, "--interval", 0)
    by_url = run("auth_producer", "-L", f"mqtts://{host}:{lab[8883]}", *trusting(lab), *SECRET, "-C", 3, "--interval", 0)
    for program in (by_options, by_url):
        assert program.wait() == 0, program.err.lines
        assert program.summary() == (3, 0, 0)


def test_messages_pass_encrypted_in_both_modes(lab, run):
    options = ["-h", "localhost", "-p", lab[8884], *trusting(lab)]
    consumer = run("auth_consumer", *options, *client_certificate(lab, "alice"), "-u", "alice", "-C", 500, "-q", 1)
    consumer.err.wait_for("Subscribed")
    producer = run("auth_producer", *options, *client_certificate(lab, "alice"), "-u", "alice", "-C", 500, "-q", 1,
                   "--interval", 0)
    assert producer.wait() == consumer.wait() == 0
    assert consumer.summary() == (0, 500, 0)
    smart_object = run("mqtt_smart_object", *options, *client_certificate(lab, "alice"), "--base-topic", "/iot/user/alice",
                       "--interval", 0.01, "-C", 5)
    assert smart_object.wait() == 0


def test_the_common_name_of_a_client_certificate_is_the_user_name(lab, run):
    options = ["-h", "localhost", "-p", lab[8884], *trusting(lab)]
    admin = run("simple_consumer", *options, *client_certificate(lab, "admin"), "-t", "/iot/user/+/sensor/#", "-C", 1)
    admin.err.wait_for("Subscribed")
    # Bob's certificate does not let him write as alice, whatever name he gives.
    assert run("auth_producer", *options, *client_certificate(lab, "bob"), "-u", "alice", "-C", 1).wait() == 0
    assert run("auth_producer", *options, *client_certificate(lab, "bob"), "-u", "bob", "-C", 1).wait() == 0
    assert admin.wait() == 0
    assert admin.out.lines[0].startswith("received /iot/user/bob/sensor/temperature: ")


def test_a_wrong_password_is_refused_with_77_over_tls_too(lab, run):
    program = run("auth_producer", "-h", "localhost", "-p", lab[8883], *trusting(lab), "-u", "alice", "-P", "wrong")
    assert program.wait() == 77
    assert "check --username and --password" in program.err.lines[0]


FAILURES = {
    "an unknown authority": ("localhost", 8883, lambda lab: ["--cafile", lab["other"] / "other-ca.crt"],
                             69, "not trusted .*--cafile"),
    "the system's authorities": ("localhost", 8883, lambda lab: ["-L", f"mqtts://localhost:{lab[8883]}"],
                                 69, "not trusted .*--cafile"),
    "a stranger's certificate": ("localhost", "stranger", trusting, 69, "not trusted .*--cafile"),
    "another host's certificate": ("localhost", "wrong-host", trusting, 69, "is for another host"),
    "an expired certificate": ("localhost", "expired", trusting, 69, "has expired"),
    "no client certificate": ("localhost", 8884, trusting, 77, "asks for a client certificate .*--cert"),
    "a stranger's client certificate": ("localhost", 8884, lambda lab: trusting(
        lab, "--cert", lab["other"] / "stranger.crt", "--key", lab["other"] / "bad.key"), 77, "asks for a client certificate"),
    "TLS to a plain port": ("localhost", 1883, trusting, 69, "speaks plain MQTT: use --url mqtt://localhost:"),
    "plain to a TLS port": ("localhost", 8883, lambda lab: [],
                            69, "speaks MQTT over TLS: use --url mqtts://localhost:.* and --cafile"),
    "no key to the certificate": ("localhost", 8884, lambda lab: trusting(lab, "--cert", lab["tls"] / "alice.crt"), 64, "--key"),
    "a certificate that is none": ("localhost", 8884, lambda lab: ["--cafile", lab["tls"] / "listeners.conf"], 66, "no PEM file"),
    "a file that is not there": ("localhost", 8884, lambda lab: ["--cafile", "/no/such/file"], 64, "--cafile"),
}


@pytest.mark.parametrize("name", ["auth_producer", "mqtt_smart_object_controller"])
@pytest.mark.parametrize("case", FAILURES)
def test_each_failure_has_its_own_line_and_status(lab, run, case, name):
    host, port, options, status, line = FAILURES[case]
    place = [] if "-L" in options(lab) else ["-h", host, "-p", lab[port]]
    program = run(name, *place, *options(lab), *SECRET)
    assert program.wait() == status, program.err.lines
    assert len(program.err.lines) == 1 and re.search(line, program.err.lines[0]), program.err.lines


def test_insecure_forgives_a_wrong_host_name_and_nothing_else(lab, run):
    def end(port):
        return run("simple_producer", "-h", "localhost", "-p", lab[port], *trusting(lab), "--insecure", "-C", 1).wait()

    assert end("wrong-host") == 0
    assert end("stranger") == 69
    assert end("expired") == 69


def test_a_list_of_brokers_is_encrypted_as_a_whole_or_not_at_all(lab, run):
    dead = free_port()
    program = run("simple_producer", "-L", f"mqtts://localhost:{dead}", "-L", f"mqtts://localhost:{lab[8883]}", "-C", 1,
                  *trusting(lab), *SECRET)
    assert program.wait() == 0, program.err.lines
    program = run("simple_producer", "-L", f"mqtts://localhost:{dead}", "-L", f"mqtt://localhost:{lab[1883]}", "-C", 1)
    assert program.wait() == 64
    assert len(program.err.lines) == 1 and "--url" in program.err.lines[0]


def test_the_password_is_seen_nowhere(lab, run):
    """Neither in the output, nor in the protocol's trace, nor in the list of processes."""
    for spelled in (["-P", "alice-secret"], ["-Palice-secret"], ["--password", "alice-secret"], ["--password=alice-secret"],
                    ["-P", "first-secret", "-Palice-secret"]):
        program = run("auth_producer", "-h", "localhost", "-p", lab[8883], *trusting(lab), "-u", "alice", *spelled, "--debug",
                      "--interval", "60")
        program.out.wait_for("^sent ")
        listed = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(program.process.pid)], capture_output=True,
                                encoding="utf-8", check=True).stdout
        assert "--debug" in listed and "secret" not in listed
        assert program.interrupt()[0] == 0
        program.err.wait_for("CONNECT")
        assert "secret" not in "\n".join(program.out.lines + program.err.lines)


def test_the_authorities_key_is_never_committed():
    listed = subprocess.run(["git", "ls-files", "mosquitto/tls"], cwd=ROOT, capture_output=True, encoding="utf-8").stdout
    assert listed.split() in ([], ["mosquitto/tls/.gitignore"])
