"""No private name of torch's takes the watcher down: each is hidden in turn, and training is watched all the same."""

import ast
import importlib
import re
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

import rectifier
from rectifier.watcher import compat
from tests.watcher import kinds

WATCHER = Path(__file__).parents[2] / "src" / "rectifier" / "watcher"


class _Hiding(ModuleType):
    """torch, or something in it, without one name."""

    def __init__(self, there: Any, path: str) -> None:
        super().__init__(getattr(there, "__name__", "torch"))
        self.__dict__["_there"], (self.__dict__["_first"], _, self.__dict__["_rest"]) = there, path.partition(".")

    def __getattr__(self, name: str) -> Any:
        if name != self._first:
            return getattr(self._there, name)
        if not self._rest:
            raise AttributeError(name)
        return _Hiding(getattr(self._there, name), self._rest)


def _watch_without(path: str, out: Path) -> None:
    """Import the watcher as if torch lacked a name, train, and write down what the report says."""
    del sys.modules["rectifier.watcher.compat"]
    there = sys.modules.pop(f"torch.{path}", None)
    sys.modules["torch"] = _Hiding(torch, path)
    compat = importlib.import_module("rectifier.watcher.compat")
    sys.modules["torch"] = vars(compat)["torch"] = torch
    if there is not None:
        sys.modules[f"torch.{path}"] = there

    def train() -> list[float]:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizer = torch.optim.SGD(net.parameters(), 0.05)
        losses = []
        for _ in range(8):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(net(torch.randn(32, 4)), torch.zeros(32, 1))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    plain = train()
    with rectifier.watch(folder=tempfile.mkdtemp()) as w:
        watched = train()
    report = w.diagnosis()
    assert watched == plain
    said = [report.run.unwatched or "", *(entry.because for entry in report.not_judged)]
    out.write_text("\n".join([str(report.run.steps), report.verdict, *said]))


@pytest.mark.parametrize("path", compat.asked)
def test_without_a_name(path: str, tmp_path: Path) -> None:
    process = kinds.FORKS.Process(target=_watch_without, args=(path, tmp_path / "said.txt"))
    process.start()
    process.join(120)
    assert process.exitcode == 0
    steps, verdict, *said = (tmp_path / "said.txt").read_text().splitlines()
    assert steps == "8"
    lost = compat.asked[path]
    told = [text for text in said if "this torch has no" in text]
    if lost is None:
        assert not told
        assert verdict == "healthy"
    else:
        assert told == [f"{lost}: this torch has no torch.{path}"]
        assert verdict == ("inconclusive" if "losses" in lost and "gradients" in lost else "healthy")


def test_no_other_file_asks_for_a_private_name() -> None:
    for file in WATCHER.rglob("*.py"):
        if file.name == "compat.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "torch":
                private = [alias.name for alias in node.names if alias.name.startswith("_")] + [
                    part for part in (node.module or "").split(".") if part.startswith("_")
                ]
                assert not private, (file, private)
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
                assert not ast.unparse(node).startswith(("torch.", "Tensor.", "functional.")), (file, ast.unparse(node))


def test_a_torch_newer_than_any_tested_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def notes() -> tuple[str, ...]:
        net = nn.Linear(4, 1)
        optimizer = torch.optim.SGD(net.parameters(), 0.05)
        with rectifier.watch(folder=tempfile.mkdtemp()) as w:
            for _ in range(6):
                optimizer.zero_grad()
                net(torch.randn(32, 4)).square().mean().backward()
                optimizer.step()
        assert w.diagnosis().run.torch == torch.__version__
        return w.diagnosis().notes

    assert notes() == ()
    monkeypatch.setattr(compat, "NEWEST_TESTED", (2, 3))
    (note,) = notes()
    assert note.startswith(f"torch {torch.__version__} is newer than 2.3, ")


def test_the_torch_that_runs_is_listed() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tested_torch.md").read_text()
    listed = re.findall(r"^\| (\d+\.\d+\.\d+) \|", page, re.MULTILINE)
    release = torch.__version__.partition("+")[0]
    assert release in listed, (
        f"torch {release} is not among the tested releases: run `make test-torch`, add its row to docs/tested_torch.md "
        "and raise NEWEST_TESTED in src/rectifier/watcher/compat.py"
    )
    assert max(tuple(map(int, r.split(".")[:2])) for r in listed) == compat.NEWEST_TESTED
