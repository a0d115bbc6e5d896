"""Exercise 4: user names and passwords, with the lab's own password file and access control list."""

import shutil

import pytest
from playground import ROOT, Broker, free_port

SECURED = "allow_anonymous false\npassword_file {0}/passwd\nacl_file {0}/acl"


@pytest.fixture
def secured(tmp_path):
    for name in ("passwd", "acl"):
        shutil.copy(ROOT / "mosquitto" / name, tmp_path)
    broker = Broker(tmp_path, SECURED.format(tmp_path))
    yield broker
    broker.stop()


def as_user(name):
    return ["-u", name, "-P", f"{name}-secret"]


def test_the_producer_publishes_on_the_topics_of_its_user(secured, run, observe):
    admin = observe(secured.port, "#", username="admin", password="admin-secret")
    producer = run("auth_producer", *secured.options, *as_user("alice"), "-C", 3, "--interval", 0)
    assert producer.wait() == 0
    messages = admin.wait_for_count(3)
    assert [(m.topic, m.qos, m.retain) for m in messages] == [("/iot/user/alice/sensor/temperature", 0, False)] * 3
    assert all(20 <= float(m.payload) <= 40 for m in messages)


def test_each_user_sees_their_own_and_the_administrator_sees_all(secured, run, observe):
    consumers = {name: run("auth_consumer", *secured.options, *as_user(name)) for name in ("alice", "bob")}
    for name, consumer in consumers.items():
        consumer.err.wait_for(f"^Subscribed to: /iot/user/{name}/#$")
    admin = observe(secured.port, "#", username="admin", password="admin-secret")
    for name, number in (("alice", 1), ("bob", 2)):
        writer = observe(secured.port, username=name, password=f"{name}-secret")
        writer.publish("/iot/user/alice/sensor/temperature", number, qos=1)
        writer.publish("/iot/user/bob/sensor/temperature", number, qos=1)
    for name, number in (("alice", "1"), ("bob", "2")):
        consumers[name].out.wait_for("received")
        assert consumers[name].interrupt()[0] == 0
        assert consumers[name].out.lines == [f"received /iot/user/{name}/sensor/temperature: {number}"]
    assert [(m.topic, m.payload) for m in admin.wait_for_count(2)] == [
        ("/iot/user/alice/sensor/temperature", b"1"), ("/iot/user/bob/sensor/temperature", b"2")]


@pytest.mark.parametrize("credentials", [
    ["-u", "alice", "-P", "wrong"], ["-u", "alice"], ["-u", "nobody", "-P", "alice-secret"]])
@pytest.mark.parametrize("program", ["auth_producer", "auth_consumer"])
def test_bad_credentials_end_the_program_at_once_with_77(secured, run, program, credentials):
    refused = run(program, *secured.options, *credentials, "--wait", 60)
    assert refused.wait() == 77
    assert len(refused.err.lines) == 1
    assert "check --username and --password" in refused.err.lines[0]
    assert len(secured.stop_and_find("New client connected|New connection")) == 1, "no second try"


@pytest.mark.parametrize("wait", [0, 2])
@pytest.mark.parametrize("comes_last", [False, True])
def test_who_refuses_is_not_asked_again_and_does_not_speak_for_a_broker_that_is_away(secured, run, comes_last, wait):
    urls = [f"mqtt://127.0.0.1:{port}" for port in (free_port(), secured.port)]
    first, second = urls if comes_last else urls[::-1]
    program = run("simple_producer", "--url", first, "--url", second, *as_user("mallory"), "--wait", wait)
    assert program.wait() == 69
    assert len(program.err.matching("check --username and --password")) == 1, "told once"
    assert not program.err.matching("check --username and --password.*trying again")
    assert program.err.lines[-1].startswith(f"simple_producer: no broker at {urls[0][7:]}: ")
    assert len(secured.stop_and_find("New client connected|New connection")) == 1


def test_other_exercises_need_credentials_on_that_port_too(secured, run):
    assert run("simple_producer", *secured.options).wait() == 77
    assert run("simple_producer", *secured.options, *as_user("bob"), "-C", 1).wait() == 0


def test_credentials_can_come_from_the_environment_and_a_file(secured, run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("alice-secret\nsecond line\n")
    assert run("auth_producer", *secured.options, "-C", 1, "-u", "alice", "--password-file", secret).wait() == 0
    environment = {"MQTT_USERNAME": "alice", "MQTT_PASSWORD": "alice-secret", "MQTT_HOST": "127.0.0.1",
                   "MQTT_PORT": str(secured.port)}
    assert run("auth_producer", "-C", 1, environment=environment).wait() == 0


@pytest.mark.parametrize("program", ["auth_producer", "auth_consumer"])
@pytest.mark.parametrize("name", ["a/b", "+", "#", "a+b", "", "x" * 65])
def test_a_user_name_that_cannot_be_a_topic_level_is_refused(run, program, name):
    refused = run(program, "-u", name, "-P", "x")
    assert refused.wait() == 64
    assert len(refused.err.lines) == 1 and "--username" in refused.err.lines[0]


@pytest.mark.parametrize("program", ["auth_producer", "auth_consumer"])
def test_a_user_name_is_asked_for(run, program):
    refused = run(program)
    assert refused.wait() == 64
    assert len(refused.err.lines) == 1 and "--username is missing" in refused.err.lines[0]
