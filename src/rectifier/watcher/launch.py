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
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from rectifier.watcher.ending import Ending
from rectifier.watcher.environment import watched
from rectifier.watcher.signals import Witness, handles

#: Not passed on: what concerns this process itself (its children, its own faults and writes), and what stops it.
_OWN = {
    signal.SIGCHLD, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGTRAP, signal.SIGSYS,
    signal.SIGPIPE, signal.SIGXFSZ, signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
}  # fmt: skip
_PASSED_ON = signal.valid_signals() - _OWN
#: Seconds from a signal until it is asked whether the whole group has got it. Chosen by us: the kernel takes
#: microseconds for a group, a service manager that goes from process to process milliseconds.
_SPREAD = 0.1
#: Seconds between two looks at what there is to do, where `Meanwhile` asks for none.
_TICK = 1.0

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Meanwhile(Protocol):
    """What is to be done while the script runs."""

    @property
    def every(self) -> float | None:
        """Seconds between calls of `look`; None for never."""

    def started(self) -> None:
        """The script has been started."""

    def look(self) -> bool:
        """Whether the script is to be ended."""

    def ending(self, number: signal.Signals) -> None:
        """The script is to be ended, and is sent this signal now."""

    def report(self) -> None:
        """Say how it goes: SIGUSR1 was sent."""


def launch(command: Sequence[str], folder: Path, budget: float, meanwhile: Meanwhile) -> int:
    """Run `python COMMAND...` watched, with its record in `folder`; returns its exit status (negative: the signal).

    A signal reaches the script as often as it would without this process. What was sent to this process alone is passed
    on; what was sent to the whole process group (Ctrl-C in a terminal) has reached the script already. SIGUSR1 asks for
    a report, and is passed on only to a script that has a handler for it: it would end any other.
    """
    environment = watched({"folder": str(folder.resolve()), "budget": budget}, dict(os.environ))
    # Blocked before the start, so that none is lost between the start and the wait.
    awaited: set[int | signal.Signals] = {*_PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    witness = None
    try:
        words = [sys.executable, *_interpreter_options(sys.orig_argv), *command]
        script = subprocess.Popen(
            words,
            env=environment,
            close_fds=False,  # what a shell has opened for it (`<(...)`) or a job server is the script's
            preexec_fn=lambda: _in_child(before, libc),
        )
        witness = Witness(words)
        meanwhile.started()
        ending = None
        while script.poll() is None:
            received = signal.sigtimedwait(awaited, meanwhile.every or _TICK)
            if received is None:
                witness.heard()  # what others of the group have got, and this process has not, says nothing later
                if ending is None and meanwhile.every is not None and meanwhile.look():
                    ending = Ending(script, meanwhile.ending)
                if ending is not None:
                    ending.proceed()
            elif received.si_signo != signal.SIGCHLD:
                _pass_on(_with_others(received.si_signo, awaited), witness, script, meanwhile)
        return script.returncode
    finally:
        if witness is not None:
            witness.close()
        while signal.sigtimedwait(awaited, 0) is not None:
            pass  # what came too late for the script is not ours to die of
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _with_others(first: int, awaited: set[int | signal.Signals]) -> set[int]:
    """A signal, and those that have come since; by now the whole group has got what was sent to it."""
    time.sleep(_SPREAD)
    numbers = {first}
    while (received := signal.sigtimedwait(awaited, 0)) is not None:
        numbers.add(received.si_signo)
    return numbers - {signal.SIGCHLD}


def _pass_on(numbers: set[int], witness: Witness, script: "subprocess.Popen[bytes]", meanwhile: Meanwhile) -> None:
    for number in sorted(numbers - witness.heard()):
        if number != signal.SIGUSR1 or handles(script.pid, number):
            script.send_signal(number)
    if signal.SIGUSR1 in numbers:
        meanwhile.report()


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
