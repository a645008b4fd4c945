"""Ending a script as its user would: SIGINT first, as Ctrl-C sends it, so that a script that saves then saves."""

import math
import signal
import subprocess
import time
from collections.abc import Callable

from rectifier.watcher.signals import ignores

#: The signals in their order, and the seconds that the script has after each. Chosen by us: in a minute a checkpoint of
#: some tens of gigabytes is written to an ordinary SSD; 30 seconds after SIGTERM are what Kubernetes gives.
STAGES = ((signal.SIGINT, 60.0), (signal.SIGTERM, 30.0), (signal.SIGKILL, math.inf))


class Ending:
    """The end of one script. `announce(signal)` is called before each signal that is sent.

    The signals go to the script alone: its process group may hold what is not its own, such as the `tee` of a pipeline.
    """

    def __init__(self, script: "subprocess.Popen[bytes]", announce: Callable[[signal.Signals], None]) -> None:
        self._script, self._announce = script, announce
        # An ignored signal would only cost its time: a background job of a shell script ignores SIGINT.
        self._left = [stage for stage in STAGES if not ignores(script.pid, stage[0])]
        self._due = -math.inf

    def proceed(self) -> None:
        """Send the next signal, if the script has had its time since the last one. To be called again and again."""
        if self._script.poll() is None and time.monotonic() >= self._due:
            number, seconds = self._left.pop(0)
            self._announce(number)
            self._script.send_signal(number)
            self._due = time.monotonic() + seconds
