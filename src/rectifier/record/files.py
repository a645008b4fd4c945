"""Rows to SQLite and back."""

import dataclasses
import math
import operator
import sqlite3
from collections.abc import Iterable
from typing import Any

from rectifier.record.rows import SCHEMA, TABLES, Row

_SQL_TYPES = {
    int: "INTEGER",
    int | None: "INTEGER",
    bool: "INTEGER",
    float: "REAL",
    float | None: "REAL",
    str: "TEXT",
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
_INSERT = {
    row: f'INSERT INTO "{table(row)}" (rowid, {_COLUMNS[row]}) VALUES (?{", ?" * len(dataclasses.fields(row))})'
    for row in TABLES
}
_VALUES = {row: operator.attrgetter(*(f.name for f in dataclasses.fields(row))) for row in TABLES}


def _storable(value: object) -> object:
    # SQLite has no NaN and would silently store NULL, which means "not measured" here.
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def insert(db: sqlite3.Connection, kind: type[Any], numbered: Iterable[tuple[int | None, Any]]) -> None:
    """Write rows, each with its number or, for None, the next one."""
    values = _VALUES[kind]
    db.executemany(_INSERT[kind], ((number, *map(_storable, values(row))) for number, row in numbered))


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
