"""A terminal as a person has it, by tmux: what its screen shows, its size, its keys."""

import os
import re
import shutil
import subprocess
import tempfile

from playground import DEADLINE, until

RULE = "=" * 20
ENDED = r"^\[ended with (\d+)\]"

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    def __init__(self, *command, columns=80, rows=24, folder=None, **environment):
        self.sockets = tempfile.mkdtemp()  # a path that is short enough for a socket
        variables = [f"{name}={value}" for name, value in environment.items() if value is not None]
        without = [part for name, value in environment.items() if value is None for part in ("-u", name)]
        script = 'trap : INT; env "$@"; printf "[ended with %s]\\n" $?; exec cat'
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-c", folder or os.getcwd(),
                  "sh", "-c", script, "sh", *without, *variables, *command)

    def tmux(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR")}
        return subprocess.run(["tmux", *map(str, arguments)], capture_output=True, encoding="utf-8", check=True, timeout=DEADLINE,
                              env={**environment, "TMUX_TMPDIR": self.sockets, "LC_ALL": "C.UTF-8"}).stdout

    def screen(self, *options):
        """What it shows; see capture-pane of tmux(1) for the options."""
        return self.tmux("capture-pane", "-p", *options)

    def wait_for(self, pattern, seconds=DEADLINE):
        """Waits until the screen shows it, and returns the match."""
        found = until(lambda: re.search(pattern, self.screen(), re.M), seconds)
        assert found, f"{pattern} was not shown:\n{self.screen()}"
        return found

    def keep_pictures(self):
        """From now on, for wait_for_picture."""
        self.at = 0
        with open(f"{self.sockets}/pictures", "wb"):
            pass  # it is there also if who writes to it takes a moment to begin
        self.tmux("pipe-pane", f"cat >>'{self.sockets}/pictures'")

    def pictures(self):
        """As lines. What draws on a whole screen begins each picture in its corner, and pads its lines."""
        with open(f"{self.sockets}/pictures", encoding="utf-8", errors="replace", newline="") as kept:
            pictures = kept.read().split("\x1b[H")[:-1]  # the last one may still be drawn
        return ["\n".join(line.rstrip() for line in CONTROL.sub("", picture).splitlines()) for picture in pictures]

    def wait_for_picture(self, pattern):
        """Waits until one shows it, which may be gone by now: a busy computer looks at the screen too seldom. The next one that
        is waited for is not an earlier one."""
        def found():
            return next((at for at, picture in enumerate(self.pictures())
                         if at >= self.at and re.search(pattern, picture, re.M)), None)

        shown = until(lambda: found() is not None, DEADLINE) and found()
        assert shown is not False, f"{pattern} was not shown:\n{self.screen()}"
        self.at = shown

    def broken_lines(self):
        """Those that did not fit into the screen, and went on in the line below."""
        # Both of one moment.
        both = self.tmux("capture-pane", "-p", ";", "display-message", "-p", RULE, ";", "capture-pane", "-p", "-J")
        plain, joined = ([line.rstrip() for line in screen.strip("\n").splitlines()] for screen in both.split(RULE))
        return [line for line in joined if line and line not in plain]

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", columns, "-y", rows)

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def ask(self, *variables):
        """What tmux knows of it: cursor_flag, alternate_on; see FORMATS of tmux(1)."""
        return self.tmux("display-message", "-p", " ".join(f"#{{{name}}}" for name in variables)).split()

    def child(self):
        """The process of the command."""
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, encoding="utf-8", check=True).stdout
        shell, = self.ask("pane_pid")
        return next(int(pid) for pid, parent in map(str.split, listed.splitlines()) if parent == shell)

    def wait_for_end(self):
        """Returns the status of the command."""
        return int(self.wait_for(ENDED).group(1))

    def close(self):
        try:
            self.tmux("kill-server")
        except subprocess.CalledProcessError:
            pass  # it has ended already
        shutil.rmtree(self.sockets, ignore_errors=True)
