"""All that a run depends on, as one value."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One run. The defaults are plain good ones."""

    task: str = "digits"
    kind: str = "mlp"
    activation: str = "relu"
    depth: int = 2
    width: int = 64
    init: str = (
        "default"  #: torch's own; `he`, `glorot`; `same`: all weights of a matrix alike; `zero-branch`: residual
    )
    gain: float = 1.0  #: hidden weights are multiplied by it
    head: float = 1.0  #: the last layer's weights are multiplied by it
    bias: float = 0.0  #: added to hidden biases
    optimizer: str = "Adam"
    rate: float = 1e-3
    schedule: str = "constant"
    decay: float = 0.0  #: weight decay
    clip: float = 0.0  #: gradient norm at most; 0: not clipped
    batch: int = 32
    accumulate: int = 1  #: backward calls per step
    steps: int = 500
    loss: str = "usual"
    size: int | None = None  #: samples in the training set
    noise: float = 0.0  #: share of the labels drawn at random
    scale: float = 1.0  #: inputs are multiplied by it
    apart: float = 0.0  #: share of each batch whose targets belong to other samples
    outlier: float = 1.0  #: the inputs of one batch, at a fifth of the run, are multiplied by it
    missing: int = 0  #: samples with a feature that is NaN
    forgotten: str = "none"  #: layers in no optimizer; `detach`: behind one; `frozen-`: in one, and frozen
    frozen: int = 0  #: first layers that are frozen on purpose
    evaluates: int = 0  #: steps between evaluations on held-out data; 0: the script has none
    seed: int = 0

    def key(self) -> str:
        """A name for what was measured of it, which changes with any of its fields."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        """What differs from the defaults, after the network and the optimizer."""
        said = {"task", "kind", "activation", "depth", "width", "optimizer", "rate", "seed"}
        changed = [
            f"{f.name}={getattr(self, f.name):g}" if isinstance(getattr(self, f.name), float) else
            f"{f.name}={getattr(self, f.name)}"
            for f in dataclasses.fields(self)
            if f.name not in said and getattr(self, f.name) != f.default
        ]  # fmt: skip
        net = f"{self.task} {self.kind} {self.depth}x{self.width} {self.activation}"
        return ", ".join([net, f"{self.optimizer} {self.rate:.3g}", *changed])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A setting of the design, and why it was drawn."""

    number: int
    setting: Setting
    provoked: str | None  #: illness; None: a plain run
    severity: int  #: 1 to 4; 0: a plain run
