"""./lab check: fails on the untouched tree with a hint, passes on a right solution, says what is missing in between."""

import concurrent.futures
import inspect
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from playground import BUILD, ROOT, copy_tree

sys.path.insert(0, str(ROOT / "tools" / "check"))
import tasks  # noqa: E402

PART_ONE = ["1", "2", "3", "4", "5a", "5b"]
TASKS = [*PART_ONE, *tasks.PART_TWO]
CONSUMER, PRODUCER = "examples/simple_consumer.c", "examples/device_producer.c"
CONSUMER_5 = "examples/part_two/mqtt5_consumer.c"
OBJECT_5 = "examples/part_two/mqtt5_smart_object.c"
OBJECT, CONTROLLER = "examples/mqtt_smart_object.c", "examples/mqtt_smart_object_controller.c"


def check(task, binaries, mosquitto, patience):
    """Returns the exit status and {point: is it done}, and all that was printed."""
    result = subprocess.run(
        [sys.executable, ROOT / "tools" / "check" / "check.py", task, "--bin", binaries, "--mosquitto", mosquitto,
         "--patience", str(patience)], capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert not result.stderr, result.stderr
    points = {line[11:]: line.startswith("  done") for line in result.stdout.splitlines()
              if line.startswith(("  done", "  missing"))}
    assert points, result.stdout
    return result.returncode, points, result.stdout


def run_check(*arguments):
    """What it prints of the untouched tree."""
    result = subprocess.run([sys.executable, ROOT / "tools" / "check" / "check.py", *arguments, "--bin", BUILD / "bin",
                             "--patience", "2"], capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert result.returncode == 1 and not result.stderr, result.stderr
    return result.stdout


def overview(binaries, mosquitto, patience, *options):
    """The exit status, the first column of each task's line, and the last line."""
    result = subprocess.run([sys.executable, ROOT / "tools" / "check" / "check.py", "--bin", binaries, "--mosquitto", mosquitto,
                             "--patience", str(patience), *options],
                            capture_output=True, encoding="utf-8", timeout=200, check=False)
    assert not result.stderr, result.stderr
    lines = re.findall(r"^  (done|\d of \d+) +(\S+) +\S", result.stdout, re.M)
    return result.returncode, {name: state for state, name in lines}, result.stdout.splitlines()[-1]


# A mistake, and the words of the first point that misses. What follows from it may be missing too.
MISTAKES = [
    ("1", CONSUMER, "console_refused(", "console_received(", "it shows numbers and refuses anything else"),
    ("1", CONSUMER, "        console_refused(", "        mean->count++;\n        console_refused(", "what is not a number"),
    ("1", CONSUMER, "        mean->count++;\n", "        mean->count = 1;\n", "the mean of 10.5 and 20"),
    ("2", "examples/json_producer.c", '"sensor/temperature"', '"sensor/heat"', "two messages arrive"),
    ("2", "examples/json_consumer.c", "#define QOS    1 ", "#define QOS    0 ", "json_consumer subscribes at QoS 1"),
    ("2", "examples/json_producer.c", "payload, options.qos,", "payload, QOS,", "--qos 0 still"),
    ("3", PRODUCER, "120 - 2 * temperature;", "120 - 2 * temperature_sensor_read(&sensor, true);", "five temperatures come"),
    ("3", PRODUCER, "120 - 2 * temperature", "50", "and not always the same"),
    ("3", PRODUCER, "payload, qos, NOT_RETAINED,", "payload, qos, RETAINED,", "they are not retained"),
    ("3", PRODUCER, "while (session_wait_to_retry(session, &rc))", "while (false && session_wait_to_retry(session, &rc))",
     "goes on when"),
    ("3", PRODUCER, '"device/%s/sensor/humidity"', '"device/%.0sdevice001/sensor/humidity"', "with --device-id kitchen"),
    ("4", "mosquitto/passwd", "\nbob:", "\nrob:", "alice, bob and admin come in"),
    ("4", "mosquitto/acl", "pattern readwrite /iot/user/%u/#",
     "user alice\ntopic readwrite /iot/user/alice/#\nuser bob\ntopic readwrite /iot/user/bob/#", "and her own topics"),
    ("4", "mosquitto/acl", "topic read /iot/user/alice/sensor/temperature", "topic readwrite /iot/user/alice/sensor/temperature",
     "she cannot write on alice"),
    ("4", "mosquitto/acl", "topic read /iot/user/alice/sensor/temperature", "topic read /iot/user/alice/#", "nothing else"),
    ("4", "mosquitto/acl", "user carol\n", "", "carol reads /iot/user/alice/sensor/temperature"),
    ("4", "mosquitto/acl", "user admin\n", "", "alice and bob see what they saw before"),
    ("4", "mosquitto/acl-anonymous", "topic deny /iot/#\n", "", "on port 1883 nobody sees"),
    ("5a", OBJECT, "if (message->retained)", "if (message->retained && !dto_is_ok(status))", "a retained ALERT_ABOVE is ignored"),
    ("5a", OBJECT, "SWITCH_ACTION, DTO_SWITCH)", "SWITCH_ACTION, ALERT_ABOVE)", "the switch works"),
    ("5a", OBJECT, "strcmp(mail->topic, topic) == 0 && ", "strcmp(mail->topic, topic) != 1000 && ", "what it does not know"),
    ("5a", OBJECT, " && strcmp(action->action_type, type) == 0", " && type[0] != '\\0' && action->action_type[0] != '\\0'",
     "so is ALERT_ABOVE on the topic of the switch"),
    ("5a", OBJECT, "if (number_from_text(value, strlen(value), &alert_above))",
     "if (sscanf(value, \"%lf\", &alert_above) == 1)", "so are values that are not numbers"),
    ("5b", CONTROLLER, "#define DEVICES_MAX      256", "#define DEVICES_MAX      5", "so are eight more"),
    ("5b", CONTROLLER, "off_seconds, on_timer", "off_seconds / 2, on_timer", "each is switched on again by its own timer"),
    ("5b", CONTROLLER, "!message->retained && ", "", "the attic"),
    ("5b", CONTROLLER, "#define NOT_RETAINED     0", "#define NOT_RETAINED     1", "no action is retained"),
    ("5b", CONTROLLER, "        timer_cancel(&device->timer);\n", "", "Ctrl-C ends it at once"),
    ("5b", CONTROLLER, " || find(controller, id) != NULL)", ")", "so is the cellar"),
    ("6", CONSUMER_5, '!is_text(value.data, (size_t)value.len, "Celsius")', "true", "it shows what mqtt5_producer sends"),
    ("6", CONSUMER_5, 'console_refused(topic, message, "not a number")', 'console_received(topic, message, "nothing")',
     "and refuses what is not a number"),
    ("6", CONSUMER_5, 'return "another content type"', "return NULL", "it refuses the content type application/json"),
    ("6", CONSUMER_5, "length == strlen(text) && memcmp(bytes, text, length) == 0",
     "length > 0 && strncmp(bytes, text, strlen(text)) == 0", "and any other that is not exactly"),
    ("6", CONSUMER_5, "length == strlen(text) && ", "", "and any other that is not exactly text/plain"),
    ("6", CONSUMER_5, "content_type != NULL && ", "", "a message without a content type"),
    ("6", CONSUMER_5, "(temperature - 32) * 5 / 9", "temperature * 5 / 9 - 32", "86 and unit=Fahrenheit are"),
    ("6", CONSUMER_5, "for (int i = 0; properties_pair(properties, i, &name, &value);",
     "for (int i = 0; i < 2 && properties_pair(properties, i, &name, &value);", "wherever the unit stands"),
    ("6", CONSUMER_5, '!is_text(name.data, (size_t)name.len, "unit")', "strncmp(name.data, \"uni\", 3) != 0",
     "pairs with other names"),
    ("6", CONSUMER_5, 'return "unknown unit"', "continue", "it refuses other units"),
    ("7", OBJECT_5, "position = on ? DTO_SWITCH_ON : DTO_SWITCH_OFF;", "position = DTO_SWITCH_ON;", "ON and OFF are answered"),
    ("7", OBJECT_5, "toggles ? !object->heater.on", "toggles ? object->heater.on", "TOGGLE turns the switch"),
    ("7", OBJECT_5, "else if (answered != NULL)", "else if (answered != NULL && !dto_is_ok(status))",
     "the same request again turns nothing"),
    ("7", OBJECT_5, "    send_answer(object, mail, text);\n", "    (void)object;\n", "and is answered again"),
    ("7", OBJECT_5, "strcmp(one->response_topic, other->response_topic) == 0", "one->response_topic[0] != '\\0'",
     "the same correlation data with another response topic"),
    ("7", OBJECT_5, "memcmp(one->correlation", "strncmp(one->correlation", "correlation data is compared to its end"),
    ("7", OBJECT_5, "one->correlation_size == other->correlation_size", "one->correlation_size <= other->correlation_size",
     "correlation data is compared to its end: `7`"),
    ("7", OBJECT_5, "one->correlation_size > 0", "one->response_topic[0] != '\\0'", "without correlation data every request"),
    ("7", OBJECT_5, "ANSWERED_MAX      8", "ANSWERED_MAX      7", "it remembers eight"),
    ("7", OBJECT_5, "object->answers++ % ANSWERED_MAX",
     "object->answers < 60 ? object->answers++ % ANSWERED_MAX : object->answers * 100000", "and after a hundred more"),
]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """What the check says of the untouched tree, of the reference solutions, and of each mistake. The checks mostly wait, so
    several of them run at the same time."""
    tree = tmp_path_factory.mktemp("solved")
    tree.chmod(0o755)
    copy_tree(tree)
    for task in TASKS:
        solution = ROOT / "tools" / "check" / "solutions" / f"{task}.patch"
        subprocess.run(["patch", "-p1", "-F0", "-i", solution], cwd=tree, check=True, capture_output=True)
    subprocess.run(["cmake", "-S", tree, "-B", tree / "build", "-D", "PLAYGROUND_TESTS=OFF", "-D", "PLAYGROUND_WERROR=AUTO"],
                   capture_output=True, check=True)
    build(tree, "all")
    jobs = {("untouched", task): (task, BUILD / "bin", ROOT / "mosquitto", 2) for task in TASKS}
    jobs |= {("solved", task): (task, *variant(tree, task), 20) for task in TASKS}
    solved = variant(tree, "all")
    for task, name, right, wrong, missing in MISTAKES:
        path = tree / name
        text = path.read_text()
        assert text.count(right) == 1
        path.write_text(text.replace(right, wrong))
        if path.suffix == ".c":
            build(tree, path.stem)
        jobs[task, missing] = task, *variant(tree, f"{task} {missing}"), 10 if task == "5b" else 5
        path.write_text(text)
        if path.suffix == ".c":
            build(tree, path.stem)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        return {key: pool.submit(check, *job) for key, job in jobs.items()} | {"all solved": solved}


def build(tree, target):
    subprocess.run(["cmake", "--build", tree / "build", "--target", target, "-j", str(os.cpu_count())], capture_output=True,
                   check=True)


def variant(tree, name):
    """Puts aside what is checked: the programs, and the broker's configuration."""
    folder = tree / "variants" / name.replace("/", "_")
    return shutil.copytree(tree / "build" / "bin", folder / "bin"), shutil.copytree(tree / "mosquitto", folder / "mosquitto")


@pytest.mark.parametrize("task", TASKS)
def test_the_untouched_tree_fails_with_a_hint(verdicts, task):
    status, points, text = verdicts["untouched", task].result()
    assert status == 1 and not all(points.values()) and "\nHint: " in text


@pytest.mark.parametrize("task", TASKS)
def test_the_reference_solution_passes(verdicts, task):
    status, points, text = verdicts["solved", task].result()
    assert status == 0 and all(points.values()) and "Hint:" not in text, text


def test_without_a_number_there_is_a_line_for_each_task(verdicts):
    """A task that is not done says how many of its points are; the first of them is the next one."""
    for names, options in ((PART_ONE, []), (TASKS, ["--part-two"])):
        status, states, last = overview(BUILD / "bin", ROOT / "mosquitto", 2, *options)
        assert status == 1 and list(states) == names and "done" not in states.values() and last.startswith("Next: task 1.")
        status, states, last = overview(*verdicts["all solved"], 20, *options)
        assert status == 0 and states == {task: "done" for task in names} and last == "All done."


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_is_done_leads_to_the_next_one(verdicts, task):
    _, _, text = verdicts["solved", task].result()
    following = dict(zip(TASKS, TASKS[1:])).get(task)
    page = f" of {tasks.page_of(following)}" if following in tasks.PART_TWO else ""
    assert text.splitlines()[-1].endswith(f" task {following}{page}." if following else " It was the last.")


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_worded_in_its_page(task):
    assert f"`./lab check {task}`" in (ROOT / tasks.page_of(task)).read_text(encoding="utf-8")


@pytest.mark.parametrize("task, missing", [(task, missing) for task, _, _, _, missing in MISTAKES])
def test_a_mistake_is_named(verdicts, task, missing):
    status, points, output = verdicts[task, missing].result()
    first = next((point for point, is_done in points.items() if not is_done), None)
    assert status == 1 and first is not None and missing in first, output


@pytest.mark.parametrize("task", TASKS)
def test_every_point_can_be_missed(verdicts, task):
    seen = [job.result()[1] for key, job in verdicts.items() if key != "all solved" and task in key]
    missed = {point for points in seen for point, is_done in points.items() if not is_done}
    assert {point for points in seen for point in points} == missed


@pytest.mark.parametrize("task", TASKS)
def test_where_nothing_was_done_nothing_is_waited_for(task):
    """However patient one is; and of what the check sends to find that out, the learner sees nothing."""
    status, _, text = check(task, BUILD / "bin", ROOT / "mosquitto", 1000)
    assert status == 1 and not re.search("/last:|device001/event: ", text)


@pytest.mark.parametrize("level, count, more", [(1, 1, "--hint 2"), (2, 2, "--hint 3"), (3, 3, None)])
def test_a_hint_has_three_levels(level, count, more):
    output = run_check("1", "--hint", str(level))
    assert output.count("\nHint: ") == count
    assert re.findall(r"^.*: \./lab check 1 (--hint \d)$", output, re.M) == ([more] if more else [])
    assert ("\nHint: examples/simple_consumer.c:" in output) == (level == 3)


@pytest.mark.parametrize("task", TASKS)
def test_every_point_has_three_hints_and_its_place_is_in_the_code(task):
    """The last hint names a line, and shows what stands there."""
    verdict = json.loads(run_check(task, "--json"))
    assert (verdict["task"], verdict["done"], verdict["problem"], verdict["crashed"]) == (task, False, None, [])
    missing = [point for point in verdict["points"] if not point["done"]]
    assert missing and all(not point["hints"] for point in verdict["points"] if point["done"])
    for point in missing:
        nudge, way, place = point["hints"]
        path, number, text = re.fullmatch(r"([\w/.-]+)(?::(\d+): (.*))?", place).groups()
        assert len({nudge, way}) == 2 and (ROOT / path).is_file()
        assert number is None or (ROOT / path).read_text().splitlines()[int(number) - 1].strip() == text


def test_places_are_those_that_are_named():
    """Each is found by what was to be looked for, and not for want of that in the first line."""
    source = "".join(path.read_text() for path in (ROOT / "tools" / "check").glob("tasks*.py"))
    points = re.findall(r"lab\.point\(.*?\"([^\"]*)\"\)\n", source, re.S)
    assert len(points) == source.count("lab.point(") == 62
    for task, function in tasks.TASKS.items():
        body = inspect.getsource(function)
        for place in re.findall(r"lab\.point\(.*?\"([^\"]*)\"\)\n", body, re.S):
            path, _, text = place.partition(" ") if "/" in place else (tasks.FILES[task][0], "", place)
            assert text in (ROOT / path).read_text(), place


def assert_described(verdict):
    """By the table of the reference, field by field."""
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8").split("\n## The verdict of a check as JSON\n")[1]
    types = dict(re.findall(r"^\| `([\w.]+)` \| ([\w, ]+) \|", page.split("\n## ")[0], re.M))
    name = {str: "string", bool: "boolean", list: "array", type(None): "null"}
    fields = [*verdict.items(), *((f"points.{key}", value) for point in verdict["points"] for key, value in point.items())]
    assert set(dict(fields)) == {field for field in types if verdict["points"] or "." not in field}
    assert not [field for field, value in fields if name[type(value)] not in types[field].split(", ")]


def test_the_overview_is_there_for_programs_too():
    verdicts = [json.loads(line) for line in run_check("--json").splitlines()]
    assert [verdict["task"] for verdict in verdicts] == PART_ONE
    for verdict in verdicts:
        assert_described(verdict)


def test_what_cannot_be_looked_at_is_told_to_programs_too():
    verdict = json.loads(run_check("1", "--json", "--problem", "the programs cannot be built"))
    assert_described(verdict)
    assert not verdict["done"] and verdict["points"] == [] and verdict["problem"] == "the programs cannot be built"


def test_what_nobody_has_asked_to_note_is_not_noted():
    """Nor what a test finds in the tree of somebody who works in it."""
    note = ROOT / "build" / "tasks" / "1"
    before = note.exists() and note.stat()
    run_check("1")
    assert (note.exists() and note.stat()) == before


def test_a_program_under_construction_does_not_control_the_terminal(tmp_path):
    program = tmp_path / "simple_consumer"
    program.write_text("#!/bin/sh\nprintf 'a\\033[2Jb\\n'\n")
    program.chmod(0o755)
    result = subprocess.run([sys.executable, ROOT / "tools" / "check" / "check.py", "1", "--bin", tmp_path, "--patience", "1"],
                            capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert result.returncode == 1 and r"  a\x1b[2Jb" in result.stdout and "\x1b" not in result.stdout


def test_a_terminal_shows_it_in_colours_that_repeat_the_words(terminal):
    command = [sys.executable, ROOT / "tools" / "check" / "check.py", "1", "--bin", BUILD / "bin", "--patience", "2"]
    coloured, plain = terminal(*command, rows=40), terminal(*command, rows=40, NO_COLOR="1")
    assert coloured.wait_for_end() == plain.wait_for_end() == 1
    for word, colour in {"done": 28, "missing": 130, "Hint:": 31}.items():
        assert re.search(rf"\x1b\[38;5;{colour}m{word}", coloured.screen("-e")), word
        assert word in plain.screen()
    assert "\x1b[38" not in plain.screen("-e")
