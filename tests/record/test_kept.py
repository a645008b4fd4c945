"""Which records of runs are kept on disk, and which are removed first."""

import os
import time
from pathlib import Path

import pytest

from rectifier.record.kept import SILENCE, Kept, kept, remove
from rectifier.record.runs import LOADED, Run

NOBODY = 2**22 + 1  # above the largest number that Linux gives to a process


def make(root: Path, number: int, *, ended: bool = True, process: int = NOBODY, quiet: float = 0) -> Path:
    """A run of 1000 bytes and its `run.json`, the `number`-th to start."""
    folder = root / f"run-{number:02}-{process}"
    folder.mkdir(parents=True)
    Run(script=f"{number}.py", started=round(time.time()) + number, ended=0 if ended else None).save(folder)
    (folder / "rank-0.db").write_bytes(bytes(1000))
    (folder / LOADED).touch()
    for file in folder.iterdir():
        os.utime(file, (time.time() - quiet,) * 2)
    return folder


def scripts(runs: list[Kept]) -> list[str]:
    return [each.run.script for each in runs]


def test_the_oldest_go_first_and_no_more_than_it_takes(tmp_path: Path) -> None:
    for number in (3, 1, 2, 5, 4):
        make(tmp_path, number)
    runs = kept(tmp_path)
    assert scripts(runs) == ["1.py", "2.py", "3.py", "4.py", "5.py"]
    size = runs[0].size
    assert 1000 < size < 2000
    assert remove(runs, limit=5 * size, last=0) == []
    assert scripts(remove(runs, limit=4 * size - 1, last=0, pretend=True)) == ["1.py", "2.py"]
    assert len(kept(tmp_path)) == 5
    assert scripts(remove(runs, limit=4 * size, last=0)) == ["1.py"]
    assert scripts(remove(kept(tmp_path), last=2)) == ["2.py", "3.py"]
    assert scripts(kept(tmp_path)) == ["4.py", "5.py"]
    assert remove(kept(tmp_path)) == []  # the last 20


def test_what_is_never_removed(tmp_path: Path) -> None:
    long_ago = SILENCE + 60
    make(tmp_path, 1, ended=False, process=os.getpid(), quiet=long_ago)  # stopped for a day, say
    make(tmp_path, 2, ended=False)  # on another machine
    make(tmp_path, 3, ended=False, quiet=long_ago)
    (make(tmp_path, 4) / "notes.txt").write_text("mine")
    make(tmp_path, 5)
    (tmp_path / "mine").mkdir()
    (make(tmp_path, 6) / "run.json").write_text('{"of": "a newer Rectifier"}')
    runs = kept(tmp_path)
    assert [each.state for each in runs] == ["under way", "end unknown", "end unknown", "ended", "ended"]
    assert scripts(remove(runs, last=0)) == ["3.py", "5.py"]
    assert scripts(kept(tmp_path)) == ["1.py", "2.py", "4.py"]
    assert len(list(tmp_path.iterdir())) == 5


def test_the_number_of_a_process_is_used_again(tmp_path: Path) -> None:
    folder = make(tmp_path, 1, ended=False, process=os.getpid(), quiet=SILENCE + 60)
    Run(script="1.py", started=time.time() - 7 * 24 * 3600).save(folder)
    os.utime(folder / "run.json", (0, 0))
    (run,) = kept(tmp_path)
    assert (run.state, run.removable) == ("end unknown", True)


def test_what_cannot_be_removed_is_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        make(tmp_path, number)

    def refuse(folder: Path) -> None:
        raise PermissionError(str(folder))

    monkeypatch.setattr("shutil.rmtree", refuse)
    assert remove(kept(tmp_path), last=0) == []
    assert len(kept(tmp_path)) == 2
