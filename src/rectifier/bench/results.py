"""What came of a benchmark: the records behind every view, and the JSON.

All times are seconds per call. `to_json` writes these records field by field, and what follows from them beside:
`ns_per_element`, `gb_per_second`, `copy_share` and, for each peer, `ratio`.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rectifier.bench.case import Mode, What
from rectifier.bench.machine import Machine
from rectifier.bench.measure import Timing

#: Version of the JSON's shape.
SCHEMA = 1

#: Up to this ratio two medians are called equal: runs of the same code differ by as much.
NOISE = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One member, one size, one type, one way of storing the result, and everybody's time for it."""

    member: str
    """Which member."""
    what: What
    """What of it."""
    dtype: str
    """The type of the elements."""
    elements: int
    """The number of elements of x."""
    mode: Mode
    """Into an array that exists, or as a new one."""
    bytes: int
    """The bytes that have to be read and written."""
    ours: Timing
    """Rectifier."""
    copy: Timing
    """`numpy.copyto` that reads and writes as many bytes."""
    peers: dict[str, Timing]
    """Every peer that could, by name."""

    @property
    def ns_per_element(self) -> float:
        """Nanoseconds per element of x."""
        return self.ours.median * 1e9 / self.elements

    @property
    def gb_per_second(self) -> float:
        """10^9 bytes moved per second."""
        return self.bytes / self.ours.median / 1e9

    @property
    def copy_share(self) -> float:
        """The share of the copy's bandwidth that is reached."""
        return self.copy.median / self.ours.median

    def ratio(self, peer: str) -> float:
        """Rectifier's time, as a multiple of the peer's: below 1 Rectifier is faster."""
        return self.ours.median / self.peers[peer].median


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One member on an input that is not contiguous, beside one that is."""

    member: str
    """Which member."""
    dtype: str
    """The type of the elements."""
    elements: int
    """The number of elements of the result."""
    layout: str
    """How the input lies in memory."""
    ours: Timing
    """Rectifier on this input."""
    contiguous: Timing
    """Rectifier on as many elements that lie side by side."""

    @property
    def ratio(self) -> float:
        """The time per element, as a multiple of the contiguous one."""
        return self.ours.median / self.contiguous.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """One member on a handful of elements, where calling costs more than computing."""

    member: str
    """Which member."""
    dtype: str
    """The type of the elements."""
    elements: int
    """Their number."""
    ours: Timing
    """`rectifier.NAME(x)`."""
    ufunc: Timing | None
    """The ufunc beneath it, with its parameters; None if a member is more than a ufunc."""
    maximum: Timing
    """`numpy.maximum(x, 0)`."""

    @property
    def ratio(self) -> float:
        """The time, as a multiple of `numpy.maximum`'s."""
        return self.ours.median / self.maximum.median


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCompared:
    """What a peer could not be asked."""

    peer: str
    """Which peer."""
    member: str
    """Which member."""
    what: What
    """What of it."""
    dtype: str
    """The type of the elements."""
    because: str
    """Why not."""


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything, as it grows while the benchmark runs."""

    machine: Machine
    """What it ran on."""
    titles: dict[str, str]
    """The peers that took part, by name, with their titles."""
    rounds: int
    """The least number of timings."""
    seconds: float
    """The least time of each contestant in each cell."""
    took: float = 0.0
    """Seconds that the whole benchmark took."""
    cells: list[Cell] = field(default_factory=list)
    """The grid."""
    layouts: list[Layout] = field(default_factory=list)
    """Strided and broadcast inputs."""
    small: list[Small] = field(default_factory=list)
    """Small arrays."""
    not_compared: list[NotCompared] = field(default_factory=list)
    """What a peer could not be asked."""

    @property
    def slower(self) -> list[tuple[Cell, str]]:
        """Where a peer is faster beyond noise, the worst first."""
        found = [(cell, peer) for cell in self.cells for peer in cell.peers if cell.ratio(peer) > NOISE]
        return sorted(found, key=lambda pair: -pair[0].ratio(pair[1]))

    def to_json(self) -> dict[str, Any]:
        """As JSON's own types."""
        shape = {"schema": SCHEMA} | asdict(self)
        for cell, row in zip(self.cells, shape["cells"], strict=True):
            row |= {
                "ns_per_element": cell.ns_per_element,
                "gb_per_second": cell.gb_per_second,
                "copy_share": cell.copy_share,
            }
            for peer, timing in row["peers"].items():
                timing["ratio"] = cell.ratio(peer)
        for records, rows in ((self.layouts, shape["layouts"]), (self.small, shape["small"])):
            for record, row in zip(records, rows, strict=True):
                row["ratio"] = record.ratio  # type: ignore[attr-defined]
        return shape

    def save(self, file: Path) -> None:
        """Write the JSON."""
        file.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
