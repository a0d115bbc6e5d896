"""Draws one run of exercise 5: a picture, from a table beside it, which is what a third client saw of the run.

    loop.py [--bin FOLDER] [--speed FACTOR] [PAGE]

The commands are those of the page's chapter in which a comment, `<!-- loop: PICTURE -->`, says where the picture is. The
seed makes the readings repeat themselves, and the timer runs out in the middle between two of them: so every run of the
same programs sees the same. With --speed 5 it takes a fifth of its time."""

import argparse
import csv
import io
import json
import pathlib
import re
import shlex
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import playground  # noqa: E402
from playground.picture import plot, rgb  # noqa: E402

OBJECT, CONTROLLER = "mqtt_smart_object", "mqtt_smart_object_controller"
READINGS = 45
SPEED = 5  # of a run whose rows are only to be compared


def options_of(program, commands):
    """What the last of these commands that starts the program gives it."""
    return next(shlex.split(command)[1:] for command in reversed(commands) if command.split()[:1] == [program])


def faster(options, name, speed):
    """The same options, with a time that is shorter by a factor; and that time as it was."""
    place = options.index(name) + 1
    return [*options[:place], str(float(options[place]) / speed), *options[place + 1:]], float(options[place])


def watch(commands, binaries, speed):
    """Runs the pair; returns rows of (seconds, what, value). The time is that of the last reading."""
    of_object, interval = faster(options_of(OBJECT, commands), "--interval", speed)
    of_controller, _ = faster(options_of(CONTROLLER, commands), "--off-seconds", speed)
    with tempfile.TemporaryDirectory() as folder:
        broker = playground.Broker(folder)
        observer = playground.Observer(broker.port, "/device/#")
        controller = playground.Program(CONTROLLER, *broker.options, *of_controller, "--quiet", folder=binaries)
        smart_object = None
        try:
            controller.err.wait_for("event/presence")
            smart_object = playground.Program(OBJECT, *broker.options, *of_object, "--count", READINGS, "--quiet",
                                              folder=binaries)
            smart_object.wait(READINGS * interval / speed + playground.DEADLINE)
            observer.wait_for(lambda: any(b"OFFLINE" in message.payload for message in observer.messages), "the end")
            controller.interrupt()
        finally:
            observer.close()
            controller.kill()
            if smart_object is not None:
                smart_object.kill()
            broker.stop(signal.SIGKILL)
    return list(rows_of(observer.messages, interval))


def rows_of(messages, interval):
    reading = -1
    for message in messages:
        what = message.topic.removeprefix("/device/device001/")
        document = json.loads(message.payload)
        value = document.get("value", document.get("event_value", document.get("action_value")))
        reading += what == "telemetry/temperature"
        if what not in ("info", "event/presence"):
            yield f"{max(reading, 0) * interval:.1f}", what, str(value)


def table(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("seconds", "topic", "value"), *rows])
    return text.getvalue()


def draw(rows, path):
    """Temperature over time, both limits, the switch, and what was said about it."""
    end = max(float(seconds) for seconds, _, _ in rows)
    temperature = [f"{seconds} {value}" for seconds, what, value in rows if what == "telemetry/temperature"]
    switch = [(float(seconds), value) for seconds, what, value in rows if what == "telemetry/switch"]
    events = [f"{seconds} {value}" for seconds, what, value in rows if what == "event"]
    script = [f"set xrange [-0.6:{end + 0.6}]", "set yrange [24:40]", "set ytics 5",
              "set lmargin 5", "set rmargin 2", "set tmargin 4",
              'set xlabel "seconds" offset 0,0.4', 'set label "degrees Celsius" at graph 0, graph 1.07 left',
              f"set border 3 lc {rgb('ink')}", "set tics nomirror out scale 0.5", f"set grid y lt 1 lc {rgb('line')}",
              "set key at graph 1, graph 1.28 right top horizontal samplen 2 width 1",
              f'set label "threshold: 37" at 0, 37.9 left tc {rgb("ink")}',
              f'set label "alert: 35" at 0, 35.9 left tc {rgb("orange")}']
    for number, (start, position) in enumerate(switch, 1):
        stop = next((seconds for seconds, _ in switch[number:]), end)
        if position == "OFF":
            script.append(f"set object rectangle from {start},24 to {stop},40 fc {rgb('band')} fs solid noborder behind")
    for seconds, what, value in rows:
        if what == "action/switch":
            script.append(f"set arrow from {seconds},26.4 to {seconds},24.3 lc {rgb('blue')} lw 2 front")
            script.append(f'set label "{value}" at {seconds},27.1 center tc {rgb("blue")} front')
    script += ["$temperature << E", *temperature, "E", "$events << E", *events, "E",
               f"plot $temperature using 1:2 with linespoints pt 7 ps 0.4 lw 2 lc {rgb('red')} title 'temperature', "
               f"35 lc {rgb('orange')} dt 2 notitle, 37 lc {rgb('ink')} dt 2 notitle, "
               f"$events using 1:2 with points pt 9 ps 1.2 lc {rgb('orange')} title 'OVER_HEATING', "
               f"NaN with boxes fs solid lc {rgb('band')} title 'switch is OFF', "
               f"NaN with lines lw 2 lc {rgb('blue')} title 'action'"]
    plot(script, path, 380)


def write(rows, picture):
    picture.with_suffix(".csv").write_text(table(rows), encoding="utf-8")
    draw(rows, picture)


def commands_beside(page):
    """The picture that the page says is drawn, and the commands of that chapter."""
    for chapter in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.M):
        if found := re.search(r"^<!-- loop: (\S+) -->$", chapter, re.M):
            blocks = re.findall(r"^```sh\n(.*?)^```$", chapter, re.M | re.S)
            return page.parent / found.group(1), "".join(blocks).splitlines()
    sys.exit(f"{page}: no comment says where the picture of the loop is")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "dev" / "bin", help="where the programs are")
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("page", type=pathlib.Path, nargs="?", default=ROOT / "README.md")
    arguments = parser.parse_args()
    picture, commands = commands_beside(arguments.page)
    write(watch(commands, arguments.bin, arguments.speed), picture)


if __name__ == "__main__":
    main()
