"""How the rules do over a wide sweep of small runs whose truth is measured independently.

Every run trains a network on scikit-learn's digits (classification) or diabetes (regression) data inside
`rectifier.watch()`. The truth is measured on the whole training set after the run, never by the watcher:

    learned   accuracy at least 0.9 (or explained variance at least 0.3, where 0.5 is what linear regression reaches)
    dead      largest share of units, over layers, that no training sample activates

A run that learned must not be called sick; one that did not learn must be. Prints one line per run as JSON and
a summary per rule. Usage: python benchmarks/rules_sweep.py [--seeds N] [--out FILE]
"""

import argparse
import itertools
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from sklearn.datasets import load_diabetes, load_digits
from torch import nn

import rectifier

STEPS = 400


def data(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    if name == "digits":
        x, y = load_digits(return_X_y=True)
        return torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    if name == "digits-unscaled":
        x, y = load_digits(return_X_y=True)
        return torch.tensor(x, dtype=torch.float32), torch.tensor(y)
    x, y = load_diabetes(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    return x / x.std(0), ((y - y.mean()) / y.std())[:, None]


def network(kind: str, inputs: int, outputs: int, depth: int, width: int, init: str) -> nn.Module:
    activation = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky": nn.LeakyReLU, "gelu": nn.GELU}
    if kind == "conv":
        return nn.Sequential(
            nn.Unflatten(1, (1, 8, 8)),
            *itertools.chain(
                *((nn.Conv2d(1 if i == 0 else width, width, 3, padding=1), nn.ReLU()) for i in range(depth))
            ),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(4 * width, outputs),
        )
    layers: list[nn.Module] = []
    for i in range(depth):
        layers.append(nn.Linear(inputs if i == 0 else width, width))
        if kind == "batchnorm":
            layers.append(nn.BatchNorm1d(width))
        layers.append(activation.get(kind, nn.ReLU)())
        if kind == "dropout":
            layers.append(nn.Dropout(0.3))
    net = nn.Sequential(*layers, nn.Linear(width, outputs))
    for module in net:
        if isinstance(module, nn.Linear):
            if init == "he":
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)
            elif init == "large":
                nn.init.normal_(module.weight, std=0.5)
            elif init == "small":
                nn.init.uniform_(module.weight, -0.05, 0.05)
            elif init == "negative-bias" and module is not net[-1]:
                nn.init.constant_(module.bias, -3.0)
    return net


def configurations() -> Iterator[dict[str, Any]]:
    base = {"data": "digits", "kind": "relu", "depth": 2, "width": 128, "init": "default", "batch": 64}
    optimizers = (
        [("SGD", lr) for lr in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)]
        + [("momentum", lr) for lr in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)]
        + [("Adam", lr) for lr in (3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3)]
    )
    for name, lr in optimizers:
        for change in (
            {},
            {"kind": "conv", "width": 16},
            {"kind": "batchnorm"},
            {"data": "diabetes"},
            {"depth": 4},
        ):
            yield base | change | {"optimizer": name, "lr": lr}
    for name, lr in (("SGD", 0.1), ("Adam", 1e-3), ("momentum", 0.03)):
        for change in (
            {"kind": "tanh"}, {"kind": "leaky"}, {"kind": "gelu"}, {"kind": "dropout"}, {"kind": "sigmoid"},
            {"init": "he"}, {"init": "large"}, {"init": "small"}, {"init": "negative-bias"},
            {"depth": 8, "init": "he"}, {"depth": 8, "init": "large"}, {"depth": 8, "kind": "sigmoid", "width": 64},
            {"depth": 16, "init": "he"}, {"depth": 16}, {"depth": 8}, {"depth": 8, "init": "small"},
            {"depth": 10, "kind": "tanh"}, {"depth": 12, "width": 5, "init": "he"}, {"width": 1024}, {"width": 16},
            {"batch": 8}, {"batch": 512}, {"data": "digits-unscaled"},
        ):  # fmt: skip
            yield base | change | {"optimizer": name, "lr": lr}


def one(config: dict[str, Any], seed: int) -> dict[str, Any]:
    torch.manual_seed(seed)
    x, y = data(config["data"])
    classify = y.dtype == torch.int64
    net = network(config["kind"], x.shape[1], 10 if classify else 1, config["depth"], config["width"], config["init"])
    make = {
        "SGD": lambda p, lr: torch.optim.SGD(p, lr),
        "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
        "Adam": lambda p, lr: torch.optim.Adam(p, lr),
    }[config["optimizer"]]
    optimizer = make(net.parameters(), config["lr"])
    loss_fn = nn.CrossEntropyLoss() if classify else nn.MSELoss()
    with rectifier.watch(folder=tempfile.mkdtemp()) as w:
        for _ in range(STEPS):
            batch = torch.randint(len(x), (config["batch"],))
            optimizer.zero_grad()
            loss = loss_fn(net(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
    report = w.diagnosis()
    net.eval()
    with torch.no_grad():
        out = net(x)
        score = (out.argmax(1) == y).float().mean() if classify else 1 - ((out - y) ** 2).mean() / y.var()
        dead, h = 0.0, x
        for module in net:
            h = module(h)
            if isinstance(module, nn.ReLU):
                silent = (h <= 0).flatten(2).all(2).all(0) if h.dim() > 2 else (h <= 0).all(0)
                dead = max(dead, float(silent.float().mean()))
    learned = bool(score >= (0.9 if classify else 0.3))
    return config | {
        "seed": seed,
        "score": round(float(score), 3),
        "learned": learned,
        "dead": round(dead, 2),
        "verdict": report.verdict,
        "found": [f"{f.rule}:{f.severity}" for f in report.findings],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = []
    out = arguments.out.open("w") if arguments.out else sys.stdout
    for config in configurations():
        for seed in range(arguments.seeds):
            results.append(one(config, seed))
            print(json.dumps(results[-1]), file=out, flush=True)
    well = [r for r in results if r["learned"]]
    ill = [r for r in results if not r["learned"]]
    accused = [r for r in well if r["verdict"] == "sick"]
    missed = [r for r in ill if r["verdict"] != "sick"]
    print(f"learned: {len(well)} runs, called sick: {len(accused)}")
    print(f"did not learn: {len(ill)} runs, called healthy: {len(missed)}")
    for name, group in (("called sick although it learned", accused), ("missed", missed)):
        for r in group:
            print(f"  {name}: {json.dumps(r)}")
    for rule, count in Counter(f for r in results for f in r["found"]).most_common():
        print(f"  {rule}: {count}")


if __name__ == "__main__":
    main()
