"""How fast is it? Runs the programs of the lab, bare Paho loops and the tools that one would take instead side by side,
in turns, and writes the ratios as a table and as a picture. Only ratios within one run mean anything."""

import argparse
import pathlib
import resource
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import contests  # noqa: E402
from drawing import markdown, picture  # noqa: E402
from measuring import Bench  # noqa: E402
from versions import versions  # noqa: E402

CONTESTS = {**contests.CONTESTS, "versions": versions}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="how much of the usual number of messages")
    parser.add_argument("--only", choices=CONTESTS, action="append")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the tables to this file")
    parser.add_argument("--svg", type=pathlib.Path, help="draw the bars into this file")
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments.build, pathlib.Path(folder), arguments.rounds, arguments.scale)
        try:
            for name in arguments.only or CONTESTS:
                CONTESTS[name](bench)
            text = markdown(bench)
            if arguments.markdown:
                arguments.markdown.write_text(text)
            if arguments.svg:
                picture(text, arguments.svg)
        finally:
            bench.broker.stop(signal.SIGKILL)
    print(text)


if __name__ == "__main__":
    main()
