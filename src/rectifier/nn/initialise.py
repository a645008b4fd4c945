"""First weights that suit the activation behind each layer."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor, fx, nn

from rectifier import catalogue
from rectifier.nn.activations import member_of

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
Distribution = Literal["normal", "uniform", "orthogonal"]
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass(frozen=True, slots=True)
class Initialised:
    """How one layer was initialised."""

    layer: str
    """Its name, as `named_modules()` gives it."""
    activation: str | None
    """The activation that follows it; None if none does."""
    scheme: Literal["He", "Glorot", "LeCun"]
    """He: gain / sqrt(fan in), for rectifiers. Glorot: gain / sqrt(mean of fan in and fan out), for what saturates on
    both sides. LeCun: 1 / sqrt(fan in), where no gain is needed."""
    std: float
    """The standard deviation of its weights."""


def init_for_(
    model: nn.Module | Iterable[Tensor],
    activation: str | None = None,
    distribution: Distribution = "normal",
) -> list[Initialised]:
    """Draw all weights of linear and convolutional layers anew, each for the activation that follows it; biases are 0.

    Which one follows is read from the model's graph of operations (torch.fx) or, where that cannot be traced, from the
    order of its modules; layers in front of which no activation is found are taken to be linear, or to be followed by
    `activation` if that is given. The gain is the catalogue's, for the module's own parameters: 1 / sqrt(E[f(z)^2]).

    In place of a model it takes the weights themselves, where a network is written without modules: matrices as in
    `x @ w`, a row for each input, and kernels as `torch.nn.functional.conv2d` takes them. All are drawn for
    `activation`; vectors stay as they are. `layer` is then the place in the order given.

    `distribution` is `normal`, `uniform` or `orthogonal` (matrices with orthogonal rows or columns, of the same scale:
    Saxe et al. 2013, arXiv 1312.6120).

    >>> net = nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10), nn.Tanh(), nn.Linear(10, 1))
    >>> for each in init_for_(net):
    ...     print(each.layer, each.activation, each.scheme, round(each.std, 4))
    0 relu He 0.1414
    2 tanh Glorot 0.2908
    4 None LeCun 0.3162
    """
    if not isinstance(model, nn.Module) and (isinstance(model, Tensor | str) or not isinstance(model, Iterable)):
        raise TypeError(f"init_for_ works on a torch.nn.Module or a list of tensors, got {type(model).__name__}.")
    if distribution not in get_args(Distribution):
        raise ValueError(f"distribution must be one of {', '.join(get_args(Distribution))}, got {distribution!r}.")
    if activation is not None:
        catalogue.get(activation)
    if not isinstance(model, nn.Module):
        return _of_tensors(model, activation, distribution)
    return draw(model, following(model), activation, distribution)


Following = tuple[str | None, tuple[float, ...]]


def draw(
    model: nn.Module, follows: Mapping[str, Following], activation: str | None, distribution: Distribution
) -> list[Initialised]:
    """`init_for_` where it is known what follows the layers, by their names."""
    return [
        _draw(name, layer, follows.get(name) or (activation, ()), distribution)
        for name, layer in model.named_modules()
        if isinstance(layer, _LAYERS) and not isinstance(layer.weight, nn.UninitializedParameter)
    ]


def _of_tensors(weights: Iterable[Tensor], activation: str | None, distribution: Distribution) -> list[Initialised]:
    done = []
    for place, weight in enumerate(weights):
        if not isinstance(weight, Tensor):
            raise TypeError(
                f"init_for_ works on a torch.nn.Module or a list of tensors, got a {type(weight).__name__}."
            )
        if weight.dim() < 2:
            continue
        size = math.prod(weight.shape[2:])
        fans = weight.shape[0] * size, weight.shape[1] * size
        scheme, std = _scale((activation, ()), *(fans if weight.dim() == 2 else reversed(fans)))
        _fill(weight, std, distribution)
        done.append(Initialised(str(place), activation, scheme, std))
    return done


def _draw(name: str, layer: Any, follows: Following, distribution: Distribution) -> Initialised:
    scheme, std = _scale(follows, *_fans(layer))
    _fill(layer.weight, std, distribution)
    if layer.bias is not None:
        with torch.no_grad():
            layer.bias.zero_()
    return Initialised(name, follows[0], scheme, std)


def _scale(follows: Following, fan_in: float, fan_out: float) -> tuple[Literal["He", "Glorot", "LeCun"], float]:
    """The scheme, and the standard deviation that it asks for."""
    member = None if follows[0] is None else catalogue.get(follows[0])
    gain, fan = 1.0, fan_in
    scheme: Literal["He", "Glorot", "LeCun"] = "LeCun"
    if member is not None:
        facts = member.facts(*(follows[1] or member.defaults))
        gain = facts.gain or 1.0
        if facts.saturation == (0, 0) and facts.gain is not None:
            fan, scheme = (fan_in + fan_out) / 2, "Glorot"
        elif abs(gain - 1) > 1e-6:
            scheme = "He"
    return scheme, gain / math.sqrt(max(1.0, fan))


def _fill(weight: Tensor, std: float, distribution: Distribution) -> None:
    with torch.no_grad():
        if distribution == "normal":
            weight.normal_(0, std)
        elif distribution == "uniform":
            weight.uniform_(-math.sqrt(3) * std, math.sqrt(3) * std)
        else:
            nn.init.orthogonal_(weight, gain=std * math.sqrt(max(len(weight), weight[0].numel())))


def _fans(layer: Any) -> tuple[float, float]:
    """How many inputs one output is a sum of, and how many outputs one input is part of."""
    weight: Tensor = layer.weight
    if isinstance(layer, nn.Linear):
        return float(layer.in_features), float(layer.out_features)
    size = math.prod(layer.kernel_size) / (math.prod(layer.stride) if isinstance(layer, _TRANSPOSED) else 1)
    spread = math.prod(layer.kernel_size) / (1 if isinstance(layer, _TRANSPOSED) else math.prod(layer.stride))
    assert weight.dim() >= 3
    return layer.in_channels / layer.groups * size, layer.out_channels / layer.groups * spread


def following(model: nn.Module) -> dict[str, Following]:
    try:
        graph = _Tracer().trace(model)
    except Exception:  # noqa: BLE001  whatever a model's own code raises on a tracer's stand-ins
        return _by_order(model)
    modules = dict(model.named_modules())
    found: dict[str, Following] = {}
    for node in graph.nodes:
        if node.op == "call_module" and isinstance(modules[node.target], _LAYERS):
            following = _after(node, modules)
            if following is not None:
                found[node.target] = following
    return found


class _Tracer(fx.Tracer):
    def is_leaf_module(self, module: nn.Module, name: str) -> bool:
        return type(module).__module__.startswith("rectifier.nn") or super().is_leaf_module(module, name)


def _after(node: fx.Node, modules: dict[str, nn.Module]) -> Following | None:
    """The first activation among what is made of the node's result, before the next layer with weights."""
    waiting, seen = list(node.users), set()
    while waiting:
        user = waiting.pop(0)
        if user in seen:
            continue
        seen.add(user)
        if user.op == "call_module":
            module = modules[str(user.target)]
            if isinstance(module, _LAYERS):
                continue
            following = _of_module(module)
        else:
            following = _of_function(user)
        if following is not None:
            return following
        waiting += user.users
    return None


def _by_order(model: nn.Module) -> dict[str, Following]:
    found: dict[str, Following] = {}
    last = None
    for name, module in model.named_modules():
        if isinstance(module, _LAYERS):
            last = name
        elif last is not None and (following := _of_module(module)) is not None:
            found[last] = following
            last = None
    return found


def _of_module(module: nn.Module) -> Following | None:
    name = member_of(module)
    return None if name is None else (name, _parameters(name, lambda key: getattr(module, key, None)))


def _of_function(node: fx.Node) -> Following | None:
    called = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    name = called.rstrip("_")
    if node.op not in ("call_function", "call_method") or name not in catalogue.names():
        return None
    return name, _parameters(name, lambda key: node.kwargs.get(key))


def _parameters(name: str, of: Any) -> tuple[float, ...]:
    """The member's parameters where they are numbers, else their defaults; a learned weight counts by its mean."""
    values = []
    for parameter in catalogue.get(name).parameters:
        value = of(parameter.name)
        if isinstance(value, Tensor):
            value = float(value.detach().mean())
        values.append(float(value) if isinstance(value, int | float) else parameter.default)
    return tuple(values)
