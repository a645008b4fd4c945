"""A signal reaches a watched script as often as without Rectifier: from the terminal, to the process, to the group."""

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rectifier.watcher import ending
from rectifier.watcher.ending import Ending

RUN = [sys.executable, "-m", "rectifier", "run"]

#: Says each signal that it gets, and ends at SIGUSR2.
SAYS = """
import signal
got = set()
def say(number, frame):
    got.add(number)
    print(signal.Signals(number).name, flush=True)
for name in "INT TERM HUP ALRM USR1 USR2 QUIT".split():
    signal.signal(getattr(signal, "SIG" + name), say)
print("ready", flush=True)
while signal.SIGUSR2 not in got:
    signal.pause()
"""


class Watched:
    """A script under `rectifier run` that leads a session of its own, on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "says.py").write_text(SAYS)
        self.terminal, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [*RUN, "says.py", "an argument"], cwd=folder, stdin=theirs, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=_takes_terminal,
        )  # fmt: skip
        os.close(theirs)
        assert self.process.stdout is not None
        self.output = self.process.stdout
        assert self.output.readline() == "ready\n"

    def processes(self) -> dict[int, list[str]]:
        """The process group: numbers and command lines."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ProcessLookupError):
                if os.getpgid(int(folder.name)) == self.process.pid:
                    found[int(folder.name)] = (folder / "cmdline").read_text().rstrip("\0").split("\0")
        return found

    def says(self, *names: str) -> bool:
        """Whether these signals come next: those and, as the line for the last is waited for, no other before it."""
        return [self.output.readline().strip() for _ in names] == list(names)


def _takes_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # what a background job starts ignores it
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    watched = Watched(tmp_path_factory.mktemp("watched"))
    yield watched
    watched.process.kill()
    watched.process.communicate()
    os.close(watched.terminal)


def test_each_way_delivers_each_signal_once(watched: Watched) -> None:
    """A second delivery of one would be said before the next that is sent, or before the SIGHUP at the end."""
    process = watched.process.pid

    one, group = [os.kill], [os.killpg]
    for ways, number in [
        (one, signal.SIGTERM), (group, signal.SIGTERM), (one, signal.SIGINT), (group, signal.SIGINT),
        ([*one, *group], signal.SIGTERM),  # as `timeout` does
        (group, signal.SIGUSR1), (one, signal.SIGUSR1), (one, signal.SIGALRM),
    ]:  # fmt: skip
        for send in ways:
            send(process, number)
        assert watched.says(number.name)
        time.sleep(0.3)
    for character, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT)):
        os.write(watched.terminal, character)
        assert watched.says(number.name)
        time.sleep(0.3)
    os.kill(process, signal.SIGHUP)
    assert watched.says("SIGHUP")


def test_one_that_was_held_up_is_not_taken_for_another(watched: Watched) -> None:
    """Rectifier learns of a signal to the group when the script has long had it, and then passes on the next."""
    process = watched.process.pid
    for _ in range(2):
        os.kill(process, signal.SIGSTOP)
        os.killpg(process, signal.SIGTERM)
        assert watched.says("SIGTERM")
        os.kill(process, signal.SIGCONT)
        time.sleep(0.3)
        os.kill(process, signal.SIGTERM)
        assert watched.says("SIGTERM")
    os.kill(process, signal.SIGHUP)
    assert watched.says("SIGHUP")


def test_who_picks_processes_by_name_signals_the_script_once(watched: Watched) -> None:
    """By the script's command line it gets the signal with its witness, by Rectifier's neither does."""
    named = watched.processes()
    assert [sys.executable, "says.py", "an argument"] in named.values()
    for words in (["says.py", "an argument"], ["rectifier", "run", "says.py", "an argument"]):
        for number in [n for n, command in watched.processes().items() if command[-len(words) :] == words]:
            os.kill(number, signal.SIGTERM)
        assert watched.says("SIGTERM")
        time.sleep(0.3)
    os.kill(watched.process.pid, signal.SIGHUP)
    assert watched.says("SIGHUP")


def test_nothing_is_left_behind(watched: Watched) -> None:
    """To be the last of the tests that share the run: it ends it."""
    os.killpg(watched.process.pid, signal.SIGUSR2)
    assert watched.process.wait(60) == 0
    assert not watched.processes()


@pytest.mark.parametrize(
    ("trap", "sent"),
    [
        ("trap : INT TERM", ["SIGINT", "SIGTERM", "SIGKILL"]),
        ("trap '' INT; trap : TERM", ["SIGTERM", "SIGKILL"]),
        ("trap 'exit 3' INT", ["SIGINT"]),
    ],
)
def test_a_script_is_ended_step_by_step(monkeypatch: pytest.MonkeyPatch, trap: str, sent: list[str]) -> None:
    monkeypatch.setattr(ending, "STAGES", [(number, 0.3) for number, _ in ending.STAGES])
    loop = f"{trap}; echo ready; while :; do sleep 0.05; done"
    said: list[str] = []
    with subprocess.Popen(
        ["sh", "-c", loop], stdout=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as script:  # fmt: skip
        assert script.stdout is not None
        script.stdout.readline()
        end = Ending(script, lambda number: said.append(number.name))
        while script.poll() is None:
            end.proceed()
            time.sleep(0.02)
    assert said == sent
