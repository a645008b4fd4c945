"""Running one script in a copy of its repository, as `python` runs it or watched."""

import json
import os
import pickle
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.public.manifest import Script

_STAND_INS = Path(__file__).with_name("stand_ins")
_OWN = Path(__file__).with_name("own")
#: Seconds after which a script is ended: it hangs, or its entry asks for too much.
LIMIT = 1200.0
_UNUSED = shutil.ignore_patterns(".git", "docs", "*.gif", "*.mp4", "*.png", "*.jpg")
WATCHED = ("-m", "rectifier", "run", "--json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a script has left."""

    code: int
    stdout: str
    stderr: str  #: without the report
    cpu: float  #: seconds, of all its processes
    files: dict[str, bytes]  #: that it wrote, by their path in the copy
    report: dict[str, Any] | None  #: of a watched run
    record: dict[str, bytes]  #: of a watched run: the files of `.rectifier`

    def save(self, folder: Path) -> None:
        """Keep everything, to be looked at."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in {**self.files, **self.record}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("stdout", self.stdout), ("stderr", self.stderr)):
            (folder / name).write_text(text)

    def figures(self, pattern: str) -> list[float]:
        """What it printed of its own progress."""
        return [float(found) for found in re.findall(pattern, self.stdout + self.stderr, re.MULTILINE)]


def copy(script: Script, checkouts: Path, folder: Path) -> Path:
    """The script's place in a fresh copy of its repository at the commit of the checkout, with its data; returns it."""
    if script.commit:
        _unchanged(script, checkouts / script.checkout)
    shutil.copytree(checkouts / script.checkout if script.commit else _OWN, folder, ignore=_UNUSED, dirs_exist_ok=True)
    place = (folder / script.path).parent
    whole = {text.source: (place / text.source).read_text().splitlines(keepends=True) for text in script.texts}
    for text in script.texts:
        (place / text.to).write_text("".join(whole[text.source][: text.lines]))
    for name in script.beside:
        shutil.copytree(_STAND_INS / name, place / name)
    return place


def _unchanged(script: Script, checkout: Path) -> None:
    """An error if the script is not there, at its commit, to the letter."""
    if not checkout.is_dir():
        raise FileNotFoundError(f"{checkout} is missing: it must be a checkout of {script.repository}")
    head, wanted = (_git(checkout, "rev-parse", name) for name in ("HEAD", f"HEAD:{script.path}"))
    if head != script.commit:
        raise ValueError(f"{checkout} is at {head}; the manifest is about {script.commit}: check that out")
    if _git(checkout, "hash-object", script.path) != wanted:
        raise ValueError(f"{checkout / script.path} has been changed: check it out again")


def _git(checkout: Path, *command: str) -> str:
    done = subprocess.run(["git", "-C", checkout, *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def environment(script: Script, folder: Path) -> dict[str, str]:
    """What makes a script repeatable, and its data sets be there."""
    path = [_STAND_INS / "seeds", *([_STAND_INS / "images"] if script.images else []), folder]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "SOURCE_DATE_EPOCH": "0",  # the date in the figures that matplotlib writes
        "MPLBACKEND": "agg",
        "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1",  # older scripts read what they have written, as torch did then
        "HF_HOME": str(folder / ".cache"),
        "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "COLUMNS": "120",
        "STAND_IN_SAMPLES": str(script.images or 0),
    }


def execute(script: Script, checkouts: Path, folder: Path, python: str, *, watched: bool) -> Ended:
    """Run it with this Python in `folder`, emptied, and always of one name: some print where they are."""
    shutil.rmtree(folder, ignore_errors=True)
    place = copy(script, checkouts, folder)
    own = environment(script, folder)
    name = Path(script.path).name
    for before in script.before:
        subprocess.run([python, before], cwd=place, env=own, check=True, capture_output=True)
    report = folder.with_name("report.json")
    report.unlink(missing_ok=True)
    there = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    command = [python, *([*WATCHED, str(report)] if watched else []), name, *script.arguments]
    code, stdout, stderr, cpu = _run(command, place, own)
    left = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and there.get(path) != path.stat().st_mtime_ns
    }
    shutil.rmtree(folder)
    return Ended(
        code=code,
        stdout=stdout,
        stderr=stderr.partition("rectifier ──")[0] if watched else stderr,
        cpu=cpu,
        files={name: data for name, data in left.items() if ".rectifier" not in name},
        report=json.loads(report.read_text()) if report.exists() else None,
        record={name: data for name, data in left.items() if ".rectifier" in name},
    )


def kept(file: Path, script: Script) -> Ended | None:
    """What is kept of a run of the same entry of the manifest."""
    if not file.exists():
        return None
    of, ended = pickle.loads(file.read_bytes())
    assert isinstance(ended, Ended)
    return ended if of == script.run else None


def keep(file: Path, script: Script, ended: Ended) -> None:
    """Keep it."""
    file.write_bytes(pickle.dumps((script.run, ended)))


def _run(command: list[str], place: Path, own: dict[str, str]) -> tuple[int, str, str, float]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=place, env=own, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        limit = threading.Timer(LIMIT, process.terminate)
        limit.start()
        _, status, used = os.wait4(process.pid, 0)  # with all that it has started and waited for
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return process.returncode, texts[0], texts[1], used.ru_utime + used.ru_stime
