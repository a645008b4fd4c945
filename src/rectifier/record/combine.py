"""Several rows about the same thing as one: counts add up, measurements are averaged, the first has the word on the
rest."""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

_MOST = 2**32 - 1


def combine(rows: Sequence[Any], keys: Collection[str]) -> Any:
    """One row for several; `keys` are the columns that say what they are about.

    >>> from rectifier.record.rows import Activity
    >>> rows = [Activity(step=s, site=0, seen=32, active=bytes([s, 0, 0, 0]), non_zero=s, outputs=99) for s in (4, 3)]
    >>> combined = combine(rows, ("step", "site"))
    >>> combined.step, combined.seen, list(combined.active), combined.non_zero
    (4, 64, [7, 0, 0, 0], 7)
    """
    if len(rows) == 1:
        return rows[0]
    changed: dict[str, object] = {}
    for field in dataclasses.fields(rows[0]):
        values = [value for row in rows if (value := getattr(row, field.name)) is not None]
        if field.name in keys or not values:
            continue
        if isinstance(values[0], bytes):
            import numpy as np  # not before it is needed: `rectifier run` starts the script first

            counts = [np.frombuffer(value, "<u4") for value in values]
            if len({len(c) for c in counts}) == 1:
                changed[field.name] = np.sum(counts, axis=0, dtype="<u8").clip(max=_MOST).astype("<u4").tobytes()
        elif isinstance(values[0], float):
            changed[field.name] = sum(values) / len(values)
        elif isinstance(values[0], int) and not isinstance(values[0], bool):
            changed[field.name] = sum(values)
    return dataclasses.replace(rows[0], **changed)
