"""What is watched in a notebook: places by cell and line, the notebook's name, and how a watched block ends."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import rectifier
from rectifier.record.reader import Record
from rectifier.record.rows import Evaluation
from rectifier.report.model import Report
from rectifier.watcher import notebook

CELLS = (
    "import torch, rectifier",
    """
def squeeze(x):
    return torch.nn.functional.leaky_relu(inner(x), 0.0)
""",
    """
inner, outer = torch.nn.Linear(4, 12), torch.nn.Linear(12, 2)
torch.nn.init.constant_(inner.bias, -50.0)
x, y = torch.randn(48, 4), torch.arange(48) % 2
sgd = torch.optim.SGD([*inner.parameters(), *outer.parameters()], lr=0.1)
with rectifier.watch(folder=FOLDER, budget=1) as w:
    for step in range(40):
        with torch.no_grad():
            torch.nn.functional.cross_entropy(outer(squeeze(x)), y)
        sgd.zero_grad()
        torch.nn.functional.cross_entropy(outer(squeeze(x)), y).backward()
        sgd.step()
    raise RuntimeError("enough")
""",
)


class Shell:
    """As much of IPython as is asked: it keeps the number beside the cell for the file that it makes up."""

    kernel = "only notebooks have one"

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.numbers: dict[str, int] = {}
        self.compile = SimpleNamespace(format_code_name=self._label)

    def _label(self, name: str) -> tuple[str, str] | None:
        return ("Cell", f"In[{self.numbers[name]}]") if name in self.numbers else None

    def run(self, source: str) -> None:
        """Run a cell. The method has variables of its own, as those of IPython have: `namespace` is not the user's."""
        name = f"/tmp/ipykernel_7/{hash(source)}.py"
        self.numbers[name] = len(self.numbers) + 1
        namespace = self.user_ns
        exec(compile(source.lstrip("\n"), name, "exec"), namespace)  # IPython leaves out the first empty lines, too


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: made))
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    return made


def test_places_are_cells_and_an_exception_is_no_exit_code(shell: Shell, tmp_path: Path) -> None:
    shell.user_ns["FOLDER"] = tmp_path
    for cell in CELLS[:-1]:
        shell.run(cell)
    with pytest.raises(RuntimeError, match="enough"):
        shell.run(CELLS[-1])
    watched = shell.user_ns["w"]
    report: Report = watched.diagnosis()
    assert (report.run.script, report.run.exit_code, report.run.raised) == ("notebook", None, "RuntimeError")
    text = str(report)
    assert "notebook" in text.splitlines()[1]
    assert "ended by RuntimeError" in text.splitlines()[1]
    assert "exit code" not in text
    assert "breaks off" not in text
    dead = next(finding for finding in report.findings if finding.rule == "born-dead-relu")
    assert [(where.layer, where.source) for where in dead.where] == [("inner", "cell 2, line 2")]
    places = {row.source for row in Record(watched.folder).rows(Evaluation)}
    assert places == {"cell 3, line 8"}


def test_the_name_of_the_notebook_where_somebody_says_it(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook.script() == "notebook"
    shell.user_ns["__vsc_ipynb_file__"] = "/home/somebody/study.ipynb"
    assert notebook.script() == "study.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/somebody/other one.ipynb")
    assert notebook.script() == "other one.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", "9f7a/console-1")  # a console's
    assert notebook.script() == "study.ipynb"
    monkeypatch.setattr(sys, "argv", ["train.py", "3"])
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "train.py", raising=False)  # as `%run train.py` does
    assert notebook.script() == "train.py"


def test_a_block_that_ends_well_has_completed(tmp_path: Path) -> None:
    with rectifier.watch(folder=tmp_path) as w:
        assert w.folder is not None
        assert not Record(w.folder).run.completed
    run = Record(w.folder).run
    assert run.completed
    assert (run.exit_code, run.raised) == (None, None)
    assert "No training step was seen" in str(w.diagnosis())


def test_in_ipython_itself(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    cells = [f"FOLDER = {str(tmp_path)!r}\n{CELLS[0]}", *CELLS[1:]]
    program = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in {cells!r}:
    shell.run_cell(cell, store_history=True)
print(shell.user_ns["w"].diagnosis())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "sick  ipython" in done.stdout
    assert "inner  relu  12 of 12 units  cell 2, line 2" in done.stdout
