"""Axes that are split in two: what must hold of them, for arrays and tensors alike."""

from collections.abc import Sequence


def need_axis(name: str, shape: Sequence[int]) -> None:
    """An error if there is no axis for the member of this name to work along."""
    if len(shape) == 0:
        raise ValueError(f"{name} works along an axis, so x must have at least one, but was given a single number.")


def half(name: str, shape: Sequence[int], axis: int) -> int:
    """Half the length along the axis, for a member that splits x there.

    >>> half("glu", (3, 4), -1)
    2
    >>> half("glu", (3, 4), 0)
    Traceback (most recent call last):
    ValueError: glu splits x in two along axis 0, so its length there must be even, but it is 3 (the shape is (3, 4)).
    """
    if shape[axis] % 2:
        raise ValueError(
            f"{name} splits x in two along axis {axis}, so its length there must be even, but it is {shape[axis]} "
            f"(the shape is {tuple(shape)})."
        )
    return shape[axis] // 2
