"""Seeds the random numbers of a script that does not seed its own, at the moment when it imports what makes them.

Without it most public scripts give other numbers at every run, and nothing could be compared bit for bit.
"""

import importlib.util
import random
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_SEEDS = {"numpy": lambda numpy: numpy.random.seed(0), "torch": lambda torch: torch.manual_seed(0)}


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if fullname not in _SEEDS or fullname in _found:
            return None
        _found.add(fullname)  # asked again below
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _ThenSeed(spec.loader, fullname)
        return spec


class _ThenSeed(Loader):
    def __init__(self, loader: Loader, name: str) -> None:
        self._loader, self._name = loader, name

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _SEEDS[self._name](module)


_found: set[str] = set()
random.seed(0)
sys.meta_path.insert(0, _Finder())
