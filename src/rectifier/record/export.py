"""A record as Parquet files, one for each table, for pandas, Polars, DuckDB and whoever else reads them."""

import dataclasses
from pathlib import Path
from typing import Any

from rectifier.record.describe import columns
from rectifier.record.reader import Record
from rectifier.record.rows import SCHEMA, TABLES, Row


class NoParquetError(ImportError):
    """PyArrow, which writes Parquet, is not installed; the message says how to install it."""


def export(record: Record, folder: Path) -> list[Path]:
    """Write every table that has rows into the folder, which is made if need be; the files written.

    Columns are those of `docs/record.md` and carry their meaning as metadata. `activity.active` is a list of counts.

    Raises:
        NoParquetError: PyArrow is not installed.
        FileExistsError: a file of a table's name is there already.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise NoParquetError(
            'Parquet is written by PyArrow, which is not installed. Install it with: pip install "rectifier[export]"'
        ) from error
    written = []
    for table in TABLES:
        rows = record.rows(table)
        if not rows:
            continue
        file = folder / f"{table.__name__.lower()}.parquet"
        if file.exists():
            raise FileExistsError(f"{file} is there already: give another folder, or remove it")
        folder.mkdir(parents=True, exist_ok=True)
        schema = _schema(pyarrow, table)
        values = {field.name: [_value(getattr(row, field.name)) for row in rows] for field in dataclasses.fields(table)}
        parquet.write_table(pyarrow.table(values, schema=schema), file)
        written.append(file)
    return written


def _schema(pyarrow: Any, table: type[Row]) -> Any:
    types = {
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "str": pyarrow.string(),
        "bool": pyarrow.bool_(),
        "bytes": pyarrow.list_(pyarrow.uint32()),
    }
    fields = [
        pyarrow.field(
            column.name,
            types[column.type.removesuffix(" | None")],
            nullable=column.type.endswith("None"),
            metadata={"meaning": column.meaning},
        )
        for column in columns(table)
    ]
    about = " ".join((table.__doc__ or "").split())
    return pyarrow.schema(fields, metadata={"about": about, "rectifier.schema": str(SCHEMA)})


def _value(value: Any) -> Any:
    return memoryview(value).cast("I").tolist() if isinstance(value, bytes) else value
