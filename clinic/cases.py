"""The scripts of the clinic and what their labels say."""

import fnmatch
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: The illnesses a script can be labelled with: the contract of slugs, whether a rule for them exists or not.
ILLNESSES = (
    "dying-relu", "born-dead-relu", "vanishing-gradient", "exploding-gradient", "learning-rate-too-high",
    "learning-rate-too-low", "non-finite", "poor-initialization", "saturated-activation", "loss-plateau",
    "overfitting", "no-gradient", "sparse-activations",
)  # fmt: skip
#: What says something good about a run, and is never an illness of it.
GOOD_NEWS = "sparse-activations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """How the truth is measured: Python expressions over the script's own names, and the numbers they are held to."""

    model: str  #: a module, or a dict or list of modules and tensors
    forward: str | None  #: runs the model on the whole training set
    loss: str | None  #: training loss on the whole training set
    score: str  #: how well the run did; higher is better
    trivial: float  #: score of what has learned nothing
    learned: float  #: score from which on it has learned
    held_out: str | None  #: loss on data that is not trained on


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One script with its label."""

    name: str
    script: Path
    why: str  #: what is wrong with it, or what about it looks ill and is not
    illness: str | None  #: None: healthy
    first: frozenset[str]  #: what may stand in first place: the illness and its causes
    also: frozenset[str]  #: what else may rightly be found
    layers: frozenset[str]  #: where the illness is; empty where it has no place
    still: frozenset[str]  #: what does not move, as the measurement names it; the layers if they have a name
    good: frozenset[str]  #: good news that should be told
    cure: tuple[tuple[str, str], ...]  #: text and its replacement; each text stands in the script once
    remedy: tuple[
        str, ...
    ]  #: what `rectifier treat` calls the cure's changes, one by one; empty: it has no such remedy
    truth: Truth

    def source(self, *, cured: bool = False) -> str:
        """The script's text, or that of its cured twin.

        Raises ValueError if a text to be replaced does not stand in the script exactly once.
        """
        text = self.script.read_text()
        for old, new in self.cure if cured else ():
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: the cure replaces {old!r}, which stands there {text.count(old)} times")
            text = text.replace(old, new)
        return text


def load(script: Path) -> Case:
    """One script with the label beside it. Raises KeyError if the label lacks something."""
    label: dict[str, Any] = tomllib.loads(script.with_suffix(".toml").read_text())
    truth = label["truth"]
    illness = label.get("illness")
    return Case(
        name=script.stem,
        script=script,
        why=label["why"],
        illness=illness,
        first=frozenset([illness, *label.get("first", [])]) if illness else frozenset(),
        also=frozenset(label.get("also", [])),
        layers=frozenset(label.get("layers", [])),
        still=frozenset(label.get("still", label.get("layers", []))),
        good=frozenset(label.get("good", [])),
        cure=tuple((change["old"], change["new"]) for change in label.get("cure", [])),
        remedy=tuple(label.get("remedy", [])),
        truth=Truth(
            model=truth["model"],
            forward=truth.get("forward"),
            loss=truth.get("loss"),
            score=truth["score"],
            trivial=float(truth["trivial"]),
            learned=float(truth["learned"]),
            held_out=truth.get("held_out"),
        ),
    )


def cases(patterns: str = "*") -> Iterator[Case]:
    """All of them, sick ones first, whose name matches one of the shell patterns (parted by commas)."""
    for folder in ("sick", "healthy"):
        for script in sorted((HERE / folder).glob("*.py")):
            if any(fnmatch.fnmatch(script.stem, pattern) for pattern in patterns.split(",")):
                yield load(script)
