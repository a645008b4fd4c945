"""Measures the truth of every label: runs each script and its cured twin, and writes clinic/truth.json.

    python -m clinic.verify [--only PATTERNS] [--jobs N]

Exit code 1 if a label claims what was not measured.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import multiprocessing.pool
import sys
import time
from typing import Any

import sklearn.datasets  # noqa: F401  imported before the fork, so that no script waits for it
import torch

from clinic.cases import HERE, Case, cases
from clinic.claims import unmet
from clinic.probe import run

TRUTH = HERE / "truth.json"
#: Seconds after which a script counts as hanging.
LIMIT = 300


def _child(pipe: Any, source: str, case: Case) -> None:
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()):
        result = run(source, case.script, case.truth)
    pipe.send(result)


def measured(case: Case, source: str) -> dict[str, Any]:
    """What the probe measures of a script's text, run in a process of its own."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=_child, args=(theirs, source, case))
    process.start()
    theirs.close()
    try:
        result: dict[str, Any] = ours.recv() if ours.poll(LIMIT) else {"error": f"no end in {LIMIT} s"}
    except EOFError:
        result = {"error": "the process died"}
    process.kill()
    process.join()
    return result


def claims_unmet(case: Case, sick: dict[str, Any], cured: dict[str, Any] | None) -> list[str]:
    """What the label claims and these two runs do not bear out."""
    try:
        return unmet(case, sick, cured)
    except (KeyError, IndexError, TypeError) as error:
        return [f"cannot be judged: {error!r}; {sick.get('error')}; {(cured or {}).get('error')}"]


def measure(case: Case) -> dict[str, Any]:
    """Both runs of one script, and the claims that they do not bear out."""
    sick = measured(case, case.source())
    cured = measured(case, case.source(cured=True)) if case.cure else None
    return {"unmet": claims_unmet(case, sick, cured), "as it is": sick} | ({"cured": cured} if cured else {})


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="*", help="shell patterns of names, parted by commas")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results: dict[str, Any] = {}
    chosen = list(cases(arguments.only))
    bad = 0
    began = time.perf_counter()
    with multiprocessing.pool.ThreadPool(arguments.jobs) as pool:
        for case, result in zip(chosen, pool.imap(measure, chosen), strict=True):
            results[case.name] = result
            bad += bool(result["unmet"])
            print(line(case, result), flush=True)
    known = {case.name for case in cases()}
    truth = (json.loads(TRUTH.read_text()) if TRUTH.exists() else {}) | results
    lines = [f"{json.dumps(name)}: {json.dumps(truth[name])}" for name in sorted(truth) if name in known]
    TRUTH.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(chosen)} scripts, {bad} with a label that is not borne out, {time.perf_counter() - began:.0f} s")
    sys.exit(bad > 0)


def line(case: Case, result: dict[str, Any]) -> str:
    """One line for a person."""
    runs = [result[key] for key in ("as it is", "cured") if key in result]
    scores = " -> ".join(str(r.get("end", {}).get("score")) for r in runs)
    seconds = " + ".join(str(r.get("seconds")) for r in runs)
    mark = "no " if result["unmet"] else "yes"
    return f"{mark} {case.name:40} {case.illness or 'healthy':24} {scores:22} {seconds} s  {'; '.join(result['unmet'])}"


if __name__ == "__main__":
    main()
