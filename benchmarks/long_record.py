"""How large the record of a long run is, and how long its report takes.

    python -m benchmarks.long_record [STEPS] [--sites 3] [--units 512] [--parameters 8]

Writes what the watcher would write of so many steps (a million by default) with a look every 50th, as fast as the
writer takes it, and reads it again. The goal is 200 MB and 2 seconds.
"""

import argparse
import math
import random
import tempfile
import time
from pathlib import Path

from rectifier.diagnose.diagnosis import diagnose
from rectifier.record.reader import Record
from rectifier.record.rows import (
    TABLES,
    Activity,
    Gradient,
    Look,
    Optimizer,
    Parameter,
    Scale,
    Signal,
    Site,
    Step,
    Update,
)  # fmt: skip
from rectifier.record.runs import Run
from rectifier.record.writer import Writer
from rectifier.report.model import Report
from rectifier.watcher.governor import WIDEST


def write(folder: Path, steps: int, sites: int, units: int, parameters: int) -> None:
    """The record of a run whose loss falls and whose units are all alive."""
    Run(script="train.py", exit_code=0).save(folder)
    writer, chance = Writer(folder / "rank-0.db"), random.Random(0)
    writer.put(Optimizer(optimizer=0, kind="SGD", parameters=sites * units))
    for number in range(parameters):
        writer.put(
            Parameter(
                parameter=number, network=None, name=f"{number}.weight", shape="8x8", optimizer=0, position=number
            )
        )
    for number in range(sites):
        writer.put(
            Site(
                site=number, network=None, layer=str(number), weight=None, nth=0, after=number - 1 if number else None,
                activation="relu", source=f"train.py:{number}", units=units, position=number, rectifies=True,
                feeds=True,
            )
        )  # fmt: skip
    active = (40).to_bytes(4, "little") * units
    for step in range(steps):
        loss = 2 * math.exp(-3 * step / steps) + 0.1 * chance.random()
        writer.put(Step(step=step, optimizer=0, loss=loss, rate=0.1, seconds=0.001))
        if step < 100 or step % WIDEST == 0:
            writer.put(Look(step=step, seconds=0.001, calls=20, total=step * 1e-5, elapsed=step * 1e-3))
            for site in range(sites):
                writer.put(
                    Activity(step=step, site=site, seen=64, active=active, non_zero=32 * units, outputs=64 * units)
                )
                writer.put(Scale(step=step, site=site, rms=1.0, spread=1.0))
                writer.put(Signal(step=step, site=site, rms=0.1))
            for parameter in range(parameters):
                writer.put(Gradient(step=step, parameter=parameter, norm=0.1, weight=3.0))
                writer.put(Update(step=step, parameter=parameter, ratio=1e-3))
        if step % 1000 == 0:
            writer.flush()
    writer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="?", type=int, default=1_000_000)
    for name, default in (("sites", 3), ("units", 512), ("parameters", 8)):
        parser.add_argument(f"--{name}", type=int, default=default)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        write(folder, arguments.steps, arguments.sites, arguments.units, arguments.parameters)
        written = time.perf_counter()
        size = sum(file.stat().st_size for file in folder.glob("rank-*"))
        read = time.perf_counter()
        report = Report.of(diagnose(Record(folder)))
        took = time.perf_counter() - read
        rows = {kind.__name__: len(Record(folder).rows(kind)) for kind in TABLES}
    print(f"{arguments.steps} steps: written in {written - began:.1f} s, {size / 1e6:.0f} MB, reported in {took:.2f} s")
    print(f"{report.verdict}, {report.run.steps} steps, {report.run.looked_at} looks; rows kept: {rows}")


if __name__ == "__main__":
    main()
