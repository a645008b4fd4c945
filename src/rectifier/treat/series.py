"""The trials of one treatment, kept in a folder: those that have finished are not run again.

The folder's name is made of the script's and of everything that decides about the results: command, options,
Rectifier's version, and whatever Python there is in the working directory. The same command after Ctrl-C or a crash
finds its trials again.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from rectifier.treat.executors import Executor
from rectifier.treat.scratch import skipped
from rectifier.treat.trial import Program, Result, Trial

ROOT = Path(".rectifier") / "treat"


def folder_of(program: Program, root: Path = ROOT) -> Path:
    """The folder of this program's trials."""
    decides = {"program": asdict(program), "rectifier": version("rectifier")}
    digest = hashlib.sha256(json.dumps(decides, sort_keys=True).encode())
    named = [Path(program.directory) / part for part in program.command]
    for file in sorted({*_sources(Path(program.directory)), *(f for f in named if f.is_file() and f.suffix == ".py")}):
        digest.update(str(file).encode() + b"\0" + file.read_bytes())
    stem = Path(program.command[1] if program.command[0] == "-m" else program.command[0]).stem
    return root / f"{stem}-{digest.hexdigest()[:10]}"


def _sources(directory: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(directory):
        left_out = skipped(folder, folders)
        folders[:] = [name for name in folders if name not in left_out]
        found += [path for name in files if name.endswith(".py") and (path := Path(folder) / name).is_file()]
    return found


class Series:
    """Runs trials and remembers them; `reused` counts those found.

    `planned(trials)` is called with those that are to be run, before the first, `told(trial, result)` for every one.
    """

    def __init__(
        self,
        program: Program,
        executor: Executor,
        folder: Path,
        planned: Callable[[Sequence[Trial]], None] = lambda trials: None,
        told: Callable[[Trial, Result], None] = lambda trial, result: None,
    ) -> None:
        self.program, self.folder = program, folder
        self.results: dict[str, Result] = {}  #: by `Trial.name`, in the order in which they came
        self.reused = 0
        self._executor, self._planned, self._told = executor, planned, told
        folder.mkdir(parents=True, exist_ok=True)
        ignore = ROOT.parent / ".gitignore"
        if folder.is_relative_to(ROOT) and not ignore.exists():
            ignore.write_text("*\n")

    def run(self, trials: Sequence[Trial]) -> list[Result]:
        """The results of these trials, in their order. Timeouts are tried again when the series is begun anew."""
        missing: list[tuple[Trial, Path]] = []
        for trial in trials:
            if trial.name in self.results or any(trial.name == known.name for known, _ in missing):
                continue
            file = self.folder / trial.name / "result.json"
            if file.exists() and (result := Result.load(file)).status not in ("timeout", "killed"):
                self.results[trial.name] = result
                self.reused += 1
            else:
                missing.append((trial, self.folder / trial.name))
        self._planned([trial for trial, _ in missing])
        if missing:
            arriving = self._executor.run(self.program, missing)
            for trial, result in arriving:
                if trial.name not in self.results:  # sent twice by a machine that was thought lost
                    self.results[trial.name] = result
                    self._told(trial, result)
        return [self.results[trial.name] for trial in trials]
