"""What a Python process finds in its environment if it is to be watched: `inject/` on its path, and the settings."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = "RECTIFIER_RUN"
_INJECT = Path(__file__).parent / "inject"


def watched(settings: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, str]:
    """A process's own environment with what makes it watched; `inject/sitecustomize.py` takes it out again."""
    python_path = own.get("PYTHONPATH")
    return {
        **own,
        "PYTHONPATH": os.pathsep.join([str(_INJECT), *([python_path] if python_path else [])]),
        VARIABLE: json.dumps({**settings, "pythonpath": python_path}),
    }
