"""What acts in the script's own process during a trial. `autostart` calls `begin` and `attach`; see there.

seeds.py       the same script with other random numbers
script.py      what a remedy can hold on to: steps, models, their inputs
outcome.py     what the record does not hold: bytes kept for backward, what the remedies did
"""

from collections.abc import Callable
from typing import Any

from rectifier.treat.inside import seeds


def begin(settings: dict[str, Any]) -> None:
    """Before the script starts."""
    seeds.begin(settings["trial"]["seed"])


def attach(settings: dict[str, Any]) -> Callable[[], None]:
    """torch has been imported, and is not watched yet."""
    from pathlib import Path

    from rectifier.treat import remedies
    from rectifier.treat.inside.outcome import Outcome
    from rectifier.treat.inside.script import Script

    trial = settings["trial"]
    seeds.attach(trial["seed"])
    script = Script(seed=trial["seed"], steps=trial["steps"], horizon=trial["horizon"])
    outcome = Outcome(Path(settings["folder"]) / "inside.json", script, saved=trial["saved"])
    for use in trial["treatment"]["uses"]:
        remedies.get(use["remedy"]).attach(script, use["parameters"])
    outcome.attach()
    script.attach()
    return script.attach_after_watcher
