"""Give dead units new weights during the training.

A unit of a linear or convolutional layer counts as dead when the gradient of its weights and bias was exactly zero at
`patience` steps in a row. Its incoming weights are drawn anew (He), its bias
is zero, its outgoing weights are set to zero, so that what the network computes stays the same, and what the optimizer
keeps of all these is cleared. After the dormant neurons of Sokar et al. 2023, but for exact death only.
"""

import itertools
import math
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rectifier.treat.inside.script import Script

PARAMETERS = {"patience": 20}
SAFETY = "safe"
NAMES: dict[str, tuple[dict[str, Any], ...]] = {}
ILLNESSES = {"dying-relu": ({"patience": 20},), "born-dead-relu": ({"patience": 20},)}


def summary(patience: int) -> str:
    return (
        f"Draw the weights of a unit anew once its gradient has been exactly zero for {patience} steps "
        "(incoming by He, outgoing zero, optimizer state cleared)."
    )


class _Layers:
    """The layers of the models in the order in which they were called, and which of their units are dead."""

    def __init__(self, script: "Script", patience: int) -> None:
        self._script, self._patience = script, patience
        self._order: list[weakref.ref[Any]] = []
        self._idle: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._draws = 0

    def learn(self, model: Any) -> None:
        from torch import nn

        kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
        self._order += [weakref.ref(m) for m in model.modules() if isinstance(m, kinds)]

    def before(self, optimizer: Any) -> None:
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        layers = [layer for reference in self._order if (layer := reference()) is not None]
        for layer in layers[:-1]:
            if id(layer.weight) not in held or layer.weight.grad is None:
                continue
            zero = layer.weight.grad.flatten(1).abs().sum(1) == 0
            if layer.bias is not None and layer.bias.grad is not None:
                zero &= layer.bias.grad == 0
            idle = self._idle.get(layer)
            self._idle[layer] = (zero + 0) if idle is None else (idle + 1) * zero

    def after(self, optimizer: Any) -> None:
        layers = [layer for reference in self._order if (layer := reference()) is not None]
        for layer, following in itertools.pairwise(layers):
            idle = self._idle.get(layer)
            if idle is None or following.weight.shape[1] % layer.weight.shape[0]:
                continue
            dead = (idle >= self._patience).nonzero().flatten()
            if len(dead):
                self._revive(optimizer, layer, following, dead)
                idle[dead] = 0

    def _revive(self, optimizer: Any, layer: Any, following: Any, dead: Any) -> None:
        self._draws += 1
        self._script.acted["revive"] += len(dead)
        with self._script.undisturbed(salt=self._draws):
            weight = layer.weight
            fan = weight[0].numel()
            drawn = weight.new_empty((len(dead), *weight.shape[1:])).normal_(0, math.sqrt(2 / fan))
            weight[dead] = drawn
            _clear(optimizer, weight, dead)
            if layer.bias is not None:
                layer.bias[dead] = 0
                _clear(optimizer, layer.bias, dead)
            # A linear layer behind a flattened convolution has a block of columns for every channel.
            block = following.weight.shape[1] // weight.shape[0]
            columns = (dead[:, None] * block + dead.new_tensor(range(block))).flatten()
            following.weight[:, columns] = 0
            _clear(optimizer, following.weight, (slice(None), columns))


def _clear(optimizer: Any, parameter: Any, where: Any) -> None:
    for value in optimizer.state.get(parameter, {}).values():
        if getattr(value, "shape", None) == parameter.shape:
            value[where] = 0


def attach(script: "Script", parameters: dict[str, Any]) -> None:
    layers = _Layers(script, parameters["patience"])
    script.on_model(layers.learn)
    script.before_step(layers.before)
    script.after_step(layers.after)
