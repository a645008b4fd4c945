"""New weights for dead units, while the training goes on."""

import itertools
import math
import weakref
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Reviver:
    """Watches the gradients of models' layers, and draws dead units anew. `revive_` sets it up."""

    def __init__(self, patience: int = 20) -> None:
        self.revived = 0
        """How many units have been drawn anew so far."""
        self._patience = patience
        self._order: list[weakref.ref[Any]] = []  # layers in the order in which their models hold them
        self._idle: weakref.WeakKeyDictionary[nn.Module, Tensor] = weakref.WeakKeyDictionary()
        self._draws = 0

    def learn(self, model: nn.Module) -> None:
        """Watch the layers of this model, too."""
        self._order += [weakref.ref(m) for m in model.modules() if isinstance(m, _LAYERS)]

    def before(self, optimizer: Optimizer, *_: Any) -> None:
        """Before a step: count for how many steps each unit's gradient has been exactly zero."""
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for layer in self._layers()[:-1]:
            if id(layer.weight) not in held or layer.weight.grad is None:
                continue
            zero = layer.weight.grad.flatten(1).abs().sum(1) == 0
            if layer.bias is not None and layer.bias.grad is not None:
                zero &= layer.bias.grad == 0
            idle = self._idle.get(layer)
            self._idle[layer] = (zero + 0) if idle is None else (idle + 1) * zero

    def after(self, optimizer: Optimizer, *_: Any) -> None:
        """After a step: draw those anew that have been dead for long enough."""
        for layer, following in itertools.pairwise(self._layers()):
            idle = self._idle.get(layer)
            if idle is None or following.weight.shape[1] % layer.weight.shape[0]:
                continue
            dead = (idle >= self._patience).nonzero().flatten()
            if len(dead):
                self._revive(optimizer, layer, following, dead)
                idle[dead] = 0

    def _layers(self) -> list[Any]:
        return [layer for reference in self._order if (layer := reference()) is not None]

    @torch.no_grad()
    def _revive(self, optimizer: Optimizer, layer: Any, following: Any, dead: Tensor) -> None:
        self._draws += 1
        self.revived += len(dead)
        weight = layer.weight
        # Random numbers of its own, the same for the same seed: the script's are left as they are.
        generator = torch.Generator(weight.device).manual_seed(torch.initial_seed() % 2**40 * 7919 + self._draws)
        shape = (len(dead), *weight.shape[1:])
        std = math.sqrt(2 / weight[0].numel())
        weight[dead] = weight.new_empty(shape).normal_(0, std, generator=generator)
        _clear(optimizer, weight, dead)
        if layer.bias is not None:
            layer.bias[dead] = 0
            _clear(optimizer, layer.bias, dead)
        # A linear layer behind a flattened convolution has a block of columns for every channel.
        block = following.weight.shape[1] // weight.shape[0]
        columns = (dead[:, None] * block + dead.new_tensor(range(block))).flatten()
        following.weight[:, columns] = 0
        _clear(optimizer, following.weight, (slice(None), columns))


def _clear(optimizer: Optimizer, parameter: Tensor, where: Any) -> None:
    for value in optimizer.state.get(parameter, {}).values():
        if getattr(value, "shape", None) == parameter.shape:
            value[where] = 0


def revive_(model: nn.Module, optimizer: Optimizer, patience: int = 20) -> Reviver:
    """Draw a unit's weights anew once its gradient has been exactly zero for `patience` steps in a row.

    For linear and convolutional layers, each followed by the next in the order of `model.modules()`. The incoming
    weights are He's, the bias is zero, the outgoing weights are set to zero, so that what the network computes stays
    the same, and what the optimizer keeps of all these is cleared. It acts within `optimizer.step()` from then on; the
    returned object counts the units. After the dormant neurons of Sokar et al. 2023, arXiv 2302.12902, but for exact
    death only. Raises TypeError for what is no module or no optimizer, ValueError for a patience below 1.

    >>> net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    >>> _ = nn.init.constant_(net[0].bias, -100.0)  # all three units are dead
    >>> optimizer = torch.optim.SGD(net.parameters(), 0.1)
    >>> reviver = revive_(net, optimizer, patience=2)
    >>> for _ in range(3):
    ...     net(torch.ones(4, 2)).sum().backward()
    ...     optimizer.step()
    >>> reviver.revived
    3
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"revive_ works on a torch.nn.Module, got {type(model).__name__}.")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"revive_ acts in the steps of a torch.optim.Optimizer, got {type(optimizer).__name__}.")
    if patience < 1:
        raise ValueError(f"patience is a number of steps, at least 1, got {patience!r}.")
    reviver = Reviver(patience)
    reviver.learn(model)
    optimizer.register_step_pre_hook(reviver.before)
    optimizer.register_step_post_hook(reviver.after)
    return reviver
