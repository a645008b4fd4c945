"""Starting a script exactly as `python` would, watched, and waiting for it.

The script runs in a process of its own, started with the command line that the user would have typed, so that
`__main__`, `sys.argv`, tracebacks, pickling and worker processes are what they always are; and so that its run
is diagnosed even if it is killed. Standard input, output and error are the script's.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rectifier.watcher.environment import watched

_FORWARDED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2}

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


_GRACE = 10.0  # seconds that a script has to end when it is told to; what container runtimes give


class Meanwhile(Protocol):
    """What is to be done while the script runs."""

    @property
    def every(self) -> float | None:
        """Seconds between calls of `look`; None for never."""

    def started(self) -> None:
        """The script has been started."""

    def look(self) -> bool:
        """Whether the script is to be ended."""

    def report(self) -> None:
        """Say how it goes: SIGUSR1 was sent."""


def launch(command: Sequence[str], folder: Path, budget: float, meanwhile: Meanwhile) -> int:
    """Run `python COMMAND...` watched, with its record in `folder`; returns its exit status (negative: the signal).

    Signals sent to this process reach the script. Ctrl-C in a terminal reaches it anyway, and is not sent twice.
    SIGUSR1 asks for a report, and reaches only a script that has a handler for it: it would end any other.
    """
    environment = watched({"folder": str(folder.resolve()), "budget": budget}, dict(os.environ))
    # Blocked before the start, so that none is lost between the start and the wait.
    awaited = _FORWARDED | {signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    try:
        script = subprocess.Popen(
            [sys.executable, *_interpreter_options(sys.orig_argv), *command],
            env=environment,
            close_fds=False,  # what a shell has opened for it (`<(...)`) or a job server is the script's
            preexec_fn=lambda: _in_child(before, libc),
        )
        meanwhile.started()
        while script.poll() is None:
            received = (
                signal.sigwaitinfo(awaited)
                if meanwhile.every is None
                else signal.sigtimedwait(awaited, meanwhile.every)
            )
            if received is None:
                if meanwhile.look():
                    _end(script)
                continue
            if received.si_signo == signal.SIGUSR1:
                meanwhile.report()
                if not _handles(script.pid, signal.SIGUSR1):
                    continue
            by_terminal = received.si_signo in (signal.SIGINT, signal.SIGQUIT) and received.si_code > 0
            if received.si_signo != signal.SIGCHLD and not by_terminal:
                script.send_signal(received.si_signo)
        return script.returncode
    finally:
        while signal.sigtimedwait(awaited, 0) is not None:
            pass  # what came too late for the script is not ours to die of
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(script: "subprocess.Popen[bytes]") -> None:
    script.terminate()
    try:
        script.wait(_GRACE)
    except subprocess.TimeoutExpired:
        script.kill()
        script.wait()


def _handles(process: int, number: int) -> bool:
    """Whether a process has a handler of its own for the signal, as Linux tells it."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "0")
    return bool(int(caught, 16) >> (number - 1) & 1)


def _interpreter_options(command: Sequence[str]) -> list[str]:
    """The options that Python itself was started with: `-W error` of `python -W error -m rectifier run ...`.

    >>> _interpreter_options(["python", "-u", "-W", "error", "-m", "rectifier", "run", "-u", "train.py"])
    ['-u', '-W', 'error']
    """
    options: list[str] = []
    rest = iter(command[1:])
    for argument in rest:
        if not argument.startswith("-") or argument in ("-m", "-c"):
            break
        options.append(argument)
        if argument in ("-W", "-X"):
            options.append(next(rest, ""))
    return options


def _in_child(signals: set[int | signal.Signals], libc: ctypes.CDLL | None) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, signals)
    if libc is not None:
        # Whoever kills this process outright means the script.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_as(status: int) -> None:
    """End this process as the script ended: the same exit code, or by the same signal."""
    if status < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the script has left its own core file, if any
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status if status >= 0 else 128 - status)
