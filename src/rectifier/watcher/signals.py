"""Signals: which reached the script already, and which it handles.

A script started by `rectifier run` is in the process group of `rectifier`. A signal to the whole group (Ctrl-C in a
terminal, `timeout`, job runners, service managers that signal each process) has reached the script already; a signal to
`rectifier` alone (`kill PID`) has not. The kernel tells who sent a signal, but not to whom. Therefore a second process
of the group, the witness, blocks every signal and does nothing else: what it has got as well was sent to the group.
"""

import contextlib
import ctypes
import os
import select
import signal
from collections.abc import Sequence
from pathlib import Path

#: The most seconds that an answer of the witness is waited for: it is late only if somebody has stopped or killed it.
_PATIENCE = 1.0


class Witness:
    """A process of this group that only collects signals; to be started while this process has a single thread.

    Args:
        command: the script's command line. The witness takes it for its own, so that whoever picks processes by name
            (`pkill -f train.py`, `killall rectifier`) signals it together with the script, or neither.
    """

    def __init__(self, command: Sequence[str]) -> None:
        asked, self._ask = os.pipe()
        self._told, tell = os.pipe()
        self._process: int | None = os.fork()
        if self._process == 0:
            try:
                _collect(asked, tell, command)
            finally:
                os._exit(0)
        os.close(asked)
        os.close(tell)

    def heard(self) -> set[int]:
        """The signals that it got since it was asked last; none if it is gone."""
        if self._process is None:
            return set()
        with contextlib.suppress(BrokenPipeError):
            os.write(self._ask, b"?")
            # Twice, as the first wait may have been over when a stopped group went on.
            answered = any(select.select([self._told], [], [], _PATIENCE)[0] for _ in range(2))
            if answered and (told := os.read(self._told, 128)):
                return set(told) - {0}
        self.close()
        return set()

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            os.kill(self._process, signal.SIGKILL)  # also when it is stopped
            os.waitpid(self._process, 0)
            os.close(self._ask)
            os.close(self._told)
            self._process = None


def _collect(asked: int, tell: int, command: Sequence[str]) -> None:
    """Answer each byte with the signals that are pending, until the other end is closed."""
    everything = signal.valid_signals()
    signal.pthread_sigmask(signal.SIG_BLOCK, everything)
    asked, tell = os.dup2(asked, 0, inheritable=False), os.dup2(tell, 1, inheritable=False)
    for opened in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if opened > 1:
            with contextlib.suppress(OSError):
                os.close(opened)  # whoever reads what the script writes waits for no one else
    with contextlib.suppress(OSError, ValueError, IndexError):
        _rename(command)
    while os.read(asked, 1):
        got = bytearray(1)
        while (received := signal.sigtimedwait(everything, 0)) is not None:
            got.append(received.si_signo)
        os.write(tell, got)


def _rename(command: Sequence[str]) -> None:
    """Let `ps` show this process with another command line, as far as there is room for it."""
    Path("/proc/self/comm").write_text(Path(command[0]).name[:15])
    # Fields 48 and 49 of proc_pid_stat(5): where the arguments begin and end. Python has copied them long ago.
    begin, end = map(int, Path("/proc/self/stat").read_text().rpartition(")")[2].split()[45:47])
    size = end - begin
    if begin > 0 and size > 0:
        arguments = b"\0".join(map(os.fsencode, command))
        ctypes.memmove(begin, arguments[: size - 1].ljust(size, b"\0"), size)


def handles(process: int, number: int) -> bool:
    """Whether a process has a handler of its own for the signal, as Linux tells it."""
    return number in _listed(process, "SigCgt")


def ignores(process: int, number: int) -> bool:
    """Whether a process ignores the signal, as Linux tells it: SIGINT in a background job of a shell script."""
    return number in _listed(process, "SigIgn")


def _listed(process: int, which: str) -> set[int]:
    """The signals in a field of /proc/PID/status."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return set()
    bits = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith(f"{which}:")), 0)
    return {number for number in range(1, 65) if bits >> (number - 1) & 1}
