"""A model that scales its own input: what it learns, when it stops, and that it is saved with the model."""

from pathlib import Path
from typing import Any

import pytest
import torch

import rectifier.nn as nn


def test_features_channels_and_everything() -> None:
    torch.manual_seed(0)
    for shape, axes in (((500, 3), (0,)), ((50, 3, 8, 8), (0, 2, 3)), ((100, 20, 4), (0, 1, 2))):
        seen: list[torch.Tensor] = []

        class Keeps(torch.nn.Module):
            def forward(self, x: torch.Tensor, seen: list[torch.Tensor] = seen) -> torch.Tensor:
                seen.append(x)
                return x

        x = torch.randn(shape) * 40 + 7
        nn.standardize_input_(Keeps())(x)
        mean, deviation = seen[0].mean(axes), seen[0].std(axes, unbiased=False)
        torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-5, rtol=0)
        torch.testing.assert_close(deviation, torch.ones_like(deviation), atol=1e-4, rtol=0)


def test_it_learns_from_the_first_training_passes_only() -> None:
    net: Any = nn.standardize_input_(nn.Sequential(nn.Linear(2, 1)), batches=2)
    with torch.no_grad():
        net(torch.full((4, 2), 9.0))
    assert not dict(net.named_buffers()), "an evaluation is no training pass"
    for value in (1.0, 3.0, 100.0):
        net(torch.tensor([[value, 0.0], [value, 4.0]]))
    assert net.input_mean.tolist() == [[2.0, 2.0]]


def test_tokens_and_what_another_network_made_are_left_alone() -> None:
    net: Any = nn.standardize_input_(nn.Sequential(nn.Embedding(5, 2)))
    net(torch.tensor([1, 2]))
    other: Any = nn.standardize_input_(nn.Sequential(nn.Linear(2, 1)))
    other(torch.randn(4, 2, requires_grad=True))
    assert not [*net.named_buffers(), *other.named_buffers()]


def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    made = [nn.standardize_input_(nn.Sequential(nn.Linear(2, 1))) for _ in range(2)]
    x = torch.randn(16, 2) * 30
    before = made[0](x)
    torch.save(made[0].state_dict(), tmp_path / "net.pt")
    made[1].load_state_dict(torch.load(tmp_path / "net.pt"))
    assert torch.equal(made[1](x), before)
    made[1](x + 1000)
    assert torch.equal(made[1](x), before), "what was loaded stays"


def test_it_takes_modules_only() -> None:
    with pytest.raises(TypeError, match="got function"):
        nn.standardize_input_(lambda x: x)  # type: ignore[arg-type]


def test_constant_input_of_16_bits() -> None:
    seen: list[torch.Tensor] = []

    class Keeps(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x

    for dtype in (torch.float16, torch.bfloat16):
        nn.standardize_input_(Keeps())(torch.full((4, 3), 2.0, dtype=dtype))
        assert seen[-1].dtype == dtype
        assert torch.equal(seen[-1], torch.zeros(4, 3, dtype=dtype))
