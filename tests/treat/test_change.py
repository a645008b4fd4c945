"""The change to the user's files: in which of them it belongs, and writing it."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from rectifier.treat.change import Change, NoPlaceError, change_of, write
from rectifier.treat.sources import sources
from rectifier.treat.trial import Program, Treatment
from tests.treat.scripts import use

TRAIN = """import torch
from parts.nets import Net

model = Net("hard")
optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
"""
NETS = """from torch import nn
from . import blocks
from .unused import Other


class Net(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), blocks.bend(kind))


class Unused(nn.Module):
    act = nn.ReLU()
    other = Other()
"""
BLOCKS = """from torch import nn


def bend(kind):
    if kind == "hard":
        return nn.ReLU()
    elif kind == "smooth":
        return nn.ELU()
"""
UNUSED = "from torch import nn\n\n\nclass Other(nn.Module):\n    act = nn.ReLU()\n"


def program(folder: Path, *arguments: str, train: str = TRAIN, blocks: str = BLOCKS) -> Program:
    (folder / "parts").mkdir()
    texts = {"train": train, "parts/__init__": "", "parts/nets": NETS, "parts/blocks": blocks, "parts/unused": UNUSED}
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return Program(command=("train.py", *arguments), directory=str(folder))


def change(made: Program, name: str, **parameters: Any) -> Change:
    return change_of(made, Treatment(uses=(use(name, **parameters),)), steps=100)


def test_the_files_that_a_script_uses(tmp_path: Path) -> None:
    found = {each.path.name: each.names for each in sources(program(tmp_path))}
    assert found == {"train.py": None, "nets.py": {"Net"}, "blocks.py": None}


def test_every_file_is_changed_where_the_change_belongs(tmp_path: Path) -> None:
    made = change(program(tmp_path), "activation", new="elu")
    before = {edit.path.name: edit.before for edit in made.edits}
    after = {edit.path.name: edit.after for edit in made.edits}
    assert after == {
        "train.py": TRAIN.replace('"hard"', '"smooth"'),
        "nets.py": NETS.replace("nn.ReLU(), blocks", "nn.ELU(), blocks"),
    }
    if shutil.which("patch"):
        subprocess.run(["patch", "-p1", "-o", "-"], input=made.diff, cwd=tmp_path, check=True, text=True, stdout=-3)
    backups = write(made)
    assert {path.name: path.read_text() for path in backups} == after
    assert {path.name: backup.read_text() for path, backup in backups.items()} == before
    assert sorted(backup.name for backup in backups.values()) == ["nets.py.orig", "train.py.orig"]
    with pytest.raises(ValueError, match="has changed since"):
        write(made)


def test_nothing_is_written_where_one_file_has_changed_since(tmp_path: Path) -> None:
    made = change(program(tmp_path), "activation", new="elu")
    (tmp_path / "parts" / "nets.py").write_text("# mine\n")
    with pytest.raises(ValueError, match="nothing was written"):
        write(made)
    assert (tmp_path / "train.py").read_text() == TRAIN
    assert not list(tmp_path.rglob("*.orig"))


def test_an_optimizer_that_another_file_makes(tmp_path: Path) -> None:
    blocks = BLOCKS + "\n\ndef adam(model):\n    return torch.optim.Adam(model.parameters(), lr=0.1)\n"
    train = TRAIN.replace("torch.optim.SGD(model.parameters(), lr=0.5)", "adam(model)").replace(
        "import torch", "from parts.blocks import adam"
    )
    made = program(tmp_path, train=train, blocks=f"import torch\n{blocks}")
    assert "+    return torch.optim.Adam(model.parameters(), lr=0.01)\n" in change(made, "learning-rate").diff


@pytest.mark.parametrize(
    ("arguments", "more", "why"),
    [
        (("--act", "hard"), {}, "the command line chooses the activation, by 'hard'"),
        (("--act=hard",), {}, "the command line chooses the activation, by 'hard'"),
        ((), {"blocks": BLOCKS.replace("ELU", "GELU")}, "'hard', and no name there stands for the other one"),
        ((), {"train": "def"}, "no Python in UTF-8"),
    ],
)
def test_why_there_is_no_diff(arguments: tuple[str, ...], more: dict[str, str], why: str, tmp_path: Path) -> None:
    with pytest.raises(NoPlaceError, match=why):
        change(program(tmp_path, *arguments, **more), "activation", new="elu")
