"""What the tables and columns of a record mean, read from `rows.py`: the classes' docstrings and the comments there."""

import dataclasses
import inspect
import re
from dataclasses import dataclass

from rectifier.record.kept import LAST, LIMIT
from rectifier.record.rows import SCHEMA, TABLES, Row


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    """As Python writes it: `int`, `float | None`, ..."""
    meaning: str
    """Empty where the name says all."""


def columns(table: type[Row]) -> list[Column]:
    """The columns of a table, in order.

    >>> from rectifier.record.rows import Step
    >>> columns(Step)[0]
    Column(name='step', type='int', meaning="number of this optimizer's step, from 0")
    """
    lines = inspect.getsource(table).splitlines()
    found = (re.match(r"\s+(\w+): ([\w| ]+?)(?: = \w+)?(?:\s+#: (.*))?$", line) for line in lines)
    meanings = {match[1]: (match[2], match[3] or "") for match in found if match}
    return [Column(field.name, *meanings[field.name]) for field in dataclasses.fields(table)]


def page() -> str:
    """docs/record.md."""
    lines = [
        "# The record of a run",
        "",
        "`rectifier run` and `rectifier.watch()` leave a folder `.rectifier/runs/NAME` behind: `run.json`, which says",
        "what ran, and for each process that trained a SQLite database `rank-N.db` with the tables below. It is in WAL",
        "mode: it can be read while the run goes on, and what was committed (every quarter of a second) survives",
        f"`kill -9`. Its table `schema` holds the version of this description, {SCHEMA}; a reader refuses a newer one.",
        "A column of type `... | None` is NULL where nothing was measured; NaN, which SQLite cannot store, is the text",
        "`nan`.",
        "",
        "`rectifier runs` lists the runs, `rectifier clean` removes old ones. After each `rectifier run` the oldest",
        f"are removed where all take more than {LIMIT / 1e9:g} GB together (`--record-limit 5GB`, or the variable",
        "`RECTIFIER_RECORD_LIMIT`; `none` is no limit), and a line says so. Never removed are a run under way, the",
        f"last {LAST}, and a folder with a file in it that Rectifier has not written. What `rectifier treat` resumes",
        "from, `.rectifier/treat`, is not touched.",
        "",
        "`rectifier export` writes each table as a Parquet file. Written by `python -m rectifier.record.describe`.",
    ]
    for table in TABLES:
        lines += ["", f"## {table.__name__.lower()}", "", " ".join((table.__doc__ or "").split()), ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [f"| {c.name} | {c.type.replace('|', chr(92) + '|')} | {c.meaning} |" for c in columns(table)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
