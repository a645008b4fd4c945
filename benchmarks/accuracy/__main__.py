"""How far results are from the truth. Without options: the full proof, and docs/accuracy.md from it (hours)."""

import argparse
import json
import os
import subprocess
import sys

from benchmarks.accuracy import table
from benchmarks.accuracy.full import prove
from benchmarks.accuracy.measure import WHATS, elementwise
from benchmarks.accuracy.quick import quick
from rectifier import _native


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("members", nargs="*", help="names; all elementwise members if none is given")
    parser.add_argument("--quick", action="store_true", help="seconds per member: a sample, and its worst cases")
    parser.add_argument("--parameters", type=float, nargs="*", help="with --quick: parameters, if not the defaults")
    parser.add_argument("--reduced", action="store_true", help="a sample, as for instruction sets but the best; JSON")
    parser.add_argument("--jobs", type=int, default=1, help="threads")
    given = parser.parse_args()
    members = given.members or elementwise()
    if given.quick:
        good = [quick(name, given.parameters, given.jobs) for name in members]
        return 0 if all(good) else 1
    results = [prove(name, what, given.jobs, given.reduced) for name in members for what in WHATS]
    if given.reduced:
        print(json.dumps(results))
        return 0
    others = [isa for isa in _native.supported_isas if isa != _native.isa]
    reduced = [result for isa in others for result in _reduced(isa, members, given.jobs)]
    print(file=sys.stderr)
    if given.members:
        print("\n".join(table.page(results, reduced)))
    else:
        table.write(results, reduced)
    missed = [line for result in [*results, *reduced] for line in table.misses(result)]
    print("\n".join(missed) or "nothing missed", file=sys.stderr)
    return 1 if missed else 0


def _reduced(isa: str, members: list[str], jobs: int) -> list[table.Result]:
    command = [sys.executable, "-m", "benchmarks.accuracy", *members, "--reduced", "--jobs", str(jobs)]
    run = subprocess.run(command, env=os.environ | {"RECTIFIER_ISA": isa}, stdout=subprocess.PIPE, check=True)
    found: list[table.Result] = json.loads(run.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
