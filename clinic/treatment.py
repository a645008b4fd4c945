"""`rectifier treat` as the clinic sees it: the command on a copy of one script, and the changed copy, measured anew.

What a treatment says is kept with the digest of the code that said it. The changed copy is measured by the probe, which
knows nothing of Rectifier: the recommendation is confirmed if every claim that the label makes of a cured twin holds.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.cases import HERE, Case
from clinic.verify import claims_unmet, measured

#: Seconds after which a treatment counts as hanging.
LIMIT = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What came of one script."""

    case: Case
    code: str  #: digest of the Rectifier that treated it
    answer: dict[str, Any] | None  #: the JSON of `rectifier treat`; None if it wrote none
    failure: str | None  #: why there is none
    before: dict[str, Any]  #: measured of the script as it is
    after: dict[str, Any] | None  #: measured of the changed copy; None where nothing was changed
    unmet: tuple[str, ...]  #: claims that the changed copy does not bear out

    @property
    def found(self) -> bool:
        """Something ill was found in the untreated runs."""
        return self.answer is not None and bool(self.answer["untreated"]["findings"])

    @property
    def cure(self) -> dict[str, Any] | None:
        """What is recommended."""
        found: dict[str, Any] | None = self.answer["recommended"] if self.answer is not None else None
        return found

    @property
    def arm(self) -> dict[str, Any] | None:
        """The trials of what is recommended, beside the untreated ones."""
        if self.answer is None or self.cure is None:
            return None
        arms: list[dict[str, Any]] = self.answer["arms"]
        return next(arm for arm in arms if arm["remedy"] == self.cure["remedy"] and arm["cured"])

    @property
    def confirmed(self) -> bool | None:
        """Whether the measurement of the changed copy bears the cure out; None where nothing was changed."""
        return None if self.after is None else not self.unmet

    @property
    def scores(self) -> tuple[float, float] | None:
        """The script's score as it is and as changed."""
        ends = [run.get("end", {}).get("score") for run in (self.before, self.after or {})]
        return (float(ends[0]), float(ends[1])) if None not in ends else None


@cache
def code() -> str:
    """Digest of Rectifier's Python."""
    sources = sorted((HERE.parent / "src" / "rectifier").rglob("*.py"))
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()[:10]


def treat(case: Case, truth: dict[str, Any], kept: Path) -> Treated:
    """Run the command in a folder of its own below `kept`, and measure what it made of the script."""
    folder = kept / f"{case.name}-{code()}"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / case.script.name
    shutil.copy2(case.script, script)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    rectifier = str(Path(sys.executable).with_name("rectifier"))
    command = [rectifier, "treat", "--jobs", "1", "--write", "--json", "answer.json"]
    (folder / "answer.json").unlink(missing_ok=True)
    failure, answer = None, None
    try:
        done = subprocess.run(
            [*command, script.name],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False,
        )  # fmt: skip
        (folder / "said.txt").write_text(done.stdout + done.stderr)
        if (folder / "answer.json").exists():
            answer = json.loads((folder / "answer.json").read_text())
        else:
            failure = (done.stderr.strip().splitlines() or ["no answer"])[-1]
    except subprocess.TimeoutExpired:
        failure = f"no end in {LIMIT} s"
    changed = script.read_text()
    after = measured(case, changed) if changed != case.source() else None
    values = {"key": _key(case), "code": code(), "answer": answer, "failure": failure, "after": after}
    (kept / f"{case.name}.json").write_text(json.dumps(values))
    return _treated(case, truth, values)


def read(case: Case, truth: dict[str, Any], kept: Path, *, any_code: bool = False) -> Treated | None:
    """What came of it when it was treated last; None if that was another script, or by other code."""
    file = kept / f"{case.name}.json"
    values = json.loads(file.read_text()) if file.exists() else None
    if values is None or values["key"] != _key(case) or (values["code"] != code() and not any_code):
        return None
    return _treated(case, truth, values)


def _key(case: Case) -> str:
    return hashlib.sha256(case.script.read_bytes()).hexdigest()[:10]


def _treated(case: Case, truth: dict[str, Any], values: dict[str, Any]) -> Treated:
    before, after = truth["as it is"], values["after"]
    return Treated(
        case=case,
        code=values["code"],
        answer=values["answer"],
        failure=values["failure"],
        before=before,
        after=after,
        unmet=tuple(claims_unmet(case, before, after)) if after is not None else (),
    )
