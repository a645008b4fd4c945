"""What is written comes back, whatever happens to the process or the file."""

import math
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from rectifier.record.reader import DamagedRecordError, Record
from rectifier.record.rows import SCHEMA, TABLES, Activity, Event, Gradient, Parameter, Process, Step
from rectifier.record.runs import NoRunError, Run, create, latest
from rectifier.record.writer import Writer


def step(number: int, loss: float | None = 1.0) -> Step:
    return Step(step=number, optimizer=0, loss=loss, rate=0.1, seconds=0.5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Run(script="train.py", arguments=("a", "b")).save(tmp_path)
    return tmp_path


def test_rows_come_back_as_they_were_written(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    written = [step(0, None), step(1, math.inf), step(2, -0.0), step(3, 1e-300)]
    activity = Activity(step=1, site=0, seen=64, active=bytes(range(8)), non_zero=3, outputs=128)
    for row in written:
        writer.put(row)
    writer.put(activity)
    writer.close()
    record = Record(folder)
    assert record.rows(Step) == written
    assert record.rows(Activity) == [activity]
    assert record.run.arguments == ("a", "b")


def test_the_last_row(folder: Path) -> None:
    assert Record(folder).last(Step) is None
    writer = Writer(folder / "rank-0.db")
    writer.close()
    assert not list(folder.glob("rank-*"))  # a process that has nothing to record leaves no file
    assert Record(folder).last(Step) is None
    writer = Writer(folder / "rank-0.db")
    for number in range(3):
        writer.put(step(number))
    writer.close()
    assert Record(folder).last(Step) == step(2)


def test_a_norm_is_no_number_of_a_parameter(folder: Path) -> None:
    """Two ranks that number their parameters in different orders, and a norm that is one of those numbers."""
    names = ("a", "b", "c")
    for rank, order in enumerate([(0, 1, 2), (2, 1, 0)]):
        writer = Writer(folder / f"rank-{rank}.db")
        writer.put(Process(process=rank, rank=rank, world=2, pid=rank))
        for number, position in enumerate(order):
            writer.put(
                Parameter(
                    network=None,
                    parameter=number,
                    name=names[position],
                    shape="4",
                    optimizer=0,
                    position=position,
                    feeds=None,
                )
            )
            writer.put(Gradient(step=0, parameter=number, norm=1.0, weight=2.0))
        writer.close()
    found = Record(folder).rows(Gradient)
    assert [(row.parameter, row.norm, row.weight) for row in found] == [(0, 1.0, 2.0), (1, 1.0, 2.0), (2, 1.0, 2.0)]


def test_nan_is_not_lost(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    writer.put(step(0, math.nan))
    writer.close()
    (row,) = Record(folder).rows(Step)
    assert row.loss is not None
    assert math.isnan(row.loss)


def test_it_can_be_read_while_it_is_written(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    writer.put(step(0))
    writer.flush()
    assert len(Record(folder).rows(Step)) == 1
    writer.put(step(1))
    writer.close()
    assert len(Record(folder).rows(Step)) == 2


def test_a_forked_child_writes_nothing_and_does_not_hang(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    child = os.fork()
    if child == 0:
        writer.put(step(99))
        writer.flush()
        writer.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.put(step(0))
    writer.close()
    assert [row.step for row in Record(folder).rows(Step)] == [0]


def test_what_was_committed_survives_kill(folder: Path) -> None:
    program = """
import sys, time
from pathlib import Path
from rectifier.record.rows import Step
from rectifier.record.writer import Writer
writer = Writer(Path(sys.argv[1]))
for number in range(1000):
    writer.put(Step(step=number, optimizer=0, loss=1.0, rate=None, seconds=0.0))
writer.flush()
print("written", flush=True)
while True:
    writer.put(Step(step=1000, optimizer=0, loss=1.0, rate=None, seconds=0.0))
    time.sleep(0.0001)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(folder / "rank-0.db")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [row.step for row in Record(folder).rows(Step)][:1000] == list(range(1000))


def test_a_full_disk_stops_the_record_and_nothing_else(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    writer.put(step(0))
    writer.flush()
    assert writer._db is not None
    writer._db.execute("PRAGMA max_page_count = 30")  # what SQLite sees when the disk is full
    for number in range(1, 20_000):
        writer.put(step(number))
    writer.flush()
    assert isinstance(writer.error, sqlite3.OperationalError)
    writer.put(step(0))
    writer.close()
    record = Record(folder)
    assert record.rows(Step) == [step(0)]
    assert "20000 rows could not be written: database or disk is full" in record.losses[0]
    assert [process.process for process in record.unended] == [0]


def test_a_lock_of_someone_elses_is_waited_for(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    writer.put(step(0))
    writer.flush()
    other = sqlite3.connect(folder / "rank-0.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    writer.put(step(1))
    writer.flush()
    assert "locked" in str(writer.error)
    other.execute("COMMIT")
    other.close()
    writer.put(step(2))
    writer.close()
    assert Record(folder).rows(Step) == [step(0), step(1), step(2)]
    assert not Record(folder).unended


def test_at_the_end_of_python_no_thread_starts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    writer = Writer(folder / "rank-0.db")
    writer.put(Event(step=3, kind="skipped", detail="{}"))
    writer.put_step(3, 0, 0.5, 0.1, 0.01)
    writer.close()
    record = Record(folder)
    assert [event.kind for event in record.rows(Event)] == ["skipped", "ended"]
    assert [step.loss for step in record.rows(Step)] == [0.5]


def test_a_record_that_cannot_be_read_says_so(folder: Path) -> None:
    writer = Writer(folder / "rank-0.db")
    writer.put(step(0))
    writer.close()
    database = sqlite3.connect(folder / "rank-0.db")
    database.execute("INSERT INTO schema VALUES (?)", (SCHEMA + 1,))
    database.commit()
    database.close()
    with pytest.raises(DamagedRecordError, match="newer Rectifier"):
        Record(folder).rows(Step)
    (folder / "rank-0.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(DamagedRecordError, match="cannot be read"):
        Record(folder).rows(Step)


def test_a_run_without_training_is_an_empty_record(folder: Path) -> None:
    assert all(Record(folder).rows(kind) == [] for kind in TABLES)


def test_runs_are_found_by_their_start(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    with pytest.raises(NoRunError, match="start one with"):
        latest(root)
    first = create(root)
    Run(script="a.py", started=2.0).save(first)
    second = root / "other"
    second.mkdir()
    Run(script="b.py", started=1.0).save(second)
    assert latest(root) == first
    with pytest.raises(NoRunError, match="holds no run"):
        Run.load(tmp_path)
