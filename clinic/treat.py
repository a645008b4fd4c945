"""`rectifier treat` on the scripts of the clinic, and the table of it.

    python -m clinic.treat [--only PATTERNS] [--jobs N] [--markdown FILE] [--again] [--kept]

What was treated by the same code is kept in build/clinic-treat and not treated again, unless --again says so; --kept
treats nothing and judges what is kept, whatever code it is of. The exit code is 0 when the table is written, whatever
it says.
"""

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sklearn.datasets  # noqa: F401  imported before the fork, so that no script waits for it
import torch

from clinic.cases import Case, cases
from clinic.treat_table import table
from clinic.treatment import Treated, read, treat
from clinic.verify import TRUTH

KEPT = Path("build/clinic-treat")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="shell patterns of names, parted by commas")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="where to write the table")
    parser.add_argument("--again", action="store_true", help="treat what was treated already")
    parser.add_argument("--kept", action="store_true", help="treat nothing, judge what is kept")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    truth = json.loads(TRUTH.read_text())

    def look(case: Case) -> Treated | None:
        known = None if arguments.again else read(case, truth[case.name], KEPT.resolve(), any_code=arguments.kept)
        return known if known or arguments.kept else treat(case, truth[case.name], KEPT.resolve())

    found: list[Treated] = []
    left_out: list[str] = []
    chosen = list(cases(arguments.only))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for case, treated in zip(chosen, pool.map(look, chosen), strict=True):
            if treated is None:
                left_out.append(case.name)
            else:
                found.append(treated)
                print(line(treated), flush=True)
    shown = table(found, left_out)
    if arguments.markdown:
        arguments.markdown.write_text(shown)
    print("\n" + shown)


def line(t: Treated) -> str:
    """One line for a person."""
    if t.answer is None:
        return f"{t.case.name:34} FAILED {t.failure}"
    cost = t.answer["cost"]
    scores = f"{t.scores[0]:.3g} -> {t.scores[1]:.3g}" if t.scores else ""
    mark = {True: "confirmed", False: "NOT CONFIRMED", None: ""}[t.confirmed]
    return (
        f"{t.case.name:34} {t.case.illness or 'healthy':22} {t.answer['outcome']:16} "
        f"{(t.cure or {}).get('remedy', ''):32} {scores:18} {mark:14} {cost['untreated_runs']:5.1f} runs "
        f"{cost['seconds']:5.0f} s  {'; '.join(t.unmet)}"
    )


if __name__ == "__main__":
    main()
