"""Rectifier on every script of the clinic, and the table of it.

    python -m clinic [--only PATTERNS] [--jobs N] [--markdown FILE] [--kept]

Reports are kept in build/clinic; --kept judges those of the last run again, without running a script. The exit code
is 0 when the table is written, whatever it says.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from clinic.cases import cases
from clinic.doctor import examine, read
from clinic.score import Score, score
from clinic.table import table
from clinic.verify import TRUTH

REPORTS = Path("build/clinic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="shell patterns of names, parted by commas")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="where to write the table")
    parser.add_argument("--kept", action="store_true", help="judge the reports of the last run again")
    arguments = parser.parse_args()
    look = read if arguments.kept else examine
    truth = json.loads(TRUTH.read_text())
    chosen = list(cases(arguments.only))
    scores: list[Score] = []
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for case, said in zip(chosen, pool.map(lambda c: look(c, REPORTS.resolve()), chosen), strict=True):
            scores.append(score(case, said, truth.get(case.name, {})))
            print(line(scores[-1]), flush=True)
    shown = table(scores)
    if arguments.markdown:
        arguments.markdown.write_text(shown)
    print("\n" + shown)


def line(s: Score) -> str:
    """One line for a person."""
    if s.said.failure:
        mark = "FAILED " + s.said.failure
    elif s.case.illness is None:
        mark = "false alarm" if s.alarms else "fine"
    else:
        mark = " ".join(
            [
                "found" if s.found else "MISSED",
                "first" if s.first else "NOT FIRST",
                {True: "layers right", False: "LAYERS WRONG", None: ""}[s.layers],
            ]
        )
    findings = ", ".join(f.rule if f.grave else f"({f.rule})" for f in s.said.findings)
    return f"{s.case.name:40} {s.case.illness or 'healthy':24} {mark:32} {findings}"


if __name__ == "__main__":
    main()
