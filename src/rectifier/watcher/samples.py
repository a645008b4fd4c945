"""How many of the samples that were seen are different ones: a batch that comes again tells nothing new."""

from collections.abc import Sequence

from torch import Tensor

#: So many are remembered. With more of them, what was seen is many different ones.
MOST = 10_000


class Samples:
    """Counts the different samples among all that were seen."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def see(self, inputs: Sequence[Tensor]) -> int | None:
        """How many different ones there have been, with these, each row of which tells one from the others; None where
        that is not known: nothing of them was seen, or there are too many to remember."""
        if len(self._known) < MOST:
            self._known.update(row.tobytes() for rows in inputs for row in rows.contiguous().numpy())
        return len(self._known) if 0 < len(self._known) < MOST else None
