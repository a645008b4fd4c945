"""Records of long runs stay small, and what rules stand on stays in them."""

import math
import random
from pathlib import Path

import pytest

from rectifier.record import thinning
from rectifier.record.reader import Record
from rectifier.record.rows import Activity, Gradient, Look, Scale, Step
from rectifier.record.runs import Run
from rectifier.record.writer import Writer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(thinning, "STEPS", 100)
    monkeypatch.setattr(thinning, "ROWS", 2000)
    Run(script="train.py").save(tmp_path)
    return tmp_path


@pytest.mark.parametrize("optimizers", [1, 2])
def test_of_steps_a_regular_share_stays_and_the_extremes(folder: Path, optimizers: int) -> None:
    random.seed(optimizers)
    writer = Writer(folder / "rank-0.db")
    written: dict[int, list[Step]] = {n: [] for n in range(optimizers)}
    for number in range(3000):
        for optimizer in written:
            loss = math.nan if number in (1777, 1779) else math.exp(-number / 1000) + random.random()
            written[optimizer].append(Step(step=number, optimizer=optimizer, loss=loss, rate=0.1, seconds=0.1))
            writer.put(written[optimizer][-1])
        if number % 70 == 0:
            writer.flush()
    writer.close()
    found = Record(folder).rows(Step)
    assert len(found) <= 2 * thinning.STEPS + 4 * optimizers
    order = {(s.optimizer, s.step): place for place, s in enumerate(found)}
    assert [s.step for s in found] == sorted(s.step for s in found)
    assert len(order) == len(found)
    for optimizer, rows in written.items():
        kept = [s.step for s in found if s.optimizer == optimizer]
        finite = [s for s in rows if s.loss is not None and math.isfinite(s.loss)]
        lowest, highest = (pick(finite, key=lambda s: s.loss or 0.0).step for pick in (min, max))
        stride = math.gcd(*(step for step in kept if step not in {2999, 1777, lowest, highest}))
        assert stride > 1
        assert set(kept) == {*range(0, 3000, stride), 2999, 1777, lowest, highest}


def test_of_looks_no_sample_is_lost(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    for look in range(1500):
        step = look * 10
        writer.put(Look(step=step, seconds=0.1, calls=7, total=look, elapsed=look))
        active = [look % 3 == 0, 1, look == 700]
        counts = b"".join(int(count).to_bytes(4, "little") for count in active)
        writer.put(Activity(step=step, site=0, seen=8, active=counts, non_zero=sum(active), outputs=24))
        writer.put(Scale(step=step, site=0, rms=1.0, spread=float(look)))
        for parameter in range(2):
            writer.put(Gradient(step=step, parameter=parameter, norm=None if parameter else 2.0, weight=3.0))
        if look % 50 == 0:
            writer.flush()
    writer.close()
    record = Record(folder)
    activity = record.rows(Activity)
    assert sum(a.seen for a in activity) == 1500 * 8
    totals = [sum(int.from_bytes(a.active[i : i + 4], "little") for a in activity) for i in (0, 4, 8)]
    assert totals == [500, 1500, 1]
    looks = record.rows(Look)
    assert sum(look.looks for look in looks) == 1500
    assert len(looks) < 500
    assert [look.step for look in looks[: thinning.FIRST_LOOKS]] == [10 * n for n in range(thinning.FIRST_LOOKS)]
    assert looks[-1].step == 14990
    steps = {look.step for look in looks}
    assert {a.step for a in activity} == {s.step for s in record.rows(Scale)} == steps
    gradients = record.rows(Gradient)
    assert {(g.norm, g.parameter) for g in gradients} == {(2.0, 0), (None, 1)}
    assert {g.step for g in gradients} == steps
    total = len(looks) + len(activity) + len(gradients) + len(record.rows(Scale))
    assert total < 2000


def test_bytes_count_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "BYTES", 4_000_000)
    monkeypatch.setattr(thinning, "ROWS", 10**9)
    writer = Writer(folder / "rank-0.db")
    for step in range(3000):
        writer.put(Look(step=step, seconds=0.1, calls=7, total=0.0, elapsed=1.0))
        writer.put(Activity(step=step, site=0, seen=1, active=bytes(8000), non_zero=0, outputs=0))
        if step % 50 == 0:
            writer.flush()
    writer.close()
    assert sum(file.stat().st_size for file in folder.glob("rank-0.db*")) < 8_000_000
    assert sum(a.seen for a in Record(folder).rows(Activity)) == 3000
