"""Warnings that Rectifier itself causes in the script's process: neither shown nor raised, and no others are hidden."""

import json
import threading
import warnings
from pathlib import Path

import pytest

from rectifier.record import files
from rectifier.record.own_warnings import ignored
from rectifier.record.reader import Record
from rectifier.record.rows import Event
from rectifier.record.runs import Run
from rectifier.record.writer import Writer


def test_a_record_is_written_where_warnings_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = files.create

    def old(db: object) -> None:
        warnings.warn("this way of calling it is old", DeprecationWarning, stacklevel=2)
        create(db)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "create", old)
    Run(script="train.py").save(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        writer = Writer(tmp_path / "rank-0.db")
        writer.put(Event(step=3, kind="skipped", detail=json.dumps({})))
        writer.close()
        assert warnings.filters == before
        assert writer.error is None
    assert [e.step for e in Record(tmp_path).rows(Event) if e.kind == "skipped"] == [3]


def test_warnings_of_other_threads_go_their_way() -> None:
    raised: list[str] = []

    def other() -> None:
        try:
            warnings.warn("from another thread", stacklevel=1)
        except UserWarning as warning:
            raised.append(str(warning))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with ignored():
            with ignored():
                warnings.warn("of ours", stacklevel=1)
            warnings.warn("of ours as well", stacklevel=1)
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        with pytest.raises(UserWarning, match="of the script"):
            warnings.warn("of the script", stacklevel=1)
    assert raised == ["from another thread"]


def test_filters_that_the_script_exchanges_meanwhile_stay() -> None:
    with warnings.catch_warnings():
        with ignored():
            warnings.simplefilter("always")  # resets what stands before it, ours among it
            warnings.resetwarnings()
            warnings.simplefilter("error")
        assert [f[0] for f in warnings.filters] == ["error"]
