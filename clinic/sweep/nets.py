"""Networks of every kind, as users build them: plain torch modules."""

from functools import cache

import torch
from torch import Tensor, nn

import rectifier.nn
from clinic.sweep.setting import Setting

#: Activations whose output has bounds: they can saturate.
BOUNDED = frozenset({"sigmoid", "tanh", "softsign", "hardsigmoid", "hardtanh"})
#: Activations with a region of zero slope on the left: units can die.
RECTIFYING = frozenset({"relu", "relu6", "threshold", "relu_squared"})
#: Activations that halve the width.
GATES = frozenset({"glu", "reglu", "geglu", "swiglu"})
ROWS = 8  # digits as a sequence: eight rows of eight


@cache
def _classes() -> dict[str, str]:
    from rectifier.nn.activations import names

    return dict(names())


def activation(name: str) -> nn.Module:
    """torch's module of this name, or ours where torch has none."""
    spelled = _classes()[name]
    if name == "threshold":
        return nn.Threshold(0.0, 0.0)
    made = getattr(nn, spelled, None) or getattr(rectifier.nn, spelled)
    module = made()
    assert isinstance(module, nn.Module)
    return module


class Residual(nn.Module):
    """x + second(activation(first(x)))."""

    def __init__(self, width: int, name: str, normalised: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width) if normalised else nn.Identity()
        self.first = nn.Linear(width, 2 * width if name in GATES else width)
        self.activation = activation(name)
        self.second = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.second(self.activation(self.first(self.norm(x))))
        return out


class Recurrent(nn.Module):
    """A cell of our own over the rows of the digits, or torch's GRU or LSTM."""

    def __init__(self, kind: str, width: int, name: str, outputs: int) -> None:
        super().__init__()
        self.kind = kind
        if kind == "rnn":
            given = 2 * width if name in GATES else width
            self.read, self.keep = nn.Linear(8, given), nn.Linear(width, given)
            self.activation = activation(name)
        else:
            self.cell = {"gru": nn.GRU, "lstm": nn.LSTM}[kind](8, width, batch_first=True)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.view(len(x), ROWS, 8)
        if self.kind != "rnn":
            out: Tensor = self.head(self.cell(rows)[0][:, -1])
            return out
        state = x.new_zeros(len(x), self.keep.in_features)
        for i in range(ROWS):
            state = self.activation(self.read(rows[:, i]) + self.keep(state))
        final: Tensor = self.head(state)
        return final


class Block(nn.Module):
    """Attention and a small network, each normalised first and added to its input."""

    def __init__(self, width: int, name: str) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.feed = Residual(width, name, normalised=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        out: Tensor = self.feed(x + self.attention(h, h, h, need_weights=False)[0])
        return out


class Transformer(nn.Module):
    """Over the rows of the digits."""

    def __init__(self, depth: int, width: int, name: str, outputs: int) -> None:
        super().__init__()
        self.embed = nn.Linear(8, width)
        self.place = nn.Parameter(0.1 * torch.randn(ROWS, width))
        self.blocks = nn.Sequential(*(Block(width, name) for _ in range(depth)))
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.blocks(self.embed(x.view(len(x), ROWS, 8)) + self.place).mean(1))
        return out


class Detach(nn.Module):
    """The mistake of a detach in the middle."""

    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


def build(s: Setting, inputs: int, outputs: int) -> nn.Module:
    """The network of a setting, initialised as it says. Draws from torch's random numbers."""
    net = _net(s, inputs, outputs)
    _initialise(net, s)
    return net


def _net(s: Setting, inputs: int, outputs: int) -> nn.Module:
    if s.kind in ("rnn", "gru", "lstm"):
        return Recurrent(s.kind, s.width, s.activation, outputs)
    if s.kind == "transformer":
        return Transformer(s.depth, s.width, s.activation, outputs)
    if s.kind in ("residual", "prenorm"):
        blocks = (Residual(s.width, s.activation, s.kind == "prenorm") for _ in range(s.depth))
        return nn.Sequential(nn.Linear(inputs, s.width), *blocks, nn.Linear(s.width, outputs))
    factor = 2 if s.activation in GATES else 1
    layers: list[nn.Module] = []
    if s.kind.startswith("conv"):
        layers.append(nn.Unflatten(1, (1, 8, 8)))
        for i in range(s.depth):
            layers.append(nn.Conv2d(1 if i == 0 else s.width, s.width, 3, padding=1))
            layers += [nn.BatchNorm2d(s.width)] if s.kind == "convbn" else []
            layers.append(activation(s.activation))
            layers += [Detach()] if s.forgotten == "detach" and i == s.depth - 1 else []
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * s.width, outputs))
    widths = [s.width] * s.depth
    if s.kind == "autoencoder":
        widths = [s.width] * (s.depth - s.depth // 2) + [16] + [s.width] * (s.depth // 2)
    before = inputs
    for i, width in enumerate(widths):
        layers.append(nn.Linear(before, factor * width))
        layers += [nn.BatchNorm1d(factor * width)] if s.kind == "batchnorm" else []
        layers += [nn.LayerNorm(factor * width)] if s.kind == "layernorm" else []
        layers.append(activation(s.activation))
        layers += [nn.Dropout(0.2)] if s.kind == "dropout" else []
        layers += [Detach()] if s.forgotten == "detach" and i == len(widths) - 1 else []
        before = width
    return nn.Sequential(*layers, nn.Linear(before, outputs))


def weighted(net: nn.Module) -> list[tuple[str, nn.Module]]:
    """The linear layers and convolutions, in order; the head last."""
    return [(n, m) for n, m in net.named_modules() if isinstance(m, nn.Linear | nn.Conv1d | nn.Conv2d)]


def _initialise(net: nn.Module, s: Setting) -> None:
    layers = [m for _, m in weighted(net)]
    with torch.no_grad():
        for m in layers:
            assert isinstance(m.weight, Tensor)
            if s.init in ("he", "glorot"):
                (nn.init.kaiming_normal_ if s.init == "he" else nn.init.xavier_normal_)(m.weight)
                if isinstance(m.bias, Tensor):
                    m.bias.zero_()
            elif s.init == "same":
                m.weight.fill_(1 / m.weight[0].numel() ** 0.5)
        for m in layers[:-1]:
            assert isinstance(m.weight, Tensor)
            m.weight.mul_(s.gain)
            if s.bias and isinstance(m.bias, Tensor):
                m.bias.add_(s.bias)
        assert isinstance(layers[-1].weight, Tensor)
        layers[-1].weight.mul_(s.head)
        if s.init == "zero-branch":
            for block in net.modules():
                if isinstance(block, Residual):
                    block.second.weight.zero_()
                    block.second.bias.zero_()
