"""What `rectifier.nn.lean` saves and costs: an MLP and a small VGG, trained as they are, with rectifier.nn, and lean.

    python -m benchmarks.torch_lean [--markdown FILE]

Three ways: `torch` (torch.nn), `rectifier` (rectifier.nn) and `lean` (rectifier.nn inside `lean()`). Bytes kept for
backward are counted with `saved_tensors_hooks`; step times and peak memory are those of processes of their own, which
take turns; weights after 200 steps are compared bit by bit.
"""

import argparse
import contextlib
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

import rectifier.nn as nn
from rectifier.bench.machine import processor

WAYS = ("torch", "rectifier", "lean")
LARGE_PAGES = {"THP_MEM_ALLOC_ENABLE": "1"}
"""Torch's own switch: it asks for pages of 2 MiB then."""


def mlp(library: Any) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for _ in range(8):
        layers += [torch.nn.Linear(1024, 1024), library.ReLU()]
    net = torch.nn.Sequential(*layers, torch.nn.Linear(1024, 10))
    for layer in net:
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            torch.nn.init.zeros_(layer.bias)
    return net


def vgg(library: Any) -> torch.nn.Module:
    layers: list[torch.nn.Module] = []
    before = 3
    for width in (64, 128, 256):
        for _ in range(2):
            layers += [torch.nn.Conv2d(before, width, 3, padding=1), library.ReLU(inplace=True)]
            before = width
        layers.append(torch.nn.MaxPool2d(2))
    layers += [torch.nn.Flatten(), torch.nn.Linear(256 * 16, 256), library.ReLU(inplace=True), torch.nn.Linear(256, 10)]
    net = torch.nn.Sequential(*layers)
    for layer in net:
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            torch.nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return net


def sparse_mlp(library: Any) -> torch.nn.Module:
    """Biases so that each unit is zero for about nine of ten samples."""
    net = mlp(library)
    x = torch.randn(512, 1024)  # few, so that the heap is much as it is for the other nets
    with torch.no_grad():
        for layer in net:
            x = layer(x)
            if isinstance(layer, torch.nn.Linear) and layer.out_features == 1024:
                low = x.kthvalue(int(0.9 * len(x)), dim=0).values
                layer.bias.sub_(low)
                x -= low
    return net


NETS: dict[str, tuple[Callable[[Any], torch.nn.Module], tuple[int, ...], str]] = {
    "mlp": (mlp, (4096, 1024), "8 layers of 1024 units, ReLU, batch 4096"),
    "vgg": (vgg, (128, 3, 32, 32), "VGG of 6 convolutions (64 to 256 channels), 32x32, batch 128"),
    "mlp, mostly zeros": (
        sparse_mlp,
        (4096, 1024),
        "the MLP with biases with which each unit is zero for about nine of ten samples",
    ),
}


class Trained:
    """A net that is trained one of the three ways, step by step."""

    def __init__(self, net: str, way: str, batch: int | None = None) -> None:
        torch.manual_seed(0)
        make, shape, _ = NETS[net]
        self.model = make(torch.nn if way == "torch" else nn)
        shape = (batch or shape[0], *shape[1:])
        self.x, self.y = torch.randn(shape), torch.randint(0, 10, shape[:1])
        self.optimizer = torch.optim.SGD(self.model.parameters(), 1e-3)
        self.lean = nn.Lean() if way == "lean" else None

    def forward(self) -> Tensor:
        with self.lean or contextlib.nullcontext():
            return F.cross_entropy(self.model(self.x), self.y)

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.forward().backward()
        self.optimizer.step()

    def digest(self) -> str:
        return hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in self.model.parameters())).hexdigest()


def bytes_kept(net: str, way: str) -> int:
    """Of activations: all that is kept for backward but parameters and the batch itself."""
    trained = Trained(net, way)
    if trained.lean is not None:
        trained.forward()
        return trained.lean.stats.kept_bytes - trained.x.nbytes
    found: dict[int, int] = {}
    skipped = {p.untyped_storage().data_ptr() for p in trained.model.parameters()}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in skipped:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # an output that is kept itself would keep what keeps it

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = trained.forward()
    assert loss.isfinite()
    return sum(found.values()) - trained.x.nbytes


def child(net: str, way: str, steps: int, batch: int | None) -> dict[str, Any]:
    trained = Trained(net, way, batch)
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the highest use so far
    times = []
    for _ in range(steps):
        begun = time.perf_counter()
        trained.step()
        times.append(time.perf_counter() - begun)
    seconds = statistics.median(times[1:] or times)
    return {"peak": memory("VmHWM") - before, "seconds": seconds, "digest": trained.digest()}


def memory(what: str) -> int:
    """Bytes this process uses now (VmRSS), or has used at most (VmHWM), as Linux tells it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def in_child(
    net: str, way: str, steps: int, batch: int | None = None, environment: dict[str, str] | None = None
) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.torch_lean", "--child", net, way, str(steps), str(batch or 0)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | (environment or {})).stdout
    )
    return found


def measured(net: str, rounds: int) -> dict[str, dict[str, Any]]:
    kept = {way: bytes_kept(net, way) for way in WAYS}
    settings: dict[str, tuple[str, dict[str, str]]] = {way: (way, {}) for way in WAYS}
    settings |= {f"{way}, large pages": (way, LARGE_PAGES) for way in ("torch", "lean")}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in settings}
    for _ in range(rounds):
        for name, (way, environment) in settings.items():
            runs[name].append(in_child(net, way, 6, environment=environment))
    digests = {way: in_child(net, way, 200, 16)["digest"] for way in WAYS}
    return {
        name: {
            "kept": kept[way],
            "seconds": statistics.median(run["seconds"] for run in runs[name]),
            "peak": statistics.median(run["peak"] for run in runs[name]),
            "same": digests[way] == digests["torch"],
            "beside": "torch, large pages" if environment else "torch",
        }
        for name, (way, environment) in settings.items()
    }


def page(results: dict[str, dict[str, dict[str, Any]]]) -> str:
    lines = [
        "# Lean storage beside torch",
        "",
        f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}. Written by",
        "`python -m benchmarks.torch_lean`. Kept: bytes of activations kept for backward. Step: the median of five in",
        "a process, and of processes that take turns. Peak: what the steps add to the memory of the process, at most.",
        "Weights: after 200 steps with a batch of 16, the same to the last bit as torch's. Large pages: the same with",
        "`THP_MEM_ALLOC_ENABLE=1` in the environment, with which torch asks for pages of 2 MiB; those are held against",
        "torch with it.",
        "",
        "| net | way | kept | to torch | step | to torch | peak | to torch | weights |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for net, ways in results.items():
        for way, r in ways.items():
            base = ways[r["beside"]]
            kept, seconds, peak = (f"{r[key] / base[key]:.2f}" for key in ("kept", "seconds", "peak"))
            step = f"{r['seconds'] * 1e3:.0f} ms"
            weights = "the same" if r["same"] else "DIFFERENT"
            lines.append(
                f"| {net} | {way} | {r['kept'] / 1e6:.1f} MB | {kept} | {step} | {seconds} "
                f"| {r['peak'] / 1e6:.0f} MB | {peak} | {weights} |"
            )
    lines += ["", *(f"- {net}: {about}." for net, (_, _, about) in NETS.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", nargs=4, metavar=("NET", "WAY", "STEPS", "BATCH"), help=argparse.SUPPRESS)
    parser.add_argument("--nets", nargs="*", choices=list(NETS), default=list(NETS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args()
    if given.child:
        net, way, steps, batch = given.child
        print(json.dumps(child(net, way, int(steps), int(batch) or None)))
        return
    results = {}
    for net in given.nets:
        results[net] = measured(net, given.rounds)
        print(net, results[net], flush=True)
    text = page(results)
    print(text)
    if given.markdown:
        given.markdown.write_text(text)


if __name__ == "__main__":
    main()
