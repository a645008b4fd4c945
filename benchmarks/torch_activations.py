"""Forward and backward of rectifier.nn's modules beside torch.nn's, and the bytes kept in between.

    python -m benchmarks.torch_activations [NAMES] [--crossover] [--markdown FILE]

Both take turns in one process (`rectifier.bench.measure`), with one thread and with as many as there are cores. Shown
are medians in microseconds and Rectifier's time divided by torch's. `--crossover` instead finds from how many elements
on the kernels win, with the hand-over to torch below it switched off.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

import rectifier.nn as nn
from benchmarks.malloc import KEPT
from rectifier.bench.machine import processor
from rectifier.bench.measure import Timing, measure, repeat
from rectifier.nn import activations, native

POWERS = (12, 16, 20, 24)
HANDED_BACK = 20
"""The power of two for which torch's results are just large enough for the C library to hand its heap back."""
GOALS: dict[str, Callable[[str, int], float | None]] = {
    "elu, selu, celu, mish, softplus at 2^20: at most 0.6 of torch's time": lambda name, size: (
        0.6 if name in ("elu", "selu", "celu", "mish", "softplus") and size == 1 << 20 else None
    ),
    "relu, leaky_relu from 2^20 on: at most torch's time": lambda name, size: (
        1.0 if name in ("relu", "leaky_relu") and size >= 1 << 20 else None
    ),
    "everything at 2^12: at most 1.3 of torch's time": lambda name, size: 1.3 if size == 1 << 12 else None,
}


def step(module: torch.nn.Module, size: int) -> Callable[[], Any]:
    """One forward and backward pass over so many float32 numbers."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(size, generator=generator, requires_grad=True)
    gradient = torch.randn(size, generator=generator)

    def run() -> None:
        x.grad = None
        module(x).backward(gradient)

    return run


def modules(name: str) -> dict[str, torch.nn.Module]:
    kind = activations.names()[name]
    arguments = (0.0, 0.0) if name == "threshold" else ()
    made = {"rectifier": getattr(nn, kind)(*arguments), "torch": getattr(torch.nn, kind)(*arguments)}
    return {who: module.eval() for who, module in made.items()}  # rrelu is random while it trains


def compared(name: str, size: int, rounds: int, seconds: float) -> dict[str, Timing]:
    loops = {who: repeat(step(module, size)) for who, module in modules(name).items()}
    for loop in loops.values():
        loop(2)
    return measure(loops, rounds=rounds, seconds=seconds)


def kept(module: torch.nn.Module, size: int = 1 << 21) -> float:
    """Bytes kept for backward per byte of input, not counting what is the input or the output itself."""
    x = torch.randn(size, requires_grad=True)
    found: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        found[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor.detach()  # an output that is kept itself would keep what keeps it

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = module(x)
    assert y.shape == x.shape
    return sum(found.values()) / x.nbytes


def crossover(name: str) -> Iterator[tuple[int, float]]:
    for power in range(12, 24):
        timings = compared(name, 1 << power, 7, 0.03)
        yield 1 << power, timings["rectifier"].median / timings["torch"].median


def find_crossovers(names: list[str]) -> None:
    for kernel in native.kernels.values():
        kernel.least = 0
    for threads in (1, os.cpu_count() or 1):
        torch.set_num_threads(threads)
        for name in names:
            cells = list(crossover(name))
            print(
                f"{name:12} {threads} threads  " + "  ".join(f"2^{s.bit_length() - 1}: {r:.2f}" for s, r in cells),
                flush=True,
            )


def with_heap_kept(names: list[str], rounds: int, seconds: float) -> list[dict[str, Any]]:
    """The same, by a process whose C library keeps what is freed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "results.json"
        command = [sys.executable, "-m", "benchmarks.torch_activations", *names, "--powers", str(HANDED_BACK)]
        options = ["--rounds", str(rounds), "--seconds", str(seconds), "--json", str(file)]
        subprocess.run(command + options, env=os.environ | KEPT, check=True)
        found: list[dict[str, Any]] = json.loads(file.read_text())
        return found


def page(
    results: list[dict[str, Any]],
    heap_kept: list[dict[str, Any]],
    bytes_kept: dict[str, dict[str, float]],
    rounds: int,
    seconds: float,
) -> str:
    lines = [
        "# Rectifier's modules beside torch's",
        "",
        f"Forward and backward of one module, float32, contiguous. {processor()}, torch {torch.__version__}.",
        "Written by `python -m benchmarks.torch_activations --markdown docs/bench_torch.md`. Both take turns in random",
        f"order; each is timed at least {rounds} times and for {seconds} s in each cell; medians in microseconds, and",
        "Rectifier's divided by torch's.",
        "",
        "## Goals",
        "",
        "| goal | reached | not reached |",
        "|---|---|---|",
    ]
    for goal, limit_of in GOALS.items():
        cells = [(r, limit_of(r["name"], r["size"])) for r in results]
        judged = [(r, limit) for r, limit in cells if limit is not None]
        missed = [r for r, limit in judged if r["ratio"] > limit]
        said = "; ".join(
            f"{r['name']} 2^{r['size'].bit_length() - 1} {r['threads']} threads ({r['ratio']:.2f})" for r in missed
        )
        lines.append(f"| {goal} | {len(judged) - len(missed)} of {len(judged)} | {said} |")
    for threads in sorted({r["threads"] for r in results}):
        lines += ["", f"## {threads} thread{'s' * (threads > 1)}", ""]
        sizes = sorted({r["size"] for r in results})
        lines.append("| module | " + " | ".join(f"2^{size.bit_length() - 1}" for size in sizes) + " |")
        lines.append("|---" * (len(sizes) + 1) + "|")
        for name in dict.fromkeys(r["name"] for r in results):
            row = {r["size"]: r for r in results if r["name"] == name and r["threads"] == threads}
            shown = [f"{row[s]['rectifier']:.0f} / {row[s]['torch']:.0f} = **{row[s]['ratio']:.2f}**" for s in sizes]
            lines.append(f"| {name} | " + " | ".join(shown) + " |")
    lines += [
        "",
        f"## 2^{HANDED_BACK} where freed memory is kept",
        "",
        f"At 2^{HANDED_BACK} torch's time depends on where its results lie in the C library's heap: the end of it",
        "is given back to the system after each of them, and the time is that of page faults. (Larger ones are given",
        "back always.) Rectifier's results lie in memory of its own that is used again. Here the library was told, in",
        "the environment, to keep what is freed (`benchmarks/malloc.py`): the best case for torch.",
        "",
        "| module | "
        + " | ".join(f"{t} thread{'s' * (t > 1)}" for t in sorted({r["threads"] for r in heap_kept}))
        + " |",
        "|---|---|---|",
    ]
    for name in dict.fromkeys(r["name"] for r in heap_kept):
        shown = [
            f"{r['rectifier']:.0f} / {r['torch']:.0f} = **{r['ratio']:.2f}**" for r in heap_kept if r["name"] == name
        ]
        lines.append(f"| {name} | " + " | ".join(shown) + " |")
    lines += [
        "",
        "## Kept for backward",
        "",
        "Bytes per byte of float32 input, for 2^21 elements: what is kept alive until backward, counted with",
        "`saved_tensors_hooks`. Where the output is kept, the next layer keeps the same one, so that it costs nothing",
        "more.",
        "",
        "| module | Rectifier | torch | Rectifier keeps |",
        "|---|---|---|---|",
    ]
    for name, both in bytes_kept.items():
        what = native.kernels[name].kept if name in native.kernels else "torch's own"
        lines.append(f"| {name} | {both['rectifier']:.4g} | {both['torch']:.4g} | {what} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--crossover", action="store_true")
    parser.add_argument("--powers", nargs="*", type=int, default=POWERS, help="of two: how many elements")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.1)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    every = [name for name in sorted(native.kernels) if hasattr(torch.nn, activations.names()[name])]
    names = given.names or every
    if given.crossover:
        find_crossovers(names)
        return
    results = []
    for threads in dict.fromkeys((1, os.cpu_count() or 1)):
        torch.set_num_threads(threads)
        for name in names:
            for size in (1 << power for power in given.powers):
                timings = compared(name, size, given.rounds, given.seconds)
                ours, theirs = (timings[who].median * 1e6 for who in ("rectifier", "torch"))
                results.append(
                    {
                        "name": name,
                        "threads": threads,
                        "size": size,
                        "rectifier": ours,
                        "torch": theirs,
                        "ratio": ours / theirs,
                    }
                )
                cell = f"{name:12} {threads} threads 2^{size.bit_length() - 1}"
                print(f"{cell}: {ours:9.1f} / {theirs:9.1f} = {ours / theirs:.2f}", flush=True)
    bytes_kept = {name: {who: kept(module) for who, module in modules(name).items()} for name in names}
    if given.json:
        given.json.write_text(json.dumps(results))
    if given.markdown:
        heap_kept = with_heap_kept(names, given.rounds, given.seconds)
        given.markdown.write_text(page(results, heap_kept, bytes_kept, given.rounds, given.seconds))


if __name__ == "__main__":
    main()
