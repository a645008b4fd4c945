"""Rows to SQLite and back."""

import dataclasses
import functools
import operator
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from rectifier.record.rows import SCHEMA, TABLES, Row

_SQL_TYPES = {
    int: "INTEGER",
    int | None: "INTEGER",
    bool: "INTEGER",
    float: "REAL",
    float | None: "REAL",
    str: "TEXT",
    str | None: "TEXT",
    bytes: "BLOB",
}


def table(row: type[Row]) -> str:
    """The table's name: the class's, in lower case."""
    return row.__name__.lower()


def create(db: sqlite3.Connection) -> None:
    """Make every table that is not there yet."""
    db.execute("CREATE TABLE IF NOT EXISTS schema (version INTEGER)")
    db.execute("INSERT INTO schema VALUES (?)", (SCHEMA,))
    for row in TABLES:
        columns = ", ".join(f'"{f.name}" {_SQL_TYPES[f.type]}' for f in dataclasses.fields(row))  # type: ignore[index]
        db.execute(f'CREATE TABLE IF NOT EXISTS "{table(row)}" ({columns})')


_COLUMNS = {row: ", ".join(f'"{f.name}"' for f in dataclasses.fields(row)) for row in TABLES}
_VALUES = {row: operator.attrgetter(*(f.name for f in dataclasses.fields(row))) for row in TABLES}
#: Rows of one statement, where SQLite takes so many values at once.
_TOGETHER = 256


def insert(db: sqlite3.Connection, kind: type[Any], rows: Iterable[Any]) -> None:
    """Write rows after those that are there."""
    insert_values(db, kind, [(None, *_VALUES[kind](row)) for row in rows])


def insert_values(db: sqlite3.Connection, kind: type[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    """Write rows, given as their number (None: the next one) and their values.

    SQLite lets go of the interpreter, and has to wait for it again, once per statement: so many rows share one.
    """
    width, place = 1 + len(dataclasses.fields(kind)), 0
    most = min(_TOGETHER, db.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width)
    while place < len(rows):
        count = min(most, 1 << (len(rows) - place).bit_length() - 1)  # powers of two: few different statements
        # SQLite has no NaN (the one that is not equal to itself) and would silently store NULL, which means "not
        # measured" here.
        flat = [v if v == v else "nan" for row in rows[place : place + count] for v in row]
        db.execute(_statement(table(kind), _COLUMNS[kind], count), flat)
        place += count


@functools.cache
def _statement(name: str, columns: str, count: int) -> str:
    """Inserts so many rows into a table."""
    one = f"({', '.join('?' * (2 + columns.count(',')))})"
    return f'INSERT INTO "{name}" (rowid, {columns}) VALUES {", ".join([one] * count)}'


def select(db: sqlite3.Connection, kind: type[Any], which: str) -> list[Any]:
    """The rows of a kind; none if the record is older than its table."""
    names = [f.name for f in dataclasses.fields(kind)]
    floats = [i for i, f in enumerate(dataclasses.fields(kind)) if f.type in (float, float | None)]
    truths = [i for i, f in enumerate(dataclasses.fields(kind)) if f.type is bool]
    try:
        found = db.execute(f'SELECT {_COLUMNS[kind]} FROM "{table(kind)}" {which}').fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    rows = []
    for values in map(list, found):
        for i in floats:
            if values[i] is not None:
                values[i] = float(values[i])
        for i in truths:
            values[i] = bool(values[i])  # SQLite knows numbers only
        rows.append(kind(**dict(zip(names, values, strict=True))))
    return rows
