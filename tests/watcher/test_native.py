"""The native statistics beside torch's own operations: the same of every layout, type and kind of number."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from rectifier.watcher import native
from rectifier.watcher.activations import Kind
from rectifier.watcher.probes import Applied, Tensors
from rectifier.watcher.probes.activity import PROBE as ACTIVITY
from rectifier.watcher.probes.scale import PROBE as SCALE
from rectifier.watcher.probes.signal import PROBE as SIGNAL

LAYOUTS = [((128, 300), 1), ((8, 7, 40), 2), ((6, 20, 9, 7), 1), ((3, 2, 5), 1), ((1, 33), 1), ((300, 16), 1),
           ((5, 4, 3, 17), 3)]  # fmt: skip
TYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


def both(measure: Callable[[], Tensors], monkeypatch: pytest.MonkeyPatch) -> tuple[Tensors, Tensors]:
    """Natively, and with torch."""
    ours = measure()
    with monkeypatch.context() as context:
        context.setattr(native, "can", lambda *_: False)
        return ours, measure()


def numbers(shape: tuple[int, ...], dtype: torch.dtype, *, odd: bool) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(shape, generator=generator, dtype=torch.float64) * 3).to(dtype)
    if odd:
        x.view(-1)[:4] = torch.tensor([math.nan, math.inf, -math.inf, -0.0], dtype=dtype)
    return x


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
@pytest.mark.parametrize(("low", "high"), [(0.0, None), (0.0, 1.5), (-1.0, None)])
def test_activity(
    shape: tuple[int, ...], axis: int, dtype: torch.dtype, low: float, high: float | None, monkeypatch: Any
) -> None:
    y = numbers(shape, dtype, odd=True).clamp(min=low)
    applied = Applied(kind=Kind(name="relu", low=low, high=high), axis=axis)
    assert native.can(y, axis)
    ours, torchs = both(lambda: ACTIVITY.after(y, applied), monkeypatch)
    assert torch.equal(ours[0], torchs[0].long())
    assert ours[0].sum() > 0
    assert [int(t) for t in ours[1:3]] == [int(t) for t in torchs[1:3]]
    assert int(ours[3]) == int((y != 0).sum())
    (row,) = ACTIVITY.rows(0, 0, [ours])
    assert [row] == list(ACTIVITY.rows(0, 0, [torchs]))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("shape", "axis"), LAYOUTS)
def test_scale_and_signal(shape: tuple[int, ...], axis: int, dtype: torch.dtype, monkeypatch: Any) -> None:
    x = numbers(shape, dtype, odd=False)
    applied = Applied(kind=Kind(name="relu", low=0.0), axis=axis)
    for measure in (SCALE.before, SIGNAL.backward):
        ours, torchs = both(lambda measure=measure: measure(x, applied), monkeypatch)  # type: ignore[misc]
        assert len(ours) == len(torchs)
        assert [float(t) for t in ours] == pytest.approx(
            [float(t) for t in torchs], rel=1e-2 if x.itemsize == 2 else 1e-5
        )


def test_differences_too_small_for_squares_are_seen() -> None:
    x = 1000 + torch.arange(64.0)[:, None].expand(64, 16).contiguous() * 2**-14
    apart, whole, count = native.norms(x, 1)
    exact = (x.double() - x.double().mean(0)).norm()
    assert float(apart) == pytest.approx(float(exact), rel=1e-9)
    assert float(whole) == pytest.approx(float(x.double().norm()), rel=1e-9)
    assert count == 1024


def test_an_infinite_number_has_no_spread() -> None:
    x = numbers((4, 16), torch.float32, odd=True)
    assert all(math.isnan(float(t)) for t in native.norms(x, 1)[:2])


@pytest.mark.parametrize(
    ("x", "axis"),
    [
        (torch.zeros(4, 32).T, 1),
        (torch.zeros(2, 3, 4, 4).to(memory_format=torch.channels_last), 1),
        (torch.zeros(4, 32), 0),
        (torch.zeros(4, 8), 1),  # too few to go along
        (torch.zeros(4, 32, dtype=torch.int64), 1),
        (torch.zeros(4, 32, device="meta"), 1),
        (torch.nn.Parameter(torch.zeros(4, 32)), 1),
    ],
)
def test_all_else_is_left_to_torch(x: Tensor, axis: int) -> None:
    assert not native.can(x, axis)


def test_the_same_bits_with_any_number_of_threads() -> None:
    code = (
        "import torch; from rectifier.watcher import native; torch.manual_seed(0); "
        "x = torch.randn(900, 100) + 3; y = torch.randn(64, 16, 20, 20).relu(); "
        "print([t.item().hex() for t in (*native.norms(x, 1)[:2], *native.norms(y, 1)[:2])], "
        "[t.tolist() for t in native.active(y, 1, 0.0, None)])"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"OMP_NUM_THREADS": n}, capture_output=True, text=True,
            check=True,
        ).stdout
        for n in ("1", "3")
    ]  # fmt: skip
    assert said[0] == said[1]
    assert "0x1" in said[0]
