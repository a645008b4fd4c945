"""Every kind of training script, plain and watched: are weights, losses, output and exit code the same?

    python -m benchmarks.neutrality [--markdown docs/neutrality.md]

The scripts are those of tests/watcher/scripts; each prints its losses and a hash of every tensor that it leaves behind.
`make neutrality` writes docs/neutrality.md.
"""

import argparse
import ast
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.watcher import kinds

HEAD = """# Watching changes nothing

Each script of `tests/watcher/scripts` is run once plain (forked from a process that has imported torch), once under
`rectifier run --budget 1`, which looks at every step, and once under `--budget 0`, which looks at as few as it can and
has the other steps noted in native code. Compared are hashes of all weights, buffers and losses that the script leaves
behind and of the state of its random numbers, everything it prints, what it writes to standard error (the report, which
follows it, apart), and its exit code. Written by `make neutrality`.
"""


def lines(script: Path) -> Iterator[tuple[str, bool]]:
    """The script's lines of the table, and whether all is the same."""
    about = re.sub(r"\s+", " ", ast.get_docstring(ast.parse(script.read_text())) or "").rstrip(".")
    with tempfile.TemporaryDirectory() as folder:
        plain = kinds.plain(script, Path(folder))
        for budget in (1, 0):
            watched = kinds.watched(script, Path(folder) / str(budget), budget)
            run = json.loads((watched.folder / "report.json").read_text())["run"]
            hashes = [[text for text in end.stdout.splitlines() if text.startswith("bits")] for end in (plain, watched)]
            checks = {
                "bits": hashes[0] == hashes[1] and len(hashes[0]) > 1,
                "stdout": plain.stdout == watched.stdout,
                "stderr": plain.own_stderr == watched.own_stderr,
                "exit code": plain.code == watched.code,
            }
            cells = ["same" if same else "**different**" for same in checks.values()]
            counts = f"{run['steps']} | {run['looked_at']} | {len(hashes[0])}"
            yield f"| {script.stem} | {about} | {counts} | {' | '.join(cells)} |", all(checks.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", type=Path)
    arguments = parser.parse_args()
    found, same = [], 0
    for text, alike in (line for script in kinds.SCRIPTS for line in lines(script)):
        print(text, flush=True)
        found.append(text)
        same += alike
    if arguments.markdown:
        head = f"{HEAD}\n{same} of {len(found)} runs are the same in everything.\n\n"
        columns = ["script", "what it is", "steps", "looked at", "hashes", "weights and losses", "stdout", "stderr"]
        table = f"| {' | '.join([*columns, 'exit code'])} |\n|{'---|' * (len(columns) + 1)}\n"
        arguments.markdown.write_text(head + table + "\n".join(found) + "\n")
    sys.exit(same != len(found))


if __name__ == "__main__":
    main()
