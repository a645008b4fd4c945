"""One setting run inside `rectifier.watch()`, measured afterwards, and kept: what was measured is not measured again.

The record of the watched run is kept too, so that changed rules are tried on the same runs.
"""

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import rectifier
from clinic.sweep.measure import measure
from clinic.sweep.setting import Drawn
from clinic.sweep.train import train
from clinic.sweep.twins import beside
from rectifier.diagnose.diagnosis import diagnose
from rectifier.record.reader import Record
from rectifier.report.model import Report

KEPT = Path("build/clinic-sweep")


def examined(drawn: Drawn, kept: Path = KEPT) -> dict[str, Any]:
    """What was measured of a run and beside it. Its record lies in the folder that `record` names."""
    s = drawn.setting
    file, folder = kept / f"{s.key()}.json", kept / "records" / s.key()
    if not file.exists():
        shutil.rmtree(folder, ignore_errors=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch, on runs that are ill
            with rectifier.watch(folder=folder) as watched:
                trace = train(s)
            measured = measure(s, trace)
        assert watched.folder is not None
        found: dict[str, Any] = {
            "setting": s.to_dict(),
            "run": measured,
            "score": trace.task.trivial if not measured["end"]["finite"] else measured["course"][-1][1],
            "task": {"trivial": trace.task.trivial, "enough": trace.task.enough},
            "record": str(watched.folder.relative_to(kept)),
        }
        file.write_text(json.dumps(found))
    result: dict[str, Any] = json.loads(file.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        task, score = result["task"], float(result["score"])
        return result | {"beside": beside(s, result["run"], score, task["trivial"], task["enough"], kept / "beside")}


def known(drawn: Drawn, kept: Path = KEPT) -> bool:
    """Whether it has been run."""
    return (kept / f"{drawn.setting.key()}.json").exists()


def said(result: dict[str, Any], kept: Path = KEPT) -> Report:
    """What the rules, as they are now, say of its record."""
    return Report.of(diagnose(Record(kept / result["record"])))
