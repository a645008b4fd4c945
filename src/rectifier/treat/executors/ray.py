"""Trials as tasks of a Ray cluster.

The working directory travels once as an archive in Ray's object store, a trial as a few hundred bytes, and what comes
back is its result with its record and log. A task whose worker or node dies is started again elsewhere by Ray; a result
counts once, whoever sends it. The nodes need Python, torch and Rectifier as this machine has them.
"""

import io
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rectifier.treat.execute import execute
from rectifier.treat.scratch import skipped
from rectifier.treat.trial import Program, Result, Treatment, Trial, Use

#: How often a trial is started again when its worker or node dies.
RETRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRay:
    """A Ray cluster; `local` starts one on this machine."""

    address: str = "local"
    cpus: float = 1.0  #: per trial
    gpus: float = 0.0  #: per trial

    def run(self, program: Program, trials: Sequence[tuple[Trial, Path]]) -> Iterator[tuple[Trial, Result]]:
        import ray

        if not ray.is_initialized():
            ray.init(address=self.address, log_to_driver=False, include_dashboard=False, configure_logging=False)
        task = ray.remote(_task).options(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=RETRIES)
        archive = ray.put(_pack(Path(program.directory), skip=True))
        waiting: dict[Any, tuple[Trial, Path]] = {}
        for trial, folder in trials:
            waiting[task.remote(archive, asdict(program), asdict(trial))] = (trial, folder)
        try:
            while waiting:
                (done,), _ = ray.wait(list(waiting), num_returns=1)
                trial, folder = waiting.pop(done)
                yield trial, _receive(done, trial, folder)
        finally:
            for left in waiting:
                ray.cancel(left, force=True)


def _receive(reference: Any, trial: Trial, folder: Path) -> Result:
    import ray

    try:
        files = ray.get(reference)
    except (ray.exceptions.RayError, OSError) as error:
        why = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
        return Result(remedy=str(trial.treatment), seed=trial.seed, status="killed", why=why[:200])
    folder.mkdir(parents=True, exist_ok=True)
    _unpack(files, folder)
    return Result.load(folder / "result.json")


def _task(archive: bytes, program: dict[str, Any], trial: dict[str, Any]) -> bytes:
    """On a node: unpack the working directory, run the trial, send back what it left."""
    with tempfile.TemporaryDirectory(prefix="rectifier-node-") as place:
        directory, folder = Path(place) / "work" / Path(program["directory"]).name, Path(place) / "trial"
        directory.mkdir(parents=True)
        _unpack(archive, directory)
        there = Program(
            **{**program, "directory": str(directory), "in_place": True, "command": _moved(program, directory)}
        )
        execute(there, _trial_of(trial), folder)
        return _pack(folder, skip=False)


def _moved(program: dict[str, Any], directory: Path) -> tuple[str, ...]:
    first, own = Path(program["command"][0]), program["directory"]
    if first.is_absolute() and first.is_relative_to(own):
        return (str(directory / first.relative_to(own)), *program["command"][1:])
    return tuple(program["command"])


def _trial_of(values: dict[str, Any]) -> Trial:
    uses = tuple(Use(**use) for use in values["treatment"]["uses"])
    return Trial(**{**values, "treatment": Treatment(uses=uses)})


def _pack(directory: Path, *, skip: bool) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1, dereference=True) as tar:
        for path in sorted(directory.iterdir()):
            _add(tar, path, Path(path.name), skip=skip)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, path: Path, name: Path, *, skip: bool) -> None:
    if skip and skipped(str(path.parent), [path.name]):
        return
    if path.is_dir():
        for each in sorted(path.iterdir()):
            _add(tar, each, name / each.name, skip=skip)
    elif path.is_file():
        tar.add(path, str(name), recursive=False)


def _unpack(archive: bytes, directory: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        tar.extractall(directory, filter="data")
