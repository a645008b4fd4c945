"""Notebooks: what a cell is called, and the notebook itself. IPython is asked where it runs, and never imported."""

import os
import sys
from pathlib import Path
from typing import Any

#: Where the program that runs a notebook says which one it is: a variable of the environment (Jupyter), or one
#: among the notebook's own (Visual Studio Code).
_SESSION, _OPENED = "JPY_SESSION_NAME", "__vsc_ipynb_file__"


def cell(filename: str) -> str | None:
    """`cell 2`, by the number that stands beside it, if this is the file IPython made up for a cell; else None."""
    label = getattr(getattr(_shell(), "compile", None), "format_code_name", None)
    found = label(filename) if label is not None else None  # ("Cell", "In[2]")
    return None if found is None else f"cell {found[1].strip('In[]')}"


def script() -> str:
    """What this process runs, as a report calls it: the script; the name of the notebook, if somebody says it, else
    `notebook`; `ipython` in a terminal."""
    shell = _shell()
    if shell is None or hasattr(sys.modules["__main__"], "__file__"):  # a file that a cell runs is a script
        return sys.argv[0] or "python"
    if not hasattr(shell, "kernel"):
        return "ipython"
    told = (os.environ.get(_SESSION, ""), str(shell.user_ns.get(_OPENED, "")))
    return next((Path(name).name for name in told if name.endswith(".ipynb")), "notebook")


def _shell() -> Any:
    """The IPython that runs this process; None if there is none."""
    ipython = sys.modules.get("IPython")
    current = getattr(ipython, "get_ipython", None)
    return None if current is None else current()
