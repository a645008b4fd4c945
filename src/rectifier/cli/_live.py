"""What `rectifier run` does while the script runs: the terminal's title, diagnoses on demand, ending a doomed run."""

import contextlib
import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rectifier.report.model import Report

TITLE_SECONDS = 1.0
#: Values of TERM that name no terminal with a title.
_WITHOUT_TITLE = ("", "dumb", "unknown")
#: The first diagnosis while it runs, and how much later each next one is, up to the longest wait. Chosen by us: a
#: diagnosis of a long run takes a second of another core, which must stay small beside what it looks at.
FIRST, GROWTH, LONGEST = 5.0, 1.5, 60.0


class Live:
    """Called about once a second by `launch`, and on SIGUSR1. What goes wrong here never concerns the script."""

    def __init__(self, folder: Path, stop_when: str | None) -> None:
        self.stopped: str | None = None  #: why the run is to be ended, if it is
        self._folder, self._stop_when = folder, stop_when
        self._signals: list[str] = []  # that were sent to end it
        self._title = sys.stderr.isatty() and os.environ.get("TERM", "") not in _WITHOUT_TITLE
        self._shown = ""
        self._next, self._wait = time.monotonic() + FIRST, FIRST
        self._worst = ""
        self._suspected: set[str] = set()
        self.failed = ""  #: why it stopped looking, if it did
        if self._title:
            _write("\033[22;2t")  # the title is put on the terminal's own pile, for `end`

    @property
    def every(self) -> float | None:
        """Seconds between calls of `look`; None if there is nothing to do."""
        return TITLE_SECONDS if self._title or self._stop_when else None

    def started(self) -> None:
        """Load what the diagnosis needs while the script loads torch: nobody waits for it at the end.

        In a thread that does nothing else, as signals are waited for in this one.
        """
        threading.Thread(target=_load, daemon=True).start()

    def look(self) -> bool:
        """Show how it goes; whether the script is to be ended."""
        if self.failed:
            return False
        from rectifier.record.reader import DamagedRecordError

        try:
            if time.monotonic() >= self._next:
                self._diagnose()
            if self._title:
                self._show()
        except (DamagedRecordError, OSError, LookupError):
            pass  # nothing is written yet, or just now
        except Exception as error:  # noqa: BLE001  if this process died of it, the script would with it
            self.failed = f"{type(error).__name__}: {error}"
        return self.stopped is not None

    def ending(self, number: signal.Signals) -> None:
        """Say that the script is sent this signal, and why."""
        before = self._signals[-1] if self._signals else None
        self._signals.append(number.name)
        why = (
            f"--stop-when {self._stop_when}: {self.stopped}. Ending the script by {number.name}"
            if before is None
            else f"the script goes on after {before}: ending it by {number.name}"
        )
        as_usual = ", as Ctrl-C does" if number == signal.SIGINT else ""
        click.echo(f"rectifier: {why}{as_usual}", err=True)

    @property
    def ended_by(self) -> str | None:
        """What ended the script: `--stop-when error (SIGINT, then SIGTERM)`; None if it ended by itself."""
        return f"--stop-when {self._stop_when} ({', then '.join(self._signals)})" if self._signals else None

    def report(self) -> None:
        """Print the diagnosis so far."""
        from rectifier.report.text import show

        try:
            show(_report(self._folder))
        except Exception as error:  # noqa: BLE001  as above
            click.echo(f"rectifier: nothing can be said yet: {error}", err=True)

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._title:
            _write("\033[23;2t")

    def _diagnose(self) -> None:
        began = time.monotonic()
        report = _report(self._folder)
        took = time.monotonic() - began
        self._wait = min(LONGEST, max(self._wait * GROWTH, 50 * took))
        self._next = time.monotonic() + self._wait
        grave = [f for f in report.findings if f.severity != "info"]
        self._worst = f"{grave[0].severity} {grave[0].rule}" if grave else ""
        # What is found twice in a row is no passing bump.
        found = {f.rule for f in grave if f.severity == "error" or self._stop_when == "warning"}
        again = [f for f in grave if f.rule in found & self._suspected]
        if self._stop_when and again and self.stopped is None:
            self.stopped = f"{again[0].severity} {again[0].rule}, at step {report.run.steps}"
        self._suspected = found

    def _show(self) -> None:
        from rectifier.record.reader import Record
        from rectifier.record.rows import Step

        last = Record(self._folder).last(Step)
        if last is not None:
            loss = "" if last.loss is None else f"  loss {last.loss:.4g}"
            text = f"step {last.step}{loss}  {self._worst or 'nothing ill so far'}"
            if text != self._shown:
                # The title is the one place where nothing of the script's is ever written.
                _write(f"\033]2;{text}\a")
                self._shown = text


def _load() -> None:
    with contextlib.suppress(Exception):  # whoever needs it says what is wrong
        importlib.import_module("rectifier.diagnose.rules").rules()
        for module in ("rectifier.diagnose.diagnosis", "rectifier.report.text", "numpy.ma"):  # the last for its median
            importlib.import_module(module)


def _report(folder: Path) -> "Report":
    from rectifier.diagnose.diagnosis import diagnose
    from rectifier.record.reader import Record
    from rectifier.report.model import Report

    return Report.of(diagnose(Record(folder)))


def _write(sequence: str) -> None:
    sys.stderr.write(sequence)
    sys.stderr.flush()
