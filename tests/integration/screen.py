"""A terminal as one sees it: tmux draws it, however large it is, and types what one would type."""

import os
import re
import shutil
import subprocess
import tempfile

from playground import BUILD, DEADLINE, wait_until


class Screen:
    """Runs a shell's command; when that has ended, the screen stays, and its last line says so."""

    def __init__(self, command, columns=80, rows=24, **environment):
        self.folder = tempfile.mkdtemp()
        variables = {**os.environ, "PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "NO_COLOR": None, **environment}
        for name in [name for name, value in variables.items() if value is None]:
            del variables[name]
        command = f"trap : INT; {command.strip()}\necho \"[status $?]\"; exec sleep 600"
        self._tmux("start-server", ";", "set", "-g", "status", "off", ";",
                   "new-session", "-d", "-x", str(columns), "-y", str(rows), command, env=variables)

    def _tmux(self, *arguments, env=None):
        return subprocess.run(["tmux", "-S", f"{self.folder}/socket", "-f", "/dev/null", *arguments], capture_output=True,
                              encoding="utf-8", check=True, timeout=DEADLINE, env=env).stdout

    def lines(self):
        return self._tmux("capture-pane", "-p").splitlines()

    def escapes(self):
        """The same as it is drawn, with the sequences that colour it."""
        return self._tmux("capture-pane", "-p", "-e")

    def wait_for(self, text):
        """The lines, as soon as one of them contains the text."""
        wait_until(lambda: any(text in line for line in self.lines()), text)
        return self.lines()

    def resize(self, columns, rows=24):
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def press(self, *keys):
        self._tmux("send-keys", *keys)

    def status(self):
        """Of the command, as soon as it has ended."""
        return int(re.search(r"\[status (\d+)\]", "\n".join(self.wait_for("[status "))).group(1))

    def close(self):
        subprocess.run(["tmux", "-S", f"{self.folder}/socket", "kill-server"], capture_output=True, check=False)
        shutil.rmtree(self.folder)
