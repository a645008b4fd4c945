"""The sweep: every generated run that has not been run yet, then what the rules say of all of them.

    python -m clinic.sweep [--half A|B] [--show] [--kept] [--markdown FILE]

Runs, records and truths are kept in build/clinic-sweep, so that it goes on where it was stopped, and changed rules are
tried on the same records. --kept judges what is there and runs nothing. --show lists the misjudged runs; look at half A
to mend rules, and leave B to the table.
"""

import argparse
import random
import time
from pathlib import Path

import torch

from clinic.sweep.design import design, halves
from clinic.sweep.examine import KEPT, examined, known, said
from clinic.sweep.judged import Judged, judge, line, misjudged
from clinic.sweep.table import table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices="AB", help="only this half")
    parser.add_argument("--show", action="store_true", help="list the misjudged runs")
    parser.add_argument("--kept", action="store_true", help="run nothing, judge what there is")
    parser.add_argument("--markdown", type=Path, help="where to write the table")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    KEPT.mkdir(parents=True, exist_ok=True)
    a, b = halves()
    wanted = {"A": a, "B": b, None: a | b}[arguments.half]
    chosen = [d for d in design() if d.number in wanted]
    random.Random(0).shuffle(chosen)  # stopped early, it has some of everything
    judged: list[Judged] = []
    began = time.perf_counter()
    for count, drawn in enumerate(chosen, 1):
        if arguments.kept and not known(drawn):
            continue
        new = not known(drawn)
        result = examined(drawn)
        judged.append(judge(drawn, result, said(result)))
        if new:
            print(f"{count} of {len(chosen)}, {time.perf_counter() - began:.0f} s: {line(judged[-1])}", flush=True)
    judged.sort(key=lambda j: j.drawn.number)
    if arguments.show:
        print("\n".join(map(line, misjudged(judged))))
    shown = table([j for j in judged if j.drawn.number in a], [j for j in judged if j.drawn.number in b])
    if arguments.markdown:
        arguments.markdown.write_text(shown)
    print(shown)


if __name__ == "__main__":
    main()
