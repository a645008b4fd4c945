"""No operations: libraries that import some in passing find names, and whoever calls one an error."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)

    def absent(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"torchvision's {name} has no stand-in: install torchvision to run this script")

    return absent
