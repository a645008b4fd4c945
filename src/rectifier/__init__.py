"""Rectifier: the complete ReLU toolkit. Compute rectifiers, watch training runs, diagnose and cure them.

`rectifier.relu` and every other member of the catalogue are found here by name, and so is `rectifier.watch`.
Nothing is imported before it is asked for, so that watching a script does not change what that script loads:
neither NumPy nor torch is imported by `import rectifier`.
"""

import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.functions import Function
    from rectifier.watching import watch as watch

    def __getattr__(name: str) -> Function: ...

else:

    def __getattr__(name: str) -> Any:
        """Import the catalogue's function, `watch`, or submodule of this name when it is first used."""
        if name.startswith("_"):
            raise AttributeError(f"module 'rectifier' has no attribute {name!r}")
        if importlib.util.find_spec(f"rectifier.{name}"):
            return importlib.import_module(f"rectifier.{name}")
        if name == "watch":
            from rectifier.watching import watch as found
        else:
            from rectifier.functions import public as public_function

            found = public_function(name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        from rectifier.catalogue import names

        return sorted([*globals(), *names(), "watch"])


__version__ = "0.1.0"
