"""What the benchmark runs on: processor, instruction set, threads, versions."""

import os
import platform
import re
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import rectifier
from rectifier import _native
from rectifier.bench.peers import peers


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """All that a time means nothing without."""

    date: str
    """The day, as ISO 8601 writes it."""
    processor: str
    """The processor's name."""
    cores: int
    """The cores this process may use."""
    threads: str
    """How many threads Rectifier uses, or what decides it."""
    isa: str
    """The instruction set that Rectifier chose."""
    built_isas: tuple[str, ...]
    """Those it was built for."""
    supported_isas: tuple[str, ...]
    """Those of them that the processor supports."""
    system: str
    """Operating system and architecture."""
    python: str
    """Python's version."""
    versions: dict[str, str | None]
    """Rectifier's version and each peer's by name; None for a peer that is not installed."""


def machine() -> Machine:
    """This machine, today."""
    return Machine(
        date=date.today().isoformat(),
        processor=processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        threads=threads(),
        isa=_native.isa,
        built_isas=_native.built_isas,
        supported_isas=_native.supported_isas,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions={"rectifier": rectifier.__version__, **{name: peer.version for name, peer in peers().items()}},
    )


def processor() -> str:
    """The processor's name, as the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", information.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    if platform.system() == "Darwin":
        asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or platform.machine()
    return platform.processor() or platform.machine()


def threads() -> str:
    """As many as the native module would use now for a large array."""
    return str(_native.thread_count())
