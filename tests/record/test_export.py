"""The record as Parquet and its documentation."""

import math
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from rectifier.cli import main
from rectifier.record import describe
from rectifier.record.export import export
from rectifier.record.reader import Record
from rectifier.record.rows import TABLES, Activity, Site, Step
from rectifier.record.runs import Run
from rectifier.record.writer import Writer


@pytest.fixture
def record(tmp_path: Path) -> Record:
    folder = tmp_path / "run"
    folder.mkdir()
    Run(script="train.py").save(folder)
    writer = Writer(folder / "rank-0.db")
    writer.put(Step(step=0, optimizer=0, loss=None, rate=0.1, seconds=0.0))
    writer.put(Step(step=1, optimizer=0, loss=math.nan, rate=None, seconds=0.5))
    writer.put(
        Activity(
            step=1,
            site=0,
            seen=64,
            active=(7).to_bytes(4, "little") + (2**32 - 1).to_bytes(4, "little"),
            non_zero=3,
            outputs=128,
        )
    )
    writer.put(
        Site(
            site=0,
            network=None,
            layer="net.0",
            weight=None,
            nth=0,
            after=None,
            activation="relu",
            source="train.py:3",
            units=2,
            position=0,
            rectifies=True,
            feeds=True,
        )
    )
    writer.close()
    return Record(folder)


def test_tables_come_back_from_parquet(record: Record, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    files = export(record, tmp_path / "out")
    assert [file.name for file in files] == ["step.parquet", "site.parquet", "activity.parquet", "event.parquet"]
    steps = parquet.read_table(files[0])
    first, second = steps.to_pylist()
    assert first == {"step": 0, "optimizer": 0, "loss": None, "rate": 0.1, "seconds": 0.0}
    assert math.isnan(second["loss"])
    assert second["rate"] is None
    assert steps.schema.field("step").metadata[b"meaning"] == b"number of this optimizer's step, from 0"
    assert parquet.read_table(files[2]).to_pylist()[0]["active"] == [7, 2**32 - 1]
    assert parquet.read_table(files[1]).to_pylist()[0]["rectifies"] is True
    with pytest.raises(FileExistsError, match="there already"):
        export(record, tmp_path / "out")


def test_the_command(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["export", str(record.folder), "--to", "out"])
    assert done.output == "4 tables in out: step, site, activity, event\n"
    again = CliRunner().invoke(main, ["export", str(record.folder), "--to", "out"])
    assert again.exit_code == 1
    assert "there already" in again.output
    nothing = CliRunner().invoke(main, ["export", "no-such-run"])
    assert nothing.exit_code == 1
    assert "unknown run" in nothing.output


def test_without_pyarrow_it_says_how_to_install_it(
    record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = CliRunner().invoke(main, ["export", str(record.folder), "--to", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert 'pip install "rectifier[export]"' in done.output
    assert not (tmp_path / "out").exists()


def test_the_page_is_up_to_date() -> None:
    page = (Path(__file__).parents[2] / "docs" / "record.md").read_text()
    assert page == describe.page(), "run: .venv/bin/python -m rectifier.record.describe > docs/record.md"


def test_every_column_is_described_or_speaks_for_itself() -> None:
    for table in TABLES:
        for column in describe.columns(table):
            assert column.meaning or column.name in ("step", "site", "parameter", "optimizer", "rms"), (table, column)
